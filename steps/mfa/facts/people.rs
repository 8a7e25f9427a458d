//! The answers' people: who of them is there, and what they come into.

use std::collections::{BTreeMap, BTreeSet};

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, at_once, unless};
use crate::error::AwsError;
use crate::groups;
use crate::mfa::{ENROLMENT_POLICY_NAME, POLICY_NAME};
use crate::session::Session;

use super::members::{self, Here};
use super::policy::arn_of_policy;
use super::{PeopleGroup, PersonFacts};

/// What the answers' people come into, and who of them is there.
pub(super) struct ThePeople {
    pub(super) people_groups: Reading<BTreeMap<String, PeopleGroup>>,
    pub(super) people: Reading<BTreeMap<String, PersonFacts>>,
    pub(super) enrolment_policy: Reading<bool>,
}

pub(super) async fn of_the_people(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<ThePeople, AwsError> {
    let (people_groups, people, enrolment_policy) = tokio::try_join!(
        people_groups(session, identity, answers),
        people(identity, answers),
        enrolment_policy(session, identity, answers),
    )?;
    Ok(ThePeople { people_groups, people, enrolment_policy })
}

/// Whether the policy is there. Where MFA is required, that policy lets users enrol too, and where there are no people
/// nobody needs one.
async fn enrolment_policy(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<bool>, AwsError> {
    if answers.mfa.require || answers.people.is_empty() {
        return Ok(Ok(false));
    }
    let arn = arn_of_policy(session.partition(), session.account(), ENROLMENT_POLICY_NAME);
    let versions = identity.iam().list_policy_versions().policy_arn(arn).send().await;
    let versions = identity.reading(unless("NoSuchEntity", versions.for_call("iam:ListPolicyVersions")))?;
    Ok(versions.map(|versions| versions.is_some()))
}

async fn people_groups(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<BTreeMap<String, PeopleGroup>>, AwsError> {
    let names: BTreeSet<&String> = answers.people.iter().flat_map(|person| &person.groups).collect();
    let others = names.into_iter().filter(|name| !name.eq_ignore_ascii_case(&answers.admin.group));
    let arns = [POLICY_NAME, ENROLMENT_POLICY_NAME]
        .map(|name| arn_of_policy(session.partition(), session.account(), name));
    let here = Here::of(session);
    let asked = others.map(|name| people_group(identity.clone(), here.clone(), name.clone(), arns.clone()));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| found.into_iter().flatten().collect()))
}

/// A group with its name in the answers; none where there is no such group.
async fn people_group(
    identity: Identity,
    here: Here,
    name: String,
    [policy, enrolment_policy]: [String; 2],
) -> Result<Reading<Option<(String, PeopleGroup)>>, AwsError> {
    let group = match groups::group(&identity, &name).await? {
        Ok(Some(group)) => group,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let members = group.users.iter().map(|user| user.name.to_ascii_lowercase()).collect();
    let (attached, enrols) = match group.attached_policies {
        Ok(policies) => (policies.contains(&policy), policies.contains(&enrolment_policy)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let names: Vec<_> = group.users.into_iter().map(|user| user.name).collect();
    let looked_up =
        if attached { Ok(Vec::new()) } else { members::members(&identity, &here, &names).await? };
    Ok(looked_up.map(|looked_up| Some((name, PeopleGroup { attached, enrols, members, looked_up }))))
}

async fn people(
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<BTreeMap<String, PersonFacts>>, AwsError> {
    let asked = answers.people.iter().map(|person| person_facts(identity.clone(), person.user.clone()));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| found.into_iter().flatten().collect()))
}

/// A person with the name in the answers, in lower case; none where there is no such user.
async fn person_facts(
    identity: Identity,
    name: String,
) -> Result<Reading<Option<(String, PersonFacts)>>, AwsError> {
    let iam = identity.iam();
    let (user, login) = tokio::join!(
        iam.get_user().user_name(&name).send(),
        iam.get_login_profile().user_name(&name).send(),
    );
    let user = match identity.reading(unless("NoSuchEntity", user.for_call("iam:GetUser")))? {
        Ok(user) => user.and_then(|user| user.user),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    Ok(Ok(user.map(|user| {
        let console_password = login.map(|login| login.is_some());
        (name.to_ascii_lowercase(), PersonFacts { name: user.user_name, console_password })
    })))
}
