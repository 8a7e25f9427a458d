//! The cost budget, for who asks for one: somebody gets an e-mail before a surprise is on the bill.
//!
//! A budget of others that tells somebody already is adopted. Ours is known by its name, so that a lost answer leads to
//! "exists, and is ours". Source: AWS Cost Management user guide, "Managing your costs with AWS Budgets".

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_budgets::types::{
    self as sdk, BudgetType, ComparisonOperator, Notification, NotificationType, NotificationWithSubscribers,
    Spend, Subscriber, SubscriptionType, ThresholdType, TimeUnit,
};
use serde::Serialize;

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::{AwsError, StepError};
use crate::text;
use crate::text::{Text, harmless};

/// The name of ours.
pub const NAME: &str = "dayone-monthly";
/// A budget of no amount is impossible, so one that tells of any cost has this one, as AWS's own template has.
const SMALLEST_AMOUNT: u32 = 1;
/// So many budgets are looked into for one that tells somebody; ours is the first.
const LOOKED_INTO: usize = 10;

/// The budget that the answers ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// The amount of a month, in US dollars; 0: any cost at all is told.
    pub amount: u32,
    /// Who is told.
    pub email: String,
}

/// A budget that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetFacts {
    /// Its name.
    pub name: String,
    /// Its amount, without zeros that say nothing.
    pub amount: String,
    /// Which of our alerts it has, and whom each tells by e-mail.
    pub alerts: BTreeMap<Alert, BTreeSet<String>>,
    /// Whom it tells by e-mail of anything.
    pub tells: BTreeSet<String>,
}

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

/// How the budget stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is in place.
    InPlace(Text),
    /// There is none.
    Missing,
    /// Ours differs from what is asked for.
    Differs,
}

impl Budget {
    /// What the answers ask for; none where nobody is to be told.
    pub fn wanted(answers: &Answers) -> Option<Self> {
        let email = answers.billing.budget_email.clone()?;
        Some(Self { amount: answers.billing.budget_amount, email })
    }

    /// How what is there stands against it. Pure.
    pub fn against(&self, found: Option<&BudgetFacts>) -> Standing {
        let Some(found) = found else { return Standing::Missing };
        let name = harmless(&found.name);
        if found.name != NAME {
            let told = harmless(&found.tells.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
            return Standing::InPlace(text! {
                en: "budget {name} tells {told} (adopted)",
                ko: "예산 {name}이(가) {told}에 알림(그대로 사용)"
            });
        }
        let email = harmless(&self.email);
        let tells = |alert: &Alert| found.alerts.get(alert).is_some_and(|told| told.contains(&self.email));
        let is_ours = found.amount == self.limit().to_string()
            && self.alerts().iter().all(tells)
            && found.alerts.keys().all(|alert| self.alerts().contains(alert));
        if !is_ours {
            return Standing::Differs;
        }
        Standing::InPlace(text! { en: "budget {name} tells {email}", ko: "예산 {name}이(가) {email}에 알림" })
    }

    /// One line for the plan. What it costs comes with it.
    pub fn summary(&self) -> Text {
        let (amount, email) = (self.amount, harmless(&self.email));
        match amount {
            0 => text! {
                en: "cost budget {NAME}: an e-mail to {email} as soon as a month costs more than $0.01; the first two budgets are free",
                ko: "비용 예산 {NAME}: 한 달 비용이 $0.01을 넘으면 바로 {email}에 이메일. 예산은 두 개까지 무료"
            },
            _ => text! {
                en: "cost budget {NAME}: e-mails to {email} at 85 % and 100 % of ${amount} a month, and when 100 % are to be expected; the first two budgets are free",
                ko: "비용 예산 {NAME}: 월 ${amount}의 85%와 100%에 이를 때, 100%가 예상될 때 {email}에 이메일. 예산은 두 개까지 무료"
            },
        }
    }

    fn limit(&self) -> u32 {
        self.amount.max(SMALLEST_AMOUNT)
    }

    fn alerts(&self) -> &'static [Alert] {
        if self.amount == 0 { &[Alert::AnyCost] } else { &[Alert::Nearly, Alert::Reached, Alert::Expected] }
    }

    fn spend(&self) -> Result<Spend, AwsError> {
        built(Spend::builder().amount(self.limit().to_string()).unit("USD").build())
    }

    fn subscriber(&self) -> Result<Subscriber, AwsError> {
        built(Subscriber::builder().subscription_type(SubscriptionType::Email).address(&self.email).build())
    }
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

    fn notification(self) -> Result<Notification, AwsError> {
        let (of, threshold, unit) = self.terms();
        let notification = Notification::builder()
            .notification_type(of)
            .comparison_operator(ComparisonOperator::GreaterThan)
            .threshold(threshold)
            .threshold_type(unit);
        built(notification.build())
    }

    /// Which of ours a notification is, if any.
    fn found(notification: &Notification) -> Option<Self> {
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

fn built<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer("budgets:ModifyBudget", &error.to_string()))
}

/// Reads ours, or else the first budget of costs that tells somebody by e-mail.
pub async fn observe(identity: &Identity) -> Result<Reading<Option<BudgetFacts>>, AwsError> {
    let account = identity.caller.account.as_str();
    let budgets = identity
        .budgets()
        .describe_budgets()
        .account_id(account)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let budgets = match identity.reading(unless("NotFound", budgets.for_call("budgets:ViewBudget")))? {
        Ok(budgets) => budgets.unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let mut budgets: Vec<_> =
        budgets.into_iter().filter(|budget| *budget.budget_type() == BudgetType::Cost).collect();
    budgets.sort_by_key(|budget| budget.budget_name() != NAME);
    for budget in budgets.iter().take(LOOKED_INTO) {
        match facts(identity, budget).await? {
            Ok(found) if found.name == NAME || !found.tells.is_empty() => return Ok(Ok(Some(found))),
            Ok(_) => {}
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    Ok(Ok(None))
}

async fn facts(identity: &Identity, budget: &sdk::Budget) -> Result<Reading<BudgetFacts>, AwsError> {
    let name = budget.budget_name();
    let notifications = match identity.reading(notifications(identity, name).await)? {
        Ok(notifications) => notifications,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let asked = notifications
        .iter()
        .map(|notification| told(identity.clone(), name.to_owned(), notification.clone()));
    let told = match identity.reading(at_once(asked).await)? {
        Ok(told) => told,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let amount = budget.budget_limit().map(Spend::amount).unwrap_or_default();
    let mut found = BudgetFacts {
        name: name.to_owned(),
        amount: amount.parse::<f64>().map_or_else(|_| amount.to_owned(), |amount| amount.to_string()),
        alerts: BTreeMap::new(),
        tells: BTreeSet::new(),
    };
    for (notification, told) in notifications.iter().zip(told) {
        found.tells.extend(told.iter().cloned());
        if let Some(alert) = Alert::found(notification) {
            found.alerts.insert(alert, told);
        }
    }
    Ok(Ok(found))
}

async fn notifications(identity: &Identity, budget: &str) -> Result<Vec<Notification>, AwsError> {
    let notifications = identity
        .budgets()
        .describe_notifications_for_budget()
        .account_id(&identity.caller.account)
        .budget_name(budget)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    Ok(unless("NotFound", notifications.for_call("budgets:ViewBudget"))?.unwrap_or_default())
}

/// Whom a notification tells by e-mail.
async fn told(
    identity: Identity,
    budget: String,
    notification: Notification,
) -> Result<BTreeSet<String>, AwsError> {
    let subscribers = identity
        .budgets()
        .describe_subscribers_for_notification()
        .account_id(&identity.caller.account)
        .budget_name(budget)
        .notification(without_state(notification))
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let subscribers = unless("NotFound", subscribers.for_call("budgets:ViewBudget"))?.unwrap_or_default();
    let by_email =
        subscribers.iter().filter(|subscriber| *subscriber.subscription_type() == SubscriptionType::Email);
    Ok(by_email.map(|subscriber| subscriber.address().to_owned()).collect())
}

/// Whether it has been told of is no part of which notification it is.
fn without_state(mut notification: Notification) -> Notification {
    notification.notification_state = None;
    notification
}

/// Creates the budget, with everybody who is told.
pub async fn create(identity: &Identity, budget: &Budget) -> Result<(), StepError> {
    let definition = sdk::Budget::builder()
        .budget_name(NAME)
        .budget_limit(budget.spend()?)
        .time_unit(TimeUnit::Monthly)
        .budget_type(BudgetType::Cost);
    let request = identity.budgets().create_budget().account_id(&identity.caller.account);
    let mut request = request.budget(built(definition.build())?);
    for alert in budget.alerts() {
        let alert = NotificationWithSubscribers::builder()
            .notification(alert.notification()?)
            .subscribers(budget.subscriber()?);
        request = request.notifications_with_subscribers(built(alert.build())?);
    }
    unless("DuplicateRecord", request.send().await.for_call("budgets:ModifyBudget"))?;
    Ok(())
}

/// Brings ours to what is asked for. Whom others have it tell, and of what else, stays.
pub async fn update(identity: &Identity, budget: &Budget) -> Result<(), StepError> {
    set_amount(identity, budget).await?;
    let found = notifications(identity, NAME).await?;
    let found: BTreeSet<_> = found.iter().filter_map(Alert::found).collect();
    let (client, account) = (identity.budgets(), identity.caller.account.as_str());
    for alert in budget.alerts() {
        let notification = alert.notification()?;
        if found.contains(alert) {
            let request = client.create_subscriber().account_id(account).budget_name(NAME);
            let sent = request.notification(notification).subscriber(budget.subscriber()?).send().await;
            unless("DuplicateRecord", sent.for_call("budgets:ModifyBudget"))?;
        } else {
            let request = client.create_notification().account_id(account).budget_name(NAME);
            let sent = request.notification(notification).subscribers(budget.subscriber()?).send().await;
            unless("DuplicateRecord", sent.for_call("budgets:ModifyBudget"))?;
        }
    }
    for alert in found.iter().filter(|alert| !budget.alerts().contains(alert)) {
        let request = client.delete_notification().account_id(account).budget_name(NAME);
        let sent = request.notification(alert.notification()?).send().await;
        unless("NotFound", sent.for_call("budgets:ModifyBudget"))?;
    }
    Ok(())
}

/// AWS wants the whole budget, so what else it is stays as it is found.
async fn set_amount(identity: &Identity, budget: &Budget) -> Result<(), AwsError> {
    let (client, account) = (identity.budgets(), identity.caller.account.as_str());
    let found = client.describe_budget().account_id(account).budget_name(NAME).send().await;
    let found = found.for_call("budgets:ViewBudget")?.budget;
    let mut found = found
        .ok_or_else(|| AwsError::without_answer("budgets:ViewBudget", "the budget has no definition"))?;
    found.budget_limit = Some(budget.spend()?);
    (found.calculated_spend, found.last_updated_time, found.health_status) = (None, None, None);
    let sent = client.update_budget().account_id(account).new_budget(found).send().await;
    sent.for_call("budgets:ModifyBudget").map(drop)
}

#[cfg(test)]
impl Budget {
    /// The budget as it is found once it was made.
    pub(super) fn as_made(&self) -> BudgetFacts {
        let told = BTreeSet::from([self.email.clone()]);
        BudgetFacts {
            name: NAME.into(),
            amount: self.limit().to_string(),
            alerts: self.alerts().iter().map(|alert| (*alert, told.clone())).collect(),
            tells: told,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    const EMAIL: &str = "costs@example.com";

    fn budget(amount: u32) -> Budget {
        Budget { amount, email: EMAIL.into() }
    }

    fn is_in_place(amount: u32, found: &BudgetFacts) -> bool {
        matches!(budget(amount).against(Some(found)), Standing::InPlace(_))
    }

    #[test]
    fn a_budget_is_in_place_with_its_amount_and_whom_it_tells() {
        assert!(matches!(budget(0).against(None), Standing::Missing));
        for (amount, other) in [(0, 100), (100, 0), (100, 200)] {
            assert!(is_in_place(amount, &budget(amount).as_made()), "{amount}");
            assert!(!is_in_place(amount, &budget(other).as_made()), "{amount} instead of {other}");
        }
        let mut silent = budget(100).as_made();
        silent.alerts.insert(Alert::Expected, BTreeSet::from(["somebody@example.com".into()]));
        assert!(!is_in_place(100, &silent));
        let mut chatty = budget(100).as_made();
        chatty.alerts.insert(Alert::AnyCost, BTreeSet::new());
        assert!(!is_in_place(100, &chatty));
    }

    #[test]
    fn a_budget_of_others_that_tells_somebody_will_do() {
        let theirs = BudgetFacts {
            name: "team".into(),
            tells: BTreeSet::from(["team@example.com".into()]),
            ..budget(5000).as_made()
        };
        let Standing::InPlace(found) = budget(0).against(Some(&theirs)) else { panic!("not adopted") };
        assert!(found.en.contains("team@example.com") && found.ko.contains("team@example.com"), "{found:?}");
    }

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

    #[test]
    fn the_price_is_told_with_the_budget() {
        for (amount, words) in [(0, "$0.01"), (100, "$100")] {
            let summary = budget(amount).summary();
            assert!(summary.en.contains("free") && summary.en.contains(words), "{summary:?}");
            assert!(summary.ko.contains("무료") && summary.ko.contains(words), "{summary:?}");
        }
    }

    const BUDGETS: &str = r#"{"Budgets": [
        {"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"},
        {"BudgetName": "team", "BudgetType": "COST", "TimeUnit": "MONTHLY",
         "BudgetLimit": {"Amount": "500", "Unit": "USD"}},
        {"BudgetName": "dayone-monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY",
         "BudgetLimit": {"Amount": "100.0", "Unit": "USD"}}]}"#;
    const NOTIFICATIONS: &str = r#"{"Notifications": [{"NotificationType": "ACTUAL", "Threshold": 85.0,
        "ComparisonOperator": "GREATER_THAN", "ThresholdType": "PERCENTAGE", "NotificationState": "ALARM"}]}"#;
    const SUBSCRIBERS: &str = r#"{"Subscribers": [{"SubscriptionType": "SNS", "Address": "arn:aws:sns:x"},
        {"SubscriptionType": "EMAIL", "Address": "costs@example.com"}]}"#;

    #[tokio::test]
    async fn ours_is_looked_into_before_all_others() {
        let aws = canned::Aws::answering(|call| {
            let answer = match call.operation.as_str() {
                "DescribeBudgets" => BUDGETS,
                "DescribeNotificationsForBudget" => NOTIFICATIONS,
                _ => SUBSCRIBERS,
            };
            Some((200, answer.into()))
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = observe(&identity).await.unwrap().unwrap().unwrap();
        let told = BTreeSet::from([EMAIL.to_owned()]);
        assert_eq!((found.name.as_str(), found.amount.as_str()), (NAME, "100"));
        assert_eq!((found.alerts, found.tells), (BTreeMap::from([(Alert::Nearly, told.clone())]), told));
        let heard = aws.heard();
        assert_eq!(heard.len(), 4, "who, the budgets, the notifications of ours, its subscribers");
        assert!(!heard[3].body.contains("NotificationState"), "{:?}", heard[3]);
    }

    #[tokio::test]
    async fn an_account_without_budgets_has_none_and_one_that_may_not_look_does_not_know() {
        let none = canned::Aws::answering(|_| Some((200, "{}".into())));
        let identity = none.connection(Access::ReadWrite).started_as().await.unwrap();
        assert_eq!(observe(&identity).await.unwrap(), Ok(None));
        let denied = canned::Aws::answering(|call| call.refused(400, "AccessDeniedException"));
        let identity = denied.connection(Access::ReadWrite).started_as().await.unwrap();
        assert_eq!(observe(&identity).await.unwrap().unwrap_err().operation, "budgets:ViewBudget");
    }
}
