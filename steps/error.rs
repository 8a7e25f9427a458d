//! What can go wrong in a practice: each error names the thing and the next step, and carries AWS's code and
//! request id.

use crate::operator::OperatorError;
use crate::text;
use crate::text::{Text, harmless};

/// A call to AWS that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsError {
    /// The permission name of the operation, such as `iam:CreateGroup`.
    pub operation: &'static str,
    /// What kind of failure it is.
    pub cause: AwsCause,
    /// AWS's error code, such as `AccessDenied`.
    pub code: Option<String>,
    /// AWS's own words, or the SDK's.
    pub message: String,
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
    /// No answer: DNS, TLS, a broken connection, or too long a wait.
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
    /// A file on this machine could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl AwsError {
    /// AWS answered, but without what the answer must hold.
    pub fn without_answer(operation: &'static str, message: &str) -> Self {
        Self {
            operation,
            cause: AwsCause::Refused,
            code: None,
            message: message.to_owned(),
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
    fn may_be_the_region(&self) -> bool {
        self.is("InvalidClientTokenId") || self.is("UnrecognizedClientException")
    }

    /// STS knows the temporary credentials of a user without MFA, and IAM answers as if it did not.
    fn may_be_without_mfa(&self) -> bool {
        self.is("InvalidClientTokenId") && self.operation.starts_with("iam:")
    }

    /// AWS's code and words, on one line.
    pub fn detail(&self) -> String {
        let message = harmless(&self.message);
        match &self.code {
            Some(code) => format!("{}: {message}", harmless(code)),
            None => message,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Text {
        match self.cause {
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
        write!(f, "{} {}", self.text().en, self.detail())
    }
}

impl std::error::Error for AwsError {}

impl StepError {
    /// An error about a file.
    pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), source }
    }

    /// What happened.
    pub fn text(&self) -> Text {
        match self {
            Self::Aws(error) => error.text(),
            Self::Operator(OperatorError::Failed(text)) => text.clone(),
            Self::Operator(error) => Text::verbatim(error.to_string()),
            Self::InTheWay { what, .. } => what.clone(),
            Self::File { path, .. } => {
                text! { en: "The file {path} could not be used.", ko: "파일 {path}을(를) 사용할 수 없습니다." }
            }
        }
    }

    /// The cause in the words of who reported it.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Aws(error) => Some(error.detail()),
            Self::File { source, .. } => Some(source.to_string()),
            Self::Operator(_) | Self::InTheWay { .. } => None,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<Text> {
        match self {
            Self::Aws(error) => Some(error.hint()),
            Self::InTheWay { next, .. } => Some(next.clone()),
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
