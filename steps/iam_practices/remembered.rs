//! What the looks of a run have found about single users and keys, and what a later look need not ask again.
//!
//! A credential report can be four hours old, so after a key is switched off the next look finds its user on the same list
//! once more. Who was looked up and needs nothing any more makes room here for the next ones, until there is a newer
//! report. Who made something never changes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::credential_report::{Key, Maker};

/// What the looks of a run have found.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Found>);

#[derive(Debug, Default)]
struct Found {
    /// When the report was made that the users were looked up for.
    report: Option<i64>,
    settled: BTreeMap<String, Vec<Key>>,
    makers: BTreeMap<(Kind, String), Maker>,
}

/// What something is that somebody has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A user, by its name.
    User,
    /// An access key, by its id.
    Key,
}

impl Remembered {
    /// The keys of the users that need nothing any more, beside what the report of this time says of them.
    pub(super) fn settled(&self, report: Option<i64>) -> BTreeMap<String, Vec<Key>> {
        let found = self.lock();
        if found.report == report { found.settled.clone() } else { BTreeMap::new() }
    }

    /// Keeps the keys of users that need nothing any more.
    pub(super) fn settle(&self, report: Option<i64>, users: BTreeMap<String, Vec<Key>>) {
        let mut found = self.lock();
        if found.report != report {
            found.settled.clear();
            found.report = report;
        }
        found.settled.extend(users);
    }

    /// Who made something; none where that was not asked.
    pub(super) fn maker(&self, kind: Kind, name: &str) -> Option<Maker> {
        self.lock().makers.get(&(kind, name.to_owned())).cloned()
    }

    /// Keeps who made something.
    pub(super) fn keep_maker(&self, kind: Kind, name: &str, maker: Maker) {
        self.lock().makers.insert((kind, name.to_owned()), maker);
    }

    /// A panic elsewhere does not make what was found untrue.
    fn lock(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_report_is_looked_up_anew() {
        let remembered = Remembered::default();
        let bob = || BTreeMap::from([("bob".to_owned(), vec![Key::default()])]);
        remembered.settle(Some(1), bob());
        assert_eq!(remembered.settled(Some(1)), bob());
        assert!(remembered.settled(Some(2)).is_empty());
        remembered.settle(Some(2), BTreeMap::from([("carol".to_owned(), Vec::new())]));
        assert_eq!(remembered.settled(Some(2)).into_keys().collect::<Vec<_>>(), ["carol"]);
        assert!(remembered.settled(Some(1)).is_empty());
    }

    #[test]
    fn a_user_and_a_key_of_one_name_are_two() {
        let remembered = Remembered::default();
        remembered.keep_maker(Kind::User, "AKIA1", Maker::NotOnRecord);
        assert_eq!(remembered.maker(Kind::User, "AKIA1"), Some(Maker::NotOnRecord));
        assert_eq!(remembered.maker(Kind::Key, "AKIA1"), None);
    }
}
