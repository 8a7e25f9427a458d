//! The table of contents: what each command does, and for a run on an account, its parts and its end.

mod preparation;
mod walk;

use std::path::PathBuf;

use serde_json::{Map, Value};
use steps::aws::{Access, Connection};
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::session::Session;
use steps::{permissions, text};

use crate::answers;
use crate::cli::{Cli, Command, MfaCommand, Options, Output, Partition};
use crate::error::Failure;
use crate::event::Listener;
use crate::interrupt::Interrupt;
use crate::report::Everybody;
use crate::report::human::{self, Human};
use crate::report::json::Json;
use crate::report::look::Looking;
use crate::report::{junit, page, sarif};
use crate::screen::{Mode, Screen, Settings};
use crate::{exit_status, language, mfa_repair};

pub use preparation::{known_region, state_folder};
pub(crate) use preparation::{person, prepare, real_account, until};

/// What a run is asked to do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Walk with a person.
    Walk,
    /// Show the plan.
    Plan,
    /// Judge how it stands.
    Check,
    /// Judge it for a page to keep, which takes its time.
    Report,
    /// Apply the answers with nobody watching.
    Apply {
        /// Without asking once before.
        yes: bool,
    },
}

/// The account that a run works on.
#[derive(Debug)]
pub struct Place {
    /// How it is reached.
    pub connection: Connection,
    /// Under which the accounts' folders are.
    pub state: PathBuf,
    /// Whether it is the practice account.
    pub rehearsal: bool,
    /// Whether the same command would not go on, but start over.
    pub starts_over: bool,
}

/// Runs a command to its end, and gives the exit status.
pub async fn run(cli: Cli, interrupt: Interrupt) -> u8 {
    let file = cli.options.answers.as_deref().map(answers::read_file).transpose();
    let screen = screen(&cli, file.as_ref().ok().and_then(Option::as_ref));
    let starts_over = cli.starts_over();
    let result = match file {
        Ok(file) => dispatch(cli, file.unwrap_or_default(), &screen, interrupt).await,
        Err(failure) => Err(failure),
    };
    let status = match result {
        Ok(status) => status,
        Err(failure) => {
            tell(&screen, &failure, starts_over);
            failure.exit_status()
        }
    };
    match screen.lost_output() {
        // Whatever else came of it.
        Some(trouble) => {
            human::failed(&screen, &trouble, Some(&make_room()));
            exit_status::FAILED
        }
        None => status,
    }
}

fn make_room() -> text::Text {
    text! {
        en: "Make room, or send the output elsewhere, and run the same command again. What is in place stays in place.",
        ko: "공간을 확보하거나 출력을 다른 곳으로 보내고 같은 명령을 다시 실행하세요. 이미 적용된 것은 그대로 있습니다."
    }
}

fn screen(cli: &Cli, file: Option<&Map<String, Value>>) -> Screen {
    let options = &cli.options;
    let variable = |name: &str| std::env::var(name).ok();
    let said =
        file.and_then(|file| file.get("language")).and_then(|word| serde_json::from_value(word.clone()).ok());
    Screen::new(Settings {
        language: language::choose(options.language, said, variable),
        mode: Mode::choose(options.plain, variable),
        color: options.color,
        document: cli.prints_document(),
    })
}

/// Says what ended a run early.
fn tell(screen: &Screen, failure: &Failure, starts_over: bool) {
    if let Some(error) = failure.is_missing_sign_in() {
        return human::sign_in_help(screen, &error.detail().unwrap_or_default());
    }
    match failure {
        Failure::Step(StepError::Operator(OperatorError::Interrupted)) => human::paused(screen, starts_over),
        Failure::Step(StepError::Operator(OperatorError::Declined | OperatorError::Quit)) => {
            human::stopped(screen, starts_over);
        }
        Failure::Step(error) => human::failure(screen, error, None),
        Failure::After { error, last_applied } => human::failure(screen, error, Some(*last_applied)),
        Failure::Midway { error } => human::failure_midway(screen, error),
        other => {
            let (what, next) = other.text();
            human::failed(screen, &what, next.as_ref());
        }
    }
}

async fn dispatch(
    cli: Cli,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    cli.judge()?;
    let options = &cli.options;
    let task = match &cli.command {
        Some(Command::Policy { apply, partition }) => {
            let of_region = || options.region.as_deref().map_or(Partition::Aws, Partition::of_region);
            return Ok(print_policy(screen, *apply, partition.unwrap_or_else(of_region)));
        }
        Some(Command::Completions { shell }) => return Ok(print_completions(screen, *shell)),
        Some(Command::Events(events)) => {
            return crate::events::run(events, options, &file, screen, interrupt).await;
        }
        #[cfg(feature = "rehearsal")]
        Some(Command::Rehearse(rehearse)) => {
            return crate::rehearse::run(rehearse, options, file, screen, interrupt).await;
        }
        Some(Command::Report(report)) => {
            return Box::pin(page::run(report, options, file, screen, interrupt)).await;
        }
        Some(Command::Mfa(MfaCommand::Repair(repair))) => {
            return Box::pin(mfa_repair::run(repair, options, file, screen, interrupt)).await;
        }
        Some(Command::Plan) => Task::Plan,
        Some(Command::Check) => Task::Check,
        Some(Command::Apply(apply)) => Task::Apply { yes: apply.yes },
        None => Task::Walk,
    };
    let task = if options.dry_run { Task::Plan } else { task };
    let place = real_account(options, task).await?;
    on(place, task, options, file, screen, interrupt).await
}

/// Does a task on an account.
pub async fn on(
    place: Place,
    task: Task,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    let human = if task.walks() { Human::walking(screen.clone()) } else { Human::listing(screen.clone()) };
    let human = human.verbose(options.verbose).with_directions(task != Task::Check);
    let human = human.starting_over(place.starts_over);
    let mut human = human.unattended(matches!(task, Task::Apply { .. }));
    let mut json = Json::new(screen.language(), task.access() == Access::ReadWrite);
    let calls = Calls::of(&place.connection);
    let mut looking = Looking::begin();
    let mut everybody = Everybody::default().and(&mut human).and(&mut json).and(&mut looking);
    let result = with_listener(place, task, options, file, screen, interrupt, &mut everybody).await;
    let result = result.map(|(status, _)| status);
    drop(everybody);
    // Wrong usage was told before anything was looked at.
    let looked = !matches!(&result, Err(failure) if failure.exit_status() == exit_status::WRONG_USAGE);
    match (options.output, looking.ended()) {
        (Output::Json, _) if looked => screen.document(&json.document(calls.count())),
        (Output::Sarif, Some(look)) => screen.document(&sarif::document(&look, screen.language())),
        (Output::Junit, Some(look)) => screen.document(&junit::document(&look, screen.language())),
        _ => {}
    }
    result
}

/// Counts go on after the connection has been given away.
struct Calls(Connection);

impl Calls {
    fn of(connection: &Connection) -> Self {
        Self(connection.clone())
    }

    fn count(&self) -> u32 {
        self.0.calls()
    }
}

/// Does a task while somebody listens. Gives the exit status, and the session in which it was done.
pub(crate) async fn with_listener(
    place: Place,
    task: Task,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
    listener: &mut dyn Listener,
) -> Result<(u8, Session), Failure> {
    if !StepId::all().any(|step| options.selects(step)) {
        return Err(Failure::Usage(text! {
            en: "--only and --skip together leave no step.",
            ko: "--only와 --skip을 함께 쓰면 남는 단계가 없습니다."
        }));
    }
    let selects = |step| options.selects(step);
    let mut engine = prepare(place, task, options, file, screen, interrupt, listener).await?;
    engine.selects = &selects;
    engine.steps_are_named = !options.only.is_empty();
    match engine.go(task, screen).await {
        Ok(()) => Ok(engine.finish(task)),
        Err(failure) => Err(failure.after(engine.last_applied)),
    }
}

impl Task {
    /// Whether it may write.
    pub fn access(self) -> Access {
        match self {
            Self::Walk | Self::Apply { .. } => Access::ReadWrite,
            Self::Plan | Self::Check | Self::Report => Access::ReadOnly,
        }
    }

    fn walks(self) -> bool {
        matches!(self, Self::Walk | Self::Apply { yes: true })
    }
}

fn print_policy(screen: &Screen, apply: bool, partition: Partition) -> u8 {
    if apply {
        screen.document(&permissions::apply(partition.name()));
    } else {
        screen.document(permissions::CHECK);
    }
    exit_status::IN_PLACE
}

fn print_completions(screen: &Screen, shell: clap_complete::Shell) -> u8 {
    use clap::CommandFactory;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dayone", &mut script);
    screen.document(&String::from_utf8_lossy(&script));
    exit_status::IN_PLACE
}
