//! The command line: commands and options, and what they mean.

mod heeded;

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use steps::practice::StepId;
use steps::text;
use steps::text::Language;

use crate::error::Failure;
use crate::screen::ColorChoice;

/// A guided day-one wizard for a brand-new AWS account: root put away, MFA for everybody, every call logged, the
/// bill explained.
///
/// Without a command it is the wizard. Run again, it goes on where it stopped.
#[derive(Debug, Parser)]
#[command(name = "dayone", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 all in place; 1 a failure; 2 wrong usage; 3 something is left, or you stopped; \
    4 an answer is needed and nobody can be asked; 130 interrupted.\n\nTo practise without an AWS account: dayone rehearse"
)]
pub struct Cli {
    /// What to do; without one, the wizard.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of every command.
    #[command(flatten, next_help_heading = "Options of every command")]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show every pending change and everything only a person can do; change nothing
    Plan,
    /// Apply the answers of a file with nobody watching
    Apply(Apply),
    /// Judge how the account stands; change nothing
    Check,
    /// Look into CloudTrail's Event History: who did what, from where, with MFA or not, refused or not
    Events(Box<Events>),
    /// Keep how the account stands, and what was done to it, as one page; change nothing
    Report(Report),
    /// Look after the MFA devices of IAM users
    #[command(subcommand)]
    Mfa(MfaCommand),
    /// Walk through it all on a practice account inside the program: no AWS account, no credentials, no network
    #[cfg(feature = "rehearsal")]
    #[command(
        after_help = "To look at the practice account: dayone rehearse --dry-run. For check, report, events and mfa repair, \
        serve it (--serve), and paste the lines that this prints in another window."
    )]
    Rehearse(Rehearse),
    /// Print the IAM policy that `check`, `plan` and `events` need
    Policy {
        /// The policy that `apply` and the wizard need instead
        #[arg(long)]
        apply: bool,
        /// The AWS partition that the account is in [default: that of --region, else aws]
        #[arg(long, value_enum)]
        partition: Option<Partition>,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// The part of AWS that an account is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Partition {
    /// The commercial Regions.
    Aws,
    /// The China Regions.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
}

impl Partition {
    /// Its name, as it stands in ARNs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }

    /// The one that a Region is in. Source: the regular expressions of the SDK's partitions.
    pub fn of_region(region: &str) -> Self {
        match region {
            region if region.starts_with("cn-") => Self::AwsCn,
            region if region.starts_with("us-gov-") => Self::AwsUsGov,
            _ => Self::Aws,
        }
    }
}

/// How the answers of a file are applied.
#[derive(Debug, Clone, Copy, Args)]
pub struct Apply {
    /// Apply without asking
    #[arg(long)]
    pub yes: bool,
}

/// What is asked of Event History. Several filters hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Events {
    /// Only what this IAM user did, or the role session of this name
    #[arg(long, value_parser = not_empty(), value_name = "NAME", conflicts_with = "root")]
    pub user: Option<String>,
    /// Only what was signed with this access key
    #[arg(long, value_parser = not_empty(), value_name = "ID")]
    pub access_key: Option<String>,
    /// Only events of this name, such as CreateUser or ConsoleLogin
    #[arg(long, value_parser = not_empty(), value_name = "NAME")]
    pub event: Option<String>,
    /// Only events of this service, such as iam or s3.amazonaws.com
    #[arg(long, value_parser = not_empty(), value_name = "SERVICE")]
    pub service: Option<String>,
    /// Only events about the resource of this name or ARN
    #[arg(long, value_parser = not_empty(), value_name = "NAME")]
    pub resource: Option<String>,
    /// What the root user did, sign-ins included
    #[arg(long)]
    pub root: bool,
    /// From when on: 90d or 12h ago, a date such as 2026-11-01, or a time of RFC 3339; dates are UTC's
    /// [default: 90d]
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Until when, in the same forms; a date is meant to its end [default: now]
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Only in these Regions [default: your Region and that of the global services]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub region: Vec<String>,
    /// In all Regions that the account has enabled; where that may not be read, in those enabled by default
    #[arg(long, conflicts_with = "region")]
    pub all_regions: bool,
    /// At most so many events, the newest [default: 100 on the screen, else all]
    #[arg(long, value_name = "NUMBER", value_parser = count)]
    pub limit: Option<NonZeroUsize>,
    /// Download into this file: as --output says, or by its ending .json or .csv. Run again, a download that was
    /// interrupted goes on
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}

/// What is done with MFA devices.
#[derive(Debug, Clone, Subcommand)]
pub enum MfaCommand {
    /// For an administrator: show a user's devices, remove a lost or half-made one, enrol anew
    Repair(Repair),
}

/// A way back for who has lost a device.
#[derive(Debug, Clone, Args)]
pub struct Repair {
    /// The IAM user who has lost a device
    #[arg(value_parser = not_empty())]
    pub user: String,
}

/// The page to keep.
#[derive(Debug, Clone, Args)]
pub struct Report {
    /// Where it goes: a name that ends in .html, .md or .json, or - for standard output; may be given several times
    #[arg(long, value_name = "FILE", required = true, value_parser = PathBufValueParser::new().try_map(destination))]
    pub to: Vec<Destination>,
}

/// Where a page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To standard output.
    StandardOutput,
    /// Into a file, in the format that its name ends in.
    File(PathBuf, PageFormat),
}

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFormat {
    /// For a browser and for paper.
    Html,
    /// For a repository, a wiki or a ticket.
    Markdown,
    /// For programs.
    Json,
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
    /// Who is to be told when root is used says yes to the first e-mail
    ConfirmEmail,
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
    /// Lines for people, or one document on standard output; csv is for `events` alone, sarif and junit for `check`
    #[arg(long, global = true, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Nothing is redrawn and nothing rests on colour: for screen readers (also ACCESSIBLE=1)
    #[arg(long, global = true)]
    pub plain: bool,
    /// Say more: AWS's request id after each change
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
    /// Rows for a spreadsheet.
    Csv,
    /// What is not settled, as SARIF 2.1.0.
    Sarif,
    /// Every step as a JUnit test case.
    Junit,
}

/// The steps that an option names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected(pub Vec<StepId>);

impl Cli {
    /// Whether the options go with the command, beyond what the parser sees.
    pub fn judge(&self) -> Result<(), Failure> {
        self.judge_output()?;
        self.command.as_ref().map_or(Ok(()), |command| heeded::judge(&self.options, command))
    }

    fn judge_output(&self) -> Result<(), Failure> {
        let of_check_alone = matches!(self.options.output, Output::Sarif | Output::Junit);
        if of_check_alone && !matches!(self.command, Some(Command::Check)) {
            return Err(Failure::Usage(text! {
                en: "--output sarif and --output junit are for dayone check alone.",
                ko: "--output sarif와 --output junit은 dayone check에서만 쓸 수 있습니다."
            }));
        }
        if self.options.output == Output::Csv && !matches!(self.command, Some(Command::Events(_))) {
            return Err(Failure::Usage(text! {
                en: "Only dayone events has rows for --output csv. Use --output json or text.",
                ko: "--output csv는 dayone events에서만 쓸 수 있습니다. --output json이나 text를 사용하세요."
            }));
        }
        let talks = matches!(self.command, Some(Command::Mfa(_)));
        if talks && self.options.output != Output::Text {
            return Err(Failure::Usage(text! {
                en: "dayone mfa repair talks with a person, and knows --output text alone.",
                ko: "dayone mfa repair는 사람과 대화하므로 --output text만 쓸 수 있습니다."
            }));
        }
        Ok(())
    }

    /// Whether standard output is kept for one document, and talk goes to standard error.
    pub fn prints_document(&self) -> bool {
        let page = match &self.command {
            Some(Command::Report(report)) => report.to.contains(&Destination::StandardOutput),
            _ => false,
        };
        page || self.options.output != Output::Text
    }

    /// Whether the same command would not go on where it stopped, but start over.
    pub fn starts_over(&self) -> bool {
        match &self.command {
            #[cfg(feature = "rehearsal")]
            Some(Command::Rehearse(rehearse)) => rehearse.fresh,
            _ => false,
        }
    }
}

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

/// AWS looks nothing up by an empty value.
fn not_empty() -> clap::builder::NonEmptyStringValueParser {
    clap::builder::NonEmptyStringValueParser::new()
}

fn count(number: &str) -> Result<NonZeroUsize, String> {
    number.parse().map_err(|_| "expected a whole number, 1 or more".to_owned())
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

fn destination(path: PathBuf) -> Result<Destination, String> {
    if path.as_os_str() == "-" {
        return Ok(Destination::StandardOutput);
    }
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let format = match ending.as_deref() {
        Some("html") => PageFormat::Html,
        Some("md") => PageFormat::Markdown,
        Some("json") => PageFormat::Json,
        _ => return Err("expected a name that ends in .html, .md or .json, or -".to_owned()),
    };
    Ok(Destination::File(path, format))
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

    /// `events` has several Regions where the other commands have one; the run itself is in the first.
    #[test]
    fn events_take_several_regions() {
        fn parsed(arguments: &[&str]) -> (Vec<String>, Option<String>) {
            let program = std::iter::once("dayone");
            let cli = Cli::try_parse_from(program.chain(arguments.iter().copied())).unwrap();
            match cli.command {
                Some(Command::Events(events)) => (events.region, cli.options.region),
                other => panic!("{other:?}"),
            }
        }
        let (one, two) = ("us-west-2".to_owned(), "eu-west-1".to_owned());
        let several = parsed(&["events", "--region", "us-west-2,eu-west-1"]);
        assert_eq!(several, (vec![one.clone(), two.clone()], Some(one.clone())));
        assert_eq!(
            parsed(&["events", "--region", "us-west-2", "--region", "eu-west-1"]).0,
            [one.clone(), two]
        );
        assert_eq!(parsed(&["--region", "us-west-2", "events"]), (vec![one.clone()], Some(one)));
        assert_eq!(parsed(&["events"]), (Vec::new(), None));
        assert!(Cli::try_parse_from(["dayone", "plan", "--region", "a", "--region", "b"]).is_err());
        assert!(Cli::try_parse_from(["dayone", "events", "--root", "--user", "kim"]).is_err());
    }

    #[test]
    fn a_page_is_written_in_the_format_that_its_name_ends_in() {
        let file = |name: &str, format| Destination::File(name.into(), format);
        for (name, expected) in [
            ("day-one.html", file("day-one.html", PageFormat::Html)),
            ("a.b/DAY.ONE.Md", file("a.b/DAY.ONE.Md", PageFormat::Markdown)),
            ("/tmp/x.json", file("/tmp/x.json", PageFormat::Json)),
            ("-", Destination::StandardOutput),
        ] {
            assert_eq!(destination(name.into()), Ok(expected), "{name}");
        }
        for name in ["day-one", "day-one.pdf", ".html", "html", "a.html/b", "--", "", "x.html.gz"] {
            assert!(destination(name.into()).is_err(), "{name}");
        }
        let cli = Cli::try_parse_from(["dayone", "report", "--to", "a.html", "--to", "-"]).unwrap();
        assert!(cli.prints_document() && cli.judge().is_ok());
        assert!(Cli::try_parse_from(["dayone", "report"]).is_err());
    }

    #[test]
    fn a_policy_is_of_the_partition_that_is_named() {
        let parsed = |arguments: &[&str]| {
            let cli = Cli::try_parse_from([&["dayone", "policy"][..], arguments].concat()).ok()?;
            match cli.command {
                Some(Command::Policy { apply, partition }) => Some((apply, partition.map(Partition::name))),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(parsed(&[]), Some((false, None)));
        for name in ["aws", "aws-cn", "aws-us-gov"] {
            assert_eq!(parsed(&["--apply", "--partition", name]), Some((true, Some(name))));
        }
        for wrong in ["", "gov", "aws-eusc", "AWS"] {
            assert_eq!(parsed(&["--partition", wrong]), None, "{wrong}");
        }
    }

    #[test]
    fn sarif_and_junit_are_for_check_alone() {
        for output in ["sarif", "junit"] {
            for (command, accepted) in [("check", true), ("plan", false)] {
                let cli = Cli::try_parse_from(["dayone", command, "--output", output]).unwrap();
                assert_eq!(cli.judge().is_ok(), accepted, "{command} --output {output}");
                assert!(cli.prints_document());
            }
        }
    }

    #[test]
    fn a_repair_names_a_user_and_is_told_in_text() {
        let parsed = |arguments: &[&str]| Cli::try_parse_from([&["dayone", "mfa"][..], arguments].concat());
        let cli = parsed(&["repair", "alice", "--dry-run"]).unwrap();
        assert!(cli.judge().is_ok() && cli.options.dry_run);
        let Some(Command::Mfa(MfaCommand::Repair(repair))) = cli.command else { panic!("another command") };
        assert_eq!(repair.user, "alice");
        for output in ["json", "csv", "sarif", "junit"] {
            assert!(parsed(&["repair", "alice", "--output", output]).unwrap().judge().is_err(), "{output}");
        }
        let wrong: [&[&str]; 4] = [&[], &["repair"], &["repair", ""], &["repair", "alice", "bob"]];
        for wrong in wrong {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn options_that_are_answers_become_answers() {
        let answers =
            options(&["apply", "--yes", "--admin-user", "alice", "--account", "111122223333"]).answers();
        assert_eq!(Value::Object(answers), json!({"admin": {"user": "alice"}, "account": "111122223333"}));
    }
}
