//! How each step of the practice stands, and what is to be done. Pure.

use serde::Serialize;

use crate::answers::{Answers, ReportKind};
use crate::console;
use crate::moment::minute;
use crate::practice::{PersonTask, PracticeId, Seen, State, StepId, StepPlan, Verb, after};
use crate::private_bucket::BucketChange;
use crate::text;
use crate::text::{Text, harmless};

use super::bucket;
use super::budget::{self, Budget, Standing};
use super::differences::{Differences, listed};
use super::export::{Export, TABLE};
use super::facts::{Delivery, ExportFacts, Facts, Place, ReportFacts, moment};
use super::report::Report;

/// How many classic reports an account may have. Source: CUR user guide, "Quotas and restrictions".
const REPORTS_PER_ACCOUNT: usize = 10;
/// How many exports of CUR 2.0 an account may have. Source: Data Exports user guide, "Quotas and restrictions".
const EXPORTS_PER_ACCOUNT: usize = 5;

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
    /// Defines the classic report.
    PutReport {
        /// The report.
        report: Report,
    },
    /// Changes what AWS lets be changed in a classic report.
    ModifyReport {
        /// The report as it will be.
        report: Report,
        /// What of it changes.
        changes: Vec<Text>,
    },
    /// Creates the CUR 2.0 export.
    CreateExport {
        /// The export.
        export: Export,
    },
    /// Changes what AWS lets be changed in an export.
    UpdateExport {
        /// Its ARN.
        arn: String,
        /// The export as it will be.
        export: Export,
        /// What of it changes.
        changes: Vec<Text>,
    },
    /// Creates the cost budget.
    CreateBudget {
        /// The budget.
        budget: Budget,
    },
    /// Has our cost budget have the amount, and tell the one, that the answers name.
    UpdateBudget {
        /// The budget as it will be.
        budget: Budget,
    },
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    if let Some(reason) = unsupported(&facts.partition) {
        let steps = PracticeId::BillingReport.steps().iter();
        return steps.map(|step| StepPlan::not_applicable(*step, reason.clone())).collect();
    }
    vec![
        billing_access(facts, answers),
        bucket::step(facts, answers),
        report(facts, answers),
        report_delivery(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

/// Why there are no reports to set up in a partition.
fn unsupported(partition: &str) -> Option<Text> {
    Some(match partition {
        "aws" => return None,
        "aws-us-gov" => text! {
            en: "GovCloud accounts are billed through the standard account that belongs to them. Run dayone there.",
            ko: "GovCloud 계정의 요금은 연결된 표준 계정으로 청구됩니다. 그 계정에서 dayone을 실행하세요."
        },
        "aws-cn" => text! {
            en: "The China Regions have no root user, and a billing service of their own in Ningxia (cn-northwest-1), which dayone does not set up. Make the report in the Billing console there.",
            ko: "중국 리전에는 루트 사용자가 없고, 결제는 닝샤(cn-northwest-1)의 별도 서비스가 처리하며 dayone은 이를 설정하지 않습니다. 그곳의 결제 콘솔에서 보고서를 만드세요."
        },
        other => {
            let partition = harmless(other);
            text! {
                en: "The partition {partition} has a billing service of its own, which dayone does not set up. Make the report in the Billing console there.",
                ko: "파티션 {partition}의 결제는 별도 서비스가 처리하며 dayone은 이를 설정하지 않습니다. 그곳의 결제 콘솔에서 보고서를 만드세요."
            }
        }
    })
}

fn billing_access(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::BillingAccess;
    if answers.billing.console_access_activated {
        return StepPlan::in_place(
            step,
            text! { en: "switched on, by your word", ko: "켰다고 확인하셨습니다" },
        );
    }
    let page = console::billing_account(&facts.partition);
    let how = vec![
        text! { en: "As root, open {page}", ko: "루트 사용자로 {page} 페이지를 여세요." },
        text! { en: "IAM user and role access to Billing information, then Edit, Activate IAM Access, Update.", ko: "결제 정보에 대한 IAM 사용자 및 역할 액세스에서 편집, IAM 액세스 활성화, 업데이트를 선택하세요." },
        text! { en: "No API shows this switch. It opens the billing pages to administrators and has no effect on the report.", ko: "이 스위치는 API로 볼 수 없습니다. 관리자에게 결제 페이지를 열어 줄 뿐 보고서에는 영향이 없습니다." },
    ];
    let what = text! { en: "Let administrators open the billing pages.", ko: "관리자가 결제 페이지를 열 수 있게 하세요." };
    StepPlan::needs_person(
        step,
        PersonTask { what, how, seen: Seen::ByWord("billing.console_access_activated") },
    )
}

fn report(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let plan = match (facts.unseen(), answers.billing.kind) {
        (Some(unseen), _) => StepPlan::not_assessed(StepId::Report, unseen),
        (None, ReportKind::Classic) => classic_report(facts, answers),
        (None, ReportKind::Cur2) => export(facts, answers),
    };
    match Budget::wanted(answers) {
        Some(budget) => with_budget(plan, facts, budget),
        None if answers.attended => plan.offering("billing.budget_email", offered_budget()),
        None => plan,
    }
}

/// A budget needs no bucket, so it is made beside a report that waits for a person. The step is in place when both are.
fn with_budget(mut plan: StepPlan<Change>, facts: &Facts, budget: Budget) -> StepPlan<Change> {
    let standing = match &facts.budget {
        Ok(found) => budget.against(found.as_ref()),
        Err(unseen) if plan.state == State::InPlace => return StepPlan::not_assessed(plan.step, unseen),
        Err(_) if plan.state == State::NotAssessed => return plan,
        Err(unseen) => return plan.with_unseen(unseen.clone()),
    };
    let change = match standing {
        Standing::InPlace(found) => return with_found(plan, &found),
        Standing::Missing => Change::CreateBudget { budget },
        Standing::Differs => Change::UpdateBudget { budget },
    };
    match plan.state {
        State::InPlace => StepPlan::to_change(plan.step, vec![change], Text::default()),
        State::ToChange => {
            plan.changes.push(change);
            plan
        }
        State::NeedsPerson => {
            let left = plan.person.map(|task| task.what);
            let made = StepPlan::to_change(plan.step, vec![change], Text::default());
            left.into_iter().chain(plan.notes).fold(made, StepPlan::with_note)
        }
        _ => plan,
    }
}

fn with_found(mut plan: StepPlan<Change>, budget: &Text) -> StepPlan<Change> {
    if let Some(found) = &mut plan.found {
        found.en.push_str("; ");
        found.en.push_str(&budget.en);
        found.ko.push_str("; ");
        found.ko.push_str(&budget.ko);
    }
    plan
}

fn offered_budget() -> Text {
    text! {
        en: "Get an e-mail as soon as the account costs anything? A budget that only tells is free. Your e-mail address, or Enter for none",
        ko: "요금이 생기면 바로 이메일을 받을까요? 알리기만 하는 예산은 무료입니다. 이메일 주소(받지 않으려면 Enter)"
    }
}

fn classic_report(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Report;
    let Place { bucket, region } = facts.place(answers);
    let wanted = Report { bucket, region, ..Report::wanted(&facts.account, answers) };
    let Some(found) = facts.report(answers) else {
        let reports = facts.reports.as_deref().unwrap_or_default();
        let others = reports.iter().map(|found| (&found.report.name, found.lacks(&wanted, answers)));
        let lack = not_enough(others);
        let change = Change::PutReport { report: wanted };
        return make_new(facts, answers, change, reports.len() >= REPORTS_PER_ACCOUNT, lack);
    };
    let name = harmless(&found.report.name);
    if found.report.name != wanted.name {
        return adopted(&name);
    }
    let wanted = found.report.brought_up_to(wanted);
    let differences = found.report.differences(&wanted);
    if differences.is_empty() {
        return StepPlan::in_place(step, text! { en: "report {name}", ko: "보고서 {name}" });
    }
    if !differences.fixed.is_empty() {
        return StepPlan::needs_person(step, make_anew(&name, &differences));
    }
    let changes = differences.changeable;
    into_its_bucket(facts, answers, Change::ModifyReport { report: wanted, changes })
}

fn export(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Report;
    let Place { bucket, region } = facts.place(answers);
    let wanted = Export { bucket, region, ..Export::wanted(&facts.account, answers) };
    let Some(found) = facts.export(answers) else {
        let exports = facts.exports.as_deref().unwrap_or_default();
        let of_table: Vec<_> = exports.iter().filter(|found| found.export.table == TABLE).collect();
        let others = of_table.iter().map(|found| (&found.export.name, found.lacks(&wanted, answers)));
        let lack = not_enough(others);
        let change = Change::CreateExport { export: wanted };
        return make_new(facts, answers, change, of_table.len() >= EXPORTS_PER_ACCOUNT, lack);
    };
    let name = harmless(&found.export.name);
    if found.export.name != wanted.name {
        return adopted(&name);
    }
    let differences = found.export.differences(&wanted);
    if differences.is_empty() {
        return StepPlan::in_place(
            step,
            text! { en: "CUR 2.0 export {name}", ko: "CUR 2.0 내보내기 {name}" },
        );
    }
    if !differences.fixed.is_empty() {
        return StepPlan::needs_person(step, make_anew(&name, &differences));
    }
    let (arn, changes) = (found.arn.clone(), differences.changeable);
    into_its_bucket(facts, answers, Change::UpdateExport { arn, export: wanted, changes })
}

/// Why those that are nearly as good are not adopted: each that lacks one thing, with what that is.
fn not_enough<'n>(others: impl Iterator<Item = (&'n String, Vec<Text>)>) -> Option<Text> {
    let nearly = others.filter_map(|(name, lacks)| match <[Text; 1]>::try_from(lacks) {
        Ok([Text { en, ko }]) => {
            let name = harmless(name);
            Some(text! { en: "{name} ({en})", ko: "{name}({ko})" })
        }
        Err(_) => None,
    });
    let nearly: Vec<_> = nearly.collect();
    let Text { en, ko } = listed(&nearly);
    (!nearly.is_empty()).then(|| {
        text! {
            en: "Already there, but not enough, so left alone: {en}.",
            ko: "이미 있지만 부족한 점이 있어 그대로 둡니다: {ko}."
        }
    })
}

fn make_new(
    facts: &Facts,
    answers: &Answers,
    change: Change,
    is_full: bool,
    lack: Option<Text>,
) -> StepPlan<Change> {
    let plan = if is_full && bucket::is_ready(facts, answers) {
        StepPlan::needs_person(StepId::Report, too_many(answers.billing.kind))
    } else {
        into_its_bucket(facts, answers, change)
    };
    lack.into_iter().fold(plan, StepPlan::with_note)
}

/// AWS looks at the bucket whenever a report is made or changed.
fn into_its_bucket(facts: &Facts, answers: &Answers, change: Change) -> StepPlan<Change> {
    if !bucket::is_ready(facts, answers) {
        return StepPlan::blocked(StepId::Report, after(StepId::ReportBucket));
    }
    StepPlan::to_change(StepId::Report, vec![change], Text::default())
}

fn adopted(name: &str) -> StepPlan<Change> {
    StepPlan::in_place(
        StepId::Report,
        text! { en: "report {name} (adopted)", ko: "보고서 {name}(그대로 사용)" },
    )
}

fn too_many(kind: ReportKind) -> PersonTask {
    let what = match kind {
        ReportKind::Classic => text! {
            en: "The account has ten reports, the most that AWS allows.",
            ko: "계정에 AWS가 허용하는 최대인 보고서 10개가 있습니다."
        },
        ReportKind::Cur2 => text! {
            en: "The account has five CUR 2.0 exports, the most that AWS allows.",
            ko: "계정에 AWS가 허용하는 최대인 CUR 2.0 내보내기 5개가 있습니다."
        },
    };
    let how = text! {
        en: "Delete one that nobody reads, in the console under Billing, Data Exports.",
        ko: "콘솔의 결제, 데이터 내보내기에서 아무도 보지 않는 보고서를 삭제하세요."
    };
    PersonTask { what, how: vec![how], seen: Seen::Elsewhere }
}

fn make_anew(name: &str, differences: &Differences) -> PersonTask {
    let fixed = listed(&differences.fixed);
    let (en, ko) = (&fixed.en, &fixed.ko);
    let mut how = vec![text! {
        en: "Name another report (report under [billing]), or delete this one and run dayone again.",
        ko: "다른 보고서 이름을 쓰거나([billing]의 report), 이 보고서를 삭제한 뒤 dayone을 다시 실행하세요."
    }];
    if !differences.changeable.is_empty() {
        let changeable = listed(&differences.changeable);
        let (en, ko) = (&changeable.en, &changeable.ko);
        how.push(text! {
            en: "It differs besides in what could be changed: {en}.",
            ko: "바꿀 수 있는 항목도 다릅니다: {ko}."
        });
    }
    PersonTask {
        what: text! {
            en: "The report {name} differs in what AWS does not let be changed: {en}.",
            ko: "보고서 {name}은(는) AWS에서 바꿀 수 없는 항목이 다릅니다: {ko}."
        },
        how,
        seen: Seen::Elsewhere,
    }
}

fn report_delivery(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::ReportDelivery;
    if let Some(unseen) = facts.unseen() {
        return StepPlan::not_assessed(step, unseen);
    }
    let delivery = match answers.billing.kind {
        ReportKind::Classic => facts.report(answers).map(classic_delivery),
        ReportKind::Cur2 => facts.export(answers).map(export_delivery),
    };
    delivery.unwrap_or_else(|| StepPlan::blocked(step, after(StepId::Report)))
}

fn classic_delivery(found: &ReportFacts) -> StepPlan<Change> {
    let Report { name, bucket, .. } = &found.report;
    match (found.failure(), &found.last_delivery) {
        (Some(status), _) => delivery_fails(name, bucket, status, "billingreports.amazonaws.com"),
        (_, Some(date)) if found.fresh => delivered(date),
        (_, Some(date)) => delivered_long_ago(date),
        _ => not_delivered_yet(),
    }
}

fn export_delivery(found: &ExportFacts) -> StepPlan<Change> {
    let Export { name, bucket, .. } = &found.export;
    match &found.delivery {
        Err(unseen) => StepPlan::not_assessed(StepId::ReportDelivery, unseen),
        Ok(Delivery::Failed(reason)) => {
            delivery_fails(name, bucket, reason, "bcm-data-exports.amazonaws.com")
        }
        Ok(Delivery::At(date)) => delivered(date),
        Ok(Delivery::Late(date)) => delivered_long_ago(date),
        Ok(Delivery::NotYet) => not_delivered_yet(),
    }
}

fn delivered(date: &str) -> StepPlan<Change> {
    let date = in_words(date);
    StepPlan::in_place(
        StepId::ReportDelivery,
        text! { en: "last delivered {date}", ko: "마지막 전달 {date}" },
    )
}

fn delivered_long_ago(date: &str) -> StepPlan<Change> {
    let date = in_words(date);
    StepPlan::waiting(
        StepId::ReportDelivery,
        text! {
            en: "Last delivered {date}, and nothing in the last three days, though AWS delivers at least daily. See in the console under Billing, Data Exports what keeps the next one out.",
            ko: "마지막 전달 {date}. AWS는 하루에 한 번 이상 전달하는데 최근 3일 동안 도착한 것이 없습니다. 콘솔의 결제, 데이터 내보내기에서 다음 보고서가 오지 않는 이유를 확인하세요."
        },
    )
}

/// A form that is not known stays as it is.
fn in_words(date: &str) -> String {
    moment(date).map_or_else(|| harmless(date), minute)
}

/// How often a line of the report begins anew.
fn often(time_unit: &str) -> Text {
    match time_unit {
        "HOURLY" => text! { en: "hourly", ko: "시간별" },
        "DAILY" => text! { en: "daily", ko: "일별" },
        "MONTHLY" => text! { en: "monthly", ko: "월별" },
        other => Text::verbatim(harmless(&other.to_lowercase())),
    }
}

fn not_delivered_yet() -> StepPlan<Change> {
    StepPlan::waiting(
        StepId::ReportDelivery,
        text! { en: "AWS sends the first report within 24 hours.", ko: "첫 보고서는 24시간 안에 도착합니다." },
    )
}

fn delivery_fails(name: &str, bucket: &str, status: &str, service: &str) -> StepPlan<Change> {
    let (name, bucket, status) = (harmless(name), harmless(bucket), harmless(status));
    let task = PersonTask {
        what: text! { en: "The report {name} cannot be delivered to {bucket}: {status}.", ko: "보고서 {name}을(를) {bucket}에 전달하지 못합니다: {status}." },
        how: vec![text! {
            en: "See that the bucket is there and that its policy lets {service} write.",
            ko: "버킷이 있는지, 정책이 {service}의 쓰기를 허용하는지 확인하세요."
        }],
        seen: Seen::Elsewhere,
    };
    StepPlan::needs_person(StepId::ReportDelivery, task)
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::Bucket { change, .. } => change.verb(),
            Self::PutReport { .. } | Self::CreateExport { .. } | Self::CreateBudget { .. } => Verb::Create,
            Self::ModifyReport { .. } | Self::UpdateExport { .. } | Self::UpdateBudget { .. } => Verb::Update,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Bucket { change, .. } => change.resource(),
            Self::PutReport { report } | Self::ModifyReport { report, .. } => {
                format!("cur:definition/{}", report.name)
            }
            Self::CreateExport { export } | Self::UpdateExport { export, .. } => {
                format!("bcm-data-exports:export/{}", export.name)
            }
            Self::CreateBudget { .. } | Self::UpdateBudget { .. } => {
                format!("budgets:budget/{}", budget::NAME)
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::Bucket { change, .. } => bucket::summary(change),
            Self::PutReport { report } => {
                let Report { name, bucket, time_unit, format, .. } = report;
                let (bucket, name, unit) = (harmless(bucket), harmless(name), often(time_unit));
                text! {
                    en: "Cost and Usage Report {name}, {often_en}, {format}, into {bucket}",
                    ko: "비용 및 사용 보고서(CUR) {name}, {often_ko}, {format}, {bucket}에 저장",
                    often_en = unit.en,
                    often_ko = unit.ko
                }
            }
            Self::ModifyReport { report, changes } => {
                let (name, Text { en, ko }) = (harmless(&report.name), listed(changes));
                text! {
                    en: "Cost and Usage Report {name}: {en}",
                    ko: "비용 및 사용 보고서(CUR) {name}: {ko}"
                }
            }
            Self::CreateExport { export } => {
                let Export { name, bucket, time_unit, format, .. } = export;
                let (unit, format) = (often(time_unit), format.to_lowercase());
                let (bucket, name) = (harmless(bucket), harmless(name));
                text! {
                    en: "CUR 2.0 export {name}, {often_en}, {format}, into {bucket}",
                    ko: "CUR 2.0 내보내기 {name}, {often_ko}, {format}, {bucket}에 저장",
                    often_en = unit.en,
                    often_ko = unit.ko
                }
            }
            Self::UpdateExport { export, changes, .. } => {
                let (name, Text { en, ko }) = (harmless(&export.name), listed(changes));
                text! { en: "CUR 2.0 export {name}: {en}", ko: "CUR 2.0 내보내기 {name}: {ko}" }
            }
            Self::CreateBudget { budget } | Self::UpdateBudget { budget } => budget.summary(),
        }
    }

    fn is_optional(&self) -> bool {
        matches!(self, Self::CreateBudget { .. } | Self::UpdateBudget { .. })
    }
}

#[cfg(test)]
mod tests;
