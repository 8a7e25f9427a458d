"""Looks at an account with boto3, a client that is not dayone's, and prints what it sees as JSON.

    look.py account [--without-reports]    the whole account
    look.py may BUCKET KEY VERSION         what these credentials are let do, call by call

Endpoint and credentials come from the environment, as for every AWS client.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError


def main():
    task, rest = sys.argv[1], sys.argv[2:]
    seen = {"account": account, "may": may}[task](*rest)
    json.dump(seen, sys.stdout, default=str, indent=1)


def account(*options):
    seen = {"identities": identities(), "trails": trails(), "buckets": buckets()}
    if "--without-reports" not in options:
        seen["reports"] = boto3.client("cur").describe_report_definitions()["ReportDefinitions"]
    return seen


def identities():
    iam = boto3.client("iam")
    return {
        "password_policy": unless(
            "NoSuchEntity", lambda: iam.get_account_password_policy()["PasswordPolicy"]
        ),
        "groups": {g["GroupName"]: group(iam, g["GroupName"]) for g in every(iam, "list_groups", "Groups")},
        "users": {u["UserName"]: user(iam, u["UserName"]) for u in every(iam, "list_users", "Users")},
        "policies": {
            p["PolicyName"]: policy(iam, p) for p in every(iam, "list_policies", "Policies", Scope="Local")
        },
        "virtual_devices": {
            d["SerialNumber"]: d.get("User", {}).get("UserName")
            for d in every(iam, "list_virtual_mfa_devices", "VirtualMFADevices")
        },
    }


def group(iam, name):
    attached = every(iam, "list_attached_group_policies", "AttachedPolicies", GroupName=name)
    return {
        "members": [member["UserName"] for member in iam.get_group(GroupName=name)["Users"]],
        "attached": sorted(policy["PolicyArn"] for policy in attached),
        "inline": every(iam, "list_group_policies", "PolicyNames", GroupName=name),
    }


def user(iam, name):
    groups = every(iam, "list_groups_for_user", "Groups", UserName=name)
    keys = every(iam, "list_access_keys", "AccessKeyMetadata", UserName=name)
    devices = every(iam, "list_mfa_devices", "MFADevices", UserName=name)
    return {
        "groups": [group["GroupName"] for group in groups],
        "access_keys": {key["AccessKeyId"]: key["Status"] for key in keys},
        "devices": [device["SerialNumber"] for device in devices],
        "must_change_password": unless(
            "NoSuchEntity", lambda: iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"]
        ),
    }


def policy(iam, found):
    version = iam.get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])
    return {"arn": found["Arn"], "document": version["PolicyVersion"]["Document"]}


def trails():
    cloudtrail = boto3.client("cloudtrail")
    seen = {}
    for trail in cloudtrail.describe_trails()["trailList"]:
        name = trail["TrailARN"]
        seen[trail["Name"]] = trail | {
            "IsLogging": cloudtrail.get_trail_status(Name=name)["IsLogging"],
            "EventSelectors": cloudtrail.get_event_selectors(TrailName=name).get("EventSelectors"),
        }
    return seen


def buckets():
    s3 = boto3.client("s3")
    return {bucket["Name"]: settings(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]}


def settings(s3, name):
    policy = unless("NoSuchBucketPolicy", lambda: s3.get_bucket_policy(Bucket=name)["Policy"])
    return {
        "policy": policy and json.loads(policy),
        "public_access_block": unless(
            "NoSuchPublicAccessBlockConfiguration",
            lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        ),
        "ownership": unless(
            "OwnershipControlsNotFoundError",
            lambda: s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"],
        ),
        "encryption": unless(
            "ServerSideEncryptionConfigurationNotFoundError",
            lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"],
        ),
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status"),
        "lifecycle": unless(
            "NoSuchLifecycleConfiguration", lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        ),
        "tags": unless("NoSuchTagSet", lambda: tags(s3, name)),
    }


def tags(s3, name):
    return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]}


def may(bucket, key, version):
    iam, sts, s3 = boto3.client("iam"), boto3.client("sts"), boto3.client("s3")
    tries = {
        "iam:ListUsers": iam.list_users,
        "iam:GetUser": iam.get_user,
        "iam:ListMFADevices": iam.list_mfa_devices,
        "sts:GetSessionToken": sts.get_session_token,
        "cloudtrail:DescribeTrails": boto3.client("cloudtrail").describe_trails,
        "s3:GetObject": lambda: s3.get_object(Bucket=bucket, Key=key),
        "s3:PutObject": lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"another"),
        "s3:ListBucket": lambda: s3.list_objects_v2(Bucket=bucket),
        "s3:ListBucketVersions": lambda: s3.list_object_versions(Bucket=bucket),
        "s3:DeleteObject": lambda: s3.delete_object(Bucket=bucket, Key=key),
        "s3:DeleteObjectVersion": lambda: s3.delete_object(Bucket=bucket, Key=key, VersionId=version),
        "s3:GetBucketPolicy": lambda: s3.get_bucket_policy(Bucket=bucket),
        "s3:PutBucketPolicy": lambda: put_the_policy_again(s3, bucket),
        "s3:DeleteBucketPolicy": lambda: delete_the_policy_and_put_it_back(s3, bucket),
    }
    return {name: refusal(attempt) for name, attempt in tries.items()}


def put_the_policy_again(s3, bucket):
    """Who may not read the policy tries with one that says nothing."""
    s3.put_bucket_policy(Bucket=bucket, Policy=readable_policy(s3, bucket) or "{}")


def delete_the_policy_and_put_it_back(s3, bucket):
    policy = readable_policy(s3, bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def readable_policy(s3, bucket):
    return unless("AccessDenied", lambda: s3.get_bucket_policy(Bucket=bucket)["Policy"])


def refusal(attempt):
    """None when it was let through, or the code of the refusal."""
    try:
        attempt()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def unless(code, read):
    """What is read, or None when AWS says with this code that there is nothing."""
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return None


def every(client, operation, key, **arguments):
    if not client.can_paginate(operation):
        return getattr(client, operation)(**arguments)[key]
    pages = client.get_paginator(operation).paginate(**arguments)
    return [found for page in pages for found in page[key]]


if __name__ == "__main__":
    main()
