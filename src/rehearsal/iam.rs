//! IAM: what needs rules of ours is answered here, the rest by `winterbaume`, with names spelled as they were made.

use std::ops::Range;

use winterbaume_core::{MockRequest, MockResponse, MockService, StatefulService, xml_escape};
use winterbaume_iam::IamStateView;

use super::authorisation::default_document;
use super::callers::Caller;
use super::kept::Memory;
use super::wire::Call;
use super::{
    ACCOUNT_ID, Services, access_keys, authorization_details, credential_report, devices, names, passwords,
    users,
};

/// Answers one call.
pub(crate) async fn answer(
    call: &Call,
    caller: &Caller,
    view: &IamStateView,
    services: &Services,
    memory: &mut Memory,
    now: u64,
) -> MockResponse {
    if let Err(refusal) = names::judge(call).and_then(|()| names::judge_document(call)) {
        return refusal;
    }
    let user = match named_user(call, caller, view) {
        Ok(user) => user,
        Err(refusal) => return refusal,
    };
    let user = user.as_deref();
    match call.operation.as_str() {
        "CreateAccessKey" | "ListAccessKeys" | "UpdateAccessKey" | "DeleteAccessKey" => {
            access_keys::answer(call, user, memory, now)
        }
        "GetAccessKeyLastUsed" => access_keys::last_used(call, memory),
        "CreateVirtualMFADevice"
        | "EnableMFADevice"
        | "ResyncMFADevice"
        | "GetMFADevice"
        | "ListMFADevices"
        | "ListVirtualMFADevices"
        | "DeactivateMFADevice"
        | "DeleteVirtualMFADevice" => devices::answer(call, user, view, memory, now),
        "GetAccountPasswordPolicy" | "UpdateAccountPasswordPolicy" | "DeleteAccountPasswordPolicy" => {
            passwords::answer(call, memory)
        }
        "CreateLoginProfile" | "GetLoginProfile" | "UpdateLoginProfile" | "DeleteLoginProfile" => {
            passwords::answer_profile(call, user, view, services, memory, now).await
        }
        "ChangePassword" => passwords::change(call, caller, view, memory, now),
        "GenerateCredentialReport" | "GetCredentialReport" => {
            credential_report::answer(call, view, memory, now)
        }
        "GetUser" | "ListUsers" => users::answer(call, user, view, memory),
        "GetAccountAuthorizationDetails" => authorization_details::answer(call, view),
        "GetAccountSummary" => summary(call, view, memory),
        "GetPolicyVersion" => policy_version(call, view),
        "CreateUser" | "CreateGroup" | "UpdateUser" if is_taken(call, user, view) => {
            call.refuse(409, "EntityAlreadyExists", "An entity with this name already exists.")
        }
        "UpdateUser" => rename(call, user, view, services, memory).await,
        "DeleteUser" if has_belongings(user, view, memory) => call.refuse(
            409,
            "DeleteConflict",
            "Cannot delete entity, must remove users from group, and delete password, access keys and MFA devices first.",
        ),
        _ => forward(call, user, view, services).await,
    }
}

/// One page of a list.
pub(crate) struct Page {
    from: usize,
    to: usize,
    total: usize,
}

impl Page {
    /// The page that a call asks for, of a list of this length.
    pub fn of(call: &Call, total: usize, usual: usize) -> Result<Self, MockResponse> {
        let number = |name: &str, usual: usize| call.parameter(name).map_or(Ok(usual), str::parse::<usize>);
        match (number("MaxItems", usual), number("Marker", 0)) {
            (Ok(most @ 1..=1000), Ok(from)) if from <= total => {
                Ok(Self { from, to: total.min(from + most), total })
            }
            _ => Err(call.refuse(
                400,
                "ValidationError",
                "MaxItems is from 1 to 1000, and a Marker is one of AWS's",
            )),
        }
    }

    /// What of the list is on the page.
    pub fn range(&self) -> Range<usize> {
        self.from..self.to
    }

    /// How the answer ends.
    pub fn end(&self) -> String {
        if self.to < self.total {
            format!("<IsTruncated>true</IsTruncated><Marker>{}</Marker>", self.to)
        } else {
            "<IsTruncated>false</IsTruncated>".to_owned()
        }
    }
}

/// Whom a call is about, as the account spells the name. A name that nobody has is refused.
fn named_user(call: &Call, caller: &Caller, view: &IamStateView) -> Result<Option<String>, MockResponse> {
    let Some(name) = access_keys::about(call, caller) else { return Ok(None) };
    let spelled = view.users.keys().find(|user| user.eq_ignore_ascii_case(name));
    match spelled {
        Some(spelled) => Ok(Some(spelled.clone())),
        None if call.operation == "CreateUser" || call.parameter("UserName").is_none() => {
            Ok(Some(name.to_owned()))
        }
        None => {
            let name = xml_escape(name);
            Err(call.refuse(404, "NoSuchEntity", &format!("The user with name {name} cannot be found.")))
        }
    }
}

/// Names are unique without regard to case.
fn is_taken(call: &Call, user: Option<&str>, view: &IamStateView) -> bool {
    let same = |taken: &String, name: Option<&str>| name.is_some_and(|name| taken.eq_ignore_ascii_case(name));
    match call.operation.as_str() {
        "CreateUser" => view.users.keys().any(|taken| same(taken, call.parameter("UserName"))),
        "UpdateUser" => {
            let mut others = view.users.keys().filter(|name| Some(name.as_str()) != user);
            others.any(|taken| same(taken, call.parameter("NewUserName")))
        }
        _ => view.groups.keys().any(|taken| same(taken, call.parameter("GroupName"))),
    }
}

/// What belongs to a user goes with the name.
async fn rename(
    call: &Call,
    user: Option<&str>,
    view: &IamStateView,
    services: &Services,
    memory: &mut Memory,
) -> MockResponse {
    let answer = forward(call, user, view, services).await;
    if let (Some(user), Some(name)) = (user, call.parameter("NewUserName").filter(|_| answer.status < 300)) {
        memory.rename_user(user, name);
        let mut view = services.iam.snapshot(ACCOUNT_ID, "us-east-1").await;
        if let Some(profile) = view.login_profiles.remove(user) {
            view.login_profiles.insert(name.to_owned(), profile);
            let _ = services.iam.restore(ACCOUNT_ID, "us-east-1", view).await;
        }
    }
    answer
}

fn has_belongings(user: Option<&str>, view: &IamStateView, memory: &Memory) -> bool {
    user.is_some_and(|user| {
        memory.has_device(user)
            || memory.keys.values().any(|key| key.user == user)
            || view.login_profiles.contains_key(user)
            || view.groups.values().any(|group| group.members.iter().any(|member| member == user))
    })
}

fn summary(call: &Call, view: &IamStateView, memory: &Memory) -> MockResponse {
    let in_use = memory.devices.values().filter(|device| device.owner.is_some()).count();
    let numbers = [
        ("AccountMFAEnabled", usize::from(memory.root_has_device())),
        ("AccountAccessKeysPresent", usize::from(!memory.root.keys.is_empty())),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("Users", view.users.len()),
        ("Groups", view.groups.len()),
        ("Roles", view.roles.len()),
        ("Policies", view.policies.values().filter(|policy| !policy.arn.contains(":iam::aws:")).count()),
        ("MFADevices", memory.devices.len()),
        ("MFADevicesInUse", in_use),
        ("AccessKeysPerUserQuota", 2),
        ("GroupsPerUserQuota", 10),
    ];
    let entry =
        |(key, value): (&str, usize)| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let entries: String = numbers.into_iter().map(entry).collect();
    call.xml(&format!("<SummaryMap>{entries}</SummaryMap>"))
}

/// Documents come back percent-encoded.
fn policy_version(call: &Call, view: &IamStateView) -> MockResponse {
    let missing =
        || call.refuse(404, "NoSuchEntity", "Policy or version does not exist or is not attachable.");
    let Some(policy) = call.parameter("PolicyArn").and_then(|arn| view.policies.get(arn)) else {
        return missing();
    };
    let wanted = call.parameter("VersionId").unwrap_or_default();
    let default = wanted == policy.default_version_id;
    let version = policy.versions.iter().find(|version| version.version_id == wanted);
    let document = match version {
        Some(version) => version.document.clone(),
        None if default => default_document(policy),
        None => return missing(),
    };
    let document = steps::text::percent_encoded(&document);
    call.xml(&format!(
        "<PolicyVersion><Document>{document}</Document><VersionId>{wanted}</VersionId>\
         <IsDefaultVersion>{default}</IsDefaultVersion></PolicyVersion>"
    ))
}

/// What `winterbaume` answers, with the names as the account spells them.
pub(crate) async fn forward(
    call: &Call,
    user: Option<&str>,
    view: &IamStateView,
    services: &Services,
) -> MockResponse {
    let mut parameters = call.parameters.clone();
    let names_a_user = call.parameter("UserName").is_some() || call.operation.ends_with("LoginProfile");
    if let Some(user) = user.filter(|_| names_a_user) {
        parameters.insert("UserName".into(), user.into());
    }
    let group = call.parameter("GroupName");
    if let Some(group) =
        view.groups.keys().find(|name| group.is_some_and(|wanted| wanted.eq_ignore_ascii_case(name)))
    {
        parameters.insert("GroupName".into(), group.clone());
    }
    let encoded = |(key, value): (&String, &String)| {
        format!("{}={}", steps::text::percent_encoded(key), steps::text::percent_encoded(value))
    };
    let body = parameters.iter().map(encoded).collect::<Vec<_>>().join("&");
    let request = MockRequest {
        method: "POST".into(),
        uri: "https://iam.amazonaws.com/".into(),
        headers: call.request.headers.clone(),
        body: body.into(),
    };
    services.iam.handle(request).await
}
