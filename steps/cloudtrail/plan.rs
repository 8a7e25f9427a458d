//! How each step of the practice stands, and what is to be done. Pure.

use jiff::Timestamp;
use serde::Serialize;

use crate::answers::Answers;
use crate::encryption_key::KeyChange;
use crate::moment::minute;
use crate::practice::{Offer, PersonTask, Seen, State, StepId, StepPlan, Verb, after};
use crate::private_bucket::BucketChange;
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Delivery, Facts, ManagementEvents, Shortcoming, TrailFacts, bucket_name, name_in};
use super::{bucket, key};

/// What a further copy of management events costs, such as a second trail makes.
const FURTHER_COPY: &str = "$2";

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
    /// Sets what the trail lacks, and nothing else.
    UpdateTrail {
        /// Its ARN.
        trail: String,
        /// Its home Region.
        region: String,
        /// What it lacks.
        lacks: Vec<Shortcoming>,
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
    /// Stops logging of a trail that can deliver nothing.
    StopLogging {
        /// Its ARN.
        trail: String,
        /// Its home Region.
        region: String,
    },
    /// Deletes a trail that can deliver nothing. Its bucket stays.
    DeleteTrail {
        /// Its ARN.
        trail: String,
        /// Its home Region.
        region: String,
    },
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![bucket::step(facts, answers), trail(facts, answers), log_delivery(facts, answers)]
        .into_iter()
        .map(|step| step.accept(answers))
        .collect()
}

fn trail(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = match facts.trail() {
        Err(unseen) => StepPlan::not_assessed(StepId::Trail, unseen),
        Ok(None) => new_trail(facts, answers),
        Ok(Some(trail)) if trail.of_another_account => of_another_account(trail, answers),
        Ok(Some(trail)) if is_undeliverable(facts, trail, answers) => undeliverable(trail, answers),
        Ok(Some(trail)) => bring_up(facts, trail, answers),
    };
    with_further_copies(step, &facts.further_copies())
}

/// What is paid for is told with what is found, or before it is changed.
fn with_further_copies(mut step: StepPlan<Change>, others: &[String]) -> StepPlan<Change> {
    if others.is_empty() {
        return step;
    }
    let others = harmless(&others.join(", "));
    if let Some(found) = &mut step.found {
        let paid = text! {
            en: "; management events are logged by {others} too, at about {FURTHER_COPY} per 100,000",
            ko: ". {others}도 관리 이벤트를 기록하며 10만 건에 약 {FURTHER_COPY}의 요금이 나옵니다"
        };
        found.en.push_str(&paid.en);
        found.ko.push_str(&paid.ko);
    }
    if step.state != State::ToChange {
        return step;
    }
    step.with_note(text! {
        en: "Management events are logged by {others} too. Only the first copy in each Region is free: each further one costs about {FURTHER_COPY} per 100,000 events. Stop or delete what nobody needs.",
        ko: "{others}도 관리 이벤트를 기록합니다. 리전마다 첫 사본만 무료이고 그다음부터는 10만 건에 약 {FURTHER_COPY}의 요금이 나옵니다. 필요 없는 추적은 중지하거나 삭제하세요."
    })
}

/// Whether a trail that we made has never delivered a file and never will: what keeps CloudTrail out of its bucket is not
/// for the plan to mend. One that was left like this would go on trying, and AWS bills that.
fn is_undeliverable(facts: &Facts, trail: &TrailFacts, answers: &Answers) -> bool {
    let of_our_making = trail.is_ours(answers)
        && trail.bucket == bucket_name(&facts.account, &trail.home_region, answers)
        && bucket::step(facts, answers).accept(answers).state != State::Accepted;
    let has_failed = matches!(trail.delivery, Delivery::Failed(_)) && !trail.has_delivered;
    of_our_making && has_failed && trail.logging.is_ok() && bucket::is_closed_to_cloudtrail(facts, answers)
}

/// A person may have it deleted. With nobody there it is only stopped, which can be taken back.
fn undeliverable(trail: &TrailFacts, answers: &Answers) -> StepPlan<Change> {
    let (step, error) = (StepId::Trail, failure(trail));
    let (arn, region) = (trail.arn.clone(), trail.home_region.clone());
    if answers.attended {
        let question = delete_undeliverable(trail);
        let changes = vec![Change::DeleteTrail { trail: arn, region }];
        let offer = Some(Offer { question, key: None, changes });
        return StepPlan { offer, ..StepPlan::needs_person(step, delivery_fails(trail, error)) };
    }
    if trail.logging == Ok(true) {
        let stop = Change::StopLogging { trail: arn, region };
        return StepPlan::to_change(step, vec![stop], Text::default()).with_note(stopped(trail, error));
    }
    StepPlan::needs_person(step, delivery_fails(trail, error))
}

fn failure(trail: &TrailFacts) -> &str {
    match &trail.delivery {
        Delivery::Failed(error) => error,
        Delivery::NotYet | Delivery::At(_) | Delivery::Late(_) => "",
    }
}

fn delete_undeliverable(trail: &TrailFacts) -> Text {
    let name = harmless(&trail.name);
    text! {
        en: "Delete the trail {name}? Its bucket stays. AWS bills the attempts to deliver for 30 days otherwise; once the bucket is mended, dayone makes the trail again.",
        ko: "추적 {name}을(를) 삭제할까요? 버킷은 그대로 남습니다. 그대로 두면 30일 동안 전달 시도에 요금이 나옵니다. 버킷을 고친 뒤에는 dayone이 추적을 다시 만듭니다."
    }
}

fn stopped(trail: &TrailFacts, error: &str) -> Text {
    let (name, bucket, error) = (harmless(&trail.name), harmless(&trail.bucket), harmless(error));
    text! {
        en: "The trail {name} has never delivered a file to {bucket}: {error}. AWS bills its attempts, so it is stopped until the bucket is mended.",
        ko: "추적 {name}은(는) {bucket}에 파일을 한 번도 전달하지 못했습니다: {error}. 시도에도 요금이 나오므로 버킷을 고칠 때까지 기록을 중지합니다."
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
        Ok(true) => match &trail.management_events {
            Err(unseen) => StepPlan::not_assessed(step, unseen),
            Ok(ManagementEvents::All) => StepPlan::in_place(step, logs_here(trail, answers)),
            Ok(ManagementEvents::NotTold) => {
                let Text { en, ko } = logs_here(trail, answers);
                let found = text! {
                    en: "{en}; which management events it records, only its owner sees",
                    ko: "{ko}. 어떤 관리 이벤트를 기록하는지는 소유자만 볼 수 있습니다"
                };
                StepPlan::in_place(step, found)
            }
            Ok(ManagementEvents::Hidden | ManagementEvents::Part | ManagementEvents::Nothing) => {
                StepPlan { state: State::NotAssessed, ..StepPlan::blocked(step, only_its_owner_sees(trail)) }
            }
        },
    }
}

fn logs_here(trail: &TrailFacts, answers: &Answers) -> Text {
    let name = harmless(&trail.name);
    let found = text! {
        en: "trail {name} of another account logs here (adopted: a second one would cost about {FURTHER_COPY} per 100,000 management events)",
        ko: "다른 계정의 추적 {name}이(가) 기록합니다(그대로 사용. 두 번째 추적은 관리 이벤트 10만 건에 약 {FURTHER_COPY})"
    };
    encrypted(found, trail, answers)
}

/// It may leave out management events, or have been chosen for data events alone.
fn only_its_owner_sees(trail: &TrailFacts) -> Text {
    let name = harmless(&trail.name);
    text! {
        en: "The trail {name} of another account logs here, and somebody has chosen what it records: which management events it records, only its owner sees. Ask its owner whether it records all of them; if so, accept this step in the answers.",
        ko: "다른 계정의 추적 {name}이(가) 기록하지만 누군가 기록할 이벤트를 골라 두었습니다. 어떤 관리 이벤트를 기록하는지는 소유자만 볼 수 있습니다. 모두 기록하는지 소유자에게 물어보고, 그렇다면 응답에서 이 단계를 수락하세요."
    }
}

fn bring_up(facts: &Facts, trail: &TrailFacts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Trail;
    let (records_all, logs) = match (&trail.management_events, &trail.logging) {
        (Err(unseen), _) | (_, Err(unseen)) => return StepPlan::not_assessed(step, unseen),
        (Ok(recorded), Ok(logs)) => (*recorded == ManagementEvents::All, *logs),
    };
    let goes_to = trail.goes_to(answers);
    let bucket = (goes_to != trail.bucket).then(|| goes_to.to_owned());
    let lacks = trail.shortcomings();
    let is_set_up = lacks.is_empty() && bucket.is_none();
    if trail.of_organization && !(is_set_up && records_all && logs) {
        return StepPlan::needs_person(step, mend_organization_s(trail));
    }
    let overrules = !records_all && !trail.is_ours(answers);
    if overrules && !answers.attended {
        return StepPlan::needs_person(step, mend_selectors(trail));
    }
    let lacks_key = trail.key.is_none() && facts.takes_our_key(answers);
    let has_bucket = (bucket.is_none() && !lacks_key) || has_bucket(facts, answers);
    if !has_bucket || (lacks_key && !has_key(facts, answers)) {
        return StepPlan::blocked(step, after(StepId::TrailBucket));
    }
    let (trail_arn, region) = (|| trail.arn.clone(), || trail.home_region.clone());
    let changes = [
        (!is_set_up).then(|| Change::UpdateTrail { trail: trail_arn(), region: region(), lacks, bucket }),
        lacks_key.then(|| encrypt(facts, Some(trail), &trail.arn, &trail.home_region)),
        (!records_all).then(|| Change::RecordManagementEvents { trail: trail_arn(), region: region() }),
        (!logs).then(|| Change::StartLogging { trail: trail_arn(), region: region() }),
    ];
    let found = encrypted(logs_all_regions(trail, answers), trail, answers);
    let plan = StepPlan::to_change(step, changes.into_iter().flatten().collect(), found);
    if overrules { plan.with_warning(others_have_chosen(trail)) } else { plan }
}

fn logs_all_regions(trail: &TrailFacts, answers: &Answers) -> Text {
    let name = harmless(&trail.name);
    if trail.is_ours(answers) {
        return text! { en: "trail {name} logs all Regions", ko: "추적 {name}이(가) 모든 리전을 기록합니다" };
    }
    text! {
        en: "trail {name} logs all Regions (adopted: a second one would cost about {FURTHER_COPY} per 100,000 management events)",
        ko: "추적 {name}이(가) 모든 리전을 기록합니다(그대로 사용. 두 번째 추적은 관리 이벤트 10만 건에 약 {FURTHER_COPY})"
    }
}

/// What a person is asked about before a choice of somebody else's is overruled.
fn others_have_chosen(trail: &TrailFacts) -> Text {
    let name = harmless(&trail.name);
    text! {
        en: "Somebody has chosen that the trail {name} leaves out management events. From then on it records all of them, which makes more log files. The data events that it records stay.",
        ko: "추적 {name}은(는) 누군가의 선택으로 관리 이벤트를 모두 기록하지 않습니다. 적용하면 모두 기록하므로 로그 파일이 늘어납니다. 기록하던 데이터 이벤트는 그대로입니다."
    }
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

fn log_delivery(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::LogDelivery;
    let trail = match facts.trail() {
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
        Ok(None) => return StepPlan::blocked(step, after(StepId::Trail)),
        Ok(Some(trail)) => trail,
    };
    match (&trail.logging, &trail.delivery) {
        (Err(unseen), _) => StepPlan::not_assessed(step, unseen),
        (Ok(_), _) if rests_on_the_trail(facts, trail, answers) => {
            StepPlan::blocked(step, after(StepId::Trail))
        }
        (Ok(_), Delivery::Failed(error)) => StepPlan::needs_person(step, delivery_fails(trail, error)),
        (Ok(false), _) => StepPlan::blocked(step, after(StepId::Trail)),
        (Ok(true), Delivery::At(seconds)) => StepPlan::in_place(step, delivered(*seconds)),
        (Ok(true), Delivery::Late(seconds)) => StepPlan::waiting(step, late(*seconds)).comes_soon(next_file()),
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

/// Whether the step before has to do with what has come, or has not: a trail that moves has delivered into another bucket.
fn rests_on_the_trail(facts: &Facts, trail: &TrailFacts, answers: &Answers) -> bool {
    let moves = !trail.of_another_account && trail.goes_to(answers) != trail.bucket;
    let stays = answers.accept.iter().any(|accept| accept.step == StepId::Trail);
    !stays && (moves || is_undeliverable(facts, trail, answers))
}

fn next_file() -> Text {
    text! { en: "Waiting for the next log file", ko: "다음 로그 파일을 기다리는 중" }
}

fn late(seconds: i64) -> Text {
    let time = time(seconds);
    text! {
        en: "The last log file came at {time}, more than a day ago. The calls of this run make the next one, in about 5 minutes, which AWS does not guarantee.",
        ko: "마지막 로그 파일이 {time}에 도착한 뒤 하루가 넘었습니다. 이번 실행의 호출이 담긴 다음 파일은 약 5분 만에 도착하지만 AWS가 보장하지는 않습니다."
    }
}

fn delivered(seconds: i64) -> Text {
    let time = time(seconds);
    text! { en: "log files arrive, the last at {time}", ko: "로그 파일이 도착하고 있습니다(마지막 {time})" }
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), minute)
}

fn delivery_fails(trail: &TrailFacts, error: &str) -> PersonTask {
    let (name, bucket, error) = (harmless(&trail.name), harmless(&trail.bucket), harmless(error));
    let (arn, region) = (harmless(&trail.arn), harmless(&trail.home_region));
    let mend = text! {
        en: "See that the bucket is there and that its policy, and that of the KMS key where there is one, lets CloudTrail write. What was mended a moment ago shows with the next file, within the hour.",
        ko: "버킷이 있는지, 버킷 정책과 (있다면) KMS 키 정책이 CloudTrail의 쓰기를 허용하는지 확인하세요. 방금 고쳤다면 한 시간 안에 다음 파일이 도착하면서 반영됩니다."
    };
    let delete = text! {
        en: "A trail that cannot deliver tries for 30 days, and that is billed. If it cannot be mended, delete it: aws cloudtrail delete-trail --name {arn} --region {region}",
        ko: "전달하지 못하는 추적은 30일 동안 재시도하며 요금이 나옵니다. 고칠 수 없다면 삭제하세요: aws cloudtrail delete-trail --name {arn} --region {region}"
    };
    let ask_owner = text! {
        en: "Ask who owns the trail to mend it: this account cannot.",
        ko: "추적의 소유자에게 고쳐 달라고 하세요. 이 계정에서는 할 수 없습니다."
    };
    PersonTask {
        what: text! {
            en: "The trail {name} cannot deliver to {bucket}: {error}.",
            ko: "추적 {name}이(가) {bucket}에 전달하지 못합니다: {error}."
        },
        how: if trail.of_another_account { vec![ask_owner] } else { vec![mend, delete] },
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
            Self::StopLogging { .. } => Verb::Disable,
            Self::DeleteTrail { .. } => Verb::Delete,
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
            | Self::StartLogging { trail, .. }
            | Self::StopLogging { trail, .. }
            | Self::DeleteTrail { trail, .. } => format!("cloudtrail:trail/{}", name_in(trail)),
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::Bucket { change, .. } => change.summary(),
            Self::Key { change, .. } => change.summary(),
            Self::EncryptTrail { trail, .. } => {
                let (name, alias) = (harmless(name_in(trail)), key::ALIAS);
                text! {
                    en: "trail {name}: log files encrypted with the KMS key {alias}",
                    ko: "추적 {name}: 로그 파일을 KMS 키 {alias}(으)로 암호화"
                }
            }
            Self::CreateTrail { trail, bucket, .. } => text! {
                en: "trail {trail} for all Regions, with log-file validation, into {bucket}",
                ko: "모든 리전의 추적 {trail}, 로그 파일 검증 포함, {bucket}에 저장"
            },
            Self::UpdateTrail { trail, lacks, bucket, .. } => update_summary(trail, lacks, bucket.as_deref()),
            Self::RecordManagementEvents { trail, .. } => {
                let name = harmless(name_in(trail));
                text! { en: "trail {name}: all management events", ko: "추적 {name}: 모든 관리 이벤트" }
            }
            Self::StartLogging { trail, .. } | Self::StopLogging { trail, .. } => {
                let name = harmless(name_in(trail));
                text! { en: "logging of trail {name}", ko: "추적 {name}의 기록" }
            }
            Self::DeleteTrail { trail, .. } => {
                let name = harmless(name_in(trail));
                text! { en: "trail {name} (its bucket stays)", ko: "추적 {name}(버킷은 유지)" }
            }
        }
    }

    fn is_irreversible(&self) -> bool {
        matches!(self, Self::DeleteTrail { .. })
    }

    fn stands_alone(&self) -> bool {
        matches!(self, Self::StopLogging { .. })
    }
}

fn update_summary(trail: &str, lacks: &[Shortcoming], bucket: Option<&str>) -> Text {
    let name = harmless(name_in(trail));
    let gets = lacks.iter().map(|shortcoming| shortcoming.mended());
    let moves = bucket
        .map(harmless)
        .map(|bucket| text! { en: "from now on into {bucket}", ko: "이제부터 {bucket}에 저장" });
    let (en, ko): (Vec<_>, Vec<_>) = gets.chain(moves).map(|text| (text.en, text.ko)).unzip();
    let (en, ko) = (en.join(", "), ko.join(", "));
    text! { en: "trail {name}: {en}", ko: "추적 {name}: {ko}" }
}

impl Shortcoming {
    /// What a trail gets that has it no more.
    fn mended(self) -> Text {
        match self {
            Self::OneRegion => text! { en: "all Regions", ko: "모든 리전" },
            Self::Unvalidated => text! { en: "log-file validation", ko: "로그 파일 검증" },
            Self::NoGlobalServices => text! { en: "global services", ko: "글로벌 서비스" },
        }
    }
}

#[cfg(test)]
mod tests;
