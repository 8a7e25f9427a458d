//! How each step of the practice stands, and what is to be done. Pure.
//!
//! The steps about passwords and keys are in `credentials.rs` and `rotation.rs`, those about rights in `permissions.rs`,
//! and the one about who would notice in `monitoring.rs`.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::answers::Answers;
use crate::aws::Unseen;
use crate::credential_report::{CredentialReport, Maker, Row};
use crate::moment::day;
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan, Verb, after};
use crate::text;
use crate::text::{Text, harmless, shortened};

use super::facts::Facts;
use super::lifetimes::{UNUSED_DAYS, has_passed};
use super::rights::User;
use super::root_alarm::AlarmChange;
use super::{credentials, monitoring, permissions, rotation};

/// Of a long list so many lines are shown.
const SHOWN: usize = 20;

/// Words for groups of people, for roles and for machines. A name of nothing but these is nobody's own.
#[rustfmt::skip] // Words by the line are read at a glance.
const SHARED: [&str; 46] = [
    "account", "accounts", "admin", "administrator", "administrators", "admins", "all", "app",
    "aws", "backup", "bot", "build", "cd", "ci", "cicd", "common", "company", "demo", "deploy",
    "deployer", "dev", "developer", "developers", "devops", "everyone", "group", "guest", "iam",
    "login", "office", "ops", "prod", "public", "qa", "root", "service", "shared", "staging",
    "support", "svc", "team", "temp", "test", "tester", "user", "users",
];

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Change {
    /// Creates a group for the holders of a policy.
    CreateGroup {
        /// Its name.
        group: String,
    },
    /// Gives a group the policy that its members have held themselves.
    AttachGroupPolicy {
        /// The group.
        group: String,
        /// The policy's ARN.
        policy: String,
    },
    /// Puts a user into a group.
    AddUserToGroup {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Takes a policy off a user, who has it through a group by then.
    DetachUserPolicy {
        /// The user.
        user: String,
        /// The policy's ARN.
        policy: String,
        /// The group.
        group: String,
    },
    /// Writes into a group the inline policy that its members have had themselves.
    PutGroupPolicy {
        /// The group.
        group: String,
        /// The policy's name.
        policy: String,
        /// The document, as JSON.
        document: String,
    },
    /// Deletes an inline policy of a user, who has it through a group by then.
    DeleteUserPolicy {
        /// The user.
        user: String,
        /// The policy's name.
        policy: String,
        /// The group.
        group: String,
    },
    /// Switches off an access key.
    DeactivateKey {
        /// The user.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Switches an access key on again, because something still needs it.
    ReactivateKey {
        /// The user.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Deletes an access key that is off.
    DeleteKey {
        /// The user.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Makes a user's second access key, and puts it in the place of the first on this computer.
    ReplaceKey {
        /// The user.
        user: String,
        /// The first key's id.
        access_key: String,
        /// The AWS profiles that hold it.
        profiles: Vec<String>,
    },
    /// Creates the analyzer of access from outside.
    CreateAnalyzer {
        /// Its Region.
        region: String,
        /// Its name.
        name: String,
    },
    /// Creates the role that may talk to AWS Support.
    CreateSupportRole {
        /// Its name.
        role: String,
    },
    /// Lets the role talk to AWS Support.
    AttachSupportAccess {
        /// The role.
        role: String,
        /// The ARN of AWS's managed policy.
        policy: String,
    },
    /// Has S3 block public access in the whole account.
    BlockPublicAccess {
        /// The account number.
        account: String,
        /// The Region in which it is said. It holds in all of them.
        region: String,
    },
    /// Gives the account a contact for security notices.
    SetSecurityContact {
        /// The contact's name.
        name: String,
        /// The contact's title.
        title: String,
        /// The e-mail address.
        email: String,
        /// The phone number.
        phone: String,
    },
    /// Something about the alarm on root.
    RootAlarm(AlarmChange),
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![
        individual_users(facts, answers),
        permissions::through_groups(facts, answers),
        credentials::unused(facts, answers),
        rotation::rotation(facts, answers),
        credentials::roles_not_keys(facts, answers),
        permissions::least_privilege(facts, answers),
        monitoring::activity(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

/// Where only a part was seen, that part may be left to do, and nobody knows of the rest.
fn individual_users(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let plan = users_of_their_own(facts, answers);
    match &facts.report {
        Err(unseen) if plan.state != State::NotAssessed => plan.with_unseen(unseen.clone()),
        _ => plan,
    }
}

fn users_of_their_own(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::IndividualUsers;
    let users = match &facts.rights {
        Ok(rights) => &rights.users,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if users.is_empty() {
        return StepPlan::blocked(step, after(StepId::AdminUser));
    }
    let shared: Vec<_> = users.iter().filter(|user| is_shared(user, facts)).collect();
    let bare = users_of_nobody(users, facts, answers);
    if !shared.is_empty() || !bare.is_empty() {
        let plan = StepPlan::needs_person(step, settle_users(&shared, &bare));
        let lines = shared.iter().chain(&bare).map(|user| evidence(user, facts)).collect();
        let plan = with_lines(plan, lines);
        return if facts.report.is_ok() { plan.with_note(basis(facts)) } else { plan };
    }
    let missing = missing(users, answers);
    if !missing.is_empty() {
        return StepPlan::blocked(step, still_missing(&missing));
    }
    let count = users.len();
    let found =
        text! { en: "no name looks shared, of {count}", ko: "공용으로 보이는 이름 없음({count}명 중)" };
    match &facts.report {
        Ok(report) => in_place_by(step, report, facts, &found),
        // Nobody knows whether there is somebody as whom nobody can sign in.
        Err(unseen) => StepPlan::not_assessed(step, unseen),
    }
}

/// A user whom nobody can sign in as is nobody's, however it is called. One that the report does not know yet counts.
fn is_shared(user: &User, facts: &Facts) -> bool {
    let opens = |row: &Row| row.password || facts.keys(row).iter().any(|key| key.active);
    looks_shared(&user.name) && row_of(facts, &user.name).is_none_or(opens)
}

/// The users as whom nobody can sign in, and who have been there for a while. The administrator and the people of the
/// answers get what they sign in with by steps of their own.
fn users_of_nobody<'f>(users: &'f [User], facts: &Facts, answers: &Answers) -> Vec<&'f User> {
    let rows = facts.report.iter().flat_map(CredentialReport::users);
    let bare: BTreeSet<_> =
        rows.filter(|row| is_bare(row, facts.now)).map(|row| row.user.to_ascii_lowercase()).collect();
    let is_expected = |name: &str| answers.people.iter().any(|person| person.user.eq_ignore_ascii_case(name));
    users
        .iter()
        .filter(|user| bare.contains(&user.name.to_ascii_lowercase()))
        .filter(|user| !is_expected(&user.name) && !facts.is_one_of_ours(&user.name, answers))
        .collect()
}

/// Whether a user has neither a password nor a key nor a certificate, so long after it was made that none will come.
pub(super) fn is_bare(row: &Row, now: i64) -> bool {
    let opens = row.password || !row.keys.is_empty() || row.certificate;
    !opens && has_passed(row.created, UNUSED_DAYS, now)
}

/// Whether a name is made of nothing but words that are nobody's own.
pub(super) fn looks_shared(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut words = words.peekable();
    words.peek().is_some() && words.all(|word| SHARED.contains(&word))
}

fn missing(users: &[User], answers: &Answers) -> Vec<String> {
    let is_there = |name: &str| users.iter().any(|user| user.name.eq_ignore_ascii_case(name));
    answers.people.iter().map(|person| person.user.clone()).filter(|name| !is_there(name)).collect()
}

fn still_missing(missing: &[String]) -> Text {
    let names = shortened(missing);
    let first = after(StepId::UsersMfa);
    let (en, ko) = (&first.en, &first.ko);
    text! {
        en: "Named in the answers and not in the account yet: {names}. {en}",
        ko: "응답에 있지만 계정에 아직 없는 사람: {names}. {ko}"
    }
}

fn settle_users(shared: &[&User], bare: &[&User]) -> PersonTask {
    let names = |users: &[&User]| {
        let names: Vec<_> = users.iter().map(|user| user.name.clone()).collect();
        shortened(&names)
    };
    let (mut what, mut how) = (Vec::new(), Vec::new());
    if !shared.is_empty() {
        what.push(give_each_their_own(&names(shared)));
        how.extend(how_to_give_each_their_own());
    }
    if !bare.is_empty() {
        what.push(let_go(&names(bare)));
        how.push(how_to_let_go());
    }
    how.push(accept_it(StepId::IndividualUsers));
    PersonTask { what: joined(what, ". "), how, seen: Seen::Elsewhere }
}

fn give_each_their_own(names: &str) -> Text {
    text! {
        en: "Find out whether somebody shares these users, and give each person one of their own: {names}",
        ko: "여러 사람이 함께 쓰는 사용자인지 확인하고 각자 자기 사용자를 갖게 하세요: {names}"
    }
}

fn how_to_give_each_their_own() -> [Text; 2] {
    [
        text! {
            en: "Name everybody under [[people]] in the answers, or make their users in the IAM console; rights come through groups.",
            ko: "응답의 [[people]]에 사람을 적거나 IAM 콘솔에서 사용자를 만드세요. 권한은 그룹으로 줍니다."
        },
        text! {
            en: "Give a machine a role instead of a user. Then switch off the password and the keys of the shared one, and delete it when nobody missed it.",
            ko: "프로그램이나 서버에는 사용자 대신 역할을 주세요. 그런 다음 공용 사용자의 암호와 키를 끄고, 찾는 사람이 없으면 삭제하세요."
        },
    ]
}

fn let_go(names: &str) -> Text {
    text! {
        en: "Delete these users if nobody needs them, because nobody can sign in as them: {names}",
        ko: "아무도 로그인할 수 없는 사용자이니 필요하지 않으면 삭제하세요: {names}"
    }
}

fn how_to_let_go() -> Text {
    text! {
        en: "They have no password, no access key and no signing certificate. The credential report does not tell of SSH keys and of credentials for single services: look at Security credentials of the user in the IAM console before you delete it. What is deleted does not come back, so dayone deletes no user.",
        ko: "암호, 액세스 키, 서명 인증서가 없습니다. 자격 증명 보고서에는 SSH 키와 특정 서비스용 자격 증명이 나오지 않으니, 삭제하기 전에 IAM 콘솔의 사용자에서 보안 자격 증명을 확인하세요. 삭제하면 되돌릴 수 없으므로 dayone은 사용자를 삭제하지 않습니다."
    }
}

/// "It may stay as it is."
pub(super) fn accept_it(step: StepId) -> Text {
    text! {
        en: "Where it is meant to be so: [[accept]] in the answers, with step = \"{step}\" and the reason.",
        ko: "의도한 것이라면 응답의 [[accept]]에 step = \"{step}\"과 이유를 적으세요."
    }
}

/// What opens a user, and since when it is there.
fn evidence(user: &User, facts: &Facts) -> Text {
    let name = harmless(&user.name);
    let Some(row) = row_of(facts, &user.name) else {
        return text! { en: "{name}: its credentials are not known", ko: "{name}: 보안 인증 정보를 알 수 없음" };
    };
    let keys = facts.keys(row).iter().filter(|key| key.active).count();
    let (password, made) = (yes_or_no(row.password), made_in_words(row.created, row.made_by.as_ref()));
    let (en, ko, made_en, made_ko) = (&password.en, &password.ko, &made.en, &made.ko);
    text! {
        en: "{name}: created {made_en}, console password {en}, active keys {keys}",
        ko: "{name}: 생성 {made_ko}, 콘솔 암호 {ko}, 활성 키 {keys}개"
    }
}

fn yes_or_no(yes: bool) -> Text {
    if yes {
        text! { en: "yes", ko: "있음" }
    } else {
        text! { en: "no", ko: "없음" }
    }
}

fn row_of<'f>(facts: &'f Facts, user: &str) -> Option<&'f Row> {
    let report = facts.report.as_ref().ok()?;
    report.users().find(|row| row.user.eq_ignore_ascii_case(user))
}

/// What a verdict about credentials rests on.
pub(super) fn basis(facts: &Facts) -> Text {
    match &facts.report {
        Ok(report) => age(report, facts.now),
        Err(unseen) => unseen.text(),
    }
}

/// How old the credential report is: every verdict that rests on it tells.
fn age(report: &CredentialReport, now: i64) -> Text {
    let Some(generated) = report.generated else {
        return text! { en: "by a credential report of unknown age", ko: "생성 시각을 알 수 없는 자격 증명 보고서 기준" };
    };
    let minutes = now.saturating_sub(generated).max(0) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => text! {
            en: "by the credential report of less than a minute ago",
            ko: "방금 만든 자격 증명 보고서 기준"
        },
        (0, minutes) => text! {
            en: "by the credential report of {minutes} min ago",
            ko: "{minutes}분 전 자격 증명 보고서 기준"
        },
        (hours, minutes) => text! {
            en: "by the credential report of {hours} h {minutes} min ago",
            ko: "{hours}시간 {minutes}분 전 자격 증명 보고서 기준"
        },
    }
}

/// In place, unless the report has lines that could not be read: about these nothing is known.
pub(super) fn in_place_by(
    step: StepId,
    report: &CredentialReport,
    facts: &Facts,
    found: &Text,
) -> StepPlan<Change> {
    let count = report.unreadable;
    if count > 0 {
        let why = text! { en: "{count} lines cannot be read.", ko: "읽을 수 없는 줄이 {count}개 있습니다." };
        return StepPlan::not_assessed(step, &Unseen::failed("iam:GetCredentialReport", why));
    }
    StepPlan::in_place(step, bracketed(found, &basis(facts)))
}

/// "found (by the report)".
pub(super) fn bracketed(found: &Text, basis: &Text) -> Text {
    let (en, ko, by_en, by_ko) = (&found.en, &found.ko, &basis.en, &basis.ko);
    text! { en: "{en} ({by_en})", ko: "{ko}({by_ko})" }
}

/// Several sentences as one text.
pub(super) fn sentences(texts: impl IntoIterator<Item = Text>) -> Text {
    joined(texts, " ")
}

/// Several findings as one text.
pub(super) fn listed(texts: Vec<Text>) -> Text {
    joined(texts, "; ")
}

fn joined(texts: impl IntoIterator<Item = Text>, by: &str) -> Text {
    let (en, ko): (Vec<_>, Vec<_>) = texts.into_iter().map(|text| (text.en, text.ko)).unzip();
    Text { en: en.join(by), ko: ko.join(by) }
}

/// The evidence, line by line, and how much more there is.
pub(super) fn with_lines(plan: StepPlan<Change>, lines: Vec<Text>) -> StepPlan<Change> {
    let more = lines.len().saturating_sub(SHOWN);
    let plan = lines.into_iter().take(SHOWN).fold(plan, StepPlan::with_note);
    if more == 0 {
        return plan;
    }
    plan.with_note(text! { en: "… and {more} more", ko: "… 외 {more}건" })
}

/// When something was made, and by whom, as far as that was asked.
pub(super) fn made_in_words(made: Option<i64>, by: Option<&Maker>) -> Text {
    let day = day(made);
    match by {
        None => Text::verbatim(day),
        Some(Maker::Somebody(who)) => {
            let who = harmless(who);
            text! { en: "{day} by {who}", ko: "{day}({who})" }
        }
        Some(Maker::NotOnRecord) => {
            text! { en: "{day} (by whom is not on record)", ko: "{day}(만든 사람 기록 없음)" }
        }
        Some(Maker::NotSeen) => {
            text! { en: "{day} (by whom could not be read)", ko: "{day}(만든 사람 확인 못 함)" }
        }
    }
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::CreateGroup { .. }
            | Self::PutGroupPolicy { .. }
            | Self::ReplaceKey { .. }
            | Self::CreateAnalyzer { .. }
            | Self::CreateSupportRole { .. }
            | Self::SetSecurityContact { .. } => Verb::Create,
            Self::AttachGroupPolicy { .. }
            | Self::AddUserToGroup { .. }
            | Self::AttachSupportAccess { .. } => Verb::Attach,
            Self::DetachUserPolicy { .. } => Verb::Detach,
            Self::DeactivateKey { .. } => Verb::Disable,
            Self::DeleteUserPolicy { .. } | Self::DeleteKey { .. } => Verb::Delete,
            Self::ReactivateKey { .. } | Self::BlockPublicAccess { .. } => Verb::Enable,
            Self::RootAlarm(change) => change.verb(),
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::CreateGroup { group } | Self::AttachGroupPolicy { group, .. } => {
                format!("iam:group/{group}")
            }
            Self::AddUserToGroup { user, .. } | Self::DetachUserPolicy { user, .. } => {
                format!("iam:user/{user}")
            }
            Self::PutGroupPolicy { group, policy, .. } => format!("iam:group-policy/{group}/{policy}"),
            Self::DeleteUserPolicy { user, policy, .. } => format!("iam:user-policy/{user}/{policy}"),
            Self::DeactivateKey { access_key, .. }
            | Self::ReactivateKey { access_key, .. }
            | Self::DeleteKey { access_key, .. } => {
                format!("iam:access-key/{access_key}")
            }
            Self::ReplaceKey { user, .. } => format!("iam:access-key/{user}"),
            Self::CreateAnalyzer { region, name } => format!("access-analyzer:{region}/analyzer/{name}"),
            Self::CreateSupportRole { role } | Self::AttachSupportAccess { role, .. } => {
                format!("iam:role/{role}")
            }
            Self::BlockPublicAccess { account, .. } => format!("s3:account-public-access-block/{account}"),
            Self::SetSecurityContact { .. } => "account:contact/security".into(),
            Self::RootAlarm(change) => change.resource(),
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::CreateGroup { group } => {
                let group = harmless(group);
                text! { en: "group {group}", ko: "그룹 {group}" }
            }
            Self::AttachGroupPolicy { group, policy } => to_group(group, &name_in(policy)),
            Self::AddUserToGroup { user, group } => into_group(group, user),
            Self::PutGroupPolicy { group, policy, .. } => written_into_group(group, policy),
            Self::DetachUserPolicy { user, policy, group } => from_user(user, &name_in(policy), group),
            Self::DeleteUserPolicy { user, policy, group } => inline_of_user(user, policy, group),
            Self::DeactivateKey { user, access_key } => switched_off(user, access_key),
            Self::ReactivateKey { user, access_key } => of_key(user, access_key),
            Self::ReplaceKey { user, access_key, profiles } => in_place_of(user, access_key, profiles),
            Self::DeleteKey { user, access_key } => gone_for_good(user, access_key),
            Self::CreateAnalyzer { region, name } => text! {
                en: "analyzer {name} in {region}: what outsiders can reach; free",
                ko: "{region}의 분석기 {name}: 외부에서 접근할 수 있는 것을 찾음(무료)"
            },
            Self::CreateSupportRole { role } => text! {
                en: "role {role}, for people of this account with MFA",
                ko: "역할 {role}(MFA를 거친 이 계정의 사람용)"
            },
            Self::AttachSupportAccess { role, .. } => {
                text! { en: "AWSSupportAccess to role {role}", ko: "역할 {role}에 AWSSupportAccess" }
            }
            Self::BlockPublicAccess { .. } => text! {
                en: "S3 Block Public Access for the whole account",
                ko: "계정 전체의 S3 퍼블릭 액세스 차단"
            },
            Self::SetSecurityContact { email, phone, .. } => security_contact(email, phone),
            Self::RootAlarm(change) => change.summary(),
        }
    }

    fn is_irreversible(&self) -> bool {
        matches!(self, Self::DeleteKey { .. })
    }
}

fn to_group(group: &str, policy: &str) -> Text {
    let group = harmless(group);
    text! { en: "{policy} to group {group}", ko: "그룹 {group}에 {policy}" }
}

fn into_group(group: &str, user: &str) -> Text {
    let (user, group) = (harmless(user), harmless(group));
    text! { en: "user {user} to group {group}", ko: "그룹 {group}에 사용자 {user}" }
}

fn written_into_group(group: &str, policy: &str) -> Text {
    let (group, policy) = (harmless(group), harmless(policy));
    text! {
        en: "inline policy {policy} in group {group}, with the same document",
        ko: "그룹 {group}에 같은 문서의 인라인 정책 {policy}"
    }
}

fn from_user(user: &str, policy: &str, group: &str) -> Text {
    let (user, group) = (harmless(user), harmless(group));
    text! {
        en: "{policy} from user {user}, who has it through group {group}",
        ko: "사용자 {user}에게서 {policy}(그룹 {group}을(를) 통해 그대로 유지)"
    }
}

fn inline_of_user(user: &str, policy: &str, group: &str) -> Text {
    let (user, policy, group) = (harmless(user), harmless(policy), harmless(group));
    text! {
        en: "inline policy {policy} of user {user}, who has it through group {group}",
        ko: "사용자 {user}의 인라인 정책 {policy}(그룹 {group}을(를) 통해 그대로 유지)"
    }
}

fn of_key(user: &str, access_key: &str) -> Text {
    let (user, access_key) = (harmless(user), harmless(access_key));
    text! { en: "access key {access_key} of {user}", ko: "{user}의 액세스 키 {access_key}" }
}

fn switched_off(user: &str, access_key: &str) -> Text {
    let Text { en, ko } = of_key(user, access_key);
    text! { en: "{en}, which can be switched on again", ko: "{ko}(다시 켤 수 있음)" }
}

fn gone_for_good(user: &str, access_key: &str) -> Text {
    let Text { en, ko } = of_key(user, access_key);
    text! { en: "{en}, which cannot be undone", ko: "{ko}(되돌릴 수 없음)" }
}

fn in_place_of(user: &str, access_key: &str, profiles: &[String]) -> Text {
    let (user, access_key, profiles) = (harmless(user), harmless(access_key), shortened(profiles));
    text! {
        en: "second access key of {user}, in the place of {access_key} in the AWS profile {profiles}",
        ko: "{user}의 두 번째 액세스 키, AWS 프로파일 {profiles}에서 {access_key} 대신 기록"
    }
}

fn security_contact(email: &str, phone: &str) -> Text {
    let (email, phone) = (harmless(email), harmless(phone));
    text! { en: "contact for security notices: {email}, {phone}", ko: "보안 알림 연락처: {email}, {phone}" }
}

/// The name at the end of a policy's ARN.
pub(super) fn name_in(arn: &str) -> String {
    harmless(arn.rsplit('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
