//! Makes the budget, or brings it to what is asked for.

use std::collections::BTreeSet;

use aws_sdk_budgets::types::{
    self as sdk, BudgetType, CostTypes, Notification, NotificationWithSubscribers, Spend, Subscriber,
    SubscriptionType, TimeUnit,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};

use super::facts::{notifications, told};
use super::{Alert, Budget, NAME, built};

/// Creates the budget, with everybody who is told.
pub async fn create(identity: &Identity, budget: &Budget) -> Result<(), StepError> {
    let request = identity.budgets().create_budget().account_id(&identity.caller.account);
    let mut request = request.budget(budget.definition()?);
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
    define(identity, budget).await?;
    let found = notifications(identity, NAME).await?;
    let (client, account) = (identity.budgets(), identity.caller.account.as_str());
    for alert in budget.alerts() {
        match found.iter().find(|notification| Alert::found(notification) == Some(*alert)) {
            Some(notification) => tell(identity, budget, *alert, notification).await?,
            None => {
                let request = client.create_notification().account_id(account).budget_name(NAME);
                let request = request.notification(alert.notification()?).subscribers(budget.subscriber()?);
                unless("DuplicateRecord", request.send().await.for_call("budgets:ModifyBudget"))?;
            }
        }
    }
    let found: BTreeSet<_> = found.iter().filter_map(Alert::found).collect();
    for alert in found.iter().filter(|alert| !budget.alerts().contains(alert)) {
        let request = client.delete_notification().account_id(account).budget_name(NAME);
        let sent = request.notification(alert.notification()?).send().await;
        unless("NotFound", sent.for_call("budgets:ModifyBudget"))?;
    }
    Ok(())
}

/// Has a notification that is there tell whoever is to be told, unless it does, in whatever letters.
async fn tell(
    identity: &Identity,
    budget: &Budget,
    alert: Alert,
    found: &Notification,
) -> Result<(), StepError> {
    if budget.is_told_among(&told(identity.clone(), NAME.to_owned(), found.clone()).await?) {
        return Ok(());
    }
    let request = identity.budgets().create_subscriber().account_id(&identity.caller.account);
    let request = request.budget_name(NAME).notification(alert.notification()?);
    let sent = request.subscriber(budget.subscriber()?).send().await;
    unless("DuplicateRecord", sent.for_call("budgets:ModifyBudget"))?;
    Ok(())
}

/// AWS takes the whole budget. Only the time that it is for stays as it is found.
async fn define(identity: &Identity, budget: &Budget) -> Result<(), AwsError> {
    let (client, account) = (identity.budgets(), identity.caller.account.as_str());
    let found = client.describe_budget().account_id(account).budget_name(NAME).send().await;
    let found = found.for_call("budgets:ViewBudget")?.budget;
    let found = found
        .ok_or_else(|| AwsError::without_answer("budgets:ViewBudget", "the budget has no definition"))?;
    let mut definition = budget.definition()?;
    definition.time_period = found.time_period;
    let sent = client.update_budget().account_id(account).new_budget(definition).send().await;
    sent.for_call("budgets:ModifyBudget").map(drop)
}

impl Budget {
    fn spend(&self) -> Result<Spend, AwsError> {
        built(Spend::builder().amount(self.limit().to_string()).unit("USD").build())
    }

    /// What it is, as AWS is told: its alerts come beside it.
    #[expect(deprecated, reason = "the newer filter expressions say the same in many more words")]
    pub(super) fn definition(&self) -> Result<sdk::Budget, AwsError> {
        let before_credits = CostTypes::builder().include_credit(false).include_refund(false).build();
        let definition = sdk::Budget::builder()
            .budget_name(NAME)
            .budget_limit(self.spend()?)
            .cost_types(before_credits)
            .time_unit(TimeUnit::Monthly)
            .budget_type(BudgetType::Cost);
        built(definition.build())
    }

    fn subscriber(&self) -> Result<Subscriber, AwsError> {
        built(Subscriber::builder().subscription_type(SubscriptionType::Email).address(&self.email).build())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::imagined::{EMAIL, NOTIFICATIONS, SUBSCRIBERS, budget};
    use super::*;
    use crate::aws::{Access, canned};

    #[tokio::test]
    async fn an_update_defines_all_of_it_but_the_time_that_it_is_for() {
        let found = json!({"Budget": {
            "BudgetName": NAME, "BudgetType": "COST", "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "5", "Unit": "USD"}, "CostFilters": {"Service": ["Amazon S3"]},
            "TimePeriod": {"Start": 1_795_478_400, "End": 3_706_473_600_i64}
        }})
        .to_string();
        let aws = canned::Aws::answering(move |call| {
            let answer = if call.operation == "DescribeBudget" { found.clone() } else { "{}".into() };
            Some((200, answer))
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        update(&identity, &budget(100)).await.unwrap();
        let heard = aws.heard();
        let sent = heard.iter().find(|call| call.operation == "UpdateBudget").unwrap();
        let sent: Value = serde_json::from_str(&sent.body).unwrap();
        let sent = &sent["NewBudget"];
        assert_eq!(sent["BudgetLimit"]["Amount"], "100");
        assert_eq!(sent["CostTypes"], json!({"IncludeCredit": false, "IncludeRefund": false}));
        assert_eq!((&sent["CostFilters"], sent["TimePeriod"].is_null()), (&Value::Null, false));
    }

    /// The calls of an update of ours where one of its alerts tells this address already.
    async fn update_telling(address: &'static str) -> Vec<String> {
        let aws = canned::Aws::answering(move |call| {
            let answer = match call.operation.as_str() {
                "DescribeBudget" => r#"{"Budget": {"BudgetName": "dayone-monthly", "BudgetType": "COST",
                    "TimeUnit": "MONTHLY"}}"#
                    .into(),
                "DescribeNotificationsForBudget" => NOTIFICATIONS.into(),
                "DescribeSubscribersForNotification" => SUBSCRIBERS.replace(EMAIL, address),
                _ => "{}".into(),
            };
            Some((200, answer))
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        update(&identity, &budget(100)).await.unwrap();
        let written = aws.heard().into_iter().map(|call| call.operation);
        written.filter(|operation| operation.starts_with("Create")).collect()
    }

    #[tokio::test]
    async fn an_update_tells_nobody_twice() {
        let others = ["CreateNotification", "CreateNotification"];
        for address in ["costs@example.com", "Costs@Example.COM"] {
            assert_eq!(update_telling(address).await, others, "{address}");
        }
        let somebody_else = ["CreateSubscriber", "CreateNotification", "CreateNotification"];
        assert_eq!(update_telling("team@example.com").await, somebody_else);
    }
}
