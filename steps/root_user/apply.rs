//! Makes one change of the practice.

use std::path::PathBuf;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::types::StatusType;

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::{HandOver, Operator};
use crate::session::{Administrator, Session};
use crate::text;
use crate::text::{Text, harmless};
use crate::{password, profile, wait};

use super::administrator_access;
use super::facts::{PasswordPolicy, RootKeys, count_root_keys};
use super::plan::Change;

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        Change::SetPasswordPolicy { policy, .. } => set_password_policy(session.acting(), policy).await,
        Change::CreateGroup { group } => {
            let created = session.acting().iam().create_group().group_name(group).send().await;
            unless("EntityAlreadyExists", created.for_call("iam:CreateGroup"))?;
            Ok(())
        }
        Change::AttachAdministratorAccess { group, policy } => {
            attach(session.acting(), group, policy, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateUser { user } => {
            let created = session.acting().iam().create_user().user_name(user).send().await;
            unless("EntityAlreadyExists", created.for_call("iam:CreateUser"))?;
            Ok(())
        }
        Change::AddToGroup { user, group } => {
            add_to_group(session.acting(), user, group, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateConsolePassword { user, minimum_length } => {
            let (minimum_length, file) = (*minimum_length, answers.admin.console_password_file.clone());
            let password = NewPassword { user, minimum_length, file, advice: None };
            create_console_password(session, password, operator).await
        }
        Change::DeleteStrandedKey { user, access_key } => {
            let iam = session.acting().iam();
            let deleted = iam.delete_access_key().user_name(user).access_key_id(access_key).send().await;
            unless("NoSuchEntity", deleted.for_call("iam:DeleteAccessKey"))?;
            Ok(())
        }
        Change::CreateAccessKey { user, profile } => {
            create_access_key(session, user, profile, operator).await
        }
        Change::StartSession { .. } => Ok(session.unlock(operator).await??),
        Change::DeactivateRootKey { access_key } => {
            switch_root_key(session, access_key, StatusType::Inactive).await
        }
        Change::ReactivateRootKey { access_key } => {
            switch_root_key(session, access_key, StatusType::Active).await
        }
        Change::DeleteRootKey { access_key, signs_this_run } => {
            prove_by_writing(session, &answers.admin.group).await?;
            delete_root_key(session, access_key, *signs_this_run, operator).await
        }
    }
}

async fn set_password_policy(identity: &Identity, policy: &PasswordPolicy) -> Result<(), StepError> {
    identity
        .iam()
        .update_account_password_policy()
        .minimum_password_length(policy.minimum_password_length)
        .require_symbols(policy.require_symbols)
        .require_numbers(policy.require_numbers)
        .require_uppercase_characters(policy.require_uppercase_characters)
        .require_lowercase_characters(policy.require_lowercase_characters)
        .allow_users_to_change_password(policy.allow_users_to_change_password)
        .set_max_password_age(policy.max_password_age)
        .set_password_reuse_prevention(policy.password_reuse_prevention)
        .set_hard_expiry(policy.hard_expiry)
        .send()
        .await
        .for_call("iam:UpdateAccountPasswordPolicy")?;
    Ok(())
}

/// Gives a group a managed policy.
pub(crate) async fn attach(
    identity: &Identity,
    group: &str,
    policy: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_seen(operator, waiting_for(group), not_seen_yet, async || {
        let attached = iam.attach_group_policy().group_name(group).policy_arn(policy).send().await;
        attached.for_call("iam:AttachGroupPolicy").map(drop)
    })
    .await
}

/// Puts a user into a group.
pub(crate) async fn add_to_group(
    identity: &Identity,
    user: &str,
    group: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        let added = iam.add_user_to_group().user_name(user).group_name(group).send().await;
        added.for_call("iam:AddUserToGroup").map(drop)
    })
    .await
}

/// What was created a moment ago may not be visible at the next endpoint yet.
fn not_seen_yet(error: &AwsError) -> bool {
    error.is("NoSuchEntity")
}

fn waiting_for(name: &str) -> Text {
    text! { en: "Waiting until IAM sees {name} everywhere", ko: "IAM 전체에 {name}이(가) 반영되기를 기다리는 중" }
}

/// A console password to be made.
#[derive(Debug)]
pub(crate) struct NewPassword<'p> {
    /// For whom.
    pub user: &'p str,
    /// The shortest that the account's policy accepts.
    pub minimum_length: i32,
    /// Where it goes when nobody is there to read it.
    pub file: Option<PathBuf>,
    /// What is said with it; none: what the administrator needs to know.
    pub advice: Option<Text>,
}

/// The password is in the person's hands before AWS has it: cut short in between, nothing is lost, because a user
/// without a password gets a new one on the next run.
pub(crate) async fn create_console_password(
    session: &Session,
    new: NewPassword<'_>,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let NewPassword { user, minimum_length, file, advice } = new;
    let secret = password::generate(usize::try_from(minimum_length).unwrap_or_default());
    let page = console_sign_in(session.account(), session.partition());
    let title = text! { en: "Console password of {user}", ko: "{user}의 콘솔 암호" };
    let advice = advice.unwrap_or_else(|| text! {
        en: "Keep it in a password manager. It is set when you go on, works once, and is changed at the first sign-in at {page}",
        ko: "암호 관리자에 보관하세요. 계속하면 설정되며, {page} 첫 로그인 때 한 번 쓰고 바꾸게 됩니다."
    });
    operator.hand_over(HandOver { title, advice, secret: secret.clone(), file }).await?;
    let iam = session.acting().iam_once();
    let created = wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        use secrecy::ExposeSecret;
        let request = iam.create_login_profile().user_name(user).password(secret.expose_secret());
        request.password_reset_required(true).send().await.for_call("iam:CreateLoginProfile").map(drop)
    });
    match created.await {
        Err(StepError::Aws(error)) if error.is("EntityAlreadyExists") => Err(password_is_void(user)),
        result => result,
    }
}

/// Somebody else was quicker, such as a run on another machine.
fn password_is_void(user: &str) -> StepError {
    let user = harmless(user);
    StepError::InTheWay {
        what: text! {
            en: "{user} has got a console password meanwhile, so the one that was just handed over is void.",
            ko: "그사이 {user}에게 콘솔 암호가 생겨 방금 전달한 암호는 쓸 수 없습니다."
        },
        next: text! {
            en: "Throw it away and use the other one. Then run the same command again.",
            ko: "방금 암호는 버리고 다른 암호를 쓰세요. 그런 다음 같은 명령을 다시 실행하세요."
        },
    }
}

/// The sign-in page of an account.
pub fn console_sign_in(account: &str, partition: &str) -> String {
    match partition {
        "aws-cn" => format!("https://{account}.signin.amazonaws.cn/console"),
        "aws-us-gov" => format!("https://{account}.signin.amazonaws-us-gov.com/console"),
        _ => format!("https://{account}.signin.aws.amazon.com/console"),
    }
}

async fn create_access_key(
    session: &mut Session,
    user: &str,
    profile: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let files = session.connection.files().clone();
    profile::check_writable(&files, profile)?;
    let iam = session.acting().iam_once();
    let created = wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        iam.create_access_key().user_name(user).send().await.for_call("iam:CreateAccessKey")
    })
    .await?;
    let Some(key) = created.access_key() else {
        return Err(AwsError::without_answer("iam:CreateAccessKey", "the answer holds no access key").into());
    };
    let credentials = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "dayone");
    if let Err(error) = profile::append(&files, profile, &credentials) {
        // A key whose secret is nowhere is of no use to anybody. If this fails too, the next run finds the key.
        let _ = iam.delete_access_key().user_name(user).access_key_id(key.access_key_id()).send().await;
        return Err(error);
    }
    sign_in_with(session, user, credentials, operator).await
}

/// Waits until IAM lets the new key do what only an administrator can, twice in a row. Where MFA is required already, the
/// key alone never will, and a code is asked for later.
async fn sign_in_with(
    session: &mut Session,
    user: &str,
    credentials: Credentials,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let what = text! {
        en: "Waiting until AWS accepts the new access key",
        ko: "AWS가 새 액세스 키를 인식하기를 기다리는 중"
    };
    let devices = session.acting().iam().list_mfa_devices().user_name(user).send().await;
    let needs_code = !devices.for_call("iam:ListMFADevices")?.mfa_devices().is_empty();
    let proof = async {
        let identity = session.connection.with_new_key(credentials).await?;
        let mut proven = 0;
        for pause in wait::pauses() {
            session.become_administrator(identity.clone(), user).await?;
            match session.administrator {
                Administrator::Proven(_) if proven == 1 => return Ok::<_, StepError>(()),
                Administrator::Proven(_) => proven = 1,
                _ if needs_code && pause > Duration::from_secs(4) => return Ok(()),
                _ => proven = 0,
            }
            tokio::time::sleep(pause).await;
        }
        Ok(())
    };
    operator.while_waiting(what, proof).await
}

async fn switch_root_key(session: &Session, access_key: &str, to: StatusType) -> Result<(), StepError> {
    let root = session.root().ok_or_else(not_root)?;
    let request = root.iam().update_access_key().access_key_id(access_key).status(to);
    request.send().await.for_call("iam:UpdateAccessKey")?;
    Ok(())
}

/// Directly before a key of root goes, the administrator writes something: an auditor could read as much. The policy
/// is attached already, so that nothing changes by it.
async fn prove_by_writing(session: &Session, group: &str) -> Result<(), StepError> {
    let Administrator::Proven(administrator) = &session.administrator else { return Err(not_proven()) };
    let policy = administrator_access(session.partition());
    let written = administrator.iam().attach_group_policy().group_name(group).policy_arn(policy).send().await;
    match written.for_call("iam:AttachGroupPolicy") {
        Ok(_) => Ok(()),
        Err(error) if error.is_unseen() => Err(not_proven()),
        Err(error) => Err(error.into()),
    }
}

async fn delete_root_key(
    session: &mut Session,
    access_key: &str,
    signs_this_run: bool,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let root = session.root().ok_or_else(not_root)?;
    let deleted = root.iam().delete_access_key().access_key_id(access_key).send().await;
    match deleted.for_call("iam:DeleteAccessKey") {
        // A repeated call, after a lost answer, is signed with a key that is gone.
        Err(error) if signs_this_run && error.is("InvalidClientTokenId") => {}
        result => {
            unless("NoSuchEntity", result)?;
        }
    }
    session.started_key_deleted |= signs_this_run;
    if signs_this_run {
        administrator_sees_none(session, operator).await?;
    }
    Ok(())
}

/// The last key is gone when the administrator sees that root has none; AWS counts a moment later.
async fn administrator_sees_none(session: &Session, operator: &mut impl Operator) -> Result<(), StepError> {
    let what = text! { en: "Waiting until AWS shows that root has no keys", ko: "루트에 키가 없다고 AWS에 반영되기를 기다리는 중" };
    let seen = async {
        for pause in wait::pauses() {
            if !matches!(count_root_keys(session.acting()).await?, Ok(RootKeys::Counted(true))) {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        Ok::<_, StepError>(())
    };
    operator.while_waiting(what, seen).await
}

fn not_root() -> StepError {
    StepError::InTheWay {
        what: text! { en: "Only root can change its own access keys.", ko: "루트의 액세스 키는 루트만 바꿀 수 있습니다." },
        next: text! { en: "Sign in as root and run the same command again.", ko: "루트로 로그인한 뒤 같은 명령을 다시 실행하세요." },
    }
}

fn not_proven() -> StepError {
    StepError::InTheWay {
        what: text! {
            en: "The administrator has not been seen to work yet, so root's access keys stay.",
            ko: "관리자가 동작하는 것이 아직 확인되지 않아 루트 액세스 키를 그대로 둡니다."
        },
        next: text! {
            en: "Sign in as the administrator, with MFA where it is required, and run the same command again.",
            ko: "관리자로(MFA가 필요하면 MFA와 함께) 로그인한 뒤 같은 명령을 다시 실행하세요."
        },
    }
}
