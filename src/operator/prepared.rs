//! Nobody is there: the answers file speaks. What it does not say is not guessed.

use std::fs::File;
use std::future::Future;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use steps::answers::Answers;
use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError, Pause};
use steps::practice::PersonTask;
use steps::text;
use steps::text::{Text, harmless, shown};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::signal::unix::SignalKind;

use super::{Asks, Decision, Question, nobody, questions, reply};
use crate::interrupt::Interrupt;
use crate::screen::{Screen, wrap};

/// A command that takes longer hangs. It may wait for a touch of a security key.
const PATIENCE: Duration = Duration::from_secs(120);

/// Codes that AWS refused, before the run stops asking for more.
const TROUBLES: usize = 3;

/// So many windows of thirty seconds are waited for a code that AWS has not seen.
const WINDOWS: usize = 3;

/// AWS takes no longer password.
const LONGEST_PASSWORD: u64 = 128;

/// A line of a note is no longer, in columns.
const LINE: usize = 78;

/// So many files of earlier runs are set aside, before somebody has to look after them.
const SET_ASIDE: u32 = 99;

/// The answers file in place of a person.
#[derive(Debug)]
pub struct Prepared {
    screen: Screen,
    interrupt: Interrupt,
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
    pub fn new(answers: &Answers, screen: Screen, interrupt: Interrupt, yes: bool) -> Self {
        Self {
            screen,
            interrupt,
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
                self.pause().unless_asked((self.next_code)()).await?;
            }
            let code = code_of(command, &self.interrupt).await?;
            if !used.contains(&code) {
                return Ok(code);
            }
        }
        Err(same_code(command))
    }

    /// What the person needs to know who gets the password. The password itself is alone in its file, so that a program
    /// can read it too.
    fn note(&self, secret: &HandOver, file: &Path) -> String {
        let name = harmless(&file.file_name().unwrap_or_default().to_string_lossy());
        let where_it_is = text! { en: "It is in the file {name}.", ko: "암호는 {name} 파일에 있습니다." };
        let paragraphs = [&secret.title, &where_it_is, &secret.advice];
        let lines = paragraphs.map(|text| wrap("", 0, self.screen.say(text), LINE).join("\n"));
        format!("{}\n", lines.join("\n\n"))
    }
}

impl Operator for Prepared {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        let file = secret.file.as_deref().or(self.console_password_file.as_deref());
        let file = file.ok_or_else(|| nobody("admin.console_password_file"))?;
        let note = beside(file);
        let password = [secret.secret.expose_secret(), "\n"];
        let aside = write_private(file, &password, is_password_file);
        let aside = aside.map_err(|error| not_written(file, &error))?;
        let older = write_note(&note, &self.note(&secret, file));
        let older = older.map_err(|error| not_written(&note, &error))?;
        let moved = aside.map(|aside| moved(file, &aside));
        let moved_note = older.map(|older| moved_note(&note, &older));
        for told in moved.into_iter().chain(moved_note).chain([kept(&secret.title, file, &note)]) {
            self.screen.wrapped(2, self.screen.say(&told));
        }
        Ok(())
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        let command = self.enrol_command.as_deref().ok_or_else(|| nobody("mfa.enrol_command"))?;
        self.code_command.as_deref().ok_or_else(|| nobody("mfa.code_command"))?;
        run(command, Some(&enrolment.otpauth), &self.interrupt).await.map(drop)
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

    fn pause(&self) -> Pause {
        self.interrupt.pause()
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

    /// Nobody is there to do it now, so it is not waited for.
    async fn watch<F: Future>(&mut self, _: &Text, _: F) -> Result<Option<F::Output>, OperatorError> {
        Ok(None)
    }

    fn is_a_person(&self) -> bool {
        false
    }

    fn show_task(&mut self, _task: &PersonTask) {}
}

/// The file for the note that goes with a password: `alice.note.txt` for `alice.txt`.
fn beside(file: &Path) -> PathBuf {
    let mut name = match file.extension() {
        Some(extension) if extension == "txt" => file.with_extension("").into_os_string(),
        _ => file.as_os_str().to_owned(),
    };
    name.push(".note.txt");
    PathBuf::from(name)
}

/// Puts a note into its file, unless the same one is there already, as after a run that was cut off.
fn write_note(path: &Path, note: &str) -> std::io::Result<Option<PathBuf>> {
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let is_there = is_file && std::fs::read(path).is_ok_and(|found| found == note.as_bytes());
    if is_there { Ok(None) } else { write_private(path, &[note], is_private_file) }
}

/// Puts a password, or the note that goes with it, into its file: whole or not at all, and readable by its owner only
/// from the first byte on.
///
/// A run that was cut off before AWS heard of the password leaves a file behind, and the next run comes here again, with
/// another password. Nobody can tell that file from one that still counts, as of a user of the same name in another
/// account, or in the real account after a rehearsal. So it is set aside under another name, which is given back, and
/// nothing is ever lost. A file that does not look as if we had written it is left alone.
fn write_private(
    path: &Path,
    content: &[&str],
    is_ours: fn(&Path, u32) -> std::io::Result<bool>,
) -> std::io::Result<Option<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    for part in content {
        file.write_all(part.as_bytes())?;
    }
    file.as_file().sync_all()?;
    let aside = match file.persist_noclobber(path) {
        Ok(_) => None,
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
            let owner = refused.file.as_file().metadata()?.uid();
            if !is_ours(path, owner)? {
                return Err(refused.error);
            }
            let aside = set_aside(path)?;
            refused.file.persist(path).map_err(|refused| refused.error)?;
            Some(aside)
        }
        Err(refused) => return Err(refused.error),
    };
    // The name has to outlast a power failure too. Not every file system can promise that of a folder.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(aside)
}

/// Whether a file can be an earlier password: a regular file of the same owner, for nobody else to read, that holds one
/// line without spaces, or the beginning of one.
fn is_password_file(path: &Path, owner: u32) -> std::io::Result<bool> {
    if !is_private_file(path, owner)? || std::fs::symlink_metadata(path)?.len() > LONGEST_PASSWORD + 1 {
        return Ok(false);
    }
    let content: SecretSlice<u8> = std::fs::read(path)?.into();
    let line = content.expose_secret();
    Ok(line.strip_suffix(b"\n").unwrap_or(line).iter().all(u8::is_ascii_graphic))
}

/// Whether a file can be an earlier note: a regular file of the same owner, for nobody else to read.
fn is_private_file(path: &Path, owner: u32) -> std::io::Result<bool> {
    let found = std::fs::symlink_metadata(path)?;
    Ok(found.is_file() && found.uid() == owner && found.mode() & 0o777 == 0o600)
}

/// Gives a file a second name, the first of NAME.1, NAME.2 and so on that is free. The first name is for the new file to
/// take, in one step, so that at no time there is none.
fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let numbered = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    for name in (1..=SET_ASIDE).map(numbered) {
        match std::fs::hard_link(path, &name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result.map(|()| name),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn moved(path: &Path, aside: &Path) -> Text {
    let (path, aside) = (shown(path), shown(aside));
    text! {
        en: "There was a password in {path} already. It is in {aside} now.",
        ko: "{path}에 이미 암호가 있어 {aside}(으)로 옮겼습니다."
    }
}

fn moved_note(path: &Path, aside: &Path) -> Text {
    let (path, aside) = (shown(path), shown(aside));
    text! {
        en: "There was another note in {path}. It is in {aside} now.",
        ko: "{path}에 다른 안내가 있어 {aside}(으)로 옮겼습니다."
    }
}

fn kept(title: &Text, file: &Path, note: &Path) -> Text {
    let (file, note) = (shown(file), shown(note));
    let (en, ko) = (&title.en, &title.ko);
    text! {
        en: "{en}: in {file}. What to know with it is in {note}. Hand over both.",
        ko: "{ko}: {file}. 함께 알아야 할 내용은 {note}에 있습니다. 둘 다 전달하세요."
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> OperatorError {
    let path = shown(path);
    OperatorError::Failed(match error.kind() {
        ErrorKind::AlreadyExists => text! {
            en: "The file {path} exists already and is left as it is. Move it away, or name another in admin.console_password_file.",
            ko: "파일 {path}이(가) 이미 있어 그대로 두었습니다. 파일을 옮기거나 admin.console_password_file에 다른 이름을 지정하세요."
        },
        _ => text! {
            en: "The file {path} could not be written: {error}.",
            ko: "파일 {path}을(를) 쓸 수 없습니다. {error}"
        },
    })
}

async fn code_of(command: &[String], interrupt: &Interrupt) -> Result<String, OperatorError> {
    let printed = run(command, None, interrupt).await?;
    reply::one_time_code(&printed).ok_or_else(|| {
        let name = name_of(command);
        OperatorError::Failed(text! {
            en: "The command {name} did not print six digits.",
            ko: "명령 {name}이(가) 여섯 자리 숫자를 출력하지 않았습니다."
        })
    })
}

/// Runs a command and gives back what it printed. Neither that nor its arguments are ever shown: either may hold a
/// secret. It may wait for somebody, so a pause that is asked for ends it.
async fn run(
    command: &[String],
    input: Option<&SecretString>,
    interrupt: &Interrupt,
) -> Result<String, OperatorError> {
    let ended = tokio::select! {
        biased;
        () = interrupt.wait() => return Err(OperatorError::Interrupted),
        ended = tokio::time::timeout(PATIENCE, finish(command, input)) => ended,
    };
    match ended {
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Ok(output)) if was_interrupted(output.status) => Err(OperatorError::Interrupted),
        _ => Err(command_failed(command)),
    }
}

/// Ctrl-C reaches the command too, which may have ended by it before we have heard of it.
fn was_interrupted(status: ExitStatus) -> bool {
    status.signal() == Some(SignalKind::interrupt().as_raw_value())
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
        let screen = Screen::in_memory(Language::En, Mode::Plain);
        let mut prepared = Prepared::new(&answers, screen, Interrupt::never(), true);
        prepared.next_code = || Duration::from_millis(1);
        prepared
    }

    fn shell(script: &str) -> Option<Vec<String>> {
        Some(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    fn secret() -> HandOver {
        let title = Text::verbatim("Console password of alice");
        let advice = text! {
            en: "Sign in at https://111122223333.signin.aws.amazon.com/console and choose a new password.",
            ko: "https://111122223333.signin.aws.amazon.com/console에서 로그인해 새 암호를 정하세요."
        };
        HandOver { title, advice, secret: "not-a-real-password".into(), file: None }
    }

    fn request(used: &[&str], trouble: Option<Text>) -> CodeRequest {
        let used = used.iter().map(|code| (*code).to_owned()).collect();
        CodeRequest { user: "alice".into(), purpose: CodePurpose::SignIn, used, trouble }
    }

    fn with_password_file(file: &Path) -> Prepared {
        prepared(|answers| answers.admin.console_password_file = Some(file.to_owned()))
    }

    fn mode(file: &Path) -> u32 {
        std::fs::metadata(file).expect("exists").permissions().mode() & 0o777
    }

    fn text_of(file: &Path) -> String {
        std::fs::read_to_string(file).expect("text")
    }

    #[tokio::test]
    async fn a_password_file_is_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("alice.txt");
        with_password_file(&file).hand_over(secret()).await.expect("written");
        assert_eq!((mode(&file), text_of(&file).as_str()), (0o600, "not-a-real-password\n"));
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 2, "it and its note");
    }

    /// Who hands it over needs no screen: the address and what to do are kept beside the password.
    #[tokio::test]
    async fn the_note_is_kept_beside_the_password_and_both_are_named() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (file, note) = (folder.path().join("bob.txt"), folder.path().join("bob.note.txt"));
        let mut operator = prepared(|_| {});
        let hand_over = HandOver { file: Some(file.clone()), ..secret() };
        operator.hand_over(hand_over).await.expect("written");
        let words = text_of(&note);
        assert_eq!(mode(&note), 0o600);
        assert!(!words.contains("not-a-real-password"), "{words}");
        for part in ["Console password of alice", "file bob.txt", "111122223333.signin.aws.amazon.com"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert!(words.lines().all(|line| line.chars().count() <= LINE), "{words}");
        let told = operator.screen.kept().split_whitespace().collect::<String>();
        assert!(told.contains("bob.txt.") && told.contains("bob.note.txt.Handoverboth"), "{told}");
        assert!(!told.contains("not-a-real-password"), "{told}");

        let again = HandOver { file: Some(file.clone()), ..secret() };
        operator.hand_over(again).await.expect("written");
        assert!(folder.path().join("bob.txt.1").exists() && !folder.path().join("bob.note.txt.1").exists());
    }

    #[test]
    fn each_password_has_a_note_of_its_own() {
        let names = ["a/alice.txt", "alice", "alice.pw", ".alice"].map(|name| beside(Path::new(name)));
        let expected = ["a/alice.note.txt", "alice.note.txt", "alice.pw.note.txt", ".alice.note.txt"];
        assert_eq!(names, expected.map(PathBuf::from));
    }

    #[tokio::test]
    async fn a_note_that_is_not_ours_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let (file, note) = (folder.path().join("alice.txt"), folder.path().join("alice.note.txt"));
        std::fs::write(&note, "mine\n").expect("written");
        std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o644)).expect("set");
        let result = with_password_file(&file).hand_over(secret()).await;
        let Err(OperatorError::Failed(text)) = result else { panic!("{result:?}") };
        assert!(text.en.contains("alice.note.txt exists already"), "{}", text.en);
        assert_eq!(text_of(&note), "mine\n");
        std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o600)).expect("set");
        with_password_file(&file).hand_over(secret()).await.expect("written");
        assert_eq!(text_of(&folder.path().join("alice.note.txt.1")), "mine\n");
    }

    /// As after runs that were cut off before AWS heard of the password, one of them in the middle of the line.
    #[tokio::test]
    async fn an_earlier_password_is_set_aside_and_never_lost() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = folder.path().join("alice.txt");
        for earlier in ["Earlier(1)\n", "Half(2"] {
            std::fs::write(&file, earlier).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("private");
            let mut operator = with_password_file(&file);
            operator.hand_over(secret()).await.expect("written");
            let told = operator.screen.kept().split_whitespace().collect::<String>();
            assert!(told.contains("alice.txt.") && !told.contains(earlier.trim()), "{told}");
        }
        assert_eq!((mode(&file), text_of(&file).as_str()), (0o600, "not-a-real-password\n"));
        let aside = |number| folder.path().join(format!("alice.txt.{number}"));
        assert_eq!((mode(&aside(1)), text_of(&aside(1)).as_str()), (0o600, "Earlier(1)\n"));
        assert_eq!((mode(&aside(2)), text_of(&aside(2)).as_str()), (0o600, "Half(2"));
    }

    #[tokio::test]
    async fn what_we_did_not_write_is_left_as_it_is() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let long = "x".repeat(200);
        let cases = [
            ("Readable(1)\n", 0o644),
            ("two\nlines\n", 0o600),
            ("some words\n", 0o600),
            (long.as_str(), 0o600),
        ];
        for (number, (content, permissions)) in cases.into_iter().enumerate() {
            let file = folder.path().join(format!("{number}.txt"));
            std::fs::write(&file, content).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(permissions)).expect("set");
            assert_left_alone(&file).await;
            assert_eq!((mode(&file), text_of(&file).as_str()), (permissions, content));
        }
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).expect("linked");
        assert_left_alone(&link).await;
        assert!(link.is_symlink() && !link.exists());
        assert_eq!(std::fs::read_dir(folder.path()).expect("folder").count(), 5);
    }

    async fn assert_left_alone(file: &Path) {
        let result = with_password_file(file).hand_over(secret()).await;
        let Err(OperatorError::Failed(text)) = result else { panic!("{result:?}") };
        let name = file.file_name().expect("a name").to_string_lossy();
        assert!(text.en.contains(&*name) && text.en.contains("exists already"), "{}", text.en);
        assert!(!text.en.contains("not-a-real"), "{}", text.en);
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
    async fn a_command_that_hangs_and_a_code_that_is_far_off_end_with_the_pause() {
        for (script, used) in [("exec sleep 1000", "000000"), ("echo 123456", "123456")] {
            let (interrupt, raise) = Interrupt::new();
            let mut operator = prepared(|answers| answers.mfa.code_command = shell(script));
            operator.interrupt = interrupt;
            operator.next_code = || Duration::from_secs(1000);
            let request = request(&[used], None);
            let (result, ()) = tokio::join!(operator.one_time_code(&request), async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                raise.send_replace(true);
            });
            assert!(matches!(result, Err(OperatorError::Interrupted)), "{script}: {result:?}");
        }
    }

    #[test]
    fn a_command_that_ctrl_c_has_ended_has_not_failed() {
        let (interrupted, killed, failed) = (2, 9, 1 << 8);
        assert!(was_interrupted(ExitStatus::from_raw(interrupted)));
        assert!(!was_interrupted(ExitStatus::from_raw(killed)));
        assert!(!was_interrupted(ExitStatus::from_raw(failed)));
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
