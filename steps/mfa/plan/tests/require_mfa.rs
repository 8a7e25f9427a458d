//! `require-mfa`: when the policy is made, replaced and attached, and what it waits for.

use super::*;
use crate::mfa::facts::Tried;

#[test]
fn the_policy_is_made_and_attached() {
    let session = || start_session("alice");
    let attach = || attach_policy("Administrators");
    cases(StepId::RequireMfa, enrolled)
        .changes("under an MFA session", vec![session(), create_policy(), attach()], |_, _| {})
        .changes("by a run that is safe", vec![create_policy(), attach()], |facts, _| {
            facts.run = RunMfa::Safe;
        })
        .changes(
            "to the group as AWS spells it, by the administrator as AWS spells it",
            vec![start_session("Alice"), create_policy(), attach_policy("administrators")],
            |facts, _| {
                facts.admin = Ok(Some(("Alice".into(), owned(&[VIRTUAL]))));
                facts.group = Ok(Some(("administrators".into(), Vec::new())));
            },
        )
        .changes("it is made and not attached", vec![session(), attach()], |facts, _| {
            facts.policy = policy_that_is(true, None);
        })
        .changes("it differs", vec![session(), update_policy(None), attach()], |facts, _| {
            facts.policy = policy_that_is(false, None);
        })
        .changes("it differs, and is attached", vec![session(), update_policy(None)], |facts, _| {
            (facts.policy, facts.attached) = (policy_that_is(false, None), Ok(true));
        })
        .changes(
            "it differs, and has five versions",
            vec![session(), update_policy(Some("v2"))],
            |facts, _| {
                (facts.policy, facts.attached) = (policy_that_is(false, Some("v2")), Ok(true));
            },
        )
        .changes("attached, and gone since", vec![session(), create_policy()], |facts, _| {
            facts.attached = Ok(true);
        })
        .stands("attached, and the same", State::InPlace, |facts, _| {
            (facts.policy, facts.attached) = (policy_that_is(true, None), Ok(true));
        });
}

#[test]
fn the_policy_is_of_the_account_and_the_partition() {
    let facts = Facts { partition: "aws-cn".into(), run: RunMfa::Safe, ..enrolled() };
    let policy = "arn:aws-cn:iam::111122223333:policy/dayone-require-mfa".to_owned();
    let planned = planned(&facts, &answers(), StepId::RequireMfa);
    let group = "Administrators".to_owned();
    let expected = [Change::CreatePolicy { policy: policy.clone() }, Change::AttachPolicy { policy, group }];
    assert_eq!(planned.changes, expected);
}

#[test]
fn what_was_not_seen_of_the_policy_is_not_assessed() {
    cases(StepId::RequireMfa, perfect)
        .stands("the policy", State::NotAssessed, |facts, _| facts.policy = Err(unseen()))
        .stands("the group", State::NotAssessed, |facts, _| facts.group = Err(unseen()))
        .stands("the attachment", State::NotAssessed, |facts, _| facts.attached = Err(unseen()))
        .stands("even where it is not wanted", State::NotAssessed, |facts, answers| {
            facts.policy = Err(unseen());
            answers.mfa.require = false;
        })
        .stands("what it does not rest on", State::InPlace, |facts, _| {
            (facts.admin, facts.virtual_devices) = (Err(unseen()), Err(unseen()));
            (facts.root_mfa, facts.users_without_mfa) = (Err(unseen()), Err(unseen()));
        });
}

#[test]
fn the_answers_may_say_that_no_policy_is_wanted() {
    cases(StepId::RequireMfa, enrolled)
        .stands("none", State::Accepted, |_, answers| answers.mfa.require = false)
        .stands("without a device", State::Accepted, |facts, answers| {
            facts.admin = admin_with(&[]);
            answers.mfa.require = false;
        })
        .stands("another one is attached", State::Accepted, |facts, answers| {
            (facts.policy, facts.attached) = (policy_that_is(false, None), Ok(true));
            answers.mfa.require = false;
        })
        .stands("it is in place all the same", State::InPlace, |facts, answers| {
            (facts.policy, facts.attached) = (policy_that_is(true, None), Ok(true));
            answers.mfa.require = false;
        })
        .stands("it is there, and no group has it", State::Accepted, |facts, answers| {
            (facts.policy, facts.group) = (policy_that_is(true, None), Ok(None));
            answers.mfa.require = false;
        });
    let mfa = Mfa { require: false, ..Mfa::default() };
    let planned = planned(&enrolled(), &Answers { mfa, ..answers() }, StepId::RequireMfa);
    says(&planned.reason.unwrap(), &["mfa.require = false"]);
}

#[test]
fn the_policy_waits_for_the_administrators_device() {
    cases(StepId::RequireMfa, enrolled)
        .stands("no device", State::Blocked, |facts, _| facts.admin = admin_with(&[]))
        .stands("no administrator", State::Blocked, |facts, _| facts.admin = Ok(None))
        .stands("nothing known of the administrator", State::Blocked, |facts, _| facts.admin = Err(unseen()))
        .stands("no group", State::Blocked, |facts, _| facts.group = Ok(None))
        .stands("no group, and the policy is there already", State::Blocked, |facts, _| {
            (facts.group, facts.policy) = (Ok(None), policy_that_is(true, None));
        })
        .stands("no group, and the groups of the people have the policy", State::Blocked, |facts, _| {
            let group = PeopleGroup { attached: true, ..people_group_of(&[]) };
            facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), group)]));
            (facts.group, facts.policy) = (Ok(None), policy_that_is(true, None));
        });
    let without_group = Facts { group: Ok(None), attached: Ok(false), ..perfect() };
    says(&planned(&without_group, &answers(), StepId::RequireMfa).reason.unwrap(), &["admin-group"]);
    says(&planned(&fresh(), &answers(), StepId::RequireMfa).reason.unwrap(), &["admin-mfa"]);
}

/// `GetSessionToken` takes a code, and a passkey shows none.
#[test]
fn a_passkey_alone_needs_aws_login() {
    let all = || vec![start_session("alice"), create_policy(), attach_policy("Administrators")];
    cases(StepId::RequireMfa, enrolled)
        .stands("by access key", State::NeedsPerson, |facts, _| facts.admin = admin_with(&[PASSKEY]))
        .stands("two of them", State::NeedsPerson, |facts, _| facts.admin = admin_with(&[PASSKEY, PASSKEY]))
        .changes("beside an authenticator app", all(), |facts, _| {
            facts.admin = admin_with(&[PASSKEY, VIRTUAL]);
        })
        .changes("a hardware token shows codes", all(), |facts, _| facts.admin = admin_with(&[TOKEN]))
        .changes("by aws login", all().split_off(1), |facts, _| {
            (facts.admin, facts.run) = (admin_with(&[PASSKEY]), RunMfa::Safe);
        });
    let facts = Facts { admin: admin_with(&[PASSKEY]), ..enrolled() };
    let task = planned(&facts, &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["aws login"]);
}

#[test]
fn whoever_the_policy_stops_signs_in_again() {
    let facts = Facts { run: RunMfa::Out, policy: Err(unseen()), group: Err(unseen()), ..perfect() };
    let task = planned(&facts, &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningInAgain);
    says(&task.what, &["MFA"]);
}

#[test]
fn a_login_older_than_the_device_signs_in_again() {
    let start =
        || Facts { run: RunMfa::AdministratorByLogin, attached: Ok(false), policy: Ok(None), ..perfect() };
    cases(StepId::RequireMfa, start)
        .stands("the device is new", State::NeedsPerson, |facts, _| facts.device_hours = Some(0))
        .stands("its age is not known", State::NeedsPerson, |facts, _| facts.device_hours = None);
    let old = Facts { device_hours: Some(12), ..start() };
    assert_eq!(planned(&old, &answers(), StepId::RequireMfa).state, State::ToChange);
    let task = planned(&start(), &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningInAgain);
}

#[test]
fn what_was_tried_is_told() {
    let tried = |refused_without, allowed_with| Facts {
        tried: Some(Tried { refused_without, allowed_with }),
        ..perfect()
    };
    let found = |facts: &Facts| planned(facts, &answers(), StepId::RequireMfa).found.unwrap();
    assert!(found(&tried(true, true)).en.contains("without MFA refused, with MFA allowed"));
    assert!(found(&tried(false, true)).en.contains("does not refuse the access key alone yet"));
    assert_eq!(found(&perfect()).en, "attached; not tried in this run");

    let out = planned(&tried(true, false), &answers(), StepId::RequireMfa);
    assert_eq!(out.state, State::NeedsPerson);
    holds_together(&out);
    let task = out.person.unwrap();
    assert!(task.what.en.contains("refuses alice with MFA too"), "{}", task.what.en);
    says(&task.how[1], &["aws iam detach-group-policy --group-name Administrators", POLICY]);
}
