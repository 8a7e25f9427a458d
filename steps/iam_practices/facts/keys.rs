//! Everybody's credentials by the report, and the keys of the few users that are looked up singly.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use aws_smithy_types::DateTime;

use crate::aws::{AwsFiles, ForCall, Identity, Reading, at_once, unless};
use crate::credential_report::{CredentialReport, Key, LastUse, Row};
use crate::error::AwsError;
use crate::iam_practices::lifetimes::{came_with_the_user, is_due, is_forgotten, is_unused};
use crate::iam_practices::makers;
use crate::iam_practices::remembered::Remembered;
use crate::profile;
use crate::readings::Readings;

use super::switched::switched;

/// Up to so many users are looked up one by one, of those of whom something may have to change.
pub const SINGLE_LOOK_UPS: usize = 20;
/// Where users need nothing any more, whatever the report says of them, others are looked up in their place: so often in
/// one look.
const ROUNDS: usize = 3;

type Credentials =
    (Reading<CredentialReport>, Reading<BTreeMap<String, Vec<Key>>>, Reading<BTreeSet<String>>);

pub(super) async fn credentials(
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

/// Where the keys of ours are on this computer.
pub(super) fn kept(
    looked_up: &Reading<BTreeMap<String, Vec<Key>>>,
    is_ours: impl Fn(&str) -> bool,
    files: &AwsFiles,
) -> BTreeMap<String, Vec<String>> {
    let ours = looked_up.iter().flatten().filter(|(user, _)| is_ours(user.as_str()));
    let ids = ours.flat_map(|(_, keys)| keys).filter_map(|key| key.id.clone());
    let holders = ids.map(|id| (id.clone(), profile::holders(files, &id)));
    holders.filter(|(_, profiles)| !profiles.is_empty()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::credential_report;

    const NOW: i64 = 1_795_478_400;

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
}
