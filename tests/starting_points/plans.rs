//! What is expected of a look, and a run that does exactly that.

use serde_json::json;
use steps::practice::State::{InPlace, ToChange};
use steps::practice::{State, StepId};

use crate::support::actor::Actor;
use crate::support::stage::{Errand, Played, Stage, change};

pub const OF_TRAILS: [StepId; 2] = [StepId::TrailBucket, StepId::Trail];
pub const UP_TO_DELIVERY: [StepId; 3] = [StepId::TrailBucket, StepId::Trail, StepId::LogDelivery];
pub const OF_REPORTS: [StepId; 2] = [StepId::ReportBucket, StepId::Report];

/// What makes our trail.
pub const NEW_TRAIL: [&str; 2] = ["create cloudtrail:trail/day-one", "start cloudtrail:trail/day-one"];

/// How a step stands, and what would be changed.
pub type Line = (StepId, State, Vec<String>);

pub fn line(step: StepId, state: State, changes: &[&str]) -> Line {
    (step, state, changes.iter().map(|change| (*change).to_owned()).collect())
}

/// A bucket that is made from nothing.
pub fn new_bucket(step: StepId, bucket: &str) -> Line {
    let parts = [
        ("create", ""),
        ("enable", "/public-access-block"),
        ("update", "/ownership-controls"),
        ("update", "/encryption"),
        ("enable", "/versioning"),
        ("update", "/lifecycle"),
        ("update", "/tags"),
        ("update", "/policy"),
    ];
    let change = |(verb, part): (&str, &str)| format!("{verb} s3:bucket/{bucket}{part}");
    (step, ToChange, parts.into_iter().map(change).collect())
}

/// A bucket of others, whose lifecycle and tags are theirs.
pub fn adopted_bucket(step: StepId, bucket: &str) -> Line {
    let changes = ["enable", "update"].into_iter().zip(["versioning", "policy"]);
    (step, ToChange, changes.map(|(verb, part)| format!("{verb} s3:bucket/{bucket}/{part}")).collect())
}

pub async fn plan(stage: &Stage, errand: &Errand) -> Vec<Line> {
    let reports = stage.look(errand).await.unwrap_or_else(|failure| panic!("{failure}"));
    reports
        .iter()
        .map(|report| (report.step, report.state, report.changes.iter().map(change).collect()))
        .collect()
}

/// The plan is as expected, exactly that is applied, and then nothing is left to plan or to apply.
pub async fn bring_up(stage: &Stage, errand: &Errand, expected: &[Line], after: &[State]) -> Played<Actor> {
    assert_eq!(plan(stage, errand).await, expected);
    let operator = || match errand.attended {
        true => Actor::attended(stage.clock.clone()),
        false => Actor::unattended(stage.clock.clone()),
    };
    let applied = stage.play(errand, operator()).await.finished();
    let planned: Vec<_> = expected.iter().flat_map(|(.., changes)| changes.clone()).collect();
    assert_eq!(applied.made(), planned);

    let expected: Vec<_> = expected.iter().map(|(step, ..)| *step).zip(after.iter().copied()).collect();
    let second = plan(stage, errand).await;
    let stands: Vec<_> = second.iter().map(|(step, state, _)| (*step, *state)).collect();
    assert_eq!(stands, expected);
    assert!(second.iter().all(|(.., changes)| changes.is_empty()), "{second:?}");
    let calls = stage.account.mutating_calls();
    assert_eq!(stage.play(errand, operator()).await.finished().changes_made, 0);
    assert_eq!(stage.account.mutating_calls(), calls);
    applied
}

/// A trail that is adopted with its bucket, and changed so.
pub async fn bring_up_trail(stage: &Stage, changes: &[&str]) -> Played<Actor> {
    let expected = [adopted_bucket(StepId::TrailBucket, "logs"), adopted(StepId::Trail, changes)];
    bring_up(stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await
}

/// A report that is adopted with its bucket, and changed so.
pub async fn bring_up_report(stage: &Stage, changes: &[&str]) -> Played<Actor> {
    let expected = [adopted_bucket(StepId::ReportBucket, "bills"), adopted(StepId::Report, changes)];
    bring_up(stage, &stage.errand(json!({}), &OF_REPORTS), &expected, &[InPlace, InPlace]).await
}

fn adopted(step: StepId, changes: &[&str]) -> Line {
    line(step, if changes.is_empty() { InPlace } else { ToChange }, changes)
}

/// A run with nobody there.
pub async fn play_unattended(stage: &Stage, errand: &Errand) -> Played<Actor> {
    stage.play(errand, Actor::unattended(stage.clock.clone())).await.finished()
}

/// A person is told this about a step.
pub fn assert_told(played: &Played<Actor>, step: StepId, words: &str) {
    let report = played.reports.iter().find(|report| report.step == step).unwrap();
    let task = report.person.as_ref().unwrap();
    let told = std::iter::once(&task.what).chain(&task.how).any(|text| text.en.contains(words));
    assert!(told, "{task:?}");
}
