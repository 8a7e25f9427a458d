//! A fixture for every verdict: which states each step can come to by its plan, and for each of them an account in which
//! it does.
//!
//! Two accounts are read as every run reads them, one that is new and one in which everything is done. A case says what
//! is unlike one of them. Every pair of cases is tried together besides, and a state that comes of it and is not in the
//! table is one that nobody has thought of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use dayone::answers::Collected;
use dayone::rehearsal::{ConsoleAction, PracticeAccount};
use serde_json::{Map, json};
use steps::answers::{Accept, Answers, PersonAnswer, TimeUnit};
use steps::aws::{Access, Connection, Unseen};
use steps::billing_report::BillingReport;
use steps::cloudtrail::Cloudtrail;
use steps::credential_report::{Key, LastUse, Row};
use steps::iam_practices::{Attached, IamPractices, SupportRole, User};
use steps::mfa::{Mfa, RunMfa};
use steps::practice::State::{
    Accepted, Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange, Waiting,
};
use steps::practice::StepId::{
    ActivityMonitoring, AdminGroup, AdminMfa, AdminSignIn, AdminUser, BillingAccess, IndividualUsers,
    KeyRotation, LeastPrivilege, LogDelivery, PasswordPolicy, PermissionsThroughGroups, Report, ReportBucket,
    ReportDelivery, RequireMfa, RolesNotKeys, RootAccessKeys, RootCredentials, RootMfa, Trail, TrailBucket,
    UnusedCredentials, UsersMfa,
};
use steps::practice::{Practice, State, StepId};
use steps::private_bucket::BucketFacts;
use steps::readings::Readings;
use steps::root_user::{Group, RootUser, SignIn};
use steps::session::Session;
use steps::{billing_report, cloudtrail, iam_practices, mfa, root_user};
use support::{answers, clock, files, walk};

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// The states that the plan of a step can have where nobody is there, as in a check. That an earlier step holds one up in
/// a walk is the engine's word.
fn reachable(step: StepId) -> &'static [State] {
    match step {
        PasswordPolicy => &[InPlace, ToChange, NotAssessed, Accepted],
        AdminGroup => &[InPlace, ToChange, NeedsPerson, NotAssessed, Accepted],
        // No answers file may accept that there is nobody.
        AdminUser => &[InPlace, ToChange, NeedsPerson, NotAssessed],
        AdminSignIn => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, Accepted],
        RootCredentials => &[InPlace, NeedsPerson, NotApplicable, Accepted],
        RootAccessKeys => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, NotApplicable, Accepted],
        AdminMfa => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, Accepted],
        RootMfa => &[InPlace, NeedsPerson, NotAssessed, NotApplicable, Accepted],
        RequireMfa => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, Accepted],
        UsersMfa => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, Accepted],
        TrailBucket => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, NotApplicable, Accepted],
        Trail => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, Accepted],
        LogDelivery => &[InPlace, NeedsPerson, Waiting, Blocked, NotAssessed, Accepted],
        BillingAccess => &[InPlace, NeedsPerson, NotApplicable, Accepted],
        ReportBucket => &[InPlace, ToChange, NeedsPerson, NotAssessed, NotApplicable, Accepted],
        Report => &[InPlace, ToChange, NeedsPerson, Blocked, NotAssessed, NotApplicable, Accepted],
        ReportDelivery => &[InPlace, NeedsPerson, Waiting, Blocked, NotAssessed, NotApplicable, Accepted],
        IndividualUsers => &[InPlace, NeedsPerson, Blocked, NotAssessed, Accepted],
        PermissionsThroughGroups | UnusedCredentials | ActivityMonitoring => {
            &[InPlace, ToChange, NeedsPerson, NotAssessed, Accepted]
        }
        KeyRotation | RolesNotKeys | LeastPrivilege => &[InPlace, NeedsPerson, NotAssessed, Accepted],
    }
}

/// The account that a case begins with.
#[derive(Debug, Clone, Copy)]
enum Start {
    New,
    Finished,
}
use Start::{Finished, New};

/// A step, and how it stands in an account that begins so, but for what is given.
type Case<F> = (StepId, State, Start, fn(&mut F, &mut Answers));

const ROOT_USER: &[Case<root_user::Facts>] = &[
    (PasswordPolicy, InPlace, Finished, |_, _| {}),
    (PasswordPolicy, ToChange, New, |_, _| {}),
    (PasswordPolicy, NotAssessed, New, |facts, _| facts.password_policy = Err(unseen())),
    (AdminGroup, InPlace, Finished, |_, _| {}),
    (AdminGroup, ToChange, New, |_, _| {}),
    (AdminGroup, NeedsPerson, New, |facts, _| facts.group = Ok(Some(group("mallory", &[])))),
    (AdminGroup, NotAssessed, New, |facts, _| facts.group = Err(unseen())),
    (AdminUser, InPlace, Finished, |_, _| {}),
    (AdminUser, ToChange, New, |_, _| {}),
    (AdminUser, NeedsPerson, New, |_, answers| answers.admin.user = None),
    (AdminUser, NotAssessed, New, |facts, _| facts.user = Some(Err(unseen()))),
    (AdminSignIn, InPlace, Finished, |facts, _| facts.sign_in = SignIn::Proven),
    (AdminSignIn, ToChange, New, |_, _| {}),
    (AdminSignIn, NeedsPerson, New, |facts, _| facts.profile_exists = true),
    (AdminSignIn, Blocked, New, |_, answers| answers.admin.access_key_profile = None),
    (AdminSignIn, NotAssessed, New, |facts, _| facts.user = Some(Err(unseen()))),
    (RootCredentials, InPlace, New, |_, _| {}),
    (RootCredentials, NeedsPerson, New, |_, answers| answers.root.credentials_stored = false),
    (RootCredentials, NotApplicable, New, |facts, _| facts.partition = "aws-cn".into()),
    (RootAccessKeys, InPlace, Finished, |_, _| {}),
    (RootAccessKeys, ToChange, New, |facts, _| sign_in(facts)),
    (RootAccessKeys, NeedsPerson, New, |facts, answers| {
        sign_in(facts);
        answers.root.delete_access_keys = false;
    }),
    (RootAccessKeys, Blocked, New, |_, _| {}),
    (RootAccessKeys, NotAssessed, New, |facts, _| facts.root_keys = Err(unseen())),
    (RootAccessKeys, NotApplicable, New, |facts, _| facts.partition = "aws-cn".into()),
];

const MFA: &[Case<mfa::Facts>] = &[
    (AdminMfa, InPlace, Finished, |_, _| {}),
    (AdminMfa, ToChange, New, |_, answers| {
        answers.mfa.enrol_command = Some(vec!["enrol".into()]);
        answers.mfa.code_command = Some(vec!["code".into()]);
    }),
    (AdminMfa, NeedsPerson, New, |_, _| {}),
    (AdminMfa, Blocked, New, |_, answers| answers.admin.user = None),
    (AdminMfa, NotAssessed, New, |facts, _| facts.admin = Err(unseen())),
    (RootMfa, InPlace, Finished, |_, _| {}),
    (RootMfa, NeedsPerson, New, |_, _| {}),
    (RootMfa, NotAssessed, New, |facts, _| facts.root_mfa = Err(unseen())),
    (RootMfa, NotApplicable, New, |facts, _| facts.root.managed_centrally = true),
    (RequireMfa, InPlace, Finished, |_, _| {}),
    (RequireMfa, ToChange, Finished, |facts, _| {
        facts.attached = Ok(false);
        // A key that nobody has proven to work with the device would be stopped.
        if let Ok(Some((_, members))) = &mut facts.group {
            members.iter_mut().for_each(|member| member.active_keys.clear());
        }
    }),
    (RequireMfa, NeedsPerson, Finished, |facts, _| {
        (facts.attached, facts.run, facts.device_hours) = (Ok(false), RunMfa::AdministratorByLogin, None);
    }),
    (RequireMfa, Blocked, New, |_, _| {}),
    (RequireMfa, NotAssessed, New, |facts, _| facts.policy = Err(unseen())),
    (UsersMfa, InPlace, Finished, |_, _| {}),
    (UsersMfa, ToChange, Finished, |_, answers| {
        answers.people = vec![PersonAnswer {
            user: "bob".into(),
            groups: vec!["Developers".into()],
            console_password_file: None,
        }];
    }),
    (UsersMfa, NeedsPerson, Finished, |facts, _| facts.users_without_mfa = Ok(vec!["bob".into()])),
    (UsersMfa, Blocked, New, |_, _| {}),
    (UsersMfa, NotAssessed, New, |facts, _| facts.users_without_mfa = Err(unseen())),
];

const CLOUDTRAIL: &[Case<cloudtrail::Facts>] = &[
    (TrailBucket, InPlace, Finished, |_, _| {}),
    (TrailBucket, ToChange, Finished, |facts, _| facts.bucket = BucketFacts::Free),
    (TrailBucket, NeedsPerson, Finished, |facts, _| {
        (facts.trail, facts.bucket) = (Ok(None), BucketFacts::NotMine);
    }),
    (TrailBucket, Blocked, New, |facts, _| facts.administrators = Ok(BTreeSet::new())),
    (TrailBucket, NotAssessed, New, |facts, _| facts.trail = Err(unseen())),
    (TrailBucket, NotApplicable, Finished, |facts, _| facts.bucket = BucketFacts::NotMine),
    (Trail, InPlace, Finished, |_, _| {}),
    (Trail, ToChange, Finished, |facts, _| facts.trail = Ok(None)),
    (Trail, NeedsPerson, Finished, |facts, _| {
        if let Ok(Some(trail)) = &mut facts.trail {
            (trail.of_another_account, trail.logging) = (true, Ok(false));
        }
    }),
    (Trail, Blocked, New, |facts, _| facts.administrators = Ok(BTreeSet::new())),
    (Trail, NotAssessed, New, |facts, _| facts.trail = Err(unseen())),
    (LogDelivery, InPlace, Finished, |_, _| {}),
    (LogDelivery, NeedsPerson, Finished, |facts, _| {
        deliver(facts, cloudtrail::Delivery::Failed("AccessDenied".into()));
    }),
    (LogDelivery, Waiting, Finished, |facts, _| deliver(facts, cloudtrail::Delivery::NotYet)),
    (LogDelivery, Blocked, New, |_, _| {}),
    (LogDelivery, NotAssessed, New, |facts, _| facts.trail = Err(unseen())),
];

const BILLING_REPORT: &[Case<billing_report::Facts>] = &[
    (BillingAccess, InPlace, New, |_, _| {}),
    (BillingAccess, NeedsPerson, New, |_, answers| answers.billing.console_access_activated = false),
    (BillingAccess, NotApplicable, New, |facts, _| facts.partition = "aws-us-gov".into()),
    (ReportBucket, InPlace, Finished, |_, _| {}),
    (ReportBucket, ToChange, New, |_, _| {}),
    (ReportBucket, NeedsPerson, New, |facts, _| facts.bucket = BucketFacts::NotMine),
    (ReportBucket, NotAssessed, New, |facts, _| facts.reports = Err(unseen())),
    (ReportBucket, NotApplicable, New, |facts, _| facts.partition = "aws-us-gov".into()),
    (Report, InPlace, Finished, |_, _| {}),
    (Report, ToChange, New, |_, _| {}),
    (Report, NeedsPerson, Finished, |_, answers| answers.billing.time_unit = TimeUnit::Daily),
    (Report, Blocked, New, |facts, _| facts.bucket = BucketFacts::NotMine),
    (Report, NotAssessed, New, |facts, _| facts.reports = Err(unseen())),
    (Report, NotApplicable, New, |facts, _| facts.partition = "aws-us-gov".into()),
    (ReportDelivery, InPlace, Finished, |_, _| {}),
    (ReportDelivery, NeedsPerson, Finished, |facts, _| report_as(facts, Some("ERROR_NO_BUCKET"), None)),
    (ReportDelivery, Waiting, Finished, |facts, _| report_as(facts, None, None)),
    (ReportDelivery, Blocked, New, |_, _| {}),
    (ReportDelivery, NotAssessed, New, |facts, _| facts.reports = Err(unseen())),
    (ReportDelivery, NotApplicable, New, |facts, _| facts.partition = "aws-us-gov".into()),
];

const IAM_PRACTICES: &[Case<iam_practices::Facts>] = &[
    (IndividualUsers, InPlace, Finished, |_, _| {}),
    (IndividualUsers, NeedsPerson, Finished, |facts, _| add_user(facts, "team", None)),
    (IndividualUsers, Blocked, New, |_, _| {}),
    (IndividualUsers, NotAssessed, New, |facts, _| facts.rights = Err(unseen())),
    (PermissionsThroughGroups, InPlace, Finished, |_, _| {}),
    (PermissionsThroughGroups, ToChange, Finished, |facts, answers| {
        answers.iam.move_to_groups = true;
        add_user(facts, "bob", Some(READ_ONLY));
    }),
    (PermissionsThroughGroups, NeedsPerson, Finished, |facts, _| add_user(facts, "bob", Some(READ_ONLY))),
    (PermissionsThroughGroups, NotAssessed, New, |facts, _| facts.rights = Err(unseen())),
    (UnusedCredentials, InPlace, Finished, |_, _| {}),
    (UnusedCredentials, ToChange, Finished, |facts, answers| {
        answers.iam.disable_unused = true;
        add_key(facts, None);
    }),
    (UnusedCredentials, NeedsPerson, Finished, |facts, _| add_key(facts, None)),
    (UnusedCredentials, NotAssessed, New, |facts, _| facts.report = Err(unseen())),
    (KeyRotation, InPlace, Finished, |_, _| {}),
    (KeyRotation, NeedsPerson, Finished, |facts, _| add_key(facts, Some("iam"))),
    (KeyRotation, NotAssessed, New, |facts, _| facts.report = Err(unseen())),
    (RolesNotKeys, InPlace, Finished, |_, _| {}),
    (RolesNotKeys, NeedsPerson, Finished, |facts, _| add_key(facts, Some("s3"))),
    (RolesNotKeys, NotAssessed, New, |facts, _| facts.report = Err(unseen())),
    (LeastPrivilege, InPlace, Finished, |_, _| {}),
    (LeastPrivilege, NeedsPerson, Finished, |facts, _| add_user(facts, "bob", Some(ADMINISTRATOR_ACCESS))),
    (LeastPrivilege, NotAssessed, New, |facts, _| facts.rights = Err(unseen())),
    (ActivityMonitoring, InPlace, Finished, |_, _| {}),
    (ActivityMonitoring, ToChange, New, |_, _| {}),
    (ActivityMonitoring, NeedsPerson, Finished, |facts, _| facts.support = Ok(SupportRole::Namesake)),
    (ActivityMonitoring, NotAssessed, Finished, |facts, _| facts.analyzer = Err(unseen())),
];

fn unseen() -> Unseen {
    Unseen::denied("iam:GetSomething", "AccessDenied")
}

/// A group of the administrators' name with this member and these policies.
fn group(member: &str, policies: &[&str]) -> Group {
    Group {
        name: "Administrators".into(),
        members: vec![member.into()],
        policies: policies.iter().copied().map(str::to_owned).collect(),
        inline_policies: 0,
    }
}

/// The administrator is there and has signed in.
fn sign_in(facts: &mut root_user::Facts) {
    facts.group = Ok(Some(group("alice", &[ADMINISTRATOR_ACCESS])));
    facts.sign_in = SignIn::Proven;
    facts.signed_in_with_mfa = true;
}

fn deliver(facts: &mut cloudtrail::Facts, delivery: cloudtrail::Delivery) {
    if let Ok(Some(trail)) = &mut facts.trail {
        trail.delivery = delivery;
    }
}

/// What AWS says of the last delivery of every report.
fn report_as(facts: &mut billing_report::Facts, status: Option<&str>, date: Option<&str>) {
    for report in facts.reports.iter_mut().flatten() {
        (report.last_status, report.last_delivery) = (status.map(Into::into), date.map(Into::into));
        report.fresh = report.last_delivery.is_some();
    }
}

/// A user who is in no group, with this policy.
fn add_user(facts: &mut iam_practices::Facts, name: &str, policy: Option<&str>) {
    let attached = |arn: &str| Attached { name: arn.rsplit('/').next().unwrap().into(), arn: arn.into() };
    if let Ok(rights) = &mut facts.rights {
        let attached = policy.into_iter().map(attached).collect();
        rights.users.push(User { name: name.into(), attached, ..User::default() });
    }
}

/// A user without a password, with a key of last year, which was used just now for this service, or never.
fn add_key(facts: &mut iam_practices::Facts, service: Option<&str>) {
    let last_use = service.map(|service| LastUse {
        at: facts.now,
        region: Some("us-east-1".into()),
        service: Some(service.into()),
    });
    let made = Some(facts.now - 365 * 86_400);
    let key = Key { id: Some("AKIA1".into()), active: true, made, last_use, ..Key::default() };
    if let (Ok(report), Ok(looked_up)) = (&mut facts.report, &mut facts.looked_up) {
        report.rows.push(Row {
            user: "bob".into(),
            created: made,
            keys: vec![key.clone()],
            ..Row::default()
        });
        looked_up.insert("bob".into(), vec![key]);
    }
}

/// What is true in both accounts, and the answers that both were looked at with.
struct Accounts<F> {
    new: F,
    finished: F,
    answers: Answers,
}

impl<F: Clone> Accounts<F> {
    /// The facts and the answers of a case, and perhaps of another one on top.
    fn given(&self, start: Start, all: &[fn(&mut F, &mut Answers)]) -> (F, Answers) {
        let mut facts = match start {
            New => self.new.clone(),
            Finished => self.finished.clone(),
        };
        let mut answers = self.answers.clone();
        for given in all {
            given(&mut facts, &mut answers);
        }
        (facts, answers)
    }

    /// The states that the cases come to, each with its step. Each has to be as the case says.
    fn judged<P: Practice<Facts = F>>(&self, cases: &[Case<F>]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (step, state, start, given) in cases {
            let (facts, answers) = self.given(*start, &[*given]);
            assert_eq!(stands::<P>(&facts, &answers, *step), *state, "{step} of {start:?}");
            found.insert(pair(*step, *state));
            if *step != AdminUser && *state != InPlace {
                let accept = vec![Accept { step: *step, reason: "we know".into() }];
                let accepted = stands::<P>(&facts, &Answers { accept, ..answers }, *step);
                // Nobody knows what it would be that is accepted.
                let expected = if [NotAssessed, NotApplicable].contains(state) { *state } else { Accepted };
                assert_eq!(accepted, expected, "{step} of {start:?}, which was {state:?}");
                found.insert(pair(*step, accepted));
            }
        }
        found
    }

    /// Tries every two cases together.
    fn explore<P: Practice<Facts = F>>(&self, cases: &[Case<F>]) {
        for (one, _, start, first) in cases {
            for (other, .., second) in cases {
                let (facts, answers) = self.given(*start, &[*first, *second]);
                for plan in P::plan(&facts, &answers) {
                    let (step, state) = (plan.step, plan.state);
                    let place = format!("{step} is {state:?}, by a case of {one} and one of {other}");
                    assert!(reachable(step).contains(&state), "{place}: a state that has no case");
                }
            }
        }
    }
}

fn stands<P: Practice>(facts: &P::Facts, answers: &Answers, step: StepId) -> State {
    P::plan(facts, answers).into_iter().find(|plan| plan.step == step).unwrap().state
}

fn pair(step: StepId, state: State) -> String {
    format!("{step}: {state:?}")
}

/// Root, looking at the account from a machine.
async fn looker(account: &PracticeAccount, folder: &Path) -> Session {
    let connection =
        Connection::through(account.http_client(), account.root_login(), files(folder), Access::ReadOnly);
    Box::pin(Session::open(connection)).await.unwrap()
}

async fn facts<P: Practice>(session: &Session, answers: &Answers) -> P::Facts {
    let readings = Readings::by(session.acting(), &answers.admin.group);
    Box::pin(P::observe(session, &readings, answers)).await.unwrap()
}

/// Every state in the table has a case, and no case or pair of cases comes to another.
async fn hold<P: Practice>(new: &Session, finished: &Session, cases: &[Case<P::Facts>])
where
    P::Facts: Clone,
{
    let answers = Collected::from_sources(Map::new(), Map::new(), answers(json!({}))).unwrap().answers;
    let accounts = Accounts {
        new: facts::<P>(new, &answers).await,
        finished: facts::<P>(finished, &answers).await,
        answers,
    };
    let all = P::ID.steps().iter();
    let all = all.flat_map(|step| reachable(*step).iter().map(move |state| pair(*step, *state)));
    assert_eq!(accounts.judged::<P>(cases), all.collect::<BTreeSet<_>>());
    accounts.explore::<P>(cases);
}

#[tokio::test(start_paused = true)]
async fn every_state_that_a_step_can_come_to_has_a_case() {
    let (clock, folders) = (clock(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let [new, finished] = [(), ()].map(|()| PracticeAccount::in_memory(clock.clone()).unwrap());
    let first = walk(&finished, &clock, folders[1].path(), None, json!({})).await;
    first.result.unwrap();
    finished.console(ConsoleAction::RootMfa).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let second = walk(&finished, &clock, folders[1].path(), first.seed, json!({})).await;
    second.result.as_ref().unwrap();
    assert_eq!(second.left(), []);

    let new = looker(&new, folders[0].path()).await;
    let finished = looker(&finished, folders[1].path()).await;
    hold::<RootUser>(&new, &finished, ROOT_USER).await;
    hold::<Mfa>(&new, &finished, MFA).await;
    hold::<Cloudtrail>(&new, &finished, CLOUDTRAIL).await;
    hold::<BillingReport>(&new, &finished, BILLING_REPORT).await;
    hold::<IamPractices>(&new, &finished, IAM_PRACTICES).await;
}
