//! The cost budget, for who asks for one: somebody gets an e-mail before a surprise is on the bill.
//!
//! It counts all costs of a month before credits and refunds: with these taken off, an account with credits would hear
//! of nothing until they are used up. A budget of others is adopted where it tells the same address of the same costs,
//! at the same amount or before. Ours is known by its name, so that a lost answer leads to "exists, and is ours".
//! Source: AWS Cost Management user guide, "Managing your costs with AWS Budgets".

mod alert;
mod apply;
mod facts;
#[cfg(test)]
mod imagined;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::answers::Answers;
use crate::error::AwsError;
use crate::text;
use crate::text::{Text, harmless};

pub use alert::Alert;
pub use apply::{create, update};
pub use facts::observe;

/// The name of ours.
pub const NAME: &str = "dayone-monthly";
/// A budget of no amount is impossible, so one that tells of any cost has this one, as AWS's own template has.
const SMALLEST_AMOUNT: u32 = 1;
/// Above so many cents, a month has cost something.
const ANY_COST: u64 = 1;

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
}

fn built<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer("budgets:ModifyBudget", &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::imagined::{EMAIL, budget};
    use super::*;

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
    fn the_price_is_told_with_the_budget() {
        for (amount, words) in [(0, "$0.01"), (100, "$100")] {
            let summary = budget(amount).summary();
            let all = ["free", "credits", words].iter().all(|word| summary.en.contains(word));
            assert!(all, "{summary:?}");
            let all = ["무료", "크레딧", words].iter().all(|word| summary.ko.contains(word));
            assert!(all, "{summary:?}");
        }
    }
}
