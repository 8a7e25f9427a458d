"""Asks ministack's evaluator of policies, which others wrote, about requests that no client can sign here: those of AWS's
own services, and of other accounts.

    decide.py BUCKET REQUESTS    what the bucket's policy says to each of these requests, which are a list in JSON

A request has "who" (the name of a service, or the ARN of a user or role), "action", "resource", and a "context" of
condition keys. It comes over TLS unless "plain" is true. The answers are Allow, Deny and ImplicitDeny, in the order of the
requests.
"""

import json
import sys

import boto3
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy


def main():
    bucket, requests = sys.argv[1], json.loads(sys.argv[2])
    policy = boto3.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
    json.dump([decide(policy, request) for request in requests], sys.stdout)


def decide(policy, request):
    who = request["who"]
    service = None if who.startswith("arn:") else who
    context = {key.lower(): value for key, value in request.get("context", {}).items()}
    context["aws:principalisawsservice"] = "true" if service else "false"
    asked = EvalContext(
        # A service has none.
        principal_arn=None if service else who,
        principal_type="Service" if service else "User",
        principal_account="" if service else who.split(":")[4],
        action=request["action"],
        resource_arn=request["resource"],
        region="us-east-1",
        secure_transport=not request.get("plain"),
        service_context=context,
    )
    return evaluate_resource_policy(policy, asked, service=service).decision


if __name__ == "__main__":
    main()
