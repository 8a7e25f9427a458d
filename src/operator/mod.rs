//! Who answers: a person at a terminal, a person with a screen reader or a dumb terminal, or an answers file.
//!
//! All three answer the same questions, those of the practices ([`steps::operator::Operator`]) and those of the
//! engine ([`Asks`]), so nothing in the engine depends on who is there.

mod countdown;
mod line_input;
mod plain;
mod prepared;
mod questions;
mod reply;
mod terminal;

use std::future::Future;

use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError, Pause};
use steps::practice::PersonTask;
use steps::text::Text;

pub use plain::Plain;
pub use prepared::Prepared;
pub use reply::word;
pub use terminal::Terminal;

/// What the operator says to the plan of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Apply it.
    Yes,
    /// Leave it this time.
    No,
    /// Say more, then ask again.
    Explain,
    /// Leave it this time. The same as no; a separate word because people look for it.
    Skip,
    /// Take an earlier change back. Understood where it is offered.
    Undo,
    /// Watch the account for a while, then ask again. Understood where it is offered.
    Watch,
    /// Pause the run here.
    Quit,
}

/// A question that is answered in words.
#[derive(Debug, Clone)]
pub struct Question {
    /// The key of the answers file, such as `admin.user`.
    pub key: &'static str,
    /// The question.
    pub text: Text,
    /// What Enter alone means.
    pub default: Option<Text>,
}

/// What the engine asks. `Err(OperatorError::Interrupted)` always means: pause, and apply nothing more.
#[expect(async_fn_in_trait, reason = "used only by static dispatch, on one task")]
pub trait Asks: Operator {
    /// Whether the walk starts. Asked once, after the first screen.
    async fn start(&mut self) -> Result<bool, OperatorError>;

    /// Whether the plan that was just shown is applied. `default` is what Enter alone means; `more` are the decisions
    /// that this plan offers beside the usual ones.
    async fn decide(&mut self, default: Decision, more: &[Decision]) -> Result<Decision, OperatorError>;

    /// Has something typed that cannot be typed by accident. `what` says what cannot be undone.
    async fn confirm_by_typing(&mut self, what: &Text, expected: &str) -> Result<bool, OperatorError>;

    /// An answer in words. `NobodyToAsk` when nobody is there.
    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError>;

    /// One of several, by number; `default` is what Enter alone means.
    async fn choose(&mut self, text: &Text, options: &[Text], default: usize)
    -> Result<usize, OperatorError>;

    /// A plain question of yes or no.
    async fn yes(&mut self, text: &Text, default: bool) -> Result<bool, OperatorError>;

    /// The same about a step, of which a person may want to know more first: none, and the question comes again.
    async fn yes_or_explain(&mut self, text: &Text, default: bool) -> Result<Option<bool>, OperatorError> {
        self.yes(text, default).await.map(Some)
    }

    /// One of several ways to take a step, of which a person may want to know more first: none, and the question comes
    /// again. `Declined` leaves the step.
    async fn choose_or_explain(
        &mut self,
        text: &Text,
        options: &[Text],
        default: usize,
    ) -> Result<Option<usize>, OperatorError> {
        self.choose(text, options, default).await.map(Some)
    }

    /// Waits until `seen` finishes, or until the person presses Enter to go on without it.
    async fn watch<F: Future>(&mut self, what: &Text, seen: F) -> Result<Option<F::Output>, OperatorError>;

    /// Whether a person is there to do what only a person can do.
    fn is_a_person(&self) -> bool;

    /// Shows a person's task. The prepared operator shows nothing: the report names what is left.
    fn show_task(&mut self, task: &PersonTask);
}

/// Any of the operators.
#[derive(Debug)]
#[expect(missing_docs, reason = "each variant is named after its type")]
pub enum AnyOperator {
    Terminal(Terminal),
    Plain(Plain),
    Prepared(Prepared),
}

/// The answer for this key would be needed, and there is nobody who could be asked.
fn nobody(key: &str) -> OperatorError {
    OperatorError::NobodyToAsk { key: key.to_owned() }
}

macro_rules! by {
    ($operator:expr, $name:ident => $call:expr) => {
        match $operator {
            AnyOperator::Terminal($name) => $call,
            AnyOperator::Plain($name) => $call,
            AnyOperator::Prepared($name) => $call,
        }
    };
}

impl Operator for AnyOperator {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        by!(self, operator => operator.hand_over(secret).await)
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        by!(self, operator => operator.enrol(enrolment).await)
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        by!(self, operator => operator.one_time_code(request).await)
    }

    async fn enrolled(&mut self) {
        by!(self, operator => operator.enrolled().await)
    }

    fn pause(&self) -> Pause {
        by!(self, operator => operator.pause())
    }

    async fn while_waiting<F: Future>(&mut self, what: Text, work: F) -> F::Output {
        by!(self, operator => operator.while_waiting(what, work).await)
    }
}

impl Asks for AnyOperator {
    async fn start(&mut self) -> Result<bool, OperatorError> {
        by!(self, operator => operator.start().await)
    }

    async fn decide(&mut self, default: Decision, more: &[Decision]) -> Result<Decision, OperatorError> {
        by!(self, operator => operator.decide(default, more).await)
    }

    async fn confirm_by_typing(&mut self, what: &Text, expected: &str) -> Result<bool, OperatorError> {
        by!(self, operator => operator.confirm_by_typing(what, expected).await)
    }

    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError> {
        by!(self, operator => operator.answer(question).await)
    }

    async fn choose(
        &mut self,
        text: &Text,
        options: &[Text],
        default: usize,
    ) -> Result<usize, OperatorError> {
        by!(self, operator => operator.choose(text, options, default).await)
    }

    async fn yes(&mut self, text: &Text, default: bool) -> Result<bool, OperatorError> {
        by!(self, operator => operator.yes(text, default).await)
    }

    async fn yes_or_explain(&mut self, text: &Text, default: bool) -> Result<Option<bool>, OperatorError> {
        by!(self, operator => operator.yes_or_explain(text, default).await)
    }

    async fn choose_or_explain(
        &mut self,
        text: &Text,
        options: &[Text],
        default: usize,
    ) -> Result<Option<usize>, OperatorError> {
        by!(self, operator => operator.choose_or_explain(text, options, default).await)
    }

    async fn watch<F: Future>(&mut self, what: &Text, seen: F) -> Result<Option<F::Output>, OperatorError> {
        by!(self, operator => operator.watch(what, seen).await)
    }

    fn is_a_person(&self) -> bool {
        by!(self, operator => operator.is_a_person())
    }

    fn show_task(&mut self, task: &PersonTask) {
        by!(self, operator => operator.show_task(task))
    }
}
