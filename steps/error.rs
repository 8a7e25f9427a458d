//! What can go wrong in a practice: each error names the thing and the next step, and carries AWS's code and
//! request id.

use crate::operator::OperatorError;
use crate::text;
use crate::text::{Text, harmless, shown};

/// A call to AWS that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// The permission name of the operation, such as `iam:CreateGroup`.
    pub operation: &'static str,
    /// What kind of failure it is.
    pub cause: AwsCause,
    /// AWS's error code, such as `AccessDenied`.
    pub code: Option<String>,
    /// AWS's own words, or those of who else noticed it.
    pub message: String,
    /// The same in plain words, where it was not AWS that spoke.
    pub plain: Option<Text>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// How many seconds this computer's clock is ahead of AWS's, by the date in AWS's answer.
    pub clock_skew: Option<i64>,
}

/// The kinds of failure that need different words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsCause {
    /// AWS answered with an error.
    Refused,
    /// The permission is missing.
    Denied,
    /// There are no credentials.
    NotSignedIn,
    /// The credentials have expired.
    SignInExpired,
    /// What gives the credentials did not give them in time.
    CredentialsLate,
    /// AWS does not know the credentials.
    CredentialsRefused,
    /// No answer, or none that can be read: DNS, TLS, a broken connection, too long a wait, or a page of a proxy.
    Unreachable,
    /// The call would have written, in a run that only reads.
    WouldWrite,
}

/// A failure of a step.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A call to AWS did not succeed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The operator did not answer, or stopped.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// Something in the account or on this machine is in the way, and a person has to decide.
    #[error("{}", .what.en)]
    InTheWay {
        /// What it is.
        what: Text,
        /// What to do about it.
        next: Text,
    },
    /// AWS made something, and what came back about it is of no use. As after a lost answer, the next run looks what is
    /// there.
    #[error("{}", .what.en)]
    HalfMade {
        /// What it is.
        what: Text,
        /// What to do about it.
        next: Text,
    },
    /// A file on this machine could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file, as it may be shown.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// By so many seconds a clock may differ before it is the likely reason of a refusal. AWS allows a few minutes.
const CLOCK_TOLERANCE: i64 = 5 * 60;

/// Whether this computer's clock is so many seconds ahead of AWS's, or behind it, that AWS refuses what it signs.
pub(crate) fn is_far_off(clock_skew: i64) -> bool {
    clock_skew.abs() > CLOCK_TOLERANCE
}

impl AwsError {
    /// AWS answered, but without what the answer must hold.
    pub fn without_answer(operation: &'static str, message: &str) -> Self {
        Self {
            operation,
            cause: AwsCause::Refused,
            code: None,
            message: message.to_owned(),
            plain: None,
            request_id: None,
            clock_skew: None,
        }
    }

    /// Whether AWS answered with this error code. The suffix `Exception`, which JSON services add, is ignored.
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref().is_some_and(|found| {
            found == code
                || found.strip_suffix("Exception") == Some(code.strip_suffix("Exception").unwrap_or(code))
        })
    }

    /// Whether a read failed in a way that leaves other reads possible: the permission is missing, or the service
    /// does not know the operation.
    pub fn is_unseen(&self) -> bool {
        self.cause == AwsCause::Denied
            || ["InvalidAction", "NotImplemented", "UnknownOperation", "UnsupportedOperation"]
                .iter()
                .any(|code| self.is(code))
    }

    /// Whether AWS has said in as many words that it did nothing, or was never asked. Its failures say it in words too, but
    /// may come after the effect: those are told by their status, see [`crate::aws::Connection::may_have_written`].
    fn is_definite(&self) -> bool {
        match self.cause {
            AwsCause::NotSignedIn
            | AwsCause::SignInExpired
            | AwsCause::CredentialsLate
            | AwsCause::WouldWrite => true,
            // A code of ours stands for an answer that had none: it was cut off, or somebody else gave it.
            AwsCause::Refused | AwsCause::Denied | AwsCause::CredentialsRefused => {
                self.code.as_deref().is_some_and(|code| !code.starts_with("HTTP "))
            }
            AwsCause::Unreachable => false,
        }
    }

    /// Whether a failure is of the moment, and passes by itself: a lost connection, a service that is asked too often or has
    /// trouble of its own. It is told after the SDK's own attempts, so whoever tries again waits a while.
    pub fn is_of_the_moment(&self) -> bool {
        const CODES: [&str; 11] = [
            "Throttling",
            "Throttled",
            "RequestThrottled",
            "RequestLimitExceeded",
            "TooManyRequests",
            "SlowDown",
            "InternalFailure",
            "InternalError",
            "InternalServer",
            "ServiceFailure",
            "ServiceUnavailable",
        ];
        // An answer without a code has that of its status.
        let is_of_the_service = |code: &str| code.starts_with("HTTP 5") || code == "HTTP 429";
        self.cause == AwsCause::Unreachable
            || CODES.iter().any(|code| self.is(code))
            || self.code.as_deref().is_some_and(is_of_the_service)
    }

    /// Whether the service is not activated in the account: in a new one, some are only after hours.
    pub fn is_not_activated(&self) -> bool {
        ["OptInRequired", "SubscriptionRequired", "NotSignedUp"].iter().any(|code| self.is(code))
    }

    /// Whether other reads may succeed where this one failed. The sign-in as a whole has ended when STS refuses the
    /// credentials; a single other service may not know them.
    pub fn concerns_one_read(&self) -> bool {
        match self.cause {
            AwsCause::Refused | AwsCause::Denied | AwsCause::Unreachable => true,
            AwsCause::CredentialsRefused => !self.operation.starts_with("sts:"),
            AwsCause::NotSignedIn
            | AwsCause::SignInExpired
            | AwsCause::CredentialsLate
            | AwsCause::WouldWrite => false,
        }
    }

    /// What happened.
    pub fn text(&self) -> Text {
        let operation = self.operation;
        match self.cause {
            AwsCause::Refused | AwsCause::Denied | AwsCause::CredentialsRefused => {
                text! { en: "AWS refused {operation}.", ko: "AWS가 {operation} 호출을 거부했습니다." }
            }
            AwsCause::NotSignedIn => {
                text! { en: "You are not signed in to AWS.", ko: "AWS에 로그인되어 있지 않습니다." }
            }
            AwsCause::SignInExpired => {
                text! { en: "Your sign-in to AWS has expired.", ko: "AWS 로그인이 만료되었습니다." }
            }
            AwsCause::CredentialsLate => text! {
                en: "The credentials did not come in time.",
                ko: "보안 인증 정보를 제때 받지 못했습니다."
            },
            AwsCause::Unreachable => {
                text! { en: "AWS did not answer {operation}.", ko: "{operation} 호출에 AWS가 응답하지 않았습니다." }
            }
            AwsCause::WouldWrite => text! {
                en: "{operation} would write, and this run only reads.",
                ko: "이번 실행은 읽기 전용인데 {operation}은(는) 쓰기 호출입니다."
            },
        }
    }

    /// The Regional endpoints of a Region that is not enabled in the account know none of its credentials.
    pub(crate) fn may_be_the_region(&self) -> bool {
        self.is("InvalidClientTokenId") || self.is("UnrecognizedClientException")
    }

    /// STS knows the temporary credentials of a user without MFA, and IAM answers as if it did not.
    fn may_be_without_mfa(&self) -> bool {
        self.is("InvalidClientTokenId") && self.operation.starts_with("iam:")
    }

    /// AWS's code and words, on one line; plain ones where AWS has said nothing.
    pub fn detail(&self) -> Text {
        let words = self.plain.clone().unwrap_or_else(|| Text::verbatim(self.message.as_str()));
        let (en, ko) = (harmless(&words.en), harmless(&words.ko));
        match &self.code {
            Some(code) => {
                let code = harmless(code);
                text! { en: "{code}: {en}", ko: "{code}: {ko}" }
            }
            None => Text { en, ko },
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Text {
        match (self.cause, self.clock_skew) {
            (AwsCause::CredentialsRefused, Some(skew)) if is_far_off(skew) => set_the_clock(skew),
            (cause, _) => self.hint_for(cause),
        }
    }

    fn hint_for(&self, cause: AwsCause) -> Text {
        match cause {
            AwsCause::Denied => text! {
                en: "Sign in as an administrator or as root, then run the same command again.",
                ko: "관리자나 루트 사용자로 로그인한 뒤 같은 명령을 다시 실행하세요."
            },
            AwsCause::NotSignedIn | AwsCause::SignInExpired => text! {
                en: "Sign in, for example with: aws login   Then run the same command again.",
                ko: "예를 들어 aws login 명령으로 로그인한 뒤 같은 명령을 다시 실행하세요."
            },
            AwsCause::CredentialsLate => text! {
                en: "Run the credential_process of the AWS profile by itself to see what it waits for, or sign in with: aws login   Then run the same command again.",
                ko: "AWS 프로파일의 credential_process를 따로 실행해 무엇을 기다리는지 확인하거나 aws login으로 로그인한 뒤 같은 명령을 다시 실행하세요."
            },
            AwsCause::CredentialsRefused if self.may_be_without_mfa() => text! {
                en: "AWS does not accept these credentials. They may be mistyped, deleted, switched off or expired: sign in again. Or they are temporary ones of an IAM user that were made without an MFA code, of which IAM says the same: get them with a code (aws sts get-session-token --serial-number SERIAL --token-code CODE) or sign in with aws login.",
                ko: "AWS가 이 보안 인증 정보를 인정하지 않습니다. 잘못 입력했거나, 삭제·비활성화·만료되었을 수 있으니 다시 로그인하세요. MFA 코드 없이 받은 IAM 사용자의 임시 보안 인증 정보일 때도 IAM이 같은 오류를 냅니다. 코드를 넣어 다시 받거나(aws sts get-session-token --serial-number SERIAL --token-code CODE) aws login으로 로그인하세요."
            },
            AwsCause::CredentialsRefused if self.may_be_the_region() => text! {
                en: "AWS does not accept these credentials. They may be mistyped, deleted, switched off or expired: sign in again. Or the Region is not enabled in this account, which looks the same: enable it in the account's settings, or choose another with --region.",
                ko: "AWS가 이 보안 인증 정보를 인정하지 않습니다. 잘못 입력했거나, 삭제·비활성화·만료되었을 수 있으니 다시 로그인하세요. 이 계정에서 활성화하지 않은 리전일 때도 같은 오류가 나므로, 계정 설정에서 리전을 활성화하거나 --region으로 다른 리전을 지정하세요."
            },
            AwsCause::CredentialsRefused => text! {
                en: "AWS does not accept these credentials. They may be mistyped, deleted, switched off or expired. Sign in again.",
                ko: "AWS가 이 보안 인증 정보를 인정하지 않습니다. 잘못 입력했거나, 삭제·비활성화·만료되었을 수 있습니다. 다시 로그인하세요."
            },
            AwsCause::Unreachable => text! {
                en: "Check the network, the proxy and the Region, then run the same command again. It goes on where it stopped.",
                ko: "네트워크, 프록시, 리전을 확인한 뒤 같은 명령을 다시 실행하세요. 멈춘 곳에서 이어집니다."
            },
            AwsCause::Refused => text! {
                en: "Read AWS's words above, then run the same command again. What is in place stays in place.",
                ko: "위의 AWS 메시지를 확인한 뒤 같은 명령을 다시 실행하세요. 이미 적용된 것은 그대로 있습니다."
            },
            AwsCause::WouldWrite => text! {
                en: "This is a mistake in dayone. Please report it.",
                ko: "dayone의 오류입니다. 제보해 주세요."
            },
        }
    }
}

impl std::fmt::Display for AwsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.text().en, self.detail().en)
    }
}

impl std::error::Error for AwsError {}

/// A signature tells when it was made, and AWS takes it only around that time.
fn set_the_clock(skew: i64) -> Text {
    let Text { en, ko } = in_words(skew.abs() / 60);
    if skew > 0 {
        text! {
            en: "This computer's clock is {en} ahead of AWS's, and AWS refuses what is signed at another time than its own. Set the clock, best by switching on automatic time, then run the same command again. If AWS still refuses, sign in again.",
            ko: "이 컴퓨터의 시계가 AWS보다 {ko} 빠릅니다. AWS는 자신의 시각과 다른 시각에 서명된 호출을 거부합니다. 자동 시간 설정을 켜서 시계를 맞춘 뒤 같은 명령을 다시 실행하세요. 그래도 거부되면 다시 로그인하세요."
        }
    } else {
        text! {
            en: "This computer's clock is {en} behind AWS's, and AWS refuses what is signed at another time than its own. Set the clock, best by switching on automatic time, then run the same command again. If AWS still refuses, sign in again.",
            ko: "이 컴퓨터의 시계가 AWS보다 {ko} 느립니다. AWS는 자신의 시각과 다른 시각에 서명된 호출을 거부합니다. 자동 시간 설정을 켜서 시계를 맞춘 뒤 같은 명령을 다시 실행하세요. 그래도 거부되면 다시 로그인하세요."
        }
    }
}

/// A time of at least five minutes.
fn in_words(minutes: i64) -> Text {
    match minutes {
        ..120 => text! { en: "{minutes} minutes", ko: "{minutes}분" },
        120..2_880 => text! { en: "{hours} hours", ko: "{hours}시간", hours = minutes / 60 },
        _ => text! { en: "{days} days", ko: "{days}일", days = minutes / 1_440 },
    }
}

impl StepError {
    /// An error about a file.
    pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File { path: shown(path), source }
    }

    /// What happened.
    pub fn text(&self) -> Text {
        match self {
            Self::Aws(error) => error.text(),
            Self::Operator(OperatorError::Failed(text)) => text.clone(),
            Self::Operator(error) => Text::verbatim(error.to_string()),
            Self::InTheWay { what, .. } | Self::HalfMade { what, .. } => what.clone(),
            Self::File { path, .. } => {
                text! { en: "The file {path} could not be used.", ko: "파일 {path}을(를) 사용할 수 없습니다." }
            }
        }
    }

    /// The cause in the words of who reported it.
    pub fn detail(&self) -> Option<Text> {
        match self {
            Self::Aws(error) => Some(error.detail()),
            Self::File { source, .. } => Some(Text::verbatim(harmless(&source.to_string()))),
            Self::Operator(_) | Self::InTheWay { .. } | Self::HalfMade { .. } => None,
        }
    }

    /// Whether nobody knows what AWS has made.
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::Aws(error) => !error.is_definite(),
            Self::HalfMade { .. } => true,
            Self::Operator(_) | Self::InTheWay { .. } | Self::File { .. } => false,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Text> {
        match self {
            Self::Aws(error) => Some(error.hint()),
            Self::InTheWay { next, .. } | Self::HalfMade { next, .. } => Some(next.clone()),
            Self::File { .. } => Some(text! {
                en: "Check that the folder exists, that you may write to it, and that the disk is not full.",
                ko: "폴더가 있는지, 쓰기 권한이 있는지, 디스크가 가득 차지 않았는지 확인하세요."
            }),
            Self::Operator(_) => None,
        }
    }

    /// AWS's request id.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Aws(error) => error.request_id.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cause: AwsCause, code: &str) -> AwsError {
        let error = AwsError::without_answer("sts:GetCallerIdentity", "no");
        AwsError { cause, code: Some(code.to_owned()), ..error }
    }

    #[test]
    fn a_region_that_is_not_enabled_is_named_where_it_may_be_the_cause() {
        for code in ["InvalidClientTokenId", "UnrecognizedClientException"] {
            let hint = refused(AwsCause::CredentialsRefused, code).hint();
            assert!(hint.en.contains("Region is not enabled") && hint.ko.contains("리전"), "{code}");
        }
        let mistyped = refused(AwsCause::CredentialsRefused, "SignatureDoesNotMatch").hint();
        assert!(!mistyped.en.contains("Region"));
    }

    #[test]
    fn a_clock_that_is_far_off_is_named_with_the_difference() {
        let hint = |cause, skew| {
            AwsError { clock_skew: Some(skew), ..refused(cause, "SignatureDoesNotMatch") }.hint()
        };
        let cases = [
            (301, "5 minutes ahead of", "AWS보다 5분 빠릅니다"),
            (-3_600, "60 minutes behind", "AWS보다 60분 느립니다"),
            (9 * 3_600 + 59, "9 hours ahead of", "AWS보다 9시간 빠릅니다"),
            (-400 * 86_400, "400 days behind", "AWS보다 400일 느립니다"),
        ];
        for (skew, en, ko) in cases {
            let hint = hint(AwsCause::CredentialsRefused, skew);
            assert!(hint.en.contains(en) && hint.en.contains("Set the clock"), "{hint:?}");
            assert!(hint.ko.contains(ko), "{hint:?}");
        }
        for (cause, skew) in [
            (AwsCause::CredentialsRefused, 300),
            (AwsCause::CredentialsRefused, -240),
            (AwsCause::Denied, 9_000),
            (AwsCause::SignInExpired, 9_000),
        ] {
            assert!(!hint(cause, skew).en.contains("clock"), "{cause:?} {skew}");
        }
    }

    #[test]
    fn plain_words_are_told_in_both_languages() {
        let plain = Some(text! { en: "no connection", ko: "연결 없음" });
        let error = AwsError { plain, ..AwsError::without_answer("iam:GetUser", "ECONNREFUSED") };
        assert_eq!((error.detail().en, error.detail().ko), ("no connection".into(), "연결 없음".into()));
        let coded = AwsError { code: Some("HTTP 502".into()), ..error };
        assert_eq!(coded.detail().ko, "HTTP 502: 연결 없음");
        let of_aws = refused(AwsCause::Denied, "AccessDenied").detail();
        assert_eq!((of_aws.en.as_str(), of_aws.ko.as_str()), ("AccessDenied: no", "AccessDenied: no"));
    }

    #[test]
    fn only_a_refusal_in_words_is_an_answer() {
        let is_unanswered = |cause, code: &str| StepError::from(refused(cause, code)).is_unanswered();
        assert!(!is_unanswered(AwsCause::Refused, "LimitExceeded"));
        assert!(!is_unanswered(AwsCause::Denied, "AccessDenied"));
        assert!(!is_unanswered(AwsCause::SignInExpired, "ExpiredToken"));
        // A page of a proxy, an answer that was cut off, one without what it must hold, and none.
        for cause in [AwsCause::Refused, AwsCause::Denied] {
            assert!(is_unanswered(cause, "HTTP 200") && is_unanswered(cause, "HTTP 403"), "{cause:?}");
        }
        assert!(StepError::from(AwsError::without_answer("iam:CreateAccessKey", "no key")).is_unanswered());
        assert!(is_unanswered(AwsCause::Unreachable, ""));
        let file = std::io::Error::other("full");
        assert!(!StepError::file(std::path::Path::new("x"), file).is_unanswered());
    }

    #[test]
    fn what_passes_by_itself_is_told_from_what_somebody_has_to_do() {
        for code in [
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "SlowDown",
            "InternalFailure",
            "InternalServerException",
            "ServiceFailure",
            "ServiceFailureException",
            "ServiceUnavailable",
            "HTTP 429",
            "HTTP 503",
        ] {
            assert!(refused(AwsCause::Refused, code).is_of_the_moment(), "{code}");
        }
        assert!(refused(AwsCause::Unreachable, "").is_of_the_moment());
        for (cause, code) in [
            (AwsCause::Denied, "AccessDenied"),
            (AwsCause::Denied, "HTTP 403"),
            (AwsCause::Refused, "LimitExceededException"),
            (AwsCause::Refused, "HTTP 404"),
            (AwsCause::CredentialsRefused, "InvalidClientTokenId"),
            (AwsCause::SignInExpired, "ExpiredToken"),
            (AwsCause::CredentialsLate, ""),
        ] {
            assert!(!refused(cause, code).is_of_the_moment(), "{cause:?} {code}");
        }
    }

    #[test]
    fn neither_a_path_nor_what_is_said_of_it_harms_a_terminal() {
        let odd = std::io::Error::other("a\u{1b}[2J");
        let error = StepError::file(std::path::Path::new("/tmp/b\u{1b}[2J"), odd);
        let (text, detail) = (error.text(), error.detail().unwrap());
        assert!(text.en.contains("/tmp/b\u{fffd}[2J") && text.ko.contains("/tmp/b\u{fffd}[2J"), "{text:?}");
        assert_eq!(detail, Text::verbatim("a\u{fffd}[2J"));
    }

    #[test]
    fn missing_mfa_is_named_where_only_iam_refuses() {
        let of_iam = AwsError {
            operation: "iam:GetGroup",
            ..refused(AwsCause::CredentialsRefused, "InvalidClientTokenId")
        };
        let hint = of_iam.hint();
        assert!(hint.en.contains("without an MFA code") && hint.ko.contains("MFA 코드 없이"), "{hint:?}");
        let of_sts = refused(AwsCause::CredentialsRefused, "InvalidClientTokenId").hint();
        assert!(!of_sts.en.contains("MFA"), "{}", of_sts.en);
    }

    #[test]
    fn a_sign_in_that_ended_concerns_every_read() {
        for cause in [AwsCause::NotSignedIn, AwsCause::SignInExpired, AwsCause::CredentialsLate] {
            assert!(!refused(cause, "").concerns_one_read(), "{cause:?}");
        }
        assert!(!refused(AwsCause::CredentialsRefused, "InvalidClientTokenId").concerns_one_read());
        assert!(refused(AwsCause::Unreachable, "").concerns_one_read());
        let of_one_service = AwsError {
            operation: "s3:ListBucket",
            ..refused(AwsCause::CredentialsRefused, "InvalidAccessKeyId")
        };
        assert!(of_one_service.concerns_one_read());
    }
}
