//! The credential report: all users' passwords, devices and keys in a few calls, up to four hours old.
//!
//! Columns are found by name, because AWS adds new ones. Source: IAM user guide, "Generate credential reports".

use std::time::Duration;

use aws_sdk_iam::types::ReportStateType;
use csv::{Reader, ReaderBuilder, StringRecord};

use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::text;
use crate::text::Text;

/// The columns that verdicts rest on.
const NEEDED: [&str; 19] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_2_active",
];

/// The credential report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialReport {
    /// When AWS made it, in seconds since 1970.
    pub generated: Option<i64>,
    /// A line for each user, and one for root.
    pub rows: Vec<Row>,
    /// How many lines could not be read.
    pub unreadable: usize,
}

/// The line of a user, or of root. Moments are in seconds since 1970; what AWS gives as `N/A`, `no_information` or
/// `not_supported` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// The name; for root, AWS writes `<root_account>`.
    pub user: String,
    /// The ARN.
    pub arn: String,
    /// When the user was created.
    pub created: Option<i64>,
    /// Whether there is a console password.
    pub password: bool,
    /// When the password was last used.
    pub password_last_used: Option<i64>,
    /// When the password was last changed.
    pub password_last_changed: Option<i64>,
    /// Whether there is an MFA device of any kind.
    pub mfa: bool,
    /// Whether there is a signing certificate that can be used.
    pub certificate: bool,
    /// The access keys, without their ids, which the report does not tell.
    pub keys: Vec<Key>,
    /// Who made the user; the report does not tell, and none where Event History was not asked.
    pub made_by: Option<Maker>,
}

/// An access key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// The id; none by the report alone.
    pub id: Option<String>,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub made: Option<i64>,
    /// Its last use, as far as AWS tells.
    pub last_use: Option<LastUse>,
    /// Who made it; the report does not tell, and none where Event History was not asked.
    pub made_by: Option<Maker>,
}

/// Who made something, by Event History.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// This user, role or root.
    Somebody(String),
    /// It is not on record: Event History goes back 90 days.
    NotOnRecord,
    /// Event History could not be read.
    NotSeen,
}

/// The last use of an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: i64,
    /// The Region.
    pub region: Option<String>,
    /// The service, such as `s3`.
    pub service: Option<String>,
}

impl CredentialReport {
    /// Reads a report that verdicts may rest on: with every column that they ask for, and with the line of root, who is
    /// in every account but those in China. Of less than that nothing is seen, because it would look like an account in
    /// which nobody has anything.
    pub fn whole(text: &str, generated: Option<i64>, partition: &str) -> Reading<Self> {
        let header = header(&mut reader(text));
        let is_there = |column: &str| header.iter().any(|found| found == column);
        if let Some(column) = NEEDED.iter().find(|column| !is_there(column)) {
            return Err(of_no_use(text! {
                en: "the report has no column {column}.",
                ko: "보고서에 {column} 열이 없습니다."
            }));
        }
        let report = Self::parse(text, generated);
        if report.root().is_none() && partition != "aws-cn" {
            return Err(of_no_use(text! {
                en: "the report has no line of the root user.",
                ko: "보고서에 루트 사용자의 줄이 없습니다."
            }));
        }
        Ok(report)
    }

    /// Reads the report's text. A line that does not fit the header is counted and left out.
    pub fn parse(text: &str, generated: Option<i64>) -> Self {
        let mut reader = reader(text);
        let header = header(&mut reader);
        let mut report = Self { generated, ..Self::default() };
        for line in reader.records() {
            match line.ok().and_then(|line| Row::read(&header, &line)) {
                Some(row) => report.rows.push(row),
                None => report.unreadable += 1,
            }
        }
        report
    }

    /// The names of the users that have an MFA device of any kind.
    pub fn users_with_mfa(&self) -> Vec<String> {
        self.rows.iter().filter(|row| row.mfa).map(|row| row.user.clone()).collect()
    }

    /// The lines of the users.
    pub fn users(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_root())
    }

    /// The line of root. There is none in a partition without a root user.
    pub fn root(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.is_root())
    }
}

impl Row {
    fn read(header: &StringRecord, fields: &StringRecord) -> Option<Self> {
        let column = |name: &str| header.iter().position(|column| column == name);
        let text = |name: &str| column(name).and_then(|column| fields.get(column)).and_then(told);
        let user = text("user").filter(|_| header.len() == fields.len())?;
        let is = |name: &str| text(name).is_some_and(|word| word.eq_ignore_ascii_case("true"));
        let moment = |name: &str| text(name).and_then(seconds);
        let key = |number: u8| {
            let name = |column: &str| format!("access_key_{number}_{column}");
            let last_use = |at| LastUse {
                at,
                region: text(&name("last_used_region")).map(ToOwned::to_owned),
                service: text(&name("last_used_service")).map(ToOwned::to_owned),
            };
            let key = Key {
                id: None,
                active: is(&name("active")),
                made: moment(&name("last_rotated")),
                last_use: moment(&name("last_used_date")).map(last_use),
                made_by: None,
            };
            // Without a key, AWS writes FALSE and no dates.
            (key.active || key.made.is_some() || key.last_use.is_some()).then_some(key)
        };
        Some(Self {
            user: user.to_owned(),
            arn: text("arn").unwrap_or_default().to_owned(),
            created: moment("user_creation_time"),
            password: is("password_enabled"),
            password_last_used: moment("password_last_used"),
            password_last_changed: moment("password_last_changed"),
            mfa: is("mfa_active"),
            certificate: is("cert_1_active") || is("cert_2_active"),
            keys: [1, 2].into_iter().filter_map(key).collect(),
            made_by: None,
        })
    }

    /// Whether it is the line of root.
    pub fn is_root(&self) -> bool {
        self.user == "<root_account>" || self.arn.ends_with(":root")
    }
}

fn of_no_use(why: Text) -> Unseen {
    Unseen::failed("iam:GetCredentialReport", why)
}

/// Reads line by line: the report of an account with many users is large, and in memory once already.
fn reader(text: &str) -> Reader<&[u8]> {
    // Lines of another length are read too, and counted.
    ReaderBuilder::new().flexible(true).from_reader(text.as_bytes())
}

fn header(reader: &mut Reader<&[u8]>) -> StringRecord {
    reader.headers().cloned().unwrap_or_default()
}

/// A word, unless it is one of those by which AWS says that there is none.
fn told(word: &str) -> Option<&str> {
    Some(word).filter(|word| !["", "N/A", "no_information", "not_supported"].contains(word))
}

fn seconds(moment: &str) -> Option<i64> {
    moment.parse().ok().map(jiff::Timestamp::as_second)
}

/// Has the report made, and reads it. Of a report that is not ready after a minute nothing is seen.
pub async fn read(identity: &Identity) -> Result<Reading<CredentialReport>, AwsError> {
    for _ in 0..60 {
        // In most looks there is one from an earlier look, and both together are one round trip.
        let (complete, found) = tokio::join!(biased; generate(identity), get(identity));
        match (complete?, found) {
            (Err(unseen), _) => return Ok(Err(unseen)),
            (Ok(_), Ok(report)) => return Ok(report),
            (Ok(true), Err(_)) => return Ok(identity.reading(get(identity).await)?.flatten()),
            (Ok(false), Err(_)) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
    let late = text! {
        en: "the report was not ready after a minute.",
        ko: "1분이 지나도 보고서가 준비되지 않았습니다."
    };
    Ok(Err(Unseen::failed("iam:GenerateCredentialReport", late)))
}

/// Has the report made where there is none that is young enough. True when it can be had.
async fn generate(identity: &Identity) -> Result<Reading<bool>, AwsError> {
    let answer = identity.iam().generate_credential_report().send().await;
    let answer = identity.reading(answer.for_call("iam:GenerateCredentialReport"))?;
    Ok(answer.map(|answer| answer.state() == Some(&ReportStateType::Complete)))
}

async fn get(identity: &Identity) -> Result<Reading<CredentialReport>, AwsError> {
    let answer = identity.iam().get_credential_report().send().await.for_call("iam:GetCredentialReport")?;
    let generated = answer.generated_time().map(aws_smithy_types::DateTime::secs);
    let content = answer.content().map(|content| String::from_utf8_lossy(content.as_ref()));
    Ok(CredentialReport::whole(&content.unwrap_or_default(), generated, &identity.caller.partition))
}

/// A report as AWS makes it, with the line of root and one of each of these users, of whom it says what is unlike a user
/// who has nothing.
#[cfg(test)]
pub(crate) fn table<'w>(users: impl IntoIterator<Item = (String, Vec<(&'w str, &'w str)>)>) -> String {
    let root = ("<root_account>".to_owned(), vec![("password_last_used", "2026-01-01T00:00:00+00:00")]);
    let line = |(user, said): (String, Vec<(&str, &str)>)| {
        let word = |column: &&str| match *column {
            "user" => user.clone(),
            "arn" if user.starts_with('<') => "arn:aws:iam::111122223333:root".to_owned(),
            "arn" => format!("arn:aws:iam::111122223333:user/{user}"),
            column => {
                let said = said.iter().find(|(name, _)| *name == column).map(|(_, word)| (*word).to_owned());
                let nothing = if column.ends_with("_active") { "false" } else { "N/A" };
                said.unwrap_or_else(|| nothing.to_owned())
            }
        };
        NEEDED.iter().map(word).collect::<Vec<_>>().join(",")
    };
    let lines = std::iter::once(root).chain(users).map(line);
    std::iter::once(NEEDED.join(",")).chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::aws::{Access, UnseenCause, canned};

    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info";

    #[test]
    fn columns_are_found_by_name() {
        let report =
            CredentialReport::parse("mfa_active,new,user\nTRUE,x,alice\nfalse,x,bob\nodd line\n", None);
        assert_eq!(report.users_with_mfa(), ["alice"]);
        assert_eq!((report.rows.len(), report.unreadable), (2, 1));
        assert!(CredentialReport::parse("", None).users_with_mfa().is_empty());
        assert!(CredentialReport::parse("user\nalice\n", None).users_with_mfa().is_empty());
        assert_eq!(CredentialReport::parse("arn\nx\n", None).unreadable, 1);
    }

    #[test]
    fn what_is_quoted_may_hold_commas_quotes_and_line_breaks() {
        let text = "user,mfa_active,info\r\nalice,true,\"one, \"\"two\"\"\nand\r\n\nthree\"\r\n\
            bob,\"false\",\"\"\r\n\"c\"\"d, e\",true,x\n\nodd line\n";
        let report = CredentialReport::parse(text, None);
        assert_eq!(report.users_with_mfa(), ["alice", "c\"d, e"]);
        assert_eq!((report.rows.len(), report.unreadable), (3, 1));
    }

    #[test]
    fn less_than_a_whole_report_is_none() {
        let alice = || table([("alice".to_owned(), vec![("mfa_active", "true")])]);
        let whole = CredentialReport::whole(&alice(), Some(7), "aws").unwrap();
        assert_eq!((whole.users_with_mfa(), whole.generated), (vec!["alice".to_owned()], Some(7)));

        let without = |text: &str| {
            let unseen = CredentialReport::whole(text, Some(7), "aws").unwrap_err();
            assert_eq!(unseen.operation, "iam:GetCredentialReport");
            unseen.text()
        };
        for empty in ["", "\n", "<html>502</html>"] {
            assert!(without(empty).en.contains("no column user"), "{empty}");
        }
        for column in NEEDED {
            let text = without(&alice().replacen(column, "another", 1));
            assert!(text.en.contains("no column") && text.ko.contains("열이 없습니다"), "{column}: {text:?}");
        }
        let rootless: Vec<_> =
            alice().lines().filter(|line| !line.starts_with('<')).map(str::to_owned).collect();
        let rootless = rootless.join("\n");
        assert!(without(&rootless).en.contains("no line of the root user"));
        let in_china = CredentialReport::whole(&rootless, None, "aws-cn").unwrap();
        assert_eq!((in_china.users().count(), in_china.root()), (1, None));
    }

    #[test]
    fn what_aws_does_not_tell_is_absent() {
        let bob = "bob,arn:aws:iam::111122223333:user/bob,2026-01-02T03:04:05+00:00,TRUE,no_information,N/A,\
            not_supported,false,true,2026-01-02T03:05:05Z,2026-02-01T00:00:00+00:00,us-east-1,s3,FALSE,N/A,N/A,N/A,\
            N/A,false,N/A,false,N/A,N/A";
        let root = "<root_account>,arn:aws:iam::111122223333:root,2025-01-01T00:00:00+00:00,not_supported,\
            2025-01-01T00:00:01+00:00,not_supported,not_supported,true,false,2025-01-01T00:00:00+00:00,N/A,N/A,N/A,\
            false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,\"two, or more\"";
        let report = CredentialReport::parse(&format!("{HEADER}\n{root}\n{bob}"), Some(7));
        assert_eq!((report.generated, report.unreadable), (Some(7), 0));
        let last_use =
            LastUse { at: 1_769_904_000, region: Some("us-east-1".into()), service: Some("s3".into()) };
        let made = Some(1_767_323_105);
        let key = Key { active: true, made, last_use: Some(last_use), ..Key::default() };
        let bob = Row {
            user: "bob".into(),
            arn: "arn:aws:iam::111122223333:user/bob".into(),
            created: Some(1_767_323_045),
            password: true,
            password_last_used: None,
            password_last_changed: None,
            mfa: false,
            certificate: false,
            keys: vec![key],
            made_by: None,
        };
        assert_eq!(report.users().collect::<Vec<_>>(), [&bob]);
        let root = report.root().unwrap();
        assert_eq!((root.password, root.mfa, root.password_last_used), (false, true, Some(1_735_689_601)));
        let off = Key { made: Some(1_735_689_600), ..Key::default() };
        assert_eq!(root.keys, [off], "a key that is switched off has a date");
    }

    /// What AWS answers where the report is this text.
    fn content(text: &str) -> String {
        format!("<Content>{}</Content>", aws_smithy_types::base64::encode(text))
    }

    /// The report of an account in which alice has a device.
    fn with_alice() -> String {
        content(&table([("alice".to_owned(), vec![("mfa_active", "true")])]))
    }

    /// An AWS whose report can be had after so many asks. It tells of alice, who has a device.
    fn aws(asks: u8) -> canned::Aws {
        let asked = AtomicU8::new(0);
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => {
                let complete = asked.fetch_add(1, Ordering::Relaxed) + 1 >= asks;
                call.xml(if complete { "<State>COMPLETE</State>" } else { "<State>STARTED</State>" })
            }
            _ if asked.load(Ordering::Relaxed) < asks => call.refused(410, "ReportNotPresent"),
            _ => call.xml(&with_alice()),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn the_report_is_waited_for_and_read() {
        for (asks, seconds) in [(1, 0), (2, 1), (3, 2)] {
            let aws = aws(asks);
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let began = tokio::time::Instant::now();
            let report = read(&identity).await.unwrap().unwrap();
            assert_eq!(report.users_with_mfa(), ["alice"], "{asks}");
            // Who is signed in, and then a pair of calls for each ask.
            let calls = 1 + 2 * usize::from(asks);
            assert_eq!((aws.heard().len(), began.elapsed().as_secs()), (calls, seconds), "{asks}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_report_that_may_not_be_had_nothing_is_seen() {
        for denied in ["GenerateCredentialReport", "GetCredentialReport"] {
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                operation if operation == denied => call.refused(403, "AccessDenied"),
                "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
                _ => call.xml(&with_alice()),
            });
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let unseen = read(&identity).await.unwrap().unwrap_err();
            assert_eq!(unseen.operation, format!("iam:{denied}"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_an_answer_without_a_report_nothing_is_seen() {
        for answer in [String::new(), content(""), content("user,arn\nalice,arn:alice\n")] {
            for access in [Access::ReadOnly, Access::ReadWrite] {
                let answer = answer.clone();
                let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                    "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
                    _ => call.xml(&answer),
                });
                let identity = aws.connection(access).started_as().await.unwrap();
                let unseen = read(&identity).await.unwrap().unwrap_err();
                assert!(unseen.text().en.contains("no column"), "{}", unseen.text().en);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_report_that_does_not_get_ready_nothing_is_seen() {
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let aws = aws(u8::MAX);
            let identity = aws.connection(access).started_as().await.unwrap();
            let unseen = read(&identity).await.unwrap().unwrap_err();
            assert!(matches!(unseen.why, UnseenCause::Failed(_)));
            assert!(unseen.text().en.contains("not ready after a minute"), "{}", unseen.text().en);
        }
    }
}
