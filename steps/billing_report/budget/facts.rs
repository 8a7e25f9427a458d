//! The budgets that are there: what they count, and whom they tell of what.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_budgets::types::{
    self as sdk, BudgetType, ComparisonOperator, CostTypes, Notification, NotificationType, Spend,
    SubscriptionType, ThresholdType, TimeUnit,
};

use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::AwsError;

use super::{Alert, Budget, BudgetFacts, NAME};

/// So many budgets are looked into for one that will do; ours is the first.
const LOOKED_INTO: usize = 10;

/// Reads ours, or else the first budget of others that does what the wanted one would.
pub async fn observe(identity: &Identity, wanted: &Budget) -> Result<Reading<Option<BudgetFacts>>, AwsError> {
    let budgets = identity
        .budgets()
        .describe_budgets()
        .account_id(&identity.caller.account)
        .show_filter_expression(true)
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
        budgets.into_iter().filter(|budget| budget.budget_name() == NAME || counts_all(budget)).collect();
    budgets.sort_by_key(|budget| budget.budget_name() != NAME);
    for budget in budgets.iter().take(LOOKED_INTO) {
        match facts(identity, budget).await? {
            Ok(found) if found.name == NAME || wanted.is_served_by(&found) => return Ok(Ok(Some(found))),
            Ok(_) => {}
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    Ok(Ok(None))
}

/// Whether a budget counts all costs of each month, in US dollars, before credits and refunds.
fn counts_all(budget: &sdk::Budget) -> bool {
    let is_plain = budget.planned_budget_limits().is_none_or(HashMap::is_empty)
        && budget.auto_adjust_data().is_none()
        && budget.billing_view_arn().is_none_or(|view| view.ends_with(":billingview/primary"));
    *budget.budget_type() == BudgetType::Cost
        && *budget.time_unit() == TimeUnit::Monthly
        && budget.budget_limit().is_some_and(|limit| limit.unit() == "USD")
        && is_plain
        && is_unfiltered(budget)
}

/// AWS may tell the kinds of cost of a budget as a filter expression besides. Of ours that is no filter of somebody's.
#[expect(deprecated, reason = "what most budgets have that are there already")]
fn is_unfiltered(budget: &sdk::Budget) -> bool {
    let expression = budget.filter_expression();
    let (is_ours, types) = (budget.budget_name() == NAME, budget.cost_types());
    budget.cost_filters().is_none_or(HashMap::is_empty)
        && (is_ours || expression.is_none())
        && types.map_or(is_ours && expression.is_some(), is_all_before_credits)
}

/// What is not said is counted, credits and refunds too.
fn is_all_before_credits(types: &CostTypes) -> bool {
    let costs = [
        types.include_tax(),
        types.include_subscription(),
        types.include_upfront(),
        types.include_recurring(),
        types.include_other_subscription(),
        types.include_support(),
    ];
    costs.into_iter().all(|counted| counted != Some(false))
        && [types.include_credit(), types.include_refund()] == [Some(false); 2]
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
    let dollars = amount.parse::<f64>().ok();
    let mut found = BudgetFacts {
        name: name.to_owned(),
        amount: dollars.map_or_else(|| amount.to_owned(), |dollars| dollars.to_string()),
        counts_all: counts_all(budget),
        alerts: BTreeMap::new(),
        tells: BTreeMap::new(),
    };
    for (notification, told) in notifications.iter().zip(told) {
        if let Some(above) = told_above(notification, dollars.unwrap_or_default()) {
            for address in &told {
                let first = found.tells.entry(address.clone()).or_insert(above);
                *first = above.min(*first);
            }
        }
        if let Some(alert) = Alert::found(notification) {
            found.alerts.insert(alert, told);
        }
    }
    Ok(Ok(found))
}

/// Above how many cents of actual costs a notification tells, with a budget of so many dollars; none where it tells of
/// something else.
fn told_above(notification: &Notification, dollars: f64) -> Option<u64> {
    let tells_of_costs = *notification.notification_type() == NotificationType::Actual
        && *notification.comparison_operator() == ComparisonOperator::GreaterThan;
    let cents = match notification.threshold_type() {
        Some(ThresholdType::AbsoluteValue) => notification.threshold() * 100.0,
        _ => notification.threshold() * dollars,
    };
    tells_of_costs.then(|| cents.round() as u64)
}

pub(super) async fn notifications(identity: &Identity, budget: &str) -> Result<Vec<Notification>, AwsError> {
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
pub(super) async fn told(
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::imagined::{EMAIL, NOTIFICATIONS, SUBSCRIBERS, budget};
    use super::*;
    use crate::aws::{Access, canned};

    #[test]
    fn a_notification_tells_above_so_many_cents() {
        for (alert, dollars, expected) in [
            (Alert::AnyCost, 1.0, Some(1)),
            (Alert::Nearly, 100.0, Some(8_500)),
            (Alert::Reached, 0.5, Some(50)),
            (Alert::Expected, 100.0, None),
        ] {
            let notification = alert.notification().unwrap();
            assert_eq!(told_above(&notification, dollars), expected, "{alert:?}");
        }
    }

    /// Credits would hide every cost of a new account until they are used up.
    #[test]
    fn ours_counts_all_costs_before_credits() {
        let mut made = budget(100).definition().unwrap();
        assert!(counts_all(&made));
        made.filter_expression = Some(sdk::Expression::builder().build());
        assert!(counts_all(&made), "AWS may tell it so besides");
        made.budget_name = "team".into();
        assert!(!counts_all(&made), "of others it may be a filter");
    }

    #[test]
    fn a_budget_that_leaves_costs_out_does_not_count_all() {
        let narrowed: [fn(&mut sdk::Budget); 8] = [
            |budget| budget.time_unit = TimeUnit::Annually,
            |budget| budget.budget_type = BudgetType::Usage,
            |budget| budget.budget_limit = None,
            |budget| budget.planned_budget_limits = Some(HashMap::from([("1".into(), limit("EUR"))])),
            |budget| budget.auto_adjust_data = Some(auto_adjusting()),
            |budget| budget.billing_view_arn = Some("arn:aws:billing::1:billingview/custom".into()),
            |budget| budget.budget_limit = Some(limit("EUR")),
            filter_by_tag,
        ];
        for narrow in narrowed {
            let mut made = budget(100).definition().unwrap();
            narrow(&mut made);
            assert!(!counts_all(&made), "{made:?}");
        }
        let all = || CostTypes::builder().include_credit(false).include_refund(false);
        assert!(is_all_before_credits(&all().build()));
        for partial in [CostTypes::builder(), all().include_tax(false), all().include_credit(true)] {
            assert!(!is_all_before_credits(&partial.clone().build()), "{partial:?}");
        }
    }

    fn limit(unit: &str) -> Spend {
        Spend::builder().amount("100").unit(unit).build().unwrap()
    }

    fn auto_adjusting() -> sdk::AutoAdjustData {
        sdk::AutoAdjustData::builder().auto_adjust_type(sdk::AutoAdjustType::Forecast).build().unwrap()
    }

    #[expect(deprecated, reason = "what most budgets have that are there already")]
    fn filter_by_tag(budget: &mut sdk::Budget) {
        budget.cost_filters = Some(HashMap::from([("TagKeyValue".into(), vec!["user:team$web".into()])]));
    }

    /// Budgets as AWS tells them: one of hours, one of others with this limit and these filters, and ours.
    fn budgets(amount: &str, filters: &Value) -> String {
        let limit = |amount: &str| json!({"Amount": amount, "Unit": "USD"});
        let types = json!({"IncludeCredit": false, "IncludeRefund": false, "IncludeTax": true});
        json!({"Budgets": [
            {"BudgetName": "hours", "BudgetType": "USAGE", "TimeUnit": "MONTHLY"},
            {"BudgetName": "team", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit(amount),
             "CostFilters": filters, "CostTypes": types},
            {"BudgetName": NAME, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit("100.0"),
             "CostFilters": {}, "CostTypes": types}
        ]})
        .to_string()
    }

    fn without_ours(budgets: &str) -> String {
        budgets.replace(NAME, "other")
    }

    fn telling(budgets: String) -> canned::Aws {
        canned::Aws::answering(move |call| {
            let answer = match call.operation.as_str() {
                "DescribeBudgets" => budgets.clone(),
                "DescribeNotificationsForBudget" => NOTIFICATIONS.into(),
                _ => SUBSCRIBERS.into(),
            };
            Some((200, answer))
        })
    }

    #[tokio::test]
    async fn ours_is_looked_into_before_all_others() {
        let aws = telling(budgets("500", &json!({})));
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = observe(&identity, &budget(100)).await.unwrap().unwrap().unwrap();
        let told = BTreeSet::from([EMAIL.to_owned()]);
        assert_eq!((found.name.as_str(), found.amount.as_str(), found.counts_all), (NAME, "100", true));
        assert_eq!(found.alerts, BTreeMap::from([(Alert::Nearly, told)]));
        assert_eq!(found.tells, BTreeMap::from([(EMAIL.to_owned(), 8_500)]));
        let heard = aws.heard();
        assert_eq!(heard.len(), 4, "who, the budgets, the notifications of ours, its subscribers");
        assert!(heard[1].body.contains("\"ShowFilterExpression\":true"), "{:?}", heard[1]);
        assert!(!heard[3].body.contains("NotificationState"), "{:?}", heard[3]);
    }

    #[tokio::test]
    async fn a_budget_of_others_is_found_where_it_will_do() {
        let by_tag = json!({"TagKeyValue": ["user:team$web"]});
        for (amount, filters, expected) in
            [("50", json!({}), Some("team")), ("500", json!({}), None), ("50", by_tag, None)]
        {
            let there = without_ours(&budgets(amount, &filters)).replace("100.0", "900");
            let aws = telling(there);
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let found = observe(&identity, &budget(100)).await.unwrap().unwrap();
            assert_eq!(found.map(|found| found.name).as_deref(), expected, "{amount}, {filters}");
        }
    }

    #[tokio::test]
    async fn an_account_without_budgets_has_none_and_one_that_may_not_look_does_not_know() {
        let none = canned::Aws::answering(|_| Some((200, "{}".into())));
        let identity = none.connection(Access::ReadWrite).started_as().await.unwrap();
        assert_eq!(observe(&identity, &budget(0)).await.unwrap(), Ok(None));
        let denied = canned::Aws::answering(|call| call.refused(400, "AccessDeniedException"));
        let identity = denied.connection(Access::ReadWrite).started_as().await.unwrap();
        let unseen = observe(&identity, &budget(0)).await.unwrap().unwrap_err();
        assert_eq!(unseen.operation, "budgets:ViewBudget");
    }
}
