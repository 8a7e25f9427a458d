//! What is printed without an account: policies, completions and help pages.

use clap::CommandFactory;
use dayone::cli::Cli;
use steps::policy::Document;

use crate::machine::{Machine, words};

#[test]
fn the_policies_stand_alone_on_standard_output() {
    let machine = Machine::new();
    let (here, in_govcloud) = (steps::permissions::apply("aws"), steps::permissions::apply("aws-us-gov"));
    let cases: [(&[&str], &str); 6] = [
        (&["policy"], steps::permissions::CHECK),
        (&["policy", "--apply"], &here),
        (&["policy", "--apply", "--partition", "aws-us-gov"], &in_govcloud),
        (&["policy", "--apply", "--region", "us-gov-west-1"], &in_govcloud),
        (&["policy", "--apply", "--region", "us-gov-west-1", "--partition", "aws"], &here),
        (&["policy", "--output", "json", "--language", "ko"], steps::permissions::CHECK),
    ];
    for (arguments, expected) in cases {
        let said = machine.ends(0, arguments);
        let (printed, expected) =
            (Document::parse(&said.stdout).unwrap(), Document::parse(expected).unwrap());
        assert_eq!(printed, expected, "{arguments:?}");
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn completions_know_every_command() {
    let machine = Machine::new();
    for (shell, begins) in
        [("bash", "_dayone() {"), ("zsh", "#compdef dayone"), ("fish", "# Print an optspec")]
    {
        let said = machine.ends(0, &["completions", shell]);
        assert!(said.stdout.starts_with(begins), "{shell}: {}", said.stdout);
        for name in every_command().iter().flatten().map(String::as_str).chain(["state-dir"]) {
            assert!(said.stdout.contains(name), "{shell} does not know {name}");
        }
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn every_command_has_a_help_page() {
    let machine = Machine::new();
    for path in every_command() {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let usage = format!("Usage: {}", [vec!["dayone"], words.clone()].concat().join(" "));
        for help in ["--help", "-h"] {
            let said = machine.ends(0, &[words.as_slice(), &[help]].concat());
            assert!(said.stdout.contains(&usage), "{help} has no {usage}: {}", said.stdout);
            assert_eq!(said.stderr, "");
        }
    }
}

#[test]
fn the_help_pages_say_what_the_options_and_the_exit_statuses_are() {
    let machine = Machine::new();
    for command in ["plan", "apply", "check", "rehearse"] {
        let help = machine.ends(0, &[command, "--help"]).stdout;
        for option in [
            "--answers",
            "--profile",
            "--region",
            "--language",
            "--state-dir",
            "--output",
            "--color",
            "--only",
            "--skip",
        ] {
            assert!(help.contains(&format!("{option} <")), "{command} --help has no {option}: {help}");
        }
        assert!(help.contains("-v, --verbose"), "{help}");
    }
    // What only this command knows comes before what every command knows.
    let help = machine.ends(0, &["events", "--help"]).stdout;
    let (own, every) = help.split_once("Options of every command:").unwrap();
    for option in ["--limit", "--to", "--all-regions"] {
        assert!(own.contains(option) && !every.contains(option), "{option}: {help}");
    }
    let help = words(&machine.ends(0, &["--help"]).stdout);
    for status in ["0 all in place", "1 a failure", "2 wrong usage", "3 something", "4 an answer", "130 int"]
    {
        assert!(help.contains(status), "{help}");
    }
    let version = machine.ends(0, &["--version"]).stdout;
    assert_eq!(version, concat!("dayone ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// The words that lead to each command, such as `rehearse console`; none for the wizard.
fn every_command() -> Vec<Vec<String>> {
    below(&Cli::command())
}

fn below(command: &clap::Command) -> Vec<Vec<String>> {
    let mut paths = vec![Vec::new()];
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name().to_owned();
        paths.extend(below(command).into_iter().map(|path| [vec![name.clone()], path].concat()));
    }
    paths
}
