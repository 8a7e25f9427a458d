//! `dayone rehearse`: the same walk on the practice account, what a person does in its console, and serving it to
//! other programs.

use std::path::Path;

use serde_json::{Map, Value};
use steps::aws::{AwsFiles, Connection};
use steps::error::StepError;
use steps::text;

use crate::cli::{ConsoleStep, Options, Rehearse, RehearseAction};
use crate::error::Failure;
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::rehearsal::{self, ACCOUNT_ID, ConsoleAction, PracticeAccount, RehearsalError};
use crate::run::{self, Place, Task};
use crate::screen::Screen;

/// Does what was asked for with the practice account.
pub async fn run(
    rehearse: &Rehearse,
    options: &Options,
    file: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    let folder = run::state_folder(options)?.join("rehearsal");
    if let Some(RehearseAction::Console { what }) = &rehearse.action {
        return console(&folder, *what, screen);
    }
    if rehearse.fresh {
        start_over(&folder)?;
    }
    if let Some(address) = rehearse.serve {
        return serve(&folder, address, screen, interrupt).await;
    }
    let account = PracticeAccount::open(&folder, rehearse.fresh)?;
    let task = match (options.dry_run, rehearse.yes) {
        (true, _) => Task::Plan,
        (false, true) => Task::Apply { yes: true },
        (false, false) => Task::Walk,
    };
    let files = AwsFiles {
        credentials: folder.join("aws").join("credentials"),
        config: folder.join("aws").join("config"),
    };
    let connection = Connection::through(account.http_client(), account.root_login(), files, task.access());
    let place = Place { connection, state: folder, rehearsal: true };
    run::on(place, task, options, file, screen, interrupt).await
}

/// What was kept of an earlier rehearsal goes; the state of real accounts is not below this folder.
fn start_over(folder: &Path) -> Result<(), Failure> {
    for kept in ["aws", "accounts"] {
        let path = folder.join(kept);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StepError::file(&path, error).into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn console(folder: &Path, what: ConsoleStep, screen: &Screen) -> Result<u8, Failure> {
    let (action, done) = match what {
        ConsoleStep::RootMfa => (
            ConsoleAction::RootMfa,
            text! { en: "In the practice account, root has MFA now.", ko: "연습용 계정의 루트 사용자에 이제 MFA가 있습니다." },
        ),
        ConsoleStep::BillingAccess => (
            ConsoleAction::BillingAccess,
            text! {
                en: "In the practice account, administrators can open the billing pages now. No API shows it: answer yes when dayone asks.",
                ko: "연습용 계정의 관리자가 이제 결제 페이지를 열 수 있습니다. API로는 보이지 않으므로 dayone이 물으면 예라고 답하세요."
            },
        ),
    };
    rehearsal::console(folder, action)?;
    screen.wrapped(2, screen.say(&done));
    Ok(0)
}

async fn serve(
    folder: &Path,
    address: std::net::SocketAddr,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::Usage(text! {
            en: "The practice account is served on this machine only, such as 127.0.0.1:4566.",
            ko: "연습용 계정은 127.0.0.1:4566처럼 이 컴퓨터에서만 제공합니다."
        }));
    }
    let _only_one = Journal::open(&folder.join("accounts").join(ACCOUNT_ID))?;
    let account = PracticeAccount::open(folder, false)?;
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
        let error = error.to_string();
        Failure::Usage(text! {
            en: "The address {address} cannot be used: {error}.",
            ko: "주소 {address}을(를) 사용할 수 없습니다: {error}."
        })
    })?;
    let address = listener.local_addr().unwrap_or(address);
    environment(&account, address, screen);
    rehearsal::serve(account, listener, interrupt.wait()).await?;
    Ok(0)
}

/// The variables under which the AWS CLI, and `dayone` itself, talk to the practice account. Its credentials are
/// worth nothing anywhere else.
fn environment(account: &PracticeAccount, address: std::net::SocketAddr, screen: &Screen) {
    let login = account.root_login();
    screen.line(&format!("export AWS_ENDPOINT_URL=http://{address}"));
    screen.line(&format!("export AWS_ACCESS_KEY_ID={}", login.access_key_id()));
    screen.line(&format!("export AWS_SECRET_ACCESS_KEY={}", login.secret_access_key()));
    screen.line(&format!("export AWS_SESSION_TOKEN={}", login.session_token().unwrap_or_default()));
    screen.line("export AWS_REGION=us-east-1");
    let stop = text! { en: "# Ctrl-C ends it; what was done is kept.", ko: "# Ctrl-C로 끝냅니다. 한 일은 보관됩니다." };
    screen.line(screen.say(&stop));
}

impl From<RehearsalError> for Failure {
    fn from(error: RehearsalError) -> Self {
        Self::Rehearsal(error.text())
    }
}
