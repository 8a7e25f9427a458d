//! What is true now of the root user, the administrators' group and the administrator.

use aws_sdk_iam::types::{AccessKeyMetadata, LoginProfile, StatusType};
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;

use crate::account_summary::{self, AccountSummary};
use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::{AwsError, StepError};
use crate::event_history::{AskedKey, Summary};
use crate::groups::GroupReading;
use crate::practice::StepId;
use crate::readings::Readings;
use crate::session::{Administrator, Refusal, Session};
use crate::{credential_report, event_history, profile};

use super::administrator_access;

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// Whether the run was started as root, and root's credentials still work.
    pub as_root: bool,
    /// The password policy; none when AWS's default is in force.
    pub password_policy: Reading<Option<PasswordPolicy>>,
    /// The administrators' group.
    pub group: Reading<Option<Group>>,
    /// The administrator; none as long as nobody has named one.
    pub user: Option<Reading<Option<User>>>,
    /// How far the run has got in acting as the administrator.
    pub sign_in: SignIn,
    /// Whether that sign-in carries MFA.
    pub signed_in_with_mfa: bool,
    /// Whether the profile for the administrator's access key is in the AWS files already.
    pub profile_exists: bool,
    /// Root's access keys.
    pub root_keys: Reading<RootKeys>,
    /// What the credential report has of root's access keys, where there are some that cannot be listed.
    pub reported_root_keys: Option<ReportedKeys>,
    /// Whether root has a password. Where an organization manages root centrally, it has none.
    pub root_password: Reading<bool>,
    /// Whether root has X.509 signing certificates, which are credentials beside the access keys.
    pub root_certificates: Reading<bool>,
}

/// The account's password policy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "AWS's own names")]
pub struct PasswordPolicy {
    pub minimum_password_length: i32,
    pub require_symbols: bool,
    pub require_numbers: bool,
    pub require_uppercase_characters: bool,
    pub require_lowercase_characters: bool,
    pub allow_users_to_change_password: bool,
    pub max_password_age: Option<i32>,
    pub password_reuse_prevention: Option<i32>,
    pub hard_expiry: Option<bool>,
}

/// The administrators' group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name as AWS spells it: names are unique without regard to case.
    pub name: String,
    /// The names of its users.
    pub members: Vec<String>,
    /// The ARNs of its managed policies.
    pub policies: Vec<String>,
    /// How many inline policies it has.
    pub inline_policies: usize,
}

/// The administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name as AWS spells it.
    pub name: String,
    /// Whether there is a console password.
    pub console_password: Reading<bool>,
    /// When that password was last used; none where it never was. The use of one that was deleted does not count.
    pub password_last_used: Option<PasswordUse>,
    /// The access keys.
    pub access_keys: Reading<Vec<UserKey>>,
}

/// A use of the console password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordUse {
    /// When.
    pub at: String,
    /// How many days ago.
    pub days_ago: u32,
}

/// An access key of the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserKey {
    /// The id.
    pub id: String,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub made: String,
    /// Its last use.
    pub last_use: Reading<Option<LastUse>>,
    /// Whether its id stands in this machine's credentials file.
    pub kept_here: bool,
}

/// How far the run has got in acting as the administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// No credentials of the administrator are known.
    No,
    /// Signed in, but AWS refuses what needs MFA.
    Locked,
    /// Signed in, and able to do what only an administrator can.
    Proven,
    /// Signed in, and no administrator.
    Refused(Refusal),
}

/// Root's access keys, as far as the caller may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKeys {
    /// All of them, seen by root itself.
    Listed(Vec<RootKey>),
    /// Whether there are any: all that an administrator can see.
    Counted(bool),
}

/// Root's access keys, as the credential report has them: without their ids, and up to four hours old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedKeys {
    /// When AWS made the report, in seconds since 1970.
    pub generated: Option<i64>,
    /// The keys, those that are switched off included.
    pub keys: Vec<credential_report::Key>,
}

/// An access key of root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKey {
    /// The id.
    pub id: String,
    /// Whether it can be used.
    pub active: bool,
    /// Whether it signs this run.
    pub signs_this_run: bool,
    /// When it was made.
    pub made: String,
    /// Its last use.
    pub last_use: Reading<Option<LastUse>>,
    /// What Event History has of it; of the key that signs this run, what others did with it.
    pub uses: Uses,
    /// How many days ago others used the key that signs this run, by Event History. What IAM tells as its last use is
    /// this run.
    pub used_by_others: Option<u32>,
}

/// What Event History has of the uses of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uses {
    /// It is not asked: nobody is there who would decide by it.
    NotAsked,
    /// It is asked when somebody comes to decide, because that takes some seconds.
    ToBeAsked,
    /// What it has.
    Found(Summary),
}

/// The last use of an access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: String,
    /// How many days ago.
    pub days_ago: u32,
    /// The service.
    pub service: String,
    /// The Region.
    pub region: String,
}

impl RootKey {
    /// It, as it is looked up in Event History by a run that began then. Each call of a run is a use of the key that
    /// signs it, and no reason to read again.
    fn asked(&self, began: Timestamp) -> AskedKey {
        let last_use = self.last_use.as_ref().ok().and_then(Option::as_ref);
        let last_use = last_use.filter(|_| !self.signs_this_run).map(|last| last.at.clone());
        AskedKey { id: self.id.clone(), last_use, signs_since: self.signs_this_run.then_some(began) }
    }

    fn take(&mut self, uses: Summary, now: Timestamp) {
        let last = uses.last.filter(|_| self.signs_this_run);
        self.used_by_others = last.map(|last| days_since(last.as_second(), now));
        self.uses = Uses::Found(uses);
    }
}

impl User {
    /// The newest key that was never used and whose secret is not here. Somebody may keep it elsewhere, unless a run
    /// was cut short while it made one.
    pub fn stranded_key(&self) -> Option<&UserKey> {
        let keys = self.access_keys.as_deref().unwrap_or_default();
        keys.iter()
            .filter(|key| !key.kept_here && key.last_use == Ok(None))
            .max_by(|one, other| one.made.cmp(&other.made))
    }
}

/// Reads them all, the independent ones at once.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let (password_policy, group, user, root_keys, summary) = tokio::try_join!(
        password_policy(identity),
        group(readings),
        user(session, identity, answers),
        root_keys(session, readings, answers),
        readings.account_summary(),
    )?;
    let reported_root_keys = match &root_keys {
        Ok(RootKeys::Counted(true)) => reported_keys(readings).await?,
        _ => None,
    };
    Ok(Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        as_root: session.root().is_some(),
        password_policy,
        group,
        user,
        sign_in: sign_in(session),
        signed_in_with_mfa: session.administrator_caller().is_some_and(|caller| caller.mfa == Some(true)),
        profile_exists: profile_exists(session, answers),
        root_keys,
        reported_root_keys,
        root_password: summary.as_ref().map(AccountSummary::root_password).map_err(Clone::clone),
        root_certificates: summary.as_ref().map_err(Clone::clone).and_then(AccountSummary::root_certificates),
    })
}

fn sign_in(session: &Session) -> SignIn {
    match session.administrator {
        Administrator::Unknown => SignIn::No,
        Administrator::Locked(_) => SignIn::Locked,
        Administrator::Proven(_) => SignIn::Proven,
        Administrator::Refused(_, refusal) => SignIn::Refused(refusal),
    }
}

fn profile_exists(session: &Session, answers: &Answers) -> bool {
    answers
        .admin
        .access_key_profile
        .as_deref()
        .is_some_and(|profile| session.connection.files().mention(profile))
}

async fn password_policy(identity: &Identity) -> Result<Reading<Option<PasswordPolicy>>, AwsError> {
    let answer = identity.iam().get_account_password_policy().send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetAccountPasswordPolicy")))?;
    Ok(answer.map(|answer| answer.and_then(|answer| answer.password_policy).map(PasswordPolicy::from)))
}

impl From<aws_sdk_iam::types::PasswordPolicy> for PasswordPolicy {
    fn from(policy: aws_sdk_iam::types::PasswordPolicy) -> Self {
        // AWS gives 0 where a limit is off, and refuses 0 when it is written back.
        let limit = |value: Option<i32>| value.filter(|value| *value > 0);
        Self {
            minimum_password_length: policy.minimum_password_length.unwrap_or(6),
            require_symbols: policy.require_symbols,
            require_numbers: policy.require_numbers,
            require_uppercase_characters: policy.require_uppercase_characters,
            require_lowercase_characters: policy.require_lowercase_characters,
            allow_users_to_change_password: policy.allow_users_to_change_password,
            max_password_age: limit(policy.max_password_age),
            password_reuse_prevention: limit(policy.password_reuse_prevention),
            hard_expiry: policy.hard_expiry,
        }
    }
}

async fn group(readings: &Readings<'_>) -> Result<Reading<Option<Group>>, AwsError> {
    let group = match readings.administrators().await? {
        Ok(Some(group)) => group,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen.clone())),
    };
    Ok(whole(group).map(Some))
}

/// Full rights are given only to a group that was seen whole.
pub(super) fn whole(group: &GroupReading) -> Reading<Group> {
    match (&group.attached_policies, &group.inline_policies) {
        (Ok(policies), Ok(inline)) => Ok(Group {
            name: group.name.clone(),
            members: group.users.iter().map(|user| user.name.clone()).collect(),
            policies: policies.clone(),
            inline_policies: inline.len(),
        }),
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen.clone()),
    }
}

async fn user(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Option<Reading<Option<User>>>, AwsError> {
    match &answers.admin.user {
        Some(name) => Ok(Some(user_named(session, identity, name).await?)),
        None => Ok(None),
    }
}

/// A user, with the console password and the access keys; none where there is no such user.
async fn user_named(
    session: &Session,
    identity: &Identity,
    name: &str,
) -> Result<Reading<Option<User>>, AwsError> {
    let iam = identity.iam();
    let (user, login, keys) = tokio::join!(
        iam.get_user().user_name(name).send(),
        iam.get_login_profile().user_name(name).send(),
        iam.list_access_keys().user_name(name).send(),
    );
    let user = match identity.reading(unless("NoSuchEntity", user.for_call("iam:GetUser")))? {
        Ok(user) => user.and_then(|user| user.user),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let Some(user) = user else { return Ok(Ok(None)) };
    let now = identity.clock().now();
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    let keys = match identity.reading(keys.for_call("iam:ListAccessKeys"))? {
        Ok(keys) => Ok(user_keys(session, identity, keys.access_key_metadata()).await?),
        Err(unseen) => Err(unseen),
    };
    let login = login.map(|login| login.and_then(|login| login.login_profile));
    Ok(Ok(Some(User {
        name: user.user_name().to_owned(),
        password_last_used: user.password_last_used().and_then(|used| password_use(used, &login, now)),
        console_password: login.map(|login| login.is_some()),
        access_keys: keys,
    })))
}

/// AWS notes only the first use within five minutes.
/// Source: IAM API reference, "User", PasswordLastUsed.
const USES_APART: i64 = 5 * 60;

/// AWS remembers the last use of a password also when that was deleted and another one made.
fn password_use(
    used: &DateTime,
    login: &Reading<Option<LoginProfile>>,
    now: Timestamp,
) -> Option<PasswordUse> {
    let login = login.as_ref().ok().and_then(Option::as_ref);
    let is_earlier = login.is_some_and(|login| used.secs() + USES_APART < login.create_date().secs());
    let at = moment(used).filter(|_| !is_earlier)?;
    Some(PasswordUse { at, days_ago: days_since(used.secs(), now) })
}

async fn user_keys(
    session: &Session,
    identity: &Identity,
    keys: &[AccessKeyMetadata],
) -> Result<Vec<UserKey>, AwsError> {
    let last_uses = last_uses(identity, keys).await?;
    let found = keys.iter().zip(last_uses).map(|(key, last_use)| {
        let id = key.access_key_id().unwrap_or_default();
        UserKey {
            id: id.to_owned(),
            active: key.status() == Some(&StatusType::Active),
            made: key.create_date().and_then(moment).unwrap_or_default(),
            last_use,
            kept_here: profile::mentions_key(session.connection.files(), id),
        }
    });
    Ok(found.collect())
}

/// With the time of day, so that the newest of several is told. The SDK fills a date that AWS left out with the epoch.
fn moment(date: &DateTime) -> Option<String> {
    date.fmt(Format::DateTime).ok().filter(|_| date.secs() > 0)
}

/// Only root may ask without a user name: from an IAM user the same call would list that user's own keys.
async fn root_keys(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Reading<RootKeys>, AwsError> {
    let Some(root) = session.root() else { return counted_keys(readings).await };
    let listed = root.iam().list_access_keys().send().await.for_call("iam:ListAccessKeys");
    let keys = match listed {
        Ok(keys) => keys,
        // What the user guide says of temporary root credentials is not consistent: count the keys if they cannot be listed.
        Err(error) if error.is("ValidationError") => return counted_keys(readings).await,
        Err(error) => match root.reading(Err(error))? {
            Ok(keys) => keys,
            Err(_) => return counted_keys(readings).await,
        },
    };
    let keys = keys.access_key_metadata();
    let last_uses = last_uses(root, keys).await?;
    let mut found: Vec<_> =
        keys.iter().zip(last_uses).map(|(key, last_use)| root_key(root, key, last_use)).collect();
    if answers.attended {
        look_up_uses(session, readings, root, &mut found).await;
    } else if answers.root.delete_access_keys && answers.root.quiet_days > 0 {
        look_up_signing_key(session, root, &mut found).await;
    }
    // The key that signs goes last.
    found.sort_by_key(|key| key.signs_this_run);
    Ok(Ok(RootKeys::Listed(found)))
}

/// Who used the keys, for a person who decides about them: each is asked for once in a run, and anew where the person
/// watches.
async fn look_up_uses(session: &Session, readings: &Readings<'_>, root: &Identity, keys: &mut [RootKey]) {
    if readings.are_waited_for_at(StepId::RootAccessKeys) {
        return read_uses(session, root, keys.iter_mut().collect()).await;
    }
    let left: Vec<_> = keys.iter_mut().filter_map(|key| not_yet_known(session, key)).collect();
    // In a run that only looks nobody comes back to it.
    if session.connection.may_write() {
        left.into_iter().for_each(|key| key.uses = Uses::ToBeAsked);
    } else {
        read_uses(session, root, left).await;
    }
}

/// With nobody there, the last use that IAM tells decides about a key. Of the key that signs it tells nothing but this
/// run, so Event History has to.
async fn look_up_signing_key(session: &Session, root: &Identity, keys: &mut [RootKey]) {
    let signing = keys.iter_mut().filter(|key| key.signs_this_run);
    let left = signing.filter_map(|key| not_yet_known(session, key)).collect();
    read_uses(session, root, left).await;
}

/// The key, unless it was read before what it was used for.
fn not_yet_known<'k>(session: &Session, key: &'k mut RootKey) -> Option<&'k mut RootKey> {
    match session.key_uses.known(&key.asked(session.began)) {
        Some(uses) => {
            key.take(uses, session.started.clock().now());
            None
        }
        None => Some(key),
    }
}

async fn read_uses(session: &Session, root: &Identity, keys: Vec<&mut RootKey>) {
    if keys.is_empty() {
        return;
    }
    let regions = event_history::enabled_regions(root).await;
    let asked: Vec<_> = keys.iter().map(|key| key.asked(session.began)).collect();
    let found = session.key_uses.read(root, &asked, &regions).await;
    for (key, uses) in keys.into_iter().zip(found) {
        key.take(uses, root.clock().now());
    }
}

fn root_key(root: &Identity, key: &AccessKeyMetadata, last_use: Reading<Option<LastUse>>) -> RootKey {
    let id = key.access_key_id().unwrap_or_default();
    RootKey {
        id: id.to_owned(),
        active: key.status() == Some(&StatusType::Active),
        signs_this_run: root.caller.access_key == id,
        made: key.create_date().and_then(moment).unwrap_or_default(),
        last_use,
        uses: Uses::NotAsked,
        used_by_others: None,
    }
}

/// All that an administrator can see, at this moment.
pub async fn count_root_keys(identity: &Identity) -> Result<Reading<RootKeys>, AwsError> {
    Ok(counted(&account_summary::read(identity).await?))
}

async fn counted_keys(readings: &Readings<'_>) -> Result<Reading<RootKeys>, AwsError> {
    Ok(counted(readings.account_summary().await?))
}

fn counted(summary: &Reading<AccountSummary>) -> Reading<RootKeys> {
    summary.as_ref().map_err(Clone::clone).and_then(AccountSummary::root_access_keys).map(RootKeys::Counted)
}

/// What else an administrator can see of them.
async fn reported_keys(readings: &Readings<'_>) -> Result<Option<ReportedKeys>, AwsError> {
    let report = readings.credential_report().await?.as_ref().ok();
    Ok(report.and_then(|report| {
        Some(ReportedKeys { generated: report.generated, keys: report.root()?.keys.clone() })
    }))
}

/// The last use of each key.
async fn last_uses(
    identity: &Identity,
    keys: &[AccessKeyMetadata],
) -> Result<Vec<Reading<Option<LastUse>>>, AwsError> {
    let asked = keys.iter().map(|key| {
        let (identity, id) = (identity.clone(), key.access_key_id().unwrap_or_default().to_owned());
        async move { last_use(&identity, &id).await }
    });
    at_once(asked).await
}

async fn last_use(identity: &Identity, id: &str) -> Result<Reading<Option<LastUse>>, AwsError> {
    let answer = identity.iam().get_access_key_last_used().access_key_id(id).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetAccessKeyLastUsed")))?;
    Ok(answer.map(|answer| {
        let last = answer?.access_key_last_used?;
        let date = last.last_used_date()?;
        Some(LastUse {
            at: moment(date)?,
            days_ago: days_since(date.secs(), identity.clock().now()),
            service: last.service_name().to_owned(),
            region: last.region().to_owned(),
        })
    }))
}

/// How old something is that AWS has dated.
fn days_since(seconds: i64, now: Timestamp) -> u32 {
    let passed = now.as_second().saturating_sub(seconds).max(0);
    u32::try_from(passed / 86_400).unwrap_or(u32::MAX)
}

impl Group {
    /// Whether it carries full rights.
    pub fn is_administrators(&self, partition: &str) -> bool {
        self.policies.contains(&administrator_access(partition))
    }

    /// Whether the user is in it.
    pub fn has(&self, user: &str) -> bool {
        self.members.iter().any(|member| member.eq_ignore_ascii_case(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    /// How many days ago a key was last used, by what AWS says an hour after, where its clock is so many seconds ahead.
    async fn days_since_last_use(ahead: i64) -> u32 {
        let used = DateTime::from_secs(Timestamp::now().as_second() + ahead - 3_600);
        let used = used.fmt(Format::DateTime).unwrap();
        let aws = canned::Aws::with_clock(ahead, move |call| {
            call.xml(&format!(
                "<UserName>alice</UserName><AccessKeyLastUsed><LastUsedDate>{used}</LastUsedDate>\
                 <ServiceName>s3</ServiceName><Region>eu-west-1</Region></AccessKeyLastUsed>"
            ))
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        last_use(&identity, "AKIAEXAMPLE").await.unwrap().unwrap().unwrap().days_ago
    }

    /// A key in use must not look like one that nobody has used for months.
    #[tokio::test(start_paused = true)]
    async fn a_use_is_as_old_as_it_is_by_the_clock_of_aws() {
        for days in [0, 60, -60] {
            assert_eq!(days_since_last_use(days * 86_400).await, 0, "{days}");
        }
    }

    #[test]
    fn what_is_still_to_come_is_of_today() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let cases = [(now.as_second() + 60, 0), (now.as_second() - 86_399, 0), (now.as_second() - 86_400, 1)];
        for (seconds, days) in cases {
            assert_eq!(days_since(seconds, now), days, "{seconds}");
        }
    }
}
