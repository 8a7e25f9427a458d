//! A practice account that the real program talks to over loopback, and an authenticator app for its commands.
//!
//! The account's clock stands still but for leaps: each one-time code that is asked for makes it leap into the next
//! window. So codes follow one another, none comes twice, and nobody waits for them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use dayone::rehearsal::{Clock, PracticeAccount};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::code_at;
use super::door::Door;

/// So many seconds a one-time code counts.
const WINDOW: u64 = 30;

/// The variables under which a program signs in.
pub type Login = Vec<(&'static str, String)>;

/// A practice account, served until it is dropped.
pub struct Served {
    pub account: PracticeAccount,
    /// Where the account itself listens.
    pub address: SocketAddr,
    authenticator: Arc<Authenticator>,
    door: Door,
    runtime: Runtime,
}

/// Lets the account's clock leap.
#[derive(Clone, Default)]
pub struct Leaps(Arc<AtomicU64>);

impl Leaps {
    /// So many seconds pass.
    pub fn by(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// Keeps the last seed that it was given, and shows its codes.
struct Authenticator {
    clock: Clock,
    leaps: Leaps,
    seed: Mutex<Option<String>>,
    codes: Mutex<Vec<String>>,
}

impl Served {
    pub fn new() -> Self {
        let (start, leaps) = (SystemTime::now(), Leaps::default());
        let leapt = leaps.0.clone();
        let clock: Clock = Arc::new(move || start + Duration::from_secs(leapt.load(Ordering::SeqCst)));
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        let runtime = Runtime::new().unwrap();
        let address = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(dayone::rehearsal::serve(account.clone(), listener, std::future::pending()));
            address
        });
        let authenticator =
            Arc::new(Authenticator { clock, leaps, seed: Mutex::default(), codes: Mutex::default() });
        let asked = authenticator.clone();
        let door = Door::open(move |stream| {
            // A command that was killed has hung up.
            let _ = asked.converse(stream);
        });
        Self { account, address, authenticator, door, runtime }
    }

    /// Where the authenticator app is.
    pub fn authenticator(&self) -> SocketAddr {
        self.door.address()
    }

    /// The codes that were shown so far.
    pub fn codes(&self) -> Vec<String> {
        self.authenticator.codes.lock().unwrap().clone()
    }

    /// The seed that the authenticator app was given last.
    pub fn seed(&self) -> Option<String> {
        self.authenticator.seed.lock().unwrap().clone()
    }

    /// Lets the account's clock leap.
    pub fn leaps(&self) -> Leaps {
        self.authenticator.leaps.clone()
    }

    /// Root, by temporary credentials.
    pub fn root(&self) -> Login {
        let login = self.account.root_login();
        let mut variables = key(login.access_key_id(), login.secret_access_key());
        variables.push(("AWS_SESSION_TOKEN", login.session_token().unwrap().to_owned()));
        variables
    }

    /// Root, by its access key.
    pub fn root_by_key(&self) -> Login {
        let access_key = self.account.root_access_key();
        key(access_key.access_key_id(), access_key.secret_access_key())
    }

    /// What the account holds.
    pub fn snapshot(&self) -> Value {
        self.runtime.block_on(self.account.snapshot())
    }

    /// Does something with the account from outside of any program.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }
}

fn key(id: &str, secret: &str) -> Login {
    vec![("AWS_ACCESS_KEY_ID", id.to_owned()), ("AWS_SECRET_ACCESS_KEY", secret.to_owned())]
}

impl Authenticator {
    /// An address of an enrolment is kept, and everything else is answered with the next code.
    fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut line = String::new();
        BufReader::new(stream.try_clone()?).read_line(&mut line)?;
        let answer = match line.trim().strip_prefix("otpauth://") {
            Some(address) => self.enrol(address),
            None => self.next_code().unwrap_or_default(),
        };
        stream.write_all(format!("{answer}\n").as_bytes())
    }

    fn enrol(&self, address: &str) -> String {
        let seed = address.split("secret=").nth(1).and_then(|rest| rest.split('&').next());
        *self.seed.lock().unwrap() = seed.map(ToOwned::to_owned);
        "kept".to_owned()
    }

    fn next_code(&self) -> Option<String> {
        // Held to the end, so that two who ask at once get codes of different windows.
        let mut codes = self.codes.lock().unwrap();
        let seed = self.seed.lock().unwrap().clone()?;
        self.leaps.by(WINDOW);
        let code = code_at(&seed, (self.clock)());
        codes.push(code.clone());
        Some(code)
    }
}
