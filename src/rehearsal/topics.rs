//! SNS: topics with their policies, and addresses that their owners have to confirm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_core::{MockResponse, xml_escape};

use super::kept::Memory;
use super::wire::Call;
use super::{ACCOUNT_ID, tokens};

/// A topic.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Topic {
    policy: String,
    /// By address, the ARN of what has been confirmed, or [`DELETED`]; none for what has not been confirmed yet.
    emails: BTreeMap<String, Option<String>>,
}

/// What stands in the place of an ARN for a while after somebody has unsubscribed.
const DELETED: &str = "Deleted";

/// Answers one call.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    match call.operation.as_str() {
        "CreateTopic" => create(call, memory),
        "GetTopicAttributes" => attributes(call, memory),
        "SetTopicAttributes" => set_attributes(call, memory),
        "Subscribe" => subscribe(call, memory),
        "Unsubscribe" => unsubscribe(call, memory),
        "ListSubscriptionsByTopic" => subscriptions(call, memory),
        _ => call.unknown(),
    }
}

fn create(call: &Call, memory: &mut Memory) -> MockResponse {
    let name = call.parameter("Name").unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !(1..=256).contains(&name.len()) || !name.chars().all(letters) {
        return invalid(call, "Topic Name");
    }
    let arn = format!("arn:aws:sns:{}:{ACCOUNT_ID}:{name}", call.region);
    let wanted = match policy_in(call) {
        Ok(policy) => policy,
        Err(refusal) => return *refusal,
    };
    let found = memory.topics.get(&arn);
    let differs = |topic: &Topic| wanted.as_ref().is_some_and(|wanted| *wanted != topic.policy);
    if found.is_some_and(differs) {
        return invalid(call, "Attributes Reason: Topic already exists with different attributes");
    }
    let policy = wanted.unwrap_or_else(|| of_the_owner(&arn));
    memory.topics.entry(arn.clone()).or_insert_with(|| Topic { policy, emails: BTreeMap::new() });
    call.xml(&format!("<TopicArn>{arn}</TopicArn>"))
}

/// The attribute that a topic is made with; it is the one that the practice account knows.
fn policy_in(call: &Call) -> Result<Option<String>, Box<MockResponse>> {
    let named = (1..).map_while(|number| {
        let name = call.parameter(&format!("Attributes.entry.{number}.key"))?;
        Some((name, call.parameter(&format!("Attributes.entry.{number}.value")).unwrap_or_default()))
    });
    let mut policy = None;
    for (name, value) in named {
        if name != "Policy" || Document::parse(value).is_err() {
            return Err(Box::new(invalid(call, &format!("Attributes Reason: {name}"))));
        }
        policy = Some(value.to_owned());
    }
    Ok(policy)
}

/// What a topic has whose maker does not say.
fn of_the_owner(arn: &str) -> String {
    let owner = json!({"StringEquals": {"AWS:SourceOwner": ACCOUNT_ID}});
    let actions = ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Subscribe", "SNS:Publish"];
    let statement = json!({"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
                           "Action": actions, "Resource": arn, "Condition": owner});
    json!({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}).to_string()
}

fn invalid(call: &Call, what: &str) -> MockResponse {
    call.refuse(400, "InvalidParameter", &format!("Invalid parameter: {what}"))
}

/// The topic that a call names. One of another Region is not to be had in this one.
fn named<'m>(call: &Call, memory: &'m mut Memory) -> Result<(String, &'m mut Topic), Box<MockResponse>> {
    let arn = call.parameter("TopicArn").unwrap_or_default();
    if arn.split(':').nth(3) != Some(call.region.as_str()) {
        return Err(Box::new(invalid(call, "TopicArn")));
    }
    match memory.topics.get_mut(arn) {
        Some(topic) => Ok((arn.to_owned(), topic)),
        None => Err(Box::new(call.refuse(404, "NotFound", "Topic does not exist"))),
    }
}

fn attributes(call: &Call, memory: &mut Memory) -> MockResponse {
    let (arn, topic) = match named(call, memory) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let confirmed = topic.emails.values().filter(|subscription| is_confirmed(subscription)).count();
    let pending = topic.emails.values().filter(|subscription| subscription.is_none()).count();
    let all = [
        ("TopicArn", arn),
        ("Owner", ACCOUNT_ID.to_owned()),
        ("Policy", topic.policy.clone()),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", pending.to_string()),
    ];
    let entry = |(name, value): &(&str, String)| {
        format!("<entry><key>{name}</key><value>{}</value></entry>", xml_escape(value))
    };
    call.xml(&format!("<Attributes>{}</Attributes>", all.iter().map(entry).collect::<String>()))
}

fn set_attributes(call: &Call, memory: &mut Memory) -> MockResponse {
    let value = call.parameter("AttributeValue").unwrap_or_default().to_owned();
    if call.parameter("AttributeName") != Some("Policy") {
        return invalid(call, "AttributeName");
    }
    if Document::parse(&value).is_err() {
        return invalid(call, "Policy Error: null");
    }
    match named(call, memory) {
        Ok((_, topic)) => topic.policy = value,
        Err(refusal) => return *refusal,
    }
    call.xml("")
}

fn is_confirmed(subscription: &Option<String>) -> bool {
    subscription.as_deref().is_some_and(|subscription| subscription != DELETED)
}

/// An address that is known already, or has left, is asked again, and is not known twice.
fn subscribe(call: &Call, memory: &mut Memory) -> MockResponse {
    let email = call.parameter("Endpoint").unwrap_or_default().to_owned();
    let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if call.parameter("Protocol") != Some("email") || !is_address {
        return invalid(call, "Email address");
    }
    let (_, topic) = match named(call, memory) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let subscription = topic.emails.entry(email).or_default();
    if !is_confirmed(subscription) {
        *subscription = None;
    }
    let arn = subscription.clone().unwrap_or_else(|| "pending confirmation".to_owned());
    call.xml(&format!("<SubscriptionArn>{arn}</SubscriptionArn>"))
}

fn unsubscribe(call: &Call, memory: &mut Memory) -> MockResponse {
    let arn = call.parameter("SubscriptionArn").unwrap_or_default();
    let mut all = memory.topics.values_mut().flat_map(|topic| topic.emails.values_mut());
    match all.find(|subscription| subscription.as_deref() == Some(arn) && arn != DELETED) {
        Some(subscription) => *subscription = Some(DELETED.to_owned()),
        None => return call.refuse(404, "NotFound", "Subscription does not exist"),
    }
    call.xml("")
}

fn subscriptions(call: &Call, memory: &mut Memory) -> MockResponse {
    let (arn, topic) = match named(call, memory) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let member = |(email, subscription): (&String, &Option<String>)| {
        let id = subscription.as_deref().unwrap_or("PendingConfirmation");
        let email = xml_escape(email);
        format!(
            "<member><TopicArn>{arn}</TopicArn><Protocol>email</Protocol><SubscriptionArn>{id}</SubscriptionArn>\
             <Owner>{ACCOUNT_ID}</Owner><Endpoint>{email}</Endpoint></member>"
        )
    };
    let members: String = topic.emails.iter().map(member).collect();
    call.xml(&format!("<Subscriptions>{members}</Subscriptions>"))
}

impl Memory {
    /// Somebody opens all mails and says yes.
    pub fn confirm_emails(&mut self) {
        for (topic, found) in &mut self.topics {
            for subscription in found.emails.values_mut().filter(|subscription| subscription.is_none()) {
                *subscription = Some(format!("{topic}:{}", tokens::request_id()));
            }
        }
    }

    /// Whether a rule may send to a topic, and somebody who has said yes gets its e-mails.
    pub fn mails(&self, topic: &str, rule: &str) -> bool {
        let Some(found) = self.topics.get(topic) else { return false };
        let request = Request {
            principal: Principal::Service("events.amazonaws.com"),
            action: "sns:Publish",
            resource: topic,
            context: &[("aws:SourceArn", rule)],
        };
        let policy = Document::parse(&found.policy);
        policy.is_ok_and(|policy| policy.decide(&request) == Decision::Allowed)
            && found.emails.values().any(is_confirmed)
    }

    /// The topics without what is made up anew each time.
    pub fn topics_snapshot(&self) -> Value {
        let topic = |(arn, topic): (&String, &Topic)| {
            let told: BTreeMap<_, _> = topic
                .emails
                .iter()
                .map(|(email, subscription)| (email, is_confirmed(subscription)))
                .collect();
            (arn.clone(), json!({"policy": topic.policy, "emails": told}))
        };
        Value::Object(self.topics.iter().map(topic).collect())
    }
}
