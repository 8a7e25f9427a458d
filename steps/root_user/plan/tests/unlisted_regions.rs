//! `root-access-keys` where AWS does not list the account's Regions: there may be some that nobody has looked at.

use super::*;
use crate::answers::Root;
use crate::error::AwsError;
use crate::event_history::Summary;

/// A key that nobody was seen to use, in the Regions that every account has.
fn seen_in_part(key: RootKey) -> RootKey {
    let error = AwsError::without_answer("account:ListRegions", "no Region is listed");
    RootKey { uses: Uses::Found(Summary { unlisted: Some(Box::new(error)), ..Summary::default() }), ..key }
}

#[test]
fn who_decides_about_keys_is_told_once_that_there_may_be_more_regions() {
    let keys = vec![seen_in_part(root_key("AKIA1")), seen_in_part(own_root_key("AKIA2"))];
    let planned =
        planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers(), StepId::RootAccessKeys);
    let told: Vec<_> = planned.notes.iter().filter(|note| note.en.contains("could not be listed")).collect();
    assert_eq!(told.len(), 1, "{:?}", planned.notes);
    says(told[0], &["no Region is listed"]);
    assert!(told[0].ko.contains("리전 목록을 읽지 못했습니다"), "{told:?}");
    holds_together(&planned);
}

/// Of the key that signs, Event History alone tells who else uses it.
#[test]
fn with_nobody_there_a_key_that_others_may_use_elsewhere_is_left() {
    for (quiet_days, state) in [(30, State::NeedsPerson), (0, State::ToChange)] {
        let root = Root { credentials_stored: true, delete_access_keys: true, quiet_days };
        let unattended = Answers { attended: false, root, ..answers() };
        let facts = Facts { root_keys: listed(vec![seen_in_part(own_root_key("AKIA1"))]), ..perfect() };
        let planned = planned(&facts, &unattended, StepId::RootAccessKeys);
        assert_eq!(planned.state, state, "{quiet_days}: {planned:?}");
        assert!(planned.notes.iter().any(|note| note.en.contains("could not be listed")), "{planned:?}");
        holds_together(&planned);
    }
}
