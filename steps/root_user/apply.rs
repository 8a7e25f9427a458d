//! Makes one change of the practice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_iam::types::{AccessKey, AccessKeyMetadata, StatusType};
use secrecy::{ExposeSecret, SecretString};

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, are_whole, unless};
use crate::error::{AwsError, StepError};
use crate::operator::{HandOver, Operator};
use crate::session::{Administrator, Session};
use crate::text;
use crate::text::{Text, harmless};
use crate::{console, groups, meanwhile, password, profile, wait};

use super::administrator_access;
use super::facts::{self, Group, PasswordPolicy, RootKeys, User, count_root_keys};
use super::plan::{Change, raised, strangers};

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        Change::SetPasswordPolicy { policy, .. } => set_password_policy(session.acting(), policy).await,
        Change::CreateGroup { group } => create_group(session.acting(), group, answers, operator).await,
        Change::AttachAdministratorAccess { group, policy } => {
            attach(session.acting(), group, policy, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateUser { user } => create_user(session, user, operator).await,
        Change::AddToGroup { user, group } => {
            add_to_group(session.acting(), user, group, operator).await?;
            session.prove_refused_again().await
        }
        Change::CreateConsolePassword { user, minimum_length } => {
            let (minimum_length, file) = (*minimum_length, answers.admin.console_password_file.clone());
            let advice = (!answers.attended).then(|| beside_the_file(session));
            let password = NewPassword { user, minimum_length, file, advice };
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

/// A group of that name that is there all of a sudden may be ours, after an answer that was lost. It goes on only with
/// one that gives nobody else full rights by it: what was said yes to was a new group.
async fn create_group(
    identity: &Identity,
    group: &str,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    let created = iam.create_group().group_name(group).send().await;
    if unless("EntityAlreadyExists", created.for_call("iam:CreateGroup"))?.is_some() {
        return Ok(());
    }
    wait::until_seen(operator, waiting_for(group), not_seen_yet, async || {
        iam.get_group().group_name(group).send().await.for_call("iam:GetGroup").map(drop)
    })
    .await
    .map_err(|error| in_other_letters(error, group))?;
    let found = groups::group(identity, group).await?;
    let found = found.ok().flatten().and_then(|found| facts::whole(&found).ok());
    let is_new = |found: &Group| {
        found.is_administrators(&identity.caller.partition) || strangers(found, answers).is_none()
    };
    if found.is_some_and(|found| is_new(&found)) { Ok(()) } else { Err(came_in_between(group)) }
}

/// The same of a user: nobody can be signed in as one that has neither a password nor an access key.
async fn create_user(session: &Session, user: &str, operator: &mut impl Operator) -> Result<(), StepError> {
    let identity = session.acting();
    let iam = identity.iam();
    let created = iam.create_user().user_name(user).send().await;
    if unless("EntityAlreadyExists", created.for_call("iam:CreateUser"))?.is_some() {
        return Ok(());
    }
    wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        iam.get_user().user_name(user).send().await.for_call("iam:GetUser").map(drop)
    })
    .await
    .map_err(|error| in_other_letters(error, user))?;
    let found = facts::user_named(session, identity, user).await?.ok().flatten();
    let is_new = |found: &User| {
        found.console_password == Ok(false) && found.access_keys.as_ref().is_ok_and(Vec::is_empty)
    };
    if found.is_some_and(|found| is_new(&found)) { Ok(()) } else { Err(came_in_between(user)) }
}

/// Names are unique without regard to case, and AWS may want the very spelling to find one.
fn in_other_letters(error: StepError, name: &str) -> StepError {
    if !matches!(&error, StepError::Aws(error) if not_seen_yet(error)) {
        return error;
    }
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "AWS has the name {name} already, and does not find it in this spelling.",
            ko: "AWS에 이미 {name}이라는 이름이 있지만 이 철자로는 찾지 못합니다."
        },
        next: text! {
            en: "Names are unique without regard to case. Give it as the IAM console shows it, by --admin-user or --admin-group, then run the same command again.",
            ko: "이름은 대소문자를 구별하지 않고 하나뿐이어야 합니다. IAM 콘솔에 나온 철자대로 --admin-user나 --admin-group에 적은 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

/// Somebody else was quicker, and what is there now is not what was said yes to.
fn came_in_between(name: &str) -> StepError {
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "Somebody else has made {name} meanwhile, so it gets no rights unseen.",
            ko: "그사이 다른 누군가가 {name}을(를) 만들었으므로 확인 없이 권한을 주지 않습니다."
        },
        next: text! {
            en: "Look who that was, then run the same command again: it shows what is there now, and asks.",
            ko: "누가 만들었는지 확인한 뒤 같은 명령을 다시 실행하세요. 지금 있는 것을 보여 주고 묻습니다."
        },
    }
}

/// What was merged from the policy that was seen is merged once more, from the one that is in force now: only where
/// nothing else comes of it is nothing of somebody else's lost.
async fn set_password_policy(identity: &Identity, policy: &PasswordPolicy) -> Result<(), StepError> {
    let iam = identity.iam();
    let now = iam.get_account_password_policy().send().await.for_call("iam:GetAccountPasswordPolicy");
    let now = unless("NoSuchEntity", now)?.and_then(|now| now.password_policy).map(PasswordPolicy::from);
    if now.as_ref() == Some(policy) {
        return Ok(());
    }
    let merged = raised(now.as_ref());
    if merged != *policy {
        let whose = text! { en: "the password policy", ko: "암호 정책" };
        return Err(meanwhile::changed(&whose, &differing(policy, &merged)));
    }
    iam.update_account_password_policy()
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

/// The settings in which two policies differ, by the names that the console has for them.
fn differing(one: &PasswordPolicy, other: &PasswordPolicy) -> Text {
    let classes = |policy: &PasswordPolicy| {
        [
            policy.require_symbols,
            policy.require_numbers,
            policy.require_uppercase_characters,
            policy.require_lowercase_characters,
        ]
    };
    let settings = [
        (
            one.minimum_password_length != other.minimum_password_length,
            text! { en: "minimum length", ko: "최소 길이" },
        ),
        (classes(one) != classes(other), text! { en: "required characters", ko: "필수 문자" }),
        (
            (one.max_password_age, one.hard_expiry) != (other.max_password_age, other.hard_expiry),
            text! { en: "expiration", ko: "만료" },
        ),
    ];
    let differ = settings.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| (name.en, name.ko));
    let (en, ko): (Vec<_>, Vec<_>) = differ.unzip();
    Text { en: en.join(", "), ko: ko.join(", ") }
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
    let page = console::sign_in(session.account(), session.partition());
    let title = text! { en: "Console password of {user}", ko: "{user}의 콘솔 암호" };
    let advice = advice.unwrap_or_else(|| text! {
        en: "Keep it in a password manager. It is set when you go on, works once, and is changed at the first sign-in at {page}",
        ko: "암호 관리자에 보관하세요. 계속하면 설정되며, {page} 첫 로그인 때 한 번 쓰고 바꾸게 됩니다."
    });
    operator.hand_over(HandOver { title, advice, secret: secret.clone(), file: file.clone() }).await?;
    let iam = session.acting().iam_once();
    let created = wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        let request = iam.create_login_profile().user_name(user).password(secret.expose_secret());
        request.password_reset_required(true).send().await.for_call("iam:CreateLoginProfile").map(drop)
    });
    match created.await {
        Err(StepError::Aws(error)) if error.is("EntityAlreadyExists") => {
            Err(password_is_void(user, file.as_deref().filter(|file| was_removed(file, &secret))))
        }
        result => result,
    }
}

/// What the administrator reads later, with the password in a file.
fn beside_the_file(session: &Session) -> Text {
    let page = console::sign_in(session.account(), session.partition());
    text! {
        en: "Sign in at {page} with it, once: there you choose a new password. Keep the new one in a password manager, and delete these two files.",
        ko: "{page}에서 이 암호로 한 번 로그인해 새 암호를 정하세요. 새 암호는 암호 관리자에 보관하고 이 두 파일은 삭제하세요."
    }
}

/// A password that counts nowhere is not left where somebody would look for one. Where a person has read it from the
/// screen, the file may hold another.
fn was_removed(file: &Path, void: &SecretString) -> bool {
    let kept = std::fs::read_to_string(file).map(SecretString::from);
    let is_it = kept.is_ok_and(|kept| kept.expose_secret().trim_end() == void.expose_secret());
    is_it && std::fs::remove_file(file).is_ok()
}

/// Somebody else was quicker, such as a run on another machine.
fn password_is_void(user: &str, removed: Option<&Path>) -> StepError {
    let user = harmless(user);
    let what = text! {
        en: "{user} has got a console password meanwhile, so the one that was just handed over is void.",
        ko: "그사이 {user}에게 콘솔 암호가 생겨 방금 전달한 암호는 쓸 수 없습니다."
    };
    let next = match removed.map(|file| harmless(&file.display().to_string())) {
        Some(file) => text! {
            en: "Its file {file} was removed. Use the other one, and run the same command again.",
            ko: "방금 암호를 저장한 파일 {file}은(는) 삭제했습니다. 다른 암호를 쓰고 같은 명령을 다시 실행하세요."
        },
        None => text! {
            en: "Throw it away and use the other one. Then run the same command again.",
            ko: "방금 암호는 버리고 다른 암호를 쓰세요. 그런 다음 같은 명령을 다시 실행하세요."
        },
    };
    StepError::InTheWay { what, next }
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
    let credentials = credentials_of(created.access_key());
    let kept = if are_whole(&credentials) {
        profile::append(&files, profile, &credentials)
    } else {
        Err(half_a_key(user))
    };
    if let Err(error) = kept {
        // A key whose secret is nowhere is of no use to anybody. If this fails too, the next run finds the key.
        let id = credentials.access_key_id();
        if !id.is_empty() {
            let deleted = iam.delete_access_key().user_name(user).access_key_id(id).send().await;
            if deleted.is_ok() {
                session.connection.note_undone();
            }
        }
        return Err(error);
    }
    sign_in_with(session, user, credentials, operator).await
}

fn credentials_of(key: Option<&AccessKey>) -> Credentials {
    let (id, secret) = key.map(|key| (key.access_key_id(), key.secret_access_key())).unwrap_or_default();
    Credentials::new(id, secret, None, None, "dayone")
}

/// A key of which a part is missing, or cannot be one.
fn half_a_key(user: &str) -> StepError {
    let user = harmless(user);
    StepError::HalfMade {
        what: text! {
            en: "AWS has made an access key for {user}, but its answer does not hold the whole key. Nothing was written to the AWS files.",
            ko: "AWS가 {user}의 액세스 키를 만들었지만 응답에 키 전체가 들어 있지 않습니다. AWS 파일에는 아무것도 저장하지 않았습니다."
        },
        next: text! {
            en: "The key is of no use and has to be removed. Run the same command again: it removes what is left of it, and makes another.",
            ko: "이 키는 쓸 수 없으므로 삭제해야 합니다. 같은 명령을 다시 실행하면 남은 키를 삭제하고 새로 만듭니다."
        },
    }
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
    let iam = session.acting().iam();
    let devices = wait::until_seen(operator, waiting_for(user), not_seen_yet, async || {
        iam.list_mfa_devices().user_name(user).send().await.for_call("iam:ListMFADevices")
    });
    let needs_code = !devices.await?.mfa_devices().is_empty();
    let asked = operator.pause();
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
            // The key is kept, and the next run can wait for it too.
            if asked.unless_asked(pause).await.is_err() {
                return Ok(());
            }
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
        Ok(_) => {
            session.connection.note_undone();
            Ok(())
        }
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
    let root = session.root().ok_or_else(not_root)?.clone();
    let deleted = root.iam().delete_access_key().access_key_id(access_key).send().await;
    match deleted.for_call("iam:DeleteAccessKey") {
        // A repeated call, after a lost answer, is signed with a key that is gone.
        Err(error) if signs_this_run && error.is("InvalidClientTokenId") => {}
        result => {
            unless("NoSuchEntity", result)?;
        }
    }
    let was_last = signs_this_run || has_no_key_but(access_key, &root).await;
    session.started_key_deleted |= signs_this_run;
    if was_last {
        administrator_sees_none(session.acting(), operator).await?;
    }
    Ok(())
}

/// Whether root itself lists no other than the one that was deleted. Where it may not list them, the look after the
/// change tells.
async fn has_no_key_but(deleted: &str, root: &Identity) -> bool {
    let listed = root.iam().list_access_keys().send().await;
    let is_deleted = |key: &AccessKeyMetadata| key.access_key_id() == Some(deleted);
    listed.is_ok_and(|keys| keys.access_key_metadata().iter().all(is_deleted))
}

/// The last key is gone when the administrator sees that root has none; AWS counts a moment later. A count that could
/// not be read shows nothing.
async fn administrator_sees_none(
    administrator: &Identity,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let what = text! { en: "Waiting until AWS shows that root has no keys", ko: "루트에 키가 없다고 AWS에 반영되기를 기다리는 중" };
    let asked = operator.pause();
    let seen = async {
        for pause in wait::pauses() {
            if count_root_keys(administrator).await? == Ok(RootKeys::Counted(false)) {
                return Ok(());
            }
            // The key is gone, whether or not AWS shows it.
            if asked.unless_asked(pause).await.is_err() {
                return Ok(());
            }
        }
        Err::<(), StepError>(still_counted())
    };
    operator.while_waiting(what, seen).await
}

fn still_counted() -> StepError {
    StepError::InTheWay {
        what: text! {
            en: "Root's access keys are deleted, but AWS does not show the administrator yet that there are none.",
            ko: "루트 액세스 키는 삭제했지만, 키가 없다는 것이 아직 관리자에게 보이지 않습니다."
        },
        next: text! {
            en: "Wait a few minutes, then run the same command again.",
            ko: "몇 분 뒤에 같은 명령을 다시 실행하세요."
        },
    }
}

fn not_root() -> StepError {
    StepError::InTheWay {
        what: text! { en: "Only root can change its own access keys.", ko: "루트의 액세스 키는 루트만 바꿀 수 있습니다." },
        next: text! { en: "Sign in as root and run the same command again.", ko: "루트 사용자로 로그인한 뒤 같은 명령을 다시 실행하세요." },
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::aws::{Access, AwsFiles, Connection, canned};
    use crate::operator::{CodeRequest, Enrolment, OperatorError};

    /// An AWS that answers so.
    type Answering = fn(&canned::Heard) -> canned::Answer;

    /// Writes what is handed over into its file, or looks at it on a screen, and waits.
    struct Somebody {
        writes: bool,
    }

    impl Operator for Somebody {
        async fn hand_over(&mut self, handed: HandOver) -> Result<(), OperatorError> {
            if let Some(file) = handed.file.filter(|_| self.writes) {
                std::fs::write(file, format!("{}\n", handed.secret.expose_secret()))?;
            }
            Ok(())
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

    #[tokio::test]
    async fn a_password_that_came_too_late_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alice.txt");
        let aws = canned::Aws::answering(|call| call.refused(409, "EntityAlreadyExists"));
        let session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let told = async |writes| {
            let new =
                NewPassword { user: "alice", minimum_length: 14, file: Some(file.clone()), advice: None };
            let error = create_console_password(&session, new, &mut Somebody { writes }).await.unwrap_err();
            assert!(error.text().en.contains("alice has got a console password meanwhile"), "{error:?}");
            error.hint().unwrap()
        };
        let next = told(true).await;
        assert!(!file.exists(), "a void password is left");
        let name = file.display().to_string();
        assert!(next.en.contains(&name) && next.ko.contains(&name), "{next:?}");

        std::fs::write(&file, "of somebody else\n").unwrap();
        let next = told(false).await;
        assert!(next.en.starts_with("Throw it away") && file.exists(), "{next:?}");
    }

    /// What comes of a new key of which AWS says this, and what AWS is asked for it.
    async fn new_key(answer: &'static str) -> (StepError, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let aws = canned::Aws::answering(move |call| call.xml(answer));
        let files =
            AwsFiles { credentials: folder.path().join("credentials"), config: folder.path().join("config") };
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let connection = Connection::through(aws.client(), login, files.clone(), Access::ReadWrite);
        let mut session = Session::open(connection).await.unwrap();
        let mut somebody = Somebody { writes: true };
        let made = create_access_key(&mut session, "alice", "dayone-admin", &mut somebody);
        let error = made.await.unwrap_err();
        assert!(!files.credentials.exists(), "something is written: {answer}");
        (error, aws.heard().into_iter().skip(1).map(|heard| heard.operation).collect())
    }

    #[tokio::test]
    async fn half_a_key_is_written_nowhere_and_removed() {
        let both = &["CreateAccessKey", "DeleteAccessKey"][..];
        let cases = [
            ("", &both[..1]),
            (
                "<AccessKey><AccessKeyId></AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey></AccessKey>",
                &both[..1],
            ),
            ("<AccessKey><AccessKeyId>AKIANEW</AccessKeyId></AccessKey>", both),
            (
                "<AccessKey><AccessKeyId>AKIANEW</AccessKeyId><SecretAccessKey></SecretAccessKey></AccessKey>",
                both,
            ),
            (
                "<AccessKey><AccessKeyId>AKIA\u{e9}</AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey>\
                 </AccessKey>",
                both,
            ),
        ];
        for (answer, expected) in cases {
            let (error, asked) = new_key(answer).await;
            assert_eq!(asked, expected, "{answer}");
            assert!(matches!(error, StepError::HalfMade { .. }) && error.is_unanswered(), "{error:?}");
            assert!(error.hint().unwrap().en.contains("has to be removed"), "{error:?}");
            assert!(!format!("{error:?}").contains("MARKED"), "{error:?}");
        }
    }

    /// What comes of creating a group or a user that is there already, of which AWS says this.
    async fn is_there_already(
        change: Change,
        answer: fn(&canned::Heard) -> canned::Answer,
    ) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateGroup" | "CreateUser" => call.refused(409, "EntityAlreadyExists"),
            _ => answer(call),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let mut answers = Answers::default();
        answers.admin.user = Some("alice".into());
        apply(&change, &mut session, &answers, &mut Somebody { writes: false }).await
    }

    /// A group with this member, where it has one, and this policy.
    fn group_of(call: &canned::Heard, member: &str, policy: &str) -> canned::Answer {
        let date = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";
        let member = if member.is_empty() {
            String::new()
        } else {
            format!(
                "<member><Path>/</Path><UserName>{member}</UserName><UserId>1</UserId><Arn>a</Arn>{date}</member>"
            )
        };
        call.xml(&match call.operation.as_str() {
            "GetGroup" => format!(
                "<Group><Path>/</Path><GroupName>Ops</GroupName><GroupId>1</GroupId><Arn>a</Arn>{date}</Group>\
                 <IsTruncated>false</IsTruncated><Users>{member}</Users>"
            ),
            "ListAttachedGroupPolicies" if !policy.is_empty() => format!(
                "<AttachedPolicies><member><PolicyName>p</PolicyName>\
                 <PolicyArn>arn:aws:iam::aws:policy/{policy}</PolicyArn></member></AttachedPolicies>"
            ),
            _ => String::new(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_that_is_there_already_is_looked_at_before_it_gets_rights() {
        let cases: [(&str, Answering, bool); 6] = [
            ("empty", |call| group_of(call, "", ""), true),
            ("with the administrator alone", |call| group_of(call, "ALICE", ""), true),
            ("with a stranger", |call| group_of(call, "mallory", ""), false),
            ("with a policy of its own", |call| group_of(call, "", "ReadOnlyAccess"), false),
            ("with full rights already", |call| group_of(call, "mallory", "AdministratorAccess"), true),
            (
                "not seen whole",
                |call| match call.operation.as_str() {
                    "ListGroupPolicies" => call.refused(403, "AccessDenied"),
                    _ => group_of(call, "", ""),
                },
                false,
            ),
        ];
        for (name, answer, goes_on) in cases {
            let made = is_there_already(Change::CreateGroup { group: "Ops".into() }, answer).await;
            assert_eq!(made.is_ok(), goes_on, "{name}: {made:?}");
            let error = made.err();
            assert!(
                error.is_none_or(|error| error.text().en.contains("Somebody else has made Ops")),
                "{name}"
            );
        }
    }

    const PASSWORD: &str = "<LoginProfile><UserName>alice</UserName>\
        <CreateDate>2026-01-01T00:00:00Z</CreateDate></LoginProfile>";
    const KEY: &str = "<AccessKeyMetadata><member><UserName>alice</UserName>\
        <AccessKeyId>AKIATHEIRS</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>";

    fn alice(call: &canned::Heard) -> canned::Answer {
        match call.operation.as_str() {
            "GetUser" => call.xml(
                "<User><Path>/</Path><UserName>alice</UserName><UserId>1</UserId><Arn>a</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate></User>",
            ),
            "GetLoginProfile" => call.refused(404, "NoSuchEntity"),
            _ => call.xml("<AccessKeyMetadata></AccessKeyMetadata>"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_that_is_there_already_is_looked_at_before_it_gets_rights() {
        let cases: [(&str, Answering, bool); 4] = [
            ("new", alice, true),
            (
                "with a password",
                |call| match call.operation.as_str() {
                    "GetLoginProfile" => call.xml(PASSWORD),
                    _ => alice(call),
                },
                false,
            ),
            (
                "with an access key",
                |call| match call.operation.as_str() {
                    "ListAccessKeys" => call.xml(KEY),
                    _ => alice(call),
                },
                false,
            ),
            (
                "not seen whole",
                |call| match call.operation.as_str() {
                    "ListAccessKeys" => call.refused(403, "AccessDenied"),
                    _ => alice(call),
                },
                false,
            ),
        ];
        for (name, answer, goes_on) in cases {
            let made = is_there_already(Change::CreateUser { user: "alice".into() }, answer).await;
            assert_eq!(made.is_ok(), goes_on, "{name}: {made:?}");
            let error = made.err();
            assert!(
                error.is_none_or(|error| error.text().en.contains("Somebody else has made alice")),
                "{name}"
            );
        }
    }

    /// Whether AWS finds a name in another spelling is not documented, so a run has to bear that it does not.
    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_taken_in_another_spelling_is_told() {
        let group = Change::CreateGroup { group: "Ops".into() };
        for (change, name) in [(group, "Ops"), (Change::CreateUser { user: "alice".into() }, "alice")] {
            let error = is_there_already(change, |call| call.refused(404, "NoSuchEntity")).await.unwrap_err();
            assert!(
                error.text().en.contains(name) && error.text().en.contains("in this spelling"),
                "{error:?}"
            );
            assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
        }
    }

    /// What becomes of the last key, where AWS answers the count in turn by these; the last one stays.
    async fn after_the_last_key(counts: &'static [&'static str]) -> (Result<(), StepError>, usize) {
        let asked = AtomicUsize::new(0);
        let aws = canned::Aws::answering(move |call| {
            let count = counts[asked.fetch_add(1, Ordering::Relaxed).min(counts.len() - 1)];
            match count {
                "denied" => call.refused(403, "AccessDenied"),
                _ => call.xml(&format!(
                    "<SummaryMap><entry><key>AccountAccessKeysPresent</key><value>{count}</value></entry></SummaryMap>"
                )),
            }
        });
        let session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let seen = administrator_sees_none(session.acting(), &mut Somebody { writes: false }).await;
        (seen, aws.heard().len() - 1)
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_key_is_gone_when_the_administrator_sees_it() {
        let cases: [(&'static [&'static str], usize); 3] =
            [(&["0"], 1), (&["1", "0"], 2), (&["denied", "1", "denied", "0"], 4)];
        for (counts, asked) in cases {
            let (seen, heard) = after_the_last_key(counts).await;
            assert!(seen.is_ok() && heard == asked, "{counts:?}: {seen:?} after {heard}");
        }
        for counts in [&["1"], &["denied"]] {
            let error = after_the_last_key(counts).await.0.unwrap_err();
            assert!(error.text().en.contains("does not show the administrator yet"), "{error:?}");
        }
    }

    const ALICE: &str = "<Path>/</Path><UserName>alice</UserName><UserId>AIDAEXAMPLE</UserId>\
         <Arn>arn:aws:iam::111122223333:user/alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>";

    /// IAM tells at one endpoint of a user that the next one does not know yet.
    #[tokio::test(start_paused = true)]
    async fn a_user_whose_devices_are_not_seen_yet_is_waited_for() {
        let refused = AtomicBool::new(false);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListMFADevices" if !refused.swap(true, Ordering::Relaxed) => call.refused(404, "NoSuchEntity"),
            "ListMFADevices" => call.xml("<MFADevices></MFADevices>"),
            "GetGroup" => call.xml(&format!(
                "<Group><GroupName>Administrators</GroupName></Group><Users><member>{ALICE}</member></Users>"
            )),
            "ListAttachedGroupPolicies" => call.xml(
                "<AttachedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn>\
                 </member></AttachedPolicies>",
            ),
            "GetUser" => call.xml(&format!("<User>{ALICE}</User>")),
            _ => call.xml(""),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let key = Credentials::new("AKIANEW", "secret", None, None, "test");
        sign_in_with(&mut session, "alice", key, &mut Somebody { writes: false }).await.unwrap();
        let asked = |operation| aws.heard().iter().filter(|heard| heard.operation == operation).count();
        assert_eq!((asked("ListMFADevices"), asked("GetAccountSummary")), (2, 2));
        assert!(matches!(session.administrator, Administrator::Proven(_)));
    }

    /// What comes of the policy that was planned where none was in force, now that this one is, and what AWS is asked.
    async fn set_where_now(now: Option<&str>) -> (Result<(), StepError>, Vec<String>) {
        let now = now.map(|now| {
            format!(
                "<PasswordPolicy><RequireSymbols>true</RequireSymbols><RequireNumbers>true</RequireNumbers>\
                 <RequireUppercaseCharacters>true</RequireUppercaseCharacters>\
                 <RequireLowercaseCharacters>true</RequireLowercaseCharacters>\
                 <AllowUsersToChangePassword>true</AllowUsersToChangePassword>{now}</PasswordPolicy>"
            )
        });
        let aws = canned::Aws::answering(move |call| match (call.operation.as_str(), &now) {
            ("GetAccountPasswordPolicy", None) => call.refused(404, "NoSuchEntity"),
            ("GetAccountPasswordPolicy", Some(now)) => call.xml(now),
            _ => call.xml(""),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let result = set_password_policy(&identity, &raised(None)).await;
        (result, aws.heard().into_iter().skip(1).map(|heard| heard.operation).collect())
    }

    #[tokio::test]
    async fn a_password_policy_that_somebody_has_changed_meanwhile_is_not_overwritten() {
        let (get, update) = ("GetAccountPasswordPolicy", "UpdateAccountPasswordPolicy");
        let weaker = "<MinimumPasswordLength>8</MinimumPasswordLength>";
        for now in [None, Some(weaker)] {
            let (result, asked) = set_where_now(now).await;
            assert!(result.is_ok() && asked == [get, update], "{now:?}: {result:?} {asked:?}");
        }
        let stronger = "<MinimumPasswordLength>20</MinimumPasswordLength>";
        let expiring = "<MinimumPasswordLength>14</MinimumPasswordLength><MaxPasswordAge>90</MaxPasswordAge>";
        for (now, named) in [(stronger, "minimum length"), (expiring, "expiration")] {
            let (result, asked) = set_where_now(Some(now)).await;
            let error = result.unwrap_err();
            assert!(error.text().en.ends_with(&format!("looked at: {named}.")), "{error:?}");
            assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
            assert_eq!(asked, [get]);
        }
        let there = "<MinimumPasswordLength>14</MinimumPasswordLength>\
            <PasswordReusePrevention>24</PasswordReusePrevention>";
        let (result, asked) = set_where_now(Some(there)).await;
        assert!(result.is_ok() && asked == [get], "it is there already: {result:?} {asked:?}");
    }
}
