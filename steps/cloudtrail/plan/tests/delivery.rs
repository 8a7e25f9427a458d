//! A trail that stands still or cannot deliver, which costs money for nothing: `trail` and `log-delivery`.

use super::*;
use crate::plan_cases::assert_hold_together;
use crate::practice::Change as _;

/// Our trail, which has never delivered, into our bucket, which a statement of somebody else's closes to CloudTrail.
fn shut_out() -> Facts {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(DENY_ALL.into()));
    let trail = trail_of(&mut facts);
    (trail.delivery, trail.has_delivered) = (Delivery::Failed("AccessDenied".into()), false);
    facts
}

#[test]
fn a_trail_that_can_never_deliver_is_stopped_where_nobody_is_there() {
    let mut facts = shut_out();
    let steps = plan(&facts, &Answers::default());
    assert_hold_together::<Cloudtrail>(&steps);
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [State::NeedsPerson, State::ToChange, State::Blocked]);
    let stop = Change::StopLogging { trail: TRAIL.into(), region: REGION.into() };
    assert_eq!(steps[1].changes, std::slice::from_ref(&stop));
    assert!(stop.stands_alone() && !stop.is_irreversible(), "the bucket is left to a person");
    let [note] = &steps[1].notes[..] else { panic!("one note is expected, not {:?}", steps[1].notes) };
    says(note, &["day-one", BUCKET, "AccessDenied"]);
    // Stopped, it is not started again before the bucket is mended.
    make(&mut facts, &stop);
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!((trail.state, trail.offer), (State::NeedsPerson, None));
    assert!(trail.person.unwrap().how.iter().any(|how| how.en.contains("delete-trail --name arn:")));
    settings_of(&mut facts).policy = Ok(None);
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(trail.changes, [start(TRAIL, REGION)], "its bucket is mended by the step before");
}

#[test]
fn a_trail_that_can_never_deliver_may_be_deleted_by_who_is_there() {
    let mut facts = shut_out();
    for logging in [true, false] {
        trail_of(&mut facts).logging = Ok(logging);
        let trail = step(&facts, &attended(), StepId::Trail);
        assert_eq!((trail.state, trail.changes), (State::NeedsPerson, vec![]));
        let offer = trail.offer.unwrap();
        let delete = Change::DeleteTrail { trail: TRAIL.into(), region: REGION.into() };
        assert_eq!(offer.changes, std::slice::from_ref(&delete));
        assert!(delete.is_irreversible() && offer.key.is_none());
        says(&offer.question, &["day-one", "30"]);
    }
}

#[test]
fn what_may_yet_deliver_is_neither_stopped_nor_deleted() {
    let cases: &[(&str, Given)] = &[
        ("it has delivered before", |facts, _| trail_of(facts).has_delivered = true),
        ("nothing has failed yet", |facts, _| trail_of(facts).delivery = Delivery::NotYet),
        ("the plan mends the bucket", |facts, _| settings_of(facts).policy = Ok(None)),
        ("the bucket is as it should be", |facts, _| facts.bucket = perfect().bucket),
        ("the bucket was not seen", |facts, _| settings_of(facts).policy = Err(unseen())),
        ("whoever acts may not change the bucket", |facts, _| {
            (facts.bucket, facts.acting) = (perfect().bucket, vec![BOB.into()]);
            facts.administrators.as_mut().unwrap().insert(CAROL.into());
        }),
        ("a trail of another name", |_, answers| answers.trail.name = "audit".into()),
        ("a bucket of another name", |facts, _| trail_of(facts).bucket = "audit-logs".into()),
        ("the organization's", |facts, _| trail_of(facts).of_organization = true),
        ("the operator's word for the bucket", |_, answers| {
            answers.accept.push(kept(StepId::TrailBucket));
        }),
    ];
    for attended in [false, true] {
        for (name, given) in cases {
            let (mut facts, mut answers) = (shut_out(), Answers { attended, ..Answers::default() });
            given(&mut facts, &mut answers);
            let trail = step(&facts, &answers, StepId::Trail);
            assert_eq!((trail.offer, trail.changes), (None, vec![]), "{name}, attended: {attended}");
        }
    }
}

#[test]
fn a_person_is_told_which_trail_stands_still_and_why() {
    let mut facts = perfect();
    trail_of(&mut facts).of_another_account = true;
    trail_of(&mut facts).logging = Ok(false);
    let task = step(&facts, &Answers::default(), StepId::Trail).person.unwrap();
    assert!(task.what.en.contains("day-one") && task.what.ko.contains("day-one"), "{task:?}");
    assert_eq!(task.seen, Seen::Elsewhere);

    trail_of(&mut facts).delivery = Delivery::Failed("NoSuch\u{202e}Bucket".into());
    let task = step(&facts, &Answers::default(), StepId::LogDelivery).person.unwrap();
    assert!(task.how.iter().all(|how| !how.en.contains("delete-trail")), "it is another account's: {task:?}");
    says(&task.what, &["day-one", BUCKET, "NoSuch\u{fffd}Bucket"]);
}
