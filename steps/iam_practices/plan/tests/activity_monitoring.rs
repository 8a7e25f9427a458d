//! `activity-monitoring`: who would notice, and whom AWS would tell.

use super::*;
use crate::answers::Admin;

#[test]
fn what_watches_over_the_account_is_made() {
    let all = vec![create_analyzer(), create_role(), attach_support()];
    cases(StepId::ActivityMonitoring, perfect)
        .stands("all there", State::InPlace, |_, _| {})
        .changes("nothing there", all.clone(), |facts, _| *facts = fresh())
        .changes(
            "nothing there, with a contact",
            [all.clone(), vec![set_contact()]].concat(),
            |facts, answers| {
                *facts = fresh();
                name_contact(answers);
            },
        )
        .changes("unattended", all.clone(), |facts, answers| {
            *facts = fresh();
            answers.attended = false;
        })
        .changes(
            "unattended, with everything said",
            [all, vec![set_contact(), block()]].concat(),
            |facts, answers| {
                *facts = fresh();
                (answers.attended, answers.iam.block_public_s3) = (false, Some(true));
                name_contact(answers);
            },
        )
        .changes("no analyzer", vec![create_analyzer()], |facts, _| facts.analyzer = Ok(Analyzer::Missing))
        .stands("an analyzer that does not work", State::NeedsPerson, |facts, _| {
            facts.analyzer = Ok(Analyzer::NotWorking("own".into()));
        })
        .changes("a bare role", vec![attach_support()], |facts, _| facts.support = Ok(SupportRole::Bare))
        .stands("somebody else's role", State::NeedsPerson, |facts, _| {
            facts.support = Ok(SupportRole::Namesake);
        })
        .stands("public access", State::NeedsPerson, |facts, _| facts.public_access_blocked = Ok(false))
        .changes("public access, with consent", vec![block()], |facts, answers| {
            (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(true));
        })
        .stands("public access, meant", State::Accepted, |facts, answers| {
            (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(false));
        })
        .stands("public access, meant, and blocked all the same", State::InPlace, |_, answers| {
            answers.iam.block_public_s3 = Some(false);
        })
        .stands(
            "public access, meant, and the analyzers are unreadable",
            State::NotAssessed,
            |facts, answers| {
                (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(false));
                facts.analyzer = Err(unseen());
            },
        )
        .stands("public access, unattended", State::NeedsPerson, |facts, answers| {
            (facts.public_access_blocked, answers.attended) = (Ok(false), false);
        })
        .stands("no contact", State::NeedsPerson, |facts, _| facts.security_contact = Ok(false))
        .changes("no contact, but one is named", vec![set_contact()], |facts, answers| {
            facts.security_contact = Ok(false);
            name_contact(answers);
        })
        .stands("no contact, and no phone number", State::NeedsPerson, |facts, answers| {
            facts.security_contact = Ok(false);
            answers.iam.security_contact_email = Some("a@b.c".into());
        })
        .stands("the analyzers are unreadable", State::NotAssessed, |facts, _| facts.analyzer = Err(unseen()))
        .stands("the contact is unreadable", State::NotAssessed, |facts, _| {
            facts.security_contact = Err(unseen());
        })
        .stands("the block is unreadable", State::NotAssessed, |facts, _| {
            facts.public_access_blocked = Err(unseen());
        })
        .stands("the support role is unreadable", State::NotAssessed, |facts, _| {
            facts.support = Err(unseen());
        })
        .stands("the report is unreadable", State::NotAssessed, |facts, _| facts.report = Err(unseen()))
        .changes("one is unreadable, another missing", vec![attach_support()], |facts, _| {
            (facts.analyzer, facts.support) = (Err(unseen()), Ok(SupportRole::Bare));
        })
        .stands("one is unreadable, another for a person", State::NeedsPerson, |facts, _| {
            (facts.analyzer, facts.security_contact) = (Err(unseen()), Ok(false));
        });
}

#[test]
fn root_is_in_use_only_when_an_administrator_has_been_there() {
    for (used, admin_since, state) in [
        (0, Some(300), State::NeedsPerson),
        (6, Some(300), State::NeedsPerson),
        (7, Some(300), State::InPlace),
        (0, Some(0), State::InPlace),
        (0, Some(6), State::InPlace),
        (0, Some(7), State::NeedsPerson),
        (10, Some(5), State::InPlace),
        (0, None, State::InPlace),
    ] {
        let mut facts = perfect();
        let alice = Row { created: admin_since.and_then(ago), ..alice() };
        let rows = if admin_since.is_some() { vec![root_used(used), alice] } else { vec![root_used(used)] };
        facts.report = Ok(report(rows));
        let nobody_named = Answers { admin: Admin::default(), ..answers() };
        for answers in [answers(), nobody_named] {
            let planned = planned(&facts, &answers, StepId::ActivityMonitoring);
            assert_eq!(planned.state, state, "used {used} days ago, an administrator since {admin_since:?}");
            holds_together(&planned);
        }
    }
}

/// Whoever looks may be a role that has said nothing, in an account with several administrators.
#[test]
fn the_first_administrator_counts_whoever_looks() {
    let auditor = Answers { admin: Admin::default(), ..unattended() };
    let mut facts = Facts { run: Run::default(), ..perfect() };
    facts.report = Ok(report(vec![root_used(0), Row { created: ago(2), ..alice() }]));
    let state = |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).state;
    assert_eq!(state(&facts, &auditor), State::InPlace);

    add_user(&mut facts, in_groups("kim", &["ADMINISTRATORS"]));
    add_row(&mut facts, with_password("kim", Some(1)));
    assert_eq!(state(&facts, &auditor), State::NeedsPerson, "kim has been there for 300 days");
    assert_eq!(state(&facts, &answers()), State::NeedsPerson, "and alice is not the first");

    facts.rights.as_mut().unwrap().users[1].groups.clear();
    assert_eq!(state(&facts, &auditor), State::InPlace, "kim is no administrator");
    let kim = Admin { user: Some("KIM".into()), ..Admin::default() };
    assert_eq!(state(&facts, &Answers { admin: kim, ..answers() }), State::NeedsPerson, "by the answers");

    facts.report.as_mut().unwrap().rows[2].created = None;
    facts.rights.as_mut().unwrap().users[1].groups.push("Administrators".into());
    assert_eq!(state(&facts, &auditor), State::NeedsPerson, "since an unknown time");

    facts.rights = Err(unseen());
    let unseen = planned(&facts, &auditor, StepId::ActivityMonitoring);
    assert_eq!(unseen.state, State::NotAssessed, "who the administrators are was not seen");
    facts.report.as_mut().unwrap().rows[0] = root_used(7);
    assert_eq!(state(&facts, &auditor), State::InPlace, "nobody asks who, where root was not used");
}

#[test]
fn a_pass_tells_what_does_not_watch() {
    let found =
        |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).found.unwrap();
    let bare = Facts { other_contacts: Ok([false; 2]), trail: Ok(None), ..perfect() };
    let told = found(&bare, &answers());
    for (en, ko) in [
        ("an alarm on the use of root was not looked at", "루트 사용 경보가 있는지는 확인하지 않음"),
        ("no trail covers all Regions", "모든 리전을 기록하는 추적 없음"),
        ("no contacts for billing and operations", "결제와 운영 연락처 없음"),
    ] {
        assert!(told.en.contains(en) && told.ko.contains(ko), "{told:?}");
    }
    for (contacts, missing) in
        [([false, true], "no contact for billing"), ([true, false], "no contact for operations")]
    {
        let facts = Facts { other_contacts: Ok(contacts), ..perfect() };
        assert!(found(&facts, &answers()).en.contains(missing), "{contacts:?}");
    }

    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let watched = Facts { root_alarm: vec![alarm("us-east-1", Subscription::Confirmed)], ..perfect() };
    let told = found(&watched, &asking);
    says(&told, &["day-one", EMAIL]);
    assert!(
        !told.en.contains("not looked at") && told.en.contains("contacts for billing and operations"),
        "{told:?}"
    );
}

#[test]
fn what_is_only_told_is_no_pass_where_it_was_not_seen() {
    let step = StepId::ActivityMonitoring;
    for hidden in [
        Facts { other_contacts: Err(unseen()), ..perfect() },
        Facts { trail: Err(unseen()), ..perfect() },
        Facts { other_contacts: Err(unseen()), trail: Err(unseen()), ..perfect() },
    ] {
        assert_not_assessed(&planned(&hidden, &answers(), step));
        let more = Facts { support: Ok(SupportRole::Bare), ..hidden };
        let more = planned(&more, &answers(), step);
        assert_eq!((more.state, more.unseen.as_slice()), (State::ToChange, [unseen()].as_slice()));
    }
}

/// Nothing is claimed of contacts that are another account's.
#[test]
fn where_the_contacts_are_those_of_another_account_nothing_is_claimed_of_them() {
    for seen in [Ok(true), Ok(false)] {
        let gov = Facts { partition: "aws-us-gov".into(), security_contact: seen, ..perfect() };
        let told = planned(&gov, &answers(), StepId::ActivityMonitoring);
        let found = told.found.unwrap();
        assert!(!found.en.contains("security notices") && !found.en.contains("billing"), "{found:?}");
        assert!(found.en.contains("do not apply here") && found.ko.contains("해당 없음"), "{found:?}");
    }
}

/// They may be in a group of another name, or have roles alone: then the account's age counts.
#[test]
fn without_a_known_administrator_root_is_in_use_when_the_account_is_old() {
    let nobody = Answers { admin: Admin::default(), ..answers() };
    for (opened, used, state) in [
        (ago(88), 0, State::NeedsPerson),
        (ago(88), 7, State::InPlace),
        (ago(7), 0, State::NeedsPerson),
        (ago(6), 0, State::InPlace),
        (ago(9), 3, State::InPlace),
        (None, 0, State::NeedsPerson),
    ] {
        let mut facts = perfect();
        facts.rights = Ok(rights(vec![in_groups("kim", &["Admins"])]));
        let root = Row { created: opened, ..root_used(used) };
        facts.report = Ok(report(vec![root, with_password("kim", Some(1))]));
        for answers in [nobody.clone(), answers()] {
            let planned = planned(&facts, &answers, StepId::ActivityMonitoring);
            assert_eq!(planned.state, state, "opened {opened:?}, used {used} days ago");
            holds_together(&planned);
            if let Some(task) = planned.person {
                assert!(task.what.en.contains("no administrator is known"), "{task:?}");
                assert!(task.how.iter().any(|how| how.ko.contains("--admin-group")), "{task:?}");
            }
        }
    }
    // Of one who was made since the report, or stands in a line that could not be read, the report says nothing.
    let mut facts = perfect();
    facts.report = Ok(report(vec![root_used(0)]));
    let state = |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).state;
    assert_eq!(state(&facts, &nobody), State::InPlace);
    facts.report.as_mut().unwrap().unreadable = 1;
    assert_eq!(state(&facts, &nobody), State::NeedsPerson);
    facts.rights = Err(unseen());
    assert_eq!(state(&facts, &answers()), State::NotAssessed);
}

#[test]
fn a_use_of_root_that_is_explained_counts_no_more_and_a_later_one_does() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().rows[0] = root_used(2);
    let state_until = |day: &str| {
        let mut answers = answers();
        answers.iam.root_use_explained_until = Some(day.into());
        planned(&facts, &answers, StepId::ActivityMonitoring)
    };
    assert_eq!(state_until("2026-11-21").state, State::NeedsPerson);
    for day in ["2026-11-22", "2026-11-24"] {
        let explained = state_until(day);
        assert_eq!(explained.state, State::InPlace, "{day}");
        says(&explained.found.unwrap(), &["2026-11-22", day]);
    }
    for ahead in ["2026-11-25", "2030-01-01"] {
        let asked = state_until(ahead);
        assert_eq!(asked.state, State::NeedsPerson, "{ahead}");
        assert!(
            asked.notes.iter().any(|note| note.en.contains(ahead) && note.ko.contains(ahead)),
            "{asked:?}"
        );
    }
    let how = state_until("2026-11-01").person.unwrap().how.remove(0);
    says(&how, &["root_use_explained_until = \"2026-11-22\"", "dayone events --root"]);
    assert!(how.en.contains("alarm") && how.ko.contains("경보"), "{how:?}");
}

#[test]
fn the_use_of_root_is_told_with_its_way() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().rows[0].keys = vec![key("AKIAROOT", 300, Some(3))];
    let by_key = planned(&facts, &answers(), StepId::ActivityMonitoring);
    let what = by_key.person.unwrap().what;
    assert!(what.en.contains("2026-11-21") && what.en.contains("an access key"), "{what:?}");
    assert!(what.ko.contains("2026-11-21") && what.ko.contains("액세스 키"), "{what:?}");
    facts.report.as_mut().unwrap().rows[0] = root_used(2);
    let by_password = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert!(by_password.person.unwrap().what.en.contains("its password"));

    facts.report.as_mut().unwrap().rows[0].password_last_used = None;
    let never = planned(&facts, &answers(), StepId::ActivityMonitoring).found.unwrap();
    assert!(never.en.contains("root was never used") && never.en.contains("10 h 5 min"), "{never:?}");
    facts.report.as_mut().unwrap().rows.remove(0);
    facts.partition = "aws-cn".into();
    let none = planned(&facts, &answers(), StepId::ActivityMonitoring).found.unwrap();
    assert!(!none.en.contains("root"), "a partition without root: {none:?}");
}

#[test]
fn a_contact_is_asked_for_where_nothing_else_is_left() {
    let facts = Facts { security_contact: Ok(false), ..perfect() };
    let seen = |facts: &Facts, answers: &Answers| {
        planned(facts, answers, StepId::ActivityMonitoring).person.unwrap().seen
    };
    assert_eq!(seen(&facts, &answers()), Seen::ByAnswer("iam.security_contact_email"));
    let mut half = answers();
    half.iam.security_contact_email = Some("security@example.com".into());
    assert_eq!(seen(&facts, &half), Seen::ByAnswer("iam.security_contact_phone"));
    let more = Facts { support: Ok(SupportRole::Namesake), ..facts };
    assert_eq!(seen(&more, &answers()), Seen::Elsewhere);
    let what = planned(&more, &answers(), StepId::ActivityMonitoring).person.unwrap().what;
    says(&what, &["dayone-support"]);
    assert!(what.en.contains("e-mail address"), "{what:?}");
}

#[test]
fn what_stops_being_public_is_said_before() {
    let facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let mut consent = answers();
    consent.iam.block_public_s3 = Some(true);
    for (answers, words) in [
        (answers(), ["leave it off", "차단하지 마세요"]),
        (unattended(), ["block_public_s3 = false"; 2]),
        (consent, ["block_public_s3 = false"; 2]),
    ] {
        let planned = planned(&facts, &answers, StepId::ActivityMonitoring);
        let [en, ko] = words;
        let says = |note: &Text| {
            note.en.contains("stop being public") && note.en.contains(en) && note.ko.contains(ko)
        };
        assert!(planned.notes.iter().any(says), "{planned:?}");
    }
}

/// The question comes, and the directions once it was left. Who answers beforehand reads the keys at once.
#[test]
fn nobody_who_is_asked_is_sent_to_the_answers_before() {
    let step = StepId::ActivityMonitoring;
    let asked = Facts { security_contact: Ok(false), public_access_blocked: Ok(false), ..perfect() };
    let mut root_is_used = Facts { support: Ok(SupportRole::Bare), ..asked.clone() };
    root_is_used.report.as_mut().unwrap().rows[0] = root_used(2);
    let keys = |note: &Text| [&note.en, &note.ko].into_iter().any(|words| words.contains("[iam]"));
    for facts in [asked.clone(), root_is_used.clone(), fresh()] {
        let notes = |answers: &Answers| planned(&facts, answers, step).notes;
        let (before, beforehand) = (notes(&answers()), notes(&unattended()));
        assert!(!before.iter().any(keys), "{before:?}");
        assert!(beforehand.iter().any(keys), "{beforehand:?}");
    }
    notes(&planned(&root_is_used, &answers(), step), &["dayone events --root"]);
    let left = Facts { security_contact: Ok(true), ..asked };
    let left = planned(&left, &answers(), step).person.unwrap().how;
    assert!(left.iter().any(keys), "{left:?}");

    let found = |answers: &Answers| planned(&perfect(), answers, step).found.unwrap();
    assert!(!found(&answers()).en.contains("root_alarm_email"));
    says(&found(&unattended()), &["root_alarm_email"]);
}

#[test]
fn public_access_is_blocked_by_a_yes_of_its_own() {
    let facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let offered = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert_eq!(offered.offer.unwrap().changes, [block()]);
    says(&offered.person.unwrap().what, &["S3"]);
    assert_eq!(planned(&facts, &unattended(), StepId::ActivityMonitoring).offer, None);

    let facts = Facts { security_contact: Ok(false), ..facts };
    let with_contact = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert_eq!(with_contact.person.as_ref().unwrap().seen, Seen::ByAnswer("iam.security_contact_email"));
    assert_eq!(with_contact.offer.as_ref().unwrap().changes, [block()]);
    let decide = |note: &Text| note.en.contains("Decide whether S3") && note.ko.contains("차단할지 정하세요");
    assert!(with_contact.notes.iter().any(decide), "{:?}", with_contact.notes);
}

/// Of what was not seen nobody knows what it would be accepted for.
#[test]
fn an_exception_is_no_pass_for_what_was_not_seen_and_tells_what_it_is_about() {
    let step = StepId::ActivityMonitoring;
    let bare = Facts { support: Ok(SupportRole::Missing), security_contact: Ok(false), ..perfect() };
    let accepted = planned(&bare, &accepting(&[step], answers()), step);
    assert_eq!(
        (accepted.state, accepted.reason.as_ref().map(|text| text.en.as_str())),
        (State::Accepted, Some(plan_cases::ACCEPTED),)
    );
    for word in ["AWSSupportAccess", "dayone-support"] {
        notes(&accepted, &[word]);
    }
    assert!(accepted.notes.iter().any(|note| note.en.contains("security notices")), "{accepted:?}");

    for hidden in [
        Facts { analyzer: Err(unseen()), ..bare.clone() },
        Facts { analyzer: Err(unseen()), support: Ok(SupportRole::Namesake), ..bare.clone() },
        Facts { analyzer: Err(unseen()), ..perfect() },
    ] {
        let open = planned(&hidden, &accepting(&[step], answers()), step);
        assert_not_assessed(&open);
        notes(&open, &[plan_cases::ACCEPTED]);
        holds_together(&open);
    }
}

#[test]
fn what_stays_public_by_the_answers_is_accepted_with_the_reason() {
    let mut facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let mut meant = answers();
    meant.iam.block_public_s3 = Some(false);
    let accepted = planned(&facts, &meant, StepId::ActivityMonitoring);
    assert_eq!(accepted.state, State::Accepted);
    says(&accepted.reason.unwrap(), &["S3", "block_public_s3 = false"]);
    facts.support = Ok(SupportRole::Bare);
    notes(&planned(&facts, &meant, StepId::ActivityMonitoring), &["S3", "block_public_s3 = false"]);
}
