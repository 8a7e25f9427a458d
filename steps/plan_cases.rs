//! What the tests of the plans share, so that each practice tells of its own accounts alone: tables of cases,
//! what they start from, and what holds of every step and of every account, whichever practice it is of.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::answers::{Accept, Admin, Answers, PersonAnswer};
use crate::aws::{Reading, Unseen};
use crate::policy::{Decision, Document, Principal, Request};
use crate::practice::{Change, PersonTask, Practice, PracticeId, Seen, State, StepId, StepPlan, Verb};
use crate::text::Text;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const BOB: &str = "arn:aws:iam::111122223333:user/bob";
pub(crate) const ROOT: &str = "arn:aws:iam::111122223333:root";
/// Somebody of another account.
pub(crate) const STRANGER: &str = "arn:aws:iam::444455556666:user/eve";
/// Why a step stays as it is, where the answers accept that.
pub(crate) const ACCEPTED: &str = "managed centrally";

/// What is unlike the account that a table starts from.
pub(crate) type Given<F> = fn(&mut F, &mut Answers);
/// One line of a table: its name, what is given, and how the steps stand then.
pub(crate) type Case<F, const STEPS: usize> = (&'static str, Given<F>, [State; STEPS]);

/// A table of cases against the plan of one step. Each line tells what is unlike the account that the table
/// starts from, and how the step stands then; it is held against the plan at once.
pub(crate) struct Cases<P: Practice> {
    /// The step.
    pub(crate) step: StepId,
    /// The account that each case starts from.
    pub(crate) start: fn() -> P::Facts,
    /// The answers that each case starts from.
    pub(crate) answers: fn() -> Answers,
    /// What holds of every step of the practice.
    pub(crate) holds_together: fn(&StepPlan<P::Change>),
}

impl<P: Practice> Cases<P> {
    /// A case in which nothing is changed.
    pub(crate) fn stands(self, name: &str, state: State, given: Given<P::Facts>) -> Self {
        self.hold(name, state, &[], given)
    }

    /// A case in which there is something to change.
    pub(crate) fn changes(self, name: &str, changes: Vec<P::Change>, given: Given<P::Facts>) -> Self {
        self.hold(name, State::ToChange, &changes, given)
    }

    fn hold(self, name: &str, state: State, changes: &[P::Change], given: Given<P::Facts>) -> Self {
        let (mut facts, mut answers) = ((self.start)(), (self.answers)());
        given(&mut facts, &mut answers);
        let planned = step_of(P::plan(&facts, &answers), self.step);
        assert_eq!((planned.state, planned.changes.as_slice()), (state, changes), "{}: {name}", self.step);
        (self.holds_together)(&planned);
        self
    }
}

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

/// How all steps of a plan stand, in their order.
pub(crate) fn states<C>(plan: &[StepPlan<C>]) -> Vec<State> {
    plan.iter().map(|planned| planned.state).collect()
}

// What the tests start from.

/// What the wizard starts with: a person is there, and has named the administrator.
pub(crate) fn answers() -> Answers {
    let admin = Admin { user: Some("alice".into()), ..Admin::default() };
    Answers { attended: true, admin, ..Answers::default() }
}

/// These answers, and that these steps stay as they are.
pub(crate) fn accepting(steps: &[StepId], answers: Answers) -> Answers {
    let accept = |step: &StepId| Accept { step: *step, reason: ACCEPTED.into() };
    Answers { accept: steps.iter().map(accept).collect(), ..answers }
}

/// The operator's word that a step stays as it is.
pub(crate) fn kept(step: StepId) -> Accept {
    Accept { step, reason: "It stays.".into() }
}

/// One of the people of the answers, who is in no group.
pub(crate) fn person(user: &str) -> PersonAnswer {
    PersonAnswer { user: user.into(), groups: Vec::new(), console_password_file: None }
}

/// A read that was denied.
pub(crate) fn unseen() -> Unseen {
    Unseen::denied("iam:GetSomething", "AccessDenied")
}

/// The same words, for facts and answers to keep.
pub(crate) fn owned(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(str::to_owned).collect()
}

// What is looked for in a plan.

/// What holds of every step, however it stands.
pub(crate) fn holds_together<C: Change>(planned: &StepPlan<C>) {
    let state = planned.state;
    let explains_itself = matches!(state, State::InPlace | State::ToChange | State::NeedsPerson);
    assert_eq!(!planned.changes.is_empty(), state == State::ToChange, "{planned:?}");
    assert_eq!(planned.person.is_some(), state == State::NeedsPerson, "{planned:?}");
    assert_eq!(planned.found.is_some(), state == State::InPlace, "{planned:?}");
    assert_eq!(planned.reason.is_some(), !explains_itself, "{planned:?}");
    assert!(planned.undo.is_empty() || state == State::ToChange, "{planned:?}");
    // What was not seen is told, and never passes.
    assert!(planned.unseen.is_empty() || !state.is_settled(), "{planned:?}");
    assert!(planned.unseen.iter().all(|unseen| planned.notes.contains(&unseen.text())), "{planned:?}");
    // What is chosen is told by the choices.
    let says_how = |task: &PersonTask| matches!(task.seen, Seen::ByChoice(..)) || !task.how.is_empty();
    assert!(planned.person.iter().all(says_how), "{planned:?}");
    for text in every_text(planned) {
        assert!(!text.en.is_empty() && !text.ko.is_empty(), "{planned:?}");
    }
}

/// All that a person may read of a step.
pub(crate) fn every_text<C: Change>(planned: &StepPlan<C>) -> Vec<Text> {
    let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    let of_step = planned.reason.iter().chain(&planned.found).chain(&planned.notes);
    let of_waiting = planned.watchable.iter().chain(&planned.awaited);
    let of_offer = planned.offer.iter().map(|offer| &offer.question);
    let of_changes = planned.changes.iter().map(|change| change.summary());
    of_person.chain(of_step).chain(of_waiting).chain(of_offer).cloned().chain(of_changes).collect()
}

/// Nothing is claimed of the step, and the read that was denied is named.
pub(crate) fn assert_not_assessed<C: Change>(planned: &StepPlan<C>) {
    assert_eq!(planned.state, State::NotAssessed, "{planned:?}");
    says(planned.reason.as_ref().unwrap(), &[unseen().operation, &unseen().code]);
}

/// Both languages contain all the words.
pub(crate) fn says(text: &Text, words: &[&str]) {
    for (word, sentence) in words.iter().flat_map(|word| [(word, &text.en), (word, &text.ko)]) {
        assert!(sentence.contains(word), "{word} is not in: {sentence}");
    }
}

/// Each change as its verb and its resource.
pub(crate) fn told(changes: &[impl Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect()
}

/// What the change does to what, and a word of how it is told.
pub(crate) fn assert_told(change: &impl Change, verb: Verb, resource: &str, word: &str) {
    assert_eq!((change.verb(), change.resource().as_str()), (verb, resource), "{change:?}");
    says(&change.summary(), &[word]);
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

// What holds of every account.

/// Holds a property against random accounts and answers.
pub(crate) fn always<F: Debug>(
    any_facts: impl Strategy<Value = F>,
    any_answers: impl Strategy<Value = Answers>,
    property: impl Fn(&F, &Answers),
) {
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(any_facts, any_answers), |(facts, answers)| {
        property(&facts, &answers);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Now and then it is not seen.
pub(crate) fn maybe_unseen<T: Debug>(seen: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<T>> {
    prop::option::weighted(0.9, seen).prop_map(|seen| seen.ok_or_else(unseen))
}

/// Steps that the answers accept: mostly none.
pub(crate) fn any_accepted(practice: PracticeId) -> impl Strategy<Value = Vec<StepId>> {
    let steps = practice.steps();
    let some = prop::sample::subsequence(steps, 0..=steps.len());
    prop_oneof![3 => Just(Vec::<StepId>::new()), 1 => some]
}

/// What holds of every plan, whatever the facts are.
pub(crate) fn assert_hold_together<P: Practice>(plan: &[StepPlan<P::Change>]) {
    let steps: Vec<_> = plan.iter().map(|planned| planned.step).collect();
    assert_eq!(steps, P::ID.steps());
    plan.iter().for_each(holds_together);
}

/// No step is in place that rests on what was not seen.
pub(crate) fn assert_unseen_is_not_in_place<P: Practice>(
    facts: &P::Facts,
    answers: &Answers,
    rests_on_unseen: impl Fn(StepId, &P::Facts, &Answers) -> bool,
) {
    for planned in P::plan(facts, answers) {
        let unseen = rests_on_unseen(planned.step, facts, answers);
        assert!(!unseen || planned.state != State::InPlace, "{planned:?}");
    }
}

/// Once so many plans were carried out, one after the other, nothing is left to change: some changes wait for
/// others. `make` has the account be as it is after a change.
pub(crate) fn assert_nothing_is_left_to_change<P: Practice>(
    rounds: usize,
    mut facts: P::Facts,
    answers: &Answers,
    make: impl Fn(&mut P::Facts, &P::Change),
) {
    let answers = Answers { accept: Vec::new(), ..answers.clone() };
    for _ in 0..rounds {
        let changes = P::plan(&facts, &answers).into_iter().flat_map(|planned| planned.changes);
        changes.for_each(|change| make(&mut facts, &change));
    }
    for planned in P::plan(&facts, &answers) {
        assert_ne!(planned.state, State::ToChange, "{planned:?}");
    }
}
