//! `trail`: what it lacks, where it goes, and what of it is left to who has chosen it.

use super::*;
use crate::practice::Change as _;

type GivenTrail = fn(&mut TrailFacts);

#[test]
fn each_shortcoming_of_a_trail_is_exactly_one_change() {
    use Shortcoming::{NoGlobalServices, OneRegion, Unvalidated};
    let cases: &[(&str, GivenTrail, Vec<Change>)] = &[
        ("none", |_| {}, vec![]),
        ("single-Region", |trail| trail.multi_region = false, vec![update(TRAIL, REGION, &[OneRegion])]),
        ("unvalidated", |trail| trail.validated = false, vec![update(TRAIL, REGION, &[Unvalidated])]),
        (
            "without global services",
            |trail| trail.global_services = false,
            vec![update(TRAIL, REGION, &[NoGlobalServices])],
        ),
        (
            "custom selectors",
            |trail| trail.management_events = Ok(ManagementEvents::Part),
            vec![record(TRAIL, REGION)],
        ),
        (
            "data events alone",
            |trail| trail.management_events = Ok(ManagementEvents::Nothing),
            vec![record(TRAIL, REGION)],
        ),
        ("stopped", |trail| trail.logging = Ok(false), vec![start(TRAIL, REGION)]),
        (
            "all of them",
            |trail| {
                (trail.multi_region, trail.validated, trail.global_services) = (false, false, false);
                (trail.management_events, trail.logging) = (Ok(ManagementEvents::Part), Ok(false));
            },
            vec![
                update(TRAIL, REGION, &[OneRegion, Unvalidated, NoGlobalServices]),
                record(TRAIL, REGION),
                start(TRAIL, REGION),
            ],
        ),
    ];
    for (name, given, expected) in cases {
        let mut facts = perfect();
        given(trail_of(&mut facts));
        assert_eq!(step(&facts, &Answers::default(), StepId::Trail).changes, *expected, "{name}");
    }
}

#[test]
fn an_adopted_trail_is_changed_where_it_is_at_home() {
    let mut facts = adopted();
    trail_of(&mut facts).multi_region = false;
    trail_of(&mut facts).logging = Ok(false);
    let steps = plan(&facts, &Answers::default());
    let (arn, home) = ("arn:aws:cloudtrail:us-west-2:111122223333:trail/audit", "us-west-2");
    assert_eq!(steps[1].changes, [update(arn, home, &[Shortcoming::OneRegion]), start(arn, home)]);
    let told = told(&steps[1].changes);
    assert!(told.iter().all(|change| change.ends_with(" cloudtrail:trail/audit")), "{told:?}");
    let [Change::Bucket { region, change: BucketChange::PutPolicy { bucket, .. } }] = &steps[0].changes[..]
    else {
        panic!("one policy is expected, not {:?}", steps[0].changes)
    };
    assert_eq!((region.as_str(), bucket.as_str()), ("us-west-1", "audit-logs"));
}

#[test]
fn a_trail_moves_to_the_bucket_that_the_answers_name() {
    let mut answers = Answers::default();
    answers.trail.bucket = Some("my-logs".into());
    let facts = Facts { bucket: BucketFacts::Free, ..adopted() };
    let steps = plan(&facts, &answers);
    assert_eq!(told(&steps[0].changes)[0], "Create s3:bucket/my-logs");
    let moved = Change::UpdateTrail {
        trail: "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit".into(),
        region: "us-west-2".into(),
        lacks: Vec::new(),
        bucket: Some("my-logs".into()),
    };
    let summary = moved.summary();
    assert!(summary.en.contains("my-logs") && summary.ko.contains("my-logs"), "{summary:?}");
    assert_eq!(steps[1].changes, [moved]);
    // What its files begin with stays, and so does who may write them.
    let key = "arn:aws:s3:::my-logs/central/AWSLogs/111122223333/file.json.gz";
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit");
    let policy = planned_policy(&facts, &answers);
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[trail, OWNER_ACL]), Decision::Allowed);
}

#[test]
fn what_others_have_a_trail_record_is_left_to_a_person() {
    let mut facts = adopted();
    trail_of(&mut facts).management_events = Ok(ManagementEvents::Part);
    trail_of(&mut facts).multi_region = false;
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!((trail.state, trail.changes), (State::NeedsPerson, vec![]));
    let task = trail.person.unwrap();
    assert!(task.what.en.contains("audit") && task.what.ko.contains("audit"), "{task:?}");

    // Who is there is asked, and Enter alone changes nothing.
    let trail = step(&facts, &attended(), StepId::Trail);
    let (arn, home) = ("arn:aws:cloudtrail:us-west-2:111122223333:trail/audit", "us-west-2");
    assert_eq!(trail.changes, [update(arn, home, &[Shortcoming::OneRegion]), record(arn, home)]);
    let [note] = &trail.notes[..] else { panic!("one note is expected, not {:?}", trail.notes) };
    assert!(note.en.contains("audit") && note.en.contains("data events") && note.ko.contains("audit"));
    assert!(trail.careful);
    // What ours leaves out needs no such question.
    let mut ours = perfect();
    trail_of(&mut ours).management_events = Ok(ManagementEvents::Part);
    assert!(!step(&ours, &attended(), StepId::Trail).careful);
}

#[test]
fn what_further_copies_cost_is_told_and_which_trails_make_them() {
    let tells = |text: &Text| [&text.en, &text.ko].iter().all(|words| words.contains("$2"));
    let names = |text: &Text| {
        [&text.en, &text.ko].iter().all(|words| words.contains("day-one (eu-central-1)")) && tells(text)
    };
    // Of an adopted trail: why there is no other.
    let adopted_alone = step(&adopted(), &Answers::default(), StepId::Trail);
    assert!(adopted_alone.found.as_ref().is_some_and(&tells), "{adopted_alone:?}");
    let mut facts = perfect();
    let ours_alone = step(&facts, &Answers::default(), StepId::Trail);
    assert!(ours_alone.notes.is_empty() && !ours_alone.found.as_ref().is_some_and(&tells), "{ours_alone:?}");

    facts.recording.push(OTHER_TRAIL.into());
    let two = step(&facts, &Answers::default(), StepId::Trail);
    assert!(two.found.as_ref().is_some_and(&names) && two.notes.is_empty(), "{two:?}");
    trail_of(&mut facts).validated = false;
    let two = step(&facts, &Answers::default(), StepId::Trail);
    assert!(matches!(&two.notes[..], [note] if names(note)), "{two:?}");

    // One that another account has for this Region alone does not count, and ours is paid for.
    let theirs = TrailFacts { multi_region: false, of_another_account: true, ..our_trail() };
    let recording = vec![OTHER_TRAIL.to_owned()];
    let facts = Facts { trail: Ok(Some(theirs)), recording, bucket: perfect().bucket, ..fresh() };
    let ours = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(told(&ours.changes)[0], "Create cloudtrail:trail/day-one");
    assert!(matches!(&ours.notes[..], [note] if names(note)), "{ours:?}");
}

#[test]
fn an_adopted_trail_is_named_as_such() {
    let names = |facts: &Facts| step(facts, &Answers::default(), StepId::Trail).found.unwrap();
    let ours = names(&perfect());
    assert!(ours.en.contains("day-one") && !ours.en.contains("adopted"), "{ours:?}");
    let audit = names(&adopted());
    assert!(audit.en.contains("audit") && audit.en.contains("(adopted:"), "{audit:?}");
    assert!(audit.ko.contains("audit") && audit.ko.contains("그대로 사용"), "{audit:?}");
    let mut organization = perfect();
    trail_of(&mut organization).of_another_account = true;
    trail_of(&mut organization).name = "org\u{1b}".into();
    let organization = names(&organization);
    assert!(
        organization.en.contains("org\u{fffd}") && organization.en.contains("adopted"),
        "{organization:?}"
    );
}

/// What another account's trail leaves out is no secret of the verdict's.
#[test]
fn what_only_the_owner_of_a_trail_sees_is_said() {
    let mut facts = perfect();
    trail_of(&mut facts).of_another_account = true;
    trail_of(&mut facts).management_events = Ok(ManagementEvents::NotTold);
    let found = step(&facts, &Answers::default(), StepId::Trail).found.unwrap();
    assert!(found.en.contains("which management events it records, only its owner sees"), "{found:?}");
    assert!(found.ko.contains("소유자만"), "{found:?}");

    trail_of(&mut facts).management_events = Ok(ManagementEvents::Hidden);
    let hidden = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(hidden.state, State::NotAssessed);
    says(&hidden.reason.unwrap(), &["day-one"]);
}

#[test]
fn a_summary_names_what_the_trail_lacks_and_nothing_else() {
    use Shortcoming::{NoGlobalServices, OneRegion, Unvalidated};
    let all = [
        (OneRegion, "all Regions", "모든 리전"),
        (Unvalidated, "log-file validation", "로그 파일 검증"),
        (NoGlobalServices, "global services", "글로벌 서비스"),
    ];
    for (lacks, en, ko) in all {
        let summary = update(TRAIL, REGION, &[lacks]).summary();
        assert_eq!(summary.en, format!("trail day-one: {en}"));
        assert_eq!(summary.ko, format!("추적 day-one: {ko}"));
    }
    let summary = update(TRAIL, REGION, &all.map(|(lacks, ..)| lacks)).summary();
    assert_eq!(summary.en, "trail day-one: all Regions, log-file validation, global services");
}

#[test]
fn summaries_name_the_trail() {
    let create =
        Change::CreateTrail { trail: "day-one".into(), region: REGION.into(), bucket: BUCKET.into() };
    let (trail, region) = (|| TRAIL.to_owned(), || REGION.to_owned());
    let changes = [
        create,
        update(TRAIL, REGION, &[Shortcoming::OneRegion]),
        record(TRAIL, REGION),
        start(TRAIL, REGION),
        Change::StopLogging { trail: trail(), region: region() },
        Change::DeleteTrail { trail: trail(), region: region() },
    ];
    for change in changes {
        let summary = change.summary();
        for words in [&summary.en, &summary.ko] {
            assert!(words.contains("day-one") && !words.contains("arn:"), "{words}");
        }
    }
}
