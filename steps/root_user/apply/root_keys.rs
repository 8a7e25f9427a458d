//! Root's access keys: switched off and on by root itself, and deleted once the administrator has been seen to work.

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::operator::Operator;
use crate::root_user::administrator_access;
use crate::root_user::facts::{RootKeys, count_root_keys};
use crate::session::{Administrator, Session};
use crate::{text, wait};

/// Deactivates one, or activates it again.
pub(super) async fn switch(session: &Session, access_key: &str, to: StatusType) -> Result<(), StepError> {
    let root = session.root().ok_or_else(not_root)?;
    let request = root.iam().update_access_key().access_key_id(access_key).status(to);
    request.send().await.for_call("iam:UpdateAccessKey")?;
    Ok(())
}

/// Directly before a key of root goes, the administrator writes something: an auditor could read as much. The policy
/// is attached already, so that nothing changes by it.
pub(super) async fn prove_by_writing(session: &Session, group: &str) -> Result<(), StepError> {
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

/// Deletes one. After the last one the administrator has to see that there are none.
pub(super) async fn delete(
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

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
        let seen = administrator_sees_none(session.acting(), &mut Nobody).await;
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
}
