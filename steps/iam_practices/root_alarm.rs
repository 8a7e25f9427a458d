//! The alarm on root, for who names somebody to be told: an e-mail whenever root signs in or changes something.
//!
//! CloudTrail hands its events to EventBridge in the Region in which it records them, so there is a rule in each Region
//! that root signs in through, one of which has all of IAM, and one in the Region of the work. Each sends to a topic
//! beside it, because a rule reaches no topic elsewhere, and each topic's mail is confirmed by itself. One topic for all
//! would take a role that passes events on between Regions: one more thing that may write in the account, for two mails
//! less on one day. Source: EventBridge user guide, "AWS service events delivered via AWS CloudTrail".

mod apply;
mod change;
mod facts;
#[cfg(test)]
mod imagined;
mod plan;

use serde_json::{Value, json};

use crate::aws::Reading;

pub use apply::apply;
pub use change::AlarmChange;
pub use facts::observe;
pub use plan::Lack;

/// The name of the rules, and of the topics that they send to.
const NAME: &str = "dayone-root-use";

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
