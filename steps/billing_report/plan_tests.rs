use std::collections::BTreeSet;

use aws_sdk_costandusagereport::types as sdk;
use proptest::prelude::*;

use super::*;
use crate::answers::{Accept, ReportFormat, TimeUnit};
use crate::aws::{Reading, Unseen};
use crate::billing_report::BudgetFacts;
use crate::billing_report::facts::{REGION, bucket_name};
use crate::policy::{Decision, Document, Principal, Request};
use crate::practice::Change as _;
use crate::private_bucket::{BucketFacts, Lock, Retention, Settings, Tags};

const ACCOUNT: &str = "111122223333";
const BUCKET: &str = "dayone-billing-111122223333-us-east-1-an";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const STRANGER: &str = "arn:aws:iam::444455556666:user/eve";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const SERVICE: Principal<'static> = Principal::Service("billingreports.amazonaws.com");
const SOURCE_ARN: (&str, &str) = ("aws:SourceArn", "arn:aws:cur:us-east-1:111122223333:definition/*");
const SOURCE_ACCOUNT: (&str, &str) = ("aws:SourceAccount", ACCOUNT);

/// What the user guide of the Cost and Usage Report asks of the bucket policy.
const DOCUMENTED: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"Service":"billingreports.amazonaws.com"},
     "Action":["s3:GetBucketAcl","s3:GetBucketPolicy"],
     "Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an",
     "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cur:us-east-1:111122223333:definition/*",
                                  "aws:SourceAccount":"111122223333"}}},
    {"Effect":"Allow","Principal":{"Service":"billingreports.amazonaws.com"},
     "Action":"s3:PutObject","Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an/*",
     "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cur:us-east-1:111122223333:definition/*",
                                  "aws:SourceAccount":"111122223333"}}}]}"#;
/// What the user guide of Data Exports asks of the bucket policy.
const DOCUMENTED_FOR_EXPORTS: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"EnableAWSDataExportsToWriteToS3","Effect":"Allow","Principal":{"Service":["bcm-data-exports.amazonaws.com"]},
     "Action":["s3:PutObject"],"Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an/*",
     "Condition":{"StringLike":{"aws:SourceArn":["arn:aws:bcm-data-exports:us-east-1:111122223333:export/*"],
                                "aws:SourceAccount":"111122223333"}}}]}"#;
const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
const PARTNER_LISTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:ListBucket","Resource":"*"}]}"#;

type Given = fn(&mut Facts, &mut Answers);
type GivenReport = fn(&mut ReportFacts);

/// An account with nothing of this practice.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        acting: vec![ALICE.into()],
        administrators: Ok(BTreeSet::from([ALICE.into()])),
        reports: Ok(Vec::new()),
        exports: Ok(Vec::new()),
        bucket: BucketFacts::Free,
        budget: Ok(None),
    }
}

/// An account where everything of this practice is in place that AWS shows.
fn perfect() -> Facts {
    let policy = planned_policy(&fresh(), &Answers::default()).to_json();
    Facts { reports: Ok(vec![our_report()]), bucket: mine(REGION, Some(&policy)), ..fresh() }
}

fn our_report() -> ReportFacts {
    ReportFacts {
        report: Report::wanted(ACCOUNT, &Answers::default()),
        last_status: Some("SUCCESS".into()),
        last_delivery: Some("20261103T040506Z".into()),
    }
}

/// A report that is worth nothing to us: too coarse, and under another name.
fn monthly(name: &str) -> ReportFacts {
    let report = Report { name: name.into(), time_unit: "MONTHLY".into(), ..our_report().report };
    ReportFacts { report, ..our_report() }
}

/// A bucket of this account that lacks nothing but perhaps the policy.
fn mine(region: &str, policy: Option<&str>) -> BucketFacts {
    BucketFacts::Mine(Box::new(Settings {
        region: region.into(),
        public_access_blocked: Ok(true),
        ownership_enforced: Ok(true),
        granted: Ok(Vec::new()),
        encrypted: Ok(true),
        key: None,
        versioned: Ok(true),
        lock: Ok(Lock::Off),
        policy: Ok(policy.map(ToOwned::to_owned)),
        lifecycle: Ok(Some(for_ever())),
        tags: Ok(our_tags()),
    }))
}

fn our_tags() -> Tags {
    let ours = [("managed-by", "dayone"), ("purpose", "billing-report")];
    Tags::from(ours.map(|(key, value)| (key.to_owned(), value.to_owned())))
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let others =
        Tags::from([("purpose".to_owned(), "archive".to_owned()), ("team".to_owned(), String::new())]);
    prop::sample::select(vec![our_tags(), others, Tags::new()])
}

fn for_ever() -> Retention {
    Retention { prefix: "cur/".into(), expire_after_days: None }
}

/// Answers that ask for a CUR 2.0 export.
fn cur2() -> Answers {
    let mut answers = Answers::default();
    answers.billing.kind = ReportKind::Cur2;
    answers
}

/// An account where the export is in place.
fn exporting() -> Facts {
    let policy = planned_policy(&fresh(), &cur2()).to_json();
    Facts { exports: Ok(vec![our_export()]), bucket: mine(REGION, Some(&policy)), ..fresh() }
}

fn our_export() -> ExportFacts {
    ExportFacts {
        arn: "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1".into(),
        export: Export::wanted(ACCOUNT, &cur2()),
        delivery: Ok(Delivery::At("2026-11-24T00:00:00Z".into())),
    }
}

fn export_of(facts: &mut Facts) -> &mut ExportFacts {
    facts.exports.as_mut().unwrap().first_mut().unwrap()
}

/// Has a report tell what containers cost, which dayone does not ask for.
fn split_costs(found: &mut ReportFacts) {
    found.report.schema_elements.insert("SPLIT_COST_ALLOCATION_DATA".into());
}

fn report_of(facts: &mut Facts) -> &mut ReportFacts {
    facts.reports.as_mut().unwrap().first_mut().unwrap()
}

fn settings_of(facts: &mut Facts) -> &mut Settings {
    match &mut facts.bucket {
        BucketFacts::Mine(settings) => settings.as_mut(),
        other => panic!("the bucket is {other:?}"),
    }
}

fn unseen() -> Unseen {
    Unseen::denied("cur:GetSomething", "AccessDeniedException")
}

fn activated() -> Answers {
    let mut answers = Answers::default();
    answers.billing.console_access_activated = true;
    answers
}

fn step(facts: &Facts, answers: &Answers, id: StepId) -> StepPlan<Change> {
    plan(facts, answers).into_iter().find(|step| step.step == id).unwrap()
}

fn planned_policy(facts: &Facts, answers: &Answers) -> Document {
    let changes = step(facts, answers, StepId::ReportBucket).changes;
    let policy = changes.into_iter().find_map(|change| match change {
        Change::Bucket { change: BucketChange::PutPolicy { policy, .. }, .. } => Some(policy),
        _ => None,
    });
    policy.expect("the plan puts a bucket policy")
}

/// The report as the only change makes it, and what of it is told to change.
fn modified(changes: &[Change]) -> (&Report, Vec<&str>) {
    match changes {
        [Change::ModifyReport { report, changes }] => {
            (report, changes.iter().map(|change| change.en.as_str()).collect())
        }
        other => panic!("one report to modify is expected, not {other:?}"),
    }
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect()
}

#[test]
fn a_fresh_account_gets_the_bucket_and_then_the_report() {
    let steps = plan(&fresh(), &Answers::default());
    let expected = [
        format!("Create s3:bucket/{BUCKET}"),
        format!("Enable s3:bucket/{BUCKET}/public-access-block"),
        format!("Update s3:bucket/{BUCKET}/ownership-controls"),
        format!("Update s3:bucket/{BUCKET}/encryption"),
        format!("Enable s3:bucket/{BUCKET}/versioning"),
        format!("Update s3:bucket/{BUCKET}/lifecycle"),
        format!("Update s3:bucket/{BUCKET}/tags"),
        format!("Update s3:bucket/{BUCKET}/policy"),
    ];
    assert_eq!(told(&steps[1].changes), expected);
    let report = Report::wanted(ACCOUNT, &Answers::default());
    assert_eq!(steps[2].changes, [Change::PutReport { report }]);
    assert_eq!(told(&steps[2].changes), ["Create cur:definition/day-one"]);
    assert_eq!(steps[3].reason, Some(after(StepId::Report)));
}

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

/// Answers that ask for a budget.
fn with_budget_of(amount: u32) -> Answers {
    let mut answers = Answers::default();
    (answers.billing.budget_amount, answers.billing.budget_email) =
        (amount, Some("costs@example.com".into()));
    answers
}

fn budget_of(amount: u32) -> Budget {
    Budget { amount, email: "costs@example.com".into() }
}

#[test]
fn a_budget_is_made_and_kept_in_the_same_breath_as_the_report() {
    let create = |amount| Change::CreateBudget { budget: budget_of(amount) };
    let report = || Change::PutReport { report: Report::wanted(ACCOUNT, &Answers::default()) };
    let with = |budget: Option<BudgetFacts>, facts: Facts| Facts { budget: Ok(budget), ..facts };
    let theirs = BudgetFacts { name: "team".into(), ..budget_of(5).as_made() };
    let full = Facts { reports: Ok(vec![monthly("theirs"); 10]), bucket: perfect().bucket, ..fresh() };
    let update = Change::UpdateBudget { budget: budget_of(100) };
    for (name, facts, expected) in [
        ("a fresh account", fresh(), vec![report(), create(100)]),
        ("a report without a budget", perfect(), vec![create(100)]),
        ("no room for a report", full, vec![create(100)]),
        ("everything", with(Some(budget_of(100).as_made()), perfect()), vec![]),
        ("another amount", with(Some(budget_of(0).as_made()), perfect()), vec![update]),
        ("a budget of others", with(Some(theirs), perfect()), vec![]),
    ] {
        let planned = step(&facts, &with_budget_of(100), StepId::Report);
        let state = if expected.is_empty() { State::InPlace } else { State::ToChange };
        assert_eq!((planned.state, &planned.changes), (state, &expected), "{name}");
    }
    assert_eq!(told(&[create(0)]), ["Create budgets:budget/dayone-monthly"]);
    assert!(create(0).is_optional() && !report().is_optional());
    assert_eq!(step(&perfect(), &Answers::default(), StepId::Report).changes, [], "off unless asked for");
}

#[test]
fn the_report_is_in_place_only_with_its_budget() {
    let hidden = Facts { budget: Err(unseen()), ..perfect() };
    let planned = step(&hidden, &with_budget_of(0), StepId::Report);
    assert_eq!((planned.state, planned.reason), (State::NotAssessed, Some(unseen().reason())));
    let fresh = step(&Facts { budget: Err(unseen()), ..fresh() }, &with_budget_of(0), StepId::Report);
    assert_eq!((fresh.changes.len(), fresh.notes), (1, vec![unseen().text()]));
    let made = Facts { budget: Ok(Some(budget_of(0).as_made())), ..perfect() };
    let found = step(&made, &with_budget_of(0), StepId::Report).found.unwrap();
    for words in [&found.en, &found.ko] {
        assert!(words.contains("day-one") && words.contains("costs@example.com"), "{words}");
    }
    let full = Facts { reports: Ok(vec![monthly("theirs"); 10]), bucket: perfect().bucket, ..made };
    let planned = step(&full, &with_budget_of(0), StepId::Report);
    assert_eq!(planned.state, State::NeedsPerson, "a budget is no report");
}

#[test]
fn a_budget_is_offered_to_a_person_once_the_report_is_there() {
    let attended = |answers: Answers| Answers { attended: true, ..answers };
    let offer = |facts: &Facts, answers: &Answers| step(facts, answers, StepId::Report).offer;
    let offered = offer(&perfect(), &attended(Answers::default())).unwrap();
    assert_eq!((offered.key, offered.changes), (Some("billing.budget_email"), vec![]));
    assert!(offered.question.en.contains("free") && offered.question.ko.contains("무료"));
    assert_eq!(offer(&perfect(), &Answers::default()), None);
    assert_eq!(offer(&fresh(), &attended(Answers::default())), None);
    assert_eq!(offer(&perfect(), &attended(with_budget_of(0))), None);
}

#[test]
fn how_the_steps_stand_before_there_is_a_report() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotAssessed, ToChange};
    let cases: &[(&str, Given, [State; 4])] = &[
        ("a fresh account", |_, _| {}, [NeedsPerson, ToChange, ToChange, Blocked]),
        (
            "the switch is on, by the operator's word",
            |_, answers| answers.billing.console_access_activated = true,
            [InPlace, ToChange, ToChange, Blocked],
        ),
        (
            "reports not seen",
            |facts, _| facts.reports = Err(unseen()),
            [NeedsPerson, NotAssessed, NotAssessed, NotAssessed],
        ),
        (
            "a bucket of somebody else",
            |facts, _| facts.bucket = BucketFacts::NotMine,
            [NeedsPerson, NeedsPerson, Blocked, Blocked],
        ),
        (
            "a bucket that may not be looked at",
            |facts, _| facts.bucket = BucketFacts::Unseen(unseen()),
            [NeedsPerson, NotAssessed, Blocked, Blocked],
        ),
        (
            "no bucket, by the operator's word",
            |_, answers| answers.accept.push(kept(StepId::ReportBucket)),
            [NeedsPerson, Accepted, ToChange, Blocked],
        ),
        (
            "a bucket made half",
            |facts, _| facts.bucket = mine(REGION, None),
            [NeedsPerson, ToChange, ToChange, Blocked],
        ),
        (
            "a bucket made whole",
            |facts, _| facts.bucket = perfect().bucket,
            [NeedsPerson, InPlace, ToChange, Blocked],
        ),
        (
            "ten reports of others",
            |facts, _| facts.reports = Ok(vec![monthly("theirs"); 10]),
            [NeedsPerson, ToChange, NeedsPerson, Blocked],
        ),
        (
            "nine reports of others",
            |facts, _| facts.reports = Ok(vec![monthly("theirs"); 9]),
            [NeedsPerson, ToChange, ToChange, Blocked],
        ),
        (
            "steps that stay, by the operator's word",
            |_, answers| answers.accept = vec![kept(StepId::BillingAccess), kept(StepId::Report)],
            [Accepted, ToChange, Accepted, Blocked],
        ),
    ];
    for (name, given, expected) in cases {
        assert_states(name, fresh(), *given, *expected);
    }
}

#[test]
fn how_the_steps_stand_with_our_report() {
    use State::{Blocked, InPlace, NeedsPerson, NotAssessed, ToChange, Waiting};
    let cases: &[(&str, Given, [State; 4])] = &[
        (
            "all in place",
            |_, answers| answers.billing.console_access_activated = true,
            [InPlace, InPlace, InPlace, InPlace],
        ),
        (
            "ten reports, ours among them",
            |facts, _| facts.reports = Ok([vec![monthly("theirs"); 9], vec![our_report()]].concat()),
            [NeedsPerson, InPlace, InPlace, InPlace],
        ),
        (
            "not delivered yet",
            |facts, _| (report_of(facts).last_status, report_of(facts).last_delivery) = (None, None),
            [NeedsPerson, InPlace, InPlace, Waiting],
        ),
        (
            "a failed delivery",
            |facts, _| report_of(facts).last_status = Some("ERROR_NO_BUCKET".into()),
            [NeedsPerson, InPlace, InPlace, NeedsPerson],
        ),
        (
            "its bucket is gone",
            |facts, _| facts.bucket = BucketFacts::Free,
            [NeedsPerson, ToChange, InPlace, InPlace],
        ),
        (
            "its bucket is of somebody else",
            |facts, _| facts.bucket = BucketFacts::NotMine,
            [NeedsPerson, NeedsPerson, InPlace, InPlace],
        ),
        (
            "a policy that is none",
            |facts, _| settings_of(facts).policy = Ok(Some("not a policy".into())),
            [NeedsPerson, NeedsPerson, InPlace, InPlace],
        ),
        (
            "a statement that locks out",
            |facts, _| settings_of(facts).policy = Ok(Some(DENY_ALL.into())),
            [NeedsPerson, NeedsPerson, InPlace, InPlace],
        ),
        (
            "a setting not seen",
            |facts, _| settings_of(facts).encrypted = Err(unseen()),
            [NeedsPerson, NotAssessed, InPlace, InPlace],
        ),
        (
            "another prefix than asked for",
            |facts, _| report_of(facts).report.prefix = "costs".into(),
            [NeedsPerson, InPlace, ToChange, InPlace],
        ),
        (
            "another time unit than asked for",
            |facts, _| report_of(facts).report.time_unit = "DAILY".into(),
            [NeedsPerson, InPlace, NeedsPerson, InPlace],
        ),
        (
            "more schema elements than asked for",
            |facts, _| split_costs(report_of(facts)),
            [NeedsPerson, InPlace, InPlace, InPlace],
        ),
        (
            "more schema elements than asked for, and another prefix",
            |facts, _| {
                split_costs(report_of(facts));
                report_of(facts).report.prefix = "costs".into();
            },
            [NeedsPerson, InPlace, ToChange, InPlace],
        ),
        (
            "other schema elements than asked for",
            |facts, _| {
                split_costs(report_of(facts));
                report_of(facts).report.schema_elements.remove("RESOURCES");
            },
            [NeedsPerson, InPlace, NeedsPerson, InPlace],
        ),
        (
            "administrators not seen",
            |facts, _| facts.administrators = Err(unseen()),
            [NeedsPerson, NotAssessed, InPlace, InPlace],
        ),
        (
            "whoever acts may not change the bucket, and nothing has to be",
            |facts, _| facts.acting = vec![BOB.into()],
            [NeedsPerson, InPlace, InPlace, InPlace],
        ),
        (
            "whoever acts may not change the bucket, and something has to be",
            |facts, _| {
                facts.acting = vec![BOB.into()];
                settings_of(facts).versioned = Ok(false);
            },
            [NeedsPerson, NeedsPerson, InPlace, InPlace],
        ),
        (
            "another prefix than asked for, and its bucket is of somebody else",
            |facts, _| {
                report_of(facts).report.prefix = "costs".into();
                facts.bucket = BucketFacts::NotMine;
            },
            [NeedsPerson, NeedsPerson, Blocked, InPlace],
        ),
        (
            "another bucket than asked for",
            |facts, answers| {
                answers.billing.bucket = Some("new-costs".into());
                facts.bucket = BucketFacts::Free;
            },
            [NeedsPerson, ToChange, ToChange, InPlace],
        ),
        (
            "another bucket than asked for, which is of somebody else",
            |facts, answers| {
                answers.billing.bucket = Some("new-costs".into());
                facts.bucket = BucketFacts::NotMine;
            },
            [NeedsPerson, NeedsPerson, Blocked, InPlace],
        ),
    ];
    for (name, given, expected) in cases {
        assert_states(name, perfect(), *given, *expected);
    }
}

#[test]
fn how_the_steps_stand_with_a_cur_2_0_export() {
    use State::{Blocked, InPlace, NeedsPerson, NotAssessed, ToChange, Waiting};
    let cases: &[(&str, Given, [State; 4])] = &[
        ("all in place", |_, _| {}, [NeedsPerson, InPlace, InPlace, InPlace]),
        (
            "none yet",
            |facts, _| (facts.exports, facts.bucket) = (Ok(Vec::new()), BucketFacts::Free),
            [NeedsPerson, ToChange, ToChange, Blocked],
        ),
        (
            "exports not seen",
            |facts, _| facts.exports = Err(unseen()),
            [NeedsPerson, NotAssessed, NotAssessed, NotAssessed],
        ),
        (
            "nothing delivered yet",
            |facts, _| export_of(facts).delivery = Ok(Delivery::NotYet),
            [NeedsPerson, InPlace, InPlace, Waiting],
        ),
        (
            "a failed delivery",
            |facts, _| export_of(facts).delivery = Ok(Delivery::Failed("INSUFFICIENT_PERMISSION".into())),
            [NeedsPerson, InPlace, InPlace, NeedsPerson],
        ),
        (
            "deliveries not seen",
            |facts, _| export_of(facts).delivery = Err(unseen()),
            [NeedsPerson, InPlace, InPlace, NotAssessed],
        ),
        (
            "another prefix than asked for",
            |facts, _| export_of(facts).export.prefix = "costs".into(),
            [NeedsPerson, InPlace, ToChange, InPlace],
        ),
        (
            "a query that leaves rows out",
            |facts, _| export_of(facts).export.explains = false,
            [NeedsPerson, InPlace, ToChange, InPlace],
        ),
        (
            "another time unit than asked for",
            |facts, _| export_of(facts).export.time_unit = "DAILY".into(),
            [NeedsPerson, InPlace, NeedsPerson, InPlace],
        ),
        (
            "another table under our name",
            |facts, _| export_of(facts).export.table = "FOCUS_1_2_AWS".into(),
            [NeedsPerson, InPlace, NeedsPerson, InPlace],
        ),
        (
            "five exports of others",
            |facts, _| {
                export_of(facts).export.name = "theirs".into();
                export_of(facts).export.resources = false;
                facts.exports = Ok(vec![export_of(facts).clone(); 5]);
            },
            [NeedsPerson, InPlace, NeedsPerson, Blocked],
        ),
        (
            "five exports of other tables",
            |facts, _| {
                export_of(facts).export.name = "theirs".into();
                export_of(facts).export.table = "FOCUS_1_2_AWS".into();
                facts.exports = Ok(vec![export_of(facts).clone(); 5]);
            },
            [NeedsPerson, InPlace, ToChange, Blocked],
        ),
        (
            "its bucket is of somebody else",
            |facts, _| facts.bucket = BucketFacts::NotMine,
            [NeedsPerson, NeedsPerson, InPlace, InPlace],
        ),
    ];
    for (name, given, expected) in cases {
        let (mut facts, mut answers) = (exporting(), cur2());
        given(&mut facts, &mut answers);
        let steps = plan(&facts, &answers);
        assert_hold_together(&steps);
        let states: Vec<_> = steps.iter().map(|step| step.state).collect();
        assert_eq!(states, *expected, "{name}");
    }
}

#[test]
fn a_fresh_account_gets_the_export_where_the_answers_ask_for_it() {
    let steps = plan(&fresh(), &cur2());
    let export = Export::wanted(ACCOUNT, &cur2());
    assert_eq!(steps[2].changes, [Change::CreateExport { export }]);
    assert_eq!(told(&steps[2].changes), ["Create bcm-data-exports:export/day-one"]);
    let words = (export_words(&cur2()), export_words(&csv()));
    assert_eq!(words.0, ["COST_AND_USAGE_REPORT", "HOURLY", "PARQUET", "PARQUET", "OVERWRITE_REPORT"]);
    assert_eq!(words.1, ["COST_AND_USAGE_REPORT", "HOURLY", "TEXT_OR_CSV", "GZIP", "OVERWRITE_REPORT"]);
}

fn csv() -> Answers {
    let mut answers = cur2();
    answers.billing.format = ReportFormat::Csv;
    answers
}

fn export_words(answers: &Answers) -> [String; 5] {
    let export = Export::wanted(ACCOUNT, answers);
    assert!(export.resources && export.explains, "{export:?}");
    [export.table, export.time_unit, export.format, export.compression, export.overwrite]
}

#[test]
fn an_export_is_changed_by_its_arn_and_stays_where_it_goes() {
    let mut facts = exporting();
    export_of(&mut facts).export.prefix = "costs".into();
    export_of(&mut facts).export.bucket = "their-costs".into();
    export_of(&mut facts).export.region = "eu-west-1".into();
    facts.bucket = mine("eu-west-1", None);
    let expected = Export { prefix: "cur".into(), ..export_of(&mut facts).export.clone() };
    let changes = step(&facts, &cur2(), StepId::Report).changes;
    let [Change::UpdateExport { arn, export, changes: told_of }] = &changes[..] else {
        panic!("one export to update is expected, not {changes:?}")
    };
    assert_eq!((arn, export), (&our_export().arn, &expected));
    assert_eq!(told_of, &[text! { en: "prefix costs → cur", ko: "접두사 costs → cur" }]);
    assert_eq!(told(&changes), ["Update bcm-data-exports:export/day-one"]);
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
    for (exports, name) in [([&waits, &delivers], "delivers"), ([&fails, &waits], "waits")] {
        let found = adopted(&exports).found.unwrap();
        assert!(found.en.contains(name), "{found:?}");
    }
    let alone = adopted(&[&fails]);
    assert_eq!(told(&alone.changes), ["Create bcm-data-exports:export/day-one"]);
    for words in [&alone.notes[0].en, &alone.notes[0].ko] {
        assert!(words.contains("fails") && words.contains("INSUFFICIENT_PERMISSION"), "{words}");
    }
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

fn kept(step: StepId) -> Accept {
    Accept { step, reason: "It stays.".into() }
}

fn assert_states(name: &str, mut facts: Facts, given: Given, expected: [State; 4]) {
    let mut answers = Answers::default();
    given(&mut facts, &mut answers);
    let steps = plan(&facts, &answers);
    assert_hold_together(&steps);
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    assert_eq!(states, expected, "{name}");
}

#[test]
fn no_report_is_made_before_its_bucket_can_be_prepared() {
    let cases: &[(&str, Given)] = &[
        ("no report is sent to the bucket's Region", |facts, _| facts.bucket = mine("mx-central-1", None)),
        ("a policy that is none", |facts, _| facts.bucket = mine(REGION, Some("not a policy"))),
        ("a statement that locks out", |facts, _| facts.bucket = mine(REGION, Some(DENY_ALL))),
        ("a setting not seen", |facts, _| {
            facts.bucket = mine(REGION, None);
            settings_of(facts).policy = Err(unseen());
        }),
    ];
    for (name, given) in cases {
        let (mut facts, mut answers) = (fresh(), Answers::default());
        given(&mut facts, &mut answers);
        let report = step(&facts, &answers, StepId::Report);
        assert_eq!((report.state, report.changes), (State::Blocked, vec![]), "{name}");
    }
}

#[test]
fn govcloud_has_nothing_to_bill() {
    let mut facts = Facts { partition: "aws-us-gov".into(), ..perfect() };
    for reports in [Ok(Vec::new()), Ok(vec![our_report()]), Err(unseen())] {
        facts.reports = reports;
        let steps = plan(&facts, &activated());
        assert_hold_together(&steps);
        for step in steps {
            assert_eq!(step.state, State::NotApplicable, "{step:?}");
            assert!(step.reason.unwrap().en.contains("GovCloud"));
        }
    }
}

#[test]
fn other_partitions_are_told_why_there_is_nothing_to_set_up() {
    for (partition, word) in [("aws-cn", "Ningxia"), ("aws-eusc", "aws-eusc")] {
        let facts = Facts { partition: partition.into(), ..fresh() };
        let steps = plan(&facts, &Answers::default());
        assert_hold_together(&steps);
        for step in steps {
            assert_eq!(step.state, State::NotApplicable, "{step:?}");
            assert!(step.reason.unwrap().en.contains(word), "{partition}");
        }
    }
}

#[test]
fn only_a_person_can_switch_the_billing_pages_on() {
    let access = step(&fresh(), &Answers::default(), StepId::BillingAccess);
    assert_eq!(access.person.unwrap().seen, Seen::ByWord("billing.console_access_activated"));
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
    for words in [&task.how[1].en, &task.how[1].ko] {
        assert!(words.contains("costs → cur"), "{words}");
    }
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
    for words in [&task.how[0].en, &task.how[0].ko] {
        let all = ["seoul-costs", "mx-central-1", "billing.bucket"].iter().all(|word| words.contains(word));
        assert!(all, "{words}");
    }
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
fn a_report_follows_its_bucket_to_where_that_is() {
    let facts = Facts { bucket: mine("eu-west-1", None), ..perfect() };
    let changes = step(&facts, &Answers::default(), StepId::Report).changes;
    assert_eq!(modified(&changes).1, ["Region us-east-1 → eu-west-1"]);
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
    let waits = ReportFacts { last_status: None, last_delivery: None, ..named("waits") };
    for reports in [[waits.clone(), named("delivers")], [named("delivers"), waits]] {
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
            assert!(found.en.contains(date.unwrap()) && found.ko.contains(date.unwrap()), "{found:?}");
        }
    }
}

#[test]
fn a_person_is_told_which_answer_names_another_bucket() {
    let facts = Facts { bucket: BucketFacts::NotMine, ..fresh() };
    let task = step(&facts, &Answers::default(), StepId::ReportBucket).person.unwrap();
    for words in [&task.how[0].en, &task.how[0].ko] {
        assert!(words.contains(BUCKET) && words.contains("billing.bucket"), "{words}");
    }
}

#[test]
fn what_was_not_seen_is_named() {
    let hide: [fn(&mut Settings); 7] = [
        |settings| settings.public_access_blocked = Err(unseen()),
        |settings| settings.ownership_enforced = Err(unseen()),
        |settings| settings.encrypted = Err(unseen()),
        |settings| settings.versioned = Err(unseen()),
        |settings| settings.lifecycle = Err(unseen()),
        |settings| settings.tags = Err(unseen()),
        |settings| settings.policy = Err(unseen()),
    ];
    for hide in hide {
        let mut facts = perfect();
        hide(settings_of(&mut facts));
        let bucket = step(&facts, &Answers::default(), StepId::ReportBucket);
        assert_eq!((bucket.state, bucket.reason), (State::NotAssessed, Some(unseen().reason())));
    }
}

#[test]
fn the_bucket_policy_is_what_the_service_documents_and_what_protects_it() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let documented = Document::parse(DOCUMENTED).unwrap();
    assert_eq!(policy.version, documented.version);
    assert!(policy.includes(&documented), "{}", policy.to_json());
    let more: Vec<_> = policy
        .statement
        .iter()
        .filter(|statement| !documented.statement.iter().any(|known| known.says_the_same(statement)))
        .filter_map(|statement| statement.sid.as_deref())
        .collect();
    assert_eq!(more, ["DayoneDenyInsecureTransport", "DayoneNobodyTampers"]);
    assert_eq!(policy.statement.len(), documented.statement.len() + 2);
}

#[test]
fn the_bucket_policy_lets_data_exports_write_for_this_account_and_no_more() {
    let policies = [planned_policy(&fresh(), &cur2()), Document::parse(DOCUMENTED_FOR_EXPORTS).unwrap()];
    let service = Principal::Service("bcm-data-exports.amazonaws.com");
    let ours = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1");
    let other_arn = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:444455556666:export/day-one-1");
    let other_account = ("aws:SourceAccount", "444455556666");
    let cases = [
        (service, "s3:PutObject", vec![ours, SOURCE_ACCOUNT], Decision::Allowed),
        (service, "s3:PutObject", vec![other_arn, SOURCE_ACCOUNT], Decision::NotMentioned),
        (service, "s3:PutObject", vec![ours, other_account], Decision::NotMentioned),
        (service, "s3:PutObject", vec![ours], Decision::NotMentioned),
        (service, "s3:GetObject", vec![ours, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", vec![ours, SOURCE_ACCOUNT], Decision::NotMentioned),
    ];
    for policy in &policies {
        for (principal, action, context, expected) in &cases {
            let decision = decide(policy, *principal, action, &report_file(), context);
            assert_eq!(decision, *expected, "{principal:?} {action} {context:?} by {}", policy.to_json());
        }
    }
}

/// A report of the other kind may still be written into the same bucket.
#[test]
fn the_other_kind_of_report_goes_on_being_written() {
    let classic = planned_policy(&fresh(), &Answers::default());
    let facts = Facts { bucket: mine(REGION, Some(&classic.to_json())), ..fresh() };
    let policy = planned_policy(&facts, &cur2());
    let write = |principal, source| {
        decide(&policy, principal, "s3:PutObject", &report_file(), &[source, SOURCE_ACCOUNT])
    };
    assert_eq!(write(SERVICE, SOURCE_ARN), Decision::Allowed);
    let export = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1");
    let exports = Principal::Service("bcm-data-exports.amazonaws.com");
    assert_eq!(write(exports, export), Decision::Allowed);
}

#[test]
fn the_policy_that_the_console_puts_for_exports_is_enough_beside_what_protects_it() {
    let facts = Facts { bucket: mine(REGION, Some(DOCUMENTED_FOR_EXPORTS)), ..fresh() };
    let policy = planned_policy(&facts, &cur2());
    let names: Vec<_> = policy.statement.iter().filter_map(|statement| statement.sid.as_deref()).collect();
    let expected = ["DayoneDenyInsecureTransport", "DayoneNobodyTampers", "EnableAWSDataExportsToWriteToS3"];
    assert_eq!(names, expected);
}

/// AWS's own names are those of every report's statements, so under them a statement cannot be told to be ours.
#[test]
fn every_statement_of_ours_is_named_as_ours() {
    for answers in [Answers::default(), cur2()] {
        for statement in planned_policy(&fresh(), &answers).statement {
            assert!(statement.sid.as_deref().is_some_and(|sid| sid.starts_with("Dayone")), "{statement:?}");
        }
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

#[test]
fn the_documented_policy_alone_lacks_only_what_protects_it() {
    let facts = Facts { bucket: mine(REGION, Some(DOCUMENTED)), ..fresh() };
    let changes = step(&facts, &Answers::default(), StepId::ReportBucket).changes;
    let [Change::Bucket { change: BucketChange::PutPolicy { policy, foreign_statements, .. }, .. }] =
        &changes[..]
    else {
        panic!("one policy is expected, not {changes:?}")
    };
    assert_eq!(*foreign_statements, 0);
    assert!(policy.same_meaning(&planned_policy(&fresh(), &Answers::default())));
}

#[test]
fn statements_of_others_stay_in_the_policy() {
    let facts = Facts { bucket: mine(REGION, Some(PARTNER_LISTS)), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    assert!(policy.includes(&Document::parse(PARTNER_LISTS).unwrap()));
    assert!(policy.includes(&Document::parse(DOCUMENTED).unwrap()));
}

fn bucket_arn() -> String {
    format!("arn:aws:s3:::{BUCKET}")
}

fn report_file() -> String {
    format!("arn:aws:s3:::{BUCKET}/cur/day-one/day-one/part-00001.snappy.parquet")
}

/// What a policy says to a request over TLS, unless the context says otherwise.
fn decide(
    policy: &Document,
    principal: Principal<'_>,
    action: &str,
    resource: &str,
    more: &[(&str, &str)],
) -> Decision {
    let mut context = more.to_vec();
    context.push(("aws:SecureTransport", "true"));
    match principal {
        Principal::Aws(arn) => {
            context.extend([("aws:PrincipalArn", arn), ("aws:PrincipalIsAWSService", "false")]);
        }
        Principal::Service(_) => context.push(("aws:PrincipalIsAWSService", "true")),
        Principal::Anonymous => {}
    }
    policy.decide(&Request { principal, action, resource, context: &context })
}

#[test]
fn the_service_writes_only_for_this_account() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let ours = vec![SOURCE_ARN, SOURCE_ACCOUNT];
    let one_report = ("aws:SourceArn", "arn:aws:cur:us-east-1:111122223333:definition/day-one");
    let other_arn = ("aws:SourceArn", "arn:aws:cur:us-east-1:444455556666:definition/*");
    let other_account = ("aws:SourceAccount", "444455556666");
    let other_service = Principal::Service("bcm-data-exports.amazonaws.com");
    let cases = [
        (SERVICE, "s3:GetBucketAcl", bucket_arn(), ours.clone(), Decision::Allowed),
        (SERVICE, "s3:GetBucketPolicy", bucket_arn(), ours.clone(), Decision::Allowed),
        (SERVICE, "s3:PutObject", report_file(), ours.clone(), Decision::Allowed),
        // The service sends the asterisk, and the policy means the asterisk.
        (SERVICE, "s3:PutObject", report_file(), vec![one_report, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![other_arn, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ARN, other_account], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ARN], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:GetObject", report_file(), ours.clone(), Decision::NotMentioned),
        (SERVICE, "s3:DeleteObject", report_file(), ours.clone(), Decision::NotMentioned),
        (SERVICE, "s3:PutBucketPolicy", bucket_arn(), ours.clone(), Decision::NotMentioned),
        (other_service, "s3:PutObject", report_file(), ours, Decision::NotMentioned),
    ];
    for (principal, action, resource, context, expected) in cases {
        let decision = decide(&policy, principal, action, &resource, &context);
        assert_eq!(decision, expected, "{principal:?} {action} {resource} {context:?}");
    }
}

/// In the account IAM decides where nothing is said; for everybody else that is a no.
#[test]
fn only_administrators_and_root_change_a_bill_or_its_bucket_and_others_may_still_read() {
    let tampering = [
        ("s3:PutObject", report_file()),
        ("s3:DeleteObject", report_file()),
        ("s3:DeleteObjectVersion", report_file()),
        ("s3:PutBucketPolicy", bucket_arn()),
        ("s3:DeleteBucketPolicy", bucket_arn()),
        ("s3:PutLifecycleConfiguration", bucket_arn()),
        ("s3:PutBucketVersioning", bucket_arn()),
        ("s3:DeleteBucket", bucket_arn()),
    ];
    let reading = [("s3:GetObject", report_file()), ("s3:ListBucket", bucket_arn())];
    for answers in [Answers::default(), cur2()] {
        let policy = planned_policy(&fresh(), &answers);
        for (principal, expected) in [
            (Principal::Aws(ALICE), Decision::NotMentioned),
            (Principal::Aws(ROOT), Decision::NotMentioned),
            (Principal::Aws(BOB), Decision::Denied),
            (Principal::Aws(STRANGER), Decision::Denied),
            (Principal::Anonymous, Decision::Denied),
        ] {
            for (action, resource) in &tampering {
                let decision = decide(&policy, principal, action, resource, &[]);
                assert_eq!(decision, expected, "{principal:?} {action}");
            }
            for (action, resource) in &reading {
                let decision = decide(&policy, principal, action, resource, &[]);
                assert_eq!(decision, Decision::NotMentioned, "{principal:?} {action}");
            }
        }
    }
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

#[test]
fn nothing_goes_over_an_insecure_connection() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let insecure = [("aws:SecureTransport", "false"), SOURCE_ARN, SOURCE_ACCOUNT];
    for principal in [Principal::Aws(ALICE), Principal::Aws(ROOT), SERVICE] {
        for (action, resource) in [
            ("s3:GetObject", report_file()),
            ("s3:PutObject", report_file()),
            ("s3:ListBucket", bucket_arn()),
        ] {
            let decision = decide(&policy, principal, action, &resource, &insecure);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
    }
}

#[test]
fn no_blank_of_the_policy_is_left_open() {
    for answers in [Answers::default(), cur2()] {
        let json = planned_policy(&fresh(), &answers).to_json();
        for blank in ["PARTITION", "ACCOUNT", "BUCKET"] {
            assert!(!json.contains(blank), "{blank} in {json}");
        }
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
        (Change::PutReport { report }, &["day-one", "hourly", "Parquet", BUCKET]),
        (modify, &["day-one", "prefix costs → cur, format x → y"]),
        (Change::CreateExport { export }, &["CUR 2.0", "day-one", "hourly", "parquet", BUCKET]),
        (update, &["CUR 2.0", "day-one", "prefix costs → cur, format x → y"]),
    ];
    for (change, expected) in cases {
        let summary = change.summary();
        for words in [&summary.en, &summary.ko] {
            assert!(expected.iter().all(|word| words.contains(word)), "{words}");
        }
    }
}

/// What holds for every plan, whatever the facts are.
fn assert_hold_together(steps: &[StepPlan<Change>]) {
    let ids: Vec<_> = steps.iter().map(|step| step.step).collect();
    assert_eq!(ids, PracticeId::BillingReport.steps());
    for step in steps {
        let state = step.state;
        let explains_itself = matches!(state, State::InPlace | State::ToChange | State::NeedsPerson);
        assert_eq!(state == State::ToChange, !step.changes.is_empty(), "{step:?}");
        assert_eq!(state == State::NeedsPerson, step.person.is_some(), "{step:?}");
        assert_eq!(state == State::InPlace, step.found.is_some(), "{step:?}");
        assert_eq!(!explains_itself, step.reason.is_some(), "{step:?}");
        let person = step.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
        let summaries: Vec<_> = step.changes.iter().map(|change| change.summary()).collect();
        let texts = step.reason.iter().chain(&step.found).chain(person).chain(&summaries);
        for text in texts {
            assert!(!text.en.is_empty() && !text.ko.is_empty(), "{step:?}");
        }
    }
}

/// The account as it is once a change was made.
fn make(facts: &mut Facts, change: &Change) {
    let Facts { reports: Ok(reports), exports: Ok(exports), bucket, budget: found, .. } = facts else {
        panic!("no change is planned where reports are not seen");
    };
    match change {
        Change::Bucket { region, change } => make_bucket(bucket, region, change),
        Change::PutReport { report } => {
            reports.push(ReportFacts { report: report.clone(), last_status: None, last_delivery: None });
        }
        Change::ModifyReport { report, .. } => {
            let named = reports.iter_mut().find(|found| found.report.name == report.name);
            named.expect("only a report that is there is changed").report = report.clone();
        }
        Change::CreateExport { export } => {
            let arn = format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT}:export/{}-new", export.name);
            exports.push(ExportFacts { arn, export: export.clone(), delivery: Ok(Delivery::NotYet) });
        }
        Change::UpdateExport { arn, export, .. } => {
            let of_arn = exports.iter_mut().find(|found| found.arn == *arn);
            of_arn.expect("only an export that is there is changed").export = export.clone();
        }
        Change::CreateBudget { budget } | Change::UpdateBudget { budget } => {
            *found = Ok(Some(budget.as_made()))
        }
    }
}

fn make_bucket(bucket: &mut BucketFacts, region: &str, change: &BucketChange) {
    if matches!(change, BucketChange::Create { .. }) {
        *bucket = mine(region, None);
    }
    let BucketFacts::Mine(settings) = bucket else { panic!("{change:?} before there is a bucket") };
    match change {
        BucketChange::Create { .. } => {
            (settings.lifecycle, settings.tags) = (Ok(None), Ok(Tags::new()));
        }
        BucketChange::BlockPublicAccess { .. } => settings.public_access_blocked = Ok(true),
        BucketChange::EnforceOwnership { .. } => settings.ownership_enforced = Ok(true),
        BucketChange::Encrypt { .. } => settings.encrypted = Ok(true),
        // The report's bucket has neither.
        BucketChange::EncryptWithKey { .. } | BucketChange::LockObjects { .. } => panic!("{change:?}"),
        BucketChange::EnableVersioning { .. } => settings.versioned = Ok(true),
        BucketChange::PutLifecycle { retention, .. } => settings.lifecycle = Ok(Some(retention.clone())),
        BucketChange::PutTags { tags, .. } => settings.tags.as_mut().unwrap().extend(tags.clone()),
        BucketChange::PutPolicy { policy, .. } => settings.policy = Ok(Some(policy.to_json())),
    }
}

fn maybe_unseen<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reading<T>> {
    prop_oneof![9 => value.prop_map(Ok::<T, Unseen>), 1 => Just(Err::<T, Unseen>(unseen()))]
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(ToOwned::to_owned)
}

fn any_report() -> impl Strategy<Value = Report> {
    let name = prop_oneof![one_of(&["day-one", "finance"]), "\\PC{1,12}"];
    let bucket = prop_oneof![Just(BUCKET.to_owned()), "[A-Za-z0-9_.-]{3,20}", "\\PC{0,12}"];
    let place = (name, bucket, one_of(&["us-east-1", "eu-west-1"]), one_of(&["cur", "costs", ""]));
    let content = (
        one_of(&["HOURLY", "HOURLY", "DAILY", "MONTHLY", "YEARLY"]),
        prop::sample::select(vec![("Parquet", "Parquet"), ("textORcsv", "GZIP"), ("textORcsv", "ZIP")]),
        prop::sample::subsequence(vec!["RESOURCES", "SPLIT_COST_ALLOCATION_DATA"], 0..=2),
        prop::collection::vec(one_of(&["ATHENA", "REDSHIFT"]), 0..=1),
        prop::option::of(one_of(&["OVERWRITE_REPORT", "CREATE_NEW_REPORT"])),
        any::<bool>(),
        prop::option::weighted(0.1, Just("arn:aws:billing::1:billingview/group".to_owned())),
    );
    (place, content).prop_map(|((name, bucket, region, prefix), content)| Report {
        name,
        bucket,
        region,
        prefix,
        time_unit: content.0,
        format: content.1.0.into(),
        compression: content.1.1.into(),
        schema_elements: content.2.into_iter().map(ToOwned::to_owned).collect(),
        artifacts: content.3,
        versioning: content.4,
        refresh_closed: content.5,
        billing_view: content.6,
    })
}

fn any_found() -> impl Strategy<Value = ReportFacts> {
    let status = prop::option::of(one_of(&["SUCCESS", "ERROR_PERMISSIONS", "ERROR_NO_BUCKET"]));
    (any_report(), status, prop::option::of("\\PC{1,20}"))
        .prop_map(|(report, last_status, last_delivery)| ReportFacts { report, last_status, last_delivery })
}

fn any_export() -> impl Strategy<Value = ExportFacts> {
    let name = prop_oneof![one_of(&["day-one", "finance"]), "\\PC{1,12}"];
    let bucket = prop_oneof![Just(BUCKET.to_owned()), "[A-Za-z0-9_.-]{3,20}", "\\PC{0,12}"];
    let place = (name, bucket, one_of(&["us-east-1", "eu-west-1"]), one_of(&["cur", "costs", ""]));
    let content = (
        one_of(&[TABLE, TABLE, TABLE, "FOCUS_1_2_AWS"]),
        one_of(&["HOURLY", "HOURLY", "DAILY", ""]),
        prop::bool::weighted(0.8),
        prop::sample::select(vec![("PARQUET", "PARQUET"), ("TEXT_OR_CSV", "GZIP")]),
        one_of(&["OVERWRITE_REPORT", "CREATE_NEW_REPORT"]),
        prop::bool::weighted(0.8),
    );
    let delivery = prop_oneof![
        Just(Delivery::NotYet),
        "\\PC{0,20}".prop_map(Delivery::At),
        "\\PC{1,20}".prop_map(Delivery::Failed),
    ];
    (place, content, maybe_unseen(delivery), "[a-z0-9]{8}").prop_map(|(place, content, delivery, id)| {
        let (name, bucket, region, prefix) = place;
        let (table, time_unit, resources, format, overwrite, explains) = content;
        let (format, compression) = (format.0.to_owned(), format.1.to_owned());
        let arn = format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT}:export/{id}");
        let export = Export {
            name,
            bucket,
            region,
            prefix,
            table,
            time_unit,
            resources,
            format,
            compression,
            overwrite,
            explains,
        };
        ExportFacts { arn, export, delivery }
    })
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let flag = || maybe_unseen(prop::bool::weighted(0.7));
    let flags = (flag(), flag(), flag(), flag());
    let policies =
        [DOCUMENTED, DOCUMENTED_FOR_EXPORTS, PARTNER_LISTS, DENY_ALL, "not a policy"].map(ToOwned::to_owned);
    let policy = maybe_unseen(prop::option::of(prop::sample::select(policies.to_vec())));
    let lifecycle = maybe_unseen(prop::option::of(Just(for_ever())));
    let region = one_of(&["us-east-1", "eu-west-1"]);
    let tags = maybe_unseen(any_tags());
    (region, flags, policy, lifecycle, tags).prop_map(|(region, flags, policy, lifecycle, tags)| Settings {
        region,
        public_access_blocked: flags.0,
        ownership_enforced: flags.1,
        granted: Ok(Vec::new()),
        encrypted: flags.2,
        key: None,
        versioned: flags.3,
        lock: Ok(Lock::Off),
        policy,
        lifecycle,
        tags,
    })
}

fn any_budget() -> impl Strategy<Value = BudgetFacts> {
    let budget = (prop::sample::select(vec![0u32, 100]), one_of(&["costs@example.com", "team@example.com"]));
    (budget, one_of(&[budget::NAME, "team"])).prop_map(|((amount, email), name)| {
        let made = Budget { amount, email }.as_made();
        BudgetFacts { name, ..made }
    })
}

/// Facts as the answers of the same kind have them read: there are no reports of the other kind.
fn any_facts_and_answers() -> impl Strategy<Value = (Facts, Answers)> {
    let partition = one_of(&["aws", "aws", "aws", "aws-cn", "aws-us-gov"]);
    let reports = maybe_unseen(prop::collection::vec(any_found(), 0..=REPORTS_PER_ACCOUNT));
    let exports = maybe_unseen(prop::collection::vec(any_export(), 0..=EXPORTS_PER_ACCOUNT));
    let bucket = prop_oneof![
        2 => Just(BucketFacts::Free),
        1 => Just(BucketFacts::NotMine),
        1 => Just(BucketFacts::Unseen(unseen())),
        8 => any_settings().prop_map(|settings| BucketFacts::Mine(Box::new(settings))),
    ];
    let budget = maybe_unseen(prop::option::of(any_budget()));
    let administrators = maybe_unseen(prop::sample::subsequence(vec![ALICE, BOB], 0..=2));
    (partition, reports, exports, bucket, (budget, administrators), any_answers()).prop_map(
        |(partition, reports, exports, bucket, (budget, administrators), answers)| {
            let budget = if answers.billing.budget_email.is_some() { budget } else { Ok(None) };
            let administrators = administrators.map(|arns| arns.into_iter().map(ToOwned::to_owned).collect());
            let none = Facts { partition, bucket, budget, administrators, ..fresh() };
            let facts = match answers.billing.kind {
                ReportKind::Classic => Facts { reports, ..none },
                ReportKind::Cur2 => Facts { exports, ..none },
            };
            (facts, answers)
        },
    )
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let accepted = prop::option::of(prop::sample::select(PracticeId::BillingReport.steps().to_vec()));
    let kinds = prop::sample::select(vec![ReportKind::Classic, ReportKind::Cur2]);
    let units = prop::sample::select(vec![TimeUnit::Hourly, TimeUnit::Daily, TimeUnit::Monthly]);
    let formats = prop::sample::select(vec![ReportFormat::Parquet, ReportFormat::Csv]);
    let bucket = prop::option::weighted(0.2, Just("new-costs".to_owned()));
    let budget = (prop::sample::select(vec![0u32, 100]), prop::option::of(Just("costs@example.com")));
    (kinds, units, formats, bucket, any::<[bool; 2]>(), accepted, budget).prop_map(
        |(kind, time_unit, format, bucket, [activated, attended], accepted, (amount, email))| {
            let mut answers = Answers { attended, ..Answers::default() };
            (answers.billing.budget_amount, answers.billing.budget_email) = (amount, email.map(Into::into));
            answers.billing.kind = kind;
            (answers.billing.time_unit, answers.billing.format) = (time_unit, format);
            answers.billing.bucket = bucket;
            answers.billing.console_access_activated = activated;
            answers.accept.extend(accepted.map(kept));
            answers
        },
    )
}

/// Whether what the step rests on was not seen.
fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    let reports = facts.reports.is_err() || facts.exports.is_err();
    match step {
        StepId::BillingAccess => false,
        StepId::ReportBucket => reports || facts.administrators.is_err() || hides_something(facts, answers),
        StepId::ReportDelivery => {
            reports || facts.export(answers).is_some_and(|found| found.delivery.is_err())
        }
        StepId::Report => reports || (answers.billing.budget_email.is_some() && facts.budget.is_err()),
        _ => reports,
    }
}

/// The lifecycle and the tags of a bucket that has not our name are not looked at: they are not touched either.
fn hides_something(facts: &Facts, answers: &Answers) -> bool {
    let settings = match &facts.bucket {
        BucketFacts::Mine(settings) => settings.as_ref(),
        bucket => return matches!(bucket, BucketFacts::Unseen(_)),
    };
    let Settings { public_access_blocked, ownership_enforced, encrypted, versioned, .. } = settings;
    let planned = bucket_name(ACCOUNT, answers);
    let has_our_name = facts.stays_in(answers).is_none_or(|place| place.bucket == planned);
    [public_access_blocked, ownership_enforced, encrypted, versioned].iter().any(|setting| setting.is_err())
        || settings.policy.is_err()
        || (has_our_name && (settings.lifecycle.is_err() || settings.tags.is_err()))
}

proptest! {
    #[test]
    fn every_plan_holds_together((facts, answers) in any_facts_and_answers()) {
        assert_hold_together(&plan(&facts, &answers));
    }

    #[test]
    fn what_was_not_seen_is_never_in_place((facts, answers) in any_facts_and_answers()) {
        for step in plan(&facts, &answers) {
            let unseen = rests_on_unseen(step.step, &facts, &answers);
            prop_assert!(!unseen || step.state != State::InPlace, "{step:?}");
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change((facts, answers) in any_facts_and_answers()) {
        let changes: Vec<_> = plan(&facts, &answers).into_iter().flat_map(|step| step.changes).collect();
        let mut after = facts;
        changes.iter().for_each(|change| make(&mut after, change));
        for step in plan(&after, &answers) {
            prop_assert!(step.changes.is_empty(), "{} after {:?}", step.step, changes);
        }
    }

    #[test]
    fn a_report_that_is_changed_keeps_what_aws_does_not_let_be_changed(
        report in any_report(),
        answers in any_answers(),
    ) {
        let mut answers = answers;
        answers.billing.kind = ReportKind::Classic;
        let found = ReportFacts { report: report.clone(), last_status: None, last_delivery: None };
        let facts = Facts { reports: Ok(vec![found]), ..perfect() };
        for change in step(&facts, &answers, StepId::Report).changes {
            if let Change::ModifyReport { report: wanted, .. } = change {
                prop_assert_eq!(&wanted.name, &report.name);
                prop_assert_eq!(&wanted.time_unit, &report.time_unit);
                prop_assert_eq!(&wanted.schema_elements, &report.schema_elements);
                prop_assert_eq!(&wanted.billing_view, &report.billing_view);
                prop_assert!(report.versioning.is_none() || wanted.versioning == report.versioning);
            }
        }
    }
}
