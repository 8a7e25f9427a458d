//! The operations that change nothing. A run that only reads may send these and no other, so an operation that nobody
//! thought of is refused, whatever its name: a name that begins with `Get` is no promise.

/// All reads that the program sends, by the SDK's names. Asking for a credential report or a session changes nothing in
/// the account, though the names do not say so.
const READS: [&str; 66] = [
    "DescribeBudget",
    "DescribeBudgets",
    "DescribeKey",
    "DescribeNotificationsForBudget",
    "DescribeOrganization",
    "DescribeReportDefinitions",
    "DescribeRule",
    "DescribeSubscribersForNotification",
    "DescribeTrails",
    "GenerateCredentialReport",
    "GetAccessKeyLastUsed",
    "GetAccountAuthorizationDetails",
    "GetAccountInformation",
    "GetAccountPasswordPolicy",
    "GetAccountPlanState",
    "GetAccountSummary",
    "GetAlternateContact",
    "GetBucketAcl",
    "GetBucketEncryption",
    "GetBucketLifecycleConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetCallerIdentity",
    "GetCredentialReport",
    "GetEventSelectors",
    "GetExport",
    "GetGroup",
    "GetGroupPolicy",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetLoginProfile",
    "GetObjectLockConfiguration",
    "GetPolicyVersion",
    "GetPublicAccessBlock",
    "GetRole",
    "GetSessionToken",
    "GetTable",
    "GetTopicAttributes",
    "GetTrailStatus",
    "GetUser",
    "GetUserPolicy",
    "HeadBucket",
    "ListAccessKeys",
    "ListAccountAliases",
    "ListAnalyzers",
    "ListAttachedGroupPolicies",
    "ListBuckets",
    "ListEntitiesForPolicy",
    "ListExecutions",
    "ListExports",
    "ListGroupPolicies",
    "ListGroups",
    "ListGroupsForUser",
    "ListKeys",
    "ListMFADevices",
    "ListObjectsV2",
    "ListPolicyVersions",
    "ListRegions",
    "ListSubscriptionsByTopic",
    "ListTargetsByRule",
    "ListTrails",
    "ListUsers",
    "ListVirtualMFADevices",
    "LookupEvents",
];

/// Whether an operation changes nothing in the account.
pub(super) fn is_read(operation: &str) -> bool {
    READS.binary_search(&operation).is_ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names that begin so are those of reads, where they are names of calls that we send.
    const PREFIXES: [&str; 6] = ["Describe", "Generate", "Get", "Head", "List", "Lookup"];

    /// Every call that the program sends, by the SDK's names of the operations.
    fn sent() -> BTreeSet<String> {
        let program = include_str!("../../examples/clients_alone.rs");
        let (_, calls) = program.split_once("send! { config, asked;").unwrap();
        let (calls, _) = calls.split_once("\n    }").unwrap();
        let of_clients = calls.split(';').filter_map(|client| client.split_once(':'));
        of_clients.flat_map(|(_, calls)| calls.split(',')).map(|call| operation(call.trim())).collect()
    }

    fn operation(call: &str) -> String {
        call.split('_').map(word).collect()
    }

    fn word(word: &str) -> String {
        let (first, rest) = word.split_at(1);
        if word == "mfa" { "MFA".to_owned() } else { format!("{}{rest}", first.to_uppercase()) }
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(READS.is_sorted());
    }

    #[test]
    fn it_has_the_reads_that_are_sent_and_no_other_operation() {
        let sent = sent();
        assert!(sent.len() > 100, "{sent:?}");
        let reads =
            sent.iter().map(String::as_str).filter(|name| PREFIXES.iter().any(|p| name.starts_with(p)));
        assert_eq!(reads.collect::<Vec<_>>(), READS);
    }

    #[test]
    fn what_the_program_writes_is_none_of_them() {
        for write in ["CreateUser", "PutBucketPolicy", "StartLogging", "EnableMFADevice"] {
            assert!(sent().contains(write) && !is_read(write), "{write}");
        }
    }

    #[test]
    fn what_nobody_thought_of_is_none_of_them_whatever_its_name() {
        for stranger in
            ["", "GetFederationToken", "Getaway", "ListTopics", "DescribeEverything", "HeadObject"]
        {
            assert!(!is_read(stranger), "{stranger}");
        }
    }
}
