//! The alarm on root, for who names somebody to be told: an e-mail whenever root signs in or changes something.
//!
//! CloudTrail hands its events to EventBridge in the Region in which it records them, so there is a rule in each Region
//! that root signs in through, one of which has all of IAM, and one in the Region of the work. Each sends to a topic
//! beside it, because a rule reaches no topic elsewhere, and each topic's mail is confirmed by itself. One topic for all
//! would take a role that passes events on between Regions: one more thing that may write in the account, for two mails
//! less on one day. Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail".

use std::collections::BTreeSet;

use aws_sdk_eventbridge::types::{InputTransformer, RuleState, Target};
use aws_sdk_sns::types as sdk;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::{AwsError, StepError};
use crate::event_history::ROOT_SIGN_IN;
use crate::operator::Operator;
use crate::policy::{Document, PolicyError};
use crate::practice::Verb;
use crate::private_bucket::{Mended, MustLet, Obstacle, filled_in, mended_policy};
use crate::text;
use crate::text::{Text, harmless};
use crate::{meanwhile, regions, wait};

/// The name of the rules, and of the topics that they send to.
const NAME: &str = "dayone-root-use";
/// The id of the target among those of a rule.
const TARGET: &str = "dayone-e-mail";
/// What SNS has in the place of an ARN for a while after somebody has unsubscribed.
const DELETED: &str = "Deleted";

/// The alarm in one Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The Region.
    pub region: String,
    /// The ARN that the topic has, or will have.
    pub topic_arn: String,
    /// The ARN that the rule has, or will have.
    pub rule_arn: String,
    /// The topic.
    pub topic: Reading<Option<Topic>>,
    /// The rule.
    pub rule: Reading<Option<Rule>>,
}

/// A topic that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its policy.
    pub policy: Option<String>,
    /// How the address stands that is to be told.
    pub subscription: Subscription,
}

/// How an address stands with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// The topic does not know it.
    Missing,
    /// Its owner has not said yes to the first e-mail.
    Unconfirmed,
    /// It is told.
    Confirmed,
}

/// A rule that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Whether it is switched on, and listens to what root does.
    pub listens: bool,
    /// Whether it sends to our topic.
    pub sends: bool,
}

/// What can be changed about the alarm. An ARN says in which Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum AlarmChange {
    /// Creates the topic.
    CreateTopic {
        /// Its ARN.
        topic: String,
        /// Its policy.
        policy: Document,
    },
    /// Lets the rule send to the topic. Statements of others stay.
    PutTopicPolicy {
        /// The topic's ARN.
        topic: String,
        /// The whole policy.
        policy: Document,
        /// The one that it was made of, and takes the place of.
        replaces: Option<Document>,
    },
    /// Asks an address whether it wants to be told.
    Subscribe {
        /// The topic's ARN.
        topic: String,
        /// The address.
        email: String,
    },
    /// Has the rule listen to what root does.
    PutRule {
        /// Its ARN.
        rule: String,
    },
    /// Has the rule send to the topic.
    PutTarget {
        /// The rule's ARN.
        rule: String,
        /// The topic's ARN.
        topic: String,
    },
}

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

/// Where root is listened to. In China there is no root user.
fn places(partition: &str, home: &str) -> BTreeSet<String> {
    let sign_ins: &[&str] = match partition {
        "aws-cn" => return BTreeSet::new(),
        "aws" => ROOT_SIGN_IN,
        _ => &[],
    };
    let always = [regions::of_global_services(partition), home];
    always.iter().chain(sign_ins).map(|region| (*region).to_owned()).collect()
}

/// Reads how the alarm stands in each of its Regions.
pub async fn observe(identity: &Identity, home: &str, email: &str) -> Result<Vec<Alarm>, AwsError> {
    let places = places(&identity.caller.partition, home);
    let asked = places.into_iter().map(|region| alarm(identity.clone(), region, email.to_owned()));
    at_once(asked).await
}

async fn alarm(identity: Identity, region: String, email: String) -> Result<Alarm, AwsError> {
    let (partition, account) = (&identity.caller.partition, &identity.caller.account);
    let topic_arn = format!("arn:{partition}:sns:{region}:{account}:{NAME}");
    let rule_arn = format!("arn:{partition}:events:{region}:{account}:rule/{NAME}");
    let (topic, rule) = tokio::try_join!(
        topic(&identity, &region, &topic_arn, &email),
        rule(&identity, &region, &topic_arn)
    )?;
    Ok(Alarm { region, topic_arn, rule_arn, topic, rule })
}

async fn topic(
    identity: &Identity,
    region: &str,
    arn: &str,
    email: &str,
) -> Result<Reading<Option<Topic>>, AwsError> {
    let sns = identity.sns(region);
    let (attributes, subscriptions) = tokio::join!(
        sns.get_topic_attributes().topic_arn(arn).send(),
        sns.list_subscriptions_by_topic()
            .topic_arn(arn)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>(),
    );
    let attributes = attributes.for_call("sns:GetTopicAttributes");
    let attributes = match identity.reading(unless("NotFound", attributes))? {
        Ok(Some(attributes)) => attributes,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let subscriptions = subscriptions.for_call("sns:ListSubscriptionsByTopic");
    let subscriptions = match identity.reading(unless("NotFound", subscriptions))? {
        Ok(subscriptions) => subscriptions.unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let policy = attributes.attributes().and_then(|attributes| attributes.get("Policy").cloned());
    let subscription = subscription(&subscriptions, email);
    Ok(Ok(Some(Topic { policy, subscription })))
}

/// An address that is not confirmed yet has words in the place of an ARN, and so has one that has left. In small letters and
/// in capitals it means the same.
fn subscription(subscriptions: &[sdk::Subscription], email: &str) -> Subscription {
    let is_of_address = |subscription: &&sdk::Subscription| {
        subscription.endpoint().is_some_and(|endpoint| endpoint.eq_ignore_ascii_case(email))
    };
    let of_address = subscriptions.iter().filter(is_of_address);
    let arns = of_address.filter_map(|subscription| subscription.subscription_arn());
    let arns: Vec<_> = arns.filter(|arn| *arn != DELETED).collect();
    match arns.as_slice() {
        [] => Subscription::Missing,
        arns if arns.iter().any(|arn| arn.starts_with("arn:")) => Subscription::Confirmed,
        _ => Subscription::Unconfirmed,
    }
}

async fn rule(identity: &Identity, region: &str, topic: &str) -> Result<Reading<Option<Rule>>, AwsError> {
    let events = identity.eventbridge(region);
    let (found, targets) = tokio::join!(
        events.describe_rule().name(NAME).send(),
        events.list_targets_by_rule().rule(NAME).send(),
    );
    let found = match identity.reading(unless("ResourceNotFound", found.for_call("events:DescribeRule")))? {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let targets = targets.for_call("events:ListTargetsByRule");
    let targets = match identity.reading(unless("ResourceNotFound", targets))? {
        Ok(targets) => targets.and_then(|targets| targets.targets).unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let listens_to: Option<Value> =
        found.event_pattern().and_then(|pattern| serde_json::from_str(pattern).ok());
    let is_on = found.state().is_some_and(|state| *state != RuleState::Disabled);
    let sends = targets.iter().any(|target| target.arn() == topic);
    Ok(Ok(Some(Rule { listens: is_on && listens_to == Some(pattern()), sends })))
}

/// Sign-ins, and what root changes. Rules get no event of a read unless they ask for all of them, and a person who
/// looks about in the console causes hundreds.
fn pattern() -> Value {
    json!({
        "detail-type": ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"],
        "detail": {
            "userIdentity": {"type": ["Root"]},
            "eventType": [{"anything-but": ["AwsServiceEvent"]}],
        },
    })
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

    fn policy(&self) -> Result<Document, PolicyError> {
        let words = [("TOPIC_ARN", self.topic_arn.as_str()), ("RULE_ARN", self.rule_arn.as_str())];
        Document::parse(&filled_in(include_str!("root-alarm-topic.json"), &words))
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

/// Makes one change. Each can be made again.
pub async fn apply(
    change: &AlarmChange,
    identity: &Identity,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        AlarmChange::CreateTopic { topic, policy } => {
            let request = identity.sns(region_of(topic)).create_topic().name(name_of(topic));
            let sent = request.attributes("Policy", policy.to_json()).send().await;
            sent.for_call("sns:CreateTopic")?;
        }
        AlarmChange::PutTopicPolicy { topic, policy, replaces } => {
            put_policy(identity, topic, policy, replaces.as_ref()).await?;
        }
        AlarmChange::Subscribe { topic, email } => subscribe(identity, topic, email, operator).await?,
        AlarmChange::PutRule { rule } => {
            let request = identity.eventbridge(region_of(rule)).put_rule().name(name_of(rule));
            let request = request.event_pattern(pattern().to_string()).state(RuleState::Enabled);
            let request = request.description("Tells when root is used. Made by dayone.");
            request.send().await.for_call("events:PutRule")?;
        }
        AlarmChange::PutTarget { rule, topic } => put_target(identity, rule, topic, operator).await?,
    }
    Ok(())
}

async fn put_policy(
    identity: &Identity,
    topic: &str,
    policy: &Document,
    replaces: Option<&Document>,
) -> Result<(), StepError> {
    let sns = identity.sns(region_of(topic));
    let now = sns.get_topic_attributes().topic_arn(topic).send().await.for_call("sns:GetTopicAttributes")?;
    let now = now.attributes().and_then(|attributes| attributes.get("Policy").map(String::as_str));
    let region = harmless(region_of(topic));
    let whose =
        text! { en: "the policy of topic {NAME} in {region}", ko: "{region} 리전의 주제 {NAME}의 정책" };
    if meanwhile::is_to_be_put(&whose, policy, replaces, now)? {
        let request = sns.set_topic_attributes().topic_arn(topic).attribute_name("Policy");
        let sent = request.attribute_value(policy.to_json()).send().await;
        sent.for_call("sns:SetTopicAttributes")?;
    }
    Ok(())
}

/// A topic that was made a moment ago is not known everywhere at once.
async fn subscribe(
    identity: &Identity,
    topic: &str,
    email: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let sns = identity.sns(region_of(topic));
    let not_shown_yet = |error: &AwsError| error.is("NotFound");
    wait::until_seen(operator, waiting(), not_shown_yet, async || {
        let request = sns.subscribe().topic_arn(topic).protocol("email").endpoint(email);
        request.send().await.for_call("sns:Subscribe").map(drop)
    })
    .await
}

/// EventBridge takes the call and tells in the answer what it did not take.
async fn put_target(
    identity: &Identity,
    rule: &str,
    topic: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let events = identity.eventbridge(region_of(rule));
    let target = target(topic)?;
    let not_shown_yet = |error: &AwsError| error.is("ResourceNotFound");
    wait::until_seen(operator, waiting(), not_shown_yet, async || {
        let request = events.put_targets().rule(name_of(rule)).targets(target.clone());
        let answer = request.send().await.for_call("events:PutTargets")?;
        match answer.failed_entries().first() {
            None => Ok(()),
            Some(failed) => {
                let why = failed.error_message().unwrap_or("the target was not taken");
                Err(AwsError::without_answer("events:PutTargets", why))
            }
        }
    })
    .await
}

/// A sentence is sent in the place of the event, which is a page of JSON.
fn target(topic: &str) -> Result<Target, AwsError> {
    let words = "Root was used in account <account>: <event> (<service>) in <region> at <time>, from <address>. \
        If you know nothing of it, sign in as root, change its password, and look at Event History.";
    let mail = InputTransformer::builder()
        .input_paths_map("account", "$.account")
        .input_paths_map("event", "$.detail.eventName")
        .input_paths_map("service", "$.detail.eventSource")
        .input_paths_map("region", "$.detail.awsRegion")
        .input_paths_map("time", "$.detail.eventTime")
        .input_paths_map("address", "$.detail.sourceIPAddress")
        .input_template(Value::from(words).to_string());
    built(Target::builder().id(TARGET).arn(topic).input_transformer(built(mail.build())?).build())
}

fn built<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer("events:PutTargets", &error.to_string()))
}

fn waiting() -> Text {
    text! {
        en: "Waiting until AWS shows the alarm's topic and rule",
        ko: "AWS에 경보의 주제와 규칙이 반영되기를 기다리는 중"
    }
}

fn region_of(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

fn name_of(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}

impl AlarmChange {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::CreateTopic { .. } | Self::PutRule { .. } => Verb::Create,
            Self::PutTopicPolicy { .. } => Verb::Update,
            Self::Subscribe { .. } | Self::PutTarget { .. } => Verb::Attach,
        }
    }

    /// To what.
    pub fn resource(&self) -> String {
        let (service, arn, kind, part) = match self {
            Self::CreateTopic { topic, .. } => ("sns", topic, "topic", ""),
            Self::PutTopicPolicy { topic, .. } => ("sns", topic, "topic", "/policy"),
            Self::Subscribe { topic, .. } => ("sns", topic, "topic", "/subscription"),
            Self::PutRule { rule } => ("events", rule, "rule", ""),
            Self::PutTarget { rule, .. } => ("events", rule, "rule", "/target"),
        };
        format!("{service}:{}/{kind}/{}{part}", region_of(arn), name_of(arn))
    }

    /// One line for the plan. What it costs comes with it.
    pub fn summary(&self) -> Text {
        match self {
            Self::CreateTopic { topic, .. } => {
                let region = harmless(region_of(topic));
                text! { en: "topic {NAME} in {region}", ko: "{region}의 주제 {NAME}" }
            }
            Self::PutTopicPolicy { topic, .. } => {
                let region = harmless(region_of(topic));
                text! {
                    en: "topic {NAME} in {region}: the rule may send",
                    ko: "{region}의 주제 {NAME} 정책: 규칙의 전송 허용"
                }
            }
            Self::Subscribe { topic, email } => {
                let (region, email) = (harmless(region_of(topic)), harmless(email));
                text! {
                    en: "topic {NAME} in {region} to {email}",
                    ko: "{region}의 주제 {NAME}에 {email}"
                }
            }
            Self::PutRule { rule } => {
                let region = harmless(region_of(rule));
                text! {
                    en: "rule {NAME} in {region}",
                    ko: "{region}의 규칙 {NAME}"
                }
            }
            Self::PutTarget { rule, .. } => {
                let region = harmless(region_of(rule));
                text! {
                    en: "rule {NAME} in {region} to the topic",
                    ko: "{region}의 규칙 {NAME}을(를) 주제에"
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

    const EMAIL: &str = "security@example.com";
    /// What SNS has in the place of an ARN.
    const PENDING: &str = "PendingConfirmation";

    fn alarm() -> Alarm {
        Alarm {
            region: "us-east-1".into(),
            topic_arn: format!("arn:aws:sns:us-east-1:111122223333:{NAME}"),
            rule_arn: format!("arn:aws:events:us-east-1:111122223333:rule/{NAME}"),
            topic: Ok(None),
            rule: Ok(None),
        }
    }

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

    const DENY: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"sns:*","Resource":"*"}]}"#;

    #[test]
    fn root_is_listened_to_where_it_signs_in_and_where_it_works() {
        let of = |partition: &str, home: &str| places(partition, home).into_iter().collect::<Vec<_>>();
        assert_eq!(of("aws", "eu-north-1"), ["eu-north-1", "us-east-1", "us-east-2", "us-west-2"]);
        assert_eq!(of("aws", "us-east-1"), ["us-east-1", "us-east-2", "us-west-2"]);
        assert_eq!(of("aws-us-gov", "us-gov-east-1"), ["us-gov-east-1", "us-gov-west-1"]);
        assert!(of("aws-cn", "cn-north-1").is_empty());
    }

    /// What SNS and EventBridge answer, with this subscription and this state of the rule.
    async fn observed(subscription: &str, state: &str) -> Alarm {
        let arn = format!("arn:aws:sns:us-east-1:111122223333:{NAME}");
        let rule = json!({"Name": NAME, "State": state, "EventPattern": pattern().to_string()}).to_string();
        let targets = json!({"Targets": [{"Id": "1", "Arn": arn}]}).to_string();
        let policy = "<Attributes><entry><key>Policy</key><value>{}</value></entry></Attributes>";
        let subscriptions = format!(
            "<Subscriptions><member><SubscriptionArn>{subscription}</SubscriptionArn><Protocol>email</Protocol>\
             <Endpoint>{EMAIL}</Endpoint></member></Subscriptions>"
        );
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "GetTopicAttributes" => call.xml(policy),
            "ListSubscriptionsByTopic" => call.xml(&subscriptions),
            "DescribeRule" => Some((200, rule.clone())),
            _ => Some((200, targets.clone())),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        observe(&identity, "us-east-1", EMAIL).await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn an_address_counts_once_its_owner_has_confirmed() {
        for (arn, expected) in [
            (PENDING, Subscription::Unconfirmed),
            (DELETED, Subscription::Missing),
            ("arn:aws:sns:us-east-1:111122223333:dayone-root-use:1", Subscription::Confirmed),
        ] {
            let alarm = observed(arn, "ENABLED").await;
            let policy = Some("{}".to_owned());
            assert_eq!(alarm.topic, Ok(Some(Topic { policy, subscription: expected })), "{arn}");
            assert_eq!(alarm.rule, Ok(Some(Rule { listens: true, sends: true })));
        }
        let off = observed(PENDING, "DISABLED").await;
        assert_eq!(off.rule, Ok(Some(Rule { listens: false, sends: true })));
    }

    #[test]
    fn who_has_left_and_is_asked_again_is_waited_for() {
        let of_address =
            |arn: &str| sdk::Subscription::builder().endpoint(EMAIL).subscription_arn(arn).build();
        let confirmed = "arn:aws:sns:us-east-1:111122223333:dayone-root-use:1";
        for (arns, expected) in [
            (&[DELETED, PENDING][..], Subscription::Unconfirmed),
            (&[confirmed, DELETED][..], Subscription::Confirmed),
            (&[DELETED, DELETED][..], Subscription::Missing),
        ] {
            let subscriptions: Vec<_> = arns.iter().map(|arn| of_address(arn)).collect();
            assert_eq!(subscription(&subscriptions, EMAIL), expected, "{arns:?}");
        }
    }

    #[test]
    fn an_address_in_other_letters_is_not_asked_again() {
        let confirmed = "arn:aws:sns:us-east-1:111122223333:dayone-root-use:1";
        let of = |endpoint: &str| {
            let told = sdk::Subscription::builder().endpoint(endpoint).subscription_arn(confirmed).build();
            subscription(&[told], EMAIL)
        };
        assert_eq!(of("Security@Example.COM"), Subscription::Confirmed);
        assert_eq!(of("security@example.org"), Subscription::Missing);
    }

    #[tokio::test]
    async fn what_is_not_there_is_missing() {
        let aws = canned::Aws::answering(|call| match call.service() {
            "sns" => call.refused(404, "NotFound"),
            _ => call.refused(400, "ResourceNotFoundException"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = observe(&identity, "eu-north-1", EMAIL).await.unwrap();
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|alarm| alarm.topic == Ok(None) && alarm.rule == Ok(None)), "{found:?}");
    }

    #[test]
    fn the_mail_names_what_was_done_and_where() {
        let target = target("arn:aws:sns:us-east-1:111122223333:dayone-root-use").unwrap();
        let mail = target.input_transformer().unwrap();
        let template = mail.input_template();
        assert!(template.starts_with('"') && template.ends_with('"'), "{template}");
        for name in mail.input_paths_map().unwrap().keys() {
            assert!(template.contains(&format!("<{name}>")), "{name}: {template}");
        }
    }

    #[tokio::test]
    async fn a_policy_that_somebody_has_changed_meanwhile_is_not_overwritten() {
        let (topic, policy) = (alarm().topic_arn, alarm().policy().unwrap());
        let put = AlarmChange::PutTopicPolicy { topic, policy, replaces: None };
        for (now, expected) in [("", "SetTopicAttributes"), (DENY, "Closed")] {
            let entry = format!("<entry><key>Policy</key><value>{now}</value></entry>");
            let attributes =
                format!("<Attributes>{}</Attributes>", if now.is_empty() { "" } else { entry.as_str() });
            let aws = canned::Aws::answering(move |call| call.xml(&attributes));
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let last = || aws.heard().pop().map(|heard| heard.operation);
            match apply(&put, &identity, &mut Nobody).await {
                Ok(()) => assert_eq!(last().as_deref(), Some(expected)),
                Err(error) => {
                    let text = error.text();
                    assert!(text.en.contains(expected) && text.en.contains(NAME), "{text:?}");
                    assert_eq!(last().as_deref(), Some("GetTopicAttributes"));
                }
            }
        }
    }
}
