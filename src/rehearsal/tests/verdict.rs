//! The account's own judgement.

use super::*;

const THROUGH_GROUPS: &str = "users have their permissions through groups";
const UNUSED: &str = "no password or access key of a user is unused";
const OLD: &str = "no access key of a user is old";
const BLOCKED: &str = "S3 blocks public access in the whole account";

impl Setup {
    /// Whether a finding is in place.
    async fn holds(&self, what: &str) -> bool {
        let findings = self.account.verdict().await;
        findings.iter().find(|finding| finding.what == what).unwrap().in_place
    }
}

async fn days_pass(days: u64) {
    tokio::time::sleep(Duration::from_secs(days * 86_400)).await;
}

/// But for what nobody has yet who could neglect it.
#[tokio::test(start_paused = true)]
async fn a_new_account_has_nothing_in_place() {
    let setup = Setup::new().await;
    let findings = setup.account.verdict().await;
    let in_place = findings.iter().filter(|finding| finding.in_place).map(|finding| finding.what);
    assert_eq!(in_place.collect::<Vec<_>>(), [UNUSED, OLD]);
    let mut practices: Vec<_> = findings.iter().map(|finding| finding.practice).collect();
    practices.dedup();
    assert_eq!(practices, ["root-user", "mfa", "cloudtrail", "billing-report", "iam-practices"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_uses_is_unused_and_any_key_gets_old() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    assert!(setup.holds(UNUSED).await && setup.holds(OLD).await);
    days_pass(46).await;
    assert!(!setup.holds(UNUSED).await && setup.holds(OLD).await);
    assert_eq!(read(&alice, "iam").await, "AccessDenied");
    assert!(setup.holds(UNUSED).await, "a refused call is a use");
    days_pass(44).await;
    assert!(setup.holds(UNUSED).await && !setup.holds(OLD).await);
    let off = setup.root.iam().update_access_key().user_name("alice").status(StatusType::Inactive);
    assert_eq!(code(off.access_key_id(&alice.caller.access_key).send().await), OK);
    assert!(setup.holds(UNUSED).await && setup.holds(OLD).await);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_nobody_uses_is_unused() {
    let setup = Setup::new().await;
    setup.user("bob").await;
    assert_eq!(setup.set_password("bob", "Long-Enough-1").await, OK);
    days_pass(44).await;
    assert!(setup.holds(UNUSED).await);
    days_pass(1).await;
    assert!(!setup.holds(UNUSED).await);
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_a_user_s_own_does_not_come_through_a_group() {
    let setup = Setup::new().await;
    setup.administrator_key().await;
    assert!(setup.holds(THROUGH_GROUPS).await);
    let own = setup.root.iam().attach_user_policy().user_name("alice").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(own.send().await), OK);
    assert!(!setup.holds(THROUGH_GROUPS).await);
}

#[tokio::test(start_paused = true)]
async fn public_access_is_blocked_only_in_every_way() {
    let setup = Setup::new().await;
    let all = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    for count in [3, 4] {
        let ways: String = all[..count].iter().map(|way| format!("<{way}>true</{way}>")).collect();
        let body = format!("<PublicAccessBlockConfiguration>{ways}</PublicAccessBlockConfiguration>");
        let put = Ask {
            method: "PUT",
            header: Some(("x-amz-account-id", ACCOUNT_ID)),
            ..Ask::post("/v20180820/configuration/publicAccessBlock", &body)
        };
        assert_eq!(setup.ask("s3", put).await.status, 200);
        assert_eq!(setup.holds(BLOCKED).await, count == 4, "{ways}");
    }
}
