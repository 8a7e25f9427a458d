//! What a person does in the console of the practice account: the two things that AWS lets nobody do by API.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{RehearsalError, kept};

const FILE: &str = "console.json";

/// Something that is done in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleAction {
    /// Root adds an MFA device.
    RootMfa,
    /// Root switches on "IAM user and role access to Billing".
    BillingAccess,
}

/// Does it in the account that is kept in a folder. A run that has the account open sees it at its next call.
pub fn console(folder: &Path, action: ConsoleAction) -> Result<(), RehearsalError> {
    kept::prepare(folder, false)?;
    let mut done = read(folder);
    done.insert(action);
    let words = serde_json::to_vec(&done).unwrap_or_default();
    kept::replace(&folder.join(FILE), &words)
}

/// What was done so far.
pub(crate) fn read(folder: &Path) -> BTreeSet<ConsoleAction> {
    std::fs::read(folder.join(FILE))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Starts over.
pub(crate) fn forget(folder: &Path) -> Result<(), RehearsalError> {
    kept::remove(&folder.join(FILE))
}
