//! The table of contents: builds the parts, then walks the practices in order.

use std::path::PathBuf;

use serde_json::{Map, Value};
use steps::aws::{Access, Connection};
use steps::billing_report::BillingReport;
use steps::cloudtrail::Cloudtrail;
use steps::error::{AwsCause, StepError};
use steps::iam_practices::IamPractices;
use steps::mfa::Mfa;
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::root_user::RootUser;
use steps::session::Session;
use steps::{profile, regions, text};

use crate::answers::{self, Collected};
use crate::cli::{Cli, Command, MfaCommand, Options, Output};
use crate::engine::Engine;
use crate::environment;
use crate::error::Failure;
use crate::event::{Event, Listener, SignInAdvice, SignedIn, Summary};
use crate::interrupt::Interrupt;
use crate::journal::{Journal, Told};
use crate::operator::{AnyOperator, Asks, Plain, Prepared, Terminal};
use crate::report::Everybody;
use crate::report::human::{self, Human};
use crate::report::json::Json;
use crate::report::look::Looking;
use crate::report::{junit, page, sarif};
use crate::screen::{Mode, Screen, Settings};
use crate::{language, mfa_repair};

/// What a run is asked to do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Walk with a person.
    Walk,
    /// Show the plan.
    Plan,
    /// Judge how it stands.
    Check,
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
}

/// The exit status of a run whose document could not be written, whatever else came of it.
const LOST: u8 = 1;

/// Runs a command to its end, and gives the exit status.
pub async fn run(cli: Cli, interrupt: Interrupt) -> u8 {
    let file = cli.options.answers.as_deref().map(answers::read_file).transpose();
    let screen = screen(&cli, file.as_ref().ok().and_then(Option::as_ref));
    let result = match file {
        Ok(file) => dispatch(cli, file.unwrap_or_default(), &screen, interrupt).await,
        Err(failure) => Err(failure),
    };
    let status = match result {
        Ok(status) => status,
        Err(failure) => {
            tell(&screen, &failure);
            failure.exit_status()
        }
    };
    match screen.lost_document() {
        Some(trouble) => {
            human::failed(&screen, &trouble, None);
            LOST
        }
        None => status,
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
        json: cli.prints_document(),
    })
}

/// Says what ended a run early.
fn tell(screen: &Screen, failure: &Failure) {
    if let Some(error) = failure.is_missing_sign_in() {
        return human::sign_in_help(screen, &error.detail().unwrap_or_default());
    }
    match failure {
        Failure::Step(StepError::Operator(OperatorError::Interrupted)) => human::paused(screen),
        Failure::Step(StepError::Operator(OperatorError::Declined)) => human::stopped(screen),
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
    if options.output == Output::Csv && !matches!(&cli.command, Some(Command::Events(_))) {
        return Err(crate::events::no_rows());
    }
    let task = match &cli.command {
        Some(Command::Policy { apply }) => return Ok(print_policy(screen, *apply)),
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

/// The account that the environment and the options lead to.
pub(crate) async fn real_account(options: &Options, task: Task) -> Result<Place, Failure> {
    environment::judge(std::env::vars_os())?;
    if let Some(region) = &options.region {
        known_region(region)?;
    }
    let access = task.access();
    let connection =
        Connection::from_environment(options.profile.as_deref(), options.region.as_deref(), access).await?;
    known_region(&connection.region())?;
    Ok(Place { connection, state: state_folder(options)?, rehearsal: false })
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
    let mut human = human.verbose(options.verbose);
    let mut json = Json::new(screen.language(), task.access() == Access::ReadWrite);
    let calls = Calls::of(&place.connection);
    let mut looking = Looking::begin();
    let mut everybody = Everybody::default().and(&mut human).and(&mut json).and(&mut looking);
    let result = with_listener(place, task, options, file, screen, interrupt, &mut everybody).await;
    drop(everybody);
    // Wrong usage was told before anything was looked at.
    let looked = !matches!(&result, Err(failure) if failure.exit_status() == 2);
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

/// Does a task while somebody listens.
pub(crate) async fn with_listener(
    place: Place,
    task: Task,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
    listener: &mut dyn Listener,
) -> Result<u8, Failure> {
    if !StepId::all().any(|step| options.selects(step)) {
        return Err(Failure::Usage(text! {
            en: "--only and --skip together leave no step.",
            ko: "--only와 --skip을 함께 쓰면 남는 단계가 없습니다."
        }));
    }
    let selects = |step| options.selects(step);
    let mut engine = prepare(place, task, options, file, screen, interrupt, listener).await?;
    engine.selects = &selects;
    match engine.go(task, screen).await {
        Ok(()) => Ok(engine.finish(task)),
        Err(failure) => Err(failure.after(engine.last_applied)),
    }
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
    let mut session = until(&interrupt, Session::open(place.connection.clone())).await?;
    let folder = place.state.join("accounts").join(safe(session.account())?);
    let mut collected = Collected::from_sources(answers::remembered(&folder), file, options.answers())?;
    expected_account(&collected, &session)?;
    collected.answers.attended = task == Task::Walk || (task == Task::Plan && options.answers.is_none());
    let admin = &collected.answers.admin;
    let group = admin.user.is_none().then_some(admin.group.as_str());
    let suggested = until(&interrupt, Box::pin(session.introduce(group))).await?;
    if task != Task::Walk {
        adopt(&mut collected, suggested.administrator.as_deref(), task)?;
    }
    let operator = operator(task, options, &collected, screen, &interrupt)?;
    let journal = if task.access() == Access::ReadWrite { Some(Journal::open(&folder)?) } else { None };
    let Told { unfinished, switched_off } = Told::in_folder(&folder)?;
    (collected.answers.unfinished, collected.answers.switched_off) = (unfinished, switched_off);
    Ok(Engine {
        session,
        operator,
        listener,
        interrupt,
        selects: &every_step,
        memory: journal.is_some().then_some(folder),
        journal,
        rehearsal: place.rehearsal,
        suggested_admin: suggested.administrator.or(suggested.caller),
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
        Task::Plan | Task::Check if collected.answers.mfa.code_command.is_none() && is_at_terminal() => {
            return person(options, screen, interrupt);
        }
        Task::Plan | Task::Check => false,
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

impl Engine<'_, AnyOperator> {
    async fn go(&mut self, task: Task, screen: &Screen) -> Result<(), Failure> {
        self.find_administrator_unless_interrupted().await?;
        self.begin().await?;
        match task {
            Task::Plan | Task::Check => self.look_and_tell().await,
            Task::Apply { yes: false } => self.ask_once_and_walk(screen).await,
            Task::Walk | Task::Apply { yes: true } => self.overview_and_walk().await,
        }
    }

    async fn find_administrator_unless_interrupted(&mut self) -> Result<(), Failure> {
        let interrupt = self.interrupt.clone();
        tokio::select! {
            found = self.find_administrator() => found.map(drop),
            () = interrupt.wait() => Err(OperatorError::Interrupted.into()),
        }
    }

    /// Says who is signed in, and asks for a code where AWS requires MFA of the sign-in.
    pub(crate) async fn begin(&mut self) -> Result<(), Failure> {
        let signed_in = Event::SignedIn(self.signed_in());
        self.listener.hear(&signed_in);
        if let Some(file) = profile::exposed(self.session.connection.files()) {
            self.listener.hear(&Event::Note(readable_by_others(&file)));
        }
        if self.session.is_started_locked() {
            self.unlock_at_start().await?;
        }
        if let Some(folder) = &self.memory {
            self.collected.remember(folder)?;
        }
        Ok(())
    }

    fn signed_in(&self) -> SignedIn {
        let caller = &self.session.started.caller;
        SignedIn {
            account: caller.account.clone(),
            about: self.session.about.clone(),
            partition: caller.partition.clone(),
            arn: caller.arn.clone(),
            kind: caller.kind.name(),
            way: self.session.started.way,
            mfa: caller.mfa,
            endpoint: Some(self.session.connection.endpoints().join(", ")).filter(|words| !words.is_empty()),
            rehearsal: self.rehearsal,
        }
    }

    /// Signed in by an access key that MFA is required of, hardly anything can be read without a code. A run that only
    /// looks goes on all the same, and says of each step what it could not see.
    async fn unlock_at_start(&mut self) -> Result<(), Failure> {
        let only_looks = self.journal.is_none();
        let unlocked = match self.session.unlock(&mut self.operator).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(StepError::from(reason)),
            Err(error) => Err(error),
        };
        match unlocked {
            Err(StepError::Operator(OperatorError::Interrupted)) => Err(OperatorError::Interrupted.into()),
            Err(_) if only_looks => {
                self.listener.hear(&Event::Note(text! {
                    en: "AWS requires MFA of this sign-in, so little can be read. Sign in with aws login, or give mfa.code_command.",
                    ko: "이 로그인에는 MFA가 필요해 읽을 수 있는 것이 거의 없습니다. aws login으로 로그인하거나 mfa.code_command를 지정하세요."
                }));
                Ok(())
            }
            result => Ok(result?),
        }
    }

    async fn look_and_tell(&mut self) -> Result<(), Failure> {
        self.look().await?;
        self.tell();
        Ok(())
    }

    /// What cannot be looked at beforehand is told, and is no reason not to begin: each practice looks for itself.
    async fn overview_and_walk(&mut self) -> Result<(), Failure> {
        match self.look().await {
            Ok(()) => self.overview(),
            Err(Failure::Step(StepError::Aws(error))) if error.cause == AwsCause::Unreachable => {
                self.listener.hear(&Event::Note(error.text()));
            }
            Err(failure) => return Err(failure),
        }
        if !self.operator.start().await? {
            return Err(OperatorError::Declined.into());
        }
        self.walk_all().await
    }

    /// Shows the whole plan, asks once, and then goes on as if `--yes` had been given.
    async fn ask_once_and_walk(&mut self, screen: &Screen) -> Result<(), Failure> {
        self.look_and_tell().await?;
        let question = text! { en: "Apply all of this?", ko: "모두 적용할까요?" };
        if !self.operator.yes(&question, false).await? {
            return Err(OperatorError::Declined.into());
        }
        let interrupt = self.interrupt.clone();
        let prepared = Prepared::new(&self.collected.answers, screen.clone(), interrupt, true);
        self.operator = AnyOperator::Prepared(prepared);
        self.walk_all().await
    }

    async fn walk_all(&mut self) -> Result<(), Failure> {
        self.reports.clear();
        Box::pin(self.walk::<RootUser>()).await?;
        Box::pin(self.walk::<Mfa>()).await?;
        Box::pin(self.walk::<Cloudtrail>()).await?;
        Box::pin(self.walk::<BillingReport>()).await?;
        Box::pin(self.walk::<IamPractices>()).await
    }

    /// Says how it all stands now. Exit status 0 means that nothing is left.
    fn finish(mut self, task: Task) -> u8 {
        let sign_in = self.collected.answers.admin.user.as_ref().map(|user| SignInAdvice {
            user: user.clone(),
            console: steps::root_user::console_sign_in(self.session.account(), self.session.partition()),
            profile: self.collected.answers.admin.profile().to_owned(),
            by_access_key: self.collected.answers.admin.access_key_profile.is_some(),
        });
        let summary = Summary {
            steps: std::mem::take(&mut self.reports),
            changes_made: self.changes_made,
            sign_in,
            could_write: task.access() == Access::ReadWrite,
        };
        let in_place = summary.in_place();
        self.listener.hear(&Event::Finished(summary));
        if in_place { 0 } else { 3 }
    }
}

impl Task {
    /// Whether it may write.
    pub fn access(self) -> Access {
        match self {
            Self::Walk | Self::Apply { .. } => Access::ReadWrite,
            Self::Plan | Self::Check => Access::ReadOnly,
        }
    }

    fn walks(self) -> bool {
        matches!(self, Self::Walk | Self::Apply { yes: true })
    }
}

fn readable_by_others(file: &std::path::Path) -> text::Text {
    let file = text::harmless(&file.display().to_string());
    text! {
        en: "Other users of this computer can read {file}, and with it access keys. Close it: chmod 600 {file}",
        ko: "이 컴퓨터의 다른 사용자가 {file} 파일과 그 안의 액세스 키를 읽을 수 있습니다. 다음으로 막으세요: chmod 600 {file}"
    }
}

fn print_policy(screen: &Screen, apply: bool) -> u8 {
    screen.document(if apply { steps::permissions::APPLY } else { steps::permissions::CHECK });
    0
}

fn print_completions(screen: &Screen, shell: clap_complete::Shell) -> u8 {
    use clap::CommandFactory;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dayone", &mut script);
    screen.document(&String::from_utf8_lossy(&script));
    0
}
