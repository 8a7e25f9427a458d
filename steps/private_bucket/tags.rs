//! The tags of a bucket of ours, so that whoever meets it in the console or on the bill knows what it is there for. Tags
//! of others stay as they are.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Tag, Tagging};

use crate::aws::{ForCall, unless};
use crate::error::AwsError;

use super::apply::built;

/// Tags, by their keys.
pub type Tags = BTreeMap<String, String>;

/// How many tags a bucket can have. Source: S3 user guide, "Using cost allocation S3 bucket tags".
const AT_MOST: usize = 50;

/// The tags that a bucket for this purpose lacks. A key that is there is somebody's, whatever its value. Where there is
/// no room for ours, none is missing: they tell, and nothing rests on them.
pub(super) fn missing(purpose: &str, found: &Tags) -> Tags {
    let ours = [("managed-by", "dayone"), ("purpose", purpose)];
    let missing = ours.into_iter().filter(|(key, _)| !found.contains_key(*key));
    let missing: Tags = missing.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if found.len() + missing.len() > AT_MOST { Tags::new() } else { missing }
}

/// Each tag as `key = value`.
pub(super) fn in_words(tags: &Tags) -> String {
    tags.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

/// What S3 has answered, by keys.
pub(super) fn by_key(found: &[Tag]) -> Tags {
    found.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// S3 takes only all tags at once, so those that are there are read and put again with ours, AWS's own among them: S3
/// refuses a set in which one of these is missing.
pub(super) async fn put(s3: &Client, bucket: &str, account: &str, ours: &Tags) -> Result<(), AwsError> {
    let found = s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(account).send().await;
    let found = unless("NoSuchTagSet", found.for_call("s3:GetBucketTagging"))?;
    let tags = beside_others(found.map(|found| found.tag_set).unwrap_or_default(), ours)?;
    let request = s3.put_bucket_tagging().bucket(bucket).expected_bucket_owner(account).tagging(tags);
    request.send().await.for_call("s3:PutBucketTagging").map(drop)
}

fn beside_others(mut tags: Vec<Tag>, ours: &Tags) -> Result<Tagging, AwsError> {
    for (key, value) in ours {
        if !tags.iter().any(|tag| tag.key() == key) {
            tags.push(built(Tag::builder().key(key).value(value).build(), "s3:PutBucketTagging")?);
        }
    }
    built(Tagging::builder().set_tag_set(Some(tags)).build(), "s3:PutBucketTagging")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANAGED: (&str, &str) = ("managed-by", "dayone");
    const PURPOSE: (&str, &str) = ("purpose", "cloudtrail-logs");

    fn tags(tags: &[(&str, &str)]) -> Tags {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn tag(key: &str, value: &str) -> Tag {
        Tag::builder().key(key).value(value).build().unwrap()
    }

    #[test]
    fn only_keys_that_nobody_uses_are_missing() {
        type Pairs = [(&'static str, &'static str)];
        let cases: [(&Pairs, &Pairs); 6] = [
            (&[], &[MANAGED, PURPOSE]),
            (&[("team", "security")], &[MANAGED, PURPOSE]),
            (&[MANAGED], &[PURPOSE]),
            (&[("managed-by", "somebody"), ("team", "security")], &[PURPOSE]),
            (&[MANAGED, ("purpose", "archive")], &[]),
            // Keys that differ in a capital letter are different keys.
            (&[MANAGED, ("Purpose", "archive")], &[PURPOSE]),
        ];
        for (found, expected) in cases {
            assert_eq!(missing("cloudtrail-logs", &tags(found)), tags(expected), "{found:?}");
        }
    }

    #[test]
    fn a_bucket_with_no_room_for_more_tags_keeps_those_that_it_has() {
        for (others, expected) in [(48, 2), (49, 0), (50, 0)] {
            let found: Tags = (0..others).map(|number| (format!("key-{number}"), String::new())).collect();
            assert_eq!(missing("cloudtrail-logs", &found).len(), expected, "{others}");
        }
    }

    #[test]
    fn tags_of_others_are_put_again_as_they_are() {
        let found =
            vec![tag("aws:cloudformation:stack-name", "logs"), tag("purpose", ""), tag("team", "security")];
        let ours = missing("cloudtrail-logs", &Tags::new());
        let put = beside_others(found.clone(), &ours).unwrap();
        let expected: Vec<_> = found.into_iter().chain([tag("managed-by", "dayone")]).collect();
        assert_eq!(put.tag_set(), expected);
        assert_eq!(missing("cloudtrail-logs", &by_key(put.tag_set())), Tags::new());
    }
}
