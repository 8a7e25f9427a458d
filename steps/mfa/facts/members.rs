//! The administrators' group, and whom the policy would stop in a group.

use aws_sdk_iam::types::StatusType;

use crate::aws::{Connection, ForCall, Identity, Reading, at_once, unless};
use crate::error::AwsError;
use crate::profile;
use crate::readings::Readings;
use crate::session::Session;

use super::devices::devices_of;
use super::policy::{policy_arn, try_both};
use super::{Member, Tried};

/// The administrators' group, with what depends on it.
pub(super) struct Administrators {
    pub(super) group: Reading<Option<(String, Vec<Member>)>>,
    pub(super) attached: Reading<bool>,
    pub(super) tried: Option<Tried>,
}

pub(super) async fn administrators(
    session: &Session,
    readings: &Readings<'_>,
) -> Result<Administrators, AwsError> {
    let group = match readings.administrators().await? {
        Ok(Some(group)) => group,
        Ok(None) => return Ok(Administrators { group: Ok(None), attached: Ok(false), tried: None }),
        Err(unseen) => {
            let (group, attached) = (Err(unseen.clone()), Err(unseen.clone()));
            return Ok(Administrators { group, attached, tried: None });
        }
    };
    let arn = policy_arn(session.partition(), session.account());
    let attached = group.attached_policies.clone().map(|policies| policies.contains(&arn));
    let names: Vec<_> = group.users.iter().map(|user| user.name.clone()).collect();
    let here = Here::of(session);
    let (members, tried) = tokio::try_join!(members(readings.identity(), &here, &names), async {
        if attached == Ok(true) { try_both(session).await } else { Ok(None) }
    })?;
    let group = members.map(|members| Some((group.name.clone(), members)));
    Ok(Administrators { group, attached, tried })
}

/// Whom the policy would stop: all of them are looked up, because nobody is to be stopped unseen.
pub(super) async fn members(
    identity: &Identity,
    here: &Here,
    names: &[String],
) -> Result<Reading<Vec<Member>>, AwsError> {
    let asked = names.iter().map(|name| member(identity.clone(), here.clone(), name.clone()));
    Ok(at_once(asked).await?.into_iter().collect())
}

async fn member(identity: Identity, here: Here, name: String) -> Result<Reading<Member>, AwsError> {
    let iam = identity.iam();
    let (devices, keys, login) = tokio::join!(
        devices_of(&identity, &name),
        iam.list_access_keys().user_name(&name).send(),
        iam.get_login_profile().user_name(&name).send(),
    );
    let keys = identity.reading(unless("NoSuchEntity", keys.for_call("iam:ListAccessKeys")))?;
    let (devices, keys) = match (devices?, keys) {
        (Ok(devices), Ok(keys)) => (devices, keys),
        (Err(unseen), _) | (_, Err(unseen)) => return Ok(Err(unseen)),
    };
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    let active = |key: &aws_sdk_iam::types::AccessKeyMetadata| key.status() == Some(&StatusType::Active);
    let keys = keys.map(|keys| keys.access_key_metadata).unwrap_or_default();
    let active_keys: Vec<_> = keys.into_iter().filter(active).filter_map(|key| key.access_key_id).collect();
    let machine_keys = match login {
        Ok(None) => {
            let elsewhere: Vec<_> = active_keys.iter().filter(|key| !here.has(key)).cloned().collect();
            used_keys(&identity, &elsewhere).await?
        }
        Ok(Some(_)) | Err(_) => Vec::new(),
    };
    let mfa = devices.is_some_and(|devices| !devices.is_empty());
    Ok(Ok(Member { name, mfa, active_keys, machine_keys }))
}

/// This computer. Whoever is at it, or started the run, has the key: no machine does.
#[derive(Debug, Clone)]
pub(super) struct Here {
    connection: Connection,
    started_with: String,
}

impl Here {
    pub(super) fn of(session: &Session) -> Self {
        let started_with = session.started.caller.access_key.clone();
        Self { connection: session.connection.clone(), started_with }
    }

    fn has(&self, key: &str) -> bool {
        self.started_with == key || profile::mentions_key(self.connection.files(), key)
    }
}

/// The keys with which something was called.
async fn used_keys(identity: &Identity, keys: &[String]) -> Result<Vec<String>, AwsError> {
    let asked = keys.iter().map(|key| used_key(identity.clone(), key.clone()));
    Ok(at_once(asked).await?.into_iter().flatten().collect())
}

async fn used_key(identity: Identity, key: String) -> Result<Option<String>, AwsError> {
    let answer = identity.iam().get_access_key_last_used().access_key_id(&key).send().await;
    let answer = identity.reading(answer.for_call("iam:GetAccessKeyLastUsed"))?;
    let last = answer.ok().and_then(|answer| answer.access_key_last_used);
    let date = last.and_then(|last| last.last_used_date).filter(|date| date.secs() > 0);
    Ok(date.map(|_| key))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;
    use crate::aws::{Access, AwsFiles, canned};

    const EMPTY: &str = "<MFADevices></MFADevices><IsTruncated>false</IsTruncated>";

    /// An administrator who has an access key alone is no machine, and neither is whoever runs this.
    #[tokio::test]
    async fn a_key_that_is_used_here_is_no_machine_s() {
        const USED: &str = "<AccessKeyLastUsed><LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate>\
            <ServiceName>s3</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>";
        let key =
            |id: &str| format!("<member><AccessKeyId>{id}</AccessKeyId><Status>Active</Status></member>");
        let keys = ["AKIASTARTED", "AKIAKEPT", "AKIAELSEWHERE"].map(key).concat();
        let keys = format!("<AccessKeyMetadata>{keys}</AccessKeyMetadata><IsTruncated>false</IsTruncated>");
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListMFADevices" => call.xml(EMPTY),
            "ListAccessKeys" => call.xml(&keys),
            "GetAccessKeyLastUsed" => call.xml(USED),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let folder = tempfile::tempdir().unwrap();
        let [credentials, config] = ["credentials", "config"].map(|name| folder.path().join(name));
        std::fs::write(&credentials, "[alice]\naws_access_key_id = AKIAKEPT\n").unwrap();
        let login = Credentials::new("AKIASTARTED", "secret", None, None, "test");
        let files = AwsFiles { credentials, config };
        let connection = Connection::through(aws.client(), login, files, Access::ReadOnly);
        let session = Session::open(connection).await.unwrap();
        let alice =
            member(session.acting().clone(), Here::of(&session), "alice".to_owned()).await.unwrap().unwrap();
        assert_eq!(alice.active_keys.len(), 3);
        assert_eq!(alice.machine_keys, ["AKIAELSEWHERE"]);
    }
}
