//! `report-bucket`: where it is, and what of a bucket of others stays.

use super::*;
use crate::practice::Change as _;

#[test]
fn the_bucket_is_in_the_region_of_the_service_and_keeps_its_objects() {
    for change in step(&fresh(), &Answers::default(), StepId::ReportBucket).changes {
        let Change::Bucket { region, change } = change else { panic!("{change:?} is not about the bucket") };
        assert_eq!(region, "us-east-1");
        if let BucketChange::PutLifecycle { retention, .. } = change {
            assert_eq!(retention, for_ever());
        }
    }
}

/// AWS takes many Regions, and a bucket that is there stays in its own.
#[test]
fn a_bucket_that_is_named_may_be_in_any_region_that_reports_are_sent_to() {
    let mut answers = Answers::default();
    answers.billing.bucket = Some("seoul-costs".into());
    let facts = Facts { bucket: mine("ap-northeast-2", None), ..fresh() };
    let steps = plan(&facts, &answers);
    for change in &steps[1].changes {
        assert!(matches!(change, Change::Bucket { region, .. } if region == "ap-northeast-2"), "{change:?}");
    }
    let wanted = Report { region: "ap-northeast-2".into(), ..Report::wanted(ACCOUNT, &answers) };
    assert_eq!(steps[2].changes, [Change::PutReport { report: wanted }]);

    let elsewhere = Facts { bucket: mine("mx-central-1", None), ..fresh() };
    let bucket = step(&elsewhere, &answers, StepId::ReportBucket);
    let task = bucket.person.unwrap();
    says(&task.what, &["seoul-costs", "mx-central-1"]);
    says(&task.how[0], &["billing.bucket"]);
    answers.billing.kind = ReportKind::Cur2;
    let steps = plan(&elsewhere, &answers);
    let wanted = Export { region: "mx-central-1".into(), ..Export::wanted(ACCOUNT, &answers) };
    assert_eq!(
        steps[2].changes,
        [Change::CreateExport { export: wanted }],
        "that list is of the other service"
    );
}

#[test]
fn a_bucket_that_was_lost_is_made_again_where_the_report_looks_for_it() {
    let mut facts = Facts { bucket: BucketFacts::Free, ..perfect() };
    report_of(&mut facts).report.bucket = "their-costs".into();
    report_of(&mut facts).report.region = "eu-west-1".into();
    let changes = step(&facts, &Answers::default(), StepId::ReportBucket).changes;
    let create = BucketChange::Create { bucket: "their-costs".into(), region: "eu-west-1".into() };
    assert_eq!(changes.first(), Some(&Change::Bucket { region: "eu-west-1".into(), change: create }));
}

#[test]
fn a_person_is_told_which_answer_names_another_bucket() {
    let facts = Facts { bucket: BucketFacts::NotMine, ..fresh() };
    let task = step(&facts, &Answers::default(), StepId::ReportBucket).person.unwrap();
    says(&task.what, &[BUCKET]);
    says(&task.how[0], &["billing.bucket"]);
}

#[test]
fn what_was_not_seen_is_named() {
    for hide in imagined::each_hidden() {
        let mut facts = perfect();
        hide(settings_of(&mut facts));
        let bucket = step(&facts, &Answers::default(), StepId::ReportBucket);
        assert_eq!((bucket.state, bucket.reason), (State::NotAssessed, Some(unseen().reason())));
    }
}

#[test]
fn the_lifecycle_and_the_tags_of_an_adopted_bucket_are_left_alone() {
    let mut facts = perfect();
    report_of(&mut facts).report.bucket = "their-costs".into();
    settings_of(&mut facts).lifecycle = Ok(None);
    settings_of(&mut facts).tags = Ok(Tags::new());
    settings_of(&mut facts).policy = Ok(None);
    let changes = step(&facts, &Answers::default(), StepId::ReportBucket).changes;
    assert_eq!(told(&changes), ["Update s3:bucket/their-costs/policy"]);
    // The answers may name a bucket that others have set up for something else.
    let mut answers = Answers::default();
    answers.billing.bucket = Some("their-costs".into());
    settings_of(&mut facts).policy = Ok(Some(PARTNER_LISTS.into()));
    let changes = step(&facts, &answers, StepId::ReportBucket).changes;
    assert_eq!(told(&changes), ["Update s3:bucket/their-costs/policy"]);
}

fn sids(policy: &Document) -> Vec<&str> {
    policy.statement.iter().filter_map(|statement| statement.sid.as_deref()).collect()
}

/// Whoever relies on a bucket of others is not known here.
#[test]
fn a_bucket_of_others_is_closed_only_where_a_person_agrees_and_stays_closed() {
    let mut facts = perfect();
    report_of(&mut facts).report.bucket = "their-costs".into();
    settings_of(&mut facts).lifecycle = Ok(None);
    settings_of(&mut facts).policy = Ok(Some(PARTNER_LISTS.into()));
    assert!(!sids(&planned_policy(&facts, &Answers::default())).contains(&"DayoneNobodyTampers"));
    let attended = Answers { attended: true, ..Answers::default() };
    let bucket = step(&facts, &attended, StepId::ReportBucket);
    assert!(bucket.careful && bucket.notes[0].en.contains(ALICE), "{bucket:?}");
    let closed = planned_policy(&facts, &attended);
    assert!(sids(&closed).contains(&"DayoneNobodyTampers"), "{closed:?}");
    settings_of(&mut facts).policy = Ok(Some(closed.to_json()));
    let later = step(&facts, &Answers::default(), StepId::ReportBucket);
    assert_eq!((later.state, later.changes), (State::InPlace, vec![]));
}

/// Closed to all but root, the bucket could be opened to the administrator only by root.
#[test]
fn without_an_administrator_the_bucket_is_not_closed_yet() {
    let mut facts = Facts { administrators: Ok(BTreeSet::new()), ..fresh() };
    let bucket = step(&facts, &Answers::default(), StepId::ReportBucket);
    assert!(bucket.notes[0].en.contains("administrator"), "{bucket:?}");
    let open = planned_policy(&facts, &Answers::default());
    assert!(!sids(&open).contains(&"DayoneNobodyTampers"), "{open:?}");
    facts.bucket = mine(REGION, Some(&open.to_json()));
    let found = step(&facts, &Answers::default(), StepId::ReportBucket).found.unwrap();
    assert!(found.en.contains("whoever has rights on S3"), "{found:?}");
    facts.administrators = Ok(BTreeSet::from([ALICE.into()]));
    assert!(sids(&planned_policy(&facts, &Answers::default())).contains(&"DayoneNobodyTampers"));
}

#[test]
fn what_the_policy_does_is_told_in_the_plan() {
    let changes = step(&fresh(), &Answers::default(), StepId::ReportBucket).changes;
    let summary = changes.last().unwrap().summary();
    assert!(summary.en.contains("only administrators") && summary.ko.contains("관리자만"), "{summary:?}");
}
