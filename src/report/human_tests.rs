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
        alias: None,
        partition: "aws".into(),
        arn: "arn:aws:iam::111122223333:root".into(),
        kind: "root",
        temporary: true,
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
    let practices = [
        PracticeSummary { id: PracticeId::RootUser, steps: 6, to_do: 5 },
        PracticeSummary { id: PracticeId::BillingReport, steps: 4, to_do: 4 },
    ];
    let mut events = vec![
        Event::SignedIn(root()),
        Event::Overview(practices.to_vec()),
        Event::PracticeStarted(PracticeId::RootUser),
        Event::Step(policy.clone()),
        Event::Step(group()),
    ];
    for change in changes {
        events.push(Event::ChangeStarted(change.clone()));
        events.push(Event::ChangeFinished(change, Outcome::Done));
    }
    events.extend([
        Event::Verified(in_place.clone()),
        Event::Step(root_credentials.clone()),
        Event::StepLeft(StepId::RootCredentials),
        Event::Step(delivery.clone()),
        Event::Finished(Summary {
            steps: vec![policy, in_place, root_credentials, delivery],
            changes_made: 2,
            sign_in: Some(SignInAdvice {
                user: "alice".into(),
                console: "https://111122223333.signin.aws.amazon.com/console".into(),
                profile: "dayone-admin".into(),
            }),
            could_write: true,
        }),
    ]);
    events
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
        "  1  Stop using the root user",
        "    ✓ password-policy  at least 14 characters\n",
        "  1 Stop using the root user · step 2 of 6 · admin-group\n",
        "    + create  group Administrators\n",
        "    + attach  AdministratorAccess to group Administrators\n",
        "    ✓ created  group Administrators\n",
        "  In place.\n",
        "  Left for another time.\n",
        "    … log-delivery  waiting: the first log file",
        "  In place         2 of 4\n",
        "  For a person     1   root-credentials: Put root's",
        "  2 changes were made.\n",
        "aws login --profile dayone-admin",
        "dayone check",
    ] {
        assert!(page.contains(line), "{line:?} is missing in:\n{page}");
    }
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
fn who_is_not_signed_in_learns_the_ways() {
    for language in [Language::En, Language::Ko] {
        let screen = Screen::in_memory(language, Mode::Rich);
        sign_in_help(&screen, "no credentials in the chain");
        let page = screen.kept();
        for way in ["aws login", "CloudShell", "--profile", "dayone rehearse", "no credentials in the chain"]
        {
            assert!(page.contains(way), "{page}");
        }
    }
}
