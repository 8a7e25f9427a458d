//! The one-time console password of a new user: made here, and given to a person before AWS has it.

use std::path::{Path, PathBuf};

use rand::rngs::OsRng;
use rand::seq::SliceRandom;
use secrecy::{ExposeSecret, SecretString};

use crate::aws::ForCall;
use crate::error::StepError;
use crate::operator::{HandOver, Operator};
use crate::session::Session;
use crate::text;
use crate::text::{Text, harmless};
use crate::{console, wait};

/// What IAM counts as a symbol. Source: IAM user guide, "Set an account password policy for IAM users".
const SYMBOLS: &[u8] = b"!@#$%^&*()_+-=[]{}|'";
const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";

/// A console password to be made.
#[derive(Debug)]
pub struct NewPassword<'p> {
    /// For whom.
    pub user: &'p str,
    /// The shortest that the account's policy accepts.
    pub minimum_length: i32,
    /// Where it goes when nobody is there to read it.
    pub file: Option<PathBuf>,
    /// What is said with it; none: what the administrator needs to know.
    pub advice: Option<Text>,
}

/// Makes one, and hands it over before AWS has it: cut short in between, nothing is lost, because a user without a
/// password gets a new one on the next run.
pub async fn create(
    session: &Session,
    new: NewPassword<'_>,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let NewPassword { user, minimum_length, file, advice } = new;
    let secret = generate(usize::try_from(minimum_length).unwrap_or_default());
    let page = console::sign_in(session.account(), session.partition());
    let title = text! { en: "Console password of {user}", ko: "{user}의 콘솔 암호" };
    let advice = advice.unwrap_or_else(|| text! {
        en: "Keep it in a password manager. It is set when you go on, works once, and is changed at the first sign-in at {page}",
        ko: "암호 관리자에 보관하세요. 계속하면 설정되며, {page} 첫 로그인 때 한 번 쓰고 바꾸게 됩니다."
    });
    operator.hand_over(HandOver { title, advice, secret: secret.clone(), file: file.clone() }).await?;
    let iam = session.acting().iam_once();
    let created = wait::until_iam_sees(operator, user, async || {
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
pub fn beside_the_file(session: &Session) -> Text {
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
    let next = match removed.map(text::shown) {
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

/// A password with all four kinds of characters, at least 24 long, and longer where the account's policy asks for it.
/// Letters and digits that look alike are left out, because it is typed once from the screen.
fn generate(minimum_length: usize) -> SecretString {
    let length = minimum_length.clamp(24, 128);
    let classes = [LOWER, UPPER, DIGITS, SYMBOLS];
    let everything = classes.concat();
    let pick = |from: &[u8]| from.choose(&mut OsRng).copied().unwrap_or(b'x');
    let mut password: Vec<u8> = classes.iter().map(|class| pick(class)).collect();
    password.extend((classes.len()..length).map(|_| pick(&everything)));
    password.shuffle(&mut OsRng);
    password.into_iter().map(char::from).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::{CodeRequest, Enrolment, OperatorError};

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
            let error = create(&session, new, &mut Somebody { writes }).await.unwrap_err();
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

    #[test]
    fn passwords_meet_the_strictest_policy() {
        for minimum in [0, 14, 40, 128] {
            let password = generate(minimum);
            let password = password.expose_secret();
            assert_eq!(password.len(), minimum.max(24));
            for class in [LOWER, UPPER, DIGITS, SYMBOLS] {
                assert!(password.bytes().any(|c| class.contains(&c)));
            }
        }
        assert_ne!(generate(24).expose_secret(), generate(24).expose_secret());
    }
}
