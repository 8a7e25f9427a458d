//! All that the engine ever says. The screen, the documents and the page listen; the engine never prints. The journal is
//! none of them, because its line has to be on the disk before AWS hears of a change.

use jiff::Timestamp;
use steps::account::About;
use steps::aws::WayIn;
use steps::error::StepError;
use steps::practice::{PersonTask, PracticeId, State, StepId, Verb};
use steps::text::Text;

/// One thing that happened in a run.
#[derive(Debug)]
pub enum Event {
    /// Who is signed in, and to which account.
    SignedIn(SignedIn),
    /// The account was looked at as a whole; how each step stands comes next.
    Looked(Looked),
    /// How each step stands before anything is changed. A run that fails has not reached all of them.
    Overview(Vec<StepReport>),
    /// A practice begins.
    PracticeStarted(PracticeId),
    /// How a step stands. Sent once for a step that needs nothing, and again after each look.
    Step(StepReport),
    /// The operator asked for an explanation of a step.
    Explained(StepId),
    /// AWS is about to hear of a change.
    ChangeStarted(ChangeReport),
    /// A pause was asked for while a change is under way, which is finished first.
    Finishing,
    /// What came of a change.
    ChangeFinished(ChangeReport, Outcome),
    /// After its changes, a step was looked at again, and this is how it stands now.
    Verified(StepReport),
    /// The operator answered no or skip.
    StepLeft(StepId),
    /// A remark that belongs to no step.
    Note(Text),
    /// The walk is over.
    Finished(Summary),
}

/// When the account was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// When the look ended.
    pub at: Timestamp,
    /// When AWS made the credential report that the look rests on; none where it was not read.
    pub report_made: Option<Timestamp>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account number.
    pub account: String,
    /// What is known of the account.
    pub about: About,
    /// The partition.
    pub partition: String,
    /// The caller's ARN.
    pub arn: String,
    /// The kind of caller: `root`, `user`, `role` or `federated`.
    pub kind: &'static str,
    /// Where the credentials come from.
    pub way: WayIn,
    /// Whether they carry MFA; none where AWS does not tell.
    pub mfa: Option<bool>,
    /// The endpoint that replaces AWS's own.
    pub endpoint: Option<String>,
    /// Whether this is the practice account.
    pub rehearsal: bool,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// Its state.
    pub state: State,
    /// What would be changed.
    pub changes: Vec<ChangeReport>,
    /// What a person has to do.
    pub person: Option<PersonTask>,
    /// Why it is blocked, waiting, accepted, not assessed or not applicable.
    pub reason: Option<Text>,
    /// What was found.
    pub found: Option<Text>,
    /// What the operator should know before deciding.
    pub notes: Vec<Text>,
    /// Everybody whom the step waits for, where its words name only some.
    pub names: Vec<String>,
}

/// One change, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeReport {
    /// The step it belongs to.
    pub step: StepId,
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub resource: String,
    /// One line.
    pub summary: Text,
    /// Whether it cannot be undone.
    pub irreversible: bool,
}

/// What came of a change.
#[derive(Debug)]
pub enum Outcome {
    /// AWS has made it.
    Done {
        /// AWS's request id, of the last call where it took several.
        request_id: Option<String>,
    },
    /// It failed; the run stops.
    Failed(FailureReport),
}

/// A failure, in words that may be kept: no secrets are in it.
#[derive(Debug, Clone)]
pub struct FailureReport {
    /// What happened.
    pub text: Text,
    /// In AWS's words, or in English ones.
    pub detail: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// Whether nobody knows what was made of the change: AWS's answer was lost or said nothing, or a part was made before
    /// something failed.
    pub unanswered: bool,
}

/// How the account stands after the walk.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Every step that was looked at, in order, as it stands now.
    pub steps: Vec<StepReport>,
    /// How many changes were made.
    pub changes_made: usize,
    /// Where the administrator signs in from now on.
    pub sign_in: Option<SignInAdvice>,
    /// Whether the run could have changed something.
    pub could_write: bool,
    /// Whether it was the practice account, which the commands for a real one do not see.
    pub rehearsal: bool,
}

/// How the administrator signs in from now on.
#[derive(Debug, Clone)]
pub struct SignInAdvice {
    /// The user.
    pub user: String,
    /// The console page of the account.
    pub console: String,
    /// The AWS profile.
    pub profile: String,
    /// Whether the profile holds an access key: `aws login` would not go into it.
    pub by_access_key: bool,
}

/// Whoever wants to know what happens in a run.
pub trait Listener {
    /// Hears of one event.
    fn hear(&mut self, event: &Event);
}

impl Summary {
    /// Whether nothing is left to do or to find out.
    pub fn in_place(&self) -> bool {
        self.steps.iter().all(|step| step.state.is_settled())
    }
}

impl From<&StepError> for FailureReport {
    fn from(error: &StepError) -> Self {
        Self {
            text: error.text(),
            detail: error.detail().map(|detail| detail.en),
            request_id: error.request_id().map(ToOwned::to_owned),
            unanswered: error.is_unanswered(),
        }
    }
}

impl FailureReport {
    /// The same of a change whose calls have had their effect, or may have.
    pub fn midway(self, midway: bool) -> Self {
        Self { unanswered: self.unanswered || midway, ..self }
    }
}
