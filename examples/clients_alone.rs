//! A program that does nothing but send each call that `dayone` sends, once, as it is named on the command line. Its size
//! is what AWS's clients and TLS cost any program that sends these calls, and so the least that `dayone` could have: the
//! benchmark measures it beside the release binary.

use std::hint::black_box;

use aws_config::BehaviorVersion;

/// Sends the named calls of each client. What comes back is not looked at, but no compiler can know that.
macro_rules! send {
    ($config:ident, $asked:ident; $($client:ident: $($call:ident),+;)+) => {$({
        let client = $client::Client::new(&$config);
        $(if $asked == concat!(stringify!($client), "::", stringify!($call)) {
            let _ = black_box(client.$call().send().await);
        })+
    })+};
}

#[tokio::main]
async fn main() {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let asked = std::env::args().nth(1).unwrap_or_default();
    send! { config, asked;
        aws_sdk_accessanalyzer: create_analyzer, list_analyzers;
        aws_sdk_account: get_account_information, get_alternate_contact, list_regions, put_alternate_contact;
        aws_sdk_bcmdataexports: create_export, get_export, get_table, list_executions, list_exports, update_export;
        aws_sdk_budgets: create_budget, create_notification, create_subscriber, delete_notification, describe_budget,
            describe_budgets, describe_notifications_for_budget,
            describe_subscribers_for_notification, update_budget;
        aws_sdk_cloudtrail: create_trail, delete_trail, describe_trails, get_event_selectors, get_trail_status, list_trails,
            lookup_events, put_event_selectors, start_logging, stop_logging, update_trail;
        aws_sdk_costandusagereport: describe_report_definitions, modify_report_definition, put_report_definition;
        aws_sdk_eventbridge: describe_rule, list_targets_by_rule, put_rule, put_targets;
        aws_sdk_freetier: get_account_plan_state;
        aws_sdk_iam: add_user_to_group, attach_group_policy, attach_role_policy, create_access_key, create_group,
            create_login_profile, create_policy, create_policy_version, create_role, create_user,
            create_virtual_mfa_device, deactivate_mfa_device, delete_access_key,
            delete_policy_version, delete_user_policy, delete_virtual_mfa_device,
            detach_group_policy, detach_user_policy, enable_mfa_device, generate_credential_report,
            get_access_key_last_used, get_account_authorization_details,
            get_account_password_policy, get_account_summary, get_credential_report, get_group,
            get_group_policy, get_login_profile, get_policy_version, get_role, get_user,
            get_user_policy, list_access_keys, list_account_aliases, list_attached_group_policies,
            list_entities_for_policy, list_group_policies, list_groups, list_groups_for_user,
            list_mfa_devices, list_policy_versions, list_users, list_virtual_mfa_devices,
            put_group_policy, resync_mfa_device, update_access_key, update_account_password_policy;
        aws_sdk_kms: create_alias, create_key, describe_key, enable_key_rotation, get_key_policy,
            get_key_rotation_status, list_keys, put_key_policy;
        aws_sdk_organizations: describe_organization;
        aws_sdk_s3: create_bucket, get_bucket_acl, get_bucket_encryption, get_bucket_lifecycle_configuration,
            get_bucket_ownership_controls, get_bucket_policy, get_bucket_tagging,
            get_bucket_versioning, get_object_lock_configuration, get_public_access_block,
            head_bucket, list_buckets, list_objects_v2, put_bucket_encryption,
            put_bucket_lifecycle_configuration, put_bucket_ownership_controls, put_bucket_policy,
            put_bucket_tagging, put_bucket_versioning, put_object_lock_configuration,
            put_public_access_block;
        aws_sdk_s3control: get_public_access_block, put_public_access_block;
        aws_sdk_sns: create_topic, get_topic_attributes, list_subscriptions_by_topic, set_topic_attributes, subscribe;
        aws_sdk_sts: get_caller_identity, get_session_token;
    }
}
