//! Who may change a closed bucket: the administrators, root, and whoever has set it up in a role.
//!
//! Logs and bills prove nothing once others can delete or replace them. So a statement of ours in the policies of their
//! buckets refuses everybody else, AWS's own services aside. Whoever puts the statement is let in by it, or the run would
//! lock itself out; and whoever it does not let in cannot put another one.

use std::collections::BTreeSet;

use crate::administrators;
use crate::policy::{Document, PolicyError, Statement};
use crate::practice::{PersonTask, Seen};
use crate::private_bucket::{BucketChange, BucketFacts, MustLet, Obstacle, Wanted};
use crate::text;
use crate::text::harmless;

/// The statement of a bucket policy that lets only administrators, and whoever set the bucket up, change anything.
pub const NOBODY_TAMPERS: &str = "DayoneNobodyTampers";

/// A bucket that is closed or to be closed, as it was found.
#[derive(Debug, Clone, Copy)]
pub struct ClosedBucket<'f> {
    /// The partition.
    pub partition: &'f str,
    /// The account number.
    pub account: &'f str,
    /// The ARNs under which bucket policies know who acts.
    pub acting: &'f [String],
    /// How the bucket stands.
    pub bucket: &'f BucketFacts,
}

impl ClosedBucket<'_> {
    /// Plans the bucket for those who may change it. Whoever puts the policy is one of them. That alone is no reason to
    /// put it: looking at the account as somebody else changes nothing.
    pub fn plan(
        &self,
        administrators: &BTreeSet<String>,
        plan: impl Fn(BTreeSet<String>) -> Result<PlannedBucket, PolicyError>,
    ) -> Result<PlannedBucket, PolicyError> {
        let mut trusted = administrators.clone();
        trusted.insert(administrators::root(self.partition, self.account));
        trusted.extend(self.roles_let_in());
        let planned = plan(trusted.clone())?;
        if !planned.puts_policy() {
            return Ok(planned);
        }
        trusted.extend(self.acting.iter().cloned());
        plan(trusted)
    }

    /// Whether it is closed already.
    pub fn is_closed(&self) -> bool {
        self.statement().is_some()
    }

    /// The roles that it is open to and that nobody answers for here: others than the one that acts. A role is let in
    /// twice, once as a pattern for what its path may be, and is told of once.
    pub fn besides(&self) -> Vec<String> {
        let roles = self.roles_let_in();
        let is_told_of = |role: &String| {
            let without_path = role.replacen(":role/*/", ":role/", 1);
            without_path != *role && roles.contains(&without_path)
        };
        let others = roles.iter().filter(|role| !self.acting.contains(role) && !is_told_of(role));
        others.cloned().collect()
    }

    /// Whether its policy, as it is, keeps whoever acts from putting another one.
    pub fn refuses_who_acts(&self, name: &str) -> bool {
        let Some(policy) = self.policy() else { return false };
        let puts_policy = |who: &String| MustLet {
            who: who.clone(),
            action: "s3:PutBucketPolicy",
            resource: format!("arn:{}:s3:::{name}", self.partition),
            context: Vec::new(),
        };
        !self.acting.iter().any(|who| puts_policy(who).is_let_by(&policy))
    }

    /// The account's roles that our statement lets in: whoever set the bucket up in one of them goes on doing so. Users
    /// are let in only as administrators.
    fn roles_let_in(&self) -> BTreeSet<String> {
        let Some(statement) = self.statement() else { return BTreeSet::new() };
        let of_account = format!("arn:{}:iam::{}:role/", self.partition, self.account);
        let named = statement.condition.values().filter_map(|keys| keys.get("aws:PrincipalArn"));
        named.flat_map(|words| &words.0).filter(|arn| arn.starts_with(&of_account)).cloned().collect()
    }

    fn statement(&self) -> Option<Statement> {
        self.policy()?.statement.into_iter().find(|found| found.sid.as_deref() == Some(NOBODY_TAMPERS))
    }

    fn policy(&self) -> Option<Document> {
        let BucketFacts::Mine(settings) = self.bucket else { return None };
        Document::parse(settings.policy.as_ref().ok()?.as_deref()?).ok()
    }
}

/// A bucket as it should be.
#[derive(Debug)]
pub struct PlannedBucket {
    /// What it should be.
    pub wanted: Wanted,
    /// Whether nobody else relies on it.
    pub own: bool,
    /// Whether only those who are named in its policy may change it.
    pub closed: bool,
    /// Who these are, whoever may only read aside.
    pub trusted: BTreeSet<String>,
    /// The roles among them that a person should know of.
    pub besides: Vec<String>,
    /// What there is to do.
    pub changes: Result<Vec<BucketChange>, Obstacle>,
}

impl PlannedBucket {
    /// Whether others rely on it, and its policy gets a statement that closes it to them.
    pub fn shuts_others_out(&self, closes: fn(&Statement) -> bool) -> bool {
        !self.own && self.policies().any(|policy| policy.statement.iter().any(closes))
    }

    fn puts_policy(&self) -> bool {
        self.policies().next().is_some()
    }

    /// The policies that are put.
    fn policies(&self) -> impl Iterator<Item = &Document> {
        self.changes.iter().flatten().filter_map(|change| match change {
            BucketChange::PutPolicy { policy, .. } => Some(policy),
            _ => None,
        })
    }
}

/// Who acts may not do it.
pub fn change_as_another(bucket: &str) -> PersonTask {
    let bucket = harmless(bucket);
    PersonTask {
        what: text! {
            en: "The bucket {bucket} has to be changed, and its policy lets only root and those that it names do that.",
            ko: "버킷 {bucket}을(를) 바꿔야 하는데, 버킷 정책은 루트 사용자와 정책에 적힌 관리자의 변경만 허용합니다."
        },
        how: vec![text! {
            en: "Run dayone again as root or as one of them. The statement {NOBODY_TAMPERS} of the policy names them: aws s3api get-bucket-policy --bucket {bucket}",
            ko: "루트 사용자나 정책에 적힌 관리자로 dayone을 다시 실행하세요. 누구인지는 정책의 {NOBODY_TAMPERS} 명령문에 있습니다: aws s3api get-bucket-policy --bucket {bucket}"
        }],
        seen: Seen::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 3] = [
        include_str!("cloudtrail/trail-bucket.json"),
        include_str!("billing_report/report-bucket.json"),
        include_str!("billing_report/export-bucket.json"),
    ];

    /// Each file is sent as it stands, so the statement is in each of them. It must not come to differ.
    #[test]
    fn every_closed_bucket_has_the_same_statement() {
        let statements: Vec<_> = FILES
            .iter()
            .map(|file| {
                let document = Document::parse(file).unwrap();
                let mut found = document.statement.into_iter();
                found.find(|statement| statement.sid.as_deref() == Some(NOBODY_TAMPERS)).unwrap()
            })
            .collect();
        for statement in &statements {
            assert!(statement.says_the_same(&statements[0]), "{statement:?}");
        }
    }

    #[test]
    fn a_bucket_that_is_not_there_is_not_closed_and_refuses_nobody() {
        let acting = ["arn:aws:iam::111122223333:user/alice".to_owned()];
        for bucket in [BucketFacts::Free, BucketFacts::NotMine] {
            let closed =
                ClosedBucket { partition: "aws", account: "111122223333", acting: &acting, bucket: &bucket };
            assert!(!closed.is_closed() && !closed.refuses_who_acts("logs"), "{bucket:?}");
            assert_eq!(closed.besides(), [""; 0]);
        }
    }
}
