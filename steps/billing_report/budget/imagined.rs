//! Budgets as tests imagine them.

use std::collections::{BTreeMap, BTreeSet};

use super::{ANY_COST, Budget, BudgetFacts, NAME};

pub(super) const EMAIL: &str = "costs@example.com";

pub(super) const NOTIFICATIONS: &str = r#"{"Notifications": [{"NotificationType": "ACTUAL", "Threshold": 85.0,
    "ComparisonOperator": "GREATER_THAN", "ThresholdType": "PERCENTAGE", "NotificationState": "ALARM"}]}"#;
pub(super) const SUBSCRIBERS: &str = r#"{"Subscribers": [{"SubscriptionType": "SNS", "Address": "arn:aws:sns:x"},
    {"SubscriptionType": "EMAIL", "Address": "costs@example.com"}]}"#;

pub(super) fn budget(amount: u32) -> Budget {
    Budget { amount, email: EMAIL.into() }
}

impl Budget {
    /// The budget as it is found once it was made.
    pub(in crate::billing_report) fn as_made(&self) -> BudgetFacts {
        let told = BTreeSet::from([self.email.clone()]);
        let above = if self.amount == 0 { ANY_COST } else { u64::from(self.amount) * 85 };
        BudgetFacts {
            name: NAME.into(),
            amount: self.limit().to_string(),
            counts_all: true,
            alerts: self.alerts().iter().map(|alert| (*alert, told.clone())).collect(),
            tells: BTreeMap::from([(self.email.clone(), above)]),
        }
    }
}
