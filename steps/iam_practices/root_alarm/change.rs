//! What can be changed about the alarm, and how that is told.

use serde::Serialize;

use crate::policy::Document;
use crate::practice::Verb;
use crate::text::{Text, harmless};
use crate::{regions, text};

use super::NAME;

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
        format!("{service}:{}/{kind}/{}{part}", regions::of_arn(arn), name_of(arn))
    }

    /// One line for the plan. What it costs comes with it.
    pub fn summary(&self) -> Text {
        match self {
            Self::CreateTopic { topic, .. } => {
                let region = harmless(regions::of_arn(topic));
                text! { en: "topic {NAME} in {region}", ko: "{region}의 주제 {NAME}" }
            }
            Self::PutTopicPolicy { topic, .. } => {
                let region = harmless(regions::of_arn(topic));
                text! {
                    en: "topic {NAME} in {region}: the rule may send",
                    ko: "{region}의 주제 {NAME} 정책: 규칙의 전송 허용"
                }
            }
            Self::Subscribe { topic, email } => {
                let (region, email) = (harmless(regions::of_arn(topic)), harmless(email));
                text! {
                    en: "topic {NAME} in {region} to {email}",
                    ko: "{region}의 주제 {NAME}에 {email}"
                }
            }
            Self::PutRule { rule } => {
                let region = harmless(regions::of_arn(rule));
                text! {
                    en: "rule {NAME} in {region}",
                    ko: "{region}의 규칙 {NAME}"
                }
            }
            Self::PutTarget { rule, .. } => {
                let region = harmless(regions::of_arn(rule));
                text! {
                    en: "rule {NAME} in {region} to the topic",
                    ko: "{region}의 규칙 {NAME}을(를) 주제에"
                }
            }
        }
    }
}

pub(super) fn name_of(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}
