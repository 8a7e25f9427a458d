//! A report of ours that is otherwise than asked for: what AWS lets be changed in it, and where it goes.

use super::*;

#[test]
fn what_aws_lets_be_changed_in_a_report_is_changed() {
    let cases: &[(&[&str], GivenReport)] = &[
        (&["prefix costs → cur"], |found| found.report.prefix = "costs".into()),
        (&["refresh of closed months false → true"], |found| found.report.refresh_closed = false),
        (&["artifacts (none) → ATHENA"], |found| found.report.artifacts.clear()),
        (&["versioning (none) → OVERWRITE_REPORT"], |found| found.report.versioning = None),
        (&FORMAT, |found| {
            found.report.format = "textORcsv".into();
            found.report.compression = "GZIP".into();
            found.report.artifacts = vec!["QUICKSIGHT".into()];
        }),
    ];
    for (expected, given) in cases {
        let mut facts = perfect();
        given(report_of(&mut facts));
        let changes = step(&facts, &Answers::default(), StepId::Report).changes;
        assert_eq!(modified(&changes), (&our_report().report, expected.to_vec()));
        assert_eq!(told(&changes), ["Update cur:definition/day-one"], "{expected:?}");
    }
}

/// What changes from text to Parquet.
const FORMAT: [&str; 3] =
    ["format textORcsv → Parquet", "compression GZIP → Parquet", "artifacts QUICKSIGHT → ATHENA"];

/// AWS takes only the whole report, and refuses one without what it was made with by an empty error.
#[test]
fn what_a_report_was_made_with_is_sent_back() {
    let mut facts = perfect();
    split_costs(report_of(&mut facts));
    report_of(&mut facts).report.prefix = "costs".into();
    report_of(&mut facts).report.billing_view = Some("arn:aws:billing::1:billingview/group".into());
    let expected = Report { prefix: "cur".into(), ..report_of(&mut facts).report.clone() };
    let changes = step(&facts, &Answers::default(), StepId::Report).changes;
    assert_eq!(modified(&changes), (&expected, vec!["prefix costs → cur"]));
}

#[test]
fn what_aws_does_not_let_be_changed_is_left_to_a_person() {
    let cases: &[([&str; 2], GivenReport)] = &[
        (["time unit MONTHLY → HOURLY", "MONTHLY → HOURLY"], |found| {
            found.report.time_unit = "MONTHLY".into();
        }),
        (["schema elements (none) → RESOURCES", "→ RESOURCES"], |found| {
            found.report.schema_elements.clear();
        }),
        (["versioning CREATE_NEW_REPORT → OVERWRITE_REPORT", "→ OVERWRITE_REPORT"], |found| {
            found.report.versioning = Some("CREATE_NEW_REPORT".into());
        }),
    ];
    for ([en, ko], given) in cases {
        let mut facts = perfect();
        given(report_of(&mut facts));
        let report = step(&facts, &Answers::default(), StepId::Report);
        assert_eq!((report.state, report.changes), (State::NeedsPerson, vec![]), "{en}");
        let task = report.person.unwrap();
        assert!(task.what.en.contains("day-one") && task.what.en.contains(en), "{task:?}");
        assert!(task.what.ko.contains("day-one") && task.what.ko.contains(ko), "{task:?}");
        assert_eq!(task.how.len(), 1, "{task:?}");
    }
    let mut facts = perfect();
    report_of(&mut facts).report.time_unit = "DAILY".into();
    report_of(&mut facts).report.prefix = "costs".into();
    let task = step(&facts, &Answers::default(), StepId::Report).person.unwrap();
    assert!(!task.what.en.contains("prefix"), "{task:?}");
    says(&task.how[1], &["costs → cur"]);
}

#[test]
fn where_our_report_goes_stays_somebodys_choice() {
    let mut facts = perfect();
    report_of(&mut facts).report.bucket = "their-costs".into();
    report_of(&mut facts).report.region = "eu-west-1".into();
    facts.bucket = mine("eu-west-1", None);
    let steps = plan(&facts, &Answers::default());
    assert_eq!(steps[2].state, State::InPlace);
    let [Change::Bucket { region, change: BucketChange::PutPolicy { bucket, .. } }] = &steps[1].changes[..]
    else {
        panic!("one policy is expected, not {:?}", steps[1].changes)
    };
    assert_eq!((region.as_str(), bucket.as_str()), ("eu-west-1", "their-costs"));

    report_of(&mut facts).report.prefix = "costs".into();
    let expected = Report { prefix: "cur".into(), ..report_of(&mut facts).report.clone() };
    let changes = step(&facts, &Answers::default(), StepId::Report).changes;
    assert_eq!(modified(&changes), (&expected, vec!["prefix costs → cur"]));
}

#[test]
fn a_report_follows_its_bucket_to_where_that_is() {
    let facts = Facts { bucket: mine("eu-west-1", None), ..perfect() };
    let changes = step(&facts, &Answers::default(), StepId::Report).changes;
    assert_eq!(modified(&changes).1, ["Region us-east-1 → eu-west-1"]);
}

#[test]
fn a_report_goes_only_into_a_bucket_that_is_prepared() {
    let mut answers = Answers::default();
    answers.billing.bucket = Some("new-costs".into());
    let facts = Facts { bucket: BucketFacts::Free, ..perfect() };
    let steps = plan(&facts, &answers);
    let goes_to = match &steps[2].changes[..] {
        [Change::ModifyReport { report, .. }] => report.bucket.clone(),
        [] => BUCKET.to_owned(),
        other => panic!("{other:?} is not expected"),
    };
    assert_eq!(told(&steps[1].changes)[0], format!("Create s3:bucket/{goes_to}"));
}
