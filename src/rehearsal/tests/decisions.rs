//! The account and the wizard decide policies by the same evaluator, so an error in it would be made by both. Here it is
//! held against one that others wrote, over all that both know: effects, actions, resources and wildcards. To the other
//! one all conditions hold, and it looks at neither principals nor policy variables.

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_iam_rule_eval::{EvalDecision, PolicyDocument, PolicySource, SimulationContext, evaluate};

use super::super::authorisation::decide;
use super::*;

/// A word alone, or a list of words.
fn words(mut words: Vec<String>) -> Value {
    if words.len() == 1 { json!(words.remove(0)) } else { json!(words) }
}

fn statement() -> impl Strategy<Value = Value> {
    let actions = (any::<bool>(), vec("(s3|S3|iam|[*?]3):[GPgp*?]{0,3}|\\*", 1..3));
    let resources = (any::<bool>(), vec("arn:aws:s3:::[abA*?]{0,4}|\\*", 1..3));
    (any::<bool>(), actions, resources).prop_map(|(allows, (but, actions), (beside, resources))| {
        let mut statement = json!({"Effect": if allows { "Allow" } else { "Deny" }});
        statement[if but { "NotAction" } else { "Action" }] = words(actions);
        statement[if beside { "NotResource" } else { "Resource" }] = words(resources);
        statement
    })
}

fn policy() -> impl Strategy<Value = String> {
    vec(statement(), 1..4).prop_map(|all| json!({"Version": "2012-10-17", "Statement": all}).to_string())
}

fn by_others(policies: &[String], action: &str, resource: &str) -> Decision {
    let parsed = |policy: &String| {
        let source = PolicySource { id: String::new(), policy_type: String::new() };
        (serde_json::from_str::<PolicyDocument>(policy).unwrap(), source)
    };
    let policies: Vec<_> = policies.iter().map(parsed).collect();
    match evaluate(&policies, action, resource, &SimulationContext::default()).decision {
        EvalDecision::Allowed => Decision::Allowed,
        EvalDecision::ExplicitDenied => Decision::Denied,
        EvalDecision::ImplicitDenied => Decision::NotMentioned,
    }
}

#[test]
fn what_others_know_of_policies_is_decided_as_they_decide_it() {
    let settings = ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() };
    let asked = (vec(policy(), 1..4), "(s3|iam):[GP]{1,3}", "arn:aws:s3:::[abA]{0,4}");
    let seen = RefCell::new(Vec::new());
    let compared = TestRunner::new(settings).run(&asked, |(policies, action, resource)| {
        let documents: Vec<_> = policies.iter().map(|policy| Document::parse(policy).unwrap()).collect();
        let principal = Principal::Aws("arn:aws:iam::111122223333:user/alice");
        let request = Request { principal, action: &action, resource: &resource, context: &[] };
        let ours = decide(&documents, &request);
        prop_assert_eq!(ours, by_others(&policies, &action, &resource));
        seen.borrow_mut().push(ours);
        Ok(())
    });
    compared.unwrap();
    for decision in [Decision::Allowed, Decision::Denied, Decision::NotMentioned] {
        let often = seen.borrow().iter().filter(|seen| **seen == decision).count();
        assert!(often > 100, "{decision:?}: {often}");
    }
}
