//! `admin-mfa`: the administrator's device, which a person chooses and commands can enrol.

use super::*;

#[test]
fn the_administrator_enrols_a_device() {
    cases(StepId::AdminMfa, fresh)
        .changes("no device", vec![enrol("alice", "alice")], |_, _| {})
        .changes("spelled in another case", vec![enrol("Alice", "Alice")], |facts, _| {
            facts.admin = Ok(Some(("Alice".into(), Vec::new())));
        })
        .changes("named, and not made yet", vec![enrol("alice", "alice")], |facts, _| facts.admin = Ok(None))
        .stands("nobody is named", State::Blocked, |facts, answers| {
            (facts.admin, answers.admin.user) = (Ok(None), None);
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.admin = Err(unseen()))
        .stands("the list of devices is unreadable", State::NotAssessed, |facts, _| {
            facts.virtual_devices = Err(unseen());
        })
        .stands("one device, and no list is needed", State::InPlace, |facts, _| {
            (facts.admin, facts.virtual_devices) = (admin_with(&[TOKEN]), Err(unseen()));
        });
    let mut nobody = answers();
    nobody.admin.user = None;
    let planned = planned(&Facts { admin: Ok(None), ..fresh() }, &nobody, StepId::AdminMfa);
    says(&planned.reason.unwrap(), &["admin-user"]);
}

#[test]
fn with_nobody_there_commands_enrol() {
    cases(StepId::AdminMfa, fresh)
        .stands("no commands", State::NeedsPerson, |_, answers| answers.attended = false)
        .stands("a command for codes alone", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            answers.mfa.code_command = command();
        })
        .stands("a command for the seed alone", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            answers.mfa.enrol_command = command();
        })
        .changes("both commands", vec![enrol("alice", "alice")], |_, answers| {
            answers.attended = false;
            (answers.mfa.enrol_command, answers.mfa.code_command) = (command(), command());
        });
    let unattended = Answers { attended: false, ..answers() };
    let task = planned(&fresh(), &unattended, StepId::AdminMfa).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.how[0], &["enrol_command", "code_command", "[mfa]"]);
}

#[test]
fn a_hardware_token_is_enabled_by_its_serial_number() {
    cases(StepId::AdminMfa, fresh)
        .changes("a person there", vec![enrol_token()], |_, answers| {
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        })
        .changes("a serial number, but another kind", vec![enrol("alice", "alice")], |_, answers| {
            answers.mfa.serial = Some(TOKEN.into());
        })
        .stands("the kind, and the serial number is asked for", State::NeedsPerson, |_, answers| {
            answers.mfa.device = Some(DeviceKind::Hardware);
        })
        .changes("nobody there, a command for codes", vec![enrol_token()], |_, answers| {
            answers.attended = false;
            answers.mfa.code_command = command();
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        })
        .stands("nobody there, no serial number", State::NeedsPerson, |_, answers| {
            (answers.attended, answers.mfa.device) = (false, Some(DeviceKind::Hardware));
            (answers.mfa.enrol_command, answers.mfa.code_command) = (command(), command());
        })
        .stands("nobody there, no command for codes", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        });
}

#[test]
fn a_leftover_of_the_name_is_replaced_and_a_taken_name_is_left() {
    let replaced = |device: &str, name: &str| vec![delete_leftover(device), enrol("alice", name)];
    cases(StepId::AdminMfa, fresh)
        .changes("a leftover", replaced("alice", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("alice")]);
        })
        .changes("a leftover in another case", replaced("ALICE", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("ALICE")]);
        })
        .changes("a leftover under a path", replaced("team/alice", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("team/alice")]);
        })
        .changes("a leftover of another name", vec![enrol("alice", "alice")], |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("bob")]);
        })
        .changes("taken by another user", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice", "bob")]);
        })
        .changes("taken in another case", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("Alice", "bob")]);
        })
        .changes("taken by root", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![of_root("alice")]);
        })
        .changes("two are taken", vec![enrol("alice", "alice-3")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice-2", "carol"), assigned("alice", "bob")]);
        })
        .changes("taken, and a leftover of the next name", replaced("alice-2", "alice-2"), |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice", "bob"), leftover("alice-2")]);
        });
}

#[test]
fn the_device_that_is_there_is_named() {
    let strange = "arn:aws:iam::111122223333:mfa/a\u{1b}b";
    for (serial, en) in [
        (VIRTUAL, "virtual device alice"),
        (PASSKEY, "a passkey or security key"),
        (TOKEN, "hardware token GAHT12345678"),
        (SMS, "a phone number, by SMS"),
        (strange, "virtual device a\u{fffd}b"),
    ] {
        let facts = Facts { admin: admin_with(&[serial]), ..fresh() };
        let found = planned(&facts, &answers(), StepId::AdminMfa).found.unwrap();
        assert_eq!(found.en, en);
        let name = en.rsplit(' ').next().unwrap();
        assert_eq!(found.ko.contains(name), serial != PASSKEY, "{serial}: {}", found.ko);
    }
}

#[test]
fn each_partition_has_its_devices_and_its_console() {
    let task = |partition: &str, device| {
        let mut answers = answers();
        answers.mfa.device = device;
        let facts = Facts { partition: partition.into(), ..fresh() };
        planned(&facts, &answers, StepId::AdminMfa)
    };
    let passkey = |partition: &str| task(partition, Some(DeviceKind::Passkey)).person.unwrap();
    for (partition, host) in
        [("aws", "console.aws.amazon.com"), ("aws-us-gov", "console.amazonaws-us-gov.com")]
    {
        let page = format!("https://{host}/iam/home#/security_credentials");
        says(&passkey(partition).how[0], &[page.as_str()]);
    }
    says(&passkey("aws-cn").how[0], &["virtual"]);
    assert_eq!(task("aws-cn", Some(DeviceKind::Hardware)).state, State::NeedsPerson);
    assert_eq!(task("aws-cn", None).changes, [enrol("alice", "alice")], "there is nothing to choose");
}

#[test]
fn a_person_chooses_the_device_and_is_offered_a_second() {
    cases(StepId::AdminMfa, fresh)
        .stands("nothing said", State::NeedsPerson, |_, answers| answers.mfa.device = None)
        .stands("a passkey is added in the console", State::NeedsPerson, |_, answers| {
            answers.mfa.device = Some(DeviceKind::Passkey);
        });
    let offer = planned(&enrolled(), &answers(), StepId::AdminMfa).offer.unwrap();
    assert_eq!(offer.changes, [enrol("alice", "alice-2")]);
    let two = Facts { admin: admin_with(&[VIRTUAL, TOKEN]), ..enrolled() };
    assert_eq!(planned(&two, &answers(), StepId::AdminMfa).offer, None);
    let unattended = Answers { attended: false, ..answers() };
    assert_eq!(planned(&enrolled(), &unattended, StepId::AdminMfa).offer, None);
}
