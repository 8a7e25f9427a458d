#!/bin/sh
# Sets an account up with commands of the AWS CLI and nothing else, the way AWS's own guides say, and leaves some of it
# undone:
#
#   set_up.sh TRAIL_BUCKET REPORT_BUCKET
#
# Done: the password policy; an administrator in a group, with an access key in a profile and an MFA device; a trail of all
# Regions that logs into a private bucket; a billing report into another one.
# Left undone: nothing requires MFA; bob has a password, no device, and rights of his own; a role of the pipeline may do
# everything. Endpoint and credentials come from the environment.
set -eu
trail_bucket=$1
report_bucket=$2
# Version 2 of the AWS CLI would page its output.
export AWS_PAGER=''
account=$(aws sts get-caller-identity --query Account --output text)
policies=$(mktemp -d)
trap 'rm -r "$policies"' EXIT

# Identities.
aws iam update-account-password-policy --minimum-password-length 14 --require-symbols --require-numbers \
    --require-uppercase-characters --require-lowercase-characters --allow-users-to-change-password \
    --password-reuse-prevention 24
aws iam create-group --group-name Administrators
aws iam attach-group-policy --group-name Administrators \
    --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
aws iam create-user --user-name alice
aws iam add-user-to-group --group-name Administrators --user-name alice
aws iam create-login-profile --user-name alice --password 'not a secret of Anybody 1'
set -- $(aws iam create-access-key --user-name alice --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
aws configure set --profile dayone-admin aws_access_key_id "$1"
aws configure set --profile dayone-admin aws_secret_access_key "$2"
device=$(aws iam create-virtual-mfa-device --virtual-mfa-device-name alice --bootstrap-method Base32StringSeed \
    --outfile "$policies/seed" --query VirtualMFADevice.SerialNumber --output text)
aws iam enable-mfa-device --user-name alice --serial-number "$device" \
    --authentication-code1 123456 --authentication-code2 654321

# Somebody who was forgotten, and a pipeline.
aws iam create-user --user-name bob
aws iam create-login-profile --user-name bob --password 'not a secret of Anybody 2'
aws iam attach-user-policy --user-name bob --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess
cat > "$policies/trust.json" <<END
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"},
 "Action": "sts:AssumeRole"}]}
END
aws iam create-role --role-name Pipeline --assume-role-policy-document "file://$policies/trust.json"
cat > "$policies/everything.json" <<END
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
END
aws iam put-role-policy --role-name Pipeline --policy-name Everything \
    --policy-document "file://$policies/everything.json"

# A bucket that is private. Its policy comes from a file.
private_bucket() {
    aws s3api create-bucket --bucket "$1"
    aws s3api put-public-access-block --bucket "$1" --public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    aws s3api put-bucket-ownership-controls --bucket "$1" \
        --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'
    aws s3api put-bucket-encryption --bucket "$1" --server-side-encryption-configuration \
        'Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]'
    aws s3api put-bucket-versioning --bucket "$1" --versioning-configuration Status=Enabled
    aws s3api put-bucket-policy --bucket "$1" --policy "file://$2"
}

# The log.
cat > "$policies/trail.json" <<END
{"Version": "2012-10-17", "Statement": [
 {"Sid": "AWSCloudTrailAclCheck", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
  "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::$trail_bucket",
  "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:$account:trail/audit"}}},
 {"Sid": "AWSCloudTrailWrite", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
  "Action": "s3:PutObject", "Resource": "arn:aws:s3:::$trail_bucket/AWSLogs/$account/*",
  "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control",
   "aws:SourceArn": "arn:aws:cloudtrail:us-east-1:$account:trail/audit"}}},
 {"Sid": "OverTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
  "Resource": ["arn:aws:s3:::$trail_bucket", "arn:aws:s3:::$trail_bucket/*"],
  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
END
private_bucket "$trail_bucket" "$policies/trail.json"
aws cloudtrail create-trail --name audit --s3-bucket-name "$trail_bucket" --is-multi-region-trail \
    --enable-log-file-validation
aws cloudtrail start-logging --name audit

# The bill.
cat > "$policies/report.json" <<END
{"Version": "2012-10-17", "Statement": [
 {"Effect": "Allow", "Principal": {"Service": "billingreports.amazonaws.com"},
  "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"], "Resource": "arn:aws:s3:::$report_bucket",
  "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cur:us-east-1:$account:definition/*",
   "aws:SourceAccount": "$account"}}},
 {"Effect": "Allow", "Principal": {"Service": "billingreports.amazonaws.com"}, "Action": "s3:PutObject",
  "Resource": "arn:aws:s3:::$report_bucket/*",
  "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cur:us-east-1:$account:definition/*",
   "aws:SourceAccount": "$account"}}},
 {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
  "Resource": ["arn:aws:s3:::$report_bucket", "arn:aws:s3:::$report_bucket/*"],
  "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
END
private_bucket "$report_bucket" "$policies/report.json"
cat > "$policies/definition.json" <<END
{"ReportName": "costs", "TimeUnit": "HOURLY", "Format": "Parquet", "Compression": "Parquet",
 "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": "$report_bucket", "S3Prefix": "costs",
 "S3Region": "us-east-1", "AdditionalArtifacts": ["ATHENA"], "RefreshClosedReports": true,
 "ReportVersioning": "OVERWRITE_REPORT"}
END
aws cur put-report-definition --report-definition "file://$policies/definition.json"
