//! A CUR 2.0 export as Data Exports knows it: a query over a table, and where its result goes.

use std::collections::HashMap;

use aws_sdk_bcmdataexports::types::{
    self as sdk, CompressionOption, DataQuery, DestinationConfigurations, FormatOption, FrequencyOption,
    OverwriteOption, RefreshCadence, S3Destination, S3OutputConfigurations, S3OutputType,
};
use aws_smithy_types::error::operation::BuildError;
use serde::Serialize;

use crate::answers::{Answers, ReportFormat};
use crate::text;
use crate::text::Text;

use super::differences::{Differences, field};
use super::facts::{REGION, bucket_name};

/// The table of CUR 2.0.
pub const TABLE: &str = "COST_AND_USAGE_REPORT";

/// The columns without which a cost cannot be traced to what caused it.
const EXPLAINING_COLUMNS: [&str; 5] = [
    "line_item_usage_start_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_resource_id",
    "line_item_unblended_cost",
];

/// An export, in AWS's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// The bucket that it goes to.
    pub bucket: String,
    /// The bucket's Region.
    pub region: String,
    /// What the keys of its files begin with.
    pub prefix: String,
    /// The table that it is made from.
    pub table: String,
    /// How finely it divides time; empty where nobody has said.
    pub time_unit: String,
    /// Whether it names resources.
    pub resources: bool,
    /// The format of its files.
    pub format: String,
    /// How they are compressed.
    pub compression: String,
    /// Whether they take the place of earlier ones.
    pub overwrite: String,
    /// Whether its query leaves no rows out, and has the columns that explain a cost. Which others it has is somebody's
    /// choice.
    pub explains: bool,
}

impl Export {
    /// The export that the answers ask for.
    pub fn wanted(account: &str, answers: &Answers) -> Self {
        let billing = &answers.billing;
        let (format, compression) = match billing.format {
            ReportFormat::Parquet => (FormatOption::Parquet, CompressionOption::Parquet),
            ReportFormat::Csv => (FormatOption::TextOrCsv, CompressionOption::Gzip),
        };
        Self {
            name: billing.report.clone(),
            bucket: bucket_name(account, answers),
            region: REGION.to_owned(),
            prefix: billing.prefix.clone(),
            table: TABLE.to_owned(),
            time_unit: billing.time_unit.word().to_owned(),
            resources: true,
            format: format.as_str().to_owned(),
            compression: compression.as_str().to_owned(),
            overwrite: OverwriteOption::OverwriteReport.as_str().to_owned(),
            explains: true,
        }
    }

    /// What AWS says that an export is.
    pub fn found(export: &sdk::Export) -> Self {
        let query = export.data_query().map(DataQuery::query_statement).unwrap_or_default();
        let table = table(query);
        let property = |name: &str| {
            let tables = export.data_query().and_then(DataQuery::table_configurations)?;
            tables.get(table)?.get(name).cloned()
        };
        let destination = export.destination_configurations().and_then(|places| places.s3_destination());
        let output = destination.and_then(|destination| destination.s3_output_configurations());
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        Self {
            name: export.name().to_owned(),
            bucket: word(destination.map(S3Destination::s3_bucket)),
            region: word(destination.map(S3Destination::s3_region)),
            prefix: word(destination.map(S3Destination::s3_prefix)),
            table: table.to_owned(),
            time_unit: property("TIME_GRANULARITY").unwrap_or_default(),
            resources: property("INCLUDE_RESOURCES")
                .is_some_and(|answer| answer.eq_ignore_ascii_case("true")),
            format: word(output.map(|output| output.format().as_str())),
            compression: word(output.map(|output| output.compression().as_str())),
            overwrite: word(output.map(|output| output.overwrite().as_str())),
            explains: explains(query),
        }
    }

    /// What differs. AWS keeps the table and the table's properties as they were made.
    pub fn differences(&self, wanted: &Self) -> Differences {
        let changeable = [
            field(text! { en: "bucket", ko: "버킷" }, &self.bucket, &wanted.bucket),
            field(text! { en: "Region", ko: "리전" }, &self.region, &wanted.region),
            field(text! { en: "prefix", ko: "접두사" }, &self.prefix, &wanted.prefix),
            self.format(wanted),
            field(text! { en: "compression", ko: "압축" }, &self.compression, &wanted.compression),
            field(text! { en: "overwriting", ko: "덮어쓰기" }, &self.overwrite, &wanted.overwrite),
            self.query(wanted),
        ];
        Differences::of(changeable, self.fixed_differences(wanted))
    }

    fn fixed_differences(&self, wanted: &Self) -> [Option<Text>; 3] {
        let resources = |export: &Self| export.resources.to_string();
        [
            field(text! { en: "table", ko: "테이블" }, &self.table, &wanted.table),
            field(text! { en: "time unit", ko: "시간 단위" }, &self.time_unit, &wanted.time_unit),
            field(text! { en: "resource ids", ko: "리소스 ID" }, &resources(self), &resources(wanted)),
        ]
    }

    /// What it lacks to be as good as the one that is wanted; nothing where it tells at least as much, in the same
    /// format.
    pub fn lacks(&self, wanted: &Self) -> Vec<Text> {
        let lacking = self.fixed_differences(wanted).into_iter();
        lacking.chain([self.format(wanted), self.query(wanted)]).flatten().collect()
    }

    fn format(&self, wanted: &Self) -> Option<Text> {
        field(text! { en: "format", ko: "형식" }, &self.format, &wanted.format)
    }

    fn query(&self, wanted: &Self) -> Option<Text> {
        let differs = self.explains != wanted.explains;
        differs.then(|| {
            text! {
                en: "query leaves rows or columns out → the whole table",
                ko: "쿼리에서 빠진 행이나 열 → 테이블 전체"
            }
        })
    }

    /// The properties of its table.
    pub fn table_properties(&self) -> HashMap<String, String> {
        let resources = if self.resources { "TRUE" } else { "FALSE" };
        [("TIME_GRANULARITY", self.time_unit.as_str()), ("INCLUDE_RESOURCES", resources)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The export with this query, as it is sent to AWS.
    pub fn definition(&self, query: DataQuery, description: Option<&str>) -> Result<sdk::Export, BuildError> {
        let output = S3OutputConfigurations::builder()
            .output_type(S3OutputType::Custom)
            .format(FormatOption::from(self.format.as_str()))
            .compression(CompressionOption::from(self.compression.as_str()))
            .overwrite(OverwriteOption::from(self.overwrite.as_str()))
            .build()?;
        let destination = S3Destination::builder()
            .s3_bucket(&self.bucket)
            .s3_prefix(&self.prefix)
            .s3_region(&self.region)
            .s3_output_configurations(output)
            .build()?;
        sdk::Export::builder()
            .name(&self.name)
            .set_description(description.map(ToOwned::to_owned))
            .data_query(query)
            .destination_configurations(
                DestinationConfigurations::builder().s3_destination(destination).build(),
            )
            .refresh_cadence(RefreshCadence::builder().frequency(FrequencyOption::Synchronous).build()?)
            .build()
    }
}

/// A query for these columns of the table: `SELECT *` is not part of the language.
/// Source: Data Exports user guide, "Data query".
pub fn select(columns: &[&str]) -> String {
    format!("SELECT {} FROM {TABLE}", columns.join(", "))
}

/// Whether a query leaves no rows out and has the columns that explain a cost.
pub fn explains(query: &str) -> bool {
    let has = |word: &str| words(query).any(|found| found.eq_ignore_ascii_case(word));
    EXPLAINING_COLUMNS.into_iter().all(has) && !has("WHERE") && !has("LIMIT")
}

/// The table of a query.
fn table(query: &str) -> &str {
    words(query).skip_while(|word| !word.eq_ignore_ascii_case("FROM")).nth(1).unwrap_or_default()
}

fn words(query: &str) -> impl Iterator<Item = &str> {
    query.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "SELECT line_item_usage_start_date, line_item_product_code,line_item_usage_type, \
        line_item_resource_id, line_item_unblended_cost, product FROM COST_AND_USAGE_REPORT";

    fn wanted() -> Export {
        Export::wanted("111122223333", &Answers::default())
    }

    fn query(statement: &str, properties: HashMap<String, String>) -> DataQuery {
        let query = DataQuery::builder().query_statement(statement);
        query.table_configurations(table(statement), properties).build().unwrap()
    }

    #[test]
    fn what_is_sent_is_what_is_found_again() {
        let mut csv = Answers::default();
        csv.billing.format = ReportFormat::Csv;
        for wanted in [wanted(), Export::wanted("111122223333", &csv)] {
            let sent = wanted.definition(query(WHOLE, wanted.table_properties()), Some("costs")).unwrap();
            assert_eq!(Export::found(&sent), wanted);
            assert_eq!(sent.description(), Some("costs"));
        }
    }

    #[test]
    fn an_export_without_most_of_it_is_read_all_the_same() {
        let bare = sdk::Export::builder().name("bare").build().unwrap();
        let found = Export::found(&bare);
        assert_eq!((found.name.as_str(), found.bucket.as_str(), found.table.as_str()), ("bare", "", ""));
        assert_ne!(found.lacks(&wanted()), []);
    }

    #[test]
    fn each_field_that_differs_is_named_with_both_values() {
        /// A change of one field, its name in both languages, and whether AWS lets it be changed back.
        type Case = (fn(&mut Export), [&'static str; 2], bool);
        let cases: [Case; 10] = [
            (|found| found.bucket = "bills".into(), ["bucket bills", "버킷 bills"], true),
            (|found| found.region = "eu-west-1".into(), ["Region eu-west-1", "리전 eu-west-1"], true),
            (|found| found.prefix = "old".into(), ["prefix old → cur", "접두사 old → cur"], true),
            (|found| found.format = "TEXT_OR_CSV".into(), ["format TEXT_OR_CSV → PARQUET", "형식"], true),
            (|found| found.compression = "GZIP".into(), ["compression GZIP → PARQUET", "압축"], true),
            (|found| found.overwrite.clear(), ["overwriting (none) → OVERWRITE", "덮어쓰기 (없음)"], true),
            (|found| found.explains = false, ["whole table", "테이블 전체"], true),
            (|found| found.table = "FOCUS".into(), ["table FOCUS → COST", "테이블 FOCUS"], false),
            (|found| found.time_unit = "DAILY".into(), ["time unit DAILY → HOURLY", "시간 단위"], false),
            (|found| found.resources = false, ["resource ids false → true", "리소스 ID"], false),
        ];
        for (change, [en, ko], changeable) in cases {
            let mut found = wanted();
            change(&mut found);
            let differences = found.differences(&wanted());
            let (there, elsewhere) = if changeable {
                (&differences.changeable, &differences.fixed)
            } else {
                (&differences.fixed, &differences.changeable)
            };
            assert_eq!((there.len(), elsewhere.len()), (1, 0), "{differences:?}");
            assert!(there[0].en.contains(en) && there[0].ko.contains(ko), "{differences:?}");
        }
        assert!(wanted().differences(&wanted()).is_empty());
    }

    #[test]
    fn the_words_are_those_of_aws() {
        let export = wanted();
        assert!(sdk::FormatOption::values().contains(&export.format.as_str()));
        assert!(sdk::CompressionOption::values().contains(&export.compression.as_str()));
        assert!(sdk::OverwriteOption::values().contains(&export.overwrite.as_str()));
    }

    #[test]
    fn only_a_query_of_all_rows_with_the_telling_columns_explains() {
        assert!(explains(WHOLE) && explains(&WHOLE.replace("SELECT", "select").replace("FROM", "from")));
        for partial in [
            format!("{WHOLE} WHERE line_item_product_code = 'AmazonEC2'"),
            format!("{WHOLE} limit 10"),
            WHOLE.replace("line_item_resource_id", "line_item_operation"),
            String::new(),
        ] {
            assert!(!explains(&partial), "{partial}");
        }
    }

    #[test]
    fn a_query_names_its_table() {
        assert_eq!(table(WHOLE), TABLE);
        assert_eq!(table(&select(&["a", "b"])), TABLE);
        assert_eq!(table("SELECT a\nfrom\tFOCUS_1_2_AWS WHERE b = 'c'"), "FOCUS_1_2_AWS");
        assert_eq!(table("SELECT a"), "");
    }
}
