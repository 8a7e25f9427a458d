//! What the tests of the plans have in common: tables of cases, what holds of every step, and what has to be so in any
//! account. Each practice fills these shapes with facts of its own.

use proptest::prelude::*;

use crate::answers::{Accept, Answers};
use crate::aws::{Reading, Unseen};
use crate::policy::{Decision, Document, Principal, Request};
use crate::practice::{Change, Practice, State, StepId, StepPlan};
use crate::text::Text;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const BOB: &str = "arn:aws:iam::111122223333:user/bob";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";
/// Somebody of another account.
pub(crate) const STRANGER: &str = "arn:aws:iam::444455556666:user/eve";

/// What is unlike the account that a table starts from.
pub(crate) type Given<F> = fn(&mut F, &mut Answers);
/// One line of a table: its name, what is given, and how the steps stand then.
pub(crate) type Case<F, const STEPS: usize> = (&'static str, Given<F>, [State; STEPS]);

/// Holds each case of a table against the plan of the practice.
pub(crate) fn hold<P: Practice, const STEPS: usize>(
    start: impl Fn() -> (P::Facts, Answers),
    cases: &[Case<P::Facts, STEPS>],
) {
    for (name, given, expected) in cases {
        let (mut facts, mut answers) = start();
        given(&mut facts, &mut answers);
        let steps = P::plan(&facts, &answers);
        assert_hold_together::<P>(&steps);
        let states: Vec<_> = steps.iter().map(|step| step.state).collect();
        assert_eq!(states, expected, "{name}");
    }
}

/// In each of these cases the step comes after another one, and nothing is planned in it.
#[track_caller]
pub(crate) fn assert_blocked<P: Practice>(
    id: StepId,
    start: impl Fn() -> P::Facts,
    cases: &[(&str, Given<P::Facts>)],
) {
    for (name, given) in cases {
        let (mut facts, mut answers) = (start(), Answers::default());
        given(&mut facts, &mut answers);
        let step = step_of(P::plan(&facts, &answers), id);
        assert_eq!((step.state, step.changes), (State::Blocked, vec![]), "{name}");
    }
}

/// How this step stands in a plan.
pub(crate) fn step_of<C>(plan: Vec<StepPlan<C>>, step: StepId) -> StepPlan<C> {
    plan.into_iter().find(|planned| planned.step == step).unwrap()
}

/// What holds of every plan, whatever the facts are.
pub(crate) fn assert_hold_together<P: Practice>(steps: &[StepPlan<P::Change>]) {
    let ids: Vec<_> = steps.iter().map(|step| step.step).collect();
    assert_eq!(ids, P::ID.steps());
    steps.iter().for_each(holds_together);
}

/// What holds of every step, however it stands.
fn holds_together<C: Change>(step: &StepPlan<C>) {
    let state = step.state;
    let explains_itself = matches!(state, State::InPlace | State::ToChange | State::NeedsPerson);
    assert_eq!(state == State::ToChange, !step.changes.is_empty(), "{step:?}");
    assert_eq!(state == State::NeedsPerson, step.person.is_some(), "{step:?}");
    assert_eq!(state == State::InPlace, step.found.is_some(), "{step:?}");
    assert_eq!(!explains_itself, step.reason.is_some(), "{step:?}");
    let person = step.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    let summaries: Vec<_> = step.changes.iter().map(|change| change.summary()).collect();
    let offered = step.offer.iter().map(|offer| &offer.question);
    let texts = step.reason.iter().chain(&step.found).chain(person).chain(&summaries).chain(offered);
    for text in texts {
        assert!(!text.en.is_empty() && !text.ko.is_empty(), "{step:?}");
    }
}

/// No step is in place that rests on what was not seen.
pub(crate) fn assert_unseen_is_not_in_place<P: Practice>(
    facts: &P::Facts,
    answers: &Answers,
    rests_on_unseen: impl Fn(StepId, &P::Facts, &Answers) -> bool,
) {
    for step in P::plan(facts, answers) {
        let unseen = rests_on_unseen(step.step, facts, answers);
        assert!(!unseen || step.state != State::InPlace, "{step:?}");
    }
}

/// Once the plan was carried out, nothing is left to change. `make` has the account be as it is after a change.
pub(crate) fn assert_nothing_is_left_to_change<P: Practice>(
    mut facts: P::Facts,
    answers: &Answers,
    make: impl Fn(&mut P::Facts, &P::Change),
) {
    let changes: Vec<_> = P::plan(&facts, answers).into_iter().flat_map(|step| step.changes).collect();
    changes.iter().for_each(|change| make(&mut facts, change));
    for step in P::plan(&facts, answers) {
        assert!(step.changes.is_empty(), "{} after {:?}", step.step, changes);
    }
}

/// Each change as its verb and its resource.
pub(crate) fn told(changes: &[impl Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect()
}

/// Both languages contain all the words.
#[track_caller]
pub(crate) fn says(text: &Text, words: &[&str]) {
    for (word, sentence) in words.iter().flat_map(|word| [(word, &text.en), (word, &text.ko)]) {
        assert!(sentence.contains(word), "{word} is not in: {sentence}");
    }
}

/// The operator's word that a step stays as it is.
pub(crate) fn kept(step: StepId) -> Accept {
    Accept { step, reason: "It stays.".into() }
}

/// What a policy says to a request over TLS, unless the context says otherwise.
pub(crate) fn decide(
    policy: &Document,
    principal: Principal<'_>,
    action: &str,
    resource: &str,
    more: &[(&str, &str)],
) -> Decision {
    let mut context = more.to_vec();
    context.push(("aws:SecureTransport", "true"));
    match principal {
        Principal::Aws(arn) => {
            context.extend([("aws:PrincipalArn", arn), ("aws:PrincipalIsAWSService", "false")]);
        }
        Principal::Service(_) => context.push(("aws:PrincipalIsAWSService", "true")),
        Principal::Anonymous => {}
    }
    policy.decide(&Request { principal, action, resource, context: &context })
}

/// A read that was denied.
pub(crate) fn unseen() -> Unseen {
    Unseen::denied("s3:GetSomething", "AccessDenied")
}

/// Now and then it is not seen.
pub(crate) fn maybe_unseen<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reading<T>> {
    prop_oneof![9 => value.prop_map(Ok::<T, Unseen>), 1 => Just(Err::<T, Unseen>(unseen()))]
}
