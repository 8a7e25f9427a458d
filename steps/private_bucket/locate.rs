//! Whether a bucket name is free, and if not, whose the bucket is and where.

use crate::aws::{ForCall, Identity, Unseen, reading, unless};
use crate::error::{AwsError, StepError};
use crate::practice::StepId;
use crate::text;
use crate::text::harmless;

/// Fails at once where there is no such bucket: whatever writes into it would only wait for it in vain.
pub async fn require(
    identity: &Identity,
    name: &str,
    region: &str,
    made_by: StepId,
) -> Result<(), StepError> {
    match locate(identity, name, region).await? {
        Location::Free => Err(missing_bucket(name, made_by)),
        Location::Mine(_) | Location::NotMine | Location::Unseen(_) => Ok(()),
    }
}

fn missing_bucket(name: &str, made_by: StepId) -> StepError {
    let name = harmless(name);
    StepError::InTheWay {
        what: text! { en: "There is no bucket {name} to write into.", ko: "파일을 저장할 버킷 {name}이(가) 없습니다." },
        next: text! {
            en: "The step {made_by} makes the bucket. Run the same command again and say yes to that step first.",
            ko: "버킷은 {made_by} 단계에서 만듭니다. 같은 명령을 다시 실행해 그 단계부터 적용하세요."
        },
    }
}

/// How a bucket name stands.
#[derive(Debug)]
pub(super) enum Location {
    /// Nobody has it.
    Free,
    /// This account has it, in this Region.
    Mine(String),
    /// Another account has it.
    NotMine,
    /// The caller may not look.
    Unseen(Unseen),
}

/// Looks for a bucket as its owner. `CreateBucket` is no test of existence: in us-east-1 it answers 200 for a bucket that
/// is there, and resets it.
pub(super) async fn locate(identity: &Identity, name: &str, region: &str) -> Result<Location, AwsError> {
    let account = identity.caller.account.as_str();
    let answer = identity.s3(region).head_bucket().bucket(name).expected_bucket_owner(account).send().await;
    let header = answer
        .as_ref()
        .err()
        .and_then(|error| error.raw_response())
        .and_then(|response| response.headers().get("x-amz-bucket-region").map(ToOwned::to_owned));
    match answer.for_call("s3:ListBucket") {
        Ok(found) => Ok(Location::Mine(found.bucket_region().unwrap_or(region).to_owned())),
        Err(error) if error.is("NotFound") || error.is("HTTP 404") => Ok(Location::Free),
        Err(error) => match header.filter(|found| found != region) {
            Some(elsewhere) => locate_elsewhere(identity, name, elsewhere).await,
            None if is_refusal(&error) => locate_by_get(identity, name, region).await,
            None => Err(error),
        },
    }
}

async fn locate_elsewhere(identity: &Identity, name: &str, region: String) -> Result<Location, AwsError> {
    let account = identity.caller.account.as_str();
    let answer = identity.s3(&region).head_bucket().bucket(name).expected_bucket_owner(account).send().await;
    match answer.for_call("s3:ListBucket") {
        Ok(_) => Ok(Location::Mine(region)),
        Err(error) if is_refusal(&error) => locate_by_get(identity, name, &region).await,
        Err(error) => Err(error),
    }
}

/// With 400, S3 refuses a sign-in that has ended, among others.
fn is_refusal(error: &AwsError) -> bool {
    ["HTTP 400", "HTTP 403", "AccessDenied", "Forbidden"].iter().any(|code| error.is(code))
}

/// An answer to HEAD has no body, so a refusal does not say why: the clock may be off, the sign-in may have ended, S3 may
/// not know a new access key yet, the permission may be missing, or the bucket may be another account's. The same
/// question, asked by GET, tells. Who may not list a bucket that lets only its readers do so may still see its settings,
/// and these are answered only as its owner's.
async fn locate_by_get(identity: &Identity, name: &str, region: &str) -> Result<Location, AwsError> {
    let (s3, account) = (identity.s3(region), identity.caller.account.as_str());
    let list = || s3.list_objects_v2().bucket(name).max_keys(0);
    let as_mine = list().expected_bucket_owner(account).send().await.for_call("s3:ListBucket");
    let unseen = match reading(unless("NoSuchBucket", as_mine))? {
        Ok(Some(_)) => return Ok(Location::Mine(region.to_owned())),
        Ok(None) => return Ok(Location::Free),
        Err(unseen) => unseen,
    };
    let policy = s3.get_bucket_policy().bucket(name).expected_bucket_owner(account).send().await;
    let unseen = match unless("NoSuchBucketPolicy", policy.for_call("s3:GetBucketPolicy")) {
        Ok(_) => return Ok(Location::Mine(region.to_owned())),
        // A bucket may list its objects for its readers alone, so it is this permission that is told as missing.
        Err(error) if error.is_unseen() => error.into(),
        Err(_) => unseen,
    };
    if can_be_only_mine(name, account) {
        return Ok(Location::Unseen(unseen));
    }
    if reading(list().send().await.for_call("s3:ListBucket"))?.is_ok() {
        return Ok(Location::NotMine);
    }
    let own = s3.list_buckets().prefix(name).send().await.for_call("s3:ListAllMyBuckets");
    let is_another_s =
        reading(own)?.is_ok_and(|own| !own.buckets().iter().any(|own| own.name() == Some(name)));
    Ok(if is_another_s { Location::NotMine } else { Location::Unseen(unseen) })
}

/// Names in the account-regional namespace end with the account, the Region and `-an`, and no other account gets them.
fn can_be_only_mine(name: &str, account: &str) -> bool {
    name.ends_with("-an") && name.contains(&format!("-{account}-"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::aws::Access;
    use crate::aws::canned::{Answer, Aws, Heard};
    use crate::error::AwsCause;

    const HOUR: i64 = 3_600;

    #[test]
    fn nobody_else_gets_a_name_with_the_account_s_own_ending() {
        let account = "111122223333";
        assert!(can_be_only_mine("dayone-trail-111122223333-us-east-1-an", account));
        for name in ["dayone-trail-111122223333-us-east-1", "dayone-trail-444455556666-us-east-1-an", "logs"]
        {
            assert!(!can_be_only_mine(name, account), "{name}");
        }
    }

    /// How the bucket `logs` stands, and how often S3 is asked.
    async fn logs(aws: &Aws) -> (Result<Location, AwsError>, usize) {
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = locate(&identity, "logs", "eu-central-1").await;
        (found, aws.heard().len() - 1)
    }

    fn is_head(call: &Heard) -> bool {
        call.operation.starts_with("HEAD ")
    }

    /// What S3 refuses a HEAD with says nothing.
    fn refused(call: &Heard, status: u16, code: &str) -> Answer {
        if is_head(call) { Some((status, String::new())) } else { call.refused(status, code) }
    }

    /// The bucket is there, for who has signed by a clock that is so many seconds ahead of this one.
    fn by_a_clock(ahead: i64) -> impl Fn(&Heard) -> Answer + Send + Sync + 'static {
        move |call| {
            let differs = (Timestamp::now().as_second() + ahead).abs_diff(call.signed_at()) > 15 * 60;
            let listed = || Some((200, "<ListBucketResult></ListBucketResult>".to_owned()));
            if differs { refused(call, 403, "RequestTimeTooSkewed") } else { listed() }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_off_does_not_give_the_bucket_to_somebody_else() {
        for ahead in [HOUR, -HOUR] {
            let (found, asked) = logs(&Aws::with_clock(ahead, by_a_clock(ahead))).await;
            assert!(matches!(&found, Ok(Location::Mine(region)) if region == "eu-central-1"), "{found:?}");
            assert_eq!(asked, 3, "refused twice, the second time with the reason, and signed again");
        }
    }

    /// Where the answer has no date there is nothing to sign again by.
    #[tokio::test(start_paused = true)]
    async fn a_clock_that_cannot_be_put_right_is_told() {
        let error = logs(&Aws::answering(by_a_clock(HOUR))).await.0.unwrap_err();
        assert_eq!((error.cause, error.is("RequestTimeTooSkewed")), (AwsCause::CredentialsRefused, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_that_has_ended_is_told() {
        let error = logs(&Aws::answering(|call| refused(call, 400, "ExpiredToken"))).await.0.unwrap_err();
        assert_eq!(error.cause, AwsCause::SignInExpired, "{error:?}");
    }

    /// Whoever may list it, but not as this account's, has found another account's.
    #[tokio::test(start_paused = true)]
    async fn a_bucket_of_another_account_is_told_from_one_that_may_not_be_seen() {
        let anothers = |call: &Heard| call.operation.contains("list-type") && !call.expects_owner();
        let aws = Aws::answering(move |call| match anothers(call) {
            true => Some((200, "<ListBucketResult></ListBucketResult>".to_owned())),
            false => refused(call, 403, "AccessDenied"),
        });
        assert!(matches!(logs(&aws).await.0, Ok(Location::NotMine)));
        let aws = Aws::answering(|call| refused(call, 403, "AccessDenied"));
        assert!(matches!(logs(&aws).await.0, Ok(Location::Unseen(_))));
        let aws = Aws::answering(|call| refused(call, 404, "NoSuchBucket"));
        assert!(matches!(logs(&aws).await.0, Ok(Location::Free)));
    }
}
