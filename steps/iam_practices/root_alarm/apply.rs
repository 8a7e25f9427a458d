//! Makes one change of the alarm.

use aws_sdk_eventbridge::types::{InputTransformer, RuleState, Target};
use serde_json::Value;

use crate::aws::{ForCall, Identity};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::Document;
use crate::text::{Text, harmless};
use crate::{meanwhile, regions, text, wait};

use super::change::{AlarmChange, name_of};
use super::{NAME, pattern};

/// The id of the target among those of a rule.
const TARGET: &str = "dayone-e-mail";

/// Makes one change. Each can be made again.
pub async fn apply(
    change: &AlarmChange,
    identity: &Identity,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        AlarmChange::CreateTopic { topic, policy } => {
            let request = identity.sns(regions::of_arn(topic)).create_topic().name(name_of(topic));
            let sent = request.attributes("Policy", policy.to_json()).send().await;
            sent.for_call("sns:CreateTopic")?;
        }
        AlarmChange::PutTopicPolicy { topic, policy, replaces } => {
            put_policy(identity, topic, policy, replaces.as_ref()).await?;
        }
        AlarmChange::Subscribe { topic, email } => subscribe(identity, topic, email, operator).await?,
        AlarmChange::PutRule { rule } => {
            let request = identity.eventbridge(regions::of_arn(rule)).put_rule().name(name_of(rule));
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
    let sns = identity.sns(regions::of_arn(topic));
    let now = sns.get_topic_attributes().topic_arn(topic).send().await.for_call("sns:GetTopicAttributes")?;
    let now = now.attributes().and_then(|attributes| attributes.get("Policy").map(String::as_str));
    let region = harmless(regions::of_arn(topic));
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
    let sns = identity.sns(regions::of_arn(topic));
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
    let events = identity.eventbridge(regions::of_arn(rule));
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

#[cfg(test)]
mod tests {
    use super::super::imagined::{DENY, alarm};
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

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
