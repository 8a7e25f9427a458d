//! How the alarm stands, in each of its Regions.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_sns::types as sdk;
use serde_json::Value;

use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::AwsError;
use crate::event_history::ROOT_SIGN_IN;
use crate::regions;

use super::{Alarm, NAME, Rule, Subscription, Topic, pattern};

/// What SNS has in the place of an ARN for a while after somebody has unsubscribed.
const DELETED: &str = "Deleted";

/// Reads how the alarm stands in each of its Regions.
pub async fn observe(identity: &Identity, home: &str, email: &str) -> Result<Vec<Alarm>, AwsError> {
    let places = places(&identity.caller.partition, home);
    let asked = places.into_iter().map(|region| alarm(identity.clone(), region, email.to_owned()));
    at_once(asked).await
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::imagined::EMAIL;
    use super::*;
    use crate::aws::{Access, canned};

    /// What SNS has in the place of an ARN.
    const PENDING: &str = "PendingConfirmation";

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
}
