//! How each step of the practice stands, and what is to be done. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::administrators;
use crate::answers::Answers;
use crate::policy::{Document, PolicyError};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, Verb, after};
use crate::private_bucket::{self, BucketChange, BucketFacts, MustLet, Obstacle, Wanted, name_principals};
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Delivery, Facts, TrailFacts, bucket_name};

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Change {
    /// Something about the bucket.
    Bucket {
        /// The bucket's Region.
        region: String,
        /// What.
        change: BucketChange,
    },
    /// Creates the trail.
    CreateTrail {
        /// Its name.
        trail: String,
        /// Its home Region.
        region: String,
        /// Where its files go.
        bucket: String,
    },
    /// Has the trail cover all Regions, validate its files, and record global services.
    UpdateTrail {
        /// Its ARN.
        trail: String,
        /// Its home Region.
        region: String,
    },
    /// Has the trail record all management events.
    RecordManagementEvents {
        /// Its ARN.
        trail: String,
        /// Its home Region.
        region: String,
    },
    /// Starts logging: a trail that was made does not log by itself.
    StartLogging {
        /// Its name or ARN.
        trail: String,
        /// Its home Region.
        region: String,
    },
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![trail_bucket(facts, answers), trail(facts, answers), log_delivery(facts)]
        .into_iter()
        .map(|step| step.accept(answers))
        .collect()
}

fn trail_bucket(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::TrailBucket;
    let trail = match &facts.trail {
        Ok(trail) => trail.as_ref(),
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if trail.is_some_and(|trail| trail.of_another_account) {
        return StepPlan::not_applicable(step, kept_elsewhere());
    }
    let administrators = match &facts.administrators {
        Ok(administrators) if administrators.is_empty() => {
            return StepPlan::blocked(step, after(StepId::AdminUser));
        }
        Ok(administrators) => administrators,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let wanted = match wanted(facts, trail, administrators, answers) {
        Ok(wanted) => wanted,
        Err(error) => return StepPlan::blocked(step, Text::verbatim(error.to_string())),
    };
    let changes = match private_bucket::plan(&wanted, &facts.bucket) {
        Ok(changes) => changes,
        Err(Obstacle::NotMine) if trail.is_some() => return StepPlan::not_applicable(step, kept_elsewhere()),
        Err(Obstacle::Unseen(unseen)) => return StepPlan::not_assessed(step, &unseen),
        Err(obstacle) => return StepPlan::needs_person(step, mend_bucket(&wanted.name, &obstacle)),
    };
    let changes =
        changes.into_iter().map(|change| Change::Bucket { region: wanted.region.clone(), change }).collect();
    let name = harmless(&wanted.name);
    StepPlan::to_change(step, changes, text! { en: "bucket {name}, locked down", ko: "버킷 {name}, 잠김" })
}

fn kept_elsewhere() -> Text {
    text! {
        en: "Another account keeps the logs of this one.",
        ko: "이 계정의 로그는 다른 계정이 보관합니다."
    }
}

fn mend_bucket(bucket: &str, obstacle: &Obstacle) -> PersonTask {
    PersonTask {
        what: text! { en: "Find a bucket for the trail.", ko: "추적에 쓸 버킷을 정하세요." },
        how: vec![obstacle.text(bucket, "trail.bucket")],
        seen: Seen::Elsewhere,
    }
}

fn wanted(
    facts: &Facts,
    trail: Option<&TrailFacts>,
    administrators: &BTreeSet<String>,
    answers: &Answers,
) -> Result<Wanted, PolicyError> {
    let name = trail
        .map_or_else(|| bucket_name(&facts.account, &facts.region, answers), |trail| trail.bucket.clone());
    // A bucket that a trail writes to already may be in any Region.
    let region = match (&facts.bucket, trail) {
        (BucketFacts::Mine(settings), Some(_)) => settings.region.clone(),
        _ => facts.region.clone(),
    };
    let arn = trail.map_or_else(|| planned_arn(facts, answers), |trail| trail.arn.clone());
    let prefix = trail.and_then(|trail| trail.key_prefix.as_deref());
    let policy = policy(facts, &name, &arn, prefix, administrators, answers)?;
    let must_let = must_let(facts, &name, &arn, prefix, administrators);
    let expire_after_days = Some(answers.trail.retention_days).filter(|days| *days > 0);
    Ok(Wanted { name, region, account: facts.account.clone(), policy, expire_after_days, must_let })
}

/// The ARN follows from the name, so the policy can be in place before the trail is.
fn planned_arn(facts: &Facts, answers: &Answers) -> String {
    let Facts { partition, region, account, .. } = facts;
    format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{}", answers.trail.name)
}

fn policy(
    facts: &Facts,
    bucket: &str,
    trail: &str,
    prefix: Option<&str>,
    administrators: &BTreeSet<String>,
    answers: &Answers,
) -> Result<Document, PolicyError> {
    let json = include_str!("trail-bucket.json")
        .replace("TRAIL_ARN", trail)
        .replace("KEY_PREFIX", &key_prefix(prefix))
        .replace("PARTITION", &facts.partition)
        .replace("ACCOUNT", &facts.account)
        .replace("BUCKET", bucket);
    let mut policy = Document::parse(&json)?;
    let mut trusted = administrators.clone();
    trusted.insert(administrators::root(&facts.partition, &facts.account));
    name_principals(&mut policy, "ADMINISTRATORS", &trusted);
    trusted.extend(answers.trail.readers.iter().cloned());
    name_principals(&mut policy, "READERS", &trusted);
    Ok(policy)
}

fn key_prefix(prefix: Option<&str>) -> String {
    prefix.map_or_else(String::new, |prefix| format!("{prefix}/"))
}

fn must_let(
    facts: &Facts,
    bucket: &str,
    trail: &str,
    prefix: Option<&str>,
    administrators: &BTreeSet<String>,
) -> Vec<MustLet> {
    let bucket_arn = format!("arn:{}:s3:::{bucket}", facts.partition);
    let key = format!("{bucket_arn}/{}AWSLogs/{}/file.json.gz", key_prefix(prefix), facts.account);
    let service = |action, resource: &str, more: Vec<(&'static str, String)>| MustLet {
        who: "cloudtrail.amazonaws.com".into(),
        action,
        resource: resource.to_owned(),
        context: std::iter::once(("aws:SourceArn", trail.to_owned())).chain(more).collect(),
    };
    let acl = ("s3:x-amz-acl", "bucket-owner-full-control".to_owned());
    let reads = |who: &String| MustLet {
        who: who.clone(),
        action: "s3:GetObject",
        resource: key.clone(),
        context: Vec::new(),
    };
    let mut must =
        vec![service("s3:GetBucketAcl", &bucket_arn, vec![]), service("s3:PutObject", &key, vec![acl])];
    must.extend(administrators.iter().map(reads));
    must.push(reads(&administrators::root(&facts.partition, &facts.account)));
    must
}

fn trail(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    match &facts.trail {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(None) => new_trail(facts, answers),
        Ok(Some(trail)) if trail.of_another_account => of_another_account(trail),
        Ok(Some(trail)) => bring_up(trail, answers),
    }
}

fn new_trail(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    if facts.administrators.as_ref().is_ok_and(BTreeSet::is_empty) {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    if facts.bucket == BucketFacts::NotMine {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    let (trail, region) = (answers.trail.name.clone(), facts.region.clone());
    let bucket = bucket_name(&facts.account, &facts.region, answers);
    let create = Change::CreateTrail { trail: trail.clone(), region: region.clone(), bucket };
    StepPlan::to_change(step, vec![create, Change::StartLogging { trail, region }], Text::default())
}

fn of_another_account(trail: &TrailFacts) -> StepPlan<Change> {
    let step = StepId::Trail;
    let name = harmless(&trail.name);
    match &trail.logging {
        Ok(false) => StepPlan::needs_person(
            step,
            PersonTask {
                what: text! {
                    en: "The trail {name} of another account, often the organization's, does not log.",
                    ko: "다른 계정(대개 조직)의 추적 {name}이(가) 기록하지 않고 있습니다."
                },
                how: vec![text! {
                    en: "Ask who owns it to start it: this account cannot.",
                    ko: "소유자에게 시작을 요청하세요. 이 계정에서는 할 수 없습니다."
                }],
                seen: Seen::Elsewhere,
            },
        ),
        // A member account may not be allowed to ask; that the trail is here is seen all the same.
        Ok(true) | Err(_) => StepPlan::in_place(
            step,
            text! { en: "trail {name} of another account logs here (adopted)", ko: "다른 계정의 추적 {name}이(가) 기록합니다(그대로 사용)" },
        ),
    }
}

fn bring_up(trail: &TrailFacts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    let (arn, region) = (trail.arn.clone(), trail.home_region.clone());
    let mut changes = Vec::new();
    if !(trail.multi_region && trail.validated && trail.global_services) {
        changes.push(Change::UpdateTrail { trail: arn.clone(), region: region.clone() });
    }
    match (&trail.all_management_events, &trail.logging) {
        (Err(unseen), _) | (_, Err(unseen)) => return StepPlan::not_assessed(step, unseen),
        (Ok(all), Ok(logging)) => {
            if !all {
                changes.push(Change::RecordManagementEvents { trail: arn.clone(), region: region.clone() });
            }
            if !logging {
                changes.push(Change::StartLogging { trail: arn, region });
            }
        }
    }
    let name = harmless(&trail.name);
    let found = if trail.name == answers.trail.name {
        text! { en: "trail {name} logs all Regions", ko: "추적 {name}이(가) 모든 리전을 기록합니다" }
    } else {
        text! { en: "trail {name} logs all Regions (adopted)", ko: "추적 {name}이(가) 모든 리전을 기록합니다(그대로 사용)" }
    };
    StepPlan::to_change(step, changes, found)
}

fn log_delivery(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::LogDelivery;
    let trail = match &facts.trail {
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
        Ok(None) => return StepPlan::blocked(step, after(StepId::Trail)),
        Ok(Some(trail)) => trail,
    };
    match (&trail.logging, &trail.delivery) {
        (Err(_), _) if trail.of_another_account => StepPlan::not_applicable(step, kept_elsewhere()),
        (Err(unseen), _) => StepPlan::not_assessed(step, unseen),
        (Ok(_), Delivery::Failed(error)) => StepPlan::needs_person(step, delivery_fails(trail, error)),
        (Ok(false), _) => StepPlan::blocked(step, after(StepId::Trail)),
        (Ok(true), Delivery::At(seconds)) => StepPlan::in_place(step, delivered(*seconds)),
        (Ok(true), Delivery::NotYet) => StepPlan::waiting(
            step,
            text! {
                en: "The first log file comes about 5 minutes after the first call, which AWS does not guarantee.",
                ko: "첫 로그 파일은 첫 호출 뒤 약 5분 만에 도착하지만 AWS가 보장하지는 않습니다."
            },
        )
        .comes_soon(text! { en: "Waiting for the first log file", ko: "첫 로그 파일을 기다리는 중" }),
    }
}

fn delivered(seconds: i64) -> Text {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => {
            let time = time.strftime("%Y-%m-%d %H:%M UTC");
            text! {
                en: "log files arrive, the last at {time}",
                ko: "로그 파일이 도착하고 있습니다(마지막 {time})"
            }
        }
        Err(_) => text! { en: "log files arrive", ko: "로그 파일이 도착하고 있습니다" },
    }
}

fn delivery_fails(trail: &TrailFacts, error: &str) -> PersonTask {
    let (name, bucket, error) = (harmless(&trail.name), harmless(&trail.bucket), harmless(error));
    PersonTask {
        what: text! {
            en: "The trail {name} cannot deliver to {bucket}: {error}.",
            ko: "추적 {name}이(가) {bucket}에 전달하지 못합니다: {error}."
        },
        how: vec![text! {
            en: "See that the bucket is there and its policy lets CloudTrail write. A trail that cannot deliver tries for 30 days, and that is billed: mend it, or delete it.",
            ko: "버킷이 있고 정책이 CloudTrail의 쓰기를 허용하는지 확인하세요. 전달하지 못하는 추적은 30일 동안 재시도하며 요금이 나오므로 고치거나 삭제하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::Bucket { change, .. } => change.verb(),
            Self::CreateTrail { .. } => Verb::Create,
            Self::UpdateTrail { .. } | Self::RecordManagementEvents { .. } => Verb::Update,
            Self::StartLogging { .. } => Verb::Start,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Bucket { change, .. } => change.resource(),
            Self::CreateTrail { trail, .. }
            | Self::UpdateTrail { trail, .. }
            | Self::RecordManagementEvents { trail, .. }
            | Self::StartLogging { trail, .. } => {
                format!("cloudtrail:trail/{}", trail.rsplit('/').next().unwrap_or(trail))
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::Bucket { change, .. } => change.summary(),
            Self::CreateTrail { trail, bucket, .. } => text! {
                en: "trail {trail} for all Regions, with log-file validation, into {bucket}",
                ko: "모든 리전의 추적 {trail}, 로그 파일 검증 포함, {bucket}에 저장"
            },
            Self::UpdateTrail { trail, .. } => {
                let name = harmless(trail.rsplit('/').next().unwrap_or(trail));
                text! {
                    en: "trail {name}: all Regions, log-file validation, global services",
                    ko: "추적 {name}: 모든 리전, 로그 파일 검증, 글로벌 서비스"
                }
            }
            Self::RecordManagementEvents { trail, .. } => {
                let name = harmless(trail.rsplit('/').next().unwrap_or(trail));
                text! { en: "trail {name}: all management events", ko: "추적 {name}: 모든 관리 이벤트" }
            }
            Self::StartLogging { trail, .. } => {
                let name = harmless(trail.rsplit('/').next().unwrap_or(trail));
                text! { en: "logging of trail {name}", ko: "추적 {name}의 기록" }
            }
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
