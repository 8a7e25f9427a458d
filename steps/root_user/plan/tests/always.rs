//! What holds of every account.

use proptest::prelude::*;

use super::*;
use crate::answers::Admin;
use crate::event_history::Summary;
use crate::plan_cases::{any_accepted, assert_hold_together, assert_nothing_is_left_to_change, maybe_unseen};
use crate::practice::{Change as _, PracticeId};
use crate::root_user::plan::sign_in::KEYS_PER_USER;

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    plan_cases::always(any_facts(), any_answers(), property);
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        assert_hold_together::<RootUser>(&plan);
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            if rests_on_unseen(planned.step, facts, answers) {
                assert!(!matches!(planned.state, State::InPlace | State::ToChange), "{planned:?}");
            }
        }
        let password_unseen = matches!(&facts.user, Some(Ok(Some(user))) if user.console_password.is_err());
        if password_unseen && (answers.attended || answers.admin.console_password_file.is_some()) {
            assert_ne!(planned(facts, answers, StepId::AdminUser).state, State::InPlace, "{facts:?}");
        }
    });
}

fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    let user = matches!(facts.user, Some(Err(_)));
    let keys = matches!(&facts.user, Some(Ok(Some(user))) if user.access_keys.is_err());
    match step {
        StepId::PasswordPolicy => facts.password_policy.is_err(),
        StepId::AdminGroup => facts.group.is_err(),
        StepId::AdminUser => user || facts.group.is_err(),
        StepId::AdminSignIn => {
            facts.sign_in == SignIn::No && (user || (keys && answers.admin.access_key_profile.is_some()))
        }
        StepId::RootAccessKeys => facts.root_keys.is_err(),
        _ => false,
    }
}

#[test]
fn no_key_of_root_goes_without_an_administrator_and_consent() {
    always(|facts, answers| {
        let administrator = answers.admin.user.as_deref().unwrap_or_default();
        let ready = matches!(&facts.group, Ok(Some(group))
            if group.is_administrators(&facts.partition) && group.has(administrator));
        let consent = answers.attended || answers.root.delete_access_keys;
        let seen = matches!(facts.root_keys, Ok(RootKeys::Listed(_)));
        let allowed = ready && consent && seen && facts.sign_in != SignIn::No;
        for change in plan(facts, answers).into_iter().flat_map(|planned| planned.changes) {
            assert!(allowed || !change.is_by_root(), "{change:?}");
        }
    });
}

/// Holds a property of the step root-access-keys against random accounts that wait for nothing but it.
fn always_of_root_keys(property: impl Fn(&[RootKey], &Answers, &StepPlan<Change>)) {
    always(|facts, answers| {
        let sign_in = if facts.sign_in == SignIn::No { SignIn::Proven } else { facts.sign_in };
        let ready = Facts { sign_in, root_keys: facts.root_keys.clone(), ..perfect() };
        let admin = Admin { user: Some("alice".into()), ..answers.admin.clone() };
        let answers = Answers { admin, accept: Vec::new(), ..answers.clone() };
        let planned = planned(&ready, &answers, StepId::RootAccessKeys);
        if let (Ok(RootKeys::Listed(keys)), State::ToChange) = (&ready.root_keys, planned.state) {
            let session = planned.changes.iter().position(|change| *change == start_session());
            assert_eq!(session, (sign_in == SignIn::Locked).then_some(0), "{planned:?}");
            property(keys, &answers, &planned);
        }
    });
}

#[test]
fn no_key_of_root_is_stranded() {
    always_of_root_keys(|keys, answers, planned| {
        let place = |wanted: Change| planned.changes.iter().position(|change| *change == wanted);
        let all_off = keys.iter().all(|key| key.signs_this_run || !key.active);
        let deletes = all_off || !answers.attended;
        for key in keys {
            let off = place(deactivate(&key.id));
            if key.signs_this_run {
                let last = planned.changes.len() - 1;
                assert_eq!((off, place(delete_own(&key.id))), (None, deletes.then_some(last)));
            } else {
                let gone = place(delete(&key.id));
                assert_eq!((off.is_some(), gone.is_some()), (key.active, deletes), "{planned:?}");
                assert!(gone.is_none() || off < gone, "{planned:?}");
            }
        }
    });
}

#[test]
fn before_a_key_of_root_is_deleted_a_person_can_take_it_back() {
    always_of_root_keys(|keys, answers, planned| {
        let deletes = planned.changes.iter().any(|change| matches!(change, Change::DeleteRootKey { .. }));
        let others = keys.iter().filter(|key| !key.signs_this_run);
        let ours = |change: &Change| answers.switched_off.contains(&change.resource());
        let expected: Vec<_> = others.map(|key| reactivate(&key.id)).filter(ours).collect();
        if answers.attended && deletes {
            assert_eq!(planned.undo, expected);
        } else {
            assert!(planned.undo.is_empty(), "{planned:?}");
        }
    });
}

#[test]
fn with_nobody_there_no_key_of_root_goes_without_another_way_back() {
    always(|facts, answers| {
        let user = facts.user.as_ref().and_then(|user| user.as_ref().ok()?.as_ref());
        let by_password = user.is_some_and(|user| user.console_password == Ok(true));
        // Who is locked has a device, and the keys go under its session.
        let by_mfa = facts.signed_in_with_mfa || facts.sign_in == SignIn::Locked;
        let is_left_alone = facts.partition != "aws" || facts.root_password == Ok(false);
        let by_root = answers.root.credentials_stored || is_left_alone;
        let allowed = answers.attended || (by_root && (by_password || by_mfa));
        for change in plan(facts, answers).into_iter().flat_map(|planned| planned.changes) {
            assert!(allowed || !change.is_by_root(), "{change:?}");
        }
    });
}

#[test]
fn with_nobody_there_no_key_of_root_goes_that_may_be_in_use() {
    always_of_root_keys(|keys, answers, _| {
        let is_quiet = |key: &RootKey| match &key.last_use {
            _ if key.signs_this_run => {
                let others = key.used_by_others;
                matches!(key.uses, Uses::Found(_))
                    && others.is_none_or(|days_ago| days_ago >= answers.root.quiet_days)
            }
            Err(_) => false,
            Ok(None) => true,
            Ok(Some(last)) => last.days_ago >= answers.root.quiet_days,
        };
        let trusts = answers.attended || answers.root.quiet_days == 0;
        for key in keys {
            assert!(trusts || is_quiet(key), "{key:?}");
        }
    });
}

/// And no user gets more keys than AWS allows.
#[test]
fn no_key_of_the_administrator_goes_without_evidence() {
    always(|facts, answers| {
        let mut facts = Facts { sign_in: SignIn::No, profile_exists: false, ..facts.clone() };
        let admin = Admin { access_key_profile: Some("admin".into()), ..answers.admin.clone() };
        let answers = Answers { admin, accept: Vec::new(), ..answers.clone() };
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        let Some(user) = the_user(&mut facts) else { return };
        let keys = user.access_keys.clone().unwrap_or_default();
        let mut left = keys.len();
        for change in &planned.changes {
            if let Change::DeleteStrandedKey { user, access_key } = change {
                left -= 1;
                assert!(answers.unfinished.contains_key(&format!("iam:access-key/{user}")), "{change:?}");
                let key = keys.iter().find(|key| key.id == *access_key).unwrap();
                assert!(!key.kept_here && key.last_use == Ok(None), "{key:?}");
                assert!(key.made.starts_with("2026-01-02"), "made another day: {key:?}");
            }
        }
        assert!(planned.changes.is_empty() || left < KEYS_PER_USER, "{planned:?}");
    });
}

#[test]
fn no_password_policy_is_weakened() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::PasswordPolicy);
        let (Ok(Some(before)), Some(Change::SetPasswordPolicy { policy: after, .. })) =
            (&facts.password_policy, planned.changes.first())
        else {
            return;
        };
        assert!(after.minimum_password_length >= before.minimum_password_length.max(14));
        assert!(after.password_reuse_prevention >= before.password_reuse_prevention.max(Some(24)));
        assert!(after.allow_users_to_change_password && asks_for_every_kind(after));
        assert_eq!(after.max_password_age, before.max_password_age);
        assert_eq!(after.hard_expiry, before.hard_expiry);
    });
}

#[test]
fn no_signing_certificate_of_root_passes() {
    always(|facts, answers| {
        let facts = Facts { root_certificates: Ok(true), ..facts.clone() };
        assert_ne!(planned(&facts, answers, StepId::RootAccessKeys).state, State::InPlace);
    });
}

#[test]
fn only_a_strong_password_policy_passes() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::PasswordPolicy);
        if planned.state == State::InPlace {
            let policy = facts.password_policy.as_ref().unwrap().as_ref().unwrap();
            assert!(policy.minimum_password_length >= 14 && asks_for_every_kind(policy), "{policy:?}");
            assert_eq!(policy.password_reuse_prevention, Some(24));
        }
    });
}

fn asks_for_every_kind(policy: &PasswordPolicy) -> bool {
    policy.require_symbols
        && policy.require_numbers
        && policy.require_uppercase_characters
        && policy.require_lowercase_characters
}

#[test]
fn no_secret_is_made_that_nobody_receives() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        for change in plan.iter().flat_map(|planned| &planned.changes) {
            match change {
                Change::CreateConsolePassword { .. } => {
                    assert!(answers.attended || answers.admin.console_password_file.is_some());
                }
                Change::CreateAccessKey { profile, .. } => {
                    assert_eq!(Some(profile), answers.admin.access_key_profile.as_ref());
                }
                _ => {}
            }
        }
    });
}

/// The keys of root wait for the sign-in, and are switched off before they are deleted, so it takes three rounds.
#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| assert_nothing_is_left_to_change::<RootUser>(3, facts.clone(), answers, make));
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let readings = (
        maybe_unseen(prop::option::of(any_policy())),
        maybe_unseen(prop::option::weighted(0.8, any_group())),
        prop::option::weighted(0.9, maybe_unseen(prop::option::weighted(0.8, any_user()))),
        maybe_unseen(any_root_keys()),
        maybe_unseen(any::<bool>()),
    );
    let sign_in = prop::sample::select(vec![SignIn::No, SignIn::Locked, SignIn::Proven]);
    let partition = prop::sample::select(vec!["aws", "aws", "aws", "aws-cn", "aws-us-gov"]);
    let facts = (readings, sign_in, any::<[bool; 3]>()).prop_map(|(readings, sign_in, flags)| {
        let (password_policy, group, user, root_keys, root_password) = readings;
        let [profile_exists, by_root, signed_in_with_mfa] = flags;
        let as_root = by_root || matches!(root_keys, Ok(RootKeys::Listed(_)));
        let seen = Facts { password_policy, group, user, root_keys, root_password, ..fresh() };
        Facts { as_root, sign_in, signed_in_with_mfa, profile_exists, ..seen }
    });
    (facts, partition).prop_map(|(mut facts, partition)| {
        move_to(&mut facts, partition);
        facts
    })
}

fn any_policy() -> impl Strategy<Value = PasswordPolicy> {
    let limits = (6..=128_i32, prop::option::of(1..=1095_i32), prop::option::of(1..=24_i32));
    (limits, any::<[bool; 5]>(), any::<Option<bool>>()).prop_map(|(limits, flags, hard_expiry)| {
        let (minimum_password_length, max_password_age, password_reuse_prevention) = limits;
        PasswordPolicy {
            minimum_password_length,
            require_symbols: flags[0],
            require_numbers: flags[1],
            require_uppercase_characters: flags[2],
            require_lowercase_characters: flags[3],
            allow_users_to_change_password: flags[4],
            max_password_age,
            password_reuse_prevention,
            hard_expiry,
        }
    })
}

fn any_group() -> impl Strategy<Value = Group> {
    let name = prop::sample::select(vec!["Administrators", "administrators"]);
    let members = prop::sample::subsequence(vec!["Alice", "bob", "carol"], 0..=3);
    let policies = prop::sample::subsequence(vec![READ_ONLY, FULL_RIGHTS], 0..=2);
    (name, members, policies, 0..2_usize).prop_map(|(name, members, policies, inline_policies)| Group {
        name: name.into(),
        inline_policies,
        ..group(&members, &policies)
    })
}

fn any_user() -> impl Strategy<Value = User> {
    let name = prop::sample::select(vec!["alice", "Alice"]);
    let key = (any_last_use(), any::<[bool; 2]>(), 1..=28_u32);
    let keys = prop::collection::vec(key, 0..=2).prop_map(|keys| {
        let numbered = keys.into_iter().enumerate();
        numbered
            .map(|(number, (last_use, [active, kept_here], day))| UserKey {
                id: format!("AKIAUSER{number}"),
                active,
                made: format!("2026-01-{day:02}T03:04:05Z"),
                last_use,
                kept_here,
            })
            .collect::<Vec<_>>()
    });
    let readings = (maybe_unseen(any::<bool>()), maybe_unseen(keys));
    (name, any::<bool>(), readings).prop_map(|(name, has_signed_in, (console_password, access_keys))| User {
        name: name.into(),
        console_password,
        password_last_used: has_signed_in.then(signed_in),
        access_keys,
    })
}

/// Half of the keys were never used.
fn any_last_use() -> impl Strategy<Value = Reading<Option<LastUse>>> {
    maybe_unseen(prop::option::of((0..60_u32).prop_map(last_use)))
}

/// The list has the key that signs at its end, as the look at the account puts it.
fn any_root_keys() -> impl Strategy<Value = RootKeys> {
    let key = (any::<bool>(), any_last_use(), any_uses());
    let keys = (prop::collection::vec(key, 0..=2), any::<bool>(), 0..60_u32);
    let listed = keys.prop_map(|(keys, one_signs, others_days_ago)| {
        let mut listed: Vec<_> = keys.into_iter().enumerate().map(numbered_root_key).collect();
        if let (Some(last), true) = (listed.last_mut(), one_signs) {
            (last.active, last.signs_this_run) = (true, true);
            last.used_by_others =
                matches!(&last.uses, Uses::Found(uses) if uses.calls > 0).then_some(others_days_ago);
        }
        RootKeys::Listed(listed)
    });
    prop_oneof![3 => listed, 1 => any::<bool>().prop_map(RootKeys::Counted)]
}

type AnyRootKey = (bool, Reading<Option<LastUse>>, Uses);

fn numbered_root_key((number, (active, last_use, uses)): (usize, AnyRootKey)) -> RootKey {
    RootKey { active, last_use, uses, ..root_key(&format!("AKIAROOT{number}")) }
}

fn any_uses() -> impl Strategy<Value = Uses> {
    prop_oneof![
        3 => Just(Uses::NotAsked),
        1 => Just(Uses::ToBeAsked),
        2 => (0..3_usize).prop_map(|calls| Uses::Found(Summary { calls, ..Summary::default() })),
    ]
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let accept = any_accepted(PracticeId::RootUser);
    let root = (any::<bool>(), any::<bool>(), 0..40_u32);
    (any::<[bool; 6]>(), root, accept).prop_map(|(flags, root, accept)| {
        let [attended, named, file, profile, console, cut_short] = flags;
        let (credentials_stored, delete_access_keys, quiet_days) = root;
        let mut answers = accepting(&accept, answers());
        answers.attended = attended;
        answers.root = Root { credentials_stored, delete_access_keys, quiet_days };
        answers.admin.user = answers.admin.user.filter(|_| named);
        answers.admin.console_password_file = file.then(|| "alice.txt".into());
        answers.admin.access_key_profile = profile.then(|| "admin".into());
        answers.admin.sign_in = console.then_some(SignInWay::Console);
        answers.unfinished.extend(cut_short.then(|| (CUT_SHORT.to_owned(), CUT_SHORT_AT.to_owned())));
        answers
    })
}
