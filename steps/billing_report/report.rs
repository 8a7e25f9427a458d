//! A classic Cost and Usage Report as AWS defines it: what is wanted, what differs, and what another one lacks.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::answers::{Answers, ReportFormat};
use crate::text;
use crate::text::Text;

use super::differences::{Differences, field, joined};
use super::facts::{REGION, bucket_name};

/// What has a report name resources, by their ids.
const RESOURCES: &str = "RESOURCES";

/// How the ARN of the billing view ends that is the whole bill.
const WHOLE_BILL: &str = ":billingview/primary";

/// A classic report, in AWS's own words.
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
    pub schema_elements: BTreeSet<String>,
    pub artifacts: Vec<String>,
    pub versioning: Option<String>,
    pub refresh_closed: bool,
    pub billing_view: Option<String>,
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
            time_unit: billing.time_unit.word().to_owned(),
            format: word("Parquet", "textORcsv"),
            compression: word("Parquet", "GZIP"),
            schema_elements: BTreeSet::from([RESOURCES.to_owned()]),
            artifacts: if parquet { vec!["ATHENA".into()] } else { Vec::new() },
            versioning: Some(word("OVERWRITE_REPORT", "CREATE_NEW_REPORT")),
            refresh_closed: true,
            billing_view: None,
        }
    }

    /// What this report is to become where that one is wanted. What it tells beyond that stays: AWS takes a report only
    /// as a whole, and refuses one that lacks what it was made with.
    pub fn brought_up_to(&self, wanted: Self) -> Self {
        let schema_elements = if wanted.schema_elements.is_subset(&self.schema_elements) {
            self.schema_elements.clone()
        } else {
            wanted.schema_elements
        };
        let has_all = wanted.artifacts.iter().all(|artifact| self.artifacts.contains(artifact));
        let artifacts =
            if has_all && self.format == wanted.format { self.artifacts.clone() } else { wanted.artifacts };
        Self { schema_elements, artifacts, billing_view: self.billing_view.clone(), ..wanted }
    }

    /// What differs. AWS keeps the time unit, the schema elements, the versioning and the billing view as they were made.
    pub fn differences(&self, wanted: &Self) -> Differences {
        let versioning = field(
            text! { en: "versioning", ko: "버전 관리" },
            or_empty(&self.versioning),
            or_empty(&wanted.versioning),
        );
        let (is_fixed, is_open) =
            if self.versioning.is_some() { (versioning, None) } else { (None, versioning) };
        let fixed = [
            self.time_unit(wanted),
            field(
                text! { en: "schema elements", ko: "스키마 요소" },
                &joined(&self.schema_elements),
                &joined(&wanted.schema_elements),
            ),
            is_fixed,
            self.billing_view(or_empty(&wanted.billing_view)),
        ];
        Differences::of(self.open_differences(wanted).into_iter().chain([is_open]), fixed)
    }

    fn open_differences(&self, wanted: &Self) -> [Option<Text>; 7] {
        let refreshed = |report: &Self| report.refresh_closed.to_string();
        [
            field(text! { en: "bucket", ko: "버킷" }, &self.bucket, &wanted.bucket),
            field(text! { en: "Region", ko: "리전" }, &self.region, &wanted.region),
            field(text! { en: "prefix", ko: "접두사" }, &self.prefix, &wanted.prefix),
            self.format(wanted),
            field(text! { en: "compression", ko: "압축" }, &self.compression, &wanted.compression),
            self.artifacts(wanted),
            field(
                text! { en: "refresh of closed months", ko: "마감된 달 갱신" },
                &refreshed(self),
                &refreshed(wanted),
            ),
        ]
    }

    /// What it lacks to be as good as the one that is wanted; nothing where it tells at least as much, in the same
    /// format and with the same files beside it.
    pub fn lacks(&self, wanted: &Self) -> Vec<Text> {
        let has = |artifact: &String| self.artifacts.contains(artifact);
        let names_resources = wanted.schema_elements.is_subset(&self.schema_elements);
        let is_whole_bill = self.billing_view.as_ref().is_none_or(|view| view.ends_with(WHOLE_BILL));
        let lacking = [
            self.time_unit(wanted),
            (!names_resources).then(|| text! { en: "no resource ids", ko: "리소스 ID 없음" }),
            self.format(wanted),
            if wanted.artifacts.iter().all(has) { None } else { self.artifacts(wanted) },
            if is_whole_bill { None } else { self.billing_view("") },
        ];
        lacking.into_iter().flatten().collect()
    }

    fn time_unit(&self, wanted: &Self) -> Option<Text> {
        field(text! { en: "time unit", ko: "시간 단위" }, &self.time_unit, &wanted.time_unit)
    }

    fn format(&self, wanted: &Self) -> Option<Text> {
        field(text! { en: "format", ko: "형식" }, &self.format, &wanted.format)
    }

    fn artifacts(&self, wanted: &Self) -> Option<Text> {
        let name = text! { en: "artifacts", ko: "아티팩트" };
        field(name, &joined(&self.artifacts), &joined(&wanted.artifacts))
    }

    fn billing_view(&self, wanted: &str) -> Option<Text> {
        field(text! { en: "billing view", ko: "결제 보기" }, or_empty(&self.billing_view), wanted)
    }
}

fn or_empty(word: &Option<String>) -> &str {
    word.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Report {
        Report::wanted("111122223333", &Answers::default())
    }

    /// A change of one field, its name in both languages, and whether AWS lets it be changed back.
    type Case = (fn(&mut Report), [&'static str; 2], bool);

    #[test]
    fn each_field_that_differs_is_named_with_both_values() {
        let cases: [Case; 11] = [
            (|found| found.bucket = "bills".into(), ["bucket bills", "버킷 bills"], true),
            (|found| found.region = "eu-west-1".into(), ["Region eu-west-1", "리전 eu-west-1"], true),
            (|found| found.prefix = "old".into(), ["prefix old → cur", "접두사 old → cur"], true),
            (|found| found.format = "textORcsv".into(), ["format textORcsv → Parquet", "형식"], true),
            (|found| found.compression = "GZIP".into(), ["compression GZIP → Parquet", "압축"], true),
            (|found| found.artifacts.clear(), ["artifacts (none) → ATHENA", "아티팩트 (없음)"], true),
            (|found| found.refresh_closed = false, ["closed months false → true", "마감된 달"], true),
            (|found| found.time_unit = "DAILY".into(), ["time unit DAILY → HOURLY", "시간 단위"], false),
            (|found| found.schema_elements.clear(), ["elements (none) → RESOURCES", "스키마 요소"], false),
            (|found| found.versioning = Some("X".into()), ["versioning X → OVERWRITE", "버전 관리"], false),
            (|found| found.versioning = None, ["versioning (none) → OVERWRITE", "버전 관리"], true),
        ];
        for (change, [en, ko], changeable) in cases {
            let mut found = wanted();
            change(&mut found);
            let differences = found.differences(&wanted());
            let (there, elsewhere) = if changeable {
                (&differences.changeable, &differences.fixed)
            } else {
                (&differences.fixed, &differences.changeable)
            };
            assert_eq!((there.len(), elsewhere.len()), (1, 0), "{differences:?}");
            assert!(there[0].en.contains(en) && there[0].ko.contains(ko), "{differences:?}");
        }
        assert!(wanted().differences(&wanted()).is_empty());
    }

    #[test]
    fn what_a_report_tells_beyond_what_is_wanted_stays() {
        let mut found = wanted();
        found.schema_elements.insert("SPLIT_COST_ALLOCATION_DATA".into());
        found.billing_view = Some("arn:aws:billing::111122223333:billingview/billing-group-1".into());
        found.prefix = "old".into();
        let to_be = found.brought_up_to(wanted());
        assert_eq!(to_be, Report { prefix: "cur".into(), ..found.clone() });
        assert_eq!(found.differences(&to_be).fixed, []);
        found.schema_elements.remove(RESOURCES);
        let to_be = found.brought_up_to(wanted());
        assert_eq!(to_be.schema_elements, wanted().schema_elements);
        assert_eq!(found.differences(&to_be).fixed.len(), 1);

        let mut csv = Answers::default();
        csv.billing.format = ReportFormat::Csv;
        let csv = Report::wanted("111122223333", &csv);
        let for_redshift = Report { artifacts: vec!["REDSHIFT".into()], ..csv.clone() };
        assert_eq!(for_redshift.brought_up_to(csv), for_redshift);
        assert_eq!(for_redshift.brought_up_to(wanted()).artifacts, ["ATHENA"]);
    }

    #[test]
    fn a_report_is_as_good_with_more_and_lacks_what_is_missing() {
        let richer: [fn(&mut Report); 4] = [
            |found| {
                found.schema_elements.insert("MANUAL_DISCOUNT_COMPATIBILITY".into());
            },
            |found| found.prefix = "theirs".into(),
            |found| found.billing_view = Some("arn:aws:billing::111122223333:billingview/primary".into()),
            |found| found.refresh_closed = false,
        ];
        for richer in richer {
            let mut found = wanted();
            richer(&mut found);
            assert_eq!(found.lacks(&wanted()), [], "{found:?}");
        }
        type Poorer = fn(&mut Report);
        let poorer: [(Poorer, &str); 5] = [
            (|found| found.time_unit = "MONTHLY".into(), "time unit"),
            (|found| found.schema_elements.clear(), "resource ids"),
            (|found| found.format = "textORcsv".into(), "format"),
            (|found| found.artifacts.clear(), "ATHENA"),
            (
                |found| found.billing_view = Some("arn:aws:billing::1:billingview/group".into()),
                "billing view",
            ),
        ];
        for (poorer, word) in poorer {
            let mut found = wanted();
            poorer(&mut found);
            let lacks = found.lacks(&wanted());
            assert!(lacks.len() == 1 && lacks[0].en.contains(word), "{lacks:?}");
        }
    }
}
