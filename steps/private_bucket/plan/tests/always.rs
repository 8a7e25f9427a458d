//! What holds of every bucket, however it is set up.

use proptest::prelude::*;

use super::*;
use crate::policy::Effect;

proptest! {
    #[test]
    fn what_was_carried_out_is_not_planned_again(facts in any_facts()) {
        if let Ok(changes) = plan(&wanted(), &facts) {
            let after = made(facts, &changes);
            prop_assert_eq!(plan(&wanted(), &after), Ok(vec![]));
        }
    }

    #[test]
    fn options_that_were_carried_out_are_not_planned_again(facts in any_facts()) {
        if let Ok(changes) = plan(&with_options(None), &facts) {
            let after = made(facts, &changes);
            prop_assert_eq!(plan(&with_options(Some(KEY)), &after), Ok(vec![]));
        }
    }

    #[test]
    fn what_is_not_seen_never_counts_as_good(settings in any_settings()) {
        let bucket = mine(settings);
        let hidden = imagined::hides_something(&bucket, true);
        let planned = plan(&wanted(), &bucket);
        prop_assert!(!hidden || planned.is_err(), "{planned:?}");
    }

    #[test]
    fn a_policy_that_is_put_holds_ours_and_what_was_there_and_locks_nobody_out(
        statements in prop::sample::subsequence(STATEMENTS.to_vec(), 0..=STATEMENTS.len()).prop_shuffle(),
    ) {
        let Ok(Some(BucketChange::PutPolicy { policy, .. })) = mended(&policy_of(&statements)) else {
            return Ok(());
        };
        let wanted = wanted();
        let others_let_the_service_write = statements.contains(&EVERY_TRAIL_WRITES);
        for ours in &wanted.policy.statement {
            let is_there = policy.statement.iter().any(|statement| statement.says_the_same(ours));
            let is_spare = others_let_the_service_write && ours.effect == Effect::Allow;
            prop_assert!(is_there || is_spare, "{ours:?}");
        }
        for must_let in &wanted.must_let {
            prop_assert!(must_let.is_let_by(&policy), "{must_let:?}");
        }
        for found in statements.into_iter().filter(|statement| *statement != EARLIER_WRITES) {
            prop_assert!(policy.includes(&document(&[found])), "{found} is lost");
        }
    }

    #[test]
    fn words_that_are_no_policy_are_an_obstacle(policy in ".{0,80}") {
        let settings = Settings { policy: Ok(Some(policy)), ..perfect() };
        let planned = plan(&wanted(), &mine(settings));
        prop_assert_eq!(planned, Err(Obstacle::UnreadablePolicy));
    }
}

/// The bucket as it is once the changes were made.
fn made(mut facts: BucketFacts, changes: &[BucketChange]) -> BucketFacts {
    changes.iter().for_each(|change| imagined::make(&mut facts, change, Some(KEY)));
    facts
}

fn any_policy() -> impl Strategy<Value = Option<String>> {
    let statements = prop::sample::subsequence(STATEMENTS.to_vec(), 0..=STATEMENTS.len()).prop_shuffle();
    prop_oneof![
        1 => Just(None::<String>),
        8 => statements.prop_map(|statements| Some(policy_of(&statements))),
        1 => "\\PC{0,40}".prop_map(Some),
    ]
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let found =
        [("managed-by", "dayone"), ("managed-by", "somebody"), ("purpose", "logs"), ("team", "security")];
    prop::sample::subsequence(found.to_vec(), 0..=found.len()).prop_map(|found| tags(&found))
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let region = prop_oneof![9 => Just("eu-central-1"), 1 => Just("eu-west-1")];
    let lifecycle = prop_oneof![Just(None), Just(Some(kept_for(365))), Just(Some(kept_for(30)))];
    imagined::any_settings(region, any_policy(), lifecycle, any_tags())
}

fn any_facts() -> impl Strategy<Value = BucketFacts> {
    imagined::any_bucket(any_settings())
}
