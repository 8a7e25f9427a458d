//! The person, as a practice sees them.
//!
//! A practice cannot print, prompt or read a flag. What it needs from a person it asks for through these methods;
//! who answers (a terminal, a screen reader, an answers file) is decided by the wizard.

use std::future::Future;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::watch;

use crate::text::Text;

/// Why the operator could not or would not answer.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Ctrl-C, or the end of input: the run pauses and nothing more is applied.
    #[error("interrupted")]
    Interrupted,
    /// An answer is needed and nobody can be asked.
    #[error("an answer is needed for {key}, and nobody can be asked")]
    NobodyToAsk {
        /// The key in the answers file.
        key: String,
    },
    /// The operator said no to everything, or "skip" in the middle of a change: that leaves the step.
    #[error("the operator stopped here")]
    Declined,
    /// The operator answered "quit": the run ends here, wherever that was said.
    #[error("the operator ended the run here")]
    Quit,
    /// A command of the answers file failed, or a file could not be written.
    #[error("{0:?}")]
    Failed(Text),
    /// The terminal could not be read or written.
    #[error("the terminal could not be used")]
    Terminal(#[from] std::io::Error),
}

/// A secret on its way to the operator. It is handed over once and never kept.
#[derive(Debug)]
pub struct HandOver {
    /// What it is and for whom, such as "Console password of alice".
    pub title: Text,
    /// Where to keep it, and what happens to it next.
    pub advice: Text,
    /// The secret.
    pub secret: SecretString,
    /// The file that takes it when nobody is there to read it.
    pub file: Option<std::path::PathBuf>,
}

/// A virtual MFA device on its way into an authenticator app.
#[derive(Debug)]
pub struct Enrolment {
    /// The account number.
    pub account: String,
    /// The IAM user that the device is for.
    pub user: String,
    /// The `otpauth://` address that the QR code holds; it contains the seed.
    pub otpauth: SecretString,
    /// The seed as base32 text, for who cannot scan.
    pub seed: SecretString,
}

/// Which one-time code is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The IAM user whose device shows it.
    pub user: String,
    /// What the code is for.
    pub purpose: CodePurpose,
    /// The codes that AWS has seen already and would refuse.
    pub used: Vec<String>,
    /// What went wrong with the last codes, when they are asked for again.
    pub trouble: Option<Text>,
}

/// What a one-time code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// The first of two codes that enrol a device, or bring it back into step.
    EnrolFirst,
    /// The second of two codes that enrol a device, or bring it back into step.
    EnrolSecond,
    /// Signing in with a device that is enrolled.
    SignIn,
}

/// Tells when a pause is asked for. Copies tell the same; the default is never asked.
#[derive(Debug, Clone, Default)]
pub struct Pause(Option<watch::Receiver<bool>>);

impl Pause {
    /// A pause that is asked for as soon as this is true.
    pub fn when(raised: watch::Receiver<bool>) -> Self {
        Self(Some(raised))
    }

    /// Finishes when a pause is asked for; at once when it was asked for before.
    pub async fn asked(&self) {
        let Some(raised) = &self.0 else { return std::future::pending().await };
        let mut raised = raised.clone();
        if raised.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets so much time pass, unless a pause is asked for: then it is over at once.
    pub async fn unless_asked(&self, time: Duration) -> Result<(), OperatorError> {
        tokio::select! {
            biased;
            () = self.asked() => Err(OperatorError::Interrupted),
            () = tokio::time::sleep(time) => Ok(()),
        }
    }
}

/// The person at the other end, or what stands in for one.
#[expect(async_fn_in_trait, reason = "used only by static dispatch, on one task")]
pub trait Operator {
    /// Gives a secret to the person, once.
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError>;

    /// Shows the enrolment (QR code and seed), and leaves it in sight until [`Operator::enrolled`].
    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError>;

    /// Asks for one six-digit code, made after the ones in [`CodeRequest::used`].
    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError>;

    /// The enrolment has ended, well or not: the QR code and the seed leave the screen.
    async fn enrolled(&mut self);

    /// When a pause is asked for. Whoever waits for AWS to see something stops then, between two attempts.
    fn pause(&self) -> Pause {
        Pause::default()
    }

    /// Shows what is waited for while `work` runs.
    async fn while_waiting<F: Future>(&mut self, what: Text, work: F) -> F::Output;
}

#[cfg(test)]
pub(crate) mod nobody {
    use super::*;

    /// Asks nobody, and waits.
    pub(crate) struct Nobody;

    impl Operator for Nobody {
        async fn hand_over(&mut self, _: HandOver) -> Result<(), OperatorError> {
            panic!("nothing is handed over")
        }

        async fn enrol(&mut self, _: &Enrolment) -> Result<(), OperatorError> {
            panic!("nothing is enrolled")
        }

        async fn one_time_code(&mut self, _: &CodeRequest) -> Result<String, OperatorError> {
            panic!("no code is asked for")
        }

        async fn enrolled(&mut self) {}

        async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
            work.await
        }
    }
}
