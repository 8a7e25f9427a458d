//! The IAM policies that a run needs, for who gives `dayone` an identity of its own.

/// What `check` and `plan` need: reads only.
pub const CHECK: &str = include_str!("check.json");

/// What `apply` and the wizard need besides.
pub const APPLY: &str = include_str!("apply.json");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Decision, Document, Principal, Request};

    #[test]
    fn both_are_policies_and_fit_the_size_limit() {
        for json in [CHECK, APPLY] {
            let document = Document::parse(json).unwrap();
            assert!(document.to_json().len() <= 6144);
        }
    }

    #[test]
    fn checking_needs_no_right_to_write() {
        let document = Document::parse(CHECK).unwrap();
        for statement in &document.statement {
            for action in &statement.action.0 {
                let name = action.split(':').nth(1).unwrap();
                assert!(
                    ["Get", "List", "Describe", "Generate", "Lookup"]
                        .iter()
                        .any(|read| name.starts_with(read)),
                    "{action}"
                );
            }
        }
    }

    /// Every permission that the sources name is in the policy for applying.
    #[test]
    fn every_call_is_permitted() {
        let document = Document::parse(APPLY).unwrap();
        let sources = [
            include_str!("../root_user/facts.rs"),
            include_str!("../root_user/apply.rs"),
            include_str!("../mfa/facts.rs"),
            include_str!("../mfa/apply.rs"),
            include_str!("../mfa/enrolment.rs"),
            include_str!("../cloudtrail/facts.rs"),
            include_str!("../cloudtrail/apply.rs"),
            include_str!("../billing_report/facts.rs"),
            include_str!("../billing_report/apply.rs"),
            include_str!("../session.rs"),
            include_str!("../administrators.rs"),
            include_str!("../credential_report.rs"),
        ];
        let calls = sources.iter().flat_map(|source| source.split("for_call(\"").skip(1));
        for action in calls.filter_map(|rest| rest.split('"').next()).filter(|call| !call.starts_with("sts:"))
        {
            assert!(may(&document, action), "{action}");
        }
    }

    fn may(document: &Document, action: &str) -> bool {
        let resources = document.statement.iter().flat_map(|statement| statement.resource.0.iter());
        resources.map(|resource| resource.replace('*', "x")).any(|resource| {
            let principal = Principal::Aws("arn:aws:iam::111122223333:user/alice");
            ["AdministratorAccess", "AWSSupportAccess"].iter().any(|policy| {
                let policy = format!("arn:aws:iam::aws:policy/{policy}");
                let context = [("iam:PolicyARN", policy.as_str())];
                let request = Request { principal, action, resource: &resource, context: &context };
                document.decide(&request) == Decision::Allowed
            })
        })
    }
}
