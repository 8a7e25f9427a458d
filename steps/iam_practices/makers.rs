//! Who made the users and keys that somebody is about to decide about, by Event History.
//!
//! The credential report tells when, and nobody by whom. AWS answers two look-ups a second, so it is asked only where the
//! answer is shown: to a person who decides, and on the page to keep. Event History goes back 90 days.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::aws::Reading;
use crate::credential_report::{CredentialReport, Key, Maker, Row};
use crate::error::AwsError;
use crate::event_history::{Attribute, DAYS, Query, look_up};
use crate::readings::Readings;
use crate::regions;
use crate::text;
use crate::text::Text;

use super::facts::{SINGLE_LOOK_UPS, seen};
use super::lifetimes::{came_with_the_user, is_forgotten, is_password_unused, is_unused};
use super::plan::{is_bare, looks_shared};
use super::remembered::{Kind, Remembered};

/// The event of a making is within so many seconds of the time that IAM gives for it.
const AROUND: i64 = 300;

/// Tells in the report, and of the keys that were looked up, who made what is in question. It takes a while, so whoever
/// waits for the look hears of it.
pub(super) async fn tell(
    readings: &Readings<'_>,
    remembered: &Remembered,
    now: i64,
    report: &mut CredentialReport,
    looked_up: &mut BTreeMap<String, Vec<Key>>,
) -> Result<(), AwsError> {
    let mut is_refused = false;
    for (kind, name, made) in in_question(report, looked_up, now) {
        if remembered.maker(kind, &name).is_some() {
            continue;
        }
        // Where one look-up is refused, so are the others.
        let found = if is_refused { None } else { find(readings, kind, &name, (made, now)).await?.ok() };
        is_refused |= found.is_none();
        remembered.keep_maker(kind, &name, found.unwrap_or(Maker::NotSeen));
    }
    for row in &mut report.rows {
        row.made_by = remembered.maker(Kind::User, &row.user);
    }
    for key in looked_up.values_mut().flatten() {
        key.made_by = key.id.as_ref().and_then(|id| remembered.maker(Kind::Key, id));
    }
    Ok(())
}

/// What is in question, and when it was made: keys first, and no more than can be shown.
fn in_question(
    report: &CredentialReport,
    looked_up: &BTreeMap<String, Vec<Key>>,
    now: i64,
) -> Vec<(Kind, String, i64)> {
    let keys_of = |row: &Row| looked_up.get(&row.user).map(Vec::as_slice).unwrap_or_default().to_vec();
    let keys = report.users().flat_map(|row| {
        let in_question =
            move |key: &Key| is_unused(key, now) || is_forgotten(key, now) || came_with_the_user(row, key);
        keys_of(row).into_iter().filter(in_question)
    });
    let keys = keys.filter_map(|key| Some((Kind::Key, key.id?, key.made?)));
    let users = report
        .users()
        .filter(|row| is_password_unused(row, now) || is_bare(row, now) || looks_shared(&row.user));
    let users = users.filter_map(|row| Some((Kind::User, row.user.clone(), row.created?)));
    keys.chain(users).take(SINGLE_LOOK_UPS).collect()
}

/// Who made something at this time. IAM's events are in one Region of the partition.
async fn find(
    readings: &Readings<'_>,
    kind: Kind,
    name: &str,
    (made, now): (i64, i64),
) -> Result<Reading<Maker>, AwsError> {
    let reaches_back = now.saturating_sub(DAYS * 86_400) + 2 * AROUND;
    let time = |second: i64| Timestamp::from_second(second).ok();
    let (true, Some(start), Some(end)) =
        (made >= reaches_back, time(made.saturating_sub(AROUND)), time(made.saturating_add(AROUND)))
    else {
        return Ok(Ok(Maker::NotOnRecord));
    };
    let identity = readings.identity();
    let region = regions::of_global_services(&identity.caller.partition);
    let query = Query::between(start, end).with(Attribute::ResourceName, name);
    readings.announce(asking());
    let looked_up = seen(look_up(identity, region, query, 1).await)?;
    Ok(looked_up.map(|looked_up| {
        let mut events = looked_up.events.into_iter();
        let making = events.find(|event| event.name == event_of(kind) && event.refused.is_none());
        making.map_or(Maker::NotOnRecord, |event| Maker::Somebody(event.who))
    }))
}

fn asking() -> Text {
    text! {
        en: "Looking up in Event History who made the users and keys in question",
        ko: "살펴볼 사용자와 키를 누가 만들었는지 이벤트 기록(Event History)에서 찾는 중"
    }
}

fn event_of(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "CreateUser",
        Kind::Key => "CreateAccessKey",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::aws::{Access, canned};

    const DAY: i64 = 86_400;
    /// What Event History does not have is not asked for, so it is now.
    static NOW: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());

    fn key(id: &str, days: i64) -> Key {
        Key { id: Some(id.to_owned()), active: true, made: Some(*NOW - days * DAY), ..Key::default() }
    }

    fn row(user: &str, days: i64) -> Row {
        Row { user: user.to_owned(), created: Some(*NOW - days * DAY), ..Row::default() }
    }

    /// A report of somebody with keys, of somebody whom nobody can sign in as, and of somebody who is not in question.
    fn account() -> (CredentialReport, BTreeMap<String, Vec<Key>>) {
        let used = Row { password: true, password_last_used: Some(*NOW), ..row("carol", 50) };
        let rows = vec![Row { keys: vec![key("", 50)], ..row("bob", 50) }, row("left-over", 60), used];
        let looked_up = vec![key("AKIANEW", 50), key("AKIAOLD", 100)];
        (
            CredentialReport { rows, ..CredentialReport::default() },
            BTreeMap::from([("bob".to_owned(), looked_up)]),
        )
    }

    /// Who made each of the users, and each of the keys.
    async fn told(aws: &canned::Aws, remembered: &Remembered) -> (Vec<Option<Maker>>, Vec<Option<Maker>>) {
        let (users, keys, _) = told_and_announced(aws, remembered).await;
        (users, keys)
    }

    /// The same, and whether whoever waited was told for what.
    async fn told_and_announced(
        aws: &canned::Aws,
        remembered: &Remembered,
    ) -> (Vec<Option<Maker>>, Vec<Option<Maker>>, bool) {
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let readings = Readings::by(&identity, "Administrators");
        let (mut report, mut looked_up) = account();
        tell(&readings, remembered, *NOW, &mut report, &mut looked_up).await.unwrap();
        let rows = report.rows.into_iter().map(|row| row.made_by).collect();
        let keys = looked_up.into_values().flatten().map(|key| key.made_by).collect();
        let announced = tokio::time::timeout(Duration::from_secs(1), readings.announced()).await;
        (rows, keys, announced.is_ok_and(|what| what == asking()))
    }

    fn events(words: &str) -> canned::Answer {
        Some((200, format!("{{\"Events\": [{words}]}}")))
    }

    fn somebody(who: &str) -> Option<Maker> {
        Some(Maker::Somebody(who.to_owned()))
    }

    #[tokio::test(start_paused = true)]
    async fn each_is_asked_about_once_in_a_run() {
        let aws = canned::Aws::answering(|call| {
            assert!(call.body.contains("ResourceName"), "{}", call.body);
            if call.body.contains("AKIANEW") {
                return events(
                    r#"{"EventName": "UpdateAccessKey", "CloudTrailEvent": "{}"},
                       {"EventName": "CreateAccessKey", "CloudTrailEvent":
                        "{\"errorCode\": \"AccessDenied\", \"userIdentity\": {\"type\": \"Root\"}}"},
                       {"EventName": "CreateAccessKey", "CloudTrailEvent":
                        "{\"userIdentity\": {\"type\": \"IAMUser\", \"userName\": \"alice\"}}"}"#,
                );
            }
            events("")
        });
        let remembered = Remembered::default();
        let expected = (
            vec![None, Some(Maker::NotOnRecord), None],
            // Of what is older than Event History nobody is asked.
            vec![somebody("alice"), Some(Maker::NotOnRecord)],
        );
        assert_eq!(told(&aws, &remembered).await, expected);
        let asked = aws.heard().iter().filter(|call| call.operation == "LookupEvents").count();
        assert_eq!(asked, 2);
        assert_eq!(told(&aws, &remembered).await, expected);
        assert_eq!(aws.heard().iter().filter(|call| call.operation == "LookupEvents").count(), asked);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_for_what_and_only_where_something_is_asked() {
        let aws = canned::Aws::answering(|_| events(""));
        let remembered = Remembered::default();
        let (.., announced) = told_and_announced(&aws, &remembered).await;
        assert!(announced);
        let (.., announced) = told_and_announced(&aws, &remembered).await;
        assert!(!announced, "all of it is remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_said_and_ends_the_asking() {
        let aws = canned::Aws::answering(|call| call.refused(400, "AccessDeniedException"));
        let (users, keys) = told(&aws, &Remembered::default()).await;
        let not_seen = Some(Maker::NotSeen);
        assert_eq!(users, [None, not_seen.clone(), None]);
        assert_eq!(keys, [not_seen.clone(), not_seen]);
        assert_eq!(aws.heard().iter().filter(|call| call.operation == "LookupEvents").count(), 1);
    }
    /// The SDK gives up after eight attempts, while somebody else in the account looks up events too.
    #[tokio::test(start_paused = true)]
    async fn who_is_throttled_for_a_while_is_told_all_the_same() {
        let refused = AtomicUsize::new(0);
        let aws = canned::Aws::answering(move |call| match refused.fetch_add(1, Ordering::Relaxed) {
            0..9 => call.refused(400, "ThrottlingException"),
            _ => events(""),
        });
        let not_on_record = Some(Maker::NotOnRecord);
        let expected = (vec![None, not_on_record.clone(), None], vec![not_on_record.clone(), not_on_record]);
        assert_eq!(told(&aws, &Remembered::default()).await, expected);
    }
}
