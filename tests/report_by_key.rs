//! The page, by an administrator who signs in with an access key and has to give a code before anything can be read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use serde_json::Value;
use support::between::Between;
use support::machine::{APPLY, DONE, Machine};
use support::served::Served;

/// What was seen after the code stands on the page, and so does the last use of root, which is read after the look.
#[test]
fn the_evidence_is_read_by_whoever_acted_in_the_look() {
    let served = Served::new();
    let mut machine = Machine::new(&served);
    let aws = Between::quiet(served.address);
    machine.run(&aws, &APPLY).with_status(DONE);

    machine.sign_in(vec![("AWS_PROFILE", "dayone-admin".to_owned())]);
    let report = ["report", "--answers", "answers.toml", "--to", "day-one.json"];
    machine.run(&aws, &report).with_status(DONE);
    let page: Value = serde_json::from_str(&machine.read("day-one.json")).unwrap();
    let practices = page["practices"].as_array().unwrap().iter();
    let steps: Vec<_> = practices.flat_map(|practice| practice["steps"].as_array().unwrap()).collect();
    assert!(!steps.iter().any(|step| step["state"] == "not-assessed"), "{page}");
    let last_use = &page["evidence"]["root_retirement"]["last_use"];
    assert_eq!(last_use["not_assessed"], Value::Null);
    assert!(last_use["report_made"].is_string() && last_use["password"].is_string(), "{last_use}");
}
