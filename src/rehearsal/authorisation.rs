//! Whether a caller may: policies of the user and of the groups, and what bucket policies deny.

use std::collections::HashMap;

use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_core::{MockResponse, StatefulService};
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::ManagedPolicyView;

use super::callers::Caller;
use super::kept::Memory;
use super::wire::{Call, Service};
use super::{ACCOUNT_ID, Services};

/// The policies of AWS that the practice account has, with what they allow.
const MANAGED: [(&str, &str); 4] = [
    (
        "AdministratorAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "SecurityAudit",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:GenerateCredentialReport","cloudtrail:Describe*","cloudtrail:Get*","cur:Describe*","s3:GetBucket*","s3:ListBucket","s3:GetEncryptionConfiguration","s3:GetLifecycleConfiguration"],"Resource":"*"}]}"#,
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

/// Refuses who may not.
pub(crate) async fn authorise(
    call: &Call,
    caller: &Caller,
    services: &Services,
    memory: &Memory,
) -> Result<(), MockResponse> {
    // Both need no permission, and no policy can take them away.
    if call.service == Service::Sts
        && ["GetCallerIdentity", "GetSessionToken"].contains(&call.operation.as_str())
    {
        return Ok(());
    }
    let (action, resource) = (call.action(), resource(call));
    let context = context(caller);
    let context: Vec<_> = context.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let arn = caller.arn();
    let request =
        Request { principal: Principal::Aws(&arn), action: &action, resource: &resource, context: &context };
    let _ = memory;
    if let Caller::User { name, .. } = caller {
        let view = services.iam.snapshot(ACCOUNT_ID, "us-east-1").await;
        match decide(&policies_of(&view, name), &request) {
            Decision::Allowed => {}
            Decision::Denied => {
                return Err(denied(call, &request, "with an explicit deny in an identity-based policy"));
            }
            Decision::NotMentioned => {
                return Err(denied(call, &request, "because no identity-based policy allows the action"));
            }
        }
    }
    bucket_policy(call, services, &request).await
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

fn decide(policies: &[Document], request: &Request<'_>) -> Decision {
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

fn resource(call: &Call) -> String {
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{ACCOUNT_ID}:{kind}/{name}");
    match (&call.bucket, &call.object) {
        (Some(bucket), None) => return format!("arn:aws:s3:::{bucket}"),
        (Some(bucket), Some(object)) => return format!("arn:aws:s3:::{bucket}/{object}"),
        (None, _) => {}
    }
    for (parameter, kind) in [("UserName", "user"), ("GroupName", "group"), ("VirtualMFADeviceName", "mfa")] {
        if let Some(name) = call.parameter(parameter) {
            return iam(kind, name);
        }
    }
    ["PolicyArn", "SerialNumber"]
        .into_iter()
        .find_map(|parameter| call.parameter(parameter))
        .unwrap_or("*")
        .to_owned()
}

fn denied(call: &Call, request: &Request<'_>, why: &str) -> MockResponse {
    let Principal::Aws(arn) = request.principal else { return call.deny(why) };
    call.deny(&format!(
        "User: {arn} is not authorized to perform: {} on resource: {} {why}",
        request.action, request.resource
    ))
}
