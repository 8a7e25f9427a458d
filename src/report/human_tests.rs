use steps::account::About;
use steps::aws::WayIn;
use steps::practice::{PersonTask, Seen, Verb};
use steps::text::Language;

use super::*;
use crate::event::{SignInAdvice, Summary};
use crate::screen::Mode;

fn change(verb: Verb, en: &str, ko: &str) -> ChangeReport {
    let summary = Text { en: en.into(), ko: ko.into() };
    ChangeReport {
        step: StepId::AdminGroup,
        verb,
        resource: "iam:group/x".into(),
        summary,
        irreversible: false,
    }
}

fn report(step: StepId, state: State) -> StepReport {
    StepReport {
        step,
        state,
        changes: Vec::new(),
        person: None,
        reason: None,
        found: None,
        notes: Vec::new(),
    }
}

fn group() -> StepReport {
    let changes = vec![
        change(Verb::Create, "group Administrators", "그룹 Administrators"),
        change(
            Verb::Attach,
            "AdministratorAccess to group Administrators",
            "그룹 Administrators에 AdministratorAccess",
        ),
    ];
    StepReport { changes, ..report(StepId::AdminGroup, State::ToChange) }
}

fn root() -> SignedIn {
    SignedIn {
        account: "111122223333".into(),
        about: About::default(),
        partition: "aws".into(),
        arn: "arn:aws:iam::111122223333:root".into(),
        kind: "root",
        way: WayIn::Temporary,
        mfa: None,
        endpoint: None,
        rehearsal: false,
    }
}

/// A short run that shows every kind of line.
fn run() -> Vec<Event> {
    let policy = StepReport {
        found: Some(text! { en: "at least 14 characters", ko: "14자 이상" }),
        ..report(StepId::PasswordPolicy, State::InPlace)
    };
    let root_credentials = StepReport {
        person: Some(PersonTask {
            what: text! { en: "Put root's credentials in a safe place.", ko: "루트 사용자의 보안 인증 정보를 안전한 곳에 보관하세요." },
            how: Vec::new(),
            seen: Seen::ByWord("root.credentials_stored"),
        }),
        ..report(StepId::RootCredentials, State::NeedsPerson)
    };
    let delivery = StepReport {
        reason: Some(
            text! { en: "the first log file comes in about 5 minutes", ko: "첫 로그 파일은 약 5분 뒤에 옵니다" },
        ),
        ..report(StepId::LogDelivery, State::Waiting)
    };
    let in_place = report(StepId::AdminGroup, State::InPlace);
    let changes = group().changes;
    let (user, sign_in) =
        (report(StepId::AdminUser, State::InPlace), report(StepId::AdminSignIn, State::InPlace));
    let mut events = vec![
        Event::SignedIn(root()),
        Event::Overview(vec![
            policy.clone(),
            group(),
            report(StepId::ReportBucket, State::ToChange),
            report(StepId::Report, State::Blocked),
        ]),
        Event::PracticeStarted(PracticeId::RootUser),
        Event::Step(policy.clone()),
        Event::Step(group()),
    ];
    for change in changes {
        events.push(Event::ChangeStarted(change.clone()));
        events.push(Event::ChangeFinished(change, Outcome::Done { request_id: Some("4d2f".into()) }));
    }
    events.extend([
        Event::Verified(in_place.clone()),
        Event::Step(root_credentials.clone()),
        Event::StepLeft(StepId::RootCredentials),
        Event::Step(delivery.clone()),
        Event::Finished(Summary {
            steps: vec![policy, in_place, user, sign_in, root_credentials, delivery],
            changes_made: 2,
            sign_in: Some(advice()),
            could_write: true,
        }),
    ]);
    events
}

fn advice() -> SignInAdvice {
    SignInAdvice {
        user: "alice".into(),
        console: "https://111122223333.signin.aws.amazon.com/console".into(),
        profile: "dayone-admin".into(),
        by_access_key: false,
    }
}

fn shown(language: Language, mode: Mode, listener: fn(Screen) -> Human) -> String {
    let screen = Screen::in_memory(language, mode);
    let mut human = listener(screen.clone());
    run().iter().for_each(|event| human.hear(event));
    screen.kept()
}

#[test]
fn a_walk_shows_who_what_and_what_is_left() {
    let page = shown(Language::En, Mode::Rich, Human::walking);
    for line in [
        "  Account 1111-2222-3333, no alias\n",
        "  Signed in as the root user, by temporary credentials\n",
        "  1  Stop using the root user       2 steps   1 to do\n",
        "  4  Turn on billing reports        2 steps   2 to do     about $0.02 a month\n",
        "    ✓ password-policy  at least 14 characters\n",
        "  1 Stop using the root user · step 2 of 6 · admin-group\n",
        "    + create  group Administrators\n",
        "    + attach  AdministratorAccess to group Administrators\n",
        "    ✓ created  group Administrators\n",
        "  In place.\n",
        "  Left for another time.\n",
        "    … log-delivery  waiting: the first log file",
        "  In place         4 of 6\n",
        "  For a person     1   root-credentials: Put root's",
        "  2 changes were made.\n",
        "aws login --profile dayone-admin",
        "dayone check",
    ] {
        assert!(page.contains(line), "{line:?} is missing in:\n{page}");
    }
}

#[test]
fn what_was_not_assessed_is_said_once_on_a_line() {
    let unseen = steps::aws::Unseen::denied("cloudtrail:DescribeTrails", "AccessDenied");
    let reason = steps::practice::StepPlan::<()>::not_assessed(StepId::Trail, &unseen).reason;
    let step = StepReport { reason, ..report(StepId::Trail, State::NotAssessed) };
    let finished = Summary { steps: vec![step.clone()], ..Summary::default() };
    let words = [
        (Language::En, "not-assessed", "Not assessed:", "AWS refused the read"),
        (Language::Ko, "확인 못 함", "확인하지 못함", "읽기를 거부했습니다"),
    ];
    for (language, state, once_more, why) in words {
        for listener in [Human::walking, Human::listing] {
            let screen = Screen::in_memory(language, Mode::Rich);
            let mut human = listener(screen.clone());
            human.hear(&Event::Step(step.clone()));
            human.hear(&Event::Finished(finished.clone()));
            let page = screen.kept().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(page.contains(state) && page.contains(why) && !page.contains(once_more), "{page}");
        }
    }
}

#[test]
fn the_plan_is_shown_again_after_an_explanation() {
    for language in [Language::En, Language::Ko] {
        for screen in [Screen::in_memory(language, Mode::Rich), Screen::in_memory(language, Mode::Plain)] {
            let warning = text! { en: "Others are in the group.", ko: "다른 사람도 그룹에 있습니다." };
            let asked = StepReport { notes: vec![warning.clone()], ..group() };
            let mut human = Human::walking(screen.clone());
            human.hear(&Event::Step(asked.clone()));
            let before = screen.kept().len();
            human.hear(&Event::Explained(StepId::AdminGroup));
            let page = screen.kept().split_off(before);
            let guide = StepId::AdminGroup.guide(language);
            let last = guide.split_whitespace().next_back().map(|word| word.replace(['`', '*'], ""));
            let (explained, asked_again) = page.split_once(screen.say(&warning)).expect("the warning");
            assert!(explained.trim_end().ends_with(last.as_deref().expect("a guide")), "{page}");
            for change in &asked.changes {
                assert!(asked_again.contains(screen.say(&change.summary)), "{page}");
            }
        }
    }
}

#[test]
fn an_explanation_and_what_to_decide_on_fit_into_one_window() {
    for step in StepId::all() {
        for language in [Language::En, Language::Ko] {
            let screen = Screen::in_memory(language, Mode::Rich);
            let mut human = Human::walking(screen.clone());
            let several = [group().changes, group().changes].concat();
            human.hear(&Event::Step(StepReport { changes: several, ..report(step, State::ToChange) }));
            let before = screen.kept().len();
            human.hear(&Event::Explained(step));
            let lines = screen.kept().split_off(before).lines().count();
            assert!(lines < 24, "{step} in {language:?}: {lines} lines and the question");
        }
    }
}

#[test]
fn request_ids_are_told_to_who_asks_for_more() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    let mut human = Human::walking(screen.clone()).verbose(true);
    run().iter().for_each(|event| human.hear(event));
    assert_eq!(screen.kept().matches("      Request id 4d2f\n").count(), 2, "{}", screen.kept());
    assert!(!shown(Language::En, Mode::Rich, Human::walking).contains("4d2f"));
}

#[test]
fn root_is_said_to_be_needed_no_longer_only_when_somebody_else_can_sign_in() {
    let end = |steps: Vec<StepReport>, by_access_key| {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        let sign_in = Some(SignInAdvice { by_access_key, ..advice() });
        let summary = Summary { steps, sign_in, could_write: true, ..Summary::default() };
        Human::walking(screen.clone()).hear(&Event::Finished(summary));
        screen.kept()
    };
    let user = report(StepId::AdminUser, State::InPlace);
    let no_sign_in = end(vec![user.clone(), report(StepId::AdminSignIn, State::NeedsPerson)], false);
    assert!(!no_sign_in.contains("Root is no longer needed") && !no_sign_in.contains("aws login"));
    assert!(!end(vec![report(StepId::Trail, State::InPlace)], false).contains("Root is no longer needed"));
    let steps = vec![user, report(StepId::AdminSignIn, State::InPlace)];
    assert!(end(steps.clone(), false).contains("aws login --profile dayone-admin"));
    let with_key = end(steps, true);
    assert!(with_key.contains("Root is no longer needed") && with_key.contains("--profile dayone-admin"));
    assert!(!with_key.contains("aws login"), "aws login does not go into a profile with a key: {with_key}");
}

#[test]
fn korean_has_every_line_too() {
    let page = shown(Language::Ko, Mode::Rich, Human::walking);
    for line in [
        "  1 루트 사용자 사용 중지 · 6단계 중 2단계 · admin-group\n",
        "    + 생성  그룹 Administrators\n",
        "    + 연결  그룹 Administrators에 AdministratorAccess\n",
        "  적용되었습니다.\n",
        "  2건을 변경했습니다.\n",
    ] {
        assert!(page.contains(line), "{line:?} is missing in:\n{page}");
    }
}

#[test]
fn plain_lines_have_no_symbols() {
    let page = shown(Language::En, Mode::Plain, Human::walking);
    assert!(!page.contains(['✓', '✗', '…', '+', '\x1b']), "{page}");
    assert!(page.contains("done: created  group Administrators"), "{page}");
}

#[test]
fn no_line_is_wider_than_the_window() {
    for language in [Language::En, Language::Ko] {
        for listener in [Human::walking as fn(Screen) -> Human, Human::listing] {
            let page = shown(language, Mode::Rich, listener);
            let wide = page.lines().find(|line| textwrap::core::display_width(line) > 80);
            assert_eq!(wide, None);
        }
    }
}

#[test]
fn a_list_has_the_state_of_each_step() {
    let page = shown(Language::En, Mode::Rich, Human::listing);
    for line in [
        "✓ in-place       password-policy",
        "+ to-change      admin-group",
        "! needs-person   root-credentials",
    ] {
        assert!(page.contains(line), "{line:?} is missing in:\n{page}");
    }
}

#[test]
fn a_failure_names_the_next_step() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    let nobody = steps::operator::OperatorError::NobodyToAsk { key: "admin.user".into() };
    failure(&screen, &nobody.into(), Some(StepId::PasswordPolicy));
    let page = screen.kept();
    assert!(page.starts_with("Error: An answer is needed for admin.user"), "{page}");
    assert!(page.contains("Hint:  Give --admin-user NAME"), "{page}");
    assert!(page.contains("       Nothing was changed after \"password-policy\"."), "{page}");
}

#[test]
fn who_cannot_be_asked_learns_the_whole_command() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    let nobody = steps::operator::OperatorError::NobodyToAsk { key: "--yes".into() };
    failure(&screen, &nobody.into(), None);
    let page = screen.kept().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("dayone apply --answers FILE --yes") && page.contains("at a terminal"), "{page}");
}

#[test]
fn who_stops_is_not_said_to_pause() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    stopped(&screen);
    assert!(screen.kept().contains("  Stopped here. What is in place stays in place"), "{}", screen.kept());
}

#[test]
fn who_is_not_signed_in_learns_the_ways() {
    for language in [Language::En, Language::Ko] {
        let screen = Screen::in_memory(language, Mode::Rich);
        let trouble = steps::text::harmless("no credentials\n  in the\n\nchain");
        sign_in_help(&screen, &Text::verbatim(trouble));
        let page = screen.kept();
        for way in ["aws login", "CloudShell", "--profile", "dayone rehearse", "no credentials in the chain"]
        {
            assert!(page.contains(way), "{page}");
        }
    }
}

#[test]
fn a_list_says_when_it_was_looked_and_a_walk_does_not() {
    let at = jiff::Timestamp::from_second(1_795_500_000).unwrap();
    let looked = Event::Looked(crate::event::Looked { at, report_made: Some(at) });
    let listeners: [(fn(Screen) -> Human, bool); 2] = [(Human::listing, true), (Human::walking, false)];
    for (listener, says) in listeners {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        listener(screen.clone()).hear(&looked);
        assert_eq!(screen.kept().contains("As of 2026-11-24 06:00 UTC"), says, "{}", screen.kept());
    }
}
