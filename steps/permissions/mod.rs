//! The IAM policies that a run needs, for who gives `dayone` an identity of its own.

/// What `check`, `plan` and `report` need: reads only, of any resource, so it is the same in each partition.
pub const CHECK: &str = include_str!("check.json");

/// What `apply` and the wizard need, reads and writes, in a partition: AWS refuses a policy with the ARN of another one.
pub fn apply(partition: &str) -> String {
    include_str!("apply.json").replace("PARTITION", partition)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::policy::{Decision, Document, Principal, Request};

    const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

    #[test]
    fn all_are_policies_and_fit_the_size_limit() {
        let documents = PARTITIONS.map(apply);
        for json in documents.iter().map(String::as_str).chain([CHECK]) {
            let document = Document::parse(json).unwrap();
            assert!(document.to_json().len() <= 6144);
        }
    }

    #[test]
    fn each_arn_is_of_the_partition() {
        for partition in PARTITIONS {
            let json = apply(partition);
            let arns: Vec<_> = json.split('"').filter(|word| word.starts_with("arn:")).collect();
            assert!(arns.len() > 20, "{arns:?}");
            for arn in &arns {
                assert_eq!(arn.split(':').nth(1), Some(partition), "{arn}");
            }
            let access = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
            assert!(arns.contains(&access.as_str()), "{arns:?}");
            assert_eq!(json.matches("arn:").count(), arns.len(), "an ARN inside of a word");
        }
        assert!(!CHECK.contains("arn:"), "the same in each partition");
    }

    #[test]
    fn checking_needs_no_right_to_write() {
        let document = Document::parse(CHECK).unwrap();
        for statement in &document.statement {
            for action in &statement.action.0 {
                let name = action.split(':').nth(1).unwrap();
                assert!(
                    ["Get", "List", "Describe", "Generate", "Lookup", "View"]
                        .iter()
                        .any(|read| name.starts_with(read)),
                    "{action}"
                );
            }
        }
    }

    /// Every permission that the sources name is in the policy for applying. STS asks for none.
    #[test]
    fn every_call_is_permitted() {
        let document = Document::parse(&apply("aws")).unwrap();
        let sources = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
        let actions: BTreeSet<_> = sources.iter().flat_map(|source| calls(source)).collect();
        for read_or_write in ["iam:GetGroup", "s3:PutBucketPolicy", "cloudtrail:CreateTrail"] {
            assert!(actions.contains(read_or_write), "{read_or_write}");
        }
        for action in actions.into_iter().filter(|action| !action.starts_with("sts:")) {
            assert!(may(&document, action), "{action}");
        }
    }

    /// The text of every source file in a folder and below.
    fn sources(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
        found
    }

    /// The permissions that a source names for its calls.
    fn calls(source: &str) -> impl Iterator<Item = &str> {
        let is_action = |action: &&str| {
            action.split_once(':').is_some_and(|(service, operation)| {
                [service, operation].iter().all(|word| {
                    !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                })
            })
        };
        let after = source.split("for_call(").skip(1);
        after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).filter(is_action)
    }

    fn may(document: &Document, action: &str) -> bool {
        let resources = document.statement.iter().flat_map(|statement| statement.resource.0.iter());
        resources.map(|resource| resource.replace('*', "x")).any(|resource| {
            let principal = Principal::Aws("arn:aws:iam::111122223333:user/alice");
            let policies = [
                "aws:policy/AdministratorAccess",
                "aws:policy/AWSSupportAccess",
                "1:policy/dayone-require-mfa",
            ];
            policies.iter().any(|policy| {
                let policy = format!("arn:aws:iam::{policy}");
                let context = [("iam:PolicyARN", policy.as_str())];
                let request = Request { principal, action, resource: &resource, context: &context };
                document.decide(&request) == Decision::Allowed
            })
        })
    }
}
