//! Turns the SDK's errors into ours, in one place.

use std::error::Error;
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::error::{AwsCause, AwsError, is_far_off};
use crate::text;
use crate::text::Text;

use super::credentials::Unfit;
use super::unanswered::Unanswered;
use super::watch::WouldWrite;

/// The longest cause that is shown, in characters.
const LONGEST: usize = 300;

/// Turns the SDK's result into ours.
pub trait ForCall<T> {
    /// Names the operation, as a permission, that the result came from.
    fn for_call(self, operation: &'static str) -> Result<T, AwsError>;
}

impl<T, E> ForCall<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn for_call(self, operation: &'static str) -> Result<T, AwsError> {
        self.map_err(|error| aws_error(operation, &error))
    }
}

fn aws_error<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map(|response| response.status().as_u16());
    let code = error.code().map(ToOwned::to_owned);
    let cause = cause(error, code.as_deref(), status);
    let (message, plain) = words(error, cause);
    AwsError {
        operation,
        cause,
        message,
        plain,
        request_id: response.and_then(request_id_of),
        clock_skew: response.and_then(clock_skew),
        code: code.or_else(|| status.map(|status| format!("HTTP {status}"))),
    }
}

/// What kept credentials from coming.
pub(super) fn without_credentials(error: &CredentialsError) -> AwsError {
    let message = innermost(error);
    AwsError {
        operation: "sts:GetCallerIdentity",
        cause: credentials_cause(error),
        code: None,
        plain: unfit(error).or_else(|| nowhere(&message)),
        message,
        request_id: None,
        clock_skew: None,
    }
}

/// S3 and the JSON services give their id in a header that the SDK knows; emulators may give none.
pub(super) fn request_id_of(response: &HttpResponse) -> Option<String> {
    response.headers().request_id().map(ToOwned::to_owned)
}

/// By how many seconds this computer's clock is ahead of the date of an answer.
pub(super) fn clock_skew(response: &HttpResponse) -> Option<i64> {
    let date = DateTime::from_str(response.headers().get("date")?, Format::HttpDate).ok()?;
    Some(DateTime::from(SystemTime::now()).secs() - date.secs())
}

/// The words of AWS, or of who else noticed what went wrong; and plain ones of ours, where AWS has said nothing.
fn words<E>(error: &SdkError<E, HttpResponse>, cause: AwsCause) -> (String, Option<Text>)
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let why = innermost(error);
    let plain = match (error.message(), cause) {
        (Some(message), _) => return (message.to_owned(), None),
        (None, AwsCause::Unreachable) => Unanswered::of(error).words(&why),
        (None, _) if error.raw_response().is_some() => {
            text! { en: "AWS gives no reason", ko: "AWS가 이유를 알려 주지 않았습니다" }
        }
        (None, _) => return (why, unfit(error)),
    };
    (plain.en.clone(), Some(plain))
}

fn unfit(error: &(dyn Error + 'static)) -> Option<Text> {
    chain(error).find_map(|cause| cause.downcast_ref::<Unfit>().map(Unfit::text))
}

/// Where nothing is set up, the SDK lists all that it has tried, in words for who writes programs with it. Where a profile
/// is named that is not there, it says so among them.
fn nowhere(message: &str) -> Option<Text> {
    let tried_all = message.starts_with("no credentials found in chain") && message.contains("Environment: ");
    (tried_all && !message.contains("was not defined")).then(|| {
        text! {
            en: "There are no credentials in the environment, and none in an AWS profile.",
            ko: "환경 변수에도 AWS 프로파일에도 보안 인증 정보가 없습니다."
        }
    })
}

/// The cause that has no further cause, on one line.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(|last| on_one_line(&last.to_string())).unwrap_or_default()
}

/// A program that gives credentials may write pages about its failure, and more than a screen should show: the first
/// line of it says enough.
fn on_one_line(words: &str) -> String {
    let lines = |words: &str| -> Vec<String> {
        words.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let line = match words.split_once("Stderr: ") {
        Some((before, said)) => {
            let said = lines(said).into_iter().next().unwrap_or_default();
            format!("{} {said}", lines(before).join(" "))
        }
        None => lines(words).join("; ").replace(":; ", ": "),
    };
    let line = line.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

fn cause<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>, status: Option<u16>) -> AwsCause
where
    E: Error + Send + Sync + 'static,
{
    match code {
        Some(
            "AccessDenied"
            | "AccessDeniedException"
            | "AuthorizationError"
            | "UnauthorizedOperation"
            | "UnauthorizedAccess",
        ) => AwsCause::Denied,
        // To a clock that is far off, a call of now is one of long ago.
        Some("RequestExpired") if error.raw_response().and_then(clock_skew).is_some_and(is_far_off) => {
            AwsCause::CredentialsRefused
        }
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => AwsCause::SignInExpired,
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
            | "IncompleteSignature"
            | "RequestTimeTooSkewed"
            | "RequestInTheFuture",
        ) => AwsCause::CredentialsRefused,
        Some(_) => AwsCause::Refused,
        None if is_no_answer(error) => AwsCause::Unreachable,
        None if status == Some(403) => AwsCause::Denied,
        None if status.is_some() => AwsCause::Refused,
        None => unsent(error),
    }
}

/// AWS gives a code with every refusal that has words. What comes without one is cut off, or not of AWS.
fn is_no_answer<E>(error: &SdkError<E, HttpResponse>) -> bool {
    let is_odd = |response: &HttpResponse| {
        response.status().is_success() || response.body().bytes().is_some_and(|body| !body.is_empty())
    };
    matches!(error, SdkError::ResponseError(_)) || error.raw_response().is_some_and(is_odd)
}

fn unsent<E: Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> AwsCause {
    if chain(error).any(|cause| cause.is::<WouldWrite>()) {
        return AwsCause::WouldWrite;
    }
    credentials_error(error).map_or(AwsCause::Unreachable, credentials_cause)
}

fn credentials_cause(error: &CredentialsError) -> AwsCause {
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            AwsCause::NotSignedIn
        }
        CredentialsError::ProviderTimedOut(_) => AwsCause::CredentialsLate,
        _ => AwsCause::SignInExpired,
    }
}

fn credentials_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e CredentialsError> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// An error, and what is behind it.
pub(super) fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| behind(*error))
}

/// An I/O error passes over what it wraps, and names the source of that as its own.
fn behind<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static)),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use crate::aws::{Access, canned};

    /// A refusal of AWS, whose clock is so many seconds behind this one.
    fn refused(code: &str, behind: i64) -> AwsError {
        let date = DateTime::from_secs(DateTime::from(SystemTime::now()).secs() - behind);
        let mut response = HttpResponse::new(403.try_into().unwrap(), SdkBody::empty());
        response.headers_mut().insert("date", date.fmt(Format::HttpDate).unwrap());
        let refusal = ErrorMetadata::builder().code(code).message("no").build();
        let refusal = SdkError::service_error(GetCallerIdentityError::generic(refusal), response);
        aws_error("sts:GetCallerIdentity", &refusal)
    }

    #[test]
    fn a_refusal_by_a_clock_that_is_off_names_the_clock() {
        for code in
            ["SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "InvalidClientTokenId"]
        {
            for (behind, words) in [(7_300, "2 hours ahead of AWS's"), (-1_230, "20 minutes behind AWS's")] {
                let error = refused(code, behind);
                assert_eq!(error.cause, AwsCause::CredentialsRefused, "{code}");
                assert!(error.hint().en.contains(words), "{code}: {}", error.hint().en);
            }
            assert!(!refused(code, 200).hint().en.contains("clock"), "{code}");
        }
        assert_eq!(refused("RequestExpired", 200).cause, AwsCause::SignInExpired);
        assert_eq!(refused("ExpiredToken", 7_300).cause, AwsCause::SignInExpired);
    }

    #[test]
    fn the_words_of_a_program_are_cut_to_one_line() {
        let said =
            "Error retrieving credentials: exit status: 1. Stderr: \n  key expired\nAKIAEXAMPLE\nmore\n";
        assert_eq!(on_one_line(said), "Error retrieving credentials: exit status: 1. key expired");
        assert_eq!(
            on_one_line("Attempted:\n  A: not set\n  B: not found"),
            "Attempted: A: not set; B: not found"
        );
        assert_eq!(on_one_line(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert_eq!(on_one_line(&"x".repeat(1000)), format!("{} …", "x".repeat(LONGEST)));
        assert_eq!(on_one_line(&"김".repeat(1000)), format!("{} …", "김".repeat(LONGEST)));
        assert_eq!(on_one_line(""), "");
    }

    #[test]
    fn where_nothing_is_set_up_it_is_said_in_plain_words() {
        let tried = |profile: &str| {
            let chain =
                "no credentials found in chain. Attempted:\n    Environment: environment variable not set\n";
            let words = format!("{chain}    Profile: {profile}\n    Container: not set\n");
            without_credentials(&CredentialsError::not_loaded(words)).detail()
        };
        let detail = tried("the credential provider was not enabled");
        assert!(detail.en.starts_with("There are no credentials in the environment"), "{detail:?}");
        assert!(detail.ko.starts_with("환경 변수에도"), "{detail:?}");
        let detail = tried("profile `work` was not defined");
        assert!(detail.en.contains("profile `work` was not defined"), "{detail:?}");
    }

    /// Each service has its own form of a refusal, and the kinds are told apart in all of them.
    #[tokio::test(start_paused = true)]
    async fn refusals_are_told_apart() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "GetAccountSummary" => call.refused(403, "AccessDenied"),
            "ListUsers" => call.refused(403, "ExpiredToken"),
            "DescribeTrails" => call.refused(400, "UnrecognizedClientException"),
            "ListTrails" => None,
            _ => call.refused(403, "NotSignedUp"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let summary = identity.iam().get_account_summary().send().await.for_call("iam:GetAccountSummary");
        let summary = summary.unwrap_err();
        assert_eq!((summary.cause, summary.message.as_str()), (AwsCause::Denied, "no: AccessDenied"));
        assert_eq!(summary.request_id.as_deref(), Some("request-2"));
        let users = identity.iam().list_users().send().await.for_call("iam:ListUsers").unwrap_err();
        assert_eq!(users.cause, AwsCause::SignInExpired);
        let cloudtrail = identity.cloudtrail("us-east-1");
        let trails = cloudtrail.describe_trails().send().await.for_call("cloudtrail:DescribeTrails");
        assert_eq!(trails.unwrap_err().cause, AwsCause::CredentialsRefused);
        let lost = cloudtrail.list_trails().send().await.for_call("cloudtrail:DescribeTrails").unwrap_err();
        assert_eq!((lost.cause, lost.code, lost.request_id), (AwsCause::Unreachable, None, None));
        let bucket = identity.s3("us-east-1").get_bucket_policy().bucket("logs").send().await;
        let bucket = bucket.for_call("s3:GetBucketPolicy").unwrap_err();
        assert_eq!((bucket.cause, bucket.code.as_deref()), (AwsCause::Refused, Some("NotSignedUp")));
        assert!(bucket.is_not_activated());
    }
}
