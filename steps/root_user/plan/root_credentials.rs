//! How the step `root-credentials` stands.

use crate::answers::Answers;
use crate::practice::{PersonTask, Seen, StepId, StepPlan};
use crate::root_user::facts::Facts;
use crate::text;
use crate::text::Text;

use super::Change;

/// `root-credentials`.
pub(super) fn root_credentials(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootCredentials;
    if let Some(reason) = without_root_password(facts) {
        return StepPlan::not_applicable(step, reason);
    }
    if answers.root.credentials_stored {
        let found = text! { en: "put away, by your word", ko: "보관했다고 확인하셨습니다" };
        return StepPlan::in_place(step, found);
    }
    let mut how = vec![
        text! { en: "Keep the root password in a password manager or a sealed envelope, not on this computer.", ko: "루트 암호는 이 컴퓨터가 아닌 암호 관리자나 봉인한 봉투에 보관하세요." },
        text! { en: "Keep the device of root's MFA apart from the password.", ko: "루트의 MFA 디바이스는 암호와 따로 보관하세요." },
        text! { en: "See that the account's e-mail address and phone number will still reach you when people change.", ko: "담당자가 바뀌어도 계정의 이메일 주소와 전화번호로 연락이 닿는지 확인하세요." },
        text! {
            en: "Write down who may use them, and for what. A sheet for it is at the end of: dayone report --to day-one.html",
            ko: "누가 어떤 일에 쓸 수 있는지 적어 두세요. 적을 점검표는 dayone report --to day-one.html의 끝에 있습니다."
        },
    ];
    if facts.partition == "aws" && !answers.billing.console_access_activated {
        how.push(text! {
            en: "While you are signed in as root, open the billing pages to administrators (step billing-access): Account, IAM user and role access to Billing information, Edit, Activate IAM Access. Only root can.",
            ko: "루트 사용자로 로그인해 있는 동안 관리자에게 결제 페이지를 열어 주세요(billing-access 단계): 계정, 결제 정보에 대한 IAM 사용자 및 역할 액세스, 편집, IAM 액세스 활성화. 루트 사용자만 할 수 있습니다."
        });
    }
    let what = text! { en: "Put root's credentials in a safe place.", ko: "루트 사용자의 보안 인증 정보를 안전한 곳에 보관하세요." };
    StepPlan::needs_person(step, PersonTask { what, how, seen: Seen::ByWord("root.credentials_stored") })
}

/// Why there is nothing of root to put away.
pub(super) fn without_root_password(facts: &Facts) -> Option<Text> {
    match facts.partition.as_str() {
        "aws-cn" => Some(no_root_in_china()),
        "aws-us-gov" => Some(text! {
            en: "The root user of a GovCloud account cannot sign in to the console.",
            ko: "GovCloud 계정의 루트 사용자는 콘솔에 로그인할 수 없습니다."
        }),
        _ if facts.root_password == Ok(false) => Some(text! {
            en: "Root has no password here: the organization manages root centrally.",
            ko: "이 계정의 루트에는 암호가 없습니다. 조직에서 루트를 중앙 관리합니다."
        }),
        _ => None,
    }
}

pub(super) fn no_root_in_china() -> Text {
    text! {
        en: "Accounts in China have no root user: everybody is an IAM user there.",
        ko: "중국 리전의 계정에는 루트 사용자가 없고 모두 IAM 사용자입니다."
    }
}
