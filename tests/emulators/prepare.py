"""Does in an emulated account what somebody other than dayone would have done there.

    prepare.py user NAME POLICY_FILE    makes an IAM user with this policy, and prints its access key as JSON
    prepare.py object BUCKET KEY        puts an object, and prints its version as JSON
    prepare.py half-done TRAIL BUCKET   sets the account up by hand, and leaves off in the middle
"""

import json
import sys
from pathlib import Path

import boto3


def main():
    task, rest = sys.argv[1], sys.argv[2:]
    {"user": user, "object": put, "half-done": half_done}[task](*rest)


def user(name, policy_file):
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    document = Path(policy_file).read_text(encoding="utf-8")
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    json.dump({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}, sys.stdout)


def put(bucket, key):
    made = boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"one line of a log")
    json.dump({"version": made["VersionId"]}, sys.stdout)


def half_done(trail, bucket):
    """An administrator with a device and no password, somebody with a password and no device, and a machine; a trail of
    one Region that does not log, into a bucket without a policy."""
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    iam.create_group(GroupName="Administrators")
    full = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_group_policy(GroupName="Administrators", PolicyArn=full)
    for name in ["alice", "bob", "ci"]:
        iam.create_user(UserName=name)
    iam.create_login_profile(UserName="bob", Password="not a secret of anybody")
    iam.add_user_to_group(GroupName="Administrators", UserName="alice")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName="alice", SerialNumber=device, **codes)
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    blocks = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    blocked = {block: True for block in blocks}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=blocked)
    boto3.client("cloudtrail").create_trail(Name=trail, S3BucketName=bucket, IsMultiRegionTrail=False)
    json.dump({}, sys.stdout)


if __name__ == "__main__":
    main()
