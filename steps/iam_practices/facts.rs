//! What is true now of everybody's credentials and rights, and of what watches over the account.
//!
//! The credential report tells of all users in a few calls and can be four hours old. A user is looked up singly only
//! where something of it may have to change, and for so few that the calls do not grow with the users.

mod account;
mod keys;
mod support;
mod switched;

use std::collections::{BTreeMap, BTreeSet};

use crate::answers::Answers;
use crate::aws::{CallerKind, Identity, Reading, reading};
use crate::cloudtrail::Found;
use crate::credential_report::{CredentialReport, Key, Row};
use crate::error::{AwsError, StepError};
use crate::readings::Readings;
use crate::session::Session;

use super::rights;
use super::rights::{Rights, Role};
use super::root_alarm;
use super::root_alarm::Alarm;

pub(super) use keys::SINGLE_LOOK_UPS;

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The run's Region.
    pub region: String,
    /// The time by AWS's clock, in seconds since 1970.
    pub now: i64,
    /// Whom the run acts as.
    pub run: Run,
    /// Everybody's passwords and keys, and root's, by the credential report.
    pub report: Reading<CredentialReport>,
    /// The keys of the few users that were looked up singly, by user.
    pub looked_up: Reading<BTreeMap<String, Vec<Key>>>,
    /// The AWS profiles of this computer that hold a key of the administrator or of whom the run acts as, by the key's id.
    pub kept: BTreeMap<String, Vec<String>>,
    /// The keys that were switched on or off in the 90 days of Event History, of those that may have been off for long.
    pub switched: Reading<BTreeSet<String>>,
    /// Who may do what.
    pub rights: Reading<Rights>,
    /// The management account of the organization, if the account is in one. It is read only where a role says to be of an
    /// organization.
    pub management_account: Reading<Option<String>>,
    /// The analyzer of access from outside, in the run's Region.
    pub analyzer: Reading<Analyzer>,
    /// Whether the account has a contact for security notices of its own.
    pub security_contact: Reading<bool>,
    /// Whether it has one for billing, and one for operations.
    pub other_contacts: Reading<[bool; 2]>,
    /// The name of a trail that covers all Regions.
    pub trail: Reading<Option<String>>,
    /// Whether S3 blocks public access in the whole account.
    pub public_access_blocked: Reading<bool>,
    /// The role that may talk to AWS Support.
    pub support: Reading<SupportRole>,
    /// The alarm on root, in each of its Regions. It is read only for who asks for it.
    pub root_alarm: Vec<Alarm>,
}

/// Whom the run acts as: their credentials are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// The names of the IAM users.
    pub users: Vec<String>,
    /// The ids of the keys that sign.
    pub access_keys: Vec<String>,
}

/// The analyzer of access from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Analyzer {
    /// There is none.
    Missing,
    /// It works.
    Working(String),
    /// It is there and does not work.
    NotWorking(String),
}

/// The role that may talk to AWS Support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupportRole {
    /// There is none.
    Missing,
    /// The role of our name is there, and may not talk to AWS Support yet.
    Bare,
    /// A role of our name is there, and somebody else may take it on.
    Namesake,
    /// This role may.
    Ready(String),
}

impl Facts {
    /// The keys of a user: as just looked up, or else as the report has them, without ids.
    pub fn keys<'f>(&'f self, row: &'f Row) -> &'f [Key] {
        match &self.looked_up {
            Ok(looked_up) => looked_up.get(&row.user).unwrap_or(&row.keys),
            Err(_) => &row.keys,
        }
    }

    /// Whether the contacts are those of another account: of the standard account that belongs to one of GovCloud.
    pub fn has_no_contacts_of_its_own(&self) -> bool {
        self.partition == account::WITHOUT_CONTACTS
    }

    /// Whether the keys of a user are as just looked up.
    pub fn is_looked_up(&self, user: &str) -> bool {
        self.looked_up.as_ref().is_ok_and(|looked_up| looked_up.contains_key(user))
    }

    /// Whether a user is the administrator, or one that the run acts as.
    pub fn is_one_of_ours(&self, user: &str, answers: &Answers) -> bool {
        is_one_of_ours(user, &self.run, answers)
    }
}

fn is_one_of_ours(user: &str, run: &Run, answers: &Answers) -> bool {
    run.users.iter().chain(&answers.admin.user).any(|name| name.eq_ignore_ascii_case(user))
}

/// Reads them all, the independent ones at once.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let region = session.connection.region();
    let (now, run) = (identity.clock().now().as_second(), run(session));
    let is_ours = |user: &str| is_one_of_ours(user, &run, answers);
    let (credentials, (rights, management_account), analyzer, contacts, others) = tokio::try_join!(
        keys::credentials(readings, is_ours, &session.remembered, now),
        rights_and_management(readings),
        account::analyzer(identity, &region),
        account::contacts(identity),
        async {
            tokio::try_join!(
                account::public_access_blocked(identity, &region),
                support::support(identity),
                trail(readings, &region, answers),
                alarm_asked_for(identity, &region, answers),
            )
        },
    )?;
    let (report, looked_up, switched) = credentials;
    let (blocked, support, trail, root_alarm) = others;
    Ok(Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        now,
        kept: keys::kept(&looked_up, is_ours, session.connection.files()),
        run,
        report,
        looked_up,
        switched,
        rights,
        management_account,
        analyzer,
        security_contact: contacts.0,
        other_contacts: contacts.1,
        trail,
        public_access_blocked: blocked,
        support,
        root_alarm,
        region,
    })
}

/// Who may do what, and who manages the organization where that makes a difference.
async fn rights_and_management(
    readings: &Readings<'_>,
) -> Result<(Reading<Rights>, Reading<Option<String>>), AwsError> {
    let rights = rights::read(readings).await?;
    let named = rights.iter().flat_map(|rights| &rights.roles).any(Role::is_named_for_an_organization);
    let management = if named { account::management(readings.identity()).await? } else { Ok(None) };
    Ok((rights, management))
}

/// What nobody has asked for is not looked at.
async fn alarm_asked_for(
    identity: &Identity,
    region: &str,
    answers: &Answers,
) -> Result<Vec<Alarm>, AwsError> {
    let home = answers.trail.region.as_deref().unwrap_or(region);
    match &answers.trail.root_alarm_email {
        Some(email) => root_alarm::observe(identity, home, email).await,
        None => Ok(Vec::new()),
    }
}

fn run(session: &Session) -> Run {
    let callers: Vec<_> =
        std::iter::once(&session.started.caller).chain(session.administrator_caller()).collect();
    let user = |kind: &CallerKind| match kind {
        CallerKind::User(name) => Some(name.clone()),
        CallerKind::Root | CallerKind::Role(_) | CallerKind::Federated => None,
    };
    Run {
        users: callers.iter().filter_map(|caller| user(&caller.kind)).collect(),
        access_keys: callers.iter().map(|caller| caller.access_key.clone()).collect(),
    }
}

/// The first trail that covers all Regions, as far as the trail's home Region shows. Whether it logs, its step tells.
async fn trail(
    readings: &Readings<'_>,
    region: &str,
    answers: &Answers,
) -> Result<Reading<Option<String>>, AwsError> {
    let trails = readings.trails(answers.trail.region.as_deref().unwrap_or(region)).await?;
    Ok(trails.as_ref().map_err(Clone::clone).map(Found::covering))
}

/// As [`reading`], for services that are not in every Region and not behind every endpoint: one that does not answer
/// leaves its own line open, and not the whole run. Nothing is changed that was not seen.
pub(super) fn seen<T>(result: Result<T, AwsError>) -> Result<Reading<T>, AwsError> {
    match result {
        Err(error) if error.concerns_one_read() => Ok(Err(error.into())),
        result => reading(result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AwsCause;

    #[test]
    fn a_service_that_does_not_answer_leaves_its_line_open() {
        let failed = |cause| AwsError { cause, ..AwsError::without_answer("s3:GetSomething", "words") };
        for cause in [AwsCause::Refused, AwsCause::Unreachable, AwsCause::Denied] {
            assert!(matches!(seen::<()>(Err(failed(cause))), Ok(Err(_))), "{cause:?}");
        }
        for cause in [AwsCause::NotSignedIn, AwsCause::SignInExpired, AwsCause::WouldWrite] {
            assert!(seen::<()>(Err(failed(cause))).is_err(), "{cause:?}");
        }
        assert_eq!(seen(Ok(7)).unwrap(), Ok(7));
    }
}
