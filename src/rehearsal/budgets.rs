//! Budgets of costs: their notifications, and whom these tell.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::wire::{Call, json_answer};

const NOTIFICATIONS_PER_BUDGET: usize = 10;
const SUBSCRIBERS_PER_NOTIFICATION: usize = 11;

/// A budget.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Budget {
    definition: Value,
    notifications: Vec<Notification>,
}

/// A notification of a budget.
#[derive(Clone, Serialize, Deserialize)]
struct Notification {
    terms: Value,
    /// Kind and address.
    subscribers: BTreeSet<(String, String)>,
}

/// Answers one call.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    if call.text("AccountId") != ACCOUNT_ID {
        return call.deny("The account is not the caller's.");
    }
    let answer = match call.operation.as_str() {
        "CreateBudget" => create(call, memory),
        "UpdateBudget" => update(call, memory),
        "DescribeBudgets" => Ok(list(memory)),
        "DescribeBudget" => describe(call, memory),
        "DescribeNotificationsForBudget" => notifications(call, memory),
        "DescribeSubscribersForNotification" => subscribers(call, memory),
        "CreateNotification" => create_notification(call, memory),
        "DeleteNotification" => delete_notification(call, memory),
        "CreateSubscriber" => create_subscriber(call, memory),
        _ => return call.unknown(),
    };
    answer.map_or_else(|refusal| *refusal, |answer| json_answer(&answer))
}

type Answer = Result<Value, Box<MockResponse>>;

fn refused<T>(call: &Call, code: &str, message: &str) -> Result<T, Box<MockResponse>> {
    Err(Box::new(call.refuse(400, code, message)))
}

fn create(call: &Call, memory: &mut Memory) -> Answer {
    let definition = whole(&call.json["Budget"]);
    let name = judge(call, &definition)?;
    if memory.budgets.contains_key(&name) {
        return refused(call, "DuplicateRecordException", "The budget already exists");
    }
    let wanted = call.json.get("NotificationsWithSubscribers").and_then(Value::as_array).cloned();
    let mut budget = Budget { definition, notifications: Vec::new() };
    for each in wanted.unwrap_or_default() {
        budget.add(call, &each["Notification"], &each["Subscribers"])?;
    }
    memory.budgets.insert(name, budget);
    Ok(json!({}))
}

/// The kinds of cost that are counted where nobody says otherwise, and those that are not.
const COST_TYPES: [(&str, bool); 11] = [
    ("IncludeTax", true),
    ("IncludeSubscription", true),
    ("UseBlended", false),
    ("IncludeRefund", true),
    ("IncludeCredit", true),
    ("IncludeUpfront", true),
    ("IncludeRecurring", true),
    ("IncludeOtherSubscription", true),
    ("IncludeSupport", true),
    ("IncludeDiscount", true),
    ("UseAmortized", false),
];

/// A budget with what AWS adds where it is not said.
fn whole(definition: &Value) -> Value {
    let Some(mut whole) = definition.as_object().cloned() else { return definition.clone() };
    let said = definition["CostTypes"].as_object().cloned().unwrap_or_default();
    let kinds = COST_TYPES.map(|(kind, usual)| (kind.to_owned(), json!(usual)));
    whole.insert("CostTypes".into(), Value::Object(kinds.into_iter().chain(said).collect()));
    whole.entry("CostFilters").or_insert_with(|| json!({}));
    Value::Object(whole)
}

/// What a budget of costs has to be; its name.
fn judge(call: &Call, definition: &Value) -> Result<String, Box<MockResponse>> {
    let name = definition["BudgetName"].as_str().unwrap_or_default();
    let limit = &definition["BudgetLimit"];
    let amount = limit["Amount"].as_str().and_then(|amount| amount.parse::<f64>().ok());
    let is_name = (1..=100).contains(&name.len()) && !name.contains([':', '\\']);
    let is_whole = definition["BudgetType"] == "COST" && definition["TimeUnit"] == "MONTHLY";
    if !is_name || !is_whole || limit["Unit"] != "USD" || amount.is_none_or(|amount| amount <= 0.0) {
        return refused(call, "InvalidParameterException", "The budget does not hold up");
    }
    Ok(name.to_owned())
}

/// The whole budget is put; its notifications stay.
fn update(call: &Call, memory: &mut Memory) -> Answer {
    let definition = whole(&call.json["NewBudget"]);
    let name = judge(call, &definition)?;
    match memory.budgets.get_mut(&name) {
        Some(budget) => budget.definition = definition,
        None => return not_found(call),
    }
    Ok(json!({}))
}

fn not_found<T>(call: &Call) -> Result<T, Box<MockResponse>> {
    refused(call, "NotFoundException", "There is no such budget, notification or subscriber")
}

fn list(memory: &Memory) -> Value {
    json!({"Budgets": memory.budgets.values().map(|budget| &budget.definition).collect::<Vec<_>>()})
}

fn describe(call: &Call, memory: &Memory) -> Answer {
    match memory.budgets.get(call.text("BudgetName")) {
        Some(budget) => Ok(json!({"Budget": budget.definition})),
        None => not_found(call),
    }
}

fn notifications(call: &Call, memory: &Memory) -> Answer {
    let Some(budget) = memory.budgets.get(call.text("BudgetName")) else { return not_found(call) };
    let with_state = |notification: &Notification| {
        let mut terms = notification.terms.clone();
        terms["NotificationState"] = json!("OK");
        terms
    };
    Ok(json!({"Notifications": budget.notifications.iter().map(with_state).collect::<Vec<_>>()}))
}

fn subscribers(call: &Call, memory: &Memory) -> Answer {
    let Some(budget) = memory.budgets.get(call.text("BudgetName")) else { return not_found(call) };
    let Some(notification) = budget.like(&call.json["Notification"]) else { return not_found(call) };
    let found = &budget.notifications[notification];
    let subscriber =
        |(kind, address): &(String, String)| json!({"SubscriptionType": kind, "Address": address});
    Ok(json!({"Subscribers": found.subscribers.iter().map(subscriber).collect::<Vec<_>>()}))
}

fn create_notification(call: &Call, memory: &mut Memory) -> Answer {
    let Some(budget) = memory.budgets.get_mut(call.text("BudgetName")) else { return not_found(call) };
    budget.add(call, &call.json["Notification"], &call.json["Subscribers"])?;
    Ok(json!({}))
}

fn delete_notification(call: &Call, memory: &mut Memory) -> Answer {
    let Some(budget) = memory.budgets.get_mut(call.text("BudgetName")) else { return not_found(call) };
    let Some(notification) = budget.like(&call.json["Notification"]) else { return not_found(call) };
    budget.notifications.remove(notification);
    Ok(json!({}))
}

fn create_subscriber(call: &Call, memory: &mut Memory) -> Answer {
    let Some(budget) = memory.budgets.get_mut(call.text("BudgetName")) else { return not_found(call) };
    let Some(notification) = budget.like(&call.json["Notification"]) else { return not_found(call) };
    let subscriber = subscriber(call, &call.json["Subscriber"])?;
    if !budget.notifications[notification].subscribers.insert(subscriber) {
        return refused(call, "DuplicateRecordException", "The subscriber already exists");
    }
    Ok(json!({}))
}

impl Budget {
    fn add(&mut self, call: &Call, terms: &Value, wanted: &Value) -> Result<(), Box<MockResponse>> {
        let is_whole = matches!(terms["NotificationType"].as_str(), Some("ACTUAL" | "FORECASTED"))
            && matches!(
                terms["ComparisonOperator"].as_str(),
                Some("GREATER_THAN" | "LESS_THAN" | "EQUAL_TO")
            )
            && terms["Threshold"].as_f64().is_some_and(|threshold| threshold > 0.0);
        let wanted = wanted.as_array().cloned().unwrap_or_default();
        let are_so_many = (1..=SUBSCRIBERS_PER_NOTIFICATION).contains(&wanted.len());
        if !is_whole || !are_so_many || self.notifications.len() >= NOTIFICATIONS_PER_BUDGET {
            return refused(call, "InvalidParameterException", "The notification does not hold up");
        }
        if self.like(terms).is_some() {
            return refused(call, "DuplicateRecordException", "The notification already exists");
        }
        let subscribers =
            wanted.iter().map(|wanted| subscriber(call, wanted)).collect::<Result<BTreeSet<_>, _>>()?;
        self.notifications.push(Notification { terms: terms.clone(), subscribers });
        Ok(())
    }

    /// The place of the notification with these terms. Its state is no part of them.
    fn like(&self, terms: &Value) -> Option<usize> {
        let same = |found: &Value, name: &str| found[name] == terms[name];
        let same_number = |found: &Value| found["Threshold"].as_f64() == terms["Threshold"].as_f64();
        self.notifications.iter().position(|found| {
            let words = ["NotificationType", "ComparisonOperator", "ThresholdType"];
            words.into_iter().all(|name| same(&found.terms, name)) && same_number(&found.terms)
        })
    }
}

fn subscriber(call: &Call, wanted: &Value) -> Result<(String, String), Box<MockResponse>> {
    let (kind, address) = (wanted["SubscriptionType"].as_str(), wanted["Address"].as_str());
    let address = address.unwrap_or_default();
    match kind {
        Some("EMAIL") if address.contains('@') => Ok(("EMAIL".to_owned(), address.to_owned())),
        Some("SNS") if address.starts_with("arn:aws:sns:") => Ok(("SNS".to_owned(), address.to_owned())),
        _ => refused(call, "InvalidParameterException", "The subscriber does not hold up"),
    }
}
