//! The whole practice: new accounts and perfect ones, and what every step has in common.

use super::*;
use crate::plan_cases::every_text;
use crate::practice::PracticeId;

#[test]
fn in_a_new_account_only_the_watch_is_missing() {
    let mut expected = [State::InPlace; 7];
    (expected[0], expected[6]) = (State::Blocked, State::ToChange);
    assert_eq!(states(&plan(&fresh(), &answers())), expected);
    assert_eq!(states(&plan(&fresh(), &unattended())), expected);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    for planned in plan(&perfect(), &answers()).into_iter().chain(plan(&perfect(), &unattended())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let facts = Facts {
        report: Err(unseen()),
        rights: Err(unseen()),
        analyzer: Err(unseen()),
        security_contact: Err(unseen()),
        public_access_blocked: Err(unseen()),
        support: Err(unseen()),
        ..perfect()
    };
    plan(&facts, &answers()).iter().for_each(assert_not_assessed);
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    let mut facts = fresh();
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, None)]);
    add_user(&mut facts, holding("admin", &[ADMINISTRATOR_ACCESS]));
    for planned in plan(&facts, &accepting(PracticeId::IamPractices.steps(), answers())) {
        let expected = if planned.step == StepId::RolesNotKeys { State::InPlace } else { State::Accepted };
        assert_eq!(planned.state, expected, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn every_verdict_about_credentials_tells_how_old_the_report_is() {
    let steps =
        [StepId::IndividualUsers, StepId::UnusedCredentials, StepId::KeyRotation, StepId::RolesNotKeys];
    let mut wanting = perfect();
    add_keys(&mut wanting, "ci", vec![key("AKIACI", 100, Some(50)), key("AKIACI2", 50, Some(1))]);
    add_user(&mut wanting, in_groups("ci", &[]));
    for step in steps {
        let good = planned(&perfect(), &answers(), step).found.unwrap();
        assert!(good.en.contains("10 h 5 min") && good.ko.contains("10시간 5분"), "{good:?}");
        let planned = planned(&wanting, &answers(), step);
        let tells = |note: &Text| note.en.contains("10 h 5 min") && note.ko.contains("10시간 5분");
        assert!(planned.notes.iter().any(tells), "{planned:?}");
    }
    for (seconds, en, ko) in [
        (-5, "of less than a minute ago", "방금 만든 자격 증명 보고서"),
        (59, "of less than a minute ago", "방금 만든 자격 증명 보고서"),
        (60, "of 1 min ago", "1분 전 자격"),
        (3_599, "of 59 min ago", "59분 전 자격"),
        (3_600, "of 1 h 0 min ago", "1시간 0분 전 자격"),
    ] {
        let mut fresh = perfect();
        fresh.report.as_mut().unwrap().generated = Some(NOW - seconds);
        let found = planned(&fresh, &answers(), StepId::UnusedCredentials).found.unwrap();
        assert!(found.en.contains(en) && found.ko.contains(ko), "{found:?}");
    }
    wanting.report.as_mut().unwrap().generated = None;
    let unknown = planned(&wanting, &answers(), StepId::UnusedCredentials).notes;
    assert!(unknown.iter().any(|note| note.en.contains("unknown age")), "{unknown:?}");
}

#[test]
fn lines_that_cannot_be_read_are_no_pass() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().unreadable = 3;
    let steps =
        [StepId::IndividualUsers, StepId::UnusedCredentials, StepId::KeyRotation, StepId::RolesNotKeys];
    for step in steps {
        let planned = planned(&facts, &answers(), step);
        assert_eq!(planned.state, State::NotAssessed, "{step}");
        says(&planned.reason.unwrap(), &["3", "iam:GetCredentialReport"]);
    }
}

#[test]
fn who_made_what_is_in_question_stands_beside_it() {
    for (maker, en, ko) in [
        (None, "2026-09-25,", "2026-09-25,"),
        (Some(Maker::Somebody("Ops/kim\u{1b}".into())), "2026-09-25 by Ops/kim", "2026-09-25(Ops/kim"),
        (Some(Maker::NotOnRecord), "by whom is not on record", "만든 사람 기록 없음"),
        (Some(Maker::NotSeen), "by whom could not be read", "만든 사람 확인 못 함"),
    ] {
        let mut facts = perfect();
        add_keys(&mut facts, "bob", vec![Key { made_by: maker.clone(), ..key("AKIA1", 60, None) }]);
        let made_by = || maker.clone();
        add_user(&mut facts, in_groups("team", &[]));
        add_row(&mut facts, Row { made_by: made_by(), created: ago(60), ..with_password("team", None) });
        for step in [StepId::UnusedCredentials, StepId::IndividualUsers] {
            let planned = planned(&facts, &answers(), step);
            let told =
                |note: &Text| note.en.contains(en) && note.ko.contains(ko) && !note.en.contains('\u{1b}');
            assert!(planned.notes.iter().any(told), "{step} {maker:?}: {:?}", planned.notes);
        }
    }
}

#[test]
fn escapes_in_names_do_not_reach_the_terminal() {
    let mut facts = perfect();
    let strange = "b\u{1b}[2Job";
    add_user(
        &mut facts,
        User { inline: vec![inline("x\u{1b}", &[Wildcard::Iam])], ..holding(strange, &[READ_ONLY]) },
    );
    add_keys(&mut facts, strange, vec![key("AKIA\u{1b}", 300, Some(100)), key("AKIA2", 300, Some(1))]);
    add_row(&mut facts, with_password(strange, None));
    facts.analyzer = Ok(Analyzer::NotWorking(strange.into()));
    for planned in plan(&facts, &unattended()) {
        for text in every_text(&planned) {
            assert!(!text.en.contains('\u{1b}') && !text.ko.contains('\u{1b}'), "{text:?}");
        }
    }
}
