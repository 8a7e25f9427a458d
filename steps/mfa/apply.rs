//! Makes one change of the practice.

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, unless};
use crate::console;
use crate::console_password::{self, NewPassword};
use crate::error::{AwsError, StepError};
use crate::groups::{self, GroupReading};
use crate::operator::Operator;
use crate::profile;
use crate::session::{Administrator, Session};
use crate::text;
use crate::text::{Text, harmless};
use crate::{users, wait};

use super::facts::{devices_of, is_refused};
use super::plan::{Change, is_enrolment, is_virtual};
use super::{ENROLMENT_POLICY_NAME, POLICY_NAME, enrolment, enrolment_policy_document, policy_document};

/// How often it is looked whether the policy is in force: for about 16 seconds. What is shown then is how it stands.
const LOOKS: usize = 7;

/// How often it is looked whether the administrator still has a device, where none is shown: for about four seconds.
const LOOKS_FOR_DEVICE: usize = 4;

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        Change::DeleteLeftover { serial } => {
            let iam = session.acting().iam();
            let deleted = iam.delete_virtual_mfa_device().serial_number(serial).send().await;
            unless("NoSuchEntity", deleted.for_call("iam:DeleteVirtualMFADevice"))?;
            Ok(())
        }
        Change::EnrolVirtualDevice { user, device, account } => {
            user_is_there(session.acting(), user, operator).await?;
            enrolment::enrol_virtual(session, user, device, account, operator).await?;
            session.prove_refused_again().await
        }
        Change::EnrolHardwareToken { user, serial } => {
            user_is_there(session.acting(), user, operator).await?;
            enrolment::enable(session, user, serial, operator).await?;
            session.prove_refused_again().await
        }
        Change::ResyncDevice { user, serial } => enrolment::resync(session, user, serial, operator).await,
        Change::RemoveDevice { user, serial } => {
            remove_device(session.acting(), user, serial, operator).await
        }
        Change::StartSession { .. } => Ok(session.unlock(operator).await??),
        Change::CreatePolicy { policy } => create_policy(session, policy).await,
        Change::UpdatePolicy { policy, drop_version } => {
            update_policy(session, policy, drop_version.as_deref()).await
        }
        Change::AttachPolicy { policy, group } => {
            if group.eq_ignore_ascii_case(&answers.admin.group) {
                administrator_has_a_device(session.acting(), answers, operator).await?;
            }
            let what = waiting_for_policy();
            groups::attach_policy(session.acting(), group, policy, what, operator).await?;
            if is_enrolment(policy) { Ok(()) } else { try_out(session, policy, group, operator).await }
        }
        Change::NoteInProfile { profile, serial } => {
            profile::set_mfa_serial(session.connection.files(), profile, serial)
        }
        Change::CreateGroup { group } => {
            // What is attached to it then stops whoever is in it without MFA.
            let has_nobody = |found: &GroupReading| found.users.is_empty();
            groups::create(session.acting(), group, operator, has_nobody).await
        }
        Change::CreateUser { user } => users::create(session.acting(), user, operator).await,
        Change::AddToGroup { user, group } => groups::add_user(session.acting(), user, group, operator).await,
        Change::CreateConsolePassword { user, file } => {
            let minimum_length = minimum_length(session.acting()).await?;
            let password = NewPassword {
                user,
                minimum_length,
                file: file.clone(),
                advice: Some(first_sign_in(session)),
            };
            console_password::create(session, password, operator).await
        }
    }
}

/// Nobody scans a seed or types codes for a user who is not there: AWS would refuse the device only at the end. A user who
/// was just made is not seen everywhere at once, so it is looked several times.
async fn user_is_there(
    identity: &Identity,
    user: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    if !is_missing(identity, user).await? {
        return Ok(());
    }
    let asked = operator.pause();
    let looks = async {
        for pause in wait::pauses().take(LOOKS) {
            asked.unless_asked(pause).await?;
            if !is_missing(identity, user).await? {
                return Ok::<_, StepError>(());
            }
        }
        Err(no_such_user(user))
    };
    operator.while_waiting(wait::waiting_for_iam(user), looks).await
}

/// Whether the user is seen not to be there. Who may not look goes on.
async fn is_missing(identity: &Identity, user: &str) -> Result<bool, AwsError> {
    Ok(matches!(devices_of(identity, user).await?, Ok(None)))
}

fn no_such_user(user: &str) -> StepError {
    let user = harmless(user);
    StepError::InTheWay {
        what: text! {
            en: "There is no IAM user {user}, so no MFA device is enrolled.",
            ko: "IAM 사용자 {user}이(가) 없어 MFA 디바이스를 등록하지 않습니다."
        },
        next: text! {
            en: "Run the step admin-user first, then the same command again.",
            ko: "먼저 admin-user 단계를 실행한 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

/// What was taken away before, and what is gone by now, count as done.
async fn remove_device(
    identity: &Identity,
    user: &str,
    serial: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    let deactivated = iam.deactivate_mfa_device().user_name(user).serial_number(serial).send().await;
    let deactivated = unless("NoSuchEntity", deactivated.for_call("iam:DeactivateMFADevice"))?.is_some();
    if !is_virtual(serial) {
        return Ok(());
    }
    let what = text! { en: "Waiting until IAM sees that the device is free", ko: "디바이스가 해제된 것이 IAM에 반영되기를 기다리는 중" };
    wait::until_seen(
        operator,
        what,
        |error| deactivated && error.is("DeleteConflict"),
        async || {
            let deleted = iam.delete_virtual_mfa_device().serial_number(serial).send().await;
            unless("NoSuchEntity", deleted.for_call("iam:DeleteVirtualMFADevice")).map(drop)
        },
    )
    .await
}

async fn create_policy(session: &Session, policy: &str) -> Result<(), StepError> {
    let (name, description, document) = match is_enrolment(policy) {
        true => (
            ENROLMENT_POLICY_NAME,
            "Lets users enrol MFA devices, and requires nothing. Made by dayone.",
            enrolment_policy_document(session.partition()),
        ),
        false => (
            POLICY_NAME,
            "Refuses everything but enrolment without MFA. Made by dayone.",
            policy_document(session.partition()),
        ),
    };
    let request = session.acting().iam().create_policy().policy_name(name).description(description);
    let created = request.policy_document(document).send().await;
    unless("EntityAlreadyExists", created.for_call("iam:CreatePolicy"))?;
    Ok(())
}

async fn update_policy(session: &Session, policy: &str, drop_version: Option<&str>) -> Result<(), StepError> {
    if let Some(version) = drop_version {
        let iam = session.acting().iam();
        let deleted = iam.delete_policy_version().policy_arn(policy).version_id(version).send().await;
        unless("NoSuchEntity", deleted.for_call("iam:DeletePolicyVersion"))?;
    }
    // Repeated after a lost answer, it would make the same version twice, and there is room for five.
    session
        .acting()
        .iam_once()
        .create_policy_version()
        .policy_arn(policy)
        .policy_document(policy_document(session.partition()))
        .set_as_default(true)
        .send()
        .await
        .for_call("iam:CreatePolicyVersion")?;
    Ok(())
}

/// The group may have been there for long; the policy was made a moment ago.
fn waiting_for_policy() -> Text {
    text! { en: "Waiting until IAM sees the policy", ko: "IAM에 정책이 반영되기를 기다리는 중" }
}

/// Between the look and this change somebody may have taken the device away, and without one the policy stops the
/// administrator. One that was just enrolled is not shown everywhere at once, so it is looked several times.
async fn administrator_has_a_device(
    identity: &Identity,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let Some(user) = &answers.admin.user else { return Ok(()) };
    let asked = operator.pause();
    for pause in wait::pauses().take(LOOKS_FOR_DEVICE) {
        match devices_of(identity, user).await? {
            Ok(devices) if devices.as_deref().unwrap_or_default().is_empty() => {
                asked.unless_asked(pause).await?;
            }
            // What could be seen for the plan, and cannot any more, is no reason to stop.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    Err(without_device(user))
}

fn without_device(user: &str) -> StepError {
    let user = harmless(user);
    StepError::InTheWay {
        what: text! {
            en: "{user} has no MFA device any more, so MFA is not required yet: the policy would stop {user}.",
            ko: "{user}에게 MFA 디바이스가 더 이상 없어 MFA를 아직 필수로 하지 않습니다. 정책이 {user}을(를) 막게 됩니다."
        },
        next: text! {
            en: "Find out who removed the device, then run the same command again: it enrols one first.",
            ko: "누가 디바이스를 제거했는지 확인한 뒤 같은 명령을 다시 실행하세요. 디바이스부터 등록합니다."
        },
    }
}

/// The policy that was just attached must not stop who attached it. Where nothing shows that the administrator's sign-in
/// carries MFA, it is taken off again at once if it does.
async fn try_out(
    session: &mut Session,
    policy: &str,
    group: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let is_at_stake = may_lack_mfa(session) && group.eq_ignore_ascii_case(&session.group);
    see_it_in_force(session, operator).await?;
    if !is_at_stake {
        return session.prove_again().await;
    }
    see_it_pass(session, operator).await?;
    match session.administrator {
        Administrator::Proven(_) => Ok(()),
        _ => take_off(session, policy, group).await,
    }
}

/// Of a sign-in in the browser AWS does not tell whether it carries MFA; by the word of a person, or by its age, it should.
fn may_lack_mfa(session: &Session) -> bool {
    match &session.administrator {
        Administrator::Proven(identity) => identity.caller.temporary && identity.caller.mfa != Some(true),
        Administrator::Unknown | Administrator::Locked(_) | Administrator::Refused(..) => false,
    }
}

/// With an access key at hand: until AWS refuses it what it lets through with MFA, which takes a moment.
async fn see_it_in_force(session: &Session, operator: &mut impl Operator) -> Result<(), StepError> {
    let Some(by_key) = &session.by_key else { return Ok(()) };
    let what = text! { en: "Waiting until AWS refuses the access key alone", ko: "액세스 키만으로는 거부되기를 기다리는 중" };
    let asked = operator.pause();
    let seen = async {
        for pause in wait::pauses().take(LOOKS) {
            if is_refused(by_key).await? == Some(true) || asked.unless_asked(pause).await.is_err() {
                break;
            }
        }
        Ok::<_, StepError>(())
    };
    operator.while_waiting(what, seen).await
}

/// Until AWS refuses the administrator, or for as long as it may take AWS to notice the policy.
async fn see_it_pass(session: &mut Session, operator: &mut impl Operator) -> Result<(), StepError> {
    let what = text! { en: "Watching whether AWS still lets this sign-in through", ko: "AWS가 이 로그인을 계속 허용하는지 확인하는 중" };
    let asked = operator.pause();
    let seen = async {
        for pause in wait::pauses().take(LOOKS) {
            session.prove_again().await?;
            let is_out = !matches!(session.administrator, Administrator::Proven(_));
            if is_out || asked.unless_asked(pause).await.is_err() {
                break;
            }
        }
        Ok::<_, StepError>(())
    };
    operator.while_waiting(what, seen).await
}

/// By whom the run was started as: the administrator may do nothing any more. Where there is nobody else any more, the
/// plan has the administrator sign in again.
async fn take_off(session: &Session, policy: &str, group: &str) -> Result<(), StepError> {
    let request = session.acting().iam().detach_group_policy().policy_arn(policy).group_name(group);
    let detached = request.send().await;
    match unless("NoSuchEntity", detached.for_call("iam:DetachGroupPolicy")) {
        Ok(_) => Err(taken_off(group)),
        Err(error) if error.is_unseen() && session.is_out() => Ok(()),
        Err(error) if error.is_unseen() => Err(stopped(group)),
        Err(error) => Err(error.into()),
    }
}

fn taken_off(group: &str) -> StepError {
    let group = harmless(group);
    StepError::InTheWay {
        what: text! {
            en: "The policy {POLICY_NAME} stopped the administrator's sign-in, which carries no MFA. It was taken off the group {group} again at once.",
            ko: "정책 {POLICY_NAME}이(가) MFA 없이 로그인한 관리자를 막아, {group} 그룹에서 바로 다시 해제했습니다."
        },
        next: text! {
            en: "Sign in again with aws login, with the device: in the browser sign out first, if it does not ask for it. Then run the same command again.",
            ko: "디바이스를 사용해 aws login으로 다시 로그인하세요. 디바이스를 묻지 않으면 브라우저에서 먼저 로그아웃하세요. 그런 다음 같은 명령을 다시 실행하세요."
        },
    }
}

fn stopped(group: &str) -> StepError {
    let group = harmless(group);
    StepError::InTheWay {
        what: text! {
            en: "The policy {POLICY_NAME} on the group {group} stops this sign-in, which carries no MFA, and nobody else is signed in who could take it off.",
            ko: "{group} 그룹의 정책 {POLICY_NAME}이(가) MFA가 없는 이 로그인을 막고 있으며, 해제할 수 있는 다른 로그인이 없습니다."
        },
        next: text! {
            en: "Sign in again with aws login, with the device: in the browser sign out first, if it does not ask for it. Then run the same command again. If the device is gone, root can sign in all the same.",
            ko: "디바이스를 사용해 aws login으로 다시 로그인하세요. 디바이스를 묻지 않으면 브라우저에서 먼저 로그아웃하세요. 그런 다음 같은 명령을 다시 실행하세요. 디바이스가 없다면 루트 사용자로 로그인할 수 있습니다."
        },
    }
}

async fn minimum_length(identity: &Identity) -> Result<i32, StepError> {
    let policy = identity.iam().get_account_password_policy().send().await;
    let policy = unless("NoSuchEntity", policy.for_call("iam:GetAccountPasswordPolicy"))?;
    Ok(policy
        .and_then(|answer| answer.password_policy)
        .and_then(|policy| policy.minimum_password_length)
        .unwrap_or_default())
}

/// What the person who gets the password has to do.
fn first_sign_in(session: &Session) -> Text {
    let page = console::sign_in(session.account(), session.partition());
    text! {
        en: "Give it to the person and to nobody else, with this note: Sign in at {page} and choose a new password. Then open Security credentials, Assign MFA device, sign out and in again. Until then AWS refuses everything else.",
        ko: "본인에게만 다음 안내와 함께 전달하세요. {page}에서 로그인해 새 암호를 정하세요. 그런 다음 보안 자격 증명에서 MFA 디바이스를 할당하고 다시 로그인하세요. 그전까지 AWS가 다른 작업을 모두 거부합니다."
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

    /// What comes of a change whose user or group AWS has already, and says this of.
    async fn is_there_already(
        change: Change,
        answer: fn(&canned::Heard) -> canned::Answer,
    ) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateGroup" | "CreateUser" => call.refused(409, "EntityAlreadyExists"),
            _ => answer(call),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        apply(&change, &mut session, &Answers::default(), &mut Nobody).await
    }

    #[tokio::test(start_paused = true)]
    async fn no_device_is_enrolled_for_a_user_who_is_not_there() {
        let device = Change::EnrolVirtualDevice {
            user: "alice".into(),
            device: "alice".into(),
            account: canned::ACCOUNT.into(),
        };
        let token = Change::EnrolHardwareToken { user: "alice".into(), serial: "GAHT12345678".into() };
        for change in [device, token] {
            let aws = canned::Aws::answering(|call| match call.operation.as_str() {
                "ListMFADevices" => call.refused(404, "NoSuchEntity"),
                _ => call.xml(""),
            });
            let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
            let result = apply(&change, &mut session, &Answers::default(), &mut Nobody).await;
            let error = result.unwrap_err();
            assert!(error.text().en.contains("There is no IAM user alice"), "{error:?}");
            let makes = |call: &canned::Heard| call.operation.ends_with("MFADevice");
            assert!(!aws.heard().iter().any(makes), "{change:?}");
        }
    }

    const BOB: &str = "<UserName>bob</UserName><Arn>a</Arn>";

    fn in_group(call: &canned::Heard, users: &str) -> canned::Answer {
        match call.operation.as_str() {
            "GetGroup" => {
                call.xml(&format!("<Group><GroupName>Developers</GroupName></Group><Users>{users}</Users>"))
            }
            _ => call.xml(""),
        }
    }

    /// The policy that comes next would stop them, and nobody has seen that.
    #[tokio::test(start_paused = true)]
    async fn a_group_with_somebody_in_it_that_was_made_meanwhile_is_left() {
        let change = || Change::CreateGroup { group: "Developers".into() };
        is_there_already(change(), |call| in_group(call, "")).await.unwrap();
        let somebody = is_there_already(change(), |call| in_group(call, &format!("<member>{BOB}</member>")));
        let error = somebody.await.unwrap_err();
        assert!(error.text().en.contains("Somebody else has made Developers"), "{error:?}");
    }

    /// Bob, with a password where it was made at some time.
    fn bob(call: &canned::Heard, password: Option<&str>) -> canned::Answer {
        match (call.operation.as_str(), password) {
            ("GetUser", _) => call.xml(&format!("<User>{BOB}</User>")),
            ("GetLoginProfile", None) => call.refused(404, "NoSuchEntity"),
            ("GetLoginProfile", Some(made)) => call.xml(&format!(
                "<LoginProfile><UserName>bob</UserName><CreateDate>{made}</CreateDate></LoginProfile>"
            )),
            _ => call.xml(""),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_with_a_password_that_was_made_meanwhile_is_put_into_no_group() {
        let change = || Change::CreateUser { user: "bob".into() };
        is_there_already(change(), |call| bob(call, None)).await.unwrap();
        let somebody = is_there_already(change(), |call| bob(call, Some("2026-11-24T12:00:00Z")));
        let error = somebody.await.unwrap_err();
        assert!(error.text().en.contains("Somebody else has made bob"), "{error:?}");
    }
}
