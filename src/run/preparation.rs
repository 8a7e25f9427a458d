//! What a run begins with: whose account it is, what is known and answered already, who answers the rest, and the journal.

use std::path::PathBuf;

use serde_json::{Map, Value};
use steps::aws::{Access, Connection, judge_profile};
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::session::Session;
use steps::{regions, text};

use super::{Place, Task};
use crate::answers::{self, Collected};
use crate::cli::Options;
use crate::engine::Engine;
use crate::environment;
use crate::error::Failure;
use crate::event::{Event, Listener};
use crate::interrupt::Interrupt;
use crate::journal::{Journal, Recalled};
use crate::operator::{AnyOperator, Plain, Prepared, Terminal};
use crate::report::human;
use crate::screen::Screen;

/// The account that the environment and the options lead to.
pub(crate) async fn real_account(options: &Options, task: Task) -> Result<Place, Failure> {
    environment::judge(std::env::vars_os())?;
    if let Some(region) = &options.region {
        known_region(region)?;
    }
    judge_profile(options.profile.as_deref()).await?;
    let access = task.access();
    let connection =
        Connection::from_environment(options.profile.as_deref(), options.region.as_deref(), access).await?;
    known_region(&connection.region())?;
    Ok(Place { connection, state: state_folder(options)?, rehearsal: false, starts_over: false })
}

/// Refuses a Region that does not exist.
pub fn known_region(region: &str) -> Result<(), Failure> {
    if regions::exists(region) {
        Ok(())
    } else {
        Err(Failure::Usage(steps::judgement::no_such_region(region)))
    }
}

/// Where the accounts' folders are.
pub fn state_folder(options: &Options) -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy;
    if let Some(folder) = &options.state_dir {
        return Ok(folder.clone());
    }
    let strategy = etcetera::choose_base_strategy().ok();
    let folder = strategy.and_then(|strategy| strategy.state_dir().or_else(|| Some(strategy.data_dir())));
    folder.map(|folder| folder.join("dayone")).ok_or_else(|| {
        Failure::Usage(text! {
            en: "There is no home folder to keep the journal in. Name a folder: --state-dir FOLDER",
            ko: "기록을 보관할 홈 폴더가 없습니다. 폴더를 지정하세요: --state-dir 폴더"
        })
    })
}

/// Builds the parts of a run, in which every step is asked for.
pub(crate) async fn prepare<'e>(
    place: Place,
    task: Task,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
    listener: &'e mut dyn Listener,
) -> Result<Engine<'e, AnyOperator>, Failure> {
    let opened = until(&interrupt, Session::open(place.connection.clone())).await;
    let endpoints = place.connection.endpoints().join(", ");
    if !endpoints.is_empty() && matches!(&opened, Err(Failure::Step(StepError::Aws(_)))) {
        listener.hear(&Event::Note(human::replaced(&endpoints)));
    }
    let mut session = opened?;
    let folder = place.state.join("accounts").join(safe(session.account())?);
    let mut collected = Collected::from_sources(answers::remembered(&folder), file, options.answers())?;
    expected_account(&collected, &session)?;
    session.group.clone_from(&collected.answers.admin.group);
    collected.answers.for_a_page = task == Task::Report;
    collected.answers.attended = task == Task::Walk || (task == Task::Plan && options.answers.is_none());
    let admin = &collected.answers.admin;
    let group = admin.user.is_none().then_some(admin.group.as_str());
    let suggested = until(&interrupt, Box::pin(session.introduce(group))).await?;
    if task != Task::Walk {
        adopt(&mut collected, suggested.administrator.as_deref(), task)?;
    }
    let operator = operator(task, options, &collected, screen, &interrupt)?;
    let journal = match task.access() {
        Access::ReadWrite => Some(Journal::open(&folder)?.dated_by(session.started.clock().clone())),
        Access::ReadOnly => None,
    };
    let recalled = match &journal {
        Some(journal) => journal.recalled().clone(),
        None => Recalled::in_folder(&folder)?,
    };
    let Recalled { unfinished, switched_off } = recalled;
    (collected.answers.unfinished, collected.answers.switched_off) = (unfinished, switched_off);
    Ok(Engine {
        session,
        operator,
        listener,
        interrupt,
        selects: &every_step,
        steps_are_named: false,
        memory: journal.is_some().then_some(folder),
        journal,
        rehearsal: place.rehearsal,
        suggested_admin: suggested.administrator.or(suggested.caller),
        approval: None,
        reports: Vec::new(),
        changes_made: 0,
        last_applied: None,
        collected,
    })
}

fn every_step(_: StepId) -> bool {
    true
}

/// Waits for reads that nothing is lost by leaving.
pub(crate) async fn until<T>(
    interrupt: &Interrupt,
    work: impl Future<Output = Result<T, StepError>>,
) -> Result<T, Failure> {
    tokio::select! {
        result = work => Ok(result?),
        () = interrupt.wait() => Err(OperatorError::Interrupted.into()),
    }
}

/// An account number becomes part of a path, so it is made of digits or refused.
fn safe(account: &str) -> Result<&str, Failure> {
    if !account.is_empty() && account.len() <= 20 && account.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(account);
    }
    let error =
        steps::error::AwsError::without_answer("sts:GetCallerIdentity", "the answer holds no account number");
    Err(StepError::from(error).into())
}

fn expected_account(collected: &Collected, session: &Session) -> Result<(), Failure> {
    match &collected.answers.account {
        Some(expected) if expected != session.account() => {
            Err(Failure::WrongAccount { expected: expected.clone(), found: session.account().to_owned() })
        }
        _ => Ok(()),
    }
}

/// Where nobody is asked, the administrator who is signed in, or the only one that there is, is meant. To apply, one has
/// to be known.
fn adopt(collected: &mut Collected, suggested: Option<&str>, task: Task) -> Result<(), Failure> {
    if let Some(user) = suggested {
        // A name that AWS gave holds up by AWS's rules; if it does not, nobody is meant.
        let _ = collected.set("admin.user", Value::String(user.to_owned()));
    }
    if task.access() == Access::ReadWrite && collected.answers.admin.user.is_none() {
        return Err(OperatorError::NobodyToAsk { key: "admin.user".into() }.into());
    }
    Ok(())
}

fn operator(
    task: Task,
    options: &Options,
    collected: &Collected,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<AnyOperator, Failure> {
    let yes = match task {
        Task::Walk | Task::Apply { yes: false } => return person(options, screen, interrupt),
        // Nothing is asked but a one-time code, where AWS requires MFA of the sign-in.
        Task::Plan | Task::Check | Task::Report
            if collected.answers.mfa.code_command.is_none() && is_at_terminal() =>
        {
            return person(options, screen, interrupt);
        }
        Task::Plan | Task::Check | Task::Report => false,
        Task::Apply { yes: true } => true,
    };
    Ok(AnyOperator::Prepared(Prepared::new(&collected.answers, screen.clone(), interrupt.clone(), yes)))
}

/// A pipe is nobody, unless it was said in as many words that lines are typed there.
pub(crate) fn person(
    options: &Options,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<AnyOperator, Failure> {
    match (is_at_terminal(), screen.is_plain()) {
        (true, false) => Ok(AnyOperator::Terminal(Terminal::new(screen.clone(), interrupt.clone()))),
        (true, true) => Ok(AnyOperator::Plain(Plain::new(screen.clone(), interrupt.clone()))),
        (false, _) if options.plain => Ok(AnyOperator::Plain(Plain::new(screen.clone(), interrupt.clone()))),
        (false, _) => Err(OperatorError::NobodyToAsk { key: "--yes".into() }.into()),
    }
}

fn is_at_terminal() -> bool {
    use std::io::IsTerminal;
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}
