//! Reports and exports of others: which are as good as ours and so stand in for it.

use super::*;

#[test]
fn a_report_that_is_as_good_is_adopted_and_named() {
    let mut facts = perfect();
    report_of(&mut facts).report.name = "fin\u{1b}ance".into();
    report_of(&mut facts).report.prefix = "theirs".into();
    let report = step(&facts, &Answers::default(), StepId::Report);
    assert_eq!((report.state, report.changes), (State::InPlace, vec![]));
    let found = report.found.unwrap();
    assert!(found.en.contains("fin\u{fffd}ance") && found.en.contains("adopted"), "{found:?}");
    assert!(found.ko.contains("fin\u{fffd}ance") && found.ko.contains("그대로 사용"), "{found:?}");
    let ours = step(&perfect(), &Answers::default(), StepId::Report).found.unwrap();
    assert!(ours.en.contains("day-one") && !ours.en.contains("adopted"), "{ours:?}");
}

#[test]
fn a_report_that_is_not_as_good_is_not_adopted() {
    let cases: &[(&str, GivenReport)] = &[
        ("time unit MONTHLY", |found| found.report.time_unit = "MONTHLY".into()),
        ("no resource ids", |found| found.report.schema_elements.clear()),
        ("format textORcsv", |found| found.report.format = "textORcsv".into()),
        ("artifacts (none) → ATHENA", |found| found.report.artifacts.clear()),
        ("ERROR_NO_BUCKET", |found| found.last_status = Some("ERROR_NO_BUCKET".into())),
    ];
    for (lack, given) in cases {
        let mut facts = perfect();
        report_of(&mut facts).report.name = "finance".into();
        given(report_of(&mut facts));
        let report = step(&facts, &Answers::default(), StepId::Report);
        assert_eq!(report.changes, [Change::PutReport { report: our_report().report }], "{lack}");
        let note = &report.notes[0];
        assert!(note.en.contains("finance") && note.en.contains(lack), "{note:?}");
        assert!(note.ko.contains("finance"), "{note:?}");
    }
}

#[test]
fn a_report_that_was_delivered_is_adopted_before_one_that_was_not() {
    let named = |name: &str| {
        let report = Report { name: name.into(), ..our_report().report };
        ReportFacts { report, ..our_report() }
    };
    let waits = ReportFacts { last_status: None, last_delivery: None, fresh: false, ..named("waits") };
    let late = ReportFacts { fresh: false, ..named("late") };
    for reports in [
        [waits.clone(), named("delivers")],
        [named("delivers"), waits],
        [late.clone(), named("delivers")],
        [named("delivers"), late],
    ] {
        let facts = Facts { reports: Ok(reports.into()), ..perfect() };
        let found = step(&facts, &Answers::default(), StepId::Report).found.unwrap();
        assert!(found.en.contains("delivers"), "{found:?}");
    }
}

#[test]
fn our_report_counts_before_one_that_is_as_good() {
    let mut finance = our_report();
    finance.report.name = "finance".into();
    let mut ours = our_report();
    ours.report.prefix = "costs".into();
    let facts = Facts { reports: Ok(vec![finance, ours]), ..perfect() };
    let changes = step(&facts, &Answers::default(), StepId::Report).changes;
    assert_eq!(modified(&changes).0, &our_report().report);
}

/// Theirs stays where it is, and ours goes where the answers say: reports are free.
#[test]
fn a_report_of_others_is_not_adopted_where_the_answers_name_another_bucket() {
    let (mut facts, mut answers) = (perfect(), Answers::default());
    report_of(&mut facts).report.name = "finance".into();
    answers.billing.bucket = Some("new-costs".into());
    facts.bucket = BucketFacts::Free;
    let steps = plan(&facts, &answers);
    assert_eq!(told(&steps[1].changes)[0], "Create s3:bucket/new-costs");
    assert_eq!(steps[2].changes, [Change::PutReport { report: Report::wanted(ACCOUNT, &answers) }]);
}

#[test]
fn an_export_that_is_as_good_is_adopted_and_named() {
    let mut facts = exporting();
    export_of(&mut facts).export.name = "finance".into();
    export_of(&mut facts).export.prefix = "theirs".into();
    let report = step(&facts, &cur2(), StepId::Report);
    assert_eq!((report.state, report.changes), (State::InPlace, vec![]));
    let found = report.found.unwrap();
    assert!(found.en.contains("finance") && found.en.contains("adopted"), "{found:?}");
    let lacking: [fn(&mut Export); 5] = [
        |export| export.table = "FOCUS_1_2_AWS".into(),
        |export| export.time_unit = "MONTHLY".into(),
        |export| export.resources = false,
        |export| export.format = "TEXT_OR_CSV".into(),
        |export| export.explains = false,
    ];
    for lacks in lacking {
        let mut facts = facts.clone();
        lacks(&mut export_of(&mut facts).export);
        let expected = Change::CreateExport { export: Export::wanted(ACCOUNT, &cur2()) };
        assert_eq!(step(&facts, &cur2(), StepId::Report).changes, [expected], "{:?}", facts.exports);
    }
}

#[test]
fn an_export_that_is_not_delivered_is_not_adopted_and_one_that_is_comes_first() {
    let mut facts = exporting();
    let mut fails = export_of(&mut facts).clone();
    fails.export.name = "fails".into();
    fails.delivery = Ok(Delivery::Failed("INSUFFICIENT_PERMISSION".into()));
    let mut waits = fails.clone();
    waits.export.name = "waits".into();
    waits.delivery = Ok(Delivery::NotYet);
    let mut delivers = waits.clone();
    delivers.export.name = "delivers".into();
    delivers.delivery = our_export().delivery;
    let adopted = |exports: &[&ExportFacts]| {
        let exports = Ok(exports.iter().map(|export| (*export).clone()).collect());
        step(&Facts { exports, ..exporting() }, &cur2(), StepId::Report)
    };
    let mut late = delivers.clone();
    late.export.name = "late".into();
    late.delivery = Ok(Delivery::Late("2026-11-03T00:00:00Z".into()));
    let pairs = [
        ([&waits, &delivers], "delivers"),
        ([&delivers, &late], "delivers"),
        ([&late, &waits], "late"),
        ([&fails, &waits], "waits"),
    ];
    for (exports, name) in pairs {
        let found = adopted(&exports).found.unwrap();
        assert!(found.en.contains(name), "{found:?}");
    }
    let alone = adopted(&[&fails]);
    assert_eq!(told(&alone.changes), ["Create bcm-data-exports:export/day-one"]);
    says(&alone.notes[0], &["fails", "INSUFFICIENT_PERMISSION"]);
}
