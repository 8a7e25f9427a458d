//! The command line: commands and options, and what they mean.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use steps::practice::StepId;
use steps::text::Language;

use crate::screen::ColorChoice;

/// A guided day-one wizard for a brand-new AWS account: root put away, MFA for everybody, every call logged, the
/// bill explained.
///
/// Without a command it is the wizard. Run again, it goes on where it stopped.
#[derive(Debug, Parser)]
#[command(name = "dayone", version, max_term_width = 100)]
#[command(after_help = "Exit status: 0 all in place; 1 a failure; 2 wrong usage; 3 something is left; \
    4 an answer is needed and nobody can be asked; 130 interrupted.\n\nTo practise without an AWS account: dayone rehearse")]
pub struct Cli {
    /// What to do; without one, the wizard.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of every command.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show every pending change and everything only a person can do; change nothing
    Plan,
    /// Apply the answers of a file with nobody watching
    Apply(Unattended),
    /// Judge how the account stands; change nothing
    Check,
    /// Walk through it all on a practice account inside the program: no AWS account, no credentials, no network
    #[cfg(feature = "rehearsal")]
    Rehearse(Rehearse),
    /// Print the IAM policy that `check` and `plan` need
    Policy {
        /// The policy that `apply` and the wizard need instead
        #[arg(long)]
        apply: bool,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Args)]
pub struct Unattended {
    /// Apply without asking
    #[arg(long)]
    pub yes: bool,
}

/// The practice account.
#[cfg(feature = "rehearsal")]
#[derive(Debug, Clone, Args)]
pub struct Rehearse {
    /// What to do in the practice account instead of walking
    #[command(subcommand)]
    pub action: Option<RehearseAction>,
    /// Start over with a new practice account
    #[arg(long)]
    pub fresh: bool,
    /// Rehearse unattended, with the answers of a file
    #[arg(long)]
    pub yes: bool,
    /// Serve the practice account to other programs at this address, such as 127.0.0.1:4566
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "yes")]
    pub serve: Option<std::net::SocketAddr>,
}

/// What a person does in the console of the practice account.
#[cfg(feature = "rehearsal")]
#[derive(Debug, Clone, Subcommand)]
pub enum RehearseAction {
    /// Do in the practice account what a person does in the AWS console
    Console {
        /// What is done
        what: ConsoleStep,
        /// Who signs in [default: the one administrator]
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
        /// The code that the MFA device of who signs in shows
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
    },
}

/// What is done in the console.
#[cfg(feature = "rehearsal")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConsoleStep {
    /// Root adds an MFA device
    RootMfa,
    /// Root switches on "IAM user and role access to Billing"
    BillingAccess,
    /// A user signs in in the browser, as `aws login` does; --profile is where the session goes [default: dayone-admin]
    SignIn,
}

/// The options of every command.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// Show the plan and change nothing: the same as `dayone plan`
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// The answers file (TOML); an example is docs/answers.example.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// The name of your own IAM user [answers: admin.user]
    #[arg(long, global = true, value_name = "NAME")]
    pub admin_user: Option<String>,
    /// The administrators' group [answers: admin.group]
    #[arg(long, global = true, value_name = "NAME")]
    pub admin_group: Option<String>,
    /// The account that this must be; another one is refused [answers: account]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub account: Option<String>,
    /// Only these steps or practices
    #[arg(long, global = true, value_name = "STEP", value_delimiter = ',', value_parser = selectable)]
    pub only: Vec<Selected>,
    /// Not these steps or practices
    #[arg(long, global = true, value_name = "STEP", value_delimiter = ',', value_parser = selectable)]
    pub skip: Vec<Selected>,
    /// The AWS profile to sign in with
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The AWS Region
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The language of the program
    #[arg(long, global = true, value_name = "en|ko", value_parser = language)]
    pub language: Option<Language>,
    /// Where the journal and the remembered answers are kept
    #[arg(long, global = true, value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Lines for people, or one JSON document on standard output
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Nothing is redrawn and nothing rests on colour: for screen readers (also ACCESSIBLE=1)
    #[arg(long, global = true)]
    pub plain: bool,
    /// Say more, such as AWS's request ids
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// The steps that an option names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected(pub Vec<StepId>);

impl Options {
    /// The options that are answers, as an answers file would have them.
    pub fn answers(&self) -> Map<String, Value> {
        let mut answers = Map::new();
        let mut admin = Map::new();
        for (key, value) in [("user", &self.admin_user), ("group", &self.admin_group)] {
            if let Some(value) = value {
                admin.insert(key.to_owned(), json!(value));
            }
        }
        if !admin.is_empty() {
            answers.insert("admin".to_owned(), Value::Object(admin));
        }
        if let Some(account) = &self.account {
            answers.insert("account".to_owned(), json!(account));
        }
        answers
    }

    /// Whether a step is asked for.
    pub fn selects(&self, step: StepId) -> bool {
        let named = |selected: &[Selected]| selected.iter().any(|selected| selected.0.contains(&step));
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

fn selectable(name: &str) -> Result<Selected, String> {
    let steps: Vec<_> =
        StepId::all().filter(|step| step.name() == name || step.practice().name() == name).collect();
    if steps.is_empty() {
        let names: Vec<_> = StepId::all().map(StepId::name).collect();
        return Err(format!("expected a practice or a step: {}", names.join(", ")));
    }
    Ok(Selected(steps))
}

fn language(name: &str) -> Result<Language, String> {
    match name {
        "en" => Ok(Language::En),
        "ko" => Ok(Language::Ko),
        _ => Err("expected en or ko".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        let program = std::iter::once("dayone");
        Cli::try_parse_from(program.chain(arguments.iter().copied())).unwrap().options
    }

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn steps_are_selected_by_name_or_by_practice() {
        let mfa = options(&["plan", "--only", "mfa,trail", "--skip", "root-mfa"]);
        assert!(mfa.selects(StepId::AdminMfa) && mfa.selects(StepId::Trail));
        assert!(!mfa.selects(StepId::RootMfa) && !mfa.selects(StepId::AdminUser));
        assert!(options(&[]).selects(StepId::AdminUser));
        assert!(Cli::try_parse_from(["dayone", "--only", "trial"]).is_err());
    }

    #[test]
    fn options_that_are_answers_become_answers() {
        let answers =
            options(&["apply", "--yes", "--admin-user", "alice", "--account", "111122223333"]).answers();
        assert_eq!(Value::Object(answers), json!({"admin": {"user": "alice"}, "account": "111122223333"}));
    }
}
