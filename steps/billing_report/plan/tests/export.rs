//! `report` of the kind CUR 2.0.

use super::*;
use crate::answers::ReportFormat;

#[test]
fn a_fresh_account_gets_the_export_where_the_answers_ask_for_it() {
    let steps = plan(&fresh(), &cur2());
    let export = Export::wanted(ACCOUNT, &cur2());
    assert_eq!(steps[2].changes, [Change::CreateExport { export }]);
    assert_eq!(told(&steps[2].changes), ["Create bcm-data-exports:export/day-one"]);
    let words = (export_words(&cur2()), export_words(&csv()));
    assert_eq!(words.0, ["COST_AND_USAGE_REPORT", "HOURLY", "PARQUET", "PARQUET", "OVERWRITE_REPORT"]);
    assert_eq!(words.1, ["COST_AND_USAGE_REPORT", "HOURLY", "TEXT_OR_CSV", "GZIP", "OVERWRITE_REPORT"]);
}

fn csv() -> Answers {
    let mut answers = cur2();
    answers.billing.format = ReportFormat::Csv;
    answers
}

fn export_words(answers: &Answers) -> [String; 5] {
    let export = Export::wanted(ACCOUNT, answers);
    assert!(export.resources && export.explains, "{export:?}");
    [export.table, export.time_unit, export.format, export.compression, export.overwrite]
}

#[test]
fn an_export_is_changed_by_its_arn_and_stays_where_it_goes() {
    let mut facts = exporting();
    export_of(&mut facts).export.prefix = "costs".into();
    export_of(&mut facts).export.bucket = "their-costs".into();
    export_of(&mut facts).export.region = "eu-west-1".into();
    facts.bucket = mine("eu-west-1", None);
    let expected = Export { prefix: "cur".into(), ..export_of(&mut facts).export.clone() };
    let changes = step(&facts, &cur2(), StepId::Report).changes;
    let [Change::UpdateExport { arn, export, changes: told_of }] = &changes[..] else {
        panic!("one export to update is expected, not {changes:?}")
    };
    assert_eq!((arn, export), (&our_export().arn, &expected));
    assert_eq!(told_of, &[text! { en: "prefix costs → cur", ko: "접두사 costs → cur" }]);
    assert_eq!(told(&changes), ["Update bcm-data-exports:export/day-one"]);
}
