//! Nobody is there: the answers file speaks. What it does not say is not guessed.

use std::fs::OpenOptions;
use std::future::Future;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use steps::answers::Answers;
use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError};
use steps::practice::PersonTask;
use steps::text;
use steps::text::{Text, harmless};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::{Asks, Decision, Question, questions, reply};
use crate::screen::Screen;

/// A look at what only a person can do takes no longer than this: nobody is there to do it now.
const GLANCE: Duration = Duration::from_secs(1);

/// A command that takes longer hangs. It may wait for a touch of a security key.
const PATIENCE: Duration = Duration::from_secs(120);

/// Codes that AWS refused, before the run stops asking for more.
const TROUBLES: usize = 3;

/// So many windows of thirty seconds are waited for a code that AWS has not seen.
const WINDOWS: usize = 3;

/// The answers file in place of a person.
#[derive(Debug)]
pub struct Prepared {
    screen: Screen,
    yes: bool,
    delete_access_keys: bool,
    console_password_file: Option<PathBuf>,
    enrol_command: Option<Vec<String>>,
    code_command: Option<Vec<String>>,
    troubles: usize,
    /// How long to wait for the next code. A test does not wait.
    next_code: fn() -> Duration,
}

impl Prepared {
    /// Takes what it needs from the answers, in which file names are resolved already. `yes` is the option `--yes`.
    pub fn new(answers: &Answers, screen: Screen, yes: bool) -> Self {
        Self {
            screen,
            yes,
            delete_access_keys: answers.root.delete_access_keys,
            console_password_file: answers.admin.console_password_file.clone(),
            enrol_command: answers.mfa.enrol_command.clone(),
            code_command: answers.mfa.code_command.clone(),
            troubles: 0,
            next_code: || Duration::from_secs(questions::seconds_to_next_code()),
        }
    }

    async fn unused_code(&self, command: &[String], used: &[String]) -> Result<String, OperatorError> {
        for window in 0..WINDOWS {
            if window > 0 {
                let what = text! { en: "the next one-time code", ko: "다음 일회용 코드" };
                let _waiting = self.screen.spinner(self.screen.say(&what));
                tokio::time::sleep((self.next_code)()).await;
            }
            let code = code_of(command).await?;
            if !used.contains(&code) {
                return Ok(code);
            }
        }
        Err(same_code(command))
    }
}

impl Operator for Prepared {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        let file = secret.file.as_deref().or(self.console_password_file.as_deref());
        let file = file.ok_or_else(|| nobody("admin.console_password_file"))?;
        write_new(file, &secret.secret).map_err(|error| not_written(file, &error))
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        let command = self.enrol_command.as_deref().ok_or_else(|| nobody("mfa.enrol_command"))?;
        self.code_command.as_deref().ok_or_else(|| nobody("mfa.code_command"))?;
        run(command, Some(&enrolment.otpauth)).await.map(drop)
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        let command = self.code_command.as_deref().ok_or_else(|| nobody("mfa.code_command"))?;
        if let Some(trouble) = &request.trouble {
            self.troubles += 1;
            if self.troubles >= TROUBLES {
                return Err(OperatorError::Failed(trouble.clone()));
            }
        }
        self.unused_code(command, &request.used).await
    }

    async fn enrolled(&mut self) {
        self.troubles = 0;
    }

    async fn while_waiting<F: Future>(&mut self, what: Text, work: F) -> F::Output {
        let _waiting = self.screen.spinner(self.screen.say(&what));
        work.await
    }
}

impl Asks for Prepared {
    async fn start(&mut self) -> Result<bool, OperatorError> {
        if self.yes { Ok(true) } else { Err(nobody("--yes")) }
    }

    async fn decide(&mut self, _: Decision, _: &[Decision]) -> Result<Decision, OperatorError> {
        if self.yes { Ok(Decision::Yes) } else { Err(nobody("--yes")) }
    }

    async fn confirm_by_typing(&mut self, _what: &Text, _expected: &str) -> Result<bool, OperatorError> {
        Ok(self.delete_access_keys)
    }

    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError> {
        Err(nobody(question.key))
    }

    async fn choose(
        &mut self,
        _text: &Text,
        _options: &[Text],
        default: usize,
    ) -> Result<usize, OperatorError> {
        Ok(default)
    }

    async fn yes(&mut self, _text: &Text, default: bool) -> Result<bool, OperatorError> {
        Ok(default)
    }

    async fn watch<F: Future>(&mut self, _what: &Text, seen: F) -> Result<Option<F::Output>, OperatorError> {
        Ok(tokio::time::timeout(GLANCE, seen).await.ok())
    }

    fn is_a_person(&self) -> bool {
        false
    }

    fn show_task(&mut self, _task: &PersonTask) {}
}

fn nobody(key: &str) -> OperatorError {
    OperatorError::NobodyToAsk { key: key.to_owned() }
}

/// Writes a secret into a file that nobody else can read, from the first byte on. A file that exists is left alone: it
/// may be readable by others, or hold what is still needed.
fn write_new(path: &Path, secret: &SecretString) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn not_written(path: &Path, error: &std::io::Error) -> OperatorError {
    let path = harmless(&path.display().to_string());
    OperatorError::Failed(match error.kind() {
        std::io::ErrorKind::AlreadyExists => text! {
            en: "The file {path} exists already and is left as it is. Move it away, or name another in admin.console_password_file.",
            ko: "파일 {path}이(가) 이미 있어 그대로 두었습니다. 파일을 옮기거나 admin.console_password_file에 다른 이름을 지정하세요."
        },
        _ => text! {
            en: "The file {path} could not be written: {error}.",
            ko: "파일 {path}을(를) 쓸 수 없습니다. {error}"
        },
    })
}

async fn code_of(command: &[String]) -> Result<String, OperatorError> {
    let printed = run(command, None).await?;
    reply::one_time_code(&printed).ok_or_else(|| {
        let name = name_of(command);
        OperatorError::Failed(text! {
            en: "The command {name} did not print six digits.",
            ko: "명령 {name}이(가) 여섯 자리 숫자를 출력하지 않았습니다."
        })
    })
}

/// Runs a command and gives back what it printed. Neither that nor its arguments are ever shown: either may hold a
/// secret.
async fn run(command: &[String], input: Option<&SecretString>) -> Result<String, OperatorError> {
    let ended = tokio::time::timeout(PATIENCE, finish(command, input)).await;
    match ended {
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err(command_failed(command)),
    }
}

async fn finish(command: &[String], input: Option<&SecretString>) -> std::io::Result<std::process::Output> {
    let mut child = start(command, input.is_some())?;
    if let (Some(mut pipe), Some(secret)) = (child.stdin.take(), input) {
        // A command that needs no input may have closed it: its status tells whether it is content.
        let _ = pipe.write_all(secret.expose_secret().as_bytes()).await;
        let _ = pipe.write_all(b"\n").await;
    }
    child.wait_with_output().await
}

fn start(command: &[String], with_input: bool) -> std::io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(arguments)
        .stdin(if with_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

fn command_failed(command: &[String]) -> OperatorError {
    let name = name_of(command);
    OperatorError::Failed(text! {
        en: "The command {name} of the answers file failed. Try it by hand.",
        ko: "응답 파일의 명령 {name}이(가) 실패했습니다. 직접 실행해 보세요."
    })
}

fn same_code(command: &[String]) -> OperatorError {
    let name = name_of(command);
    OperatorError::Failed(text! {
        en: "The command {name} prints the same code again and again. AWS takes each code once.",
        ko: "명령 {name}이(가) 같은 코드만 출력합니다. AWS는 코드를 한 번만 받습니다."
    })
}

fn name_of(command: &[String]) -> String {
    let program = command.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    harmless(&program.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use steps::operator::CodePurpose;
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    fn prepared(change: impl FnOnce(&mut Answers)) -> Prepared {
        let mut answers = Answers::default();
        change(&mut answers);
        let mut prepared = Prepared::new(&answers, Screen::in_memory(Language::En, Mode::Plain), true);
        prepared.next_code = || Duration::from_millis(1);
        prepared
    }

    fn shell(script: &str) -> Option<Vec<String>> {
        Some(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    fn secret() -> HandOver {
        let title = Text::verbatim("Console password of alice");
        HandOver { title, advice: Text::default(), secret: "not-a-real-password".into(), file: None }
    }

    fn request(used: &[&str], trouble: Option<Text>) -> CodeRequest {
        let used = used.iter().map(|code| (*code).to_owned()).collect();
        CodeRequest { user: "alice".into(), purpose: CodePurpose::SignIn, used, trouble }
    }

    #[tokio::test]
    async fn a_password_file_is_readable_by_its_owner_only_and_never_overwritten() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("alice.txt");
        let mut operator = prepared(|answers| answers.admin.console_password_file = Some(file.clone()));
        operator.hand_over(secret()).await.expect("written");
        let mode = std::fs::metadata(&file).expect("exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&file).expect("text"), "not-a-real-password\n");
        let again = operator.hand_over(secret()).await;
        let Err(OperatorError::Failed(text)) = again else { panic!("{again:?}") };
        assert!(text.en.contains("alice.txt") && !text.en.contains("not-a-real"), "{}", text.en);
    }

    #[tokio::test]
    async fn what_the_answers_do_not_say_is_named() {
        let mut operator = prepared(|_| {});
        let key = |result: Result<(), OperatorError>| match result {
            Err(OperatorError::NobodyToAsk { key }) => key,
            other => panic!("{other:?}"),
        };
        assert_eq!(key(operator.hand_over(secret()).await), "admin.console_password_file");
        assert_eq!(key(operator.one_time_code(&request(&[], None)).await.map(drop)), "mfa.code_command");
        operator.yes = false;
        assert_eq!(key(operator.decide(Decision::Yes, &[]).await.map(drop)), "--yes");
    }

    #[tokio::test]
    async fn a_used_code_is_waited_out() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let counter = folder.path().join("n");
        let script = format!("echo x >> {0}; printf '00000%d\\n' $(wc -l < {0})", counter.display());
        let mut operator = prepared(|answers| answers.mfa.code_command = shell(&script));
        let code = operator.one_time_code(&request(&["000001", "000002"], None)).await;
        assert_eq!(code.expect("a code"), "000003");
    }

    #[tokio::test]
    async fn a_command_that_never_changes_its_code_ends_the_wait() {
        let mut operator = prepared(|answers| answers.mfa.code_command = shell("echo 123456"));
        let result = operator.one_time_code(&request(&["123456"], None)).await;
        assert!(matches!(result, Err(OperatorError::Failed(_))), "{result:?}");
    }

    #[tokio::test]
    async fn the_third_trouble_ends_the_run() {
        let mut operator = prepared(|answers| answers.mfa.code_command = shell("echo 123456"));
        let trouble = Some(Text::verbatim("wrong pair"));
        for _ in 0..2 {
            assert!(operator.one_time_code(&request(&[], trouble.clone())).await.is_ok());
        }
        let third = operator.one_time_code(&request(&[], trouble)).await;
        assert!(matches!(third, Err(OperatorError::Failed(_))), "{third:?}");
    }

    #[tokio::test]
    async fn an_enrolment_goes_to_the_command_by_standard_input() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("got");
        let script = format!("cat > {}", file.display());
        let mut operator = prepared(|answers| {
            answers.mfa.enrol_command = shell(&script);
            answers.mfa.code_command = shell("echo 123456");
        });
        let (account, user) = ("111122223333".into(), "alice".into());
        let enrolment = Enrolment { account, user, otpauth: "otpauth://x".into(), seed: "x".into() };
        operator.enrol(&enrolment).await.expect("enrolled");
        assert_eq!(std::fs::read_to_string(&file).expect("text"), "otpauth://x\n");
    }

    #[tokio::test]
    async fn a_failing_command_is_named_without_its_arguments() {
        let mut operator = prepared(|answers| answers.mfa.code_command = shell("echo hush >&2; exit 3"));
        let Err(OperatorError::Failed(text)) = operator.one_time_code(&request(&[], None)).await else {
            panic!("must fail")
        };
        assert!(text.en.contains("sh") && !text.en.contains("hush"), "{}", text.en);
    }
}
