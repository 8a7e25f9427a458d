#!/usr/bin/env bash
# The reads of `dayone check`, by AWS CLI commands, one after the other. Nothing is judged and nothing is changed.
# examples/benchmark.rs measures how long that takes, for comparison. It reads the account that the environment leads to.
set -u

administrators=${1:-Administrators}
region=${AWS_REGION:-us-east-1}
# Version 2 of the AWS CLI would page its output, and version 1 knows the Region by another name.
export AWS_PAGER='' AWS_DEFAULT_REGION=$region

# A read that is refused, because there is nothing or because it may not be, is one all the same.
ask() { aws --output text "$@" 2>/dev/null || true; }

# Who is here.
account=$(ask sts get-caller-identity --query Account)
ask iam list-account-aliases >/dev/null
ask account get-account-information >/dev/null
ask freetier get-account-plan-state >/dev/null
ask organizations describe-organization >/dev/null

# Root, and the administrators.
ask iam get-account-summary >/dev/null
ask iam get-account-password-policy >/dev/null
ask iam list-access-keys >/dev/null
ask iam list-mfa-devices >/dev/null
members=$(ask iam get-group --group-name "$administrators" --query 'Users[].UserName')
ask iam list-attached-group-policies --group-name "$administrators" >/dev/null
ask iam list-group-policies --group-name "$administrators" >/dev/null
for user in $members; do
    ask iam get-user --user-name "$user" >/dev/null
    ask iam get-login-profile --user-name "$user" >/dev/null
    ask iam list-mfa-devices --user-name "$user" >/dev/null
    for key in $(ask iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId'); do
        ask iam get-access-key-last-used --access-key-id "$key" >/dev/null
    done
done

# Everybody.
policy="arn:aws:iam::$account:policy/dayone-require-mfa"
version=$(ask iam list-policy-versions --policy-arn "$policy" --query 'Versions[?IsDefaultVersion].VersionId')
if [ -n "$version" ]; then
    ask iam get-policy-version --policy-arn "$policy" --version-id "$version" >/dev/null
fi
ask iam list-users >/dev/null
ask iam list-virtual-mfa-devices >/dev/null
ask iam generate-credential-report >/dev/null
ask iam get-credential-report >/dev/null
ask iam get-account-authorization-details --filter User Group Role LocalManagedPolicy >/dev/null

# Who would notice.
ask accessanalyzer list-analyzers >/dev/null
for contact in SECURITY BILLING OPERATIONS; do
    ask account get-alternate-contact --alternate-contact-type "$contact" >/dev/null
done
# Its host begins with the account number, which an endpoint of one's own may not know: it is tried once.
AWS_MAX_ATTEMPTS=1 ask s3control get-public-access-block --account-id "$account" >/dev/null
ask iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/AWSSupportAccess --entity-filter Role >/dev/null
ask iam get-role --role-name dayone-support >/dev/null

# The trails, the reports, and their buckets.
ask cloudtrail list-trails >/dev/null
for trail in $(ask cloudtrail describe-trails --query 'trailList[].TrailARN'); do
    ask cloudtrail get-trail-status --name "$trail" >/dev/null
done
ask cur describe-report-definitions --region us-east-1 >/dev/null
for bucket in "dayone-trail-$account-$region-an" "dayone-billing-$account-us-east-1-an"; do
    if aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
        ask s3api get-public-access-block --bucket "$bucket" >/dev/null
        ask s3api get-bucket-ownership-controls --bucket "$bucket" >/dev/null
        ask s3api get-bucket-encryption --bucket "$bucket" >/dev/null
        ask s3api get-bucket-versioning --bucket "$bucket" >/dev/null
        ask s3api get-bucket-policy --bucket "$bucket" >/dev/null
        ask s3api get-bucket-lifecycle-configuration --bucket "$bucket" >/dev/null
        ask s3api get-bucket-tagging --bucket "$bucket" >/dev/null
    fi
done
