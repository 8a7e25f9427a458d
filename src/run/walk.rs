//! The walk through all practices, from who is signed in to how it all stands in the end.

use steps::aws::Access;
use steps::billing_report::BillingReport;
use steps::cloudtrail::Cloudtrail;
use steps::error::{AwsCause, StepError};
use steps::iam_practices::IamPractices;
use steps::mfa::Mfa;
use steps::operator::OperatorError;
use steps::profile::Leftover;
use steps::root_user::RootUser;
use steps::session::Session;
use steps::{console, profile, text};

use super::Task;
use crate::engine::Engine;
use crate::error::Failure;
use crate::event::{Event, SignInAdvice, SignedIn, Summary};
use crate::exit_status;
use crate::operator::{AnyOperator, Asks, Prepared};
use crate::screen::Screen;

impl Engine<'_, AnyOperator> {
    pub(super) async fn go(&mut self, task: Task, screen: &Screen) -> Result<(), Failure> {
        self.find_administrator_unless_interrupted().await?;
        self.begin().await?;
        match task {
            Task::Plan | Task::Check | Task::Report => self.look_and_tell().await,
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
        self.tidy();
        if self.session.is_started_locked() {
            self.unlock_at_start().await?;
        }
        if let Some(folder) = &self.memory {
            self.collected.remember(folder)?;
        }
        Ok(())
    }

    /// A run that may write removes what one that was killed has left with an access key in it. A look changes nothing.
    fn tidy(&mut self) {
        if self.journal.is_none() {
            return;
        }
        for leftover in profile::remove_leftovers(self.session.connection.files()) {
            self.listener.hear(&Event::Note(left_behind(&leftover)));
        }
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
            Err(StepError::Operator(ends @ (OperatorError::Interrupted | OperatorError::Quit))) => {
                Err(ends.into())
            }
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

    /// Shows the whole plan, asks once, and then goes on as if `--yes` had been given, within what was approved.
    async fn ask_once_and_walk(&mut self, screen: &Screen) -> Result<(), Failure> {
        self.approve_all().await?;
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

    /// Says how it all stands now. Gives the exit status, and the session, too.
    pub(super) fn finish(mut self, task: Task) -> (u8, Session) {
        let sign_in = self.collected.answers.admin.user.as_ref().map(|user| SignInAdvice {
            user: user.clone(),
            console: console::sign_in(self.session.account(), self.session.partition()),
            profile: self.collected.answers.admin.profile().to_owned(),
            by_access_key: self.collected.answers.admin.access_key_profile.is_some(),
        });
        let summary = Summary {
            steps: std::mem::take(&mut self.reports),
            changes_made: self.changes_made,
            sign_in,
            could_write: task.access() == Access::ReadWrite,
            rehearsal: self.rehearsal,
        };
        let in_place = summary.in_place();
        self.listener.hear(&Event::Finished(summary));
        (if in_place { exit_status::IN_PLACE } else { exit_status::LEFT }, self.session)
    }
}

fn readable_by_others(file: &std::path::Path) -> text::Text {
    let file = text::shown(file);
    text! {
        en: "Other users of this computer can read {file}, and with it access keys. Close it: chmod 600 {file}",
        ko: "이 컴퓨터의 다른 사용자가 {file} 파일과 그 안의 액세스 키를 읽을 수 있습니다. 다음으로 막으세요: chmod 600 {file}"
    }
}

fn left_behind(leftover: &Leftover) -> text::Text {
    let file = text::shown(&leftover.path);
    match leftover.removed {
        true => text! {
            en: "A run that was killed had left {file}, which may have held an access key. It is removed.",
            ko: "강제로 종료된 실행이 남긴 {file} 파일을 지웠습니다. 액세스 키가 들어 있었을 수 있습니다."
        },
        false => text! {
            en: "A run that was killed has left {file}, which may hold an access key and cannot be removed. Delete it yourself.",
            ko: "강제로 종료된 실행이 남긴 {file} 파일을 지우지 못했습니다. 액세스 키가 들어 있을 수 있으니 직접 지우세요."
        },
    }
}
