//! What is said where there is no MFA session, and of somebody who has signed in and is no administrator.

use crate::aws::Caller;
use crate::console;
use crate::error::StepError;
use crate::practice::{PersonTask, Seen};
use crate::text;
use crate::text::{Text, harmless};

use super::{NoSession, Refusal};

impl NoSession {
    pub(super) fn no_device(caller: &Caller) -> Self {
        let page = console::sign_in(&caller.account, &caller.partition);
        Self::NoDevice { arn: caller.arn.clone(), page }
    }
}

impl From<NoSession> for StepError {
    fn from(reason: NoSession) -> Self {
        let (what, next) = match reason {
            NoSession::NotSignedIn => not_signed_in(),
            NoSession::NoDevice { arn, page } => no_device(&harmless(&arn), &harmless(&page)),
            NoSession::NoCodes(arn) => no_codes(&harmless(&arn)),
            NoSession::SignInAgain(arn) => signed_in_without_mfa(&harmless(&arn)),
            NoSession::SessionWithoutMfa(arn) => session_without_mfa(&harmless(&arn)),
            NoSession::Refused(arn) => refused_with_mfa(&harmless(&arn)),
        };
        Self::InTheWay { what, next }
    }
}

fn not_signed_in() -> (Text, Text) {
    (
        text! { en: "The administrator has not signed in yet.", ko: "관리자가 아직 로그인하지 않았습니다." },
        text! { en: "Run dayone again and sign in at the step admin-sign-in.", ko: "dayone을 다시 실행해 admin-sign-in 단계에서 로그인하세요." },
    )
}

/// Without a device `aws login` is refused as well: all that is left is to enrol one.
fn no_device(arn: &str, page: &str) -> (Text, Text) {
    (
        text! {
            en: "AWS refuses {arn} what needs MFA, and {arn} has no MFA device.",
            ko: "AWS가 {arn}에 MFA가 필요한 작업을 거부하는데, {arn}에는 MFA 디바이스가 없습니다."
        },
        text! {
            en: "Enrol one in the console: sign in at {page} with the password, open Security credentials, then Assign MFA device. Then run the same command again. Without a password, root or another administrator enrols it: dayone mfa repair USER",
            ko: "콘솔에서 등록하세요. {page}에서 암호로 로그인해 보안 자격 증명에서 MFA 디바이스를 할당한 뒤 같은 명령을 다시 실행하세요. 암호가 없으면 루트나 다른 관리자가 등록할 수 있습니다: dayone mfa repair USER"
        },
    )
}

fn no_codes(arn: &str) -> (Text, Text) {
    (
        text! {
            en: "{arn} has no MFA device that shows codes, so it cannot get an MFA session.",
            ko: "{arn}에는 코드를 표시하는 MFA 디바이스가 없어 MFA 세션을 받을 수 없습니다."
        },
        text! {
            en: "Sign in with: aws login   It carries MFA for passkeys too. Then run the same command again.",
            ko: "aws login으로 로그인하세요. 패스키를 사용해도 MFA가 적용됩니다. 그런 다음 같은 명령을 다시 실행하세요."
        },
    )
}

fn signed_in_without_mfa(arn: &str) -> (Text, Text) {
    (
        text! {
            en: "{arn} signed in without MFA, and AWS refuses what needs it.",
            ko: "{arn}이(가) MFA 없이 로그인해 AWS가 MFA가 필요한 작업을 거부합니다."
        },
        text! {
            en: "Sign in again with aws login, which now asks for the device, and run the same command again. Root can sign in all the same.",
            ko: "aws login으로 다시 로그인하면 이제 디바이스를 묻습니다. 그런 다음 같은 명령을 다시 실행하세요. 루트 사용자 로그인은 그대로 할 수 있습니다."
        },
    )
}

fn session_without_mfa(arn: &str) -> (Text, Text) {
    (
        text! {
            en: "The temporary credentials of {arn} carry no MFA: AWS refuses them what needs it, and IAM may answer as if it did not know them.",
            ko: "{arn}의 임시 보안 인증 정보에 MFA가 없어 AWS가 MFA가 필요한 작업을 거부합니다. IAM은 알 수 없는 보안 인증 정보라고 답하기도 합니다."
        },
        text! {
            en: "Get them with a code: aws sts get-session-token --serial-number SERIAL --token-code CODE   Or sign in with: aws login   Then run the same command again.",
            ko: "코드를 넣어 다시 받으세요: aws sts get-session-token --serial-number SERIAL --token-code CODE   또는 aws login으로 로그인하세요. 그런 다음 같은 명령을 다시 실행하세요."
        },
    )
}

fn refused_with_mfa(arn: &str) -> (Text, Text) {
    (
        text! {
            en: "AWS refuses {arn} what an administrator may do, even with MFA.",
            ko: "MFA를 거쳤는데도 AWS가 {arn}의 관리자 작업을 거부합니다."
        },
        text! {
            en: "See that the user is in the administrators' group and that no other policy denies it. Root is the way back: sign in as root and run dayone again.",
            ko: "사용자가 관리자 그룹에 있는지, 다른 정책이 거부하지 않는지 확인하세요. 루트 사용자로 로그인해 dayone을 다시 실행하면 되돌릴 수 있습니다."
        },
    )
}

/// What a person has to do about somebody who has signed in as the administrator and is none.
pub(crate) fn not_an_administrator(refusal: Refusal, user: &str, group: &str) -> PersonTask {
    let (user, group) = (harmless(user), harmless(group));
    let (what, how) = match refusal {
        Refusal::NoDevice => lacks_device(&user),
        Refusal::Denied => denied(&user, &group),
        Refusal::NotAdministrator => lacks_rights(&user, &group),
        Refusal::Bounded => bounded(&user),
    };
    PersonTask { what, how: vec![how], seen: Seen::Elsewhere }
}

fn lacks_device(user: &str) -> (Text, Text) {
    (
        text! {
            en: "{user} has signed in, but AWS refuses what an administrator may do, and {user} has no MFA device, which a policy may require.",
            ko: "{user} 사용자로 로그인했지만 AWS가 관리자 작업을 거부합니다. 정책에서 MFA를 요구할 수 있는데 {user}에게는 MFA 디바이스가 없습니다."
        },
        text! {
            en: "Enrol one: as root or another administrator by the step admin-mfa, or as {user} in the console under Security credentials. Then sign in again.",
            ko: "디바이스를 등록하세요. 루트나 다른 관리자는 admin-mfa 단계에서, {user} 본인은 콘솔의 보안 자격 증명에서 등록할 수 있습니다. 그런 다음 다시 로그인하세요."
        },
    )
}

fn denied(user: &str, group: &str) -> (Text, Text) {
    (
        text! {
            en: "{user} has signed in, but AWS refuses what an administrator may do.",
            ko: "{user} 사용자로 로그인했지만 AWS가 관리자 작업을 거부합니다."
        },
        text! {
            en: "See in the IAM console which policy denies it, and that {user} is in the group {group}. Then run the same command again.",
            ko: "IAM 콘솔에서 어떤 정책이 거부하는지, {user}이(가) {group} 그룹에 있는지 확인하세요. 그런 다음 같은 명령을 다시 실행하세요."
        },
    )
}

fn lacks_rights(user: &str, group: &str) -> (Text, Text) {
    (
        text! {
            en: "{user} has signed in, but is no administrator: not in the group {group}, or the group lacks AdministratorAccess.",
            ko: "{user} 사용자로 로그인했지만 관리자가 아닙니다. {group} 그룹에 없거나 그룹에 AdministratorAccess가 없습니다."
        },
        text! {
            en: "The steps admin-group and admin-user mend that, as root or as another administrator. Then run the same command again.",
            ko: "루트나 다른 관리자로 admin-group과 admin-user 단계를 적용하면 됩니다. 그런 다음 같은 명령을 다시 실행하세요."
        },
    )
}

fn bounded(user: &str) -> (Text, Text) {
    (
        text! {
            en: "{user} has signed in, but a permissions boundary limits what {user} may do.",
            ko: "{user} 사용자로 로그인했지만 권한 경계가 {user}의 작업을 제한합니다."
        },
        text! {
            en: "Take the boundary away in the IAM console: Users, {user}, Permissions boundary. Or name another administrator.",
            ko: "IAM 콘솔의 사용자, {user}, 권한 경계에서 경계를 제거하거나 다른 관리자를 지정하세요."
        },
    )
}
