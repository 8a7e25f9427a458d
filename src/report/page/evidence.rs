//! What speaks for root's retirement and for the log, beside the steps themselves: when root was used last.

use jiff::Timestamp;
use serde::Serialize;
use steps::aws::Identity;
use steps::credential_report::{self, CredentialReport, LastUse};
use steps::error::AwsError;
use steps::moment::iso;
use steps::practice::StepId;
use steps::text;
use steps::text::{Language, Text};

use crate::report::words::bounded;

/// The steps that together say that root is retired.
pub(super) const ROOT_RETIREMENT: [StepId; 4] =
    [StepId::RootAccessKeys, StepId::RootMfa, StepId::RootCredentials, StepId::AdminSignIn];

/// The steps that together say that log files are made, kept and delivered.
pub(super) const LOG_FILES: [StepId; 3] = [StepId::Trail, StepId::TrailBucket, StepId::LogDelivery];

/// When root was used last, by the credential report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct RootUse {
    /// When AWS made the report, which can be four hours old.
    pub report_made: Option<String>,
    /// The last sign-in with the password; none on record where there is none.
    pub password: Option<String>,
    /// The last use of each access key that is left and was ever used.
    pub access_keys: Vec<KeyUse>,
    /// Why nothing is known.
    pub not_assessed: Option<String>,
}

/// The last use of an access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KeyUse {
    pub time: String,
    pub service: Option<String>,
    pub region: Option<String>,
}

impl RootUse {
    /// Reads the credential report as whoever acted in the look: whom the run was started as may be let do nothing before
    /// a code was given. Where it fails it is said; the rest of the page stands without it.
    pub async fn read(identity: &Identity, language: Language) -> Self {
        let words = match credential_report::read(identity).await {
            Ok(Ok(report)) => return Self::of(&report, language),
            Ok(Err(unseen)) => unseen.text(),
            Err(error) => failed(&error),
        };
        Self::not_assessed(&words, language)
    }

    fn of(report: &CredentialReport, language: Language) -> Self {
        let Some(root) = report.root() else {
            let words = text! {
                en: "Not assessed: the credential report does not mention the root user.",
                ko: "확인하지 못함: 자격 증명 보고서에 루트 사용자가 없습니다."
            };
            return Self::not_assessed(&words, language);
        };
        Self {
            report_made: report.generated.and_then(time),
            password: root.password_last_used.and_then(time),
            access_keys: root.keys.iter().filter_map(|key| key_use(key.last_use.as_ref()?)).collect(),
            not_assessed: None,
        }
    }

    fn not_assessed(words: &Text, language: Language) -> Self {
        Self { not_assessed: Some(bounded(words.in_language(language))), ..Self::default() }
    }
}

fn failed(error: &AwsError) -> Text {
    let (text, detail) = (error.text(), error.detail());
    let (en, ko) = (format!("{} {}", text.en, detail.en), format!("{} {}", text.ko, detail.ko));
    text! { en: "Not assessed: {en}", ko: "확인하지 못함: {ko}" }
}

fn time(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(iso)
}

fn key_use(last: &LastUse) -> Option<KeyUse> {
    let word = |word: &Option<String>| word.as_deref().map(bounded);
    Some(KeyUse { time: time(last.at)?, service: word(&last.service), region: word(&last.region) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "user,arn,password_last_used,access_key_1_last_used_date,access_key_1_last_used_region,\
        access_key_1_last_used_service,access_key_2_last_used_date,access_key_2_last_used_region,\
        access_key_2_last_used_service\n";

    fn of(row: &str) -> RootUse {
        RootUse::of(&CredentialReport::parse(&format!("{HEADER}{row}\n"), Some(1_795_500_000)), Language::En)
    }

    #[test]
    fn the_row_of_root_says_when_it_was_used() {
        let root = "<root_account>,arn:aws:iam::111122223333:root,2026-11-23T09:00:00+00:00,\
            2026-11-20T10:00:00+00:00,us-east-1,s3,N/A,N/A,N/A";
        let last = of(root);
        assert_eq!(last.report_made, Timestamp::from_second(1_795_500_000).ok().map(iso));
        assert_eq!(last.password.as_deref(), Some("2026-11-23T09:00:00Z"));
        let key = KeyUse {
            time: "2026-11-20T10:00:00Z".into(),
            service: Some("s3".into()),
            region: Some("us-east-1".into()),
        };
        assert_eq!((last.access_keys, last.not_assessed), (vec![key], None));
    }

    #[test]
    fn never_is_not_a_time() {
        let last = of("<root_account>,arn:aws:iam::111122223333:root,no_information,N/A,N/A,N/A,N/A,N/A,N/A");
        assert_eq!((last.password, last.access_keys, last.not_assessed), (None, Vec::new(), None));
    }

    #[test]
    fn a_report_without_root_says_nothing_of_it() {
        let last = of(
            "alice,arn:aws:iam::111122223333:user/alice,2026-11-23T09:00:00+00:00,N/A,N/A,N/A,N/A,N/A,N/A",
        );
        assert!(last.not_assessed.is_some() && last.password.is_none() && last.report_made.is_none());
    }
}
