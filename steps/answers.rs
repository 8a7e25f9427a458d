//! What the operator wants: the data of an answers file, with the defaults of everything that is not said.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::practice::StepId;
use crate::text::Language;

/// The AWS profile that the administrator signs in under, where no other one is named.
pub const LOGIN_PROFILE: &str = "dayone-admin";

/// Everything the wizard asks for. An unknown key is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// The language of the program; none: from the environment.
    pub language: Option<Language>,
    /// The account that the answers are meant for; none: whichever one is signed in to.
    pub account: Option<String>,
    /// The administrator.
    pub admin: Admin,
    /// The root user.
    pub root: Root,
    /// Multi-factor authentication.
    pub mfa: Mfa,
    /// Everybody else who works in the account.
    pub people: Vec<PersonAnswer>,
    /// The CloudTrail trail.
    pub trail: Trail,
    /// The Cost and Usage Report.
    pub billing: Billing,
    /// The practices of IAM.
    pub iam: Iam,
    /// Steps that stay as they are, with the reason.
    pub accept: Vec<Accept>,
    /// Whether a person is there who can be handed a secret and asked for consent. Not an answer, but the run's own
    /// knowledge of itself.
    #[serde(skip)]
    pub attended: bool,
    /// Whether the look is for the page to keep, on which it stands who made what is asked about. Not an answer either.
    #[serde(skip)]
    pub for_a_page: bool,
    /// The resources, such as `iam:access-key/alice`, of changes that an earlier run began and of which nobody knows
    /// what came, with the earliest time at which AWS can have heard of it. From the journal: evidence that what is found
    /// half-made is ours. Not an answer either.
    #[serde(skip)]
    pub unfinished: std::collections::BTreeMap<String, String>,
    /// The resources that a run of ours switched off and that may be switched on again, from the journal too.
    #[serde(skip)]
    pub switched_off: std::collections::BTreeSet<String>,
}

/// The administrator, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// The IAM user name. The only answer without a default.
    pub user: Option<String>,
    /// The group that carries the rights.
    pub group: String,
    /// Where the generated one-time console password goes when nobody is there to read it.
    pub console_password_file: Option<std::path::PathBuf>,
    /// The AWS profile that gets an access key; none: no access key is made.
    pub access_key_profile: Option<String>,
    /// How the administrator signs in; none: it is asked, and the console alone does not do.
    pub sign_in: Option<SignInWay>,
}

/// How the administrator signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInWay {
    /// In the console alone: a run cannot go on as the administrator, so root's access keys stay.
    Console,
}

/// The root user, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Root {
    /// A person has put the root password and MFA away safely.
    pub credentials_stored: bool,
    /// Consent to retire root access keys once the administrator is proven to work.
    pub delete_access_keys: bool,
    /// A key used within this many days is left for a person.
    pub quiet_days: u32,
}

/// Multi-factor authentication, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mfa {
    /// Which kind of device the administrator enrols; none: a person is asked, and otherwise it is a virtual one.
    pub device: Option<DeviceKind>,
    /// The serial number printed on a hardware token.
    pub serial: Option<String>,
    /// A command that gets the `otpauth://` address on standard input.
    pub enrol_command: Option<Vec<String>>,
    /// A command that prints one current six-digit code.
    pub code_command: Option<Vec<String>>,
    /// Whether the policy that denies everything else without MFA is attached.
    pub require: bool,
}

/// A kind of MFA device that can be enrolled by API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// An authenticator app.
    #[default]
    Virtual,
    /// A token that shows codes, by its serial number.
    Hardware,
    /// A passkey or a security key, which a person adds in the console. It serves `aws login`, and no access key.
    Passkey,
}

/// Somebody else who works in the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonAnswer {
    /// The IAM user name.
    pub user: String,
    /// The groups the user is in.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Where the generated one-time console password goes when nobody is there to read it; none: no password is made.
    #[serde(default)]
    pub console_password_file: Option<std::path::PathBuf>,
}

/// The trail, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trail {
    /// The trail's name.
    pub name: String,
    /// The bucket; none: a name that follows from the account and the Region.
    pub bucket: Option<String>,
    /// The home Region; none: the run's Region.
    pub region: Option<String>,
    /// ARNs that may read the logs beside the administrators.
    pub readers: Vec<String>,
    /// How long log files are kept, in days; 0 keeps them for ever.
    #[serde(deserialize_with = "days")]
    pub retention_days: u32,
    /// Whether log files are encrypted with a KMS key of the account's own, which costs money.
    pub kms: bool,
    /// For how many days Object Lock keeps each log file from being deleted; 0: there is no lock.
    #[serde(deserialize_with = "days")]
    pub object_lock_days: u32,
    /// Who gets an e-mail when root is used; none: nobody.
    pub root_alarm_email: Option<String>,
}

/// The Cost and Usage Report, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Billing {
    /// Which kind of report.
    pub kind: ReportKind,
    /// The report's name.
    pub report: String,
    /// The bucket; none: a name that follows from the account.
    pub bucket: Option<String>,
    /// The prefix of the report's objects in the bucket.
    pub prefix: String,
    /// How finely costs are reported.
    pub time_unit: TimeUnit,
    /// The format of the files.
    pub format: ReportFormat,
    /// A person has switched on "IAM user and role access to Billing" as root.
    pub console_access_activated: bool,
    /// The monthly amount of the cost budget, in US dollars; 0: any cost at all is told.
    pub budget_amount: u32,
    /// Who gets the e-mails of the cost budget; none: there is no budget.
    pub budget_email: Option<String>,
}

/// The kinds of billing report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReportKind {
    /// The classic Cost and Usage Report.
    #[default]
    #[serde(rename = "cur")]
    Classic,
    /// CUR 2.0, an export of Data Exports.
    #[serde(rename = "cur-2.0")]
    Cur2,
}

/// How finely a report divides time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "AWS's own words")]
pub enum TimeUnit {
    #[default]
    Hourly,
    Daily,
    Monthly,
}

/// The format of a report's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReportFormat {
    /// Apache Parquet, ready for Athena.
    #[default]
    Parquet,
    /// Comma-separated text, compressed by gzip.
    #[serde(rename = "csv")]
    Csv,
}

/// The practices of IAM, as answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Iam {
    /// Consent to move policies from users to groups. For inline ones it is asked for in no other way.
    pub move_to_groups: bool,
    /// Consent to switch off access keys that nobody uses.
    pub disable_unused: bool,
    /// Whether S3 blocks public access in the whole account; none: a person decides.
    pub block_public_s3: Option<bool>,
    /// Up to which day (UTC) the use of root is explained, as 2026-12-01; none, or one that lies ahead: no use is.
    pub root_use_explained_until: Option<String>,
    /// Who gets AWS's security notices.
    pub security_contact_name: String,
    /// What that person or team is.
    pub security_contact_title: String,
    /// The e-mail address.
    pub security_contact_email: Option<String>,
    /// The phone number.
    pub security_contact_phone: Option<String>,
}

/// A step that stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// The step.
    pub step: StepId,
    /// Why.
    pub reason: String,
}

/// So many days that no number of ours holds them are read as the most that it holds. So the rule for the key says how
/// many there may be, and not the type.
fn days<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    from.deserialize_u32(Days)
}

struct Days;

impl Visitor<'_> for Days {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("u32")
    }

    fn visit_i64<E: Error>(self, days: i64) -> Result<u32, E> {
        let days = u64::try_from(days).map_err(|_| E::invalid_value(Unexpected::Signed(days), &self))?;
        self.visit_u64(days)
    }

    fn visit_u64<E: Error>(self, days: u64) -> Result<u32, E> {
        Ok(u32::try_from(days).unwrap_or(u32::MAX))
    }

    fn visit_i128<E: Error>(self, days: i128) -> Result<u32, E> {
        if days < 0 { self.visit_i64(i64::MIN) } else { Ok(u32::MAX) }
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<u32, E> {
        Ok(u32::MAX)
    }
}

impl Admin {
    /// The AWS profile that the administrator signs in under.
    pub fn profile(&self) -> &str {
        self.access_key_profile.as_deref().unwrap_or(LOGIN_PROFILE)
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            user: None,
            group: "Administrators".into(),
            console_password_file: None,
            access_key_profile: None,
            sign_in: None,
        }
    }
}

impl Default for Mfa {
    fn default() -> Self {
        Self { device: None, serial: None, enrol_command: None, code_command: None, require: true }
    }
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            name: "day-one".into(),
            bucket: None,
            region: None,
            readers: Vec::new(),
            retention_days: 365,
            kms: false,
            object_lock_days: 0,
            root_alarm_email: None,
        }
    }
}

impl TimeUnit {
    /// AWS's own word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hourly => "HOURLY",
            Self::Daily => "DAILY",
            Self::Monthly => "MONTHLY",
        }
    }
}

impl Default for Billing {
    fn default() -> Self {
        Self {
            kind: ReportKind::Classic,
            report: "day-one".into(),
            bucket: None,
            prefix: "cur".into(),
            time_unit: TimeUnit::Hourly,
            format: ReportFormat::Parquet,
            console_access_activated: false,
            budget_amount: 0,
            budget_email: None,
        }
    }
}

impl Default for Iam {
    fn default() -> Self {
        Self {
            move_to_groups: false,
            disable_unused: false,
            block_public_s3: None,
            root_use_explained_until: None,
            security_contact_name: "Security".into(),
            security_contact_title: "Security contact".into(),
            security_contact_email: None,
            security_contact_phone: None,
        }
    }
}
