//! What a budget of ours tells.

use aws_sdk_budgets::types::{ComparisonOperator, Notification, NotificationType, ThresholdType};

use crate::error::AwsError;

use super::built;

/// What a budget of ours tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alert {
    /// The month has cost more than a cent.
    AnyCost,
    /// The month has cost most of the amount.
    Nearly,
    /// The month has cost the amount.
    Reached,
    /// The month will cost the amount, as AWS expects.
    Expected,
}

impl Alert {
    const ALL: [Self; 4] = [Self::AnyCost, Self::Nearly, Self::Reached, Self::Expected];

    /// Of what, above which threshold, and of what that is a number.
    fn terms(self) -> (NotificationType, f64, ThresholdType) {
        match self {
            Self::AnyCost => (NotificationType::Actual, 0.01, ThresholdType::AbsoluteValue),
            Self::Nearly => (NotificationType::Actual, 85.0, ThresholdType::Percentage),
            Self::Reached => (NotificationType::Actual, 100.0, ThresholdType::Percentage),
            Self::Expected => (NotificationType::Forecasted, 100.0, ThresholdType::Percentage),
        }
    }

    pub(super) fn notification(self) -> Result<Notification, AwsError> {
        let (of, threshold, unit) = self.terms();
        let notification = Notification::builder()
            .notification_type(of)
            .comparison_operator(ComparisonOperator::GreaterThan)
            .threshold(threshold)
            .threshold_type(unit);
        built(notification.build())
    }

    /// Which of ours a notification is, if any.
    pub(super) fn found(notification: &Notification) -> Option<Self> {
        let unit = notification.threshold_type().unwrap_or(&ThresholdType::Percentage);
        let is = |alert: &Self| {
            let (of, threshold, wanted_unit) = alert.terms();
            *notification.notification_type() == of
                && *notification.comparison_operator() == ComparisonOperator::GreaterThan
                && (notification.threshold() - threshold).abs() < 0.001
                && *unit == wanted_unit
        };
        Self::ALL.into_iter().find(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_is_known_again() {
        for alert in Alert::ALL {
            assert_eq!(Alert::found(&alert.notification().unwrap()), Some(alert));
        }
        let other = Notification::builder()
            .notification_type(NotificationType::Actual)
            .comparison_operator(ComparisonOperator::GreaterThan)
            .threshold(50.0);
        assert_eq!(Alert::found(&other.build().unwrap()), None);
        let by_percentage = Notification::builder()
            .notification_type(NotificationType::Actual)
            .comparison_operator(ComparisonOperator::GreaterThan)
            .threshold(85.0);
        assert_eq!(Alert::found(&by_percentage.build().unwrap()), Some(Alert::Nearly));
    }
}
