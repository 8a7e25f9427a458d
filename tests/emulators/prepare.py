"""Does in an emulated account what somebody other than dayone would have done there.

    prepare.py user NAME POLICY_FILE    makes an IAM user with this policy, and prints its access key as JSON
    prepare.py object BUCKET KEY        puts an object
"""

import json
import sys
from pathlib import Path

import boto3


def main():
    task, rest = sys.argv[1], sys.argv[2:]
    {"user": user, "object": put}[task](*rest)


def user(name, policy_file):
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    document = Path(policy_file).read_text(encoding="utf-8")
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    json.dump({"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}, sys.stdout)


def put(bucket, key):
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"one line of a log")
    json.dump({}, sys.stdout)


if __name__ == "__main__":
    main()
