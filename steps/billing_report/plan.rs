//! How each step of the practice stands, and what is to be done. Pure.

use serde::Serialize;

use crate::administrators;
use crate::answers::{Answers, ReportFormat, TimeUnit};
use crate::policy::{Document, PolicyError};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, Verb, after};
use crate::private_bucket::{self, BucketChange, BucketFacts, MustLet, Obstacle, Wanted};
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Facts, REGION, ReportFacts, bucket_name};

/// How many reports an account may have. Source: CUR user guide, "Quotas and restrictions".
const REPORTS_PER_ACCOUNT: usize = 10;

/// A report, in AWS's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields of AWS's ReportDefinition")]
pub struct Report {
    pub name: String,
    pub bucket: String,
    pub region: String,
    pub prefix: String,
    pub time_unit: String,
    pub format: String,
    pub compression: String,
    pub resources: bool,
    pub artifacts: Vec<String>,
    pub versioning: Option<String>,
    pub refresh_closed: bool,
}

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
    /// Defines the report.
    PutReport {
        /// The report.
        report: Report,
    },
    /// Changes what AWS lets be changed in a report.
    ModifyReport {
        /// The report as it will be.
        report: Report,
    },
}

impl Report {
    /// The report that the answers ask for. The combinations are those that AWS accepts; it refuses others with an
    /// empty error. Source: CUR user guide, "Creating reports", and Terraform's list of valid combinations.
    pub fn wanted(account: &str, answers: &Answers) -> Self {
        let billing = &answers.billing;
        let parquet = billing.format == ReportFormat::Parquet;
        let word =
            |when_parquet: &str, when_csv: &str| (if parquet { when_parquet } else { when_csv }).to_owned();
        Self {
            name: billing.report.clone(),
            bucket: bucket_name(account, answers),
            region: REGION.to_owned(),
            prefix: billing.prefix.clone(),
            time_unit: match billing.time_unit {
                TimeUnit::Hourly => "HOURLY".into(),
                TimeUnit::Daily => "DAILY".into(),
                TimeUnit::Monthly => "MONTHLY".into(),
            },
            format: word("Parquet", "textORcsv"),
            compression: word("Parquet", "GZIP"),
            resources: true,
            artifacts: if parquet { vec!["ATHENA".into()] } else { Vec::new() },
            versioning: Some(word("OVERWRITE_REPORT", "CREATE_NEW_REPORT")),
            refresh_closed: true,
        }
    }

    /// Whether AWS lets the one become the other: name, time unit, resource ids and versioning stay as they were made.
    fn can_become(&self, wanted: &Self) -> bool {
        self.name == wanted.name
            && self.time_unit == wanted.time_unit
            && self.resources == wanted.resources
            && self
                .versioning
                .as_ref()
                .is_none_or(|versioning| wanted.versioning.as_ref() == Some(versioning))
    }
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    if facts.partition == "aws-us-gov" {
        return nothing_to_bill();
    }
    vec![
        billing_access(answers),
        report_bucket(facts, answers),
        report(facts, answers),
        report_delivery(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

fn nothing_to_bill() -> Vec<StepPlan<Change>> {
    let reason = text! {
        en: "GovCloud accounts are billed through the standard account that belongs to them. Run dayone there.",
        ko: "GovCloud 계정의 요금은 연결된 표준 계정으로 청구됩니다. 그 계정에서 dayone을 실행하세요."
    };
    let steps = [StepId::BillingAccess, StepId::ReportBucket, StepId::Report, StepId::ReportDelivery];
    steps.into_iter().map(|step| StepPlan::not_applicable(step, reason.clone())).collect()
}

fn billing_access(answers: &Answers) -> StepPlan<Change> {
    let step = StepId::BillingAccess;
    if answers.billing.console_access_activated {
        return StepPlan::in_place(
            step,
            text! { en: "switched on, by your word", ko: "켰다고 확인하셨습니다" },
        );
    }
    let how = vec![
        text! { en: "As root, open https://console.aws.amazon.com/billing/home#/account", ko: "루트로 https://console.aws.amazon.com/billing/home#/account 페이지를 여세요." },
        text! { en: "IAM user and role access to Billing information, then Edit, Activate IAM Access, Update.", ko: "결제 정보에 대한 IAM 사용자 및 역할 액세스에서 편집, IAM 액세스 활성화, 업데이트를 선택하세요." },
        text! { en: "No API shows this switch. It opens the billing pages to administrators and has no effect on the report.", ko: "이 스위치는 API로 볼 수 없습니다. 관리자에게 결제 페이지를 열어 줄 뿐 보고서에는 영향이 없습니다." },
    ];
    let what = text! { en: "Let administrators open the billing pages.", ko: "관리자가 결제 페이지를 열 수 있게 하세요." };
    StepPlan::needs_person(
        step,
        PersonTask { what, how, seen: Seen::ByWord("billing.console_access_activated") },
    )
}

fn report_bucket(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::ReportBucket;
    if let Err(unseen) = &facts.reports {
        return StepPlan::not_assessed(step, unseen);
    }
    let found = facts.report(answers);
    let wanted = match wanted_bucket(facts, found, answers) {
        Ok(wanted) => wanted,
        Err(error) => return StepPlan::blocked(step, Text::verbatim(error.to_string())),
    };
    let changes = match private_bucket::plan(&wanted, &facts.bucket) {
        Ok(changes) => changes,
        Err(Obstacle::Unseen(unseen)) => return StepPlan::not_assessed(step, &unseen),
        Err(obstacle) => return StepPlan::needs_person(step, mend_bucket(&wanted.name, &obstacle)),
    };
    let changes =
        changes.into_iter().map(|change| Change::Bucket { region: wanted.region.clone(), change }).collect();
    let name = harmless(&wanted.name);
    StepPlan::to_change(step, changes, text! { en: "bucket {name}, private", ko: "버킷 {name}, 비공개" })
}

fn mend_bucket(bucket: &str, obstacle: &Obstacle) -> PersonTask {
    PersonTask {
        what: text! { en: "Find a bucket for the report.", ko: "보고서에 쓸 버킷을 정하세요." },
        how: vec![obstacle.text(bucket, "billing.bucket")],
        seen: Seen::Elsewhere,
    }
}

fn wanted_bucket(
    facts: &Facts,
    found: Option<&ReportFacts>,
    answers: &Answers,
) -> Result<Wanted, PolicyError> {
    let name =
        found.map_or_else(|| bucket_name(&facts.account, answers), |found| found.report.bucket.clone());
    let region = match (&facts.bucket, found) {
        (BucketFacts::Mine(settings), Some(_)) => settings.region.clone(),
        _ => REGION.to_owned(),
    };
    let json = include_str!("report-bucket.json")
        .replace("PARTITION", &facts.partition)
        .replace("ACCOUNT", &facts.account)
        .replace("BUCKET", &name);
    Ok(Wanted {
        policy: Document::parse(&json)?,
        must_let: must_let(facts, &name),
        name,
        region,
        account: facts.account.clone(),
        expire_after_days: None,
    })
}

fn must_let(facts: &Facts, bucket: &str) -> Vec<MustLet> {
    let Facts { partition, account, .. } = facts;
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let service = |action, resource: &str| MustLet {
        who: "billingreports.amazonaws.com".into(),
        action,
        resource: resource.to_owned(),
        context: vec![
            // The service sends these words, with the asterisk.
            ("aws:SourceArn", format!("arn:{partition}:cur:us-east-1:{account}:definition/*")),
            ("aws:SourceAccount", account.clone()),
        ],
    };
    let object = format!("{arn}/report.parquet");
    vec![
        service("s3:GetBucketAcl", &arn),
        service("s3:GetBucketPolicy", &arn),
        service("s3:PutObject", &object),
        MustLet {
            who: administrators::root(partition, account),
            action: "s3:GetObject",
            resource: object,
            context: Vec::new(),
        },
    ]
}

fn report(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::Report;
    let reports = match &facts.reports {
        Ok(reports) => reports,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let wanted = Report::wanted(&facts.account, answers);
    let Some(found) = facts.report(answers) else {
        return match facts.bucket {
            BucketFacts::NotMine => StepPlan::blocked(step, after(StepId::ReportBucket)),
            _ if reports.len() >= REPORTS_PER_ACCOUNT => StepPlan::needs_person(step, too_many_reports()),
            _ => StepPlan::to_change(step, vec![Change::PutReport { report: wanted }], Text::default()),
        };
    };
    let name = harmless(&found.report.name);
    if found.report.name != wanted.name {
        return StepPlan::in_place(
            step,
            text! { en: "report {name} (adopted)", ko: "보고서 {name}(그대로 사용)" },
        );
    }
    // Where the report goes was somebody's choice, unless the answers say otherwise.
    let wanted = Report {
        bucket: answers.billing.bucket.clone().unwrap_or_else(|| found.report.bucket.clone()),
        region: found.report.region.clone(),
        ..wanted
    };
    if found.report == wanted {
        return StepPlan::in_place(step, text! { en: "report {name}", ko: "보고서 {name}" });
    }
    if !found.report.can_become(&wanted) {
        return StepPlan::needs_person(step, make_anew(&name));
    }
    StepPlan::to_change(step, vec![Change::ModifyReport { report: wanted }], Text::default())
}

fn too_many_reports() -> PersonTask {
    PersonTask {
        what: text! { en: "The account has ten reports, the most that AWS allows.", ko: "계정에 AWS가 허용하는 최대인 보고서 10개가 있습니다." },
        how: vec![
            text! { en: "Delete one that nobody reads, in the console under Billing, Data Exports.", ko: "콘솔의 결제, 데이터 내보내기에서 아무도 보지 않는 보고서를 삭제하세요." },
        ],
        seen: Seen::Elsewhere,
    }
}

fn make_anew(name: &str) -> PersonTask {
    PersonTask {
        what: text! {
            en: "The report {name} differs in what AWS does not let be changed (time unit, resource ids or versioning).",
            ko: "보고서 {name}은(는) AWS에서 바꿀 수 없는 항목(시간 단위, 리소스 ID, 버전 관리)이 다릅니다."
        },
        how: vec![text! {
            en: "Name another report (report under [billing]), or delete this one and run dayone again.",
            ko: "다른 보고서 이름을 쓰거나([billing]의 report), 이 보고서를 삭제한 뒤 dayone을 다시 실행하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn report_delivery(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::ReportDelivery;
    if let Err(unseen) = &facts.reports {
        return StepPlan::not_assessed(step, unseen);
    }
    let Some(found) = facts.report(answers) else { return StepPlan::blocked(step, after(StepId::Report)) };
    match (&found.last_status, &found.last_delivery) {
        (Some(status), _) if status.starts_with("ERROR") => {
            StepPlan::needs_person(step, delivery_fails(found, status))
        }
        (_, Some(date)) => {
            let date = harmless(date);
            StepPlan::in_place(step, text! { en: "last delivered {date}", ko: "마지막 전달 {date}" })
        }
        _ => StepPlan::waiting(
            step,
            text! { en: "AWS sends the first report within 24 hours.", ko: "첫 보고서는 24시간 안에 도착합니다." },
        ),
    }
}

fn delivery_fails(found: &ReportFacts, status: &str) -> PersonTask {
    let (name, bucket, status) =
        (harmless(&found.report.name), harmless(&found.report.bucket), harmless(status));
    PersonTask {
        what: text! { en: "The report {name} cannot be delivered to {bucket}: {status}.", ko: "보고서 {name}을(를) {bucket}에 전달하지 못합니다: {status}." },
        how: vec![text! {
            en: "See that the bucket is there and that its policy lets billingreports.amazonaws.com write.",
            ko: "버킷이 있는지, 정책이 billingreports.amazonaws.com의 쓰기를 허용하는지 확인하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::Bucket { change, .. } => change.verb(),
            Self::PutReport { .. } => Verb::Create,
            Self::ModifyReport { .. } => Verb::Update,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::Bucket { change, .. } => change.resource(),
            Self::PutReport { report } | Self::ModifyReport { report } => {
                format!("cur:definition/{}", report.name)
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::Bucket { change, .. } => change.summary(),
            Self::PutReport { report } | Self::ModifyReport { report } => {
                let Report { name, bucket, time_unit, format, .. } = report;
                let unit = time_unit.to_lowercase();
                let (bucket, name) = (harmless(bucket), harmless(name));
                text! {
                    en: "Cost and Usage Report {name}, {unit}, {format}, into {bucket}",
                    ko: "비용 및 사용 보고서(CUR) {name}, {unit}, {format}, {bucket}에 저장"
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
