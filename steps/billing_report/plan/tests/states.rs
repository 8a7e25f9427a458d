//! How the four steps stand, whatever report or export the account has and whatever was not seen of it.

use super::*;
use crate::plan_cases::{assert_blocked, assert_hold_together};

#[test]
fn a_fresh_account_gets_the_bucket_and_then_the_report() {
    let steps = plan(&fresh(), &Answers::default());
    assert_eq!(told(&steps[1].changes), imagined::everything_told(BUCKET));
    let report = Report::wanted(ACCOUNT, &Answers::default());
    assert_eq!(steps[2].changes, [Change::PutReport { report }]);
    assert_eq!(told(&steps[2].changes), ["Create cur:definition/day-one"]);
    assert_eq!(steps[3].reason, Some(after(StepId::Report)));
}

#[test]
fn how_the_steps_stand_before_there_is_a_report() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotAssessed, ToChange};
    let cases: &[Case] = &[
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
    hold(|| (fresh(), Answers::default()), cases);
}

#[test]
fn how_the_steps_stand_with_our_report() {
    use State::{Blocked, InPlace, NeedsPerson, NotAssessed, ToChange, Waiting};
    let cases: &[Case] = &[
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
            "delivered long ago",
            |facts, _| report_of(facts).fresh = false,
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
    hold(|| (perfect(), Answers::default()), cases);
}

#[test]
fn how_the_steps_stand_with_a_cur_2_0_export() {
    use State::{Blocked, InPlace, NeedsPerson, NotAssessed, ToChange, Waiting};
    let cases: &[Case] = &[
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
            "delivered long ago",
            |facts, _| export_of(facts).delivery = Ok(Delivery::Late("2026-11-03T00:00:00Z".into())),
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
    hold(|| (exporting(), cur2()), cases);
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
    assert_blocked::<BillingReport>(StepId::Report, fresh, cases);
}

#[test]
fn govcloud_has_nothing_to_bill() {
    let mut facts = Facts { partition: "aws-us-gov".into(), ..perfect() };
    for reports in [Ok(Vec::new()), Ok(vec![our_report()]), Err(unseen())] {
        facts.reports = reports;
        let steps = plan(&facts, &activated());
        assert_hold_together::<BillingReport>(&steps);
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
        assert_hold_together::<BillingReport>(&steps);
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
