//! Which language is spoken, and where there is colour.

use expectrl::process::unix::WaitStatus;
use expectrl::{Eof, Expect, Session};

use crate::contract::{assert_contract, changes, text};
use crate::machine::{DRY_RUN, Machine, PATIENCE};

#[test]
fn korean_comes_from_the_environment_the_option_or_the_answers() {
    let machine = Machine::new();
    machine.write("korean.toml", "language = \"ko\"\n[admin]\nuser = \"alice\"\n");
    let with = |more: &[&'static str]| [&DRY_RUN[..], more].concat();
    let korean = [
        machine.ends_with([("LC_ALL", "ko_KR.UTF-8")], 3, &DRY_RUN),
        machine.ends_with([("LANG", "ko_KR.UTF-8")], 3, &DRY_RUN),
        machine.ends(3, &with(&["--language", "ko"])),
        machine.ends(3, &["rehearse", "--dry-run", "--answers", "korean.toml"]),
    ];
    for said in korean {
        let text = said.stdout;
        assert!(
            text.contains("루트 사용자 사용 중지") && text.contains("아무것도 바꾸지 않았습니다."),
            "{text}"
        );
        assert!(!text.contains("Stop using"), "{text}");
    }
    let english = machine.ends_with([("LC_ALL", "ko_KR.UTF-8")], 3, &with(&["--language", "en"]));
    assert!(english.stdout.contains("Stop using the root user"), "{}", english.stdout);
    assert!(!english.stdout.contains("루트"), "{}", english.stdout);
}

#[test]
fn korean_reaches_errors_and_the_texts_of_the_json() {
    let machine = Machine::new();
    let said = machine.ends(2, &["plan", "--region", "moon-1", "--language", "ko"]);
    assert!(said.told().contains("moon-1 리전은 없습니다."), "{}", said.stderr);
    let said = machine.ends(3, &[&DRY_RUN[..], &["--language", "ko", "--output", "json"]].concat());
    let document = said.document();
    assert_contract(&document, false);
    let summaries: Vec<_> = changes(&document).into_iter().map(|change| text(&change["summary"])).collect();
    assert!(summaries.contains(&"사용자 alice"), "{summaries:?}");
}

#[test]
fn a_pipe_gets_colour_only_when_it_is_asked_for() {
    let machine = Machine::new();
    let with = |more: &[&'static str]| [&DRY_RUN[..], more].concat();
    for (arguments, colour) in [
        (with(&[]), false),
        (with(&["--color", "auto"]), false),
        (with(&["--color", "never"]), false),
        (with(&["--color", "always"]), true),
    ] {
        let text = machine.ends(3, &arguments).stdout;
        assert_eq!(text.contains('\u{1b}'), colour, "{arguments:?}: {text}");
    }
    let asked_for = machine.ends_with([("NO_COLOR", "1")], 3, &with(&["--color", "always"]));
    assert!(asked_for.stdout.contains('\u{1b}'), "the option is the stronger of the two");
}

#[test]
fn a_terminal_gets_colour_unless_no_color_is_set() {
    let machine = Machine::new();
    let yellow = "\u{1b}[33m";
    assert!(shown_on_a_terminal(&machine, &[]).contains(yellow));
    assert!(shown_on_a_terminal(&machine, &[("NO_COLOR", "")]).contains(yellow), "empty is not set");
    let plain = shown_on_a_terminal(&machine, &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}') && plain.contains("Stop using the root user"), "{plain}");
}

fn shown_on_a_terminal(machine: &Machine, variables: &[(&str, &str)]) -> String {
    let mut command = machine.command(&DRY_RUN);
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(PATIENCE));
    let shown = session.expect(Eof).unwrap();
    let status = session.get_process().wait().unwrap();
    assert!(matches!(status, WaitStatus::Exited(_, 3)), "{status:?}");
    String::from_utf8_lossy(shown.as_bytes()).into_owned()
}
