//! `admin-sign-in`.

use super::*;
use crate::practice::Seen;

#[test]
fn the_sign_in_waits_for_the_administrator() {
    cases(StepId::AdminSignIn, fresh)
        .stands("no user yet", State::Blocked, |_, _| {})
        .stands("nobody is named, though a profile is", State::Blocked, |facts, answers| {
            (facts.user, answers.admin.user) = (None, None);
            wants_key(answers);
        })
        .changes("no user yet, and a profile for a key", vec![create_key("alice", "admin")], |_, answers| {
            wants_key(answers);
        })
        .stands("no user yet, and the profile for a key is taken", State::NeedsPerson, |facts, answers| {
            facts.profile_exists = true;
            wants_key(answers);
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.user = Some(Err(unseen())));
    let planned = planned(&fresh(), &answers(), StepId::AdminSignIn);
    says(&planned.reason.unwrap(), &["admin-user"]);
}

#[test]
fn without_a_key_a_person_signs_in() {
    cases(StepId::AdminSignIn, not_signed_in)
        .stands("proven", State::InPlace, |facts, _| facts.sign_in = SignIn::Proven)
        .stands("locked until MFA", State::InPlace, |facts, _| facts.sign_in = SignIn::Locked)
        .stands("proven, whatever is readable of the user", State::InPlace, |facts, _| {
            (facts.sign_in, facts.user) = (SignIn::Proven, Some(Err(unseen())));
        })
        .stands("not signed in", State::NeedsPerson, |_, _| {})
        .stands("not signed in, and no key is wanted of unreadable ones", State::NeedsPerson, |facts, _| {
            facts.user = Some(Ok(Some(User { access_keys: Err(unseen()), ..user("alice") })));
        })
        .stands("nobody there, the password never used", State::NeedsPerson, |_, answers| {
            answers.attended = false;
        })
        .stands("nobody there, the password used", State::InPlace, |facts, answers| {
            has_used_password(facts);
            answers.attended = false;
        })
        .stands("a person there, who can sign in now", State::NeedsPerson, |facts, _| {
            has_used_password(facts);
        })
        .stands("a person there, to whom the console is enough", State::InPlace, |facts, answers| {
            has_used_password(facts);
            wants_console(answers);
        })
        .stands("the console is enough, once the password was used", State::NeedsPerson, |_, answers| {
            wants_console(answers);
        });
}

/// On another computer, or by somebody else, and with nobody there.
fn is_looked_at_elsewhere(facts: &mut Facts, answers: &mut Answers) {
    (facts.as_root, answers.attended) = (false, false);
}

#[test]
fn a_sign_in_elsewhere_is_known_by_its_traces() {
    cases(StepId::AdminSignIn, not_signed_in)
        .stands("a key that was used", State::InPlace, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![used_key("AKIA1")]);
        })
        .stands("the key that the answers ask for", State::InPlace, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![used_key("AKIA1")]);
            wants_key(answers);
        })
        .stands("a key that was never used", State::NeedsPerson, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![stranded_key("AKIA1")]);
        })
        .stands("a key that was used and is switched off", State::NeedsPerson, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![UserKey { active: false, ..used_key("AKIA1") }]);
        })
        .stands("a password that was used, and keys that cannot be read", State::InPlace, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_used_password(facts);
            the_user(facts).unwrap().access_keys = Err(unseen());
        })
        .stands("a password that was used and is no more", State::NeedsPerson, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_used_password(facts);
            the_user(facts).unwrap().console_password = Ok(false);
        })
        .stands("keys that cannot be read", State::NotAssessed, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            the_user(facts).unwrap().access_keys = Err(unseen());
        })
        .stands("a last use that cannot be read", State::NotAssessed, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![stranded_key("AKIA1"), unread_key("AKIA2")]);
        })
        .stands("one last use that can be read", State::InPlace, |facts, answers| {
            is_looked_at_elsewhere(facts, answers);
            has_keys(facts, vec![unread_key("AKIA1"), used_key("AKIA2")]);
        })
        .changes(
            "a password, and a key is asked for",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                is_looked_at_elsewhere(facts, answers);
                has_used_password(facts);
                wants_key(answers);
            },
        )
        .changes(
            "a key, and root is to go on by one",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                answers.attended = false;
                has_keys(facts, vec![used_key("AKIA1")]);
                wants_key(answers);
            },
        )
        .stands("a person there, who can sign in now", State::NeedsPerson, |facts, _| {
            has_keys(facts, vec![used_key("AKIA1")]);
        })
        .stands("a person there, to whom the console is enough", State::InPlace, |facts, answers| {
            has_keys(facts, vec![used_key("AKIA1")]);
            wants_console(answers);
        });
}

/// Who signed in years ago may not be able to any more.
#[test]
fn an_old_trace_proves_nothing() {
    let stands = |password_days, key_days| {
        let (mut facts, mut answers) = (not_signed_in(), answers());
        is_looked_at_elsewhere(&mut facts, &mut answers);
        let key = UserKey { last_use: Ok(Some(last_use(key_days))), ..used_key("AKIA1") };
        let password_last_used = Some(PasswordUse { days_ago: password_days, ..signed_in() });
        facts.user = Some(Ok(Some(User { password_last_used, ..user_with_keys(vec![key]) })));
        planned(&facts, &answers, StepId::AdminSignIn)
    };
    for (password_days, key_days, state) in [
        (90, 91, State::InPlace),
        (91, 90, State::InPlace),
        (91, 91, State::NeedsPerson),
        (2_000, 1_000, State::NeedsPerson),
    ] {
        assert_eq!(stands(password_days, key_days).state, state, "{password_days} {key_days}");
    }
    let task = stands(91, 91).person.unwrap();
    says(task.how.last().unwrap(), &["2026-11-20"]);
    assert_eq!(task.how.len(), 3);
}

#[test]
fn the_latest_trace_is_named_with_when_and_where() {
    let found = |keys: Vec<UserKey>, password: bool| {
        let (mut facts, mut answers) = (not_signed_in(), answers());
        is_looked_at_elsewhere(&mut facts, &mut answers);
        if password {
            has_used_password(&mut facts);
        }
        the_user(&mut facts).unwrap().access_keys = Ok(keys);
        planned(&facts, &answers, StepId::AdminSignIn).found.unwrap()
    };
    let used = |id: &str, days_ago| UserKey { last_use: Ok(Some(last_use(days_ago))), ..used_key(id) };
    let by_key = found(vec![used("AKIA1", 9), used("AKIA2", 3)], false);
    says(&by_key, &["AKIA2", "2026-11-27", "s3", "us-east-1"]);
    assert_eq!(found(vec![used("AKIA2", 3)], true), by_key);
    let by_password = found(vec![used("AKIA1", 20)], true);
    says(&by_password, &["2026-11-20"]);
    assert!(!by_password.en.contains("AKIA1"), "{by_password:?}");
}

#[test]
fn a_locked_sign_in_says_so() {
    let found = |sign_in| {
        let planned = planned(&Facts { sign_in, ..perfect() }, &answers(), StepId::AdminSignIn);
        planned.found.unwrap()
    };
    says(&found(SignIn::Locked), &["MFA"]);
    assert_ne!(found(SignIn::Locked), found(SignIn::Proven));
}

#[test]
fn the_sign_in_is_explained_with_user_and_profile() {
    let planned = planned(&not_signed_in(), &answers(), StepId::AdminSignIn);
    let task = planned.person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    says(&task.what, &["alice"]);
    says(&task.how[0], &["aws login --profile dayone-admin"]);
}

/// The administrator has these access keys, and a profile is named for one more.
fn wanting_a_key(keys: Vec<UserKey>) -> (Facts, Answers) {
    let (mut facts, mut answers) = (not_signed_in(), answers());
    has_keys(&mut facts, keys);
    wants_key(&mut answers);
    (facts, answers)
}

/// The same, and an earlier run was cut short while it made a key.
fn cut_short(keys: Vec<UserKey>) -> (Facts, Answers) {
    let (facts, mut answers) = wanting_a_key(keys);
    answers.unfinished.insert(CUT_SHORT.into(), CUT_SHORT_AT.into());
    (facts, answers)
}

#[test]
fn without_evidence_a_strange_key_stays() {
    let cases = [
        (vec![], State::ToChange, 0),
        (vec![used_key("AKIA1")], State::ToChange, 0),
        (vec![kept_key("AKIA1")], State::ToChange, 0),
        (vec![unread_key("AKIA1")], State::ToChange, 0),
        (vec![stranded_key("AKIA1")], State::ToChange, 1),
        (vec![kept_key("AKIA1"), used_key("AKIA2")], State::NeedsPerson, 0),
        (vec![used_key("AKIA1"), stranded_key("AKIA2")], State::NeedsPerson, 0),
        (vec![stranded_key("AKIA1"), stranded_key("AKIA2")], State::NeedsPerson, 0),
    ];
    for (keys, state, notes) in cases {
        let (facts, answers) = wanting_a_key(keys);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        let made = if state == State::ToChange { vec![create_key("alice", "admin")] } else { Vec::new() };
        assert_eq!((planned.state, &planned.changes), (state, &made), "{:?}", facts.user);
        assert_eq!(planned.notes.len(), notes, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn a_key_of_a_run_that_was_cut_short_is_replaced() {
    let create = || create_key("alice", "admin");
    let older = || UserKey { made: "2026-01-02T03:04:04Z".into(), ..stranded_key("AKIAOLDER") };
    let cases = [
        (vec![], vec![create()]),
        (vec![used_key("AKIA1")], vec![create()]),
        (vec![kept_key("AKIA1")], vec![create()]),
        (vec![unread_key("AKIA1")], vec![create()]),
        (vec![stranded_key("AKIA1")], vec![delete_stranded("AKIA1"), create()]),
        (vec![used_key("AKIA1"), stranded_key("AKIA2")], vec![delete_stranded("AKIA2"), create()]),
        (vec![stranded_key("AKIA1"), kept_key("AKIA2")], vec![delete_stranded("AKIA1"), create()]),
        (vec![older(), stranded_key("AKIA2")], vec![delete_stranded("AKIA2"), create()]),
        (vec![stranded_key("AKIA2"), older()], vec![delete_stranded("AKIA2"), create()]),
        (vec![kept_key("AKIA1"), used_key("AKIA2")], vec![]),
        (vec![used_key("AKIA1"), unread_key("AKIA2")], vec![]),
    ];
    for (keys, expected) in cases {
        let (facts, answers) = cut_short(keys);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes, expected, "{:?}", facts.user);
        let replaces = expected.len() == 2;
        assert_eq!(planned.notes.len(), usize::from(replaces), "{planned:?}");
        assert_eq!(planned.state == State::NeedsPerson, expected.is_empty(), "{planned:?}");
        holds_together(&planned);
    }
}

/// The journal never learns what became of it, and somebody may make a key months later.
#[test]
fn a_key_that_was_made_at_another_time_is_not_ours() {
    let cases = [
        ("2026-01-02T02:59:04Z", false),
        ("2026-01-02T02:59:05Z", true),
        ("2026-01-02T03:29:05Z", true),
        ("2026-01-02T03:29:06Z", false),
        ("2026-06-02T03:04:05Z", false),
        ("", false),
    ];
    for (made, ours) in cases {
        let (facts, answers) = cut_short(vec![UserKey { made: made.into(), ..stranded_key("AKIA1") }]);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes.contains(&delete_stranded("AKIA1")), ours, "{made}");
    }
    let (facts, mut answers) = cut_short(vec![stranded_key("AKIA1")]);
    answers.unfinished.insert(CUT_SHORT.into(), "9999".into());
    assert_eq!(planned(&facts, &answers, StepId::AdminSignIn).changes, [create_key("alice", "admin")]);
}

/// What was cut short while it made something else says nothing of the key.
#[test]
fn only_the_same_key_is_evidence() {
    for other in ["iam:access-key/bob", "iam:access-key/AKIA1", "iam:login-profile/alice", "iam:user/alice"] {
        let (facts, mut answers) = wanting_a_key(vec![stranded_key("AKIA1")]);
        answers.unfinished.insert(other.into(), CUT_SHORT_AT.into());
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes, [create_key("alice", "admin")], "{other}");
    }
}

#[test]
fn a_strange_key_is_described() {
    let note = |(facts, answers): (Facts, Answers)| {
        planned(&facts, &answers, StepId::AdminSignIn).notes.into_iter().next().unwrap()
    };
    let stays = note(wanting_a_key(vec![stranded_key("AKIA1")]));
    let goes = note(cut_short(vec![stranded_key("AKIA1")]));
    assert_ne!(stays, goes);
    for note in [stays, goes] {
        says(&note, &["AKIA1", "2026-01-02"]);
        assert!(note.en.contains("never used") && !note.en.contains("03:04"), "{}", note.en);
    }
}

#[test]
fn with_two_keys_a_person_is_told_of_both() {
    let (facts, answers) = wanting_a_key(vec![used_key("AKIA1"), unread_key("AKIA2")]);
    let task = planned(&facts, &answers, StepId::AdminSignIn).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    assert_eq!(task.how.len(), 3);
    says(&task.what, &["alice"]);
    says(&task.how[0], &["AKIA1", "2026-01-02", "3", "s3", "us-east-1"]);
    says(&task.how[1], &["AKIA2", "2026-01-02"]);
    assert!(task.how[1].en.contains("last use not known"), "{}", task.how[1].en);
    says(&task.how[2], &["aws login"]);
}

#[test]
fn a_key_is_made_only_for_a_profile_of_its_own() {
    cases(StepId::AdminSignIn, not_signed_in)
        .changes("of a user spelled in another case", vec![create_key("Alice", "admin")], |facts, answers| {
            facts.user = Some(Ok(Some(user("Alice"))));
            wants_key(answers);
        })
        .changes(
            "nobody there, whether or not the password was used",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                has_used_password(facts);
                answers.attended = false;
                wants_key(answers);
            },
        )
        .changes(
            "a key is wanted, though the console would be enough",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                has_used_password(facts);
                wants_console(answers);
                wants_key(answers);
            },
        )
        .stands("the profile is taken", State::NeedsPerson, |facts, answers| {
            facts.profile_exists = true;
            wants_key(answers);
        })
        .stands("the keys are unreadable", State::NotAssessed, |facts, answers| {
            facts.user = Some(Ok(Some(User { access_keys: Err(unseen()), ..user("alice") })));
            wants_key(answers);
        });
}

#[test]
fn a_profile_of_another_is_named_with_the_user() {
    let (mut facts, answers) = wanting_a_key(Vec::new());
    facts.profile_exists = true;
    let task = planned(&facts, &answers, StepId::AdminSignIn).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    says(&task.what, &["admin", "alice"]);
    // The same before there is a user.
    facts.user = Some(Ok(None));
    assert_eq!(planned(&facts, &answers, StepId::AdminSignIn).person, Some(task));
}
