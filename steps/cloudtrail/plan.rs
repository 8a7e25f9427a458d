//! How each step of the practice stands, and what is to be done. Pure.

use serde::Serialize;

use crate::answers::Answers;
use crate::encryption_key::KeyChange;
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan, Verb, after};
use crate::private_bucket::BucketChange;
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Delivery, Facts, TrailFacts, bucket_name};
use super::{bucket, key};

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
    /// Something about the key of the log files.
    Key {
        /// The key's Region.
        region: String,
        /// What.
        change: KeyChange,
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
        /// Where its files go from now on; none: where they go already.
        bucket: Option<String>,
    },
    /// Has the trail encrypt its files with a KMS key.
    EncryptTrail {
        /// Its name or ARN.
        trail: String,
        /// Its home Region.
        region: String,
        /// The ARN of the key's alias.
        key: String,
    },
    /// Has the trail record all management events, besides what it records already.
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
    vec![bucket::step(facts, answers), trail(facts, answers), log_delivery(facts)]
        .into_iter()
        .map(|step| step.accept(answers))
        .collect()
}

fn trail(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    match facts.trail() {
        Err(unseen) => StepPlan::not_assessed(StepId::Trail, unseen),
        Ok(None) => new_trail(facts, answers),
        Ok(Some(trail)) if trail.of_another_account => of_another_account(trail, answers),
        Ok(Some(trail)) => bring_up(facts, trail, answers),
    }
}

/// Whether the step before has the bucket ready, or would make it so, or is left as it is by the operator's word.
fn has_bucket(facts: &Facts, answers: &Answers) -> bool {
    let bucket = bucket::step(facts, answers).accept(answers);
    matches!(bucket.state, State::InPlace | State::ToChange | State::Accepted)
}

fn new_trail(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    if !has_bucket(facts, answers) {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    let (trail, region) = (answers.trail.name.clone(), facts.region.clone());
    let bucket = bucket_name(&facts.account, &facts.region, answers);
    let create = Change::CreateTrail { trail: trail.clone(), region: region.clone(), bucket };
    let encrypt = facts.takes_our_key(answers).then(|| encrypt(facts, None, &trail, &region));
    if encrypt.is_some() && !has_key(facts, answers) {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    let changes = [Some(create), encrypt, Some(Change::StartLogging { trail, region })];
    StepPlan::to_change(step, changes.into_iter().flatten().collect(), Text::default())
}

/// Whether the step before has the key ready, or would make it so.
fn has_key(facts: &Facts, answers: &Answers) -> bool {
    key::is_to_be_had(facts, &bucket::step(facts, answers).accept(answers))
}

/// The key is in the bucket's Region, which need not be the trail's.
fn encrypt(facts: &Facts, found: Option<&TrailFacts>, trail: &str, region: &str) -> Change {
    let key = key::alias_arn(facts, found);
    Change::EncryptTrail { trail: trail.to_owned(), region: region.to_owned(), key }
}

fn of_another_account(trail: &TrailFacts, answers: &Answers) -> StepPlan<Change> {
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
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(true) => StepPlan::in_place(
            step,
            encrypted(
                text! { en: "trail {name} of another account logs here (adopted)", ko: "다른 계정의 추적 {name}이(가) 기록합니다(그대로 사용)" },
                trail,
                answers,
            ),
        ),
    }
}

fn bring_up(facts: &Facts, trail: &TrailFacts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    let (records_all, logs) = match (&trail.all_management_events, &trail.logging) {
        (Err(unseen), _) | (_, Err(unseen)) => return StepPlan::not_assessed(step, unseen),
        (Ok(records_all), Ok(logs)) => (*records_all, *logs),
    };
    let goes_to = trail.goes_to(answers);
    let bucket = (goes_to != trail.bucket).then(|| goes_to.to_owned());
    let is_set_up = trail.covers_all() && trail.global_services && bucket.is_none();
    if trail.of_organization && !(is_set_up && records_all && logs) {
        return StepPlan::needs_person(step, mend_organization_s(trail));
    }
    if !records_all && !trail.is_ours(answers) {
        return StepPlan::needs_person(step, mend_selectors(trail));
    }
    let lacks_key = trail.key.is_none() && facts.takes_our_key(answers);
    let has_bucket = (bucket.is_none() && !lacks_key) || has_bucket(facts, answers);
    if !has_bucket || (lacks_key && !has_key(facts, answers)) {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    let (trail_arn, region) = (|| trail.arn.clone(), || trail.home_region.clone());
    let changes = [
        (!is_set_up).then(|| Change::UpdateTrail { trail: trail_arn(), region: region(), bucket }),
        lacks_key.then(|| encrypt(facts, Some(trail), &trail.arn, &trail.home_region)),
        (!records_all).then(|| Change::RecordManagementEvents { trail: trail_arn(), region: region() }),
        (!logs).then(|| Change::StartLogging { trail: trail_arn(), region: region() }),
    ];
    let name = harmless(&trail.name);
    let found = if trail.is_ours(answers) {
        text! { en: "trail {name} logs all Regions", ko: "추적 {name}이(가) 모든 리전을 기록합니다" }
    } else {
        text! { en: "trail {name} logs all Regions (adopted)", ko: "추적 {name}이(가) 모든 리전을 기록합니다(그대로 사용)" }
    };
    StepPlan::to_change(step, changes.into_iter().flatten().collect(), encrypted(found, trail, answers))
}

/// What was found, and whether the files are encrypted with a key, where a key is asked for.
fn encrypted(mut found: Text, trail: &TrailFacts, answers: &Answers) -> Text {
    let so_far = match (answers.trail.kms, &trail.key) {
        (false, _) => return found,
        (true, Some(_)) => text! { en: ", encrypted with a KMS key", ko: "(KMS 키로 암호화)" },
        (true, None) => text! {
            en: ", without a KMS key, which only the owner can give it",
            ko: "(KMS 키 없음, 소유자만 지정할 수 있음)"
        },
    };
    found.en.push_str(&so_far.en);
    found.ko.push_str(&so_far.ko);
    found
}

/// Every account of the organization relies on its trail, so it is not for one of them to change it.
fn mend_organization_s(trail: &TrailFacts) -> PersonTask {
    let name = harmless(&trail.name);
    PersonTask {
        what: text! {
            en: "The organization's trail {name} falls short, and dayone does not change what all accounts rely on.",
            ko: "조직의 추적 {name}에 부족한 점이 있지만 모든 계정이 함께 쓰는 것이라 dayone이 바꾸지 않습니다."
        },
        how: vec![text! {
            en: "In the CloudTrail console, Trails, {name}: have it log, cover all Regions, validate its log files, and record all management events.",
            ko: "CloudTrail 콘솔의 추적, {name}에서 로깅, 모든 리전 적용, 로그 파일 검증, 모든 관리 이벤트 기록을 켜세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn mend_selectors(trail: &TrailFacts) -> PersonTask {
    let name = harmless(&trail.name);
    PersonTask {
        what: text! {
            en: "The trail {name} leaves out management events: somebody has chosen what it records.",
            ko: "추적 {name}은(는) 관리 이벤트를 모두 기록하지 않습니다. 누군가 기록할 이벤트를 골라 두었습니다."
        },
        how: vec![text! {
            en: "If that can go, open the CloudTrail console, Trails, {name}, Management events: choose Read and Write, and exclude nothing. dayone does not change what others have chosen.",
            ko: "바꿔도 된다면 CloudTrail 콘솔의 추적, {name}, 관리 이벤트에서 읽기와 쓰기를 모두 선택하고 제외 항목을 비우세요. 다른 사람이 고른 것은 dayone이 바꾸지 않습니다."
        }],
        seen: Seen::Elsewhere,
    }
}

fn log_delivery(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::LogDelivery;
    let trail = match facts.trail() {
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
        Ok(None) => return StepPlan::blocked(step, after(StepId::Trail)),
        Ok(Some(trail)) => trail,
    };
    match (&trail.logging, &trail.delivery) {
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
            Self::Key { change, .. } => change.verb(),
            Self::CreateTrail { .. } => Verb::Create,
            Self::UpdateTrail { .. } | Self::EncryptTrail { .. } | Self::RecordManagementEvents { .. } => {
                Verb::Update
            }
            Self::StartLogging { .. } => Verb::Start,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Bucket { change, .. } => change.resource(),
            Self::Key { change, .. } => change.resource(),
            Self::CreateTrail { trail, .. }
            | Self::UpdateTrail { trail, .. }
            | Self::EncryptTrail { trail, .. }
            | Self::RecordManagementEvents { trail, .. }
            | Self::StartLogging { trail, .. } => {
                format!("cloudtrail:trail/{}", trail.rsplit('/').next().unwrap_or(trail))
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::Bucket { change, .. } => change.summary(),
            Self::Key { change, .. } => change.summary(),
            Self::EncryptTrail { trail, .. } => {
                let (name, alias) = (harmless(trail.rsplit('/').next().unwrap_or(trail)), key::ALIAS);
                text! {
                    en: "trail {name}: log files encrypted with the KMS key {alias}",
                    ko: "추적 {name}: 로그 파일을 KMS 키 {alias}(으)로 암호화"
                }
            }
            Self::CreateTrail { trail, bucket, .. } => text! {
                en: "trail {trail} for all Regions, with log-file validation, into {bucket}",
                ko: "모든 리전의 추적 {trail}, 로그 파일 검증 포함, {bucket}에 저장"
            },
            Self::UpdateTrail { trail, bucket, .. } => update_summary(trail, bucket.as_deref()),
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

fn update_summary(trail: &str, bucket: Option<&str>) -> Text {
    let name = harmless(trail.rsplit('/').next().unwrap_or(trail));
    let mut summary = text! {
        en: "trail {name}: all Regions, log-file validation, global services",
        ko: "추적 {name}: 모든 리전, 로그 파일 검증, 글로벌 서비스"
    };
    if let Some(bucket) = bucket.map(harmless) {
        let from_now_on = text! { en: "; from now on into {bucket}", ko: ", 이제부터 {bucket}에 저장" };
        summary.en.push_str(&from_now_on.en);
        summary.ko.push_str(&from_now_on.ko);
    }
    summary
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
