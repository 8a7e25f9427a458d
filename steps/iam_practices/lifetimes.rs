//! How old is too old: from which age on a password or a key is unused, due, or forgotten. Where AWS does not tell the
//! age, it counts as too old, except where something could be lost by that.

use crate::credential_report::{Key, Row};

/// A password or key that nobody used for so many days is unused. CIS AWS Foundations, "credentials unused for 45 days".
pub const UNUSED_DAYS: i64 = 45;
/// A key is replaced after so many days. CIS AWS Foundations, "access keys are rotated every 90 days".
pub const ROTATION_DAYS: i64 = 90;
/// A key that was off for so many days, and that nobody missed, may be deleted: as far as Event History goes back.
pub const FORGOTTEN_DAYS: i64 = 90;
/// A key that was made within so many seconds of its user came with it, from a form, and not because it was needed.
const WITH_THE_USER: u64 = 60;

const DAY: i64 = 86_400;

/// How many whole days ago something was; none where AWS does not tell.
pub fn days_since(moment: Option<i64>, now: i64) -> Option<i64> {
    moment.map(|moment| now.saturating_sub(moment) / DAY)
}

/// Whether the console password is unused.
pub fn is_password_unused(row: &Row, now: i64) -> bool {
    row.password && has_passed(last_sign_of_life(row), UNUSED_DAYS, now)
}

/// When the console password was last used. To change it is no use of it: that counts only where nobody has ever signed in
/// with it, and else when the user was created. CIS AWS Foundations, "credentials unused for 45 days".
fn last_sign_of_life(row: &Row) -> Option<i64> {
    row.password_last_used.or(row.password_last_changed).or(row.created)
}

/// Whether an active key is unused.
pub fn is_unused(key: &Key, now: i64) -> bool {
    key.active && has_passed(last_use(key).or(key.made), UNUSED_DAYS, now)
}

/// Whether a key came with its user, who signs in by password, and was never needed.
pub fn came_with_the_user(row: &Row, key: &Key) -> bool {
    let together = match (row.created, key.made) {
        (Some(user), Some(key)) => user.abs_diff(key) <= WITH_THE_USER,
        _ => false,
    };
    row.password && key.active && key.last_use.is_none() && together
}

/// Whether it is time to replace an active key.
pub fn is_due(key: &Key, now: i64) -> bool {
    key.active && has_passed(key.made, ROTATION_DAYS, now)
}

/// Whether a newer key of the same user works, and the older one was not used since that was made.
pub fn is_superseded(older: &Key, newer: &Key) -> bool {
    let quiet = |made: i64| last_use(older).is_none_or(|used| used <= made);
    newer.active && last_use(newer).is_some() && newer.made.is_some_and(quiet)
}

/// Whether a key that is off is old, and was not used for long. Since when it is off, AWS does not tell.
pub fn is_forgotten(key: &Key, now: i64) -> bool {
    let long_ago = |moment| has_passed(Some(moment), FORGOTTEN_DAYS, now);
    !key.active && key.made.is_some_and(long_ago) && last_use(key).is_none_or(long_ago)
}

/// Whether a key is used these days, so that taking it for a machine's rests on something.
pub fn is_in_use(key: &Key, now: i64) -> bool {
    let lately = |moment| !has_passed(Some(moment), ROTATION_DAYS, now);
    key.active && last_use(key).is_some_and(lately)
}

fn last_use(key: &Key) -> Option<i64> {
    key.last_use.as_ref().map(|last| last.at)
}

/// Whether so many days have passed since.
pub fn has_passed(moment: Option<i64>, days: i64, now: i64) -> bool {
    days_since(moment, now).is_none_or(|passed| passed >= days)
}
