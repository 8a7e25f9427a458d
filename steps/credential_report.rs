//! The credential report: all users' passwords, devices and keys in a few calls, up to four hours old.
//!
//! Columns are found by name, because AWS adds new ones. Source: IAM user guide, "Generate credential reports".

use std::time::Duration;

use aws_sdk_iam::types::ReportStateType;

use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::text;

/// The credential report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialReport {
    /// When AWS made it, in seconds since 1970.
    pub generated: Option<i64>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl CredentialReport {
    /// Reads the report's text. A line that does not fit the header is left out.
    pub fn parse(text: &str, generated: Option<i64>) -> Self {
        let fields = |line: &str| line.split(',').map(ToOwned::to_owned).collect::<Vec<_>>();
        let mut lines = text.lines().map(fields);
        let columns = lines.next().unwrap_or_default();
        let rows = lines.filter(|row| row.len() == columns.len()).collect();
        Self { generated, columns, rows }
    }

    /// The names of the users that have an MFA device of any kind.
    pub fn users_with_mfa(&self) -> Vec<String> {
        let (Some(user), Some(mfa)) = (self.column("user"), self.column("mfa_active")) else {
            return Vec::new();
        };
        let with_mfa = self.rows.iter().filter(|row| row[mfa].eq_ignore_ascii_case("true"));
        with_mfa.map(|row| row[user].clone()).collect()
    }

    /// What stands in a column of a user's row. The root user's row is called `<root_account>`.
    pub fn value(&self, user: &str, column: &str) -> Option<&str> {
        let (name, wanted) = (self.column("user")?, self.column(column)?);
        self.rows.iter().find(|row| row[name] == user).map(|row| row[wanted].as_str())
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// Has the report made, and reads it. Of a report that is not ready after a minute nothing is seen.
pub async fn read(identity: &Identity) -> Result<Reading<CredentialReport>, AwsError> {
    if let Err(unseen) = generate(identity).await? {
        return Ok(Err(unseen));
    }
    let answer = identity.iam().get_credential_report().send().await.for_call("iam:GetCredentialReport");
    Ok(identity.reading(answer)?.map(|answer| {
        let content = answer.content().map(|content| content.as_ref().to_vec()).unwrap_or_default();
        let generated = answer.generated_time().map(aws_smithy_types::DateTime::secs);
        CredentialReport::parse(&String::from_utf8_lossy(&content), generated)
    }))
}

async fn generate(identity: &Identity) -> Result<Reading<()>, AwsError> {
    let iam = identity.iam();
    for _ in 0..60 {
        let answer = iam.generate_credential_report().send().await.for_call("iam:GenerateCredentialReport");
        match identity.reading(answer)? {
            Ok(answer) if answer.state() == Some(&ReportStateType::Complete) => return Ok(Ok(())),
            Ok(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    let late = text! {
        en: "the report was not ready after a minute.",
        ko: "1분이 지나도 보고서가 준비되지 않았습니다."
    };
    Ok(Err(Unseen::failed("iam:GenerateCredentialReport", late)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::aws::{Access, UnseenCause, canned};

    #[test]
    fn columns_are_found_by_name() {
        let report =
            CredentialReport::parse("mfa_active,new,user\nTRUE,x,alice\nfalse,x,bob\nodd line\n", None);
        assert_eq!(report.users_with_mfa(), ["alice"]);
        assert_eq!(report.value("bob", "new"), Some("x"));
        assert_eq!((report.value("eve", "new"), report.value("bob", "old")), (None, None));
        assert!(CredentialReport::parse("", None).users_with_mfa().is_empty());
        assert!(CredentialReport::parse("user\nalice\n", None).users_with_mfa().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_report_is_waited_for_and_read() {
        let asked = AtomicU8::new(0);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => {
                let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
                call.xml(if first { "<State>STARTED</State>" } else { "<State>COMPLETE</State>" })
            }
            // user,mfa_active and, on the next line, alice,true
            "GetCredentialReport" => call.xml("<Content>dXNlcixtZmFfYWN0aXZlCmFsaWNlLHRydWUK</Content>"),
            _ => None,
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let report = read(&identity).await.unwrap().unwrap();
        assert_eq!(report.users_with_mfa(), ["alice"]);
        assert_eq!(aws.heard().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_report_that_does_not_get_ready_nothing_is_seen() {
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let aws = canned::Aws::answering(|call| call.xml("<State>INPROGRESS</State>"));
            let identity = aws.connection(access).started_as().await.unwrap();
            let unseen = read(&identity).await.unwrap().unwrap_err();
            assert!(matches!(unseen.why, UnseenCause::Failed(_)));
            assert!(unseen.text().en.contains("not ready after a minute"), "{}", unseen.text().en);
        }
    }
}
