//! Whether a caller may: policies of the user and of the groups, what is denied to everybody, and what bucket policies
//! deny. What a policy says is decided as the wizard decides it (`steps::policy`).

use std::collections::HashMap;

use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_core::{MockResponse, StatefulService};
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::ManagedPolicyView;

use super::callers::Caller;
use super::exports::TABLE;
use super::kept::Memory;
use super::service::Service;
use super::wire::Call;
use super::{ACCOUNT_ID, Services};

/// The policies of AWS that the practice account has, with what they allow.
const MANAGED: [(&str, &str); 4] = [
    (
        "AdministratorAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "SecurityAudit",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:GenerateCredentialReport","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:ListTrails","cur:Describe*","bcm-data-exports:Get*","bcm-data-exports:List*","s3:GetBucket*","s3:ListBucket","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration"],"Resource":"*"}]}"#,
    ),
    (
        "IAMUserChangePassword",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword","iam:GetAccountPasswordPolicy"],"Resource":"*"}]}"#,
    ),
    (
        "AWSSupportAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"support:*","Resource":"*"}]}"#,
    ),
];

/// The managed policies as a new account has them.
pub(crate) fn managed_policies() -> HashMap<String, ManagedPolicyView> {
    let view = |(name, document): &(&str, &str)| {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let version =
            serde_json::json!({"version_id": "v1", "document": document, "is_default_version": true});
        let view = serde_json::json!({
            "policy_name": name, "policy_id": format!("ANPA{}", name.to_ascii_uppercase()), "arn": arn, "path": "/",
            "default_version_id": "v1", "description": "", "is_attachable": true, "document": document,
            "versions": [version], "attachment_count": 0
        });
        serde_json::from_value(view).ok().map(|view| (arn, view))
    };
    MANAGED.iter().filter_map(view).collect()
}

/// What is in force, for who is to be judged by it.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'r> {
    pub iam: &'r IamStateView,
    pub memory: &'r Memory,
    /// What is denied to everybody, root included.
    pub denied: Option<&'r Document>,
}

impl Rules<'_> {
    /// Whether a caller may, bucket policies aside; if not, why.
    pub fn judge(&self, caller: &Caller, request: &Request<'_>) -> Result<(), &'static str> {
        if self.denied.is_some_and(|denied| denied.decide(request) == Decision::Denied) {
            return Err("with an explicit deny in a service control policy");
        }
        let Caller::User { name, .. } = caller else { return Ok(()) };
        match decide(&policies_of(self.iam, name), request) {
            Decision::Allowed => Ok(()),
            Decision::Denied => Err("with an explicit deny in an identity-based policy"),
            Decision::NotMentioned if self.lets_change_own_password(caller, request) => Ok(()),
            Decision::NotMentioned => Err("because no identity-based policy allows the action"),
        }
    }

    /// Whether a caller may do something, with nothing said about the request.
    pub fn let_do(&self, caller: &Caller, action: &str, resource: &str) -> bool {
        let context = context(caller);
        let context: Vec<_> = context.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let arn = caller.arn();
        let request = Request { principal: Principal::Aws(&arn), action, resource, context: &context };
        self.judge(caller, &request).is_ok()
    }

    fn lets_change_own_password(&self, caller: &Caller, request: &Request<'_>) -> bool {
        self.memory.password_policy.as_ref().is_some_and(|policy| policy.users_may_change)
            && match request.action {
                "iam:ChangePassword" => request.resource == caller.arn(),
                action => action == "iam:GetAccountPasswordPolicy",
            }
    }
}

/// Refuses who may not.
pub(crate) async fn authorise(
    call: &Call,
    caller: &Caller,
    services: &Services,
    rules: Rules<'_>,
) -> Result<(), MockResponse> {
    // Both need no permission, and no policy can take them away.
    if call.service == Service::Sts
        && ["GetCallerIdentity", "GetSessionToken"].contains(&call.operation.as_str())
    {
        return Ok(());
    }
    let (action, resource) = (call.action(), resource(call, caller, rules));
    let mut context = context(caller);
    if let Some(policy) = call.parameter("PolicyArn") {
        context.push(("iam:PolicyARN", policy.to_owned()));
    }
    let context: Vec<_> = context.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let arn = caller.arn();
    let principal = Principal::Aws(&arn);
    let request = Request { principal, action: &action, resource: &resource, context: &context };
    rules.judge(caller, &request).map_err(|why| denied(call, &request, why))?;
    for (action, resource) in needed_besides(call) {
        let request = Request { principal, action, resource: &resource, context: &context };
        rules.judge(caller, &request).map_err(|why| denied(call, &request, why))?;
    }
    bucket_policy(call, services, &request).await
}

/// An export reads a table, which is a resource of its own, and one of costs and usage is a report besides.
fn needed_besides(call: &Call) -> Vec<(&'static str, String)> {
    match (call.service, call.operation.as_str()) {
        (Service::Exports, "CreateExport") => vec![
            ("bcm-data-exports:CreateExport", table(TABLE)),
            ("cur:PutReportDefinition", format!("arn:aws:cur:us-east-1:{ACCOUNT_ID}:/putReportDefinition")),
        ],
        (Service::Exports, "UpdateExport") => vec![("bcm-data-exports:UpdateExport", table(TABLE))],
        _ => Vec::new(),
    }
}

/// The context keys of a request. With a long-term key, nothing is said about MFA at all.
fn context(caller: &Caller) -> Vec<(&'static str, String)> {
    let mut context = vec![
        ("aws:PrincipalArn", caller.arn()),
        ("aws:PrincipalAccount", ACCOUNT_ID.to_owned()),
        ("aws:PrincipalIsAWSService", "false".to_owned()),
        ("aws:SecureTransport", "true".to_owned()),
    ];
    if let Caller::User { name, mfa, .. } = caller {
        context.push(("aws:username", name.clone()));
        if let Some(mfa) = mfa {
            context.push(("aws:MultiFactorAuthPresent", mfa.to_string()));
        }
    }
    context
}

/// What several policies say together.
pub(crate) fn decide(policies: &[Document], request: &Request<'_>) -> Decision {
    let decisions: Vec<_> = policies.iter().map(|policy| policy.decide(request)).collect();
    if decisions.contains(&Decision::Denied) {
        Decision::Denied
    } else if decisions.contains(&Decision::Allowed) {
        Decision::Allowed
    } else {
        Decision::NotMentioned
    }
}

/// All policies that are about a user.
fn policies_of(view: &IamStateView, user: &str) -> Vec<Document> {
    let mut documents = Vec::new();
    let managed = |arn: &str| view.policies.get(arn).map(default_document);
    if let Some(user) = view.users.get(user) {
        documents.extend(user.attached_policies.iter().filter_map(|policy| managed(&policy.policy_arn)));
        documents.extend(user.inline_policies.iter().map(|policy| policy.policy_document.clone()));
    }
    for group in view.groups.values().filter(|group| group.members.iter().any(|member| member == user)) {
        documents.extend(group.attached_policies.iter().filter_map(|policy| managed(&policy.policy_arn)));
        documents.extend(group.inline_policies.iter().map(|policy| policy.policy_document.clone()));
    }
    documents.iter().filter_map(|document| Document::parse(document).ok()).collect()
}

/// The document that is in force.
pub(crate) fn default_document(policy: &ManagedPolicyView) -> String {
    let default = policy.versions.iter().find(|version| version.version_id == policy.default_version_id);
    default.map_or_else(|| policy.document.clone(), |version| version.document.clone())
}

/// Within the account a bucket policy only takes away. Root can always mend the policy itself.
async fn bucket_policy(call: &Call, services: &Services, request: &Request<'_>) -> Result<(), MockResponse> {
    let Some(bucket) = call.bucket.as_deref().filter(|_| call.service == Service::S3) else { return Ok(()) };
    let mends =
        ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"].contains(&call.operation.as_str());
    if mends && request.principal == Principal::Aws(&Caller::Root.arn()) {
        return Ok(());
    }
    match policy_of(services, bucket).await {
        Some(policy) if policy.decide(request) == Decision::Denied => {
            Err(denied(call, request, "with an explicit deny in a resource-based policy"))
        }
        _ => Ok(()),
    }
}

/// The policy of a bucket.
pub(crate) async fn policy_of(services: &Services, bucket: &str) -> Option<Document> {
    let view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    Document::parse(view.buckets.get(bucket)?.policy.as_deref()?).ok()
}

fn resource(call: &Call, caller: &Caller, rules: Rules<'_>) -> String {
    match call.service {
        Service::Iam => iam_resource(call, caller, rules),
        Service::S3 => match (&call.bucket, &call.object) {
            (Some(bucket), None) => format!("arn:aws:s3:::{bucket}"),
            (Some(bucket), Some(object)) => format!("arn:aws:s3:::{bucket}/{object}"),
            (None, _) => "*".to_owned(),
        },
        Service::CloudTrail => trail(call),
        Service::Reports => report(call),
        Service::Exports => export(call),
        Service::Account => format!("arn:aws:account::{ACCOUNT_ID}:account"),
        // A key is made before it has an ARN, and is found by its alias.
        Service::Sts | Service::S3Control | Service::FreeTier | Service::Organizations | Service::Kms => {
            "*".to_owned()
        }
        Service::Sns => match (call.parameter("TopicArn"), call.parameter("Name")) {
            (Some(arn), _) => arn.to_owned(),
            (None, Some(name)) => format!("arn:aws:sns:{}:{ACCOUNT_ID}:{name}", call.region),
            (None, None) => "*".to_owned(),
        },
        Service::EventBridge => match [call.text("Name"), call.text("Rule")].concat().as_str() {
            "" => "*".to_owned(),
            name => format!("arn:aws:events:{}:{ACCOUNT_ID}:rule/{name}", call.region),
        },
        Service::Budgets => budget(call),
        Service::AccessAnalyzer => match call.text("analyzerName") {
            "" => "*".to_owned(),
            name => format!("arn:aws:access-analyzer:{}:{ACCOUNT_ID}:analyzer/{name}", call.region),
        },
    }
}

fn trail(call: &Call) -> String {
    match [call.text("Name"), call.text("TrailName")].into_iter().find(|name| !name.is_empty()) {
        None => "*".to_owned(),
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        Some(name) => format!("arn:aws:cloudtrail:{}:{ACCOUNT_ID}:trail/{name}", call.region),
    }
}

fn report(call: &Call) -> String {
    let defined = call.json.get("ReportDefinition").and_then(|report| report.get("ReportName")?.as_str());
    match defined.unwrap_or_else(|| call.text("ReportName")) {
        "" => "*".to_owned(),
        name => format!("arn:aws:cur:us-east-1:{ACCOUNT_ID}:definition/{name}"),
    }
}

/// What follows the name of an export is known once it is made.
fn export(call: &Call) -> String {
    let defined = call.json.get("Export").and_then(|export| export.get("Name")?.as_str());
    match (call.text("ExportArn"), call.text("TableName"), defined) {
        ("", "", None) => "*".to_owned(),
        ("", "", Some(name)) => format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/{name}-new"),
        ("", name, _) => table(name),
        (arn, ..) => arn.to_owned(),
    }
}

fn table(name: &str) -> String {
    format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:table/{name}")
}

fn budget(call: &Call) -> String {
    let defined = ["Budget", "NewBudget"].into_iter().find_map(|budget| call.json.get(budget));
    let defined = defined.and_then(|budget| budget.get("BudgetName")?.as_str());
    match defined.unwrap_or_else(|| call.text("BudgetName")) {
        "" => "*".to_owned(),
        name => format!("arn:aws:budgets::{ACCOUNT_ID}:budget/{name}"),
    }
}

/// What can be asked without a name, and then is about the caller.
const ABOUT_ONESELF: [&str; 11] = [
    "ChangePassword",
    "CreateAccessKey",
    "CreateLoginProfile",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteLoginProfile",
    "GetLoginProfile",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "UpdateAccessKey",
];

fn iam_resource(call: &Call, caller: &Caller, rules: Rules<'_>) -> String {
    let operation = call.operation.as_str();
    if operation == "GetAccessKeyLastUsed" {
        let owner = call.parameter("AccessKeyId").map(|key| rules.memory.owner_of(key));
        return owner.map_or("*".to_owned(), |owner| match owner {
            Some(user) => user_arn(call, user, rules.iam),
            None => Caller::Root.arn(),
        });
    }
    let (user, group) = (call.parameter("UserName"), call.parameter("GroupName"));
    match (user, group) {
        // A membership is a matter of the group.
        (_, Some(group)) => group_arn(call, group, rules.iam),
        (Some(user), None) => user_arn(call, user, rules.iam),
        (None, None) if ABOUT_ONESELF.contains(&operation) => caller.arn(),
        (None, None) => other_arn(call, rules.iam),
    }
}

fn user_arn(call: &Call, name: &str, iam: &IamStateView) -> String {
    let user = iam.users.values().find(|user| user.name.eq_ignore_ascii_case(name));
    user.map_or_else(|| new_arn(call, "user", name), |user| user.arn.clone())
}

fn group_arn(call: &Call, name: &str, iam: &IamStateView) -> String {
    let group = iam.groups.values().find(|group| group.name.eq_ignore_ascii_case(name));
    group.map_or_else(|| new_arn(call, "group", name), |group| group.arn.clone())
}

fn role_arn(call: &Call, name: &str, iam: &IamStateView) -> String {
    let role = iam.roles.values().find(|role| role.name.eq_ignore_ascii_case(name));
    role.map_or_else(|| new_arn(call, "role", name), |role| role.arn.clone())
}

fn other_arn(call: &Call, iam: &IamStateView) -> String {
    // A policy that is attached to a role is a matter of the role.
    if let Some(role) = call.parameter("RoleName") {
        return role_arn(call, role, iam);
    }
    let named = [("VirtualMFADeviceName", "mfa"), ("PolicyName", "policy")];
    let made =
        named.into_iter().find_map(|(parameter, kind)| Some(new_arn(call, kind, call.parameter(parameter)?)));
    let given = ["PolicyArn", "SerialNumber"].into_iter().find_map(|parameter| call.parameter(parameter));
    made.or_else(|| given.map(ToOwned::to_owned)).unwrap_or_else(|| "*".to_owned())
}

/// The ARN of what is not there yet.
fn new_arn(call: &Call, kind: &str, name: &str) -> String {
    let path = call.parameter("Path").unwrap_or("/");
    format!("arn:aws:iam::{ACCOUNT_ID}:{kind}{path}{name}")
}

fn denied(call: &Call, request: &Request<'_>, why: &str) -> MockResponse {
    let Principal::Aws(arn) = request.principal else { return call.deny(why) };
    call.deny(&format!(
        "User: {arn} is not authorized to perform: {} on resource: {} {why}",
        request.action, request.resource
    ))
}
