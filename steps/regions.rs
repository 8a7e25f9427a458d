//! The Regions that are known, so that a mistyped one is refused before anything is asked of AWS.
//!
//! From "AWS Regions and Availability Zones" as of November 2026.

/// The Regions of the `aws` partition.
pub const COMMERCIAL: [&str; 34] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-south-1",
    "eu-south-2",
    "eu-north-1",
    "il-central-1",
    "me-south-1",
    "me-central-1",
    "mx-central-1",
    "sa-east-1",
];

/// Those of them that every account can use; the others have to be switched on first.
/// Source: Account Management reference guide, "Regions available by default".
const BY_DEFAULT: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "sa-east-1",
];

/// The Regions of other partitions.
const OTHER_PARTITIONS: [&str; 5] =
    ["eusc-de-east-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"];

/// The words that end the name of a Region, before its number.
const SIDES: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

/// Whether there is such a Region, as far as can be told without asking. A Region in a place that is not on the list may
/// be newer than the list, or belong to an isolated partition, and is taken at its word. Another number in a place that
/// is on the list is taken for a typing mistake.
pub fn exists(region: &str) -> bool {
    let mut known = COMMERCIAL.iter().chain(&OTHER_PARTITIONS);
    known.clone().any(|known| *known == region)
        || (has_the_form(region) && !known.any(|known| place(known) == place(region)))
}

/// Such as `us-iso-east-1`: two letters of an area, one or more words of which the last is a side, and a number.
fn has_the_form(region: &str) -> bool {
    let parts: Vec<_> = region.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else { return false };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase());
    area.len() == 2
        && is_word(area)
        && words.iter().all(is_word)
        && words.last().is_some_and(|side| SIDES.contains(side))
        && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// The name without its number.
fn place(region: &str) -> &str {
    region.rsplit_once('-').map_or(region, |(place, _)| place)
}

/// The Regions of the `aws` partition that every account can use.
pub fn default_regions() -> Vec<String> {
    Vec::from(BY_DEFAULT.map(ToOwned::to_owned))
}

/// The Regions of a partition that every account can use.
pub fn default_regions_of(partition: &str) -> Vec<String> {
    let begins = match partition {
        "aws-cn" => "cn-",
        "aws-us-gov" => "us-gov-",
        "aws-eusc" => "eusc-",
        _ => return default_regions(),
    };
    OTHER_PARTITIONS.into_iter().filter(|region| region.starts_with(begins)).map(ToOwned::to_owned).collect()
}

/// The Region in which global services of a partition, such as IAM, have their events recorded.
pub fn of_global_services(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// The Region that an ARN names; empty where it names none.
pub fn of_arn(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

/// Whether buckets of the Region can have names in the account-regional namespace.
/// Source: S3 user guide, "Namespaces for general purpose buckets".
pub fn has_account_regional_namespace(region: &str) -> bool {
    !["me-south-1", "me-central-1"].contains(&region)
}

/// The Regions closest in spelling, to offer for a mistyped one.
pub fn similar(region: &str) -> Vec<&'static str> {
    let area = region.split('-').next().unwrap_or_default();
    let mut similar: Vec<_> =
        COMMERCIAL.into_iter().filter(|known| known.split('-').next() == Some(area)).collect();
    if similar.is_empty() {
        similar = vec!["us-east-1", "eu-central-1", "ap-northeast-2"];
    }
    similar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_region_is_not_one() {
        assert!(exists("ap-northeast-2") && exists("us-gov-west-1") && exists("eusc-de-east-1"));
        let mistyped = [
            "us-east-9",
            "us-gov-east-2",
            "eusc-de-east-2",
            "us-eest-1",
            "us-east-1a",
            "us-east",
            "us-1",
            "useast-1",
            "US-EAST-1",
            "us-east-0",
            "us--east-1",
            "us_east_1",
            "use-east-1",
            "moon-1",
            "eu-west-1 ",
            "",
        ];
        for region in mistyped {
            assert!(!exists(region), "{region}");
        }
        assert!(similar("us-east-9").contains(&"us-east-1"));
        assert!(!similar("moon-1").is_empty());
    }

    #[test]
    fn a_region_that_is_not_on_the_list_may_be_new_or_isolated() {
        for region in ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "nz-north-1"] {
            assert!(exists(region), "{region}");
        }
    }

    #[test]
    fn the_regions_of_every_account_are_regions_of_its_partition() {
        assert_eq!(default_regions().len(), 17);
        for partition in ["aws", "aws-cn", "aws-us-gov", "aws-eusc"] {
            let regions = default_regions_of(partition);
            assert!(regions.iter().all(|region| exists(region)), "{regions:?}");
            assert!(regions.contains(&of_global_services(partition).to_owned()), "{regions:?}");
            let commercial = regions.iter().filter(|region| COMMERCIAL.contains(&region.as_str())).count();
            assert_eq!(commercial, if partition == "aws" { 17 } else { 0 });
        }
    }

    #[test]
    fn an_arn_names_its_region_or_none() {
        assert_eq!(of_arn("arn:aws:cloudtrail:eu-west-1:111122223333:trail/day-one"), "eu-west-1");
        for none in ["arn:aws:iam::111122223333:user/kim", "day-one", ""] {
            assert_eq!(of_arn(none), "", "{none}");
        }
    }
}
