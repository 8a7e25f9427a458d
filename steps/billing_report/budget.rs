//! The cost budget, for who asks for one: somebody gets an e-mail before a surprise is on the bill.
//!
//! It counts all costs of a month before credits and refunds: with these taken off, an account with credits would hear
//! of nothing until they are used up. A budget of others is adopted where it tells the same address of the same costs,
//! at the same amount or before. Ours is known by its name, so that a lost answer leads to "exists, and is ours".
//! Source: AWS Cost Management user guide, "Managing your costs with AWS Budgets".

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_budgets::types::{
    self as sdk, BudgetType, ComparisonOperator, CostTypes, Notification, NotificationType,
    NotificationWithSubscribers, Spend, Subscriber, SubscriptionType, ThresholdType, TimeUnit,
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
/// Above so many cents, a month has cost something.
const ANY_COST: u64 = 1;
/// So many budgets are looked into for one that will do; ours is the first.
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
    /// Whether it counts all costs of each month, in US dollars, before credits and refunds.
    pub counts_all: bool,
    /// Which of our alerts it has, and whom each tells by e-mail.
    pub alerts: BTreeMap<Alert, BTreeSet<String>>,
    /// Whom it tells by e-mail of actual costs, each above how many cents at first.
    pub tells: BTreeMap<String, u64>,
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
        let (name, email) = (harmless(&found.name), harmless(&self.email));
        if found.name != NAME {
            return if self.is_served_by(found) {
                Standing::InPlace(text! {
                    en: "budget {name} tells {email} (adopted)",
                    ko: "예산 {name}이(가) {email}에 알림(그대로 사용)"
                })
            } else {
                Standing::Missing
            };
        }
        let tells = |alert: &Alert| found.alerts.get(alert).is_some_and(|told| self.is_told_among(told));
        let is_ours = found.counts_all
            && found.amount == self.limit().to_string()
            && self.alerts().iter().all(tells)
            && found.alerts.keys().all(|alert| self.alerts().contains(alert));
        if !is_ours {
            return Standing::Differs;
        }
        Standing::InPlace(text! { en: "budget {name} tells {email}", ko: "예산 {name}이(가) {email}에 알림" })
    }

    /// Whether a budget of others tells the same address of the same costs, at the same amount or before.
    fn is_served_by(&self, found: &BudgetFacts) -> bool {
        let at = if self.amount == 0 { ANY_COST } else { u64::from(self.amount) * 100 };
        let mut tells = found.tells.iter();
        found.counts_all && tells.any(|(address, told_above)| self.is_told_by(address) && *told_above <= at)
    }

    /// Whether who is told is among these addresses.
    fn is_told_among(&self, addresses: &BTreeSet<String>) -> bool {
        addresses.iter().any(|address| self.is_told_by(address))
    }

    /// Whether an address is that of who is told: in small letters and in capitals it means the same.
    fn is_told_by(&self, address: &str) -> bool {
        self.email.eq_ignore_ascii_case(address)
    }

    /// One line for the plan. What it costs comes with it.
    pub fn summary(&self) -> Text {
        let (amount, email) = (self.amount, harmless(&self.email));
        match amount {
            0 => text! {
                en: "cost budget {NAME}: an e-mail to {email} as soon as a month costs more than $0.01, credits not taken off; free by AWS's price list, as it only tells",
                ko: "비용 예산 {NAME}: 크레딧을 빼지 않은 한 달 비용이 $0.01을 넘으면 바로 {email}에 이메일. 알리기만 하므로 AWS 요금표에서 무료"
            },
            _ => text! {
                en: "cost budget {NAME}: e-mails to {email} at 85 % and 100 % of ${amount} a month, and when 100 % are to be expected, credits not taken off; free by AWS's price list, as it only tells",
                ko: "비용 예산 {NAME}: 크레딧을 빼지 않은 비용이 월 ${amount}의 85%와 100%에 이를 때, 100%가 예상될 때 {email}에 이메일. 알리기만 하므로 AWS 요금표에서 무료"
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

    /// What it is, as AWS is told: its alerts come beside it.
    #[expect(deprecated, reason = "the newer filter expressions say the same in many more words")]
    fn definition(&self) -> Result<sdk::Budget, AwsError> {
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

#[cfg(test)]
impl Budget {
    /// The budget as it is found once it was made.
    pub(super) fn as_made(&self) -> BudgetFacts {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
        let narrowed = BudgetFacts { counts_all: false, ..budget(100).as_made() };
        assert_eq!(budget(100).against(Some(&narrowed)), Standing::Differs);
    }

    #[test]
    fn a_budget_of_others_will_do_only_where_it_tells_the_same_one_as_early_of_all_costs() {
        let theirs = |amount: u32| BudgetFacts { name: "team".into(), ..budget(amount).as_made() };
        for (amount, found, will_do) in [
            (100, theirs(100), true),
            (100, theirs(0), true),
            (0, theirs(0), true),
            (100, theirs(1_000_000), false),
            (0, theirs(5), false),
            (100, BudgetFacts { counts_all: false, ..theirs(5) }, false),
            (
                100,
                BudgetFacts { tells: BTreeMap::from([("team@example.com".into(), 1)]), ..theirs(5) },
                false,
            ),
        ] {
            match budget(amount).against(Some(&found)) {
                Standing::InPlace(text) => {
                    assert!(will_do, "{amount}: {found:?}");
                    assert!(text.en.contains("team tells costs@example.com"), "{text:?}");
                }
                standing => assert!(!will_do && standing == Standing::Missing, "{amount}: {found:?}"),
            }
        }
    }

    /// In small letters and in capitals an address means the same.
    #[test]
    fn letters_make_no_other_address() {
        let shouted = Budget { email: EMAIL.to_uppercase(), ..budget(100) }.as_made();
        assert!(is_in_place(100, &shouted));
        let of_others = BudgetFacts { name: "team".into(), ..shouted };
        assert!(is_in_place(100, &of_others));
        let later = BudgetFacts { tells: BTreeMap::from([(EMAIL.to_uppercase(), 10_001)]), ..of_others };
        assert!(!is_in_place(100, &later));
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

    #[test]
    fn the_price_is_told_with_the_budget() {
        for (amount, words) in [(0, "$0.01"), (100, "$100")] {
            let summary = budget(amount).summary();
            let all = ["free", "credits", words].iter().all(|word| summary.en.contains(word));
            assert!(all, "{summary:?}");
            let all = ["무료", "크레딧", words].iter().all(|word| summary.ko.contains(word));
            assert!(all, "{summary:?}");
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

    const NOTIFICATIONS: &str = r#"{"Notifications": [{"NotificationType": "ACTUAL", "Threshold": 85.0,
        "ComparisonOperator": "GREATER_THAN", "ThresholdType": "PERCENTAGE", "NotificationState": "ALARM"}]}"#;
    const SUBSCRIBERS: &str = r#"{"Subscribers": [{"SubscriptionType": "SNS", "Address": "arn:aws:sns:x"},
        {"SubscriptionType": "EMAIL", "Address": "costs@example.com"}]}"#;

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
