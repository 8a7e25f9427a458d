//! Makes one change of the practice.
//!
//! What takes more than a call has a file of its own, by theme; what other practices do too is in `steps/groups.rs`,
//! `steps/users.rs`, `steps/console_password.rs` and `steps/new_access_key.rs`.

mod access_key;
mod group;
mod password_policy;
mod root_keys;

use aws_sdk_iam::types::StatusType;

use crate::answers::Answers;
use crate::console_password::{self, NewPassword};
use crate::error::StepError;
use crate::operator::Operator;
use crate::session::Session;
use crate::{groups, users, wait};

use super::plan::Change;

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        Change::SetPasswordPolicy { policy, .. } => password_policy::set(session.acting(), policy).await,
        Change::CreateGroup { group } => group::create(session.acting(), group, answers, operator).await,
        Change::AttachAdministratorAccess { group, policy } => {
            let what = wait::waiting_for_iam(group);
            groups::attach_policy(session.acting(), group, policy, what, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateUser { user } => users::create(session.acting(), user, operator).await,
        Change::AddToGroup { user, group } => {
            groups::add_user(session.acting(), user, group, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateConsolePassword { user, minimum_length } => {
            let (minimum_length, file) = (*minimum_length, answers.admin.console_password_file.clone());
            let advice = (!answers.attended).then(|| console_password::beside_the_file(session));
            let password = NewPassword { user, minimum_length, file, advice };
            console_password::create(session, password, operator).await
        }
        Change::DeleteStrandedKey { user, access_key } => {
            access_key::delete_stranded(session.acting(), user, access_key).await
        }
        Change::CreateAccessKey { user, profile } => {
            access_key::create(session, user, profile, operator).await
        }
        Change::StartSession { .. } => Ok(session.unlock(operator).await??),
        Change::DeactivateRootKey { access_key } => {
            root_keys::switch(session, access_key, StatusType::Inactive).await
        }
        Change::ReactivateRootKey { access_key } => {
            root_keys::switch(session, access_key, StatusType::Active).await
        }
        Change::DeleteRootKey { access_key, signs_this_run } => {
            root_keys::prove_by_writing(session, &answers.admin.group).await?;
            root_keys::delete(session, access_key, *signs_this_run, operator).await
        }
    }
}
