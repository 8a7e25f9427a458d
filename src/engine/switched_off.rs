//! Watching whether something still calls with an access key of root that is switched off, before it is deleted.
//!
//! What called before is on the page of the step. Here only later calls count. Each is told as soon as Event History has
//! it, and the watch goes on until the person has seen enough: the first call is rarely the last.

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use steps::aws::Identity;
use steps::event_history::{self, AskedKey, Counted, KeyUses, Summary};
use steps::moment::second;
use steps::practice::{Change, Practice, StepPlan};
use steps::text;
use steps::text::{Text, counted, harmless};

use super::{Engine, Next};
use crate::error::Failure;
use crate::event::{Event, Listener};
use crate::journal::History;
use crate::operator::Asks;

/// How often Event History is asked: it answers twice a second at the most, and is minutes late anyway.
const ASK_AGAIN: Duration = Duration::from_secs(20);

/// How a change names an access key of root.
const ROOT_KEY: &str = "iam:root-access-key/";

impl<O: Asks> Engine<'_, O> {
    /// Tells who calls with the keys that would be deleted, until the person goes on; then the question comes again.
    pub(super) async fn watch_switched_off<P: Practice>(
        &mut self,
        plan: &StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let what = plan.watchable.clone().unwrap_or_default();
        let history = self.memory.as_deref().map(History::read).transpose()?.unwrap_or_default();
        let Some(root) = self.session.root() else { return Ok(Next::LookAgain) };
        let signing = &root.caller.access_key;
        let mut keys = switched_off(&plan.changes, signing, &history, root.clock().now());
        for key in &keys {
            self.listener.hear(&Event::Note(key.beginning()));
        }
        // On the heap, as all that calls the SDK.
        let calls = Box::pin(tell_calls(root, &mut keys, self.listener));
        let _: Option<Infallible> = self.operator.watch(&what, calls).await?;
        if !keys.is_empty() && keys.iter().all(|key| key.calls == 0) {
            self.listener.hear(&Event::Note(
                text! { en: "No call was seen so far.", ko: "지금까지 본 호출이 없습니다." },
            ));
        }
        Ok(Next::LookAgain)
    }
}

/// Looks again and again, and tells what is new.
async fn tell_calls(root: &Identity, keys: &mut [SwitchedOff], listener: &mut dyn Listener) -> Infallible {
    let regions = event_history::enabled_regions(root).await;
    if let Some(error) = &regions.unlisted {
        listener.hear(&Event::Note(event_history::unlisted(error)));
    }
    loop {
        for key in &mut *keys {
            let asked = AskedKey { id: key.access_key.clone(), last_use: None, signs_since: None };
            let summaries = key.uses.read(root, &[asked], &regions).await;
            for news in summaries.iter().filter_map(|uses| key.news(uses)) {
                listener.hear(&Event::Note(news));
            }
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// The keys that a plan would delete, but for the one that signs this run: that is still switched on. `now` is AWS's, by
/// whose clock calls are dated, and so is what the journal says.
fn switched_off(
    changes: &[impl Change],
    signing: &str,
    history: &History,
    now: Timestamp,
) -> Vec<SwitchedOff> {
    let resources = changes.iter().map(Change::resource);
    let keys = resources.filter_map(|resource| {
        let access_key = resource.strip_prefix(ROOT_KEY).filter(|key| *key != signing)?;
        let known_since = history.switched_off(&resource);
        let since = known_since.unwrap_or(now);
        Some(SwitchedOff {
            access_key: access_key.to_owned(),
            since,
            uses: KeyUses::since(since),
            is_known: known_since.is_some(),
            calls: 0,
            unread: 0,
        })
    });
    keys.collect()
}

/// An access key of root that is switched off.
struct SwitchedOff {
    access_key: String,
    /// Since when its calls count.
    since: Timestamp,
    /// What was read of them.
    uses: KeyUses,
    /// Whether it was switched off then. Otherwise nobody here knows when, and the watch begins there.
    is_known: bool,
    /// How many calls have been told.
    calls: usize,
    /// How many Regions have been told that could not be read.
    unread: usize,
}

impl SwitchedOff {
    /// From when on calls are told.
    fn beginning(&self) -> Text {
        let (access_key, since) = (harmless(&self.access_key), second(self.since));
        if self.is_known {
            text! {
                en: "{access_key} was switched off at {since} UTC. Calls since then are told here; Event History has them some minutes late.",
                ko: "{access_key}은(는) {since} UTC에 비활성화했습니다. 그 뒤의 호출을 여기에 알려 드리며, 이벤트 기록(Event History)에는 몇 분 늦게 나타납니다."
            }
        } else {
            text! {
                en: "It is not known here when {access_key} was switched off. Calls from now on are told; Event History has them some minutes late.",
                ko: "{access_key}을(를) 언제 비활성화했는지는 알 수 없습니다. 지금부터의 호출을 알려 드리며, 이벤트 기록(Event History)에는 몇 분 늦게 나타납니다."
            }
        }
    }

    /// What has not been told yet; none when there is nothing new.
    fn news(&mut self, uses: &Summary) -> Option<Text> {
        let (more_calls, more_unread) = (uses.calls > self.calls, uses.unread.len() > self.unread);
        (self.calls, self.unread) = (uses.calls.max(self.calls), uses.unread.len().max(self.unread));
        let calls = more_calls.then(|| self.called(uses));
        let unread = more_unread.then(|| could_not_read(uses.unread.len()));
        let told: Vec<_> = calls.into_iter().chain(unread).collect();
        let (en, ko): (Vec<_>, Vec<_>) = told.into_iter().map(|text| (text.en, text.ko)).unzip();
        (!en.is_empty()).then(|| Text { en: en.join(" "), ko: ko.join(" ") })
    }

    fn called(&self, uses: &Summary) -> Text {
        let access_key = harmless(&self.access_key);
        let (calls, refused) = (counted(uses.calls, "call"), uses.refused);
        let last = uses.last.map_or_else(|| "?".to_owned(), second);
        let (from, with, what) = (most(&uses.addresses), most(&uses.user_agents), most(&uses.event_names));
        text! {
            en: "{access_key}: {calls}, {refused} refused, the last at {last} UTC; from {from}, by {with}: {what}.",
            ko: "{access_key}: 호출 {count}건(거부 {refused}건), 마지막 {last} UTC. {from}에서 {with}: {what}.",
            count = uses.calls
        }
    }
}

fn could_not_read(regions: usize) -> Text {
    let en = counted(regions, "Region");
    text! { en: "{en} could not be read.", ko: "리전 {regions}개를 읽지 못했습니다." }
}

/// The most frequent one.
fn most(counted: &[Counted]) -> String {
    counted.first().map_or_else(|| "?".to_owned(), |one| harmless(&one.what))
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use steps::error::AwsError;
    use steps::event_history::UnreadRegion;
    use steps::practice::Verb;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Deletes(&'static str);

    impl Change for Deletes {
        fn verb(&self) -> Verb {
            Verb::Delete
        }

        fn resource(&self) -> String {
            self.0.to_owned()
        }

        fn summary(&self) -> Text {
            Text::default()
        }
    }

    fn journal() -> History {
        let line = "{\"time\":\"2026-11-24T06:00:00Z\",\"run\":\"r\",\"event\":\"done\",\
            \"step\":\"root-access-keys\",\"verb\":\"disable\",\"resource\":\"iam:root-access-key/AKIA1\"}\n";
        History::of(line.as_bytes()).unwrap()
    }

    fn now_at_aws() -> Timestamp {
        "2026-11-24T08:15:00Z".parse().unwrap()
    }

    fn keys() -> Vec<SwitchedOff> {
        let changes = [
            Deletes("sts:session/alice"),
            Deletes("iam:root-access-key/AKIA1"),
            Deletes("iam:root-access-key/AKIA2"),
            Deletes("iam:root-access-key/AKIASIGNS"),
        ];
        switched_off(&changes, "AKIASIGNS", &journal(), now_at_aws())
    }

    fn uses(calls: usize, unread: &[&str]) -> Summary {
        let one = |what: &str| vec![Counted { what: what.to_owned(), calls }];
        let region = |region: &&str| UnreadRegion {
            region: (*region).to_owned(),
            error: AwsError::without_answer("cloudtrail:LookupEvents", "so"),
        };
        Summary {
            calls,
            refused: calls,
            last: "2026-11-24T06:30:00Z".parse().ok(),
            addresses: one("198.51.100.23"),
            user_agents: one("Boto3/1.26"),
            event_names: one("List\u{1b}Buckets"),
            unread: unread.iter().map(region).collect(),
            ..Summary::default()
        }
    }

    #[test]
    fn calls_count_from_when_the_journal_says_that_a_key_was_switched_off() {
        let keys = keys();
        let ids: Vec<_> = keys.iter().map(|key| key.access_key.as_str()).collect();
        assert_eq!(ids, ["AKIA1", "AKIA2"], "the key that signs is on");
        assert_eq!((keys[0].since.to_string().as_str(), keys[0].is_known), ("2026-11-24T06:00:00Z", true));
        assert_eq!(
            (keys[1].since, keys[1].is_known),
            (now_at_aws(), false),
            "nobody here has switched it off"
        );
        let told = keys[0].beginning();
        assert!(told.en.contains("AKIA1 was switched off at 2026-11-24 06:00:00 UTC"), "{}", told.en);
        assert!(told.ko.contains("AKIA1") && told.ko.contains("2026-11-24 06:00:00 UTC"), "{}", told.ko);
        assert!(keys[1].beginning().en.contains("not known here when AKIA2"));
    }

    #[test]
    fn each_call_is_told_once_and_so_is_what_could_not_be_read() {
        let mut keys = keys();
        let key = &mut keys[0];
        assert_eq!(key.news(&uses(0, &[])), None);
        let told = key.news(&uses(1, &[])).unwrap();
        assert_eq!(
            told.en,
            "AKIA1: 1 call, 1 refused, the last at 2026-11-24 06:30:00 UTC; from 198.51.100.23, by Boto3/1.26: \
             List\u{fffd}Buckets."
        );
        assert!(
            told.ko.contains("호출 1건(거부 1건)") && told.ko.contains("198.51.100.23에서"),
            "{}",
            told.ko
        );
        assert_eq!(key.news(&uses(1, &[])), None);
        assert!(key.news(&uses(3, &[])).unwrap().en.contains("3 calls"));
        let told = key.news(&uses(3, &["eu-west-1"])).unwrap();
        assert_eq!(told.en, "1 Region could not be read.");
        assert_eq!(key.news(&uses(3, &["eu-west-1"])), None);
        let told = key.news(&uses(4, &["eu-west-1", "us-west-2"])).unwrap();
        assert!(
            told.en.contains("4 calls") && told.en.ends_with("2 Regions could not be read."),
            "{}",
            told.en
        );
    }
}
