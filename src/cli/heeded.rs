//! Which options each command heeds. Every command takes the options of all, but an option that is passed over in silence
//! lets somebody believe that it holds: `dayone events --only trail` would show everything. So it is refused.
//!
//! Options that say who asks, how to talk, and where things are kept, are for every command, so that a script can give
//! them to all alike: a rehearsal reaches no account but its own, whatever the profile.

use steps::text;

use super::{Command, Options};
#[cfg(feature = "rehearsal")]
use super::{Rehearse, RehearseAction};
use crate::error::Failure;

const DRY_RUN: &str = "--dry-run";
const ANSWERS: &str = "--answers";
const ADMIN_USER: &str = "--admin-user";
const ADMIN_GROUP: &str = "--admin-group";
const ACCOUNT: &str = "--account";
const ONLY: &str = "--only";
const SKIP: &str = "--skip";
#[cfg(feature = "rehearsal")]
const FRESH: &str = "--fresh";
#[cfg(feature = "rehearsal")]
const YES: &str = "--yes";
#[cfg(feature = "rehearsal")]
const SERVE: &str = "--serve";

/// What is to be done with an account, and how.
const OF_A_RUN: [&str; 7] = [DRY_RUN, ANSWERS, ADMIN_USER, ADMIN_GROUP, ACCOUNT, ONLY, SKIP];

/// Refuses an option that the command has no use for.
pub(super) fn judge(options: &Options, command: &Command) -> Result<(), Failure> {
    let (name, useless) = command.useless_options();
    let given = options.given().into_iter().chain(command.own_options());
    let mut given = given.filter(|(_, is_given)| *is_given).map(|(option, _)| option);
    match given.find(|option| useless.contains(option)) {
        None => Ok(()),
        Some(option) => Err(Failure::Usage(text! {
            en: "{name} has no use for {option}. Leave it out.",
            ko: "{name} 명령에서는 {option}을(를) 쓸 수 없습니다. 빼고 다시 실행하세요."
        })),
    }
}

impl Options {
    /// The options that not every command has a use for, and whether they were given.
    fn given(&self) -> [(&'static str, bool); 7] {
        [
            (DRY_RUN, self.dry_run),
            (ANSWERS, self.answers.is_some()),
            (ADMIN_USER, self.admin_user.is_some()),
            (ADMIN_GROUP, self.admin_group.is_some()),
            (ACCOUNT, self.account.is_some()),
            (ONLY, !self.only.is_empty()),
            (SKIP, !self.skip.is_empty()),
        ]
    }
}

impl Command {
    /// How the command is called, and the options that mean nothing to it.
    fn useless_options(&self) -> (&'static str, Vec<&'static str>) {
        match self {
            Self::Plan => ("dayone plan", Vec::new()),
            Self::Apply(_) => ("dayone apply", Vec::new()),
            Self::Check => ("dayone check", Vec::new()),
            // It looks at no step, and changes nothing anyway.
            Self::Events(_) => ("dayone events", vec![DRY_RUN, ADMIN_USER, ADMIN_GROUP, ONLY, SKIP]),
            // It writes the page, and has no plan to show in its place.
            Self::Report(_) => ("dayone report", vec![DRY_RUN]),
            Self::Mfa(_) => ("dayone mfa repair", vec![ONLY, SKIP]),
            #[cfg(feature = "rehearsal")]
            Self::Rehearse(rehearse) => rehearse.useless_options(),
            // They look at no account.
            Self::Policy { .. } => ("dayone policy", OF_A_RUN.to_vec()),
            Self::Completions { .. } => ("dayone completions", OF_A_RUN.to_vec()),
        }
    }

    /// Options of its own that it does not always have a use for, and whether they were given.
    fn own_options(&self) -> Vec<(&'static str, bool)> {
        match self {
            #[cfg(feature = "rehearsal")]
            Self::Rehearse(rehearse) => {
                vec![(FRESH, rehearse.fresh), (YES, rehearse.yes), (SERVE, rehearse.serve.is_some())]
            }
            Self::Plan
            | Self::Apply(_)
            | Self::Check
            | Self::Events(_)
            | Self::Report(_)
            | Self::Mfa(_)
            | Self::Policy { .. }
            | Self::Completions { .. } => Vec::new(),
        }
    }
}

#[cfg(feature = "rehearsal")]
impl Rehearse {
    fn useless_options(&self) -> (&'static str, Vec<&'static str>) {
        match (&self.action, self.serve) {
            (Some(RehearseAction::Console { .. }), _) => {
                ("dayone rehearse console", [&OF_A_RUN[..], &[FRESH, YES, SERVE]].concat())
            }
            (None, Some(_)) => ("dayone rehearse --serve", OF_A_RUN.to_vec()),
            (None, None) => ("dayone rehearse", Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::Cli;

    /// What is said of a command line that the parser takes; nothing where every option is heeded.
    fn told(line: &str) -> String {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        cli.judge().err().map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_option_that_would_be_passed_over_is_refused() {
        let no_step = ["--only trail", "--skip mfa"];
        let nobody = ["--admin-user alice", "--admin-group Admins"];
        let no_account = ["--answers a.toml", "--account 111122223333"];
        let refused: [(&str, Vec<&str>); 4] = [
            ("dayone events", [&no_step[..], &nobody, &["--dry-run"]].concat()),
            ("dayone report --to a.html", vec!["--dry-run"]),
            ("dayone mfa repair alice", no_step.to_vec()),
            ("dayone policy", [&no_step[..], &nobody, &no_account, &["--dry-run"]].concat()),
        ];
        for (command, options) in refused {
            assert_eq!(told(command), "");
            for option in options {
                let (line, name) = (format!("{command} {option}"), option.split(' ').next().unwrap());
                let expected = format!("has no use for {name}. Leave it out.");
                assert!(told(&line).ends_with(&expected), "{line}: {}", told(&line));
            }
        }
        assert_eq!(
            told("dayone completions bash --dry-run"),
            "dayone completions has no use for --dry-run. Leave it out."
        );
    }

    #[test]
    fn what_a_command_heeds_is_taken() {
        let of_a_run = "--answers a.toml --admin-user a --admin-group b --account 111122223333 --only mfa \
            --skip root-mfa --profile work --region us-east-1";
        for command in ["", " plan", " apply --yes", " check"] {
            for option in ["--dry-run", "--output json"] {
                let line = format!("dayone{command} {of_a_run} {option}");
                assert_eq!(told(&line), "", "{line}");
            }
        }
        for line in [
            "dayone report --to a.html --only mfa --skip root-mfa --answers a.toml --admin-user alice",
            "dayone events --answers a.toml --account 111122223333 --profile work --region us-east-1",
            "dayone mfa repair alice --dry-run --answers a.toml --admin-user bob --profile work",
            "dayone policy --apply --output json --language ko --state-dir x --plain --color never -v",
        ] {
            assert_eq!(told(line), "", "{line}");
        }
    }

    #[cfg(feature = "rehearsal")]
    #[test]
    fn a_rehearsal_heeds_what_it_is_asked_for() {
        let cases = [
            ("--dry-run --only mfa --admin-user alice --region eu-west-1 --output json", ""),
            ("--answers a.toml --yes --fresh", ""),
            ("--profile work", ""),
            ("--serve 127.0.0.1:0 --fresh --region eu-west-1", ""),
            ("--serve 127.0.0.1:0 --dry-run", "dayone rehearse --serve has no use for --dry-run"),
            ("--serve 127.0.0.1:0 --output json", ""),
            ("console sign-in --profile work", ""),
            ("console root-mfa --profile work --region us-east-1 --output json", ""),
            ("--fresh console root-mfa", "dayone rehearse console has no use for --fresh"),
            ("--yes console sign-in", "dayone rehearse console has no use for --yes"),
            ("--serve 127.0.0.1:0 console root-mfa", "dayone rehearse console has no use for --serve"),
            ("console billing-access --dry-run", "dayone rehearse console has no use for --dry-run"),
        ];
        for (options, expected) in cases {
            let told = told(&format!("dayone rehearse {options}"));
            let expected =
                if expected.is_empty() { String::new() } else { format!("{expected}. Leave it out.") };
            assert_eq!(told, expected, "{options}");
        }
    }
}
