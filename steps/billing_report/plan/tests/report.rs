//! `report` and `report-delivery` of the classic kind: what is asked for is what AWS accepts.

use aws_sdk_costandusagereport::types as sdk;

use super::*;
use crate::answers::{ReportFormat, TimeUnit};
use crate::billing_report::facts::bucket_name;
use crate::practice::Change as _;

#[test]
fn the_answers_become_a_report() {
    let mut answers = Answers::default();
    answers.billing.report = "costs".into();
    answers.billing.bucket = Some("my-costs".into());
    answers.billing.prefix = "daily".into();
    answers.billing.time_unit = TimeUnit::Daily;
    answers.billing.format = ReportFormat::Csv;
    let expected = Report {
        name: "costs".into(),
        bucket: "my-costs".into(),
        region: "us-east-1".into(),
        prefix: "daily".into(),
        time_unit: "DAILY".into(),
        format: "textORcsv".into(),
        compression: "GZIP".into(),
        schema_elements: BTreeSet::from(["RESOURCES".into()]),
        artifacts: Vec::new(),
        versioning: Some("CREATE_NEW_REPORT".into()),
        refresh_closed: true,
        billing_view: None,
    };
    assert_eq!(Report::wanted(ACCOUNT, &answers), expected);
    let bucket = step(&fresh(), &answers, StepId::ReportBucket);
    assert_eq!(told(&bucket.changes)[0], "Create s3:bucket/my-costs");
    assert_eq!(bucket_name(ACCOUNT, &Answers::default()), BUCKET);
}

#[test]
fn every_combination_that_can_be_asked_for_is_one_that_aws_accepts() {
    let units = [(TimeUnit::Hourly, "HOURLY"), (TimeUnit::Daily, "DAILY"), (TimeUnit::Monthly, "MONTHLY")];
    for (time_unit, word) in units {
        for format in [ReportFormat::Parquet, ReportFormat::Csv] {
            let mut answers = Answers::default();
            (answers.billing.time_unit, answers.billing.format) = (time_unit, format);
            let report = Report::wanted(ACCOUNT, &answers);
            assert_eq!(broken_rules(&report), [""; 0], "{report:?}");
            assert_eq!(report.time_unit, word);
            assert!(report.schema_elements.contains("RESOURCES") && report.refresh_closed, "{report:?}");
            let step = step(&fresh(), &answers, StepId::Report);
            assert_eq!(step.changes, [Change::PutReport { report }]);
        }
    }
}

#[test]
fn a_combination_that_aws_refuses_is_told_from_one_that_it_accepts() {
    let good = our_report().report;
    let text = Report { format: "textORcsv".into(), compression: "GZIP".into(), ..good.clone() };
    let refused = [
        Report { compression: "GZIP".into(), ..good.clone() },
        Report { prefix: String::new(), ..good.clone() },
        Report { versioning: Some("CREATE_NEW_REPORT".into()), ..good.clone() },
        Report { artifacts: vec!["ATHENA".into(), "REDSHIFT".into()], ..good.clone() },
        Report { artifacts: vec!["QUICKSIGHT".into()], ..good.clone() },
        Report { region: "mx-central-1".into(), ..good.clone() },
        Report { time_unit: "Hourly".into(), ..good.clone() },
        text.clone(),
    ];
    for report in refused {
        assert_ne!(broken_rules(&report), [""; 0], "{report:?}");
    }
    for report in [good, Report { artifacts: Vec::new(), ..text }] {
        assert_eq!(broken_rules(&report), [""; 0], "{report:?}");
    }
}

/// The rules of AWS that the report breaks. AWS itself would answer with an empty error.
fn broken_rules(report: &Report) -> Vec<&'static str> {
    let has = |artifact: &str| report.artifacts.iter().any(|found| found == artifact);
    let parquet = report.format == "Parquet";
    let rules = [
        (
            "Parquet is compressed as Parquet, and nothing else is",
            parquet == (report.compression == "Parquet"),
        ),
        ("ATHENA stands alone", !has("ATHENA") || report.artifacts.len() == 1),
        ("ATHENA needs a prefix", !has("ATHENA") || !report.prefix.is_empty()),
        ("ATHENA needs Parquet", !has("ATHENA") || parquet),
        ("ATHENA overwrites", !has("ATHENA") || report.versioning.as_deref() == Some("OVERWRITE_REPORT")),
        ("REDSHIFT and QUICKSIGHT need text", !parquet || !(has("REDSHIFT") || has("QUICKSIGHT"))),
        ("a word of the time unit", sdk::TimeUnit::values().contains(&report.time_unit.as_str())),
        ("a word of the format", sdk::ReportFormat::values().contains(&report.format.as_str())),
        (
            "a word of the compression",
            sdk::CompressionFormat::values().contains(&report.compression.as_str()),
        ),
        ("a Region that can hold reports", sdk::AwsRegion::values().contains(&report.region.as_str())),
        (
            "words of the schema elements",
            report.schema_elements.iter().all(|word| sdk::SchemaElement::values().contains(&word.as_str())),
        ),
        (
            "words of the artifacts",
            report.artifacts.iter().all(|word| sdk::AdditionalArtifact::values().contains(&word.as_str())),
        ),
        (
            "a word of the versioning",
            report.versioning.iter().all(|word| sdk::ReportVersioning::values().contains(&word.as_str())),
        ),
    ];
    rules.into_iter().filter(|(_, kept)| !kept).map(|(rule, _)| rule).collect()
}

#[test]
fn ten_reports_are_the_most() {
    let facts = Facts { reports: Ok(vec![monthly("theirs"); 10]), ..fresh() };
    let report = step(&facts, &Answers::default(), StepId::Report);
    assert!(report.person.unwrap().what.en.contains("ten reports"));
    let facts = Facts { bucket: BucketFacts::NotMine, ..facts };
    let report = step(&facts, &Answers::default(), StepId::Report);
    assert_eq!((report.state, report.reason), (State::Blocked, Some(after(StepId::ReportBucket))));
}

#[test]
fn the_delivery_is_as_aws_tells_it() {
    let cases = [
        (None, None, State::Waiting),
        (Some("SUCCESS"), None, State::Waiting),
        (Some("SUCCESS"), Some("20261103T040506Z"), State::InPlace),
        (None, Some("20261103T040506Z"), State::InPlace),
        (Some("ERROR_PERMISSIONS"), None, State::NeedsPerson),
        (Some("ERROR_NO_BUCKET"), Some("20261103T040506Z"), State::NeedsPerson),
    ];
    for (status, date, expected) in cases {
        let mut facts = perfect();
        report_of(&mut facts).last_status = status.map(ToOwned::to_owned);
        report_of(&mut facts).last_delivery = date.map(ToOwned::to_owned);
        let delivery = step(&facts, &Answers::default(), StepId::ReportDelivery);
        assert_eq!(delivery.state, expected, "{status:?} {date:?}");
        if let Some(task) = delivery.person {
            let all = ["day-one", BUCKET, status.unwrap()];
            assert!(all.iter().all(|word| task.what.en.contains(word)), "{task:?}");
        }
        if let Some(found) = delivery.found {
            says(&found, &["2026-11-03 04:05 UTC"]);
        }
    }
    let cases = [("20261103T040506Z", "2026-11-03 04:05 UTC"), ("3 November", "3 November")];
    for (date, told) in cases {
        let mut facts = perfect();
        (report_of(&mut facts).last_delivery, report_of(&mut facts).fresh) = (Some(date.to_owned()), false);
        let late = step(&facts, &Answers::default(), StepId::ReportDelivery);
        assert_eq!(late.state, State::Waiting, "{date}");
        says(&late.reason.unwrap(), &[told]);
    }
}

#[test]
fn summaries_name_the_report() {
    let report = our_report().report;
    let ExportFacts { arn, export, .. } = our_export();
    let changes = || vec![Text::verbatim("prefix costs → cur"), Text::verbatim("format x → y")];
    let modify = Change::ModifyReport { report: report.clone(), changes: changes() };
    let update = Change::UpdateExport { arn, export: export.clone(), changes: changes() };
    let cases: [(Change, &[&str]); 4] = [
        (Change::PutReport { report }, &["day-one", "Parquet", BUCKET]),
        (modify, &["day-one", "prefix costs → cur, format x → y"]),
        (Change::CreateExport { export }, &["CUR 2.0", "day-one", "parquet", BUCKET]),
        (update, &["CUR 2.0", "day-one", "prefix costs → cur, format x → y"]),
    ];
    for (change, expected) in cases {
        let summary = change.summary();
        says(&summary, expected);
        if change.verb() == Verb::Create {
            assert!(summary.en.contains("hourly") && summary.ko.contains("시간별"), "{summary:?}");
        }
    }
}
