//! What holds of every account, whatever trail, bucket and key it has.

use proptest::prelude::*;

use super::*;
use crate::plan_cases::{
    assert_hold_together, assert_nothing_is_left_to_change, assert_unseen_is_not_in_place, maybe_unseen,
};
use crate::practice::PracticeId;

proptest! {
    #[test]
    fn every_plan_holds_together(facts in any_facts(), answers in any_answers()) {
        assert_hold_together::<Cloudtrail>(&plan(&facts, &answers));
    }

    #[test]
    fn what_was_not_seen_is_never_in_place(facts in any_facts(), answers in any_answers()) {
        assert_unseen_is_not_in_place::<Cloudtrail>(&facts, &answers, rests_on_unseen);
    }

    #[test]
    fn a_trail_passes_only_where_it_is_known_or_said_what_it_records(
        facts in any_facts(),
        answers in any_answers(),
    ) {
        let planned = step(&facts, &answers, StepId::Trail);
        if planned.state == State::InPlace {
            let trail = facts.trail().unwrap().unwrap();
            let owner_sees = planned.found.unwrap().en.contains("only its owner sees");
            let is_not_told = trail.management_events == Ok(ManagementEvents::NotTold);
            prop_assert_eq!(owner_sees, is_not_told && trail.of_another_account);
            prop_assert!(owner_sees || trail.management_events == Ok(ManagementEvents::All));
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change(
        facts in any_facts(),
        answers in any_answers(),
    ) {
        assert_nothing_is_left_to_change::<Cloudtrail>(1, facts, &answers, make);
    }
}

/// Whether what the step rests on was not seen. Of another account's trail, what somebody has chosen is never seen.
fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    let Ok(trail) = facts.trail() else { return true };
    let hides = |trail: &TrailFacts| match &trail.management_events {
        Err(_) => true,
        Ok(events) => trail.of_another_account && *events == ManagementEvents::Hidden,
    };
    match step {
        StepId::TrailBucket => {
            let hides_key = facts.takes_our_key(answers) && hides_something_of_key(facts);
            facts.administrators.is_err() || hides_something(facts, answers) || hides_key
        }
        StepId::Trail => trail.is_some_and(|trail| trail.logging.is_err() || hides(trail)),
        _ => trail.is_some_and(|trail| trail.logging.is_err()),
    }
}

/// Of a key that cannot be used, no more is looked at.
fn hides_something_of_key(facts: &Facts) -> bool {
    match &facts.key {
        Err(_) => true,
        Ok(None) => false,
        Ok(Some(key)) => key.fitness == Fitness::Fits && (key.rotates.is_err() || key.policy.is_err()),
    }
}

/// A trail that was made by a run in another Region has the bucket of that Region.
fn hides_something(facts: &Facts, answers: &Answers) -> bool {
    let trail = facts.trail().ok().flatten();
    let has_our_name = trail.is_none_or(|trail| {
        [&facts.region, &trail.home_region]
            .into_iter()
            .any(|region| bucket_name(ACCOUNT, region, answers) == trail.goes_to(answers))
    });
    imagined::hides_something(&facts.bucket, has_our_name)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let trail = maybe_unseen(prop::option::of(any_trail()));
    let administrators = maybe_unseen(prop::sample::subsequence(vec![ALICE, CAROL], 0..=2));
    let acting = prop::sample::select(vec![vec![ALICE], vec![ROOT], vec![BOB], ROLES.to_vec()]);
    // The policy of a key that was left over is mended by the plan after.
    let left_over = prop::sample::select(vec![LeftOver::Nothing, LeftOver::Unseen]);
    let key = (maybe_unseen(prop::option::of(any_key())), left_over);
    let recording = prop::sample::subsequence(vec![TRAIL, OTHER_TRAIL], 0..=2);
    let found = (trail, recording);
    let given = (found, administrators, any_bucket(), acting, key);
    given.prop_map(|(found, administrators, bucket, acting, key)| {
        let ((trail, recording), (key, left_over_key)) = (found, key);
        Facts {
            trail,
            recording: recording.into_iter().map(ToOwned::to_owned).collect(),
            key,
            left_over_key,
            administrators: administrators.map(|arns| arns.into_iter().map(ToOwned::to_owned).collect()),
            bucket,
            acting: acting.into_iter().map(ToOwned::to_owned).collect(),
            ..fresh()
        }
    })
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let accepted = prop::option::of(prop::sample::select(PracticeId::Cloudtrail.steps().to_vec()));
    let readers = prop::sample::subsequence(vec![AUDITOR, BOB], 0..=2);
    let bucket = prop::option::weighted(0.2, Just("my-logs".to_owned()));
    let options = (any::<bool>(), prop::sample::select(vec![0, 30]));
    let answered = (any::<u32>(), readers, accepted, bucket, prop::bool::weighted(0.3), options);
    answered.prop_map(|(retention_days, readers, accepted, bucket, attended, (kms, locked))| {
        let mut answers = Answers { attended, ..Answers::default() };
        (answers.trail.kms, answers.trail.object_lock_days) = (kms, locked);
        answers.trail.retention_days = retention_days;
        answers.trail.bucket = bucket;
        answers.trail.readers.extend(readers.into_iter().map(ToOwned::to_owned));
        answers.accept.extend(accepted.map(kept));
        answers
    })
}

fn any_trail() -> impl Strategy<Value = TrailFacts> {
    let region = prop::sample::select(vec![REGION, "us-west-2"]);
    let names = (any_name(), region, any_name(), prop::option::of(any_name()));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    let key = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY]));
    let status = (maybe_unseen(any::<bool>()), any_delivery(), any::<bool>(), maybe_unseen(any_events()));
    (names, flags, status, key).prop_map(|((name, home_region, bucket, key_prefix), flags, status, key)| {
        TrailFacts {
            arn: format!("arn:aws:cloudtrail:{home_region}:{ACCOUNT}:trail/{name}"),
            name,
            home_region: home_region.into(),
            bucket,
            key_prefix,
            key: key.map(ToOwned::to_owned),
            multi_region: flags.0,
            validated: flags.1,
            global_services: flags.2,
            of_another_account: flags.3,
            of_organization: flags.4,
            logging: status.0,
            delivery: status.1,
            has_delivered: status.2,
            management_events: status.3,
        }
    })
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just("day-one".to_owned()), 2 => "[A-Za-z0-9._-]{3,20}", 1 => "\\PC{0,12}"]
}

fn any_delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![
        Just(Delivery::NotYet),
        any::<i64>().prop_map(Delivery::At),
        any::<i64>().prop_map(Delivery::Late),
        "\\PC{1,20}".prop_map(Delivery::Failed),
    ]
}

fn any_events() -> impl Strategy<Value = ManagementEvents> {
    use ManagementEvents::{All, Hidden, NotTold, Nothing, Part};
    prop::sample::select(vec![All, Part, Nothing, Hidden, NotTold])
}

fn any_bucket() -> impl Strategy<Value = BucketFacts> {
    let ours = planned_policy(&fresh(), &Answers::default()).to_json();
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let by_role = planned_policy(&by_role, &Answers::default()).to_json();
    let policies =
        [ours.as_str(), by_role.as_str(), PARTNER_LISTS, DENY_ALL, "not a policy"].map(ToOwned::to_owned);
    let policy = prop::option::of(prop::sample::select(policies.to_vec()));
    let region = prop::sample::select(vec![REGION, "us-west-2"]);
    let lifecycle = prop::option::of(Just(for_a_year()));
    let settings = imagined::any_settings(region, policy, lifecycle, imagined::any_tags(PURPOSE));
    let key = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY]));
    let lock =
        prop::sample::select(vec![Lock::Off, Lock::Governance(1), Lock::Governance(90), Lock::Compliance]);
    let settings = (settings, key, lock).prop_map(|(settings, key, lock)| Settings {
        key: key.map(ToOwned::to_owned),
        lock: Ok(lock),
        ..settings
    });
    imagined::any_bucket(settings)
}

fn any_key() -> impl Strategy<Value = KeyFacts> {
    let fitness = prop_oneof![8 => Just(Fitness::Fits), 1 => Just(Fitness::Unfit), 1 => Just(switched_off())];
    let ours = our_key().policy.unwrap().unwrap();
    let policies = [ours.as_str(), PARTNER_DECRYPTS, DENY_ALL, DENY_DECRYPTION, "not a policy"];
    let policies = policies.map(ToOwned::to_owned).to_vec();
    let policy = maybe_unseen(prop::sample::select(policies).prop_map(Some));
    (fitness, maybe_unseen(any::<bool>()), policy).prop_map(|(fitness, rotates, policy)| KeyFacts {
        fitness,
        rotates,
        policy,
        ..our_key()
    })
}
