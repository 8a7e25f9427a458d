//! Who counts as an administrator, who acts, and how codes open a session.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::*;
use crate::aws::canned::{ACCOUNT, Answer, Aws, Heard, STRANGER};
use crate::aws::{Access, AwsFiles};
use crate::error::AwsCause;
use crate::operator::CodePurpose::{self, EnrolFirst, EnrolSecond, SignIn};
use crate::operator::{CodeRequest, Enrolment, HandOver, OperatorError};
use crate::text::Text;

const KEY: &str = "AKIAEXAMPLE";
const PHONE: &str = "arn:aws:iam::111122223333:mfa/kim";
const PASSKEY: &str = "arn:aws:iam::111122223333:u2f/user/kim/key-EXAMPLE";
const SMS: &str = "arn:aws:iam::111122223333:sms-mfa/kim";
const WRONG_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                            serial number is valid and associated with this user.";

/// What is true of kim, who is signed in by access key.
#[derive(Debug, Clone, Copy)]
struct Kim {
    /// The code by which AWS refuses to let kim look; none when it does not.
    refused: Option<&'static str>,
    /// Whether kim is in the administrators' group.
    member: bool,
    /// The managed policy of the group.
    policy: &'static str,
    boundary: Option<&'static str>,
    /// The devices; none where kim may not even list them.
    devices: Option<&'static [&'static str]>,
}

const ADMINISTRATOR: Kim = Kim {
    refused: None,
    member: true,
    policy: "AdministratorAccess",
    boundary: None,
    devices: Some(&[PHONE]),
};

const END: &str = "<IsTruncated>false</IsTruncated>";
const DATE: &str = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";

impl Kim {
    fn answer(self, call: &Heard) -> Answer {
        match call.operation.as_str() {
            "GetAccountSummary" => match self.refused {
                None => call.xml("<SummaryMap></SummaryMap>"),
                Some(code) => call.refused(403, code),
            },
            "GetGroup" => {
                let user = if self.member { format!("<member>{}</member>", user("")) } else { String::new() };
                call.xml(&format!("{}<Users>{user}</Users>{END}", group()))
            }
            "ListAttachedGroupPolicies" => {
                let arn = format!("arn:aws:iam::aws:policy/{}", self.policy);
                call.xml(&format!(
                    "<AttachedPolicies><member><PolicyArn>{arn}</PolicyArn></member></AttachedPolicies>{END}"
                ))
            }
            "ListGroupPolicies" => call.xml(&format!("<PolicyNames></PolicyNames>{END}")),
            "GetUser" => {
                call.xml(&format!("<User>{}</User>", user(&self.boundary.map(bounded).unwrap_or_default())))
            }
            "ListMFADevices" => match self.devices {
                Some(devices) => call.xml(&listed(devices)),
                None => call.refused(403, "AccessDenied"),
            },
            other => panic!("{other} was not expected"),
        }
    }
}

fn group() -> String {
    format!(
        "<Group><Path>/</Path><GroupName>Administrators</GroupName><GroupId>AGPAEXAMPLE</GroupId>\
         <Arn>arn:aws:iam::{ACCOUNT}:group/Administrators</Arn>{DATE}</Group>"
    )
}

fn user(more: &str) -> String {
    format!(
        "<Path>/</Path><UserName>kim</UserName><UserId>AIDAEXAMPLE</UserId>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/kim</Arn>{DATE}{more}"
    )
}

fn bounded(policy: &str) -> String {
    format!(
        "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
         <PermissionsBoundaryArn>arn:aws:iam::aws:policy/{policy}</PermissionsBoundaryArn></PermissionsBoundary>"
    )
}

fn listed(devices: &[&str]) -> String {
    let device = |serial: &&str| {
        format!(
            "<member><UserName>kim</UserName><SerialNumber>{serial}</SerialNumber>\
             <EnableDate>2026-01-01T00:00:00Z</EnableDate></member>"
        )
    };
    format!("<MFADevices>{}</MFADevices>{END}", devices.iter().map(device).collect::<String>())
}

async fn session(answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> (Session, Aws) {
    let aws = Aws::answering(answer);
    let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
    session.find_administrator("kim", None).await.unwrap();
    (session, aws)
}

fn stands(administrator: &Administrator) -> String {
    match administrator {
        Administrator::Unknown => "unknown".into(),
        Administrator::Proven(_) => "proven".into(),
        Administrator::Locked(_) => "locked".into(),
        Administrator::Refused(_, refusal) => format!("{refusal:?}"),
    }
}

#[tokio::test]
async fn who_may_look_and_has_the_rights_is_an_administrator() {
    let full = ADMINISTRATOR;
    let locked = Kim { refused: Some("AccessDenied"), ..full };
    let cases = [
        (full, "proven"),
        (Kim { boundary: Some("AdministratorAccess"), ..full }, "proven"),
        (Kim { boundary: Some("ReadOnlyAccess"), ..full }, "Bounded"),
        (Kim { policy: "SecurityAudit", ..full }, "NotAdministrator"),
        (Kim { member: false, ..full }, "NotAdministrator"),
        (locked, "locked"),
        (Kim { refused: Some("InvalidClientTokenId"), ..full }, "locked"),
        (Kim { devices: Some(&[PASSKEY]), ..locked }, "locked"),
        (Kim { devices: Some(&[]), ..locked }, "NoDevice"),
        (Kim { devices: None, ..locked }, "Denied"),
    ];
    for (kim, expected) in cases {
        let (session, _) = session(move |call| kim.answer(call)).await;
        assert_eq!(stands(&session.administrator), expected, "{kim:?}");
        let starts_locked = ["locked", "NoDevice"].contains(&expected);
        assert_eq!(session.is_started_locked(), starts_locked, "{kim:?}");
        assert_eq!(
            session.administrator_caller().is_some(),
            ["proven", "locked"].contains(&expected),
            "{kim:?}"
        );
    }
}

/// Whoever may not see the own rights is no administrator, though AWS lets the account be looked at.
#[tokio::test]
async fn rights_that_cannot_be_seen_are_none() {
    for operation in ["GetGroup", "ListAttachedGroupPolicies", "GetUser"] {
        let (session, _) = session(move |call| {
            if call.operation == operation {
                call.refused(403, "AccessDenied")
            } else {
                ADMINISTRATOR.answer(call)
            }
        })
        .await;
        assert_eq!(stands(&session.administrator), "NotAdministrator", "{operation}");
    }
}

/// Rights that were given meanwhile are seen, without the run having to start again.
#[tokio::test]
async fn who_was_refused_is_asked_about_again() {
    let asked = AtomicUsize::new(0);
    let (mut session, aws) = session(move |call| {
        let first = call.operation == "GetGroup" && asked.fetch_add(1, Ordering::Relaxed) == 0;
        Kim { member: !first, ..ADMINISTRATOR }.answer(call)
    })
    .await;
    assert_eq!(stands(&session.administrator), "NotAdministrator");
    session.prove_refused_again().await.unwrap();
    assert_eq!(stands(&session.administrator), "proven");
    let calls = aws.heard().len();
    session.prove_refused_again().await.unwrap();
    assert!(session.find_administrator("kim", None).await.unwrap());
    assert_eq!(aws.heard().len(), calls, "what is proven is not asked about again");
}

/// Who does not answer.
#[derive(Debug)]
struct Silent;

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// What a look for lee gives in this profile, and what a new sign-in of lee does. One profile has a key, and the other a role
/// that AWS has to give.
async fn found_in(profile: &str, client: SharedHttpClient) -> [Result<bool, AwsCause>; 2] {
    let folder = tempfile::tempdir().unwrap();
    let files =
        AwsFiles { credentials: folder.path().join("credentials"), config: folder.path().join("config") };
    let key = format!("[key]\naws_access_key_id = {STRANGER}\naws_secret_access_key = secret\n");
    std::fs::write(&files.credentials, key).unwrap();
    let role = "[profile role]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = key\n";
    std::fs::write(&files.config, role).unwrap();
    let (mut session, _) = session(|call| ADMINISTRATOR.answer(call)).await;
    session.administrator = Administrator::Unknown;
    let login = Credentials::new(KEY, "secret", None, None, "test");
    session.connection = Connection::through(client, login, files, Access::ReadOnly);
    let cause = |error: StepError| match error {
        StepError::Aws(error) => error.cause,
        other => panic!("{other:?}"),
    };
    let looked = session.find_administrator("lee", Some(profile)).await.map_err(cause);
    [looked, session.renew_sign_in("lee", profile).await.map_err(cause)]
}

fn both(result: Result<bool, AwsCause>) -> [Result<bool, AwsCause>; 2] {
    [result; 2]
}

#[tokio::test(start_paused = true)]
async fn a_profile_of_which_nobody_knows_is_not_taken_for_one_without_a_sign_in() {
    let silent = || http_client_fn(|_, _| SharedHttpConnector::new(Silent));
    assert_eq!(found_in("role", silent()).await, both(Err(AwsCause::CredentialsLate)));
    assert_eq!(found_in("key", silent()).await, both(Err(AwsCause::Unreachable)));
    let busy = Aws::answering(|call| call.refused(400, "Throttling"));
    assert_eq!(found_in("key", busy.client()).await, both(Err(AwsCause::Refused)));
}

#[tokio::test(start_paused = true)]
async fn a_profile_under_which_nobody_is_signed_in_is_no_failure() {
    for code in ["InvalidClientTokenId", "ExpiredToken"] {
        let aws = Aws::answering(move |call| call.refused(403, code));
        assert_eq!(found_in("key", aws.client()).await, both(Ok(false)), "{code}");
    }
    let aws = Aws::answering(|_| panic!("nothing is signed"));
    assert_eq!(found_in("nobody", aws.client()).await, both(Ok(false)));
}

/// Root, with the key that it was started with, and the administrator, signed in besides.
async fn root_and_administrator() -> (Session, Identity) {
    let (mut session, _) = session(|call| ADMINISTRATOR.answer(call)).await;
    let mut administrator = session.started.clone();
    administrator.caller.access_key = "ASIAADMINISTRATOR".into();
    administrator.caller.temporary = true;
    session.started.caller.arn = format!("arn:aws:iam::{ACCOUNT}:root");
    session.started.caller.kind = CallerKind::Root;
    (session, administrator)
}

#[tokio::test]
async fn who_is_not_proven_acts_only_where_nobody_else_can() {
    let (mut session, kim) = root_and_administrator().await;
    let cases = [
        (Administrator::Unknown, [KEY, KEY]),
        (Administrator::Proven(kim.clone()), ["ASIAADMINISTRATOR"; 2]),
        (Administrator::Locked(kim.clone()), [KEY, "ASIAADMINISTRATOR"]),
        (Administrator::Refused(kim, Refusal::NotAdministrator), [KEY, "ASIAADMINISTRATOR"]),
    ];
    for (administrator, [before, after]) in cases {
        session.administrator = administrator;
        for (deleted, expected) in [(false, before), (true, after)] {
            session.started_key_deleted = deleted;
            let place = format!("{}, {deleted}", stands(&session.administrator));
            assert_eq!(session.acting().caller.access_key, expected, "{place}");
            let is_out = deleted && matches!(session.administrator, Administrator::Locked(_));
            assert_eq!(session.is_out(), is_out, "{place}");
        }
    }
}

/// Who types what a test says, and keeps how it was asked for.
#[derive(Default)]
struct Person {
    codes: VecDeque<&'static str>,
    asked: Vec<(CodePurpose, Option<Text>)>,
}

impl Person {
    fn typing(codes: &[&'static str]) -> Self {
        Self { codes: codes.iter().copied().collect(), asked: Vec::new() }
    }

    fn purposes(&self) -> Vec<CodePurpose> {
        self.asked.iter().map(|(purpose, _)| *purpose).collect()
    }

    /// What was said before the code of this number.
    fn told(&self, number: usize) -> &Text {
        self.asked[number].1.as_ref().unwrap()
    }
}

impl Operator for Person {
    async fn hand_over(&mut self, _: HandOver) -> Result<(), OperatorError> {
        panic!("nothing is handed over")
    }

    async fn enrol(&mut self, _: &Enrolment) -> Result<(), OperatorError> {
        panic!("nothing is enrolled")
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        assert_eq!(request.user, "kim");
        self.asked.push((request.purpose, request.trouble.clone()));
        self.codes.pop_front().map(str::to_owned).ok_or(OperatorError::Declined)
    }

    async fn enrolled(&mut self) {}

    async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
        work.await
    }
}

fn denied(message: &str) -> Answer {
    let error = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
    Some((403, format!("<ErrorResponse>{error}</ErrorResponse>")))
}

/// Kim has devices, MFA is required, and one code is right.
fn requiring_mfa(devices: &'static [&'static str], right: &'static str, call: &Heard) -> Answer {
    match call.operation.as_str() {
        "GetAccountSummary" if call.key() == KEY => call.refused(403, "AccessDenied"),
        "GetSessionToken" if call.says("TokenCode", right) => call.xml(
            "<Credentials><AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
             <SessionToken>token</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>",
        ),
        "GetSessionToken" => denied(WRONG_CODE),
        "ResyncMFADevice" => call.xml(""),
        _ => Kim { devices: Some(devices), ..ADMINISTRATOR }.answer(call),
    }
}

#[tokio::test]
async fn a_code_opens_a_session_and_the_device_is_remembered() {
    let (mut session, _) = session(|call| requiring_mfa(&[PASSKEY, SMS, PHONE], "111111", call)).await;
    let mut person = Person::typing(&["111111"]);
    assert_eq!(session.unlock(&mut person).await.unwrap(), Ok(()));
    assert_eq!(stands(&session.administrator), "proven");
    assert_eq!(session.acting().caller.access_key, "ASIASESSION");
    assert_eq!(session.session_device.as_deref(), Some(PHONE), "neither a passkey nor SMS opens one");
    assert_eq!(session.by_key.unwrap().caller.access_key, KEY);
}

#[tokio::test]
async fn after_two_refusals_the_device_is_brought_back_into_step() {
    let (mut session, aws) = session(|call| requiring_mfa(&[PHONE], "555555", call)).await;
    let mut person = Person::typing(&["111111", "222222", "333333", "444444", "555555"]);
    assert_eq!(session.unlock(&mut person).await.unwrap(), Ok(()));
    assert_eq!(person.purposes(), [SignIn, SignIn, EnrolFirst, EnrolSecond, SignIn]);
    assert!(person.told(1).en.contains("invalid MFA one time pass code"), "{}", person.told(1).en);
    assert!(person.told(2).en.contains("its clock may have drifted"), "{}", person.told(2).en);
    assert!(person.told(2).ko.contains("시계가 어긋났을"), "{}", person.told(2).ko);
    let heard = aws.heard();
    let resync = heard.iter().find(|call| call.operation == "ResyncMFADevice").unwrap();
    assert!(resync.says("AuthenticationCode1", "333333") && resync.says("AuthenticationCode2", "444444"));
}

/// AWS may not take those two either. A run that only looks does not try.
#[tokio::test]
async fn bringing_a_device_back_into_step_may_fail_and_is_a_write() {
    let answer = |call: &Heard| match call.operation.as_str() {
        "ResyncMFADevice" => call.refused(403, "InvalidAuthenticationCode"),
        _ => requiring_mfa(&[PHONE], "555555", call),
    };
    let codes = ["111111", "222222", "333333", "444444", "555555"];
    let (mut changing, _) = session(answer).await;
    let mut person = Person::typing(&codes);
    assert_eq!(changing.unlock(&mut person).await.unwrap(), Ok(()));
    assert!(person.told(4).en.contains("must follow one another"), "{}", person.told(4).en);

    let aws = Aws::answering(answer);
    let mut looking = Session::open(aws.connection(Access::ReadOnly)).await.unwrap();
    looking.find_administrator("kim", None).await.unwrap();
    let mut person = Person::typing(&codes);
    assert_eq!(looking.unlock(&mut person).await.unwrap(), Ok(()));
    assert_eq!(person.purposes(), [SignIn; 5]);
}

#[tokio::test]
async fn a_device_that_was_replaced_meanwhile_is_found() {
    let listed_before = AtomicUsize::new(0);
    let (mut session, _) = session(move |call| match call.operation.as_str() {
        // The proof has listed them too.
        "ListMFADevices" if listed_before.fetch_add(1, Ordering::Relaxed) < 2 => {
            call.xml(&listed(&["arn:aws:iam::111122223333:mfa/lost"]))
        }
        "GetSessionToken" if call.body.contains("lost") => denied(WRONG_DEVICE),
        _ => requiring_mfa(&[PHONE], "222222", call),
    })
    .await;
    let mut person = Person::typing(&["111111", "222222"]);
    assert_eq!(session.unlock(&mut person).await.unwrap(), Ok(()));
    assert!(person.told(1).en.contains("does not know the device as yours"), "{}", person.told(1).en);
    assert_eq!(session.session_device.as_deref(), Some(PHONE));
}

/// Not every denial is about the code.
#[tokio::test]
async fn another_denial_is_not_taken_for_a_wrong_code() {
    let (mut session, _) = session(|call| match call.operation.as_str() {
        "GetSessionToken" => denied("Cannot call GetSessionToken with session credentials"),
        _ => requiring_mfa(&[PHONE], "", call),
    })
    .await;
    let mut person = Person::typing(&["111111", "222222"]);
    let error = session.unlock(&mut person).await.unwrap_err();
    assert!(error.detail().unwrap().en.contains("session credentials"), "{error:?}");
    assert_eq!(person.purposes(), [SignIn]);
}

#[tokio::test]
async fn without_a_device_that_shows_codes_the_way_out_is_named() {
    let cases: [(&[&str], &str); 3] = [
        (&[], "https://111122223333.signin.aws.amazon.com/console"),
        (&[PASSKEY], "aws login"),
        (&[SMS], "aws login"),
    ];
    for (devices, way) in cases {
        let (mut session, _) = session(move |call| requiring_mfa(devices, "", call)).await;
        let reason = session.unlock(&mut Person::default()).await.unwrap().unwrap_err();
        assert_eq!(matches!(reason, NoSession::NoDevice { .. }), devices.is_empty(), "{devices:?}");
        let hint = StepError::from(reason).hint().unwrap();
        assert!(hint.en.contains(way) && hint.ko.contains(way), "{devices:?}: {hint:?}");
    }
}

/// IAM answers as if it did not know them.
#[tokio::test]
async fn temporary_credentials_without_mfa_are_told_at_once() {
    let aws = Aws::answering(|call| match call.service() {
        "iam" => call.refused(403, "InvalidClientTokenId"),
        _ => call.refused(400, "AccessDeniedException"),
    });
    let nowhere = Path::new("/nonexistent/dayone");
    let files = AwsFiles { credentials: nowhere.join("credentials"), config: nowhere.join("config") };
    let login = Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), None, "test");
    let connection = Connection::through(aws.client(), login, files, Access::ReadWrite);
    let mut session = Session::open(connection).await.unwrap();
    let error = session.introduce(Some("Administrators")).await.unwrap_err();
    assert!(error.text().en.contains("carry no MFA"), "{error:?}");
    assert!(error.hint().unwrap().en.contains("--token-code"), "{error:?}");
    session.find_administrator("kim", None).await.unwrap();
    assert_eq!(stands(&session.administrator), "locked");
    let reason = session.unlock(&mut Person::default()).await.unwrap().unwrap_err();
    assert!(matches!(reason, NoSession::SessionWithoutMfa(_)), "{reason:?}");
}
