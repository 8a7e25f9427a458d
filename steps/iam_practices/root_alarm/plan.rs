//! What there is to do for the alarm. Pure.

use crate::policy::{Document, PolicyError};
use crate::private_bucket::{Mended, MustLet, Obstacle, filled_in, mended_policy};
use crate::text;
use crate::text::{Text, harmless};

use super::{Alarm, AlarmChange, NAME, Rule, Subscription, Topic};

/// What there is to do for the alarm in one Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// Nothing.
    Nothing,
    /// What can be changed.
    Changes(Vec<AlarmChange>),
    /// The address has to be confirmed by its owner, and nothing else is left.
    Confirmation,
    /// The topic's policy stands in the way.
    Policy(Text),
}

impl Alarm {
    /// What there is to do. Pure.
    pub fn lacks(&self, topic: Option<&Topic>, rule: Option<&Rule>, email: &str) -> Lack {
        let mut changes = match self.of_topic(topic, email) {
            Ok(changes) => changes,
            Err(text) => return Lack::Policy(text),
        };
        let rule_arn = || self.rule_arn.clone();
        if rule.is_none_or(|rule| !rule.listens) {
            changes.push(AlarmChange::PutRule { rule: rule_arn() });
        }
        if rule.is_none_or(|rule| !rule.sends) {
            changes.push(AlarmChange::PutTarget { rule: rule_arn(), topic: self.topic_arn.clone() });
        }
        let unconfirmed = topic.is_some_and(|topic| topic.subscription == Subscription::Unconfirmed);
        match (changes.is_empty(), unconfirmed) {
            (false, _) => Lack::Changes(changes),
            (true, true) => Lack::Confirmation,
            (true, false) => Lack::Nothing,
        }
    }

    fn of_topic(&self, found: Option<&Topic>, email: &str) -> Result<Vec<AlarmChange>, Text> {
        let topic = || self.topic_arn.clone();
        let subscribe = || AlarmChange::Subscribe { topic: topic(), email: email.to_owned() };
        let ours = self.policy().map_err(|error| Text::verbatim(error.to_string()))?;
        let Some(found) = found else {
            return Ok(vec![AlarmChange::CreateTopic { topic: topic(), policy: ours }, subscribe()]);
        };
        let put = mended_policy(&ours, &[self.sends()], &Ok(found.policy.clone()));
        let put = put.map_err(|obstacle| self.in_the_way(&obstacle))?;
        let changes = [
            put.map(|Mended { policy, replaces, .. }| AlarmChange::PutTopicPolicy {
                topic: topic(),
                policy,
                replaces,
            }),
            (found.subscription == Subscription::Missing).then(subscribe),
        ];
        Ok(changes.into_iter().flatten().collect())
    }

    pub(super) fn policy(&self) -> Result<Document, PolicyError> {
        let words = [("TOPIC_ARN", self.topic_arn.as_str()), ("RULE_ARN", self.rule_arn.as_str())];
        Document::parse(&filled_in(include_str!("../root-alarm-topic.json"), &words))
    }

    /// What the topic's policy must let through.
    fn sends(&self) -> MustLet {
        MustLet {
            who: "events.amazonaws.com".into(),
            action: "sns:Publish",
            resource: self.topic_arn.clone(),
            context: vec![("aws:SourceArn", self.rule_arn.clone())],
        }
    }

    fn in_the_way(&self, obstacle: &Obstacle) -> Text {
        let region = harmless(&self.region);
        match obstacle {
            Obstacle::LockedOut(_) => text! {
                en: "A statement in the policy of the topic {NAME} in {region} keeps EventBridge from sending to it. Look at it in the SNS console.",
                ko: "{region} 리전의 주제 {NAME} 정책에 EventBridge의 전송을 막는 명령문이 있습니다. SNS 콘솔에서 확인하세요."
            },
            _ => text! {
                en: "The policy of the topic {NAME} in {region} cannot be understood, so nothing is added to it. Look at it in the SNS console.",
                ko: "{region} 리전의 주제 {NAME} 정책을 해석할 수 없어 아무것도 추가하지 않습니다. SNS 콘솔에서 확인하세요."
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::imagined::{DENY, EMAIL, alarm};
    use super::*;

    fn topic_with(subscription: Subscription) -> Topic {
        Topic { policy: Some(alarm().policy().unwrap().to_json()), subscription }
    }

    fn told(lack: Lack) -> Vec<String> {
        let Lack::Changes(changes) = lack else { panic!("{lack:?}") };
        changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect()
    }

    const TOPIC: &str = "sns:us-east-1/topic/dayone-root-use";
    const RULE: &str = "events:us-east-1/rule/dayone-root-use";

    #[test]
    fn what_is_missing_is_made_and_the_confirmation_is_left() {
        let alarm = alarm();
        let whole = Rule { listens: true, sends: true };
        let confirmed = topic_with(Subscription::Confirmed);
        let everything = [
            format!("Create {TOPIC}"),
            format!("Attach {TOPIC}/subscription"),
            format!("Create {RULE}"),
            format!("Attach {RULE}/target"),
        ];
        assert_eq!(told(alarm.lacks(None, None, EMAIL)), everything);
        assert_eq!(alarm.lacks(Some(&confirmed), Some(&whole), EMAIL), Lack::Nothing);
        let deaf = Rule { listens: false, ..whole };
        assert_eq!(told(alarm.lacks(Some(&confirmed), Some(&deaf), EMAIL)), [format!("Create {RULE}")]);
        let missing = topic_with(Subscription::Missing);
        let subscribe = [format!("Attach {TOPIC}/subscription")];
        assert_eq!(told(alarm.lacks(Some(&missing), Some(&whole), EMAIL)), subscribe);
        let unconfirmed = topic_with(Subscription::Unconfirmed);
        assert_eq!(alarm.lacks(Some(&unconfirmed), Some(&whole), EMAIL), Lack::Confirmation);
        let mute = Rule { sends: false, ..whole };
        let target = [format!("Attach {RULE}/target")];
        assert_eq!(told(alarm.lacks(Some(&unconfirmed), Some(&mute), EMAIL)), target);
    }

    #[test]
    fn statements_of_others_stay_in_the_policy_of_the_topic() {
        let theirs = r#"{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[
            {"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":"SNS:Publish",
             "Resource":"*","Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}]}"#;
        let found = Topic { policy: Some(theirs.into()), subscription: Subscription::Confirmed };
        let Lack::Changes(changes) = alarm().lacks(Some(&found), None, EMAIL) else { panic!("no changes") };
        let Some(AlarmChange::PutTopicPolicy { policy, .. }) = changes.first() else { panic!("{changes:?}") };
        assert!(policy.includes(&Document::parse(theirs).unwrap()), "{policy:?}");
        assert!(alarm().sends().is_let_by(policy));
        let another_rule = MustLet {
            context: vec![("aws:SourceArn", "arn:aws:events:us-east-1:111122223333:rule/other".into())],
            ..alarm().sends()
        };
        assert!(!another_rule.is_let_by(&alarm().policy().unwrap()));
        for (policy, word) in [("{", "understood"), (DENY, "EventBridge")] {
            let found = Topic { policy: Some(policy.into()), subscription: Subscription::Confirmed };
            let Lack::Policy(text) = alarm().lacks(Some(&found), None, EMAIL) else { panic!("{policy}") };
            assert!(text.en.contains(word) && text.ko.contains("us-east-1"), "{text:?}");
        }
    }
}
