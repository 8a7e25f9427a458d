//! A new access key: AWS shows its secret once, so that it is kept at once, or the key goes.

use aws_credential_types::Credentials;
use aws_sdk_iam::types::AccessKey;

use crate::aws::are_whole;
use crate::error::StepError;
use crate::session::Session;
use crate::text;
use crate::text::harmless;

/// The key that AWS has just made, once its secret is kept. A key whose secret is nowhere is of no use to anybody, so it
/// is deleted. If that fails too, the next run finds the key.
pub async fn kept_or_deleted(
    session: &Session,
    user: &str,
    key: Option<&AccessKey>,
    keep: impl FnOnce(&Credentials) -> Result<(), StepError>,
) -> Result<Credentials, StepError> {
    let credentials = credentials_of(key);
    let kept = if are_whole(&credentials) { keep(&credentials) } else { Err(half_a_key(user)) };
    let Err(error) = kept else { return Ok(credentials) };
    let id = credentials.access_key_id();
    if !id.is_empty() {
        let iam = session.acting().iam_once();
        let deleted = iam.delete_access_key().user_name(user).access_key_id(id).send().await;
        if deleted.is_ok() {
            session.connection.note_undone();
        }
    }
    Err(error)
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
            en: "The key is of no use and has to be removed. Run the same command again: it removes what is left of it or names it, and then another one can be made.",
            ko: "이 키는 쓸 수 없으므로 삭제해야 합니다. 같은 명령을 다시 실행하면 남은 키를 삭제하거나 알려 주며, 그런 다음 새로 만들 수 있습니다."
        },
    }
}
