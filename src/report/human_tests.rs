use std::collections::BTreeSet;

use steps::account::About;
use steps::answers::Answers;
use steps::aws::WayIn;
use steps::event_history::{self, Counted};
use steps::practice::{PersonTask, Practice, Seen, Verb};
use steps::root_user::{
    Facts, Group, LastUse, RootKey, RootKeys, RootUser, SignIn, Uses, administrator_access,
};
use steps::text::Language;

use super::*;
use crate::engine;
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
        names: Vec::new(),
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
            rehearsal: false,
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

/// What left no room for the reason is many directions, which come with the question.
#[test]
fn an_explanation_tells_the_reason_that_was_left_out_with_the_step() {
    for (directions, told) in [(0, true), (30, false)] {
        let task = PersonTask {
            what: Text::verbatim("Put them in a safe place."),
            how: vec![Text::verbatim("Do it by hand."); directions],
            seen: Seen::ByWord("root.credentials_stored"),
        };
        let step = StepId::RootCredentials;
        let asked = StepReport { person: Some(task), ..report(step, State::NeedsPerson) };
        let why = markdown::first_paragraph(step.guide(Language::En)).expect("a guide");
        let first_words: Vec<_> = markdown::without_label(&why).split_whitespace().take(3).collect();
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        let mut human = Human::walking(screen.clone());
        human.hear(&Event::Step(asked));
        let page = screen.kept();
        assert_eq!(page.contains(&first_words.join(" ")), told, "{page}");
        human.hear(&Event::Explained(step));
        let explained = screen.kept().split_off(page.len());
        assert!(told || explained.contains(&first_words.join(" ")), "{explained}");
        assert!(explained.contains("Without it."), "{explained}");
    }
}

/// An account in which root still has these access keys, and the administrator has signed in.
fn with_root_keys(sign_in: SignIn, keys: Vec<RootKey>) -> Facts {
    let group = Group {
        name: "Administrators".into(),
        members: vec!["alice".into()],
        policies: vec![administrator_access("aws")],
        inline_policies: 0,
    };
    Facts {
        account: "111122223333".into(),
        partition: "aws".into(),
        as_root: true,
        password_policy: Ok(None),
        group: Ok(Some(group)),
        user: None,
        sign_in,
        signed_in_with_mfa: true,
        profile_exists: false,
        root_keys: Ok(RootKeys::Listed(keys)),
        reported_root_keys: None,
        root_password: Ok(true),
        root_certificates: Ok(false),
    }
}

/// A key that much calls with, from long addresses.
fn busy_key(id: &str, active: bool, address: &str) -> RootKey {
    let several = |words: &[&str]| {
        words.iter().map(|what| Counted { what: (*what).to_owned(), calls: 300 }).collect::<Vec<_>>()
    };
    let uses = event_history::Summary {
        calls: 1_312,
        refused: 17,
        addresses: several(&[address, "203.0.113.117", "198.51.100.9"]),
        user_agents: several(&["APN/1.0 HashiCorp/1.0 Terraform/1.5.0", "aws-cli/1.27.100", "Boto3/1.26"]),
        event_names: several(&["DescribeInstances", "GetCallerIdentity", "ListBuckets"]),
        ..event_history::Summary::default()
    };
    let last_use = LastUse {
        at: "2026-11-11T06:00:00Z".into(),
        days_ago: 13,
        service: "elasticloadbalancing".into(),
        region: "ap-northeast-2".into(),
    };
    RootKey {
        id: id.into(),
        active,
        signs_this_run: false,
        made: "2021-11-19T00:00:00Z".into(),
        last_use: Ok(Some(last_use)),
        uses: Uses::Found(uses),
        used_by_others: None,
    }
}

/// How the step stands, planned as it is for a person who is there and has put root's credentials away.
fn root_access_keys(facts: &Facts) -> StepReport {
    let ours = ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"].map(|id| format!("iam:root-access-key/{id}"));
    let mut answers = Answers { attended: true, switched_off: BTreeSet::from(ours), ..Answers::default() };
    answers.admin.user = Some("alice".into());
    answers.root.credentials_stored = true;
    let plans = RootUser::plan(facts, &answers);
    engine::report(plans.iter().find(|plan| plan.step == StepId::RootAccessKeys).expect("the step"))
}

/// The longest page that there is, before each of its questions: two keys with uses, active, and then switched off.
#[test]
fn the_page_of_the_access_keys_of_root_is_in_sight_when_the_question_comes() {
    const KEYS: [&str; 2] = ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"];
    let squeezed = |words: &str| words.split_whitespace().collect::<String>();
    for address in ["198.51.100.123", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"] {
        for (active, sign_in) in
            [(true, SignIn::Proven), (true, SignIn::Locked), (false, SignIn::Proven), (false, SignIn::Locked)]
        {
            let keys = KEYS.map(|id| busy_key(id, active, address)).to_vec();
            let asked = root_access_keys(&with_root_keys(sign_in, keys));
            assert!(asked.state == State::ToChange && asked.changes.len() >= 2, "{asked:?}");
            for language in [Language::En, Language::Ko] {
                let screen = Screen::in_memory(language, Mode::Rich);
                let mut human = Human::walking(screen.clone());
                human.hear(&Event::Step(asked.clone()));
                let page = screen.kept();
                assert!(page.lines().count() + QUESTION <= 24, "{} lines\n{page}", page.lines().count());
                assert!(page.contains("root-access-keys"), "{page}");
                let summaries = asked.changes.iter().map(|change| &change.summary);
                for text in asked.notes.iter().chain(summaries.clone()) {
                    assert!(squeezed(&page).contains(&squeezed(screen.say(text))), "{text:?}\n{page}");
                }

                // The guide alone fills a window. The reason is told with the step or with the explanation.
                let guide = StepId::RootAccessKeys.guide(language);
                let reason = markdown::plain(&markdown::first_paragraph(guide).expect("a guide"));
                let reason = squeezed(reason.split_once(". ").expect("a label").1);
                let told = squeezed(&page).contains(&reason);
                human.hear(&Event::Explained(StepId::RootAccessKeys));
                let page = screen.kept().split_off(page.len());
                assert_ne!(squeezed(&page).contains(&reason), told, "{page}");
                let scroll = text! { en: "scroll up", ko: "위로 스크롤" };
                assert_ne!(page.contains(screen.say(&scroll)), told, "{page}");
                let lines = page.lines().count();
                assert!(!told || lines + QUESTION <= 24, "{lines} lines\n{page}");
                for text in summaries {
                    assert!(squeezed(&page).contains(&squeezed(screen.say(text))), "{text:?}\n{page}");
                }
                let sent_back = text! { en: "stands above", ko: "위쪽" };
                assert!(page.contains(screen.say(&sent_back)), "{page}");
            }
        }
    }
}

/// What no window holds is printed all the same, and the person is told where it begins.
#[test]
fn a_page_that_is_longer_than_the_window_says_so() {
    let many = vec![
        change(Verb::Disable, "access key AKIAIOSFODNN7EXAMPLE", "액세스 키 AKIAIOSFODNN7EXAMPLE");
        30
    ];
    let long = StepReport { changes: many, ..report(StepId::UnusedCredentials, State::ToChange) };
    for (mode, warned) in [(Mode::Rich, true), (Mode::Plain, false)] {
        let screen = Screen::in_memory(Language::En, mode);
        Human::walking(screen.clone()).hear(&Event::Step(long.clone()));
        assert_eq!(screen.kept().matches("AKIAIOSFODNN7EXAMPLE").count(), 30);
        let last = screen.kept().lines().last().map(str::to_owned);
        assert_eq!(last.is_some_and(|line| line.contains("scroll up")), warned, "{}", screen.kept());
    }
}

/// The question that follows says what a person chooses or answers, so the page does not say it too.
#[test]
fn a_question_is_not_asked_twice() {
    let what = text! { en: "Which device will you use?", ko: "어떤 디바이스를 쓰시겠어요?" };
    let seen = Seen::ByChoice("mfa.device", vec![(Text::verbatim("An app"), "virtual")]);
    let task = PersonTask { what: what.clone(), how: Vec::new(), seen };
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    let asked = StepReport { person: Some(task), ..report(StepId::AdminMfa, State::NeedsPerson) };
    Human::walking(screen.clone()).hear(&Event::Step(asked));
    assert!(screen.kept().contains("admin-mfa") && !screen.kept().contains(&what.en), "{}", screen.kept());
}

#[test]
fn who_is_not_there_needs_no_phone() {
    for unattended in [true, false] {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        let overview = Event::Overview(vec![group()]);
        Human::walking(screen.clone()).unattended(unattended).hear(&overview);
        let page = screen.kept();
        assert!(page.contains("Stop using the root user"), "{page}");
        assert_ne!(page.contains("Have your phone"), unattended, "{page}");
    }
}

#[test]
fn a_plan_tells_a_person_how_and_a_verdict_only_what() {
    let texts = |en: &str, ko: &str| Text { en: en.into(), ko: ko.into() };
    let how =
        vec![texts("Open the page.", "페이지를 여세요."), texts("Choose a passkey.", "패스키를 고르세요.")];
    let task =
        PersonTask { what: texts("Add MFA to root.", "MFA를 추가하세요."), how, seen: Seen::InAccount };
    let left = StepReport { person: Some(task), ..report(StepId::RootMfa, State::NeedsPerson) };
    for directs in [true, false] {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        Human::listing(screen.clone()).with_directions(directs).hear(&Event::Step(left.clone()));
        let page = screen.kept();
        assert!(page.contains("           Add MFA to root.\n"), "{page}");
        let told = page.contains("           1  Open the page.\n           2  Choose a passkey.\n");
        assert_eq!((told, page.contains("passkey")), (directs, directs), "{page}");
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

/// Beside the longest name too, there is room for what was found, and every step has it in the same column.
#[test]
fn what_was_found_stands_in_one_column_whatever_the_step_is_called() {
    for language in [Language::En, Language::Ko] {
        let screen = Screen::in_memory(language, Mode::Rich);
        let mut human = Human::listing(screen.clone());
        for step in StepId::all() {
            let found = Some(Text::verbatim("§ at least twenty words"));
            human.hear(&Event::Step(StepReport { found, ..report(step, State::InPlace) }));
        }
        let page = screen.kept();
        let before = page.lines().filter_map(|line| line.split_once('§')).map(|(before, _)| before);
        let columns: Vec<_> = before.map(textwrap::core::display_width).collect();
        assert_eq!(columns.len(), StepId::all().count(), "{page}");
        assert!(columns.iter().all(|column| *column == columns[0]), "{page}");
        assert!(page.lines().all(|line| textwrap::core::display_width(line) <= 80), "{page}");
    }
}

/// What does not fit beside the name stands below it, in lines that begin in one column.
#[test]
fn what_was_found_is_not_torn_apart() {
    let found =
        "a bucket with a long name, private, and changed by administrators alone, as far as it can be seen";
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    let found = Some(Text::verbatim(found));
    Human::listing(screen.clone())
        .hear(&Event::Step(StepReport { found, ..report(StepId::TrailBucket, State::InPlace) }));
    let page = screen.kept();
    let lines: Vec<_> = page.lines().skip_while(|line| !line.contains("trail-bucket")).collect();
    assert!(lines.len() == 3 && lines[0].ends_with("trail-bucket"), "{page}");
    assert!(lines[1..].iter().all(|line| line.find(|c: char| c != ' ') == Some(11)), "{page}");
}

/// The uses of a key stand below it, and what is too long for a line stays in their column.
#[test]
fn a_note_that_belongs_to_another_is_set_in_below_it() {
    let key = busy_key("AKIAIOSFODNN7EXAMPLE", true, "198.51.100.123");
    let asked = root_access_keys(&with_root_keys(SignIn::Proven, vec![key]));
    for language in [Language::En, Language::Ko] {
        let screen = Screen::in_memory(language, Mode::Rich);
        Human::walking(screen.clone()).hear(&Event::Step(asked.clone()));
        let page = screen.kept();
        let uses: Vec<_> = page.lines().skip_while(|line| !line.contains("198.51.100.123")).take(3).collect();
        let is_set_in = |line: &&str| line.find(|c: char| c != ' ') == Some(4);
        assert!(uses.len() == 3 && uses.iter().all(is_set_in), "{page}");
    }
}

/// Its next question comes with what is new.
#[test]
fn the_reason_of_a_step_is_told_once() {
    for language in [Language::En, Language::Ko] {
        let screen = Screen::in_memory(language, Mode::Rich);
        let mut human = Human::walking(screen.clone());
        let first_words = |step: StepId| {
            let why = markdown::first_paragraph(step.guide(language)).expect("a guide");
            markdown::without_label(&why).split_whitespace().take(3).collect::<Vec<_>>().join(" ")
        };
        human.hear(&Event::Step(group()));
        let first = screen.kept();
        assert!(first.contains(&first_words(StepId::AdminGroup)), "{first}");
        human.hear(&Event::Step(group()));
        let again = screen.kept().split_off(first.len());
        assert!(!again.contains(&first_words(StepId::AdminGroup)), "{again}");
        assert!(again.contains("admin-group") && again.contains("Administrators"), "{again}");
        human.hear(&Event::Step(StepReport { step: StepId::AdminUser, ..group() }));
        let other = screen.kept().split_off(first.len() + again.len());
        assert!(other.contains(&first_words(StepId::AdminUser)), "{other}");
    }
}

#[test]
fn a_practice_of_which_one_step_is_asked_for_has_one_step() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    Human::walking(screen.clone()).hear(&Event::Overview(vec![group()]));
    assert!(
        screen.kept().contains("  1  Stop using the root user       1 step    1 to do\n"),
        "{}",
        screen.kept()
    );
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

/// What AWS has done in the middle of a change, or may have, is not denied.
#[test]
fn nothing_is_said_to_be_unchanged_unless_it_is_known() {
    use steps::error::{AwsCause, AwsError, StepError};
    let told = |show: &dyn Fn(&Screen, &StepError), code: Option<&str>| {
        let error = AwsError::without_answer("iam:CreateAccessKey", "words");
        let code = code.map(ToOwned::to_owned);
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        show(&screen, &AwsError { cause: AwsCause::Refused, code, ..error }.into());
        screen.kept().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let ended = |screen: &Screen, error: &StepError| failure(screen, error, Some(StepId::AdminUser));
    assert!(told(&ended, Some("LimitExceeded")).contains("Nothing was changed after \"admin-user\"."));
    for code in [None, Some("HTTP 200"), Some("HTTP 502")] {
        assert!(!told(&ended, code).contains("Nothing was changed"), "{code:?}");
    }
    let midway = told(&failure_midway, Some("LimitExceeded"));
    assert!(midway.contains("The last change may have been made, in part or as a whole."), "{midway}");
    assert!(!midway.contains("Nothing was changed"), "{midway}");
}

#[test]
fn who_has_asked_for_a_pause_is_told_what_it_waits_for() {
    let screen = Screen::in_memory(Language::En, Mode::Rich);
    Human::walking(screen.clone()).hear(&Event::Finishing);
    let told = "Finishing the change under way. Ctrl-C again stops at once.";
    assert!(screen.kept().contains(told), "{}", screen.kept());
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
    stopped(&screen, false);
    assert!(screen.kept().contains("  Stopped here. What is in place stays in place"), "{}", screen.kept());
    assert!(!screen.kept().contains("--fresh"), "{}", screen.kept());
}

#[test]
fn who_starts_over_is_told_how_to_go_on_instead() {
    let advises = |words: &str| words.split_whitespace().collect::<String>().contains("without--fresh");
    for starts_over in [true, false] {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        Human::walking(screen.clone()).starting_over(starts_over).hear(&Event::Overview(vec![group()]));
        assert_eq!(advises(&screen.kept()), starts_over, "{}", screen.kept());
        for last_words in [paused as fn(&Screen, bool), stopped] {
            let before = screen.kept().len();
            last_words(&screen, starts_over);
            assert_eq!(advises(&screen.kept()[before..]), starts_over, "{}", screen.kept());
        }
    }
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
    type Listening = fn(Screen) -> Human;
    let listeners: [(Listening, bool); 2] = [(Human::listing, true), (Human::walking, false)];
    for (listener, says) in listeners {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        listener(screen.clone()).hear(&looked);
        assert_eq!(screen.kept().contains("As of 2026-11-24 06:00 UTC"), says, "{}", screen.kept());
    }
}
