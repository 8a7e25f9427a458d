//! `dayone rehearse`: the same walk on the practice account, what a person does in its console, and serving it to
//! other programs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use steps::aws::{AwsFiles, Connection};
use steps::error::StepError;
use steps::profile::{is_profile_name, profile_name, replace_session, takes_session};
use steps::text;
use steps::text::{Text, harmless};

use crate::cli::{ConsoleStep, Options, Rehearse, RehearseAction};
use crate::error::Failure;
use crate::exit_status;
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::rehearsal::{self, ACCOUNT_ID, ConsoleAction, PracticeAccount, RehearsalError, SignIn, SignedIn};
use crate::run::{self, Place, Task};
use crate::screen::Screen;

/// The profile that a session of the administrator goes to where no other is named.
const PROFILE: &str = "dayone-admin";
/// The Region of whoever names no other.
const REGION: &str = "us-east-1";
/// Stands below the heading of a profile that a sign-in has written, and that the next one may replace.
const MARK: &str = "# From: dayone rehearse console sign-in";

/// Does what was asked for with the practice account.
pub async fn run(
    rehearse: &Rehearse,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    if let Some(region) = &options.region {
        run::known_region(region)?;
    }
    let folder = run::state_folder(options)?.join("rehearsal");
    if let Some(RehearseAction::Console { what, user, code }) = &rehearse.action {
        let who = SignIn { user: user.clone(), code: code.clone() };
        return console(&folder, *what, &who, options, screen);
    }
    if let Some(address) = rehearse.serve {
        let region = options.region.as_deref().unwrap_or(REGION);
        return serve(&folder, address, (rehearse.fresh, region), screen, interrupt).await;
    }
    if rehearse.fresh && options.dry_run {
        return Err(Failure::Usage(text! {
            en: "--fresh starts over, and --dry-run changes nothing: give one of them.",
            ko: "--fresh는 처음부터 다시 시작하고 --dry-run은 아무것도 바꾸지 않습니다. 하나만 지정하세요."
        }));
    }
    if rehearse.fresh {
        let lock = alone(&folder)?;
        start_over(&folder)?;
        // The run takes it again when it begins to work.
        drop(lock);
    }
    let task = match (options.dry_run, rehearse.yes) {
        (true, _) => Task::Plan,
        (false, true) => Task::Apply { yes: true },
        (false, false) => Task::Walk,
    };
    // Another run may be at work, whose account a look must not overwrite.
    let account = match task {
        Task::Plan | Task::Check | Task::Report => PracticeAccount::open_for_a_look(&folder)?,
        Task::Walk | Task::Apply { .. } => PracticeAccount::open(&folder)?,
    };
    let connection =
        Connection::through(account.http_client(), account.root_login(), files(&folder), task.access());
    let connection = match &options.region {
        Some(region) => connection.in_region(region),
        None => connection,
    };
    let place = Place { connection, state: folder, rehearsal: true, starts_over: rehearse.fresh };
    run::on(place, task, options, file, screen, interrupt).await
}

/// The AWS profiles of a rehearsal. Yours are not touched.
fn files(folder: &Path) -> AwsFiles {
    AwsFiles {
        credentials: folder.join("aws").join("credentials"),
        config: folder.join("aws").join("config"),
    }
}

/// What is kept about the practice account as about any other.
fn account_folder(folder: &Path) -> PathBuf {
    folder.join("accounts").join(ACCOUNT_ID)
}

/// Nobody else is at work on the account for as long as this is held.
fn alone(folder: &Path) -> Result<Journal, Failure> {
    Journal::open(&account_folder(folder))
}

/// What was kept of an earlier rehearsal goes, but for the lock, by which runs do not meet. The state of real accounts
/// is not below this folder.
fn start_over(folder: &Path) -> Result<(), Failure> {
    rehearsal::forget(folder)?;
    let aws = folder.join("aws");
    there(std::fs::remove_dir_all(&aws)).map_err(|error| StepError::file(&aws, error))?;
    let kept = account_folder(folder);
    let entries = std::fs::read_dir(&kept).map_err(|error| StepError::file(&kept, error))?;
    for entry in entries {
        let path = entry.map_err(|error| StepError::file(&kept, error))?.path();
        if path.file_name().is_none_or(|name| name != "lock") {
            let removed =
                if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            there(removed).map_err(|error| StepError::file(&path, error))?;
        }
    }
    Ok(())
}

/// What is not there needs not be removed.
fn there(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn console(
    folder: &Path,
    what: ConsoleStep,
    who: &SignIn,
    options: &Options,
    screen: &Screen,
) -> Result<u8, Failure> {
    if what != ConsoleStep::SignIn && *who != SignIn::default() {
        return Err(Failure::Usage(text! {
            en: "--user and --code go with: dayone rehearse console sign-in",
            ko: "--user와 --code는 다음 명령에만 쓸 수 있습니다: dayone rehearse console sign-in"
        }));
    }
    let done = match what {
        ConsoleStep::RootMfa => {
            rehearsal::console(folder, ConsoleAction::RootMfa)?;
            text! { en: "In the practice account, root has MFA now.", ko: "연습용 계정의 루트 사용자에 이제 MFA가 있습니다." }
        }
        ConsoleStep::BillingAccess => {
            rehearsal::console(folder, ConsoleAction::BillingAccess)?;
            text! {
                en: "In the practice account, administrators can open the billing pages now. No API shows it: answer yes when dayone asks.",
                ko: "연습용 계정의 관리자가 이제 결제 페이지를 열 수 있습니다. API로는 보이지 않으므로 dayone이 물으면 예라고 답하세요."
            }
        }
        ConsoleStep::ConfirmEmail => {
            rehearsal::console(folder, ConsoleAction::ConfirmEmail)?;
            text! {
                en: "In the practice account, all e-mails that the alarm on root has sent so far are confirmed now.",
                ko: "연습용 계정에서 루트 사용자 경보가 지금까지 보낸 이메일이 모두 확인되었습니다."
            }
        }
        ConsoleStep::SignIn => sign_in(folder, who, options.profile.as_deref().unwrap_or(PROFILE))?,
    };
    screen.wrapped(2, screen.say(&done));
    Ok(exit_status::IN_PLACE)
}

/// Signs in, and writes the session as a profile of the rehearsal.
fn sign_in(folder: &Path, who: &SignIn, profile: &str) -> Result<Text, Failure> {
    if !is_profile_name(profile) {
        return Err(no_profile_name(profile));
    }
    let files = files(folder);
    if !takes_session(&files, profile, MARK)? {
        return Err(taken(profile));
    }
    let signed_in = rehearsal::sign_in(folder, who)?;
    if !replace_session(&files, profile, MARK, &signed_in.credentials)? {
        return Err(taken(profile));
    }
    Ok(signed_in_text(&signed_in, profile))
}

fn no_profile_name(profile: &str) -> Failure {
    let (profile, Text { en, ko }) = (harmless(profile), profile_name());
    Failure::Usage(text! {
        en: "{profile} cannot be the name of a profile. {en}",
        ko: "{profile}은(는) 프로파일 이름으로 쓸 수 없습니다. {ko}"
    })
}

fn taken(profile: &str) -> Failure {
    Failure::Usage(text! {
        en: "The rehearsal has an AWS profile {profile} that no sign-in has written. Name another: --profile NAME",
        ko: "연습에 로그인으로 만들지 않은 AWS 프로파일 {profile}이(가) 있습니다. 다른 이름을 지정하세요: --profile 이름"
    })
}

fn signed_in_text(signed_in: &SignedIn, profile: &str) -> Text {
    let user = harmless(&signed_in.user);
    let changed = if signed_in.changed_password {
        text! { en: ", with a new password", ko: "(새 암호로)" }
    } else {
        Text::default()
    };
    let (en, ko) = (&changed.en, &changed.ko);
    if signed_in.mfa {
        text! {
            en: "In the practice account, {user} has signed in with MFA{en}. The session is in the profile {profile} for 12 hours.",
            ko: "연습용 계정에 {user}이(가) MFA로 로그인했습니다{ko}. 세션은 12시간 동안 프로파일 {profile}에 있습니다."
        }
    } else {
        text! {
            en: "In the practice account, {user} has signed in without MFA{en}. The session is in the profile {profile} for 12 hours.",
            ko: "연습용 계정에 {user}이(가) MFA 없이 로그인했습니다{ko}. 세션은 12시간 동안 프로파일 {profile}에 있습니다."
        }
    }
}

async fn serve(
    folder: &Path,
    address: std::net::SocketAddr,
    (fresh, region): (bool, &str),
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::Usage(text! {
            en: "The practice account is served on this machine only, such as 127.0.0.1:4566.",
            ko: "연습용 계정은 127.0.0.1:4566처럼 이 컴퓨터에서만 제공합니다."
        }));
    }
    let _lock = alone(folder)?;
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
        let error = error.to_string();
        Failure::Usage(text! {
            en: "The address {address} cannot be used: {error}.",
            ko: "주소 {address}을(를) 사용할 수 없습니다: {error}."
        })
    })?;
    if fresh {
        start_over(folder)?;
    }
    let account = PracticeAccount::open(folder)?;
    let address = listener.local_addr().unwrap_or(address);
    environment(&account, address, region, screen);
    rehearsal::serve(account, listener, interrupt.wait()).await?;
    Ok(exit_status::IN_PLACE)
}

/// The variables under which the AWS CLI, and `dayone` itself, talk to the practice account. Its credentials are
/// worth nothing anywhere else.
fn environment(account: &PracticeAccount, address: std::net::SocketAddr, region: &str, screen: &Screen) {
    let login = account.root_login();
    screen.line(&format!("export AWS_ENDPOINT_URL=http://{address}"));
    screen.line(&format!("export AWS_ACCESS_KEY_ID={}", login.access_key_id()));
    screen.line(&format!("export AWS_SECRET_ACCESS_KEY={}", login.secret_access_key()));
    screen.line(&format!("export AWS_SESSION_TOKEN={}", login.session_token().unwrap_or_default()));
    // Not every SDK reads the first: that of Python and the AWS CLI 1 know the second alone.
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        screen.line(&format!("export {variable}={region}"));
    }
    let stop = text! { en: "# Ctrl-C ends it; what was done is kept.", ko: "# Ctrl-C로 끝냅니다. 한 일은 보관됩니다." };
    screen.line(screen.say(&stop));
}

impl From<RehearsalError> for Failure {
    fn from(error: RehearsalError) -> Self {
        match &error {
            RehearsalError::SignIn(refusal) if refusal.is_wrong_usage() => Self::Usage(error.text()),
            _ => Self::Rehearsal(error.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_a_profile_is_told_with_what_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b", "", "a\u{1b}[2J"] {
            let error = sign_in(folder.path(), &SignIn::default(), name).unwrap_err();
            assert_eq!(error.exit_status(), 2, "{name:?}");
            let (Text { en, ko }, _) = error.text();
            assert!(en.contains(&profile_name().en) && ko.contains(&profile_name().ko), "{en} {ko}");
            assert!(!en.contains('=') && !en.contains('\u{1b}'), "{en}");
        }
        assert!(!folder.path().join("aws").exists());
    }

    #[test]
    fn a_profile_with_an_access_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = files(folder.path()).credentials;
        let key = "[dayone-admin] # mine\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n";
        std::fs::create_dir(folder.path().join("aws")).unwrap();
        std::fs::write(&path, key).unwrap();
        let error = sign_in(folder.path(), &SignIn::default(), PROFILE).unwrap_err();
        assert!(error.text().0.en.contains("no sign-in has written"), "{error:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), key);
    }
}
