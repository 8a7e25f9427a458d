//! What holds of every account, whatever reports, exports and bucket it has.

use proptest::prelude::*;

use super::*;
use crate::answers::{ReportFormat, TimeUnit};
use crate::billing_report::facts::bucket_name;
use crate::billing_report::{BudgetFacts, budget};
use crate::plan_cases::{
    assert_hold_together, assert_nothing_is_left_to_change, assert_unseen_is_not_in_place, maybe_unseen,
};

proptest! {
    #[test]
    fn every_plan_holds_together((facts, answers) in any_facts_and_answers()) {
        assert_hold_together::<BillingReport>(&plan(&facts, &answers));
    }

    #[test]
    fn what_was_not_seen_is_never_in_place((facts, answers) in any_facts_and_answers()) {
        assert_unseen_is_not_in_place::<BillingReport>(&facts, &answers, rests_on_unseen);
    }

    #[test]
    fn only_a_fresh_delivery_passes((facts, answers) in any_facts_and_answers()) {
        if step(&facts, &answers, StepId::ReportDelivery).state == State::InPlace {
            let is_fresh = match answers.billing.kind {
                ReportKind::Classic => {
                    facts.report(&answers).is_some_and(|found| found.fresh && found.failure().is_none())
                }
                ReportKind::Cur2 => {
                    facts.export(&answers).is_some_and(|found| matches!(found.delivery, Ok(Delivery::At(_))))
                }
            };
            prop_assert!(is_fresh);
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change((facts, answers) in any_facts_and_answers()) {
        assert_nothing_is_left_to_change::<BillingReport>(1, facts, &answers, make);
    }

    #[test]
    fn a_report_that_is_changed_keeps_what_aws_does_not_let_be_changed(
        report in any_report(),
        answers in any_answers(),
    ) {
        let mut answers = answers;
        answers.billing.kind = ReportKind::Classic;
        let found = not_delivered(report.clone());
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

fn not_delivered(report: Report) -> ReportFacts {
    ReportFacts { report, last_status: None, last_delivery: None, fresh: false }
}

/// The account as it is once a change was made.
fn make(facts: &mut Facts, change: &Change) {
    let Facts { reports: Ok(reports), exports: Ok(exports), bucket, budget: found, .. } = facts else {
        panic!("no change is planned where reports are not seen");
    };
    match change {
        Change::Bucket { change, .. } => {
            let is_option =
                matches!(change, BucketChange::EncryptWithKey { .. } | BucketChange::LockObjects { .. });
            assert!(!is_option, "the report's bucket has neither: {change:?}");
            imagined::make(bucket, change, None);
        }
        Change::PutReport { report } => {
            reports.push(not_delivered(report.clone()));
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

fn hides_something(facts: &Facts, answers: &Answers) -> bool {
    let planned = bucket_name(ACCOUNT, answers);
    let has_our_name = facts.stays_in(answers).is_none_or(|place| place.bucket == planned);
    imagined::hides_something(&facts.bucket, has_our_name)
}

/// Facts as the answers of the same kind have them read: there are no reports of the other kind.
fn any_facts_and_answers() -> impl Strategy<Value = (Facts, Answers)> {
    let partition = one_of(&["aws", "aws", "aws", "aws-cn", "aws-us-gov"]);
    let reports = maybe_unseen(prop::collection::vec(any_found(), 0..=REPORTS_PER_ACCOUNT));
    let exports = maybe_unseen(prop::collection::vec(any_export(), 0..=EXPORTS_PER_ACCOUNT));
    let bucket = any_bucket();
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
    let delivered = prop::option::of(("\\PC{1,20}", any::<bool>()));
    (any_report(), status, delivered).prop_map(|(report, last_status, delivered)| {
        let (last_delivery, fresh) = delivered.unzip();
        ReportFacts { report, last_status, last_delivery, fresh: fresh.unwrap_or_default() }
    })
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
        "\\PC{0,20}".prop_map(Delivery::Late),
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

fn any_bucket() -> impl Strategy<Value = BucketFacts> {
    let policies = one_of(&[DOCUMENTED, DOCUMENTED_FOR_EXPORTS, PARTNER_LISTS, DENY_ALL, "not a policy"]);
    let region = prop::sample::select(vec!["us-east-1", "eu-west-1"]);
    let lifecycle = prop::option::of(Just(for_ever()));
    let tags = imagined::any_tags(PURPOSE);
    imagined::any_bucket(imagined::any_settings(region, prop::option::of(policies), lifecycle, tags))
}

fn any_budget() -> impl Strategy<Value = BudgetFacts> {
    let budget = (prop::sample::select(vec![0u32, 100]), one_of(&["costs@example.com", "team@example.com"]));
    (budget, one_of(&[budget::NAME, "team"])).prop_map(|((amount, email), name)| {
        let made = Budget { amount, email }.as_made();
        BudgetFacts { name, ..made }
    })
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(ToOwned::to_owned)
}
