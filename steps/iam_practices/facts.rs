//! What is true now of everybody's credentials and rights, and of what watches over the account.
//!
//! The credential report tells of all users in a few calls and can be four hours old. A user is looked up singly only
//! where something of it may have to change, and for so few that the calls do not grow with the users.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_sdk_accessanalyzer::types::{AnalyzerStatus, AnalyzerSummary, Type};
use aws_sdk_account::types::AlternateContactType;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_sdk_iam::types::{AccessKeyMetadata, EntityType, StatusType};
use aws_smithy_types::DateTime;
use serde_json::Value;

use crate::answers::Answers;
use crate::aws::{AwsFiles, CallerKind, ForCall, Identity, Reading, Unseen, at_once, reading, unless};
use crate::cloudtrail::Found;
use crate::credential_report::{CredentialReport, Key, LastUse, Row};
use crate::error::{AwsError, StepError};
use crate::readings::Readings;
use crate::session::Session;
use crate::text::{Text, percent_decoded};
use crate::{profile, regions, text};

use super::lifetimes::{came_with_the_user, is_due, is_forgotten, is_unused};
use super::makers;
use super::remembered::Remembered;
use super::rights;
use super::rights::Rights;
use super::root_alarm;
use super::root_alarm::Alarm;
use super::{SUPPORT_ROLE, support_access, support_trust};

/// Up to so many users are looked up one by one, of those of whom something may have to change.
pub const SINGLE_LOOK_UPS: usize = 20;
/// Where users need nothing any more, whatever the report says of them, others are looked up in their place: so often in
/// one look.
const ROUNDS: usize = 3;
/// Event History is read for so many pages, of 50 events each.
const EVENT_PAGES: usize = 4;

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The run's Region.
    pub region: String,
    /// The time, in seconds since 1970.
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
    /// The analyzer of access from outside, in the run's Region.
    pub analyzer: Reading<Analyzer>,
    /// Whether the account has a contact for security notices.
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
    let (now, run) = (now(), run(session));
    let is_ours = |user: &str| is_one_of_ours(user, &run, answers);
    let (credentials, rights, analyzer, contacts, others) = tokio::try_join!(
        credentials(readings, is_ours, &session.remembered, now),
        rights::read(readings),
        analyzer(identity, &region),
        contacts(identity),
        async {
            tokio::try_join!(
                public_access_blocked(identity, &region),
                support(identity),
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
        kept: kept(&looked_up, is_ours, session.connection.files()),
        run,
        report,
        looked_up,
        switched,
        rights,
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

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
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

type Credentials =
    (Reading<CredentialReport>, Reading<BTreeMap<String, Vec<Key>>>, Reading<BTreeSet<String>>);

async fn credentials(
    readings: &Readings<'_>,
    is_ours: impl Fn(&str) -> bool,
    remembered: &Remembered,
    now: i64,
) -> Result<Credentials, AwsError> {
    let identity = readings.identity();
    let report = match readings.credential_report().await? {
        Ok(report) => report,
        Err(unseen) => return Ok((Err(unseen.clone()), Ok(BTreeMap::new()), Ok(BTreeSet::new()))),
    };
    let mut looked_up = look_ups(identity, report, is_ours, remembered, now).await?;
    let keys = looked_up.iter().flat_map(BTreeMap::values).flatten();
    let forgotten: BTreeSet<_> =
        keys.filter(|key| is_forgotten(key, now)).filter_map(|key| key.id.clone()).collect();
    let switched = switched(identity, &forgotten).await?;
    let mut report = report.clone();
    if let (true, Ok(looked_up)) = (readings.tell_makers(), &mut looked_up) {
        makers::tell(readings, remembered, now, &mut report, looked_up).await?;
    }
    Ok((Ok(report), looked_up, switched))
}

/// The keys of the users of whom something may have to change: those of this run first, then those that nobody needs, and
/// in each look no more than a few. Users who need nothing any more make room for others.
async fn look_ups(
    identity: &Identity,
    report: &CredentialReport,
    is_ours: impl Fn(&str) -> bool,
    remembered: &Remembered,
    now: i64,
) -> Result<Reading<BTreeMap<String, Vec<Key>>>, AwsError> {
    let mut found = remembered.settled(report.generated);
    // Of two keys of ours one may be on its way out, whatever the report says of them.
    let may_be_replaced = |row: &Row| is_ours(&row.user) && row.keys.len() > 1;
    let mut rows: Vec<_> =
        report.users().filter(|row| may_be_replaced(row) || needs_a_look(row, now)).collect();
    rows.retain(|row| !found.contains_key(&row.user));
    rows.sort_by_key(|row| (Reverse(is_ours(&row.user)), urgency(row, now)));
    let (mut rows, mut open) = (rows.into_iter(), 0);
    for _ in 0..ROUNDS {
        let round: Vec<_> = rows.by_ref().take(SINGLE_LOOK_UPS.saturating_sub(open)).collect();
        if round.is_empty() {
            break;
        }
        let users = round.iter().map(|row| row.user.clone()).collect();
        let keys = match look_up(identity, users).await? {
            Ok(keys) => keys,
            Err(unseen) => return Ok(Err(unseen)),
        };
        let is_done = |row: &&Row| {
            !is_ours(&row.user) && keys.get(&row.user).is_some_and(|keys| is_settled(row, keys, now))
        };
        let done: BTreeSet<_> = round.iter().copied().filter(is_done).map(|row| &row.user).collect();
        open += round.len() - done.len();
        let settled = keys.iter().filter(|(user, _)| done.contains(user));
        remembered
            .settle(report.generated, settled.map(|(user, keys)| (user.clone(), keys.clone())).collect());
        found.extend(keys);
    }
    Ok(Ok(found))
}

/// What nobody needs comes before what is off, and that before what a person replaces.
fn urgency(row: &Row, now: i64) -> u8 {
    let is_needless = |key: &Key| is_unused(key, now) || came_with_the_user(row, key);
    if row.keys.iter().any(is_needless) {
        0
    } else if row.keys.iter().any(|key| is_forgotten(key, now)) {
        1
    } else {
        2
    }
}

/// Whether a user needs nothing any more before the next report: no active key is in question, and one that is off was
/// on when the report was made, so that it has not been off for long.
fn is_settled(row: &Row, keys: &[Key], now: i64) -> bool {
    let active = |keys: &[Key]| keys.iter().filter(|key| key.active).count();
    let on: Vec<_> = keys.iter().filter(|key| key.active).cloned().collect();
    let was_switched = active(&row.keys) != active(keys);
    let may_be_deleted = !was_switched && keys.iter().any(|key| is_forgotten(key, now));
    !may_be_deleted && !needs_a_look(&Row { keys: on, ..row.clone() }, now)
}

/// Whether a key of the user may have to change, which takes its id and its state of this moment.
fn needs_a_look(row: &Row, now: i64) -> bool {
    let may_change = |key: &Key| {
        is_unused(key, now) || is_due(key, now) || is_forgotten(key, now) || came_with_the_user(row, key)
    };
    row.keys.iter().any(may_change) || row.keys.iter().filter(|key| key.active).count() > 1
}

/// Where the keys of ours are on this computer.
fn kept(
    looked_up: &Reading<BTreeMap<String, Vec<Key>>>,
    is_ours: impl Fn(&str) -> bool,
    files: &AwsFiles,
) -> BTreeMap<String, Vec<String>> {
    let ours = looked_up.iter().flatten().filter(|(user, _)| is_ours(user.as_str()));
    let ids = ours.flat_map(|(_, keys)| keys).filter_map(|key| key.id.clone());
    let holders = ids.map(|id| (id.clone(), profile::holders(files, &id)));
    holders.filter(|(_, profiles)| !profiles.is_empty()).collect()
}

async fn look_up(
    identity: &Identity,
    users: Vec<String>,
) -> Result<Reading<BTreeMap<String, Vec<Key>>>, AwsError> {
    let asked = users.into_iter().map(|user| keys_of(identity.clone(), user));
    Ok(at_once(asked).await?.into_iter().collect())
}

/// The user again, with the keys.
async fn keys_of(identity: Identity, user: String) -> Result<Reading<(String, Vec<Key>)>, AwsError> {
    let listed = identity.iam().list_access_keys().user_name(&user).send().await;
    let listed = match identity.reading(unless("NoSuchEntity", listed.for_call("iam:ListAccessKeys")))? {
        Ok(listed) => listed.map(|listed| listed.access_key_metadata).unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let asked = listed.into_iter().map(|key| key_of(identity.clone(), key));
    let keys: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(keys.map(|keys| (user, keys)))
}

async fn key_of(identity: Identity, key: AccessKeyMetadata) -> Result<Reading<Key>, AwsError> {
    let id = key.access_key_id().unwrap_or_default();
    let answer = identity.iam().get_access_key_last_used().access_key_id(id).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetAccessKeyLastUsed")))?;
    Ok(answer.map(|answer| Key {
        id: Some(id.to_owned()),
        active: key.status() == Some(&StatusType::Active),
        made: key.create_date().and_then(moment),
        last_use: answer.and_then(|answer| answer.access_key_last_used).and_then(|last| last_use(&last)),
        made_by: None,
    }))
}

fn last_use(last: &aws_sdk_iam::types::AccessKeyLastUsed) -> Option<LastUse> {
    let told = |word: &str| Some(word.to_owned()).filter(|word| !["", "N/A"].contains(&word.as_str()));
    let at = last.last_used_date().and_then(moment)?;
    Some(LastUse { at, region: told(last.region()), service: told(last.service_name()) })
}

/// The SDK fills a date that AWS left out with the epoch.
fn moment(date: &DateTime) -> Option<i64> {
    Some(date.secs()).filter(|seconds| *seconds > 0)
}

/// The keys, of these, that Event History has being switched. IAM's events are in one Region of the partition.
async fn switched(
    identity: &Identity,
    forgotten: &BTreeSet<String>,
) -> Result<Reading<BTreeSet<String>>, AwsError> {
    const CALL: &str = "cloudtrail:LookupEvents";
    if forgotten.is_empty() {
        return Ok(Ok(BTreeSet::new()));
    }
    let region = regions::of_global_services(&identity.caller.partition);
    let wanted = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventName)
        .attribute_value("UpdateAccessKey")
        .build()
        .map_err(|error| AwsError::without_answer(CALL, &error.to_string()))?;
    let mut pages =
        identity.cloudtrail(region).lookup_events().lookup_attributes(wanted).into_paginator().send();
    let mut switched = BTreeSet::new();
    for _ in 0..EVENT_PAGES {
        identity.look_ups().turn(region).await;
        let Some(page) = pages.next().await else { break };
        let page = match identity.reading(page.for_call("cloudtrail:LookupEvents"))? {
            Ok(page) => page,
            Err(unseen) => return Ok(Err(unseen)),
        };
        match keys_in(&page) {
            Some(keys) => switched.extend(keys.into_iter().filter(|key| forgotten.contains(key))),
            None => return Ok(Err(Unseen::failed(CALL, unclear()))),
        }
        if page.next_token().is_none_or(str::is_empty) {
            return Ok(Ok(switched));
        }
    }
    Ok(Err(Unseen::failed(CALL, too_many())))
}

fn unclear() -> Text {
    text! { en: "an event does not tell its key.", ko: "어느 키인지 알 수 없는 이벤트가 있습니다." }
}

fn too_many() -> Text {
    text! { en: "there are too many events.", ko: "이벤트가 너무 많습니다." }
}

/// None where an event does not tell its key.
fn keys_in(page: &LookupEventsOutput) -> Option<Vec<String>> {
    page.events().iter().map(key_in).collect()
}

fn key_in(event: &Event) -> Option<String> {
    let event: Value = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    // A call that was refused has no parameters, and switched nothing.
    if event.get("errorCode").is_some() {
        return Some(String::new());
    }
    event.get("requestParameters")?.get("accessKeyId")?.as_str().map(ToOwned::to_owned)
}

async fn analyzer(identity: &Identity, region: &str) -> Result<Reading<Analyzer>, AwsError> {
    let analyzers = identity
        .access_analyzer(region)
        .list_analyzers()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    Ok(seen(analyzers.for_call("access-analyzer:ListAnalyzers"))?.map(|analyzers| best(&analyzers)))
}

/// Analyzers of unused access, which cost money, are another kind.
fn best(analyzers: &[AnalyzerSummary]) -> Analyzer {
    let of_access_from_outside =
        |analyzer: &&AnalyzerSummary| matches!(analyzer.r#type(), Type::Account | Type::Organization);
    let works = |analyzer: &&AnalyzerSummary| {
        matches!(analyzer.status(), AnalyzerStatus::Active | AnalyzerStatus::Creating)
    };
    let analyzers: Vec<_> = analyzers.iter().filter(of_access_from_outside).collect();
    match (analyzers.iter().copied().find(works), analyzers.first()) {
        (Some(analyzer), _) => Analyzer::Working(analyzer.name().to_owned()),
        (None, Some(analyzer)) => Analyzer::NotWorking(analyzer.name().to_owned()),
        (None, None) => Analyzer::Missing,
    }
}

/// Whether there is a contact for security notices, and whether there are those for billing and operations. GovCloud has
/// no contacts of its own: they are those of the standard account that belongs to it.
async fn contacts(identity: &Identity) -> Result<(Reading<bool>, Reading<[bool; 2]>), AwsError> {
    if identity.caller.partition == "aws-us-gov" {
        return Ok((Ok(true), Ok([true; 2])));
    }
    let (security, billing, operations) = tokio::try_join!(
        contact(identity, AlternateContactType::Security),
        contact(identity, AlternateContactType::Billing),
        contact(identity, AlternateContactType::Operations),
    )?;
    Ok((security, billing.and_then(|billing| Ok([billing, operations?]))))
}

async fn contact(identity: &Identity, kind: AlternateContactType) -> Result<Reading<bool>, AwsError> {
    let answer = identity.account().get_alternate_contact().alternate_contact_type(kind).send().await;
    let answer = seen(unless("ResourceNotFound", answer.for_call("account:GetAlternateContact")))?;
    Ok(answer.map(|answer| answer.is_some_and(|answer| answer.alternate_contact().is_some())))
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

async fn public_access_blocked(identity: &Identity, region: &str) -> Result<Reading<bool>, AwsError> {
    let account = &identity.caller.account;
    let answer = identity.s3_control(region).get_public_access_block().account_id(account).send().await;
    let answer = answer.for_call("s3:GetAccountPublicAccessBlock");
    let answer = seen(unless("NoSuchPublicAccessBlockConfiguration", answer))?;
    Ok(answer.map(|answer| {
        let configuration = answer.and_then(|answer| answer.public_access_block_configuration);
        configuration.is_some_and(|block| {
            [
                block.block_public_acls(),
                block.ignore_public_acls(),
                block.block_public_policy(),
                block.restrict_public_buckets(),
            ]
            .iter()
            .all(|on| *on == Some(true))
        })
    }))
}

async fn support(identity: &Identity) -> Result<Reading<SupportRole>, AwsError> {
    let policy = support_access(&identity.caller.partition);
    let (holders, own) = tokio::try_join!(roles_with(identity, policy), own_support_role(identity))?;
    let first = holders.map(|roles| roles.into_iter().next());
    Ok(match (first, own) {
        (Ok(Some(role)), _) => Ok(SupportRole::Ready(role)),
        (Ok(None), Ok(own)) => Ok(own),
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen),
    })
}

/// The roles that a managed policy is attached to.
async fn roles_with(identity: &Identity, policy: String) -> Result<Reading<Vec<String>>, AwsError> {
    let request = identity.iam().list_entities_for_policy().policy_arn(policy).max_items(1000);
    let pages = request.entity_filter(EntityType::Role).into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await;
    // Where AWS's policy is missing, nothing is known: it could not be attached either.
    let pages = seen(pages.for_call("iam:ListEntitiesForPolicy"))?;
    Ok(pages.map(|pages| {
        let roles = pages.into_iter().flat_map(|page| page.policy_roles.unwrap_or_default());
        roles.filter_map(|role| role.role_name).collect()
    }))
}

async fn own_support_role(identity: &Identity) -> Result<Reading<SupportRole>, AwsError> {
    let answer = identity.iam().get_role().role_name(SUPPORT_ROLE).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetRole")))?;
    let caller = &identity.caller;
    Ok(answer.map(|answer| match answer.and_then(|answer| answer.role) {
        None => SupportRole::Missing,
        Some(role) => {
            let trust = percent_decoded(role.assume_role_policy_document().unwrap_or_default());
            let trust = serde_json::from_str::<Value>(&trust).ok();
            let ours = support_trust(&caller.partition, &caller.account);
            if trust == Some(ours) { SupportRole::Bare } else { SupportRole::Namesake }
        }
    }))
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
    use crate::aws::{Access, canned};
    use crate::credential_report;
    use crate::error::AwsCause;
    use crate::text::percent_encoded;

    const NOW: i64 = 1_795_478_400;

    fn event(words: &str) -> Event {
        Event::builder().cloud_trail_event(words).build()
    }

    #[test]
    fn an_event_tells_which_key_was_switched() {
        let switched = event(r#"{"requestParameters": {"accessKeyId": "AKIA1", "status": "Inactive"}}"#);
        let refused = event(r#"{"errorCode": "AccessDenied", "requestParameters": null}"#);
        let page = |events: Vec<Event>| LookupEventsOutput::builder().set_events(Some(events)).build();
        let keys = keys_in(&page(vec![switched.clone(), refused])).unwrap();
        assert_eq!(keys, ["AKIA1", ""]);
        for unclear in [event("{}"), event("not JSON"), Event::builder().build()] {
            assert_eq!(keys_in(&page(vec![switched.clone(), unclear])), None);
        }
    }

    #[test]
    fn only_an_analyzer_of_access_from_outside_counts_and_one_that_works_before_others() {
        let analyzer = |name: &str, kind, status| {
            AnalyzerSummary::builder()
                .arn(name)
                .name(name)
                .r#type(kind)
                .status(status)
                .created_at(DateTime::from_secs(1))
                .build()
                .unwrap()
        };
        let unused = analyzer("unused", Type::AccountUnusedAccess, AnalyzerStatus::Active);
        let failed = analyzer("failed", Type::Account, AnalyzerStatus::Failed);
        let organization = analyzer("organization", Type::Organization, AnalyzerStatus::Creating);
        assert_eq!(best(&[]), Analyzer::Missing);
        assert_eq!(best(std::slice::from_ref(&unused)), Analyzer::Missing);
        assert_eq!(best(&[unused.clone(), failed.clone()]), Analyzer::NotWorking("failed".into()));
        assert_eq!(best(&[failed, unused, organization]), Analyzer::Working("organization".into()));
    }

    #[test]
    fn only_whose_key_may_change_is_looked_up() {
        let days_ago = |days: i64| Some(NOW - days * 86_400);
        let key = |active, made| Key { active, made: days_ago(made), ..Key::default() };
        let row = |keys| Row { keys, created: days_ago(1000), ..Row::default() };
        for (keys, looked_up) in [
            (vec![], false),
            (vec![key(true, 10)], false),
            (vec![key(true, 44)], false),
            (vec![key(true, 45)], true),
            (vec![key(true, 10), key(true, 1)], true),
            (vec![key(true, 10), key(false, 89)], false),
            (vec![key(false, 90)], true),
        ] {
            assert_eq!(needs_a_look(&row(keys.clone()), NOW), looked_up, "{keys:?}");
        }
        let mut with_the_user = row(vec![key(true, 10)]);
        (with_the_user.created, with_the_user.password) = (days_ago(10), true);
        assert!(needs_a_look(&with_the_user, NOW));
    }

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

    /// A report of so many users, each with a key that is old and unused, as AWS sends it.
    fn report_of(users: usize) -> String {
        let key =
            || vec![("access_key_1_active", "true"), ("access_key_1_last_rotated", "2020-01-01T00:00:00Z")];
        let user = |number| (format!("user{number}"), key());
        aws_smithy_types::base64::encode(credential_report::table((0..users).map(user)))
    }

    /// The credentials as a run sees them that is nobody of the account, and remembers nothing.
    async fn seen_by_nobody(identity: &Identity) -> Credentials {
        let readings = Readings::by(identity, "Administrators");
        credentials(&readings, |_| false, &Remembered::default(), NOW).await.unwrap()
    }

    /// The keys of a user, of whom the report says that there is one, and that it is on.
    fn one_that_is(status: &str) -> String {
        format!(
            "<AccessKeyMetadata><member><UserName>u</UserName><AccessKeyId>AKIA1</AccessKeyId>\
             <Status>{status}</Status><CreateDate>2020-01-01T00:00:00Z</CreateDate></member></AccessKeyMetadata>\
             <IsTruncated>false</IsTruncated>"
        )
    }

    const LAST_USED: &str = "<UserName>u</UserName><AccessKeyLastUsed><LastUsedDate>2021-01-01T00:00:00Z</LastUsedDate>\
        <ServiceName>s3</ServiceName><Region>N/A</Region></AccessKeyLastUsed>";

    #[tokio::test(start_paused = true)]
    async fn the_calls_do_not_grow_with_the_users() {
        let mut counts = Vec::new();
        for users in [30, 5000] {
            let report = report_of(users);
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
                "GetCredentialReport" => call.xml(&format!("<Content>{report}</Content>")),
                "ListAccessKeys" => call.xml(&one_that_is("Active")),
                "GetAccessKeyLastUsed" => call.xml(LAST_USED),
                _ => None,
            });
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let (report, looked_up, switched) = seen_by_nobody(&identity).await;
            assert_eq!(report.unwrap().users().count(), users);
            let looked_up = looked_up.unwrap();
            assert_eq!(looked_up.len(), SINGLE_LOOK_UPS);
            let last_use = LastUse { at: 1_609_459_200, region: None, service: Some("s3".into()) };
            let key = Key {
                id: Some("AKIA1".into()),
                active: true,
                made: Some(1_577_836_800),
                last_use: Some(last_use),
                made_by: None,
            };
            assert!(looked_up.values().all(|keys| *keys == [key.clone()]), "{looked_up:?}");
            assert_eq!(switched, Ok(BTreeSet::new()));
            counts.push(aws.heard().len());
        }
        // Who is signed in, the report, and the keys of twenty users with their last use.
        assert_eq!(counts, [1 + 2 + 20 + 20; 2]);
    }

    /// An AWS whose report knows seventy users with a key that nobody uses. Those of so many of them have been switched
    /// off since.
    fn switched_off_since_the_report(off: usize) -> canned::Aws {
        let report = report_of(70);
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
            "GetCredentialReport" => call.xml(&format!("<Content>{report}</Content>")),
            "ListAccessKeys" => {
                let mut words = call.body.split('&');
                let number = words.find_map(|word| word.strip_prefix("UserName=user")).unwrap();
                let number: usize = number.parse().unwrap();
                call.xml(&one_that_is(if number < off { "Inactive" } else { "Active" }))
            }
            "GetAccessKeyLastUsed" => call.xml(LAST_USED),
            "LookupEvents" => Some((200, "{\"Events\": []}".into())),
            _ => None,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn who_needs_nothing_any_more_makes_room_for_others() {
        let aws = switched_off_since_the_report(25);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let remembered = Remembered::default();
        let mut asked = 0;
        // The second look knows of the twenty-five by the first.
        for calls in [45, 20] {
            let readings = Readings::by(&identity, "Administrators");
            let (_, looked_up, _) = credentials(&readings, |_| false, &remembered, NOW).await.unwrap();
            let looked_up = looked_up.unwrap();
            assert_eq!(looked_up.len(), 25 + SINGLE_LOOK_UPS);
            assert!(!looked_up["user24"][0].active && looked_up["user44"][0].active);
            let all = aws.heard().iter().filter(|call| call.operation == "ListAccessKeys").count();
            assert_eq!(all - asked, calls);
            asked = all;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_need_nothing_any_more_the_look_ups_come_to_an_end() {
        let aws = switched_off_since_the_report(70);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let (_, looked_up, _) = seen_by_nobody(&identity).await;
        assert_eq!(looked_up.unwrap().len(), ROUNDS * SINGLE_LOOK_UPS);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_this_run_acts_as_comes_first_and_is_looked_up_in_each_look() {
        let aws = switched_off_since_the_report(70);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let remembered = Remembered::default();
        for _ in 0..2 {
            let readings = Readings::by(&identity, "Administrators");
            let is_ours = |user: &str| user == "user69";
            credentials(&readings, is_ours, &remembered, NOW).await.unwrap().1.unwrap();
        }
        let of_ours = aws.heard().iter().filter(|call| call.says("UserName", "user69")).count();
        assert_eq!(of_ours, 2);
    }

    #[test]
    fn what_nobody_needs_is_looked_up_before_what_is_merely_due() {
        let days_ago = |days: i64| Some(NOW - days * 86_400);
        let used = |days: i64| Some(LastUse { at: NOW - days * 86_400, region: None, service: None });
        let key = |active, made, last_use| Key { active, made: days_ago(made), last_use, ..Key::default() };
        let row = |key| Row { keys: vec![key], created: days_ago(1000), ..Row::default() };
        let unused = row(key(true, 300, None));
        let forgotten = row(key(false, 300, None));
        let due = row(key(true, 300, used(1)));
        assert_eq!([&unused, &forgotten, &due].map(|row| urgency(row, NOW)), [0, 1, 2]);

        // Looked up: still as it was, switched off, in use again.
        let off = [key(false, 300, None)];
        let cases: [(&Row, &[Key], bool); 5] = [
            (&unused, &unused.keys, false),
            (&unused, &off, true),
            (&unused, &[key(true, 10, used(1))], true),
            (&unused, &[], true),
            (&forgotten, &off, false),
        ];
        for (row, keys, settled) in cases {
            assert_eq!(is_settled(row, keys, NOW), settled, "{row:?} {keys:?}");
        }
    }

    /// Whom of a report is looked up, where kim is ours.
    async fn looked_up_in(report: &str) -> Vec<String> {
        let report = aws_smithy_types::base64::encode(report);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
            "GetCredentialReport" => call.xml(&format!("<Content>{report}</Content>")),
            "ListAccessKeys" => call.xml("<AccessKeyMetadata/><IsTruncated>false</IsTruncated>"),
            _ => None,
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let readings = Readings::by(&identity, "Administrators");
        let remembered = Remembered::default();
        let (_, looked_up, _) = credentials(&readings, |user| user == "kim", &remembered, NOW).await.unwrap();
        looked_up.unwrap().into_keys().collect()
    }

    /// The older key may be off already, by which the report does not show it as one that may change.
    #[tokio::test(start_paused = true)]
    async fn two_keys_of_ours_are_looked_up_also_where_neither_is_due() {
        const USED: &str = "2026-11-23T00:00:00Z";
        let first = |active, made| {
            vec![
                ("access_key_1_active", active),
                ("access_key_1_last_rotated", made),
                ("access_key_1_last_used_date", USED),
            ]
        };
        let second = [
            ("access_key_2_active", "true"),
            ("access_key_2_last_rotated", USED),
            ("access_key_2_last_used_date", USED),
        ];
        let two = [first("false", "2026-01-01T00:00:00Z"), second.to_vec()].concat();
        let report = credential_report::table(["bob", "kim"].map(|user| (user.to_owned(), two.clone())));
        assert_eq!(looked_up_in(&report).await, ["kim"]);
        let one = credential_report::table([("kim".to_owned(), first("true", USED))]);
        assert!(looked_up_in(&one).await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_of_others_does_not_keep_ours_from_being_looked_up() {
        let key =
            [("access_key_1_active", "true"), ("access_key_1_last_rotated", "2020-01-01T00:00:00Z")].to_vec();
        let names = (0..100).map(|number| format!("a{number}")).chain(["kim".to_owned()]);
        let report = credential_report::table(names.map(|name| (name, key.clone())));
        let looked_up = looked_up_in(&report).await;
        let most = ROUNDS * SINGLE_LOOK_UPS;
        assert!(looked_up.len() <= most && looked_up.contains(&"kim".to_owned()), "{looked_up:?}");
    }

    #[test]
    fn where_the_keys_of_ours_are_kept_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            AwsFiles { credentials: folder.path().join("credentials"), config: folder.path().join("config") };
        let profile = |name: &str, id: &str| {
            format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = secret\n")
        };
        let profiles = profile("one", "AKIA1") + &profile("two", "AKIA1") + &profile("bob", "AKIABOB");
        std::fs::write(&files.credentials, profiles).unwrap();
        let keys = |ids: &[&str]| {
            ids.iter().map(|id| Key { id: Some((*id).to_owned()), ..Key::default() }).collect::<Vec<_>>()
        };
        let looked_up = BTreeMap::from([
            ("kim".to_owned(), keys(&["AKIA1", "AKIA2"])),
            ("bob".to_owned(), keys(&["AKIABOB"])),
        ]);
        let found = kept(&Ok(looked_up), |user| user == "kim", &files);
        let expected = BTreeMap::from([("AKIA1".to_owned(), vec!["one".to_owned(), "two".to_owned()])]);
        assert_eq!(found, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_look_up_leaves_the_report() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
            "GetCredentialReport" => call.xml(&format!("<Content>{}</Content>", report_of(1))),
            _ => call.refused(403, "AccessDenied"),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let (report, looked_up, _) = seen_by_nobody(&identity).await;
        assert_eq!(report.unwrap().users().count(), 1);
        assert_eq!(looked_up.unwrap_err().operation, "iam:ListAccessKeys");
    }

    #[tokio::test(start_paused = true)]
    async fn a_switched_key_is_found_in_event_history() {
        let event =
            r#"{"Events": [{"CloudTrailEvent": "{\"requestParameters\": {\"accessKeyId\": \"AKIA1\"}}"}]}"#;
        let endless = r#"{"Events": [], "NextToken": "more"}"#;
        let keys = BTreeSet::from(["AKIA1".to_owned(), "AKIA2".to_owned()]);
        for (answer, expected) in
            [(event, Some(vec!["AKIA1"])), (r#"{"Events": [{}]}"#, None), (endless, None)]
        {
            let aws = canned::Aws::answering(move |_| Some((200, answer.into())));
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let found = switched(&identity, &keys).await.unwrap();
            let found = found.ok().map(|found| found.into_iter().collect::<Vec<_>>());
            assert_eq!(
                found,
                expected.map(|keys| keys.into_iter().map(str::to_owned).collect::<Vec<_>>()),
                "{answer}"
            );
            assert!(aws.heard().len() <= 1 + EVENT_PAGES, "{answer}");
        }
    }

    #[tokio::test]
    async fn the_role_of_our_name_is_ours_by_its_trust() {
        let ours = support_trust("aws", canned::ACCOUNT).to_string();
        let other = ours.replace("root", "user/mallory");
        for (trust, expected) in [(ours, SupportRole::Bare), (other, SupportRole::Namesake)] {
            let role = format!(
                "<Role><Path>/</Path><RoleName>dayone-support</RoleName><RoleId>AROA1</RoleId>\
                 <Arn>arn:aws:iam::111122223333:role/dayone-support</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                 <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role>",
                percent_encoded(&trust)
            );
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "GetRole" => call.xml(&role),
                _ => call.xml("<IsTruncated>false</IsTruncated>"),
            });
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            assert_eq!(support(&identity).await.unwrap(), Ok(expected));
        }
    }

    #[tokio::test]
    async fn any_role_with_support_access_will_do() {
        let aws = canned::Aws::answering(|call| {
            match call.operation.as_str() {
            "ListEntitiesForPolicy" => call.xml(
                "<PolicyRoles><member><RoleName>Helpdesk</RoleName><RoleId>AROA2</RoleId></member></PolicyRoles>",
            ),
            _ => call.refused(404, "NoSuchEntity"),
        }
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(support(&identity).await.unwrap(), Ok(SupportRole::Ready("Helpdesk".into())));
        let none = canned::Aws::answering(|call| match call.operation.as_str() {
            "ListEntitiesForPolicy" => call.xml("<IsTruncated>false</IsTruncated>"),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = none.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(support(&identity).await.unwrap(), Ok(SupportRole::Missing));
        let no_policy = canned::Aws::answering(|call| call.refused(404, "NoSuchEntity"));
        let identity = no_policy.connection(Access::ReadWrite).started_as().await.unwrap();
        assert!(support(&identity).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn the_roles_of_a_policy_are_read_page_by_page() {
        let page = |role: &str, rest: &str| {
            format!("<PolicyRoles><member><RoleName>{role}</RoleName></member></PolicyRoles>{rest}")
        };
        let first = page("Deploy", "<IsTruncated>true</IsTruncated><Marker>two</Marker>");
        let second = page("Audit", "<IsTruncated>false</IsTruncated>");
        let aws = canned::Aws::answering(move |call| {
            call.xml(if call.says("Marker", "two") { &second } else { &first })
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let roles = roles_with(&identity, support_access("aws")).await.unwrap();
        assert_eq!(roles, Ok(vec!["Deploy".to_owned(), "Audit".to_owned()]));
        assert!(aws.heard()[1].says("EntityFilter", "Role"), "{:?}", aws.heard());
    }

    #[tokio::test]
    async fn public_access_is_blocked_when_all_of_it_is() {
        let block = |acls: bool| {
            let body = format!(
                "<PublicAccessBlockConfiguration><BlockPublicAcls>{acls}</BlockPublicAcls>\
                 <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
                 <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            );
            (200, body)
        };
        let error = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        for (answer, expected) in [
            (block(true), Some(true)),
            (block(false), Some(false)),
            ((404, error("NoSuchPublicAccessBlockConfiguration")), Some(false)),
            ((403, error("AccessDenied")), None),
        ] {
            let aws = canned::Aws::answering(move |_| Some(answer.clone()));
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let blocked = public_access_blocked(&identity, "eu-north-1").await.unwrap();
            assert_eq!(blocked.ok(), expected);
        }
    }

    #[tokio::test]
    async fn without_a_contact_there_is_none() {
        let contact = r#"{"AlternateContact": {"Name": "Security", "EmailAddress": "a@b.c"}}"#.to_owned();
        let none = r#"{"__type": "ResourceNotFoundException", "message": "none"}"#.to_owned();
        for (answer, expected) in [((200, contact), true), ((404, none), false)] {
            let aws = canned::Aws::answering(move |_| Some(answer.clone()));
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let (security, others) = contacts(&identity).await.unwrap();
            assert_eq!((security, others), (Ok(expected), Ok([expected; 2])));
            assert_eq!(aws.heard().len(), 1 + 3);
        }
    }
}
