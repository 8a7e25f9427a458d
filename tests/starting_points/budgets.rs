//! Budgets, ours and of others.

use serde_json::{Value, json};
use steps::practice::State::{InPlace, ToChange};
use steps::practice::StepId;

use crate::accounts::REPORT_BUCKET;
use crate::plans::{OF_REPORTS, bring_up, line, new_bucket, plan};
use crate::support::stage::Stage;

const COSTS: &str = "costs@example.com";

fn with_a_budget_of_100() -> Value {
    json!({"billing": {"budget_amount": 100, "budget_email": COSTS}})
}

/// A budget of others will do only where it tells the same one, of all costs, and as early.
#[tokio::test(start_paused = true)]
async fn from_budgets_of_others() {
    let credits = json!({"CostTypes": {"IncludeCredit": true}});
    let of_a_tag = json!({"CostFilters": {"TagKeyValue": ["user:team$web"]}});
    for (amount, email, other, is_adopted) in [
        ("100", COSTS, json!({}), true),
        ("20", COSTS, json!({}), true),
        ("1000000", COSTS, json!({}), false),
        ("20", "team@example.com", json!({}), false),
        ("20", COSTS, credits, false),
        ("20", COSTS, of_a_tag, false),
    ] {
        let stage = Stage::new();
        stage.budget("team", amount, email, other.clone()).await;
        let planned = plan(&stage, &stage.errand(with_a_budget_of_100(), &OF_REPORTS)).await;
        let (_, _, changes) = &planned[1];
        let makes = changes.iter().any(|change| change == "create budgets:budget/dayone-monthly");
        assert_eq!(makes, !is_adopted, "{amount}, {email}, {other}: {changes:?}");
    }
}

/// One of an earlier version, which takes credits off.
#[tokio::test(start_paused = true)]
async fn from_our_budget_that_takes_credits_off() {
    let stage = Stage::new();
    let takes_off = json!({"CostTypes": {"IncludeCredit": true, "IncludeRefund": true}});
    stage.budget("dayone-monthly", "100", COSTS, takes_off).await;
    let expected = [
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(
            StepId::Report,
            ToChange,
            &["create cur:definition/day-one", "update budgets:budget/dayone-monthly"],
        ),
    ];
    let errand = stage.errand(with_a_budget_of_100(), &OF_REPORTS);
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let snapshot = stage.account.snapshot().await;
    let types = &snapshot["budgets"]["dayone-monthly"]["definition"]["CostTypes"];
    assert_eq!((&types["IncludeCredit"], &types["IncludeTax"]), (&json!(false), &json!(true)));
}
