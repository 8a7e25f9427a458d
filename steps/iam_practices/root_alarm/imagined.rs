//! The alarm as tests imagine it.

use super::{Alarm, NAME};

pub(super) const EMAIL: &str = "security@example.com";

pub(super) const DENY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"sns:*","Resource":"*"}]}"#;

pub(super) fn alarm() -> Alarm {
    Alarm {
        region: "us-east-1".into(),
        topic_arn: format!("arn:aws:sns:us-east-1:111122223333:{NAME}"),
        rule_arn: format!("arn:aws:events:us-east-1:111122223333:rule/{NAME}"),
        topic: Ok(None),
        rule: Ok(None),
    }
}
