//! What holds of every account.

use proptest::prelude::*;

use super::*;
use crate::mfa::plan::require::LOGIN_HOURS;
use crate::plan_cases::{any_accepted, assert_hold_together, assert_nothing_is_left_to_change, maybe_unseen};
use crate::practice::PracticeId;
use crate::session::is_passkey;

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    plan_cases::always(any_facts(), any_answers(), property);
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        assert_hold_together::<crate::mfa::Mfa>(&plan);
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            if rests_on_unseen(planned.step, facts) {
                assert!(!matches!(planned.state, State::InPlace | State::ToChange), "{planned:?}");
            }
        }
    });
}

fn rests_on_unseen(step: StepId, facts: &Facts) -> bool {
    let has_device = matches!(&facts.admin, Ok(Some((_, devices))) if !devices.is_empty());
    match step {
        StepId::AdminMfa => facts.admin.is_err() || (!has_device && facts.virtual_devices.is_err()),
        StepId::RootMfa => facts.root_mfa.is_err(),
        StepId::RequireMfa => facts.policy.is_err() || facts.group.is_err() || facts.attached.is_err(),
        StepId::UsersMfa => facts.users_without_mfa.is_err(),
        _ => false,
    }
}

#[test]
fn nobody_is_locked_out() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RequireMfa);
        if planned.state != State::ToChange {
            return;
        }
        let (Ok(Some((user, devices))), Ok(Some((_, members)))) = (&facts.admin, &facts.group) else {
            panic!("neither the administrator nor the group is known: {planned:?}");
        };
        assert!(answers.mfa.require && !devices.is_empty(), "{planned:?}");
        match &facts.run {
            RunMfa::Safe => {
                assert!(!planned.changes.contains(&start_session(user)));
                assert!(facts.signed_in || keys_of(user, members).is_empty(), "{planned:?}");
            }
            RunMfa::AdministratorByKey => {
                assert_eq!(planned.changes[0], start_session(user));
                assert!(devices.iter().any(|serial| !is_passkey(serial)));
            }
            RunMfa::AdministratorByLogin => {
                assert!(facts.device_hours.is_some_and(|hours| hours >= LOGIN_HOURS))
            }
            RunMfa::OtherUser(caller) => {
                assert!(!members.iter().any(|member| member.name.eq_ignore_ascii_case(caller)));
                assert!(facts.signed_in || keys_of(user, members).is_empty(), "{planned:?}");
            }
            RunMfa::Out => panic!("nobody is there to attach it: {planned:?}"),
        }
        let replaces = planned.changes.iter().any(|change| matches!(change, Change::UpdatePolicy { .. }));
        assert!(!replaces || (answers.attended && planned.careful), "{planned:?}");
    });
}

fn keys_of(user: &str, members: &[Member]) -> Vec<String> {
    let found = members.iter().find(|member| member.name.eq_ignore_ascii_case(user));
    found.map(|member| member.active_keys.clone()).unwrap_or_default()
}

/// A policy that is made and attached to nobody requires nothing.
#[test]
fn mfa_is_required_only_where_the_policy_is_attached() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RequireMfa);
        if planned.state != State::InPlace {
            return;
        }
        assert!(matches!(&facts.policy, Ok(Some(policy)) if policy.same), "{planned:?}");
        assert!(matches!(&facts.group, Ok(Some(_))) && facts.attached == Ok(true), "{planned:?}");
        assert!(facts.people_groups.iter().flatten().all(|(_, group)| group.attached), "{planned:?}");
    });
}

/// A pass that rests on the credential report for somebody says so.
#[test]
fn who_was_not_looked_up_is_not_passed_in_silence() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::UsersMfa);
        if planned.state != State::InPlace {
            return;
        }
        assert!(facts.users_without_mfa.as_ref().is_ok_and(Vec::is_empty), "{planned:?}");
        let told =
            planned.found.as_ref().is_some_and(|found| found.en.contains("not everybody was looked up"));
        assert_eq!(told, facts.reported.is_some(), "{planned:?}");
    });
}

#[test]
fn nobody_is_stopped_without_a_word() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RequireMfa);
        let (Ok(Some((_, members))), State::ToChange) = (&facts.group, planned.state) else { return };
        for member in members {
            let named = |note: &Text| {
                note.en.contains(&member.name) && member.active_keys.iter().all(|key| note.en.contains(key))
            };
            let is_stopped = !member.mfa || !member.active_keys.is_empty();
            assert_eq!(planned.notes.iter().any(named), is_stopped, "{member:?}");
        }
    });
}

#[test]
fn a_device_gets_a_free_name_and_replaces_only_what_nobody_owns() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::AdminMfa);
        let (Ok(devices), Some(Change::EnrolVirtualDevice { device: name, .. })) =
            (&facts.virtual_devices, planned.changes.last())
        else {
            return;
        };
        let deletes = |device: &VirtualDevice| {
            planned.changes.contains(&Change::DeleteLeftover { serial: device.serial.clone() })
        };
        for device in devices {
            let same_name = device.name().eq_ignore_ascii_case(name);
            assert_eq!(deletes(device), same_name, "{planned:?}");
            assert!(!same_name || device.owner.is_none(), "{planned:?}");
        }
    });
}

/// The policy waits for the device, so it takes two rounds.
#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| {
        assert_nothing_is_left_to_change::<crate::mfa::Mfa>(2, facts.clone(), answers, make)
    });
}

/// What an account looks like after a change.
fn make(facts: &mut Facts, change: &Change) {
    match change {
        Change::DeleteLeftover { serial } => {
            facts.virtual_devices.as_mut().unwrap().retain(|device| device.serial != *serial);
        }
        Change::EnrolVirtualDevice { user, device, .. } => {
            let made = assigned(device, user);
            facts.admin = Ok(Some((user.clone(), vec![made.serial.clone()])));
            facts.virtual_devices.as_mut().unwrap().push(made);
        }
        Change::EnrolHardwareToken { user, serial } => {
            facts.admin = Ok(Some((user.clone(), vec![serial.clone()])));
        }
        Change::RemoveDevice { .. } | Change::ResyncDevice { .. } => {
            panic!("no plan touches a device that is there: {change:?}")
        }
        Change::StartSession { .. } => facts.run = RunMfa::Safe,
        Change::CreatePolicy { .. } | Change::UpdatePolicy { .. } => {
            facts.policy = policy_that_is(true, None);
        }
        Change::NoteInProfile { serial, .. } => facts.noted_device = Some(serial.clone()),
        Change::AttachPolicy { group, .. } if group == "Administrators" => facts.attached = Ok(true),
        Change::AttachPolicy { group, .. } => people_group(facts, group).attached = true,
        Change::CreateGroup { group } => {
            people_group(facts, group);
        }
        Change::CreateUser { user } => {
            let key = user.to_ascii_lowercase();
            facts.people.as_mut().unwrap().insert(key, known(user, false));
        }
        Change::AddToGroup { user, group } => {
            people_group(facts, group).members.insert(user.to_ascii_lowercase());
        }
        Change::CreateConsolePassword { user, .. } => {
            let key = user.to_ascii_lowercase();
            facts.people.as_mut().unwrap().insert(key, known(user, true));
        }
    }
}

fn people_group<'f>(facts: &'f mut Facts, group: &str) -> &'f mut PeopleGroup {
    let none = people_group_of(&[]);
    facts.people_groups.as_mut().unwrap().entry(group.to_owned()).or_insert(none)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let of_administrator =
        (maybe_unseen(any_admin()), maybe_unseen(any_virtual_devices()), any_run(), any::<bool>());
    let of_policy = (
        maybe_unseen(prop::option::of(any_policy())),
        maybe_unseen(any_group()),
        maybe_unseen(any::<bool>()),
    );
    let machines = prop::sample::subsequence(vec!["dave", "erin"], 0..=2);
    let reported = prop::option::of(Just(1_795_500_000));
    let of_users = (maybe_unseen(any_names()), any_names(), maybe_unseen(any::<bool>()), machines, reported);
    (of_administrator, of_policy, of_users).prop_map(|(of_administrator, of_policy, of_users)| {
        let (admin, virtual_devices, run, signed_in) = of_administrator;
        let (policy, group, attached) = of_policy;
        let (users_without_mfa, user_names, root_mfa, machines, reported) = of_users;
        Facts {
            admin,
            virtual_devices,
            root_mfa,
            policy,
            group,
            attached,
            run,
            signed_in,
            users_without_mfa,
            machines_without_mfa: owned(&machines),
            reported,
            user_names: BTreeSet::from_iter(user_names),
            ..fresh()
        }
    })
}

fn any_admin() -> impl Strategy<Value = Option<(String, Vec<String>)>> {
    let name = prop::sample::select(vec!["alice", "Alice"]);
    let devices = prop::sample::subsequence(vec![PASSKEY, VIRTUAL, TOKEN], 0..=3);
    let admin = (name, devices).prop_map(|(name, devices)| (name.to_owned(), owned(&devices)));
    prop::option::weighted(0.85, admin)
}

/// Names are unique without regard to case.
fn any_virtual_devices() -> impl Strategy<Value = Vec<VirtualDevice>> {
    let names = prop::sample::subsequence(vec!["Alice", "alice-2", "ALICE-3", "bob"], 0..=4);
    let owned = any::<[bool; 4]>();
    (names, owned).prop_map(|(names, owned)| {
        let device = |(name, owned)| if owned { assigned(name, "bob") } else { leftover(name) };
        names.into_iter().zip(owned).map(device).collect::<Vec<_>>()
    })
}

fn any_run() -> impl Strategy<Value = RunMfa> {
    let other = prop::sample::select(vec!["BOB", "dave"]);
    prop_oneof![
        Just(RunMfa::Safe),
        Just(RunMfa::AdministratorByKey),
        Just(RunMfa::AdministratorByLogin),
        Just(RunMfa::Out),
        other.prop_map(|name| RunMfa::OtherUser(name.to_owned())),
    ]
}

fn any_policy() -> impl Strategy<Value = RequirePolicy> {
    let spare = prop::option::of(Just("v2".to_owned()));
    (any::<bool>(), spare).prop_map(|(same, oldest_spare)| {
        let holders = Ok(Holders { users: owned(&["frank"]), ..Holders::default() });
        RequirePolicy { same, oldest_spare, holders }
    })
}

fn any_group() -> impl Strategy<Value = Option<(String, Vec<Member>)>> {
    let names = prop::sample::subsequence(vec!["alice", "bob", "carol"], 0..=3);
    let details = any::<[(bool, bool); 3]>();
    let members = (names, details).prop_map(|(names, details)| {
        let member = |(name, (mfa, has_key)): (&str, (bool, bool))| {
            let keys = [format!("AKIA-{name}")];
            Member { active_keys: keys.into_iter().filter(|_| has_key).collect(), ..member(name, mfa, &[]) }
        };
        let members: Vec<_> = names.into_iter().zip(details).map(member).collect();
        ("Administrators".to_owned(), members)
    });
    prop::option::weighted(0.85, members)
}

fn any_names() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["alice", "bob", "carol"], 0..=3).prop_map(|names| owned(&names))
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let accept = any_accepted(PracticeId::Mfa);
    let people = prop::sample::subsequence(vec!["Alice", "dave"], 0..=2);
    (any::<[bool; 3]>(), any_mfa_answers(), people, accept).prop_map(|(flags, mfa, people, accept)| {
        let [attended, named, require] = flags;
        let mut answers = accepting(&accept, answers());
        answers.attended = attended;
        answers.admin.user = answers.admin.user.filter(|_| named);
        answers.people = people.into_iter().map(person).collect();
        answers.mfa = Mfa { require, ..mfa };
        answers
    })
}

fn any_mfa_answers() -> impl Strategy<Value = Mfa> {
    any::<[bool; 4]>().prop_map(|[hardware, serial, enrols, codes]| Mfa {
        device: Some(if hardware { DeviceKind::Hardware } else { DeviceKind::Virtual }),
        serial: serial.then(|| TOKEN.to_owned()),
        enrol_command: command().filter(|_| enrols),
        code_command: command().filter(|_| codes),
        ..Mfa::default()
    })
}
