//! Whole runs of the program over HTTP against emulators of AWS that others wrote, looked at with a client that others
//! wrote. The practice account is what we believe of AWS; here somebody else's belief judges.
//!
//! The emulators are Python programs, which the tests install by themselves. `DAYONE_WITHOUT_EMULATORS=1` leaves these
//! tests out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "emulators/emulator.rs"]
mod emulator;
#[path = "emulators/python.rs"]
mod python;

use emulator::{Emulator, Enforces, Login, Run};
use python::left_out;
use serde_json::{Value, json};

/// What stays when the answers file says nothing of what only a person can do. Ministack delivers no files, takes a
/// user's MFA device for one of root, and has no analyzers, contacts, AWSSupportAccess or account-wide block of S3.
const LEFT_ON_MINISTACK: [[&str; 2]; 5] = [
    ["root-credentials", "needs-person"],
    ["log-delivery", "waiting"],
    ["billing-access", "needs-person"],
    ["report-delivery", "waiting"],
    ["activity-monitoring", "not-assessed"],
];

/// What is left of the account that somebody else has half set up. Ministack takes a user's MFA device for one of root.
const LEFT_OF_HALF_DONE: [[&str; 2]; 14] = [
    ["password-policy", "to-change"],
    ["admin-user", "to-change"],
    ["admin-sign-in", "to-change"],
    ["root-credentials", "needs-person"],
    ["require-mfa", "to-change"],
    ["users-mfa", "needs-person"],
    ["trail-bucket", "to-change"],
    ["trail", "to-change"],
    ["log-delivery", "blocked"],
    ["billing-access", "needs-person"],
    ["report-bucket", "to-change"],
    ["report", "to-change"],
    ["report-delivery", "blocked"],
    ["activity-monitoring", "not-assessed"],
];

/// A role of another account that may read the logs.
const READER: &str = "arn:aws:iam::444455556666:role/Auditor";

/// What is let or refused about a bucket and an object in it.
const ON_BUCKETS: [&str; 8] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
];
/// What is left of the account that somebody has set up with the AWS CLI. Nobody has said that root's credentials are put
/// away and the billing pages are open, the reader that the answers name is not let in, and ministack delivers no files.
const LEFT_BY_HAND: [[&str; 2]; 10] = [
    ["root-credentials", "needs-person"],
    ["require-mfa", "to-change"],
    ["users-mfa", "needs-person"],
    ["trail-bucket", "to-change"],
    ["log-delivery", "waiting"],
    ["billing-access", "needs-person"],
    ["report-delivery", "waiting"],
    ["permissions-through-groups", "needs-person"],
    ["least-privilege", "needs-person"],
    ["activity-monitoring", "not-assessed"],
];

#[test]
fn as_root_a_plan_writes_nothing_and_an_apply_does_it_all() {
    if left_out() {
        return;
    }
    let (emulator, root) = (Emulator::ministack(Enforces::Nothing), Login::root());
    let answers = answers(&emulator, true);
    let fresh = account(&emulator, &root);

    let plan = run(&emulator, &root, &["plan"], &answers);
    assert_eq!((plan.status, plan.writes()), (Some(3), vec![]), "{}", plan.stderr);
    assert_eq!(account(&emulator, &root), fresh);
    assert_eq!(plan.document()["account"]["signed_in_as"]["kind"], "root");
    assert_eq!(steps_in(&plan, "needs-person"), ["root-credentials", "root-mfa", "billing-access"]);
    let to_change = [
        "password-policy",
        "admin-group",
        "admin-user",
        "admin-sign-in",
        "admin-mfa",
        "trail-bucket",
        "trail",
        "report-bucket",
        "report",
    ];
    assert_eq!(steps_in(&plan, "to-change"), to_change);

    let apply = run(&emulator, &root, &["apply", "--yes"], &answers);
    assert_eq!(apply.status, Some(3), "{}", apply.stderr);
    assert_eq!(left(&apply), LEFT_ON_MINISTACK);
    assert_everything_is_done(&apply);
    let made = account(&emulator, &root);
    assert_administrator(&made, emulator.account);
    assert_eq!(made["identities"]["users"]["alice"]["must_change_password"], true);
    assert_trail(&made, emulator.account);
    assert_report(&made, emulator.account);

    let again: [&[&str]; 4] = [&["plan"], &["check"], &["--dry-run"], &["apply", "--yes"]];
    for task in again {
        let again = run(&emulator, &root, task, &answers);
        assert_eq!((again.status, again.writes()), (Some(3), vec![]), "{task:?}: {}", again.stderr);
        assert_eq!(left(&again), LEFT_ON_MINISTACK, "{task:?}");
        assert_eq!(planned(&again), 0, "{task:?}");
        assert_no_secret(&emulator, &again);
    }
    assert_eq!(account(&emulator, &root), made);
    assert_no_secret(&emulator, &apply);
}

/// With signatures checked and policies evaluated by somebody else, the administrator's own key carries the run.
#[test]
fn it_all_holds_up_where_signatures_and_policies_are_enforced() {
    if left_out() {
        return;
    }
    let (emulator, root) = (Emulator::ministack(Enforces::SignaturesAndPolicies), Login::root());
    let answers = answers(&emulator, false);
    assert_refused(&emulator, &Login::key("AKIAI44QH8DHBEXAMPLE", "unknown"), "InvalidClientTokenId");

    let apply = run(&emulator, &root, &["apply", "--yes"], &answers);
    assert_eq!(apply.status, Some(3), "{}", apply.stderr);
    let mut expected = LEFT_ON_MINISTACK.to_vec();
    expected.insert(1, ["require-mfa", "accepted"]);
    assert_eq!(left(&apply), expected);
    assert_everything_is_done(&apply);
    let made = account(&emulator, &root);
    assert_trail(&made, emulator.account);
    assert_report(&made, emulator.account);

    let alice = administrators_key(&emulator);
    assert_refused(&emulator, &Login::key(&alice[0], "wrong"), "SignatureDoesNotMatch");
    assert_only_administrators_reach_the_logs(&emulator);
    assert_nobody_without_rights_reaches_a_bucket(&emulator);
    assert_services_write_and_named_readers_read(&emulator);
    assert_the_printed_policy_is_enough(&emulator, &answers);
}

/// Ministack evaluates the policy that requires MFA, but knows no session that has it: the administrator is stopped
/// there, which the run that has tried it says, and it goes on as root, who is the way back.
#[test]
fn the_policy_that_requires_mfa_is_enforced_as_it_is_meant() {
    if left_out() {
        return;
    }
    let (emulator, root) = (Emulator::ministack(Enforces::SignaturesAndPolicies), Login::root());
    let answers = answers(&emulator, true);

    let locked = run(&emulator, &root, &["apply", "--yes"], &answers);
    assert_eq!(locked.status, Some(3), "{}", locked.stderr);
    let mut expected = LEFT_ON_MINISTACK.to_vec();
    expected.insert(1, ["require-mfa", "needs-person"]);
    assert_eq!(left(&locked), expected, "{}", locked.stderr);

    let apply = run(&emulator, &root, &["apply", "--yes"], &answers);
    assert_eq!(left(&apply), LEFT_ON_MINISTACK, "{}", apply.stderr);
    let made = account(&emulator, &root);
    assert_administrator(&made, emulator.account);
    assert_trail(&made, emulator.account);
    assert_report(&made, emulator.account);
    let plan = run(&emulator, &root, &["plan"], &answers);
    assert_eq!((planned(&plan), plan.writes()), (0, vec![]));
    assert_only_enrolment_without_mfa(&emulator);
}

/// Moto has three of the five practices, and no root user: the run begins as somebody who may do everything.
#[test]
fn on_moto_what_it_has_is_done_and_seen() {
    if left_out() {
        return;
    }
    let (emulator, somebody) = (Emulator::moto(), Login::key("test", "test"));
    let answers = answers(&emulator, true);
    let only: &[&str] = &["--only", "root-user,mfa,cloudtrail"];
    let look = || emulator.helper(&somebody, "look.py", &["account", "--without-reports"]);
    let fresh = look();

    let plan = run(&emulator, &somebody, &[&["plan"][..], only].concat(), &answers);
    assert_eq!((plan.status, plan.writes()), (Some(3), vec![]), "{}", plan.stderr);
    assert_eq!(look(), fresh);

    let apply = run(&emulator, &somebody, &[&["apply", "--yes"][..], only].concat(), &answers);
    assert_eq!(apply.status, Some(3), "{}", apply.stderr);
    let left_on_moto = [["root-credentials", "needs-person"], ["root-mfa", "needs-person"]];
    assert_eq!(left(&apply), left_on_moto);
    assert_everything_is_done(&apply);
    assert_no_secret(&emulator, &apply);
    let made = look();
    assert_administrator(&made, emulator.account);
    assert_trail(&made, emulator.account);

    for task in [&["plan"][..], &["apply", "--yes"][..]] {
        let again = run(&emulator, &somebody, &[task, only].concat(), &answers);
        assert_eq!((again.status, again.writes()), (Some(3), vec![]), "{task:?}: {}", again.stderr);
        assert_eq!(left(&again), left_on_moto, "{task:?}");
        assert_eq!(planned(&again), 0, "{task:?}");
    }
    assert_eq!(look(), made);
}

/// Set up by somebody else with a client of theirs, and left half done.
#[test]
fn what_somebody_else_has_done_is_told_from_what_is_missing() {
    if left_out() {
        return;
    }
    let (emulator, root) = (Emulator::ministack(Enforces::Nothing), Login::root());
    let answers = answers(&emulator, true);
    let bucket = format!("dayone-trail-{}-us-east-1-an", emulator.account);
    emulator.helper(&root, "prepare.py", &["half-done", "day-one", &bucket]);
    let before = account(&emulator, &root);

    let check = run(&emulator, &root, &["check"], &answers);
    assert_eq!((check.status, check.writes()), (Some(3), vec![]), "{}", check.stderr);
    assert_eq!(account(&emulator, &root), before);
    assert_eq!(left(&check), LEFT_OF_HALF_DONE);
    let missing = [
        "update iam:account-password-policy".to_owned(),
        "create iam:login-profile/alice".to_owned(),
        "create iam:access-key/alice".to_owned(),
        format!("create arn:aws:iam::{}:policy/dayone-require-mfa", emulator.account),
        "attach iam:group/Administrators".to_owned(),
        format!("update s3:bucket/{bucket}/lifecycle"),
        format!("update s3:bucket/{bucket}/tags"),
        format!("update s3:bucket/{bucket}/policy"),
        "update cloudtrail:trail/day-one".to_owned(),
        "start cloudtrail:trail/day-one".to_owned(),
    ];
    assert_eq!(changes_before(&check, "report-bucket"), missing);
}

/// Set up with the AWS CLI alone, as AWS's own guides say: what was done is found and named, and so is what was not.
#[test]
fn what_was_set_up_by_aws_cli_commands_is_found_exactly() {
    if left_out() {
        return;
    }
    let (emulator, root) = (Emulator::ministack(Enforces::Nothing), Login::root());
    emulator.shell(&root, "set_up.sh", &["own-logs", "own-bills"]);
    let answers = answers(&emulator, true);
    let before = account(&emulator, &root);

    let check = run(&emulator, &root, &["check"], &answers);
    assert_eq!((check.status, check.writes()), (Some(3), vec![]), "{}", check.stderr);
    assert_eq!(account(&emulator, &root), before);
    assert_eq!(left(&check), LEFT_BY_HAND);
    let missing = [
        "start sts:session/alice".to_owned(),
        format!("create arn:aws:iam::{}:policy/dayone-require-mfa", emulator.account),
        "attach iam:group/Administrators".to_owned(),
    ];
    assert_eq!(changes_before(&check, "trail-bucket"), missing);
    // The reader is let in.
    assert_eq!(planned(&check), missing.len() + 1);
    for (step, field, names) in [
        ("admin-group", "found", "Administrators"),
        ("admin-user", "found", "alice"),
        ("admin-mfa", "found", "alice"),
        ("trail", "found", "audit"),
        ("report-bucket", "found", "own-bills"),
        ("report", "found", "costs"),
        ("permissions-through-groups", "person", "bob"),
        ("least-privilege", "person", "Pipeline"),
    ] {
        let steps = steps(&check);
        let found = &steps.iter().find(|found| found["id"] == step).unwrap()[field];
        assert!(found.as_str().unwrap().contains(names), "{step}: {found}");
    }
}

/// An answers file that says everything but what only a person knows, with an authenticator app behind its commands.
fn answers(emulator: &Emulator, require_mfa: bool) -> String {
    let authenticator = |task: &str| {
        let script = python::helper("authenticator.py");
        json!([emulator.python(), script, task, emulator.file("")]).to_string()
    };
    let text = format!(
        r#"
[admin]
user = "alice"
console_password_file = "alice.txt"
access_key_profile = "dayone-admin"

[mfa]
require = {require_mfa}
enrol_command = {}
code_command = {}

[trail]
readers = ["{READER}"]
"#,
        authenticator("enrol"),
        authenticator("code"),
    );
    let file = emulator.file("answers.toml");
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

/// Runs the program for its JSON, which counts its calls as the emulator does.
fn run(emulator: &Emulator, login: &Login, task: &[&str], answers: &str) -> Run {
    let run = emulator.dayone(login, &[task, &["--answers", answers, "--output", "json"][..]].concat());
    assert_eq!(run.document()["api_calls"], run.calls.len(), "{task:?}: {}", run.stderr);
    run
}

fn account(emulator: &Emulator, login: &Login) -> Value {
    emulator.helper(login, "look.py", &["account"])
}

fn steps(run: &Run) -> Vec<Value> {
    let document = run.document();
    let practices = document["practices"].as_array().unwrap();
    practices.iter().flat_map(|practice| practice["steps"].as_array().unwrap().clone()).collect()
}

/// The steps that are not in place, with their states.
fn left(run: &Run) -> Vec<[String; 2]> {
    let word = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    let all = steps(run);
    let left = all.iter().filter(|step| step["state"] != "in-place");
    left.map(|step| [word(step, "id"), word(step, "state")]).collect()
}

fn steps_in(run: &Run, state: &str) -> Vec<String> {
    left(run).into_iter().filter(|[_, found]| found == state).map(|[step, _]| step).collect()
}

/// How many changes the run has planned or made.
fn planned(run: &Run) -> usize {
    steps(run).iter().map(|step| step["changes"].as_array().unwrap().len()).sum()
}

/// The changes of the steps before this one, each as its verb and its resource.
fn changes_before(run: &Run, step: &str) -> Vec<String> {
    let steps = steps(run);
    let before = steps.iter().take_while(|found| found["id"] != step);
    let changes = before.flat_map(|step| step["changes"].as_array().unwrap());
    let word = |change: &Value, key: &str| change[key].as_str().unwrap().to_owned();
    changes.map(|change| format!("{} {}", word(change, "verb"), word(change, "resource"))).collect()
}

fn assert_everything_is_done(run: &Run) {
    let steps = steps(run);
    let changes: Vec<_> = steps.iter().flat_map(|step| step["changes"].as_array().unwrap()).collect();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(change["outcome"], "done", "{change}");
    }
}

fn assert_refused(emulator: &Emulator, login: &Login, code: &str) {
    let refused = emulator.dayone(login, &["plan"]);
    assert_eq!(refused.status, Some(1), "{}", refused.stderr);
    let said: Vec<_> = refused.stdout.lines().collect();
    assert!(matches!(said.as_slice(), [only] if only.contains("AWS is replaced by")), "{said:?}");
    assert!(refused.stderr.contains(code), "{}", refused.stderr);
}

/// The id of the administrator's access key, and its secret.
fn administrators_key(emulator: &Emulator) -> [String; 2] {
    let profiles = std::fs::read_to_string(emulator.credentials()).unwrap();
    ["aws_access_key_id", "aws_secret_access_key"].map(|key| {
        let line = profiles.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim_start_matches([' ', '=']).to_owned()
    })
}

/// The password, the secret access key and the seed went where the answers say, and nowhere else.
fn assert_no_secret(emulator: &Emulator, run: &Run) {
    let [_, key] = administrators_key(emulator);
    let password = std::fs::read_to_string(emulator.file("alice.txt")).unwrap();
    let enrolment = std::fs::read_to_string(emulator.file("otpauth")).unwrap();
    let (_, seed) = enrolment.split_once("secret=").unwrap();
    let seed = seed.split('&').next().unwrap();
    let kept = emulator.kept();
    for secret in [key.as_str(), password.trim(), seed] {
        assert!(secret.len() >= 16, "{}", secret.len());
        for text in [&run.stdout, &run.stderr, &kept] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

fn assert_administrator(seen: &Value, account: &str) {
    let identities = &seen["identities"];
    let required = format!("arn:aws:iam::{account}:policy/dayone-require-mfa");
    let attached = json!([required, "arn:aws:iam::aws:policy/AdministratorAccess"]);
    let group = json!({"members": ["alice"], "attached": attached, "inline": []});
    assert_eq!(identities["groups"], json!({ "Administrators": group }));

    let users = identities["users"].as_object().unwrap();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["alice"]);
    let device = format!("arn:aws:iam::{account}:mfa/alice");
    assert_eq!(users["alice"]["devices"], json!([device]));
    let keys = users["alice"]["access_keys"].as_object().unwrap();
    assert_eq!(keys.values().collect::<Vec<_>>(), ["Active"]);
    assert!(users["alice"]["must_change_password"].is_boolean(), "no console password");
    assert_eq!(identities["virtual_devices"][&device], "alice");

    let password_policy = &identities["password_policy"];
    assert_eq!(password_policy["MinimumPasswordLength"], 14);
    assert_eq!(password_policy["PasswordReusePrevention"], 24);
    let document = &identities["policies"]["dayone-require-mfa"]["document"];
    let refuses = statement(document, "DenyEverythingElseWithoutMFA");
    assert_eq!(refuses["Effect"], "Deny");
    assert_eq!(refuses["Condition"], json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}));
}

fn assert_trail(seen: &Value, account: &str) {
    let bucket = format!("dayone-trail-{account}-us-east-1-an");
    let trails = seen["trails"].as_object().unwrap();
    assert_eq!(trails.keys().collect::<Vec<_>>(), ["day-one"]);
    let trail = &trails["day-one"];
    assert_eq!(trail["S3BucketName"], bucket);
    assert_eq!(trail["HomeRegion"], "us-east-1");
    for kept in ["IsLogging", "IsMultiRegionTrail", "LogFileValidationEnabled", "IncludeGlobalServiceEvents"]
    {
        assert_eq!(trail[kept], true, "{kept}");
    }
    assert_private(&seen["buckets"][&bucket]);
    assert_eq!(seen["buckets"][&bucket]["tags"], tags("cloudtrail-logs"));
    let policy = &seen["buckets"][&bucket]["policy"];
    let writes = statement(policy, "DayoneCloudTrailWrites");
    assert!(says(&writes["Principal"]["Service"], "cloudtrail.amazonaws.com"), "{writes}");
    assert!(says(&writes["Resource"], &format!("arn:aws:s3:::{bucket}/AWSLogs/{account}/*")), "{writes}");
    let reads = statement(policy, "DayoneOnlyReadersRead");
    let readers = &reads["Condition"]["ArnNotLikeIfExists"]["aws:PrincipalArn"];
    assert!(says(readers, &format!("arn:aws:iam::{account}:user/alice")), "{reads}");
}

fn assert_report(seen: &Value, account: &str) {
    let bucket = format!("dayone-billing-{account}-us-east-1-an");
    let reports = seen["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let expected = [
        ("ReportName", "day-one"),
        ("S3Bucket", bucket.as_str()),
        ("S3Prefix", "cur"),
        ("S3Region", "us-east-1"),
        ("TimeUnit", "HOURLY"),
        ("Format", "Parquet"),
        ("Compression", "Parquet"),
    ];
    for (key, value) in expected {
        assert_eq!(reports[0][key], value, "{key}");
    }
    assert_private(&seen["buckets"][&bucket]);
    assert_eq!(seen["buckets"][&bucket]["tags"], tags("billing-report"));
    let writes = statement(&seen["buckets"][&bucket]["policy"], "DayoneReportsWrite");
    assert!(says(&writes["Principal"]["Service"], "billingreports.amazonaws.com"), "{writes}");
}

fn assert_private(bucket: &Value) {
    let blocked = bucket["public_access_block"].as_object().unwrap();
    assert_eq!(blocked.len(), 4);
    assert!(blocked.values().all(|blocked| blocked == true), "{blocked:?}");
    assert_eq!(bucket["ownership"], json!([{"ObjectOwnership": "BucketOwnerEnforced"}]));
    let encryption = &bucket["encryption"][0]["ApplyServerSideEncryptionByDefault"];
    assert_eq!(encryption["SSEAlgorithm"], "AES256");
    assert_eq!(bucket["versioning"], "Enabled");
    assert_eq!(bucket["lifecycle"][0]["Status"], "Enabled");
    let over_tls = statement(&bucket["policy"], "DayoneDenyInsecureTransport");
    assert_eq!((&over_tls["Effect"], &over_tls["Principal"]), (&json!("Deny"), &json!("*")));
    assert!(says(&over_tls["Condition"]["Bool"]["aws:SecureTransport"], "false"), "{over_tls}");
}

/// The tags of a bucket that is there for this purpose.
fn tags(purpose: &str) -> Value {
    json!({"managed-by": "dayone", "purpose": purpose})
}

fn statement<'p>(policy: &'p Value, sid: &str) -> &'p Value {
    let statements = policy["Statement"].as_array().unwrap();
    statements
        .iter()
        .find(|statement| statement["Sid"] == sid)
        .unwrap_or_else(|| panic!("no {sid}: {policy}"))
}

/// Where a policy takes one word or a list of words, either is fine.
fn says(words: &Value, word: &str) -> bool {
    words == word || words.as_array().is_some_and(|words| words.iter().any(|found| found == word))
}

/// An object that was put where a service would.
struct Delivered {
    bucket: String,
    key: String,
    version: String,
}

impl Delivered {
    fn new(emulator: &Emulator, bucket: String, key: String) -> Self {
        let put = emulator.helper(&Login::root(), "prepare.py", &["object", &bucket, &key]);
        Self { bucket, key, version: put["version"].as_str().unwrap().to_owned() }
    }

    fn log_file(emulator: &Emulator) -> Self {
        let account = emulator.account;
        let key = format!("AWSLogs/{account}/CloudTrail/us-east-1/file.json.gz");
        Self::new(emulator, format!("dayone-trail-{account}-us-east-1-an"), key)
    }

    fn bill(emulator: &Emulator) -> Self {
        let bucket = format!("dayone-billing-{}-us-east-1-an", emulator.account);
        Self::new(emulator, bucket, "cur/day-one/file.parquet".into())
    }

    /// The ARNs of the bucket and of the object.
    fn arns(&self) -> [String; 2] {
        let bucket = format!("arn:aws:s3:::{}", self.bucket);
        let object = format!("{bucket}/{}", self.key);
        [bucket, object]
    }
}

/// What these credentials are let do, an error code for each call that is refused.
fn what_may(emulator: &Emulator, login: &Login, object: &Delivered) -> Value {
    emulator.helper(login, "look.py", &["may", &object.bucket, &object.key, &object.version])
}

/// The administrator's access key alone, which the bucket's policy would let read.
fn assert_only_enrolment_without_mfa(emulator: &Emulator) {
    let file = Delivered::log_file(emulator);
    let alice = what_may(emulator, &Login::profile("dayone-admin"), &file);
    for enrolment in ["iam:GetUser", "iam:ListMFADevices", "sts:GetSessionToken"] {
        assert_eq!(alice[enrolment], Value::Null, "{alice}");
    }
    for refused in ["iam:ListUsers", "cloudtrail:DescribeTrails", "s3:GetObject", "s3:PutObject"] {
        assert!(alice[refused].as_str().unwrap().starts_with("AccessDenied"), "{refused}: {alice}");
    }
}

/// Not even a user with all rights reads, lists, replaces or deletes log files, or changes the bucket's policy, where
/// that does not name it. An administrator does.
fn assert_only_administrators_reach_the_logs(emulator: &Emulator) {
    let file = Delivered::log_file(emulator);
    let all =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let mallory = user(emulator, "mallory", &all.to_string());
    let (mallory, alice) =
        (what_may(emulator, &mallory, &file), what_may(emulator, &Login::profile("dayone-admin"), &file));
    for let_through in ["iam:ListUsers", "s3:GetBucketPolicy"] {
        assert_eq!(mallory[let_through], Value::Null, "{let_through}: {mallory}");
    }
    for kept in ON_BUCKETS {
        assert_eq!(mallory[kept], "AccessDenied", "{kept}");
        assert_eq!(alice[kept], Value::Null, "{kept}: {alice}");
    }
}

/// The report's bucket lets in nobody to whom IAM gives no rights, as the trail's does not. An administrator has them.
fn assert_nobody_without_rights_reaches_a_bucket(emulator: &Emulator) {
    let only_oneself = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
    ]});
    let eve = user(emulator, "eve", &only_oneself.to_string());
    for object in [Delivered::log_file(emulator), Delivered::bill(emulator)] {
        let bucket = &object.bucket;
        let (eve, alice) =
            (what_may(emulator, &eve, &object), what_may(emulator, &Login::profile("dayone-admin"), &object));
        assert_eq!(eve["iam:GetUser"], Value::Null, "{eve}");
        for kept in ON_BUCKETS {
            assert_eq!(eve[kept], "AccessDenied", "{kept} in {bucket}");
            assert_eq!(alice[kept], Value::Null, "{kept} in {bucket}: {alice}");
        }
    }
}

/// No client here can sign as a service, or in another account, so ministack's evaluator is asked by itself: CloudTrail
/// and the billing service do what they need, for this trail and this account alone.
fn assert_services_write_and_named_readers_read(emulator: &Emulator) {
    let account = emulator.account;
    let (trail, reports) = (
        format!("arn:aws:cloudtrail:us-east-1:{account}:trail/day-one"),
        format!("arn:aws:cur:us-east-1:{account}:definition/*"),
    );
    let file = Delivered::log_file(emulator);
    let [bucket, log_file] = file.arns();
    let by_trail = |trail: &str| json!({"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"});
    let cloudtrail = |action: &str, resource: &str, context: Value| {
        let who = "cloudtrail.amazonaws.com";
        json!({"who": who, "action": action, "resource": resource, "context": context})
    };
    let mut over_http = cloudtrail("s3:PutObject", &log_file, by_trail(&trail));
    over_http["plain"] = json!(true);
    let by = |who: &str, action: &str| json!({"who": who, "action": action, "resource": log_file});
    assert_decided(
        emulator,
        &file,
        &[
            (cloudtrail("s3:GetBucketAcl", &bucket, json!({"aws:SourceArn": trail})), "Allow"),
            (cloudtrail("s3:PutObject", &log_file, by_trail(&trail)), "Allow"),
            (cloudtrail("s3:PutObject", &log_file, by_trail(&format!("{trail}-two"))), "ImplicitDeny"),
            (cloudtrail("s3:PutObject", &log_file, json!({"aws:SourceArn": trail})), "ImplicitDeny"),
            (cloudtrail("s3:PutObject", &format!("{bucket}/file"), by_trail(&trail)), "ImplicitDeny"),
            (cloudtrail("s3:GetObject", &log_file, by_trail(&trail)), "ImplicitDeny"),
            (over_http, "Deny"),
            (by(READER, "s3:GetObject"), "Allow"),
            (by(READER, "s3:PutObject"), "Deny"),
            (by("arn:aws:iam::444455556666:role/Other", "s3:GetObject"), "Deny"),
        ],
    );

    let bill = Delivered::bill(emulator);
    let [bucket, object] = bill.arns();
    let of_account = |account: &str| json!({"aws:SourceArn": reports, "aws:SourceAccount": account});
    let billing = |action: &str, resource: &str, account: &str| {
        let (who, context) = ("billingreports.amazonaws.com", of_account(account));
        json!({"who": who, "action": action, "resource": resource, "context": context})
    };
    assert_decided(
        emulator,
        &bill,
        &[
            (billing("s3:GetBucketAcl", &bucket, account), "Allow"),
            (billing("s3:GetBucketPolicy", &bucket, account), "Allow"),
            (billing("s3:PutObject", &object, account), "Allow"),
            (billing("s3:PutObject", &object, "444455556666"), "ImplicitDeny"),
            (billing("s3:GetObject", &object, account), "ImplicitDeny"),
        ],
    );
}

/// What ministack's evaluator says to requests, by the policy of the bucket that the object is in.
fn assert_decided(emulator: &Emulator, object: &Delivered, expected: &[(Value, &str)]) {
    let requests: Vec<_> = expected.iter().map(|(request, _)| request).collect();
    let requests = json!(requests).to_string();
    let decided = emulator.helper(&Login::root(), "decide.py", &[&object.bucket, &requests]);
    let decided = decided.as_array().unwrap();
    assert_eq!(decided.len(), expected.len());
    for ((request, expected), decided) in expected.iter().zip(decided) {
        assert_eq!(decided, expected, "{request}");
    }
}

/// What `dayone policy` prints lets `dayone check` see every step that ministack has, and list no log files.
fn assert_the_printed_policy_is_enough(emulator: &Emulator, answers: &str) {
    let policy = emulator.dayone(&Login::root(), &["policy"]);
    let auditor = user(emulator, "auditor", &policy.stdout);
    let check = run(emulator, &auditor, &["check"], answers);
    assert_eq!(check.status, Some(3), "{}", check.stderr);
    assert_eq!(steps_in(&check, "not-assessed"), ["activity-monitoring"]);
    let listed = what_may(emulator, &auditor, &Delivered::log_file(emulator));
    assert_eq!(listed["s3:ListBucket"], "AccessDenied", "{listed}");
    let found = steps(&check);
    for step in ["trail-bucket", "trail", "report-bucket", "report"] {
        let found = found.iter().find(|found| found["id"] == step).unwrap();
        assert_eq!(found["state"], "in-place", "{found}");
    }
}

fn user(emulator: &Emulator, name: &str, policy: &str) -> Login {
    let file = emulator.file(&format!("{name}.json"));
    std::fs::write(&file, policy).unwrap();
    let key = emulator.helper(&Login::root(), "prepare.py", &["user", name, &file.display().to_string()]);
    Login::key_elsewhere(key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())
}
