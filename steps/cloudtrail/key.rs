//! The KMS key of the log files, for who asks for one: how it should be, and what has to be done for that. Pure.

use std::collections::BTreeSet;

use crate::administrators;
use crate::answers::Answers;
use crate::encryption_key::{self, KeyChange, KeyObstacle, Wanted};
use crate::policy::{Document, PolicyError};
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan};
use crate::private_bucket::{MustLet, filled_in, name_principals};
use crate::text;
use crate::text::Text;

use super::bucket::{region, trail_arn};
use super::facts::{Facts, TrailFacts};
use super::plan::Change;

/// The alias, by which the key is found again.
pub const ALIAS: &str = "alias/dayone-trail";
/// What it is for, by which a key is found again whose alias was never made.
pub const DESCRIPTION: &str = "Log files of CloudTrail. Made by dayone.";

/// The bucket's step with what the key lacks before all else: the bucket and the trail are pointed at the key.
pub fn before(plan: StepPlan<Change>, facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let is_ready = matches!(plan.state, State::InPlace | State::ToChange);
    let (true, true, Ok(administrators)) = (is_ready, facts.takes_our_key(answers), &facts.administrators)
    else {
        return plan;
    };
    let wanted = match wanted(facts, administrators, answers) {
        Ok(wanted) => wanted,
        Err(error) => return StepPlan::blocked(StepId::TrailBucket, Text::verbatim(error.to_string())),
    };
    match encryption_key::plan(&wanted, &facts.key, &facts.left_over_key) {
        Ok(changes) => with_changes(plan, &wanted.region, changes),
        Err(KeyObstacle::Unseen(unseen)) => StepPlan::not_assessed(StepId::TrailBucket, &unseen),
        Err(obstacle) => StepPlan::needs_person(StepId::TrailBucket, mend(&obstacle)),
    }
}

fn with_changes(plan: StepPlan<Change>, region: &str, changes: Vec<KeyChange>) -> StepPlan<Change> {
    let may_be_on_its_way = |change: &KeyChange| matches!(change, KeyChange::Create { begun: true, .. });
    let note = changes.iter().any(may_be_on_its_way).then(is_looked_for);
    let changes = changes.into_iter().map(|change| Change::Key { region: region.to_owned(), change });
    let changes = changes.chain(plan.changes).collect();
    let found = plan.found.unwrap_or_default();
    let notes = plan.notes.into_iter().chain(note).collect();
    StepPlan { notes, ..StepPlan::to_change(StepId::TrailBucket, changes, found) }
}

fn is_looked_for() -> Text {
    text! {
        en: "An earlier run was cut short while it made the KMS key. That key is looked for, for two minutes at the most, and used; another is made only if it does not show.",
        ko: "이전 실행이 KMS 키를 만드는 중에 끊겼습니다. 그 키를 최대 2분 동안 찾아 쓰고, 보이지 않을 때만 새로 만듭니다."
    }
}

fn mend(obstacle: &KeyObstacle) -> PersonTask {
    PersonTask {
        what: obstacle.text(ALIAS),
        how: vec![text! {
            en: "Or do without the key, which is to encrypt the log files: kms = false under [trail] in the answers.",
            ko: "또는 응답의 [trail]에 kms = false로 적고, 로그 파일을 암호화할 키 없이 진행하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

/// The ARN of the alias, which means the same in every Region.
pub fn alias_arn(facts: &Facts, trail: Option<&TrailFacts>) -> String {
    let (Facts { partition, account, .. }, region) = (facts, region(facts, trail));
    format!("arn:{partition}:kms:{region}:{account}:{ALIAS}")
}

/// Whether the key is there to encrypt with, or is made by the step before.
pub fn is_to_be_had(facts: &Facts, bucket: &StepPlan<Change>) -> bool {
    let is_made = |change: &Change| match change {
        Change::Key { change, .. } => matches!(change, KeyChange::Create { .. } | KeyChange::Name { .. }),
        _ => false,
    };
    matches!(facts.key, Ok(Some(_))) || bucket.changes.iter().any(is_made)
}

fn wanted(
    facts: &Facts,
    administrators: &BTreeSet<String>,
    answers: &Answers,
) -> Result<Wanted, PolicyError> {
    let trail = facts.trail().ok().flatten();
    let (region, trail) = (region(facts, trail), trail_arn(facts, trail, answers));
    let mut readers = administrators.clone();
    readers.insert(administrators::root(&facts.partition, &facts.account));
    readers.extend(answers.trail.readers.iter().cloned());
    Ok(Wanted {
        alias: ALIAS.to_owned(),
        description: DESCRIPTION.to_owned(),
        policy: policy(facts, &trail, &readers)?,
        must_let: must_let(facts, &region, &trail, &readers),
        region,
    })
}

/// Source: CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail". CloudTrail encrypts under the ARN of its
/// trail as the encryption context; and because the bucket has an S3 Bucket Key, whose context is the bucket's ARN, it has
/// to be let decrypt whatever the context is. That the account may do everything is what lets IAM policies count at all;
/// without it, nobody could ever change the policy again.
fn policy(facts: &Facts, trail: &str, readers: &BTreeSet<String>) -> Result<Document, PolicyError> {
    let words =
        [("TRAIL_ARN", trail), ("PARTITION", facts.partition.as_str()), ("ACCOUNT", facts.account.as_str())];
    let mut policy = Document::parse(&filled_in(include_str!("trail-key.json"), &words))?;
    name_principals(&mut policy, "READERS", readers);
    Ok(policy)
}

fn must_let(facts: &Facts, region: &str, trail: &str, readers: &BTreeSet<String>) -> Vec<MustLet> {
    let Facts { partition, account, .. } = facts;
    let any = || format!("arn:{partition}:kms:{region}:{account}:key/any");
    let key = match &facts.key {
        Ok(Some(key)) => key.arn.clone(),
        Ok(None) | Err(_) => any(),
    };
    let by_trail = |action, more: Vec<(&'static str, String)>| MustLet {
        who: "cloudtrail.amazonaws.com".into(),
        action,
        resource: key.clone(),
        context: std::iter::once(("aws:SourceArn", trail.to_owned())).chain(more).collect(),
    };
    let by = |who: &String, action| MustLet {
        who: who.clone(),
        action,
        resource: key.clone(),
        context: Vec::new(),
    };
    let of_trail = vec![("kms:EncryptionContext:aws:cloudtrail:arn", trail.to_owned())];
    let mut must = vec![
        by_trail("kms:GenerateDataKey", of_trail),
        by_trail("kms:DescribeKey", Vec::new()),
        by_trail("kms:Decrypt", Vec::new()),
        by(&administrators::root(partition, account), "kms:PutKeyPolicy"),
    ];
    must.extend(readers.iter().map(|reader| by(reader, "kms:Decrypt")));
    must
}
