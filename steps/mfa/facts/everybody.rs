//! All users, and those of them without any device.

use std::collections::BTreeSet;

use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::AwsError;
use crate::readings::Readings;

use super::VirtualDevice;
use super::devices::{devices_of, virtual_devices};

/// Up to so many users are looked up one by one; for more, the credential report tells who is worth a look.
const SINGLE_LOOK_UPS: usize = 20;
/// Up to so many are looked up even then, because the report may be hours old.
const CONFIRMED: usize = 100;

/// All users, all virtual devices, and the users without any device.
pub(super) struct Everybody {
    pub(super) users: Reading<Vec<String>>,
    pub(super) virtual_devices: Reading<Vec<VirtualDevice>>,
    pub(super) without_mfa: Reading<WithoutMfa>,
}

pub(super) async fn everybody(readings: &Readings<'_>) -> Result<Everybody, AwsError> {
    let identity = readings.identity();
    let (users, virtual_devices) = tokio::try_join!(users(identity), virtual_devices(identity))?;
    let without_mfa = match (&users, &virtual_devices) {
        (Ok(users), Ok(devices)) => without_mfa(readings, users, devices).await?,
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen.clone()),
    };
    Ok(Everybody { users, virtual_devices, without_mfa })
}

/// The names of all users.
pub(in crate::mfa) async fn users(identity: &Identity) -> Result<Reading<Vec<String>>, AwsError> {
    let pages = identity
        .iam()
        .list_users()
        .max_items(1000)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let users = identity.reading(pages.for_call("iam:ListUsers"))?;
    Ok(users.map(|users| users.into_iter().map(|user| user.user_name).collect()))
}

/// The users without any MFA device.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct WithoutMfa {
    /// Those with a console password.
    pub(super) people: Vec<String>,
    /// Those without.
    pub(super) machines: Vec<String>,
    /// When the credential report was made that decided about some of the users.
    pub(super) reported: Option<i64>,
}

/// Virtual devices settle most users in one call. The rest may have tokens or passkeys.
async fn without_mfa(
    readings: &Readings<'_>,
    users: &[String],
    devices: &[VirtualDevice],
) -> Result<Reading<WithoutMfa>, AwsError> {
    let owners: BTreeSet<_> = devices
        .iter()
        .filter_map(|device| device.owner.as_deref())
        .filter(|arn| arn.contains(":user/"))
        .filter_map(|arn| arn.rsplit('/').next())
        .collect();
    let open: Vec<_> = users.iter().filter(|user| !owners.contains(user.as_str())).cloned().collect();
    if open.len() > SINGLE_LOOK_UPS {
        return without_mfa_by_report(readings, open).await;
    }
    looked_up(readings.identity(), open).await
}

/// Those of the users who have no device, by a look at each.
async fn looked_up(identity: &Identity, users: Vec<String>) -> Result<Reading<WithoutMfa>, AwsError> {
    let asked = users.into_iter().map(|user| user_without_mfa(identity.clone(), user));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| {
        let (people, machines): (Vec<_>, Vec<_>) =
            found.into_iter().flatten().partition(|(_, signs_in)| *signs_in);
        let names = |users: Vec<(String, bool)>| users.into_iter().map(|(user, _)| user).collect();
        WithoutMfa { people: names(people), machines: names(machines), reported: None }
    }))
}

/// The user again, and whether there is a console password, where there is no device; none where there is one.
async fn user_without_mfa(
    identity: Identity,
    user: String,
) -> Result<Reading<Option<(String, bool)>>, AwsError> {
    match devices_of(&identity, &user).await? {
        Ok(Some(devices)) if devices.is_empty() => {
            let signs_in = may_sign_in(&identity, &user).await?;
            Ok(Ok(Some((user, signs_in))))
        }
        Ok(_) => Ok(Ok(None)),
        Err(unseen) => Ok(Err(unseen)),
    }
}

/// Whether the user has a console password. Where that cannot be seen, the user counts as one who has.
async fn may_sign_in(identity: &Identity, user: &str) -> Result<bool, AwsError> {
    let login = identity.iam().get_login_profile().user_name(user).send().await;
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    Ok(!matches!(login, Ok(None)))
}

/// The credential report knows tokens and passkeys too, for any number of users in a few calls. It can be four hours
/// old, so a user whom it does not know counts as one without MFA and with a console password, and whoever would keep
/// the step open is looked up, as long as there are not too many. Of the others the verdict says how old the report is:
/// a look at each would make the time grow with their number.
async fn without_mfa_by_report(
    readings: &Readings<'_>,
    users: Vec<String>,
) -> Result<Reading<WithoutMfa>, AwsError> {
    let report = match readings.credential_report().await? {
        Ok(report) => report,
        Err(unseen) => return Ok(Err(unseen.clone())),
    };
    let with: BTreeSet<_> = report.users_with_mfa().into_iter().collect();
    let without_password: BTreeSet<_> =
        report.users().filter(|row| !row.password).map(|row| row.user.as_str()).collect();
    let all = users.len();
    let open = users.into_iter().filter(|user| !with.contains(user));
    let (machines, people): (Vec<_>, Vec<_>) =
        open.partition(|user| without_password.contains(user.as_str()));
    let (asked, people) = if people.len() > CONFIRMED { (Vec::new(), people) } else { (people, Vec::new()) };
    let reported = report.generated.filter(|_| asked.len() < all);
    Ok(looked_up(readings.identity(), asked).await?.map(|found| WithoutMfa {
        people: [people, found.people].concat(),
        machines: [machines, found.machines].concat(),
        reported,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::credential_report;

    const EMPTY: &str = "<MFADevices></MFADevices><IsTruncated>false</IsTruncated>";
    const LOGIN: &str = "<LoginProfile><UserName>bob</UserName><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
        </LoginProfile>";

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().copied().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn who_has_no_console_password_is_a_machine() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "ListMFADevices" => call.xml(EMPTY),
            _ if call.says("UserName", "bob") => call.xml(LOGIN),
            _ if call.says("UserName", "eve") => call.refused(403, "AccessDenied"),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let without =
            without_mfa(&Readings::by(&identity, "Administrators"), &named(&["bob", "ci", "eve"]), &[])
                .await
                .unwrap();
        let (people, machines) = (named(&["bob", "eve"]), named(&["ci"]));
        let expected = WithoutMfa { people, machines, reported: None };
        assert_eq!(without, Ok(expected));
    }

    /// Users in a report that is three hours old: the even ones have a console password, and user1 has a token. Since
    /// then user2 has enrolled a token, and user4 has lost its password.
    fn reporting(users: usize) -> canned::Aws {
        const TOKEN: &str = "<MFADevices><member><UserName>user2</UserName><SerialNumber>GAHT12345678</SerialNumber>\
            <EnableDate>2026-01-01T00:00:00Z</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>";
        let word = |holds: bool| if holds { "true" } else { "false" };
        let user = |number: usize| {
            let (password, mfa) = (word(number.is_multiple_of(2)), word(number == 1));
            (format!("user{number}"), vec![("password_enabled", password), ("mfa_active", mfa)])
        };
        let report = aws_smithy_types::base64::encode(credential_report::table((0..users).map(user)));
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
            "GetCredentialReport" => call.xml(&format!(
                "<Content>{report}</Content><GeneratedTime>2026-11-24T06:00:00Z</GeneratedTime>"
            )),
            "ListMFADevices" if ["user1", "user2"].iter().any(|user| call.says("UserName", user)) => {
                call.xml(TOKEN)
            }
            "ListMFADevices" => call.xml(EMPTY),
            _ if signs_in(call) => call.xml(LOGIN),
            _ => call.refused(404, "NoSuchEntity"),
        })
    }

    /// Whether the user of the call has a console password by now.
    fn signs_in(call: &canned::Heard) -> bool {
        let mut even = (0..500).step_by(2).filter(|number| *number != 4);
        even.any(|number| call.says("UserName", &format!("user{number}")))
    }

    /// What is found of these users by such a report, and how many look-ups of devices and of passwords it takes.
    async fn found(reported: usize, users: impl Iterator<Item = usize>) -> (WithoutMfa, usize, usize) {
        let aws = reporting(reported);
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let users: Vec<_> = users.map(|number| format!("user{number}")).collect();
        let readings = Readings::by(&identity, "Administrators");
        let without = without_mfa(&readings, &users, &[]).await.unwrap().unwrap();
        let heard = aws.heard();
        let count = |operation: &str| heard.iter().filter(|call| call.operation == operation).count();
        (without, count("ListMFADevices"), count("GetLoginProfile"))
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_users_the_report_tells_who_is_worth_a_look() {
        let (without, devices, passwords) = found(40, 0..41).await;
        assert_eq!((without.people.len(), without.machines.len()), (19, 20));
        let is_person = |user: &str| without.people.contains(&user.to_owned());
        assert!(is_person("user40"), "one that the report does not know");
        assert!(!is_person("user1") && !is_person("user2"), "with a device");
        assert!(without.machines.contains(&"user4".to_owned()), "without a password by now");
        assert_eq!(without.reported, Some(1_795_500_000), "of user1 and the machines the report alone knows");
        // The device of each of the people of the report, and the password of those without a device.
        assert_eq!((devices, passwords), (21, 20));
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_the_report_alone_tells() {
        let (without, devices, passwords) = found(40, 0..150).await;
        assert_eq!((without.people.len(), without.machines.len()), (130, 19));
        assert!(without.reported.is_some());
        assert_eq!((devices, passwords), (0, 0));

        let (without, devices, passwords) = found(400, (0..400).filter(|user| user % 2 == 1)).await;
        assert_eq!((without.people.len(), without.machines.len()), (0, 199));
        assert_eq!(without.reported, Some(1_795_500_000), "nobody has looked whether they sign in by now");
        assert_eq!((devices, passwords), (0, 0));
    }
}
