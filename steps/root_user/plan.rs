//! How each step of the practice stands, and what is to be done. Pure.

use serde::Serialize;

use crate::answers::{Answers, SignInWay};
use crate::aws::Reading;
use crate::event_history::{Counted, Summary};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, Verb, after};
use crate::text;
use crate::text::{Text, harmless};

use super::administrator_access;
use super::facts::{Facts, Group, LastUse, PasswordPolicy, RootKey, RootKeys, SignIn, User, UserKey};

/// The shortest password that is accepted. CIS AWS Foundations, "minimum length of 14 or greater".
const PASSWORD_LENGTH: i32 = 14;
/// How many earlier passwords may not come back: the most that AWS remembers.
const REMEMBERED_PASSWORDS: i32 = 24;
/// How many access keys AWS lets a user have.
const KEYS_PER_USER: usize = 2;

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Change {
    /// Sets the whole password policy: what is left out of the call would fall back to AWS's default.
    SetPasswordPolicy {
        /// Whether there was one before.
        replaces: bool,
        /// The merged policy.
        policy: PasswordPolicy,
    },
    /// Creates the administrators' group.
    CreateGroup {
        /// Its name.
        group: String,
    },
    /// Gives the group full rights.
    AttachAdministratorAccess {
        /// The group.
        group: String,
        /// The ARN of AWS's managed policy.
        policy: String,
    },
    /// Creates the administrator.
    CreateUser {
        /// The name.
        user: String,
    },
    /// Puts the administrator into the group.
    AddToGroup {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Generates a console password, hands it over, and sets it.
    CreateConsolePassword {
        /// The user.
        user: String,
        /// The shortest password that the account's policy accepts.
        minimum_length: i32,
    },
    /// Deletes an access key that was never used and whose secret arrived nowhere.
    DeleteStrandedKey {
        /// The user.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Creates an access key, writes it to an AWS profile, and goes on as the administrator.
    CreateAccessKey {
        /// The user.
        user: String,
        /// The profile.
        profile: String,
    },
    /// Moves the run to an MFA session of the administrator.
    StartSession {
        /// The user.
        user: String,
    },
    /// Switches off an access key of root.
    DeactivateRootKey {
        /// The key's id.
        access_key: String,
    },
    /// Switches an access key of root on again, because something still needs it.
    ReactivateRootKey {
        /// The key's id.
        access_key: String,
    },
    /// Deletes an access key of root.
    DeleteRootKey {
        /// The key's id.
        access_key: String,
        /// Whether it signs this run, and so has to go last.
        signs_this_run: bool,
    },
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![
        password_policy(facts),
        admin_group(facts, answers),
        admin_user(facts, answers),
        admin_sign_in(facts, answers),
        root_credentials(facts, answers),
        root_access_keys(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

fn password_policy(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::PasswordPolicy;
    let current = match &facts.password_policy {
        Ok(current) => current,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let wanted = raised(current.as_ref());
    if current.as_ref() == Some(&wanted) {
        let length = wanted.minimum_password_length;
        let found = text! { en: "at least {length} characters", ko: "{length}자 이상" };
        return StepPlan::in_place(step, found);
    }
    let change = Change::SetPasswordPolicy { replaces: current.is_some(), policy: wanted };
    StepPlan::to_change(step, vec![change], Text::default())
}

/// The policy that is in force, raised to the bar where it is lower and left alone where it is higher.
pub(super) fn raised(current: Option<&PasswordPolicy>) -> PasswordPolicy {
    let Some(current) = current else {
        return PasswordPolicy {
            minimum_password_length: PASSWORD_LENGTH,
            require_symbols: true,
            require_numbers: true,
            require_uppercase_characters: true,
            require_lowercase_characters: true,
            allow_users_to_change_password: true,
            max_password_age: None,
            password_reuse_prevention: Some(REMEMBERED_PASSWORDS),
            hard_expiry: None,
        };
    };
    PasswordPolicy {
        minimum_password_length: current.minimum_password_length.max(PASSWORD_LENGTH),
        password_reuse_prevention: Some(REMEMBERED_PASSWORDS),
        allow_users_to_change_password: true,
        ..current.clone()
    }
}

fn admin_group(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminGroup;
    let attach = |group: &str| Change::AttachAdministratorAccess {
        group: group.to_owned(),
        policy: administrator_access(&facts.partition),
    };
    match &facts.group {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(None) => {
            let group = answers.admin.group.clone();
            let changes = vec![Change::CreateGroup { group: group.clone() }, attach(&group)];
            StepPlan::to_change(step, changes, Text::default())
        }
        Ok(Some(group)) if group.is_administrators(&facts.partition) => {
            let (name, members) = (harmless(&group.name), group.members.len());
            let found =
                text! { en: "group {name}, members: {members}", ko: "그룹 {name}, 구성원 {members}명" };
            StepPlan::in_place(step, found)
        }
        Ok(Some(group)) => match strangers(group, answers) {
            None => StepPlan::to_change(step, vec![attach(&group.name)], Text::default()),
            Some(warning) if answers.attended => {
                StepPlan::to_change(step, vec![attach(&group.name)], Text::default()).with_warning(warning)
            }
            Some(warning) => StepPlan::needs_person(step, another_group(warning)),
        },
    }
}

/// What speaks against giving an existing group full rights.
fn strangers(group: &Group, answers: &Answers) -> Option<Text> {
    let admin = answers.admin.user.as_deref().unwrap_or_default();
    let others: Vec<_> = group.members.iter().filter(|member| !member.eq_ignore_ascii_case(admin)).collect();
    if others.is_empty() && group.policies.is_empty() && group.inline_policies == 0 {
        return None;
    }
    let name = harmless(&group.name);
    let policies = group.policies.len() + group.inline_policies;
    let others = names(others.into_iter().map(String::as_str));
    Some(text! {
        en: "There is a group {name} already, with {policies} policies of its own and these members: {others}. Each of them would get full rights.",
        ko: "그룹 {name}이(가) 이미 있습니다. 자체 정책이 {policies}개이고 구성원은 다음과 같습니다: {others}. 모두 전체 권한을 갖게 됩니다."
    })
}

fn another_group(warning: Text) -> PersonTask {
    PersonTask {
        what: warning,
        how: vec![text! {
            en: "Name another group: --admin-group NAME, or group under [admin] in the answers file. Or run dayone at a terminal and decide there.",
            ko: "다른 그룹 이름을 지정하세요: --admin-group 이름, 또는 응답 파일의 [admin] 아래 group. 아니면 터미널에서 dayone을 실행해 결정하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn admin_user(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminUser;
    let Some(name) = &answers.admin.user else { return StepPlan::needs_person(step, name_yourself()) };
    let user = match facts.user.as_ref() {
        None => &None,
        Some(Ok(user)) => user,
        Some(Err(unseen)) => return StepPlan::not_assessed(step, unseen),
    };
    let group = match &facts.group {
        Ok(group) => group.as_ref(),
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let mut changes = Vec::new();
    let password_of = user.as_ref().map(|user| &user.console_password);
    let spelled = user.as_ref().map_or(name, |user| &user.name);
    if user.is_none() {
        changes.push(Change::CreateUser { user: name.clone() });
    }
    if !group.is_some_and(|group| group.has(name)) {
        let group = group.map_or(&answers.admin.group, |group| &group.name).clone();
        changes.push(Change::AddToGroup { user: spelled.clone(), group });
    }
    if wants_password(user.as_ref(), answers) {
        let minimum_length = minimum_length(facts);
        changes.push(Change::CreateConsolePassword { user: spelled.clone(), minimum_length });
    }
    if let (true, true, Some(Err(unseen))) = (changes.is_empty(), receives_password(answers), password_of) {
        return StepPlan::not_assessed(step, unseen);
    }
    let name = harmless(spelled);
    let found = text! { en: "user {name}", ko: "사용자 {name}" };
    let promoted = user.is_some() && changes.iter().any(|change| matches!(change, Change::AddToGroup { .. }));
    let plan = StepPlan::to_change(step, changes, found);
    if !promoted {
        return plan;
    }
    plan.with_warning(text! {
        en: "There is a user {name} already, who gets full rights by this.",
        ko: "사용자 {name}이(가) 이미 있으며, 이 변경으로 전체 권한을 갖게 됩니다."
    })
}

/// A password is made only where it can be handed over, and never for a user that has one.
fn wants_password(user: Option<&User>, answers: &Answers) -> bool {
    let has_one = user.is_some_and(|user| user.console_password != Ok(false));
    !has_one && receives_password(answers)
}

fn receives_password(answers: &Answers) -> bool {
    answers.attended || answers.admin.console_password_file.is_some()
}

fn minimum_length(facts: &Facts) -> i32 {
    match &facts.password_policy {
        Ok(Some(policy)) => policy.minimum_password_length.max(PASSWORD_LENGTH),
        _ => PASSWORD_LENGTH,
    }
}

fn name_yourself() -> PersonTask {
    PersonTask {
        what: text! {
            en: "Choose the name of your own IAM user.",
            ko: "본인이 쓸 IAM 사용자 이름을 정하세요."
        },
        how: vec![text! {
            en: "--admin-user NAME, or user under [admin] in the answers file, or answer when dayone asks.",
            ko: "--admin-user 이름, 또는 응답 파일의 [admin] 아래 user에 적거나, dayone이 물을 때 답하세요."
        }],
        seen: Seen::ByAnswer("admin.user"),
    }
}

fn admin_sign_in(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminSignIn;
    if facts.sign_in != SignIn::No {
        let found = match facts.sign_in {
            SignIn::Locked => {
                text! { en: "signed in; MFA is needed for more", ko: "로그인됨. 나머지 작업에는 MFA가 필요합니다" }
            }
            _ => {
                text! { en: "signed in, and able to do what only an administrator can", ko: "로그인됨. 관리자만 할 수 있는 작업을 확인했습니다" }
            }
        };
        return StepPlan::in_place(step, found);
    }
    let user = match facts.user.as_ref() {
        Some(Ok(Some(user))) => user,
        Some(Err(unseen)) => return StepPlan::not_assessed(step, unseen),
        _ => return planned_sign_in(facts, answers),
    };
    // A check may be run by somebody else, who cannot be the administrator.
    let console_does = !answers.attended || answers.admin.sign_in == Some(SignInWay::Console);
    if user.password_used && console_does && answers.admin.access_key_profile.is_none() {
        return StepPlan::in_place(
            step,
            text! { en: "has signed in to the console", ko: "콘솔에 로그인한 적이 있습니다" },
        );
    }
    match &answers.admin.access_key_profile {
        None => StepPlan::needs_person(step, sign_in_as(&user.name, answers)),
        Some(profile) if facts.profile_exists => {
            StepPlan::needs_person(step, profile_of_another(profile, &user.name))
        }
        Some(profile) => new_access_key(user, profile, answers),
    }
}

/// Before there is a user: with a profile named, the key is part of the plan all the same.
fn planned_sign_in(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminSignIn;
    match (&answers.admin.user, &answers.admin.access_key_profile) {
        (Some(user), Some(profile)) if facts.profile_exists => {
            StepPlan::needs_person(step, profile_of_another(profile, user))
        }
        (Some(user), Some(profile)) => {
            let change = Change::CreateAccessKey { user: user.clone(), profile: profile.clone() };
            StepPlan::to_change(step, vec![change], Text::default())
        }
        _ => StepPlan::blocked(step, after(StepId::AdminUser)),
    }
}

fn new_access_key(user: &User, profile: &str, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminSignIn;
    let keys = match &user.access_keys {
        Ok(keys) => keys,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let create = Change::CreateAccessKey { user: user.name.clone(), profile: profile.to_owned() };
    match user.stranded_key() {
        Some(stranded) if is_left_by_us(stranded, &create, answers) => {
            let access_key = stranded.id.clone();
            let delete = Change::DeleteStrandedKey { user: user.name.clone(), access_key };
            StepPlan::to_change(step, vec![delete, create], Text::default())
                .with_note(secret_is_lost(stranded))
        }
        _ if keys.len() >= KEYS_PER_USER => StepPlan::needs_person(step, too_many_keys(&user.name, keys)),
        stranded => {
            let plan = StepPlan::to_change(step, vec![create], Text::default());
            stranded.map(not_kept_here).into_iter().fold(plan, StepPlan::with_note)
        }
    }
}

/// A run began to make a key, and this one was made since.
fn is_left_by_us(key: &UserKey, create: &Change, answers: &Answers) -> bool {
    let since = answers.unfinished.get(&crate::practice::Change::resource(create));
    since.is_some_and(|since| key.made >= *since)
}

/// An earlier run was cut short between AWS's answer and the file.
fn secret_is_lost(key: &UserKey) -> Text {
    let described = described_user_key(key);
    let (en, ko) = (described.en, described.ko);
    text! {
        en: "An earlier run was cut short after AWS made this key, and its secret arrived nowhere: {en}. It is replaced.",
        ko: "이전 실행이 키를 만든 직후 끊겨 비밀 키가 어디에도 저장되지 않았습니다: {ko}. 새 키로 바꿉니다."
    }
}

fn not_kept_here(key: &UserKey) -> Text {
    let described = described_user_key(key);
    let (en, ko) = (described.en, described.ko);
    text! {
        en: "There is a key whose secret is not kept here: {en}. If nobody keeps it elsewhere, delete it.",
        ko: "비밀 키가 이곳에 없는 키가 있습니다: {ko}. 다른 곳에서도 쓰지 않는다면 삭제하세요."
    }
}

fn described_user_key(key: &UserKey) -> Text {
    let used = used(&key.last_use);
    let (id, made, en, ko) = (harmless(&key.id), day(&key.made), used.en, used.ko);
    text! { en: "{id}, made {made}, {en}", ko: "{id}, {made} 생성, {ko}" }
}

/// The day of a date with the time of day.
fn day(date: &str) -> String {
    harmless(date.split('T').next().unwrap_or_default())
}

fn sign_in_as(user: &str, answers: &Answers) -> PersonTask {
    let user = harmless(user);
    let profile = answers.admin.profile();
    PersonTask {
        what: text! { en: "Sign in as {user}, with credentials of your own.", ko: "{user} 사용자로, 본인의 보안 인증 정보로 로그인하세요." },
        how: vec![
            text! {
                en: "In another window: aws login --profile {profile}",
                ko: "다른 창에서: aws login --profile {profile}"
            },
            text! {
                en: "In the browser choose IAM user, and sign in as {user} with the console password.",
                ko: "브라우저에서 IAM 사용자를 선택하고 {user}와 콘솔 암호로 로그인하세요."
            },
        ],
        seen: Seen::BySigningIn,
    }
}

fn profile_of_another(profile: &str, user: &str) -> PersonTask {
    let (profile, user) = (harmless(profile), harmless(user));
    PersonTask {
        what: text! {
            en: "There is an AWS profile {profile} already, and it does not sign in as {user}.",
            ko: "AWS 프로파일 {profile}이(가) 이미 있지만 {user} 사용자로 로그인되지 않습니다."
        },
        how: vec![text! {
            en: "Choose another profile name (access_key_profile under [admin]), or mend or remove the profile.",
            ko: "다른 프로파일 이름을 쓰거나([admin]의 access_key_profile), 그 프로파일을 고치거나 지우세요."
        }],
        seen: Seen::BySigningIn,
    }
}

fn too_many_keys(user: &str, keys: &[UserKey]) -> PersonTask {
    let user = harmless(user);
    let mut how: Vec<_> = keys.iter().map(described_user_key).collect();
    how.push(text! {
        en: "Sign in with one of them, or with aws login; or delete the one that is not used.",
        ko: "그중 하나나 aws login으로 로그인하거나, 쓰지 않는 키를 삭제하세요."
    });
    PersonTask {
        what: text! {
            en: "{user} has two access keys already, the most that AWS allows.",
            ko: "{user}에게 이미 AWS가 허용하는 최대인 액세스 키 두 개가 있습니다."
        },
        how,
        seen: Seen::BySigningIn,
    }
}

fn root_credentials(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootCredentials;
    if let Some(reason) = without_root_password(facts) {
        return StepPlan::not_applicable(step, reason);
    }
    if answers.root.credentials_stored {
        let found = text! { en: "put away, by your word", ko: "보관했다고 확인하셨습니다" };
        return StepPlan::in_place(step, found);
    }
    let how = vec![
        text! { en: "Keep the root password in a password manager or a sealed envelope, not on this computer.", ko: "루트 암호는 이 컴퓨터가 아닌 암호 관리자나 봉인한 봉투에 보관하세요." },
        text! { en: "Keep the device or recovery codes of root's MFA apart from the password.", ko: "루트의 MFA 디바이스나 복구 코드는 암호와 따로 보관하세요." },
        text! { en: "See that the account's e-mail address and phone number will still reach you when people change.", ko: "담당자가 바뀌어도 계정의 이메일 주소와 전화번호로 연락이 닿는지 확인하세요." },
        text! { en: "Write down who may use them, and for what.", ko: "누가 어떤 일에 쓸 수 있는지 적어 두세요." },
    ];
    let what = text! { en: "Put root's credentials in a safe place.", ko: "루트 사용자의 보안 인증 정보를 안전한 곳에 보관하세요." };
    StepPlan::needs_person(step, PersonTask { what, how, seen: Seen::ByWord("root.credentials_stored") })
}

/// Why there is nothing of root to put away.
fn without_root_password(facts: &Facts) -> Option<Text> {
    match facts.partition.as_str() {
        "aws-cn" => Some(no_root_in_china()),
        "aws-us-gov" => Some(text! {
            en: "The root user of a GovCloud account cannot sign in to the console.",
            ko: "GovCloud 계정의 루트 사용자는 콘솔에 로그인할 수 없습니다."
        }),
        _ if facts.root_password == Ok(false) => Some(text! {
            en: "Root has no password here: the organization manages root centrally.",
            ko: "이 계정의 루트에는 암호가 없습니다. 조직에서 루트를 중앙 관리합니다."
        }),
        _ => None,
    }
}

fn no_root_in_china() -> Text {
    text! {
        en: "Accounts in China have no root user: everybody is an IAM user there.",
        ko: "중국 리전의 계정에는 루트 사용자가 없고 모두 IAM 사용자입니다."
    }
}

fn root_access_keys(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootAccessKeys;
    if facts.partition == "aws-cn" {
        return StepPlan::not_applicable(step, no_root_in_china());
    }
    match &facts.root_keys {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(RootKeys::Counted(false)) => StepPlan::in_place(step, no_root_keys()),
        Ok(RootKeys::Listed(keys)) if keys.is_empty() => StepPlan::in_place(step, no_root_keys()),
        Ok(RootKeys::Counted(true)) => StepPlan::needs_person(step, come_back_as_root(facts)),
        Ok(RootKeys::Listed(keys)) => match before_root_keys(facts, answers) {
            Some(StepId::AdminSignIn) if is_seen_in_the_console_alone(facts, answers) => {
                StepPlan::blocked(step, signed_in_to_the_console())
            }
            Some(first) => StepPlan::blocked(step, after(first)),
            None => retire(keys, facts, answers),
        },
    }
}

fn is_seen_in_the_console_alone(facts: &Facts, answers: &Answers) -> bool {
    let used = matches!(&facts.user, Some(Ok(Some(user))) if user.password_used);
    used && answers.admin.sign_in == Some(SignInWay::Console)
}

fn signed_in_to_the_console() -> Text {
    text! {
        en: "The administrator has signed in to the console alone. Sign in with aws login or an access key, so that it is seen to work.",
        ko: "관리자가 콘솔에만 로그인했습니다. 동작을 확인할 수 있게 aws login이나 액세스 키로 로그인하세요."
    }
}

/// What has to be there before a key of root may go: a group with full rights, the administrator in it, signed in.
fn before_root_keys(facts: &Facts, answers: &Answers) -> Option<StepId> {
    let admin = answers.admin.user.as_deref().unwrap_or_default();
    match &facts.group {
        Ok(Some(group)) if group.is_administrators(&facts.partition) => {
            if !group.has(admin) {
                Some(StepId::AdminUser)
            } else if facts.sign_in == SignIn::No {
                Some(StepId::AdminSignIn)
            } else {
                None
            }
        }
        _ => Some(StepId::AdminGroup),
    }
}

fn retire(keys: &[RootKey], facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootAccessKeys;
    if !answers.attended && !answers.root.delete_access_keys {
        return StepPlan::needs_person(step, consent(keys.len()));
    }
    if let Some(key) = keys.iter().find(|key| is_in_use(key, answers)).filter(|_| !answers.attended) {
        return StepPlan::needs_person(step, still_used(key));
    }
    let mut changes = Vec::new();
    if let (SignIn::Locked, Some(user)) = (facts.sign_in, &answers.admin.user) {
        changes.push(Change::StartSession { user: user.clone() });
    }
    let stages = Stages::of(keys);
    changes.extend(if answers.attended { stages.next_for_a_person() } else { stages.all() });
    let mut plan = StepPlan::to_change(step, changes, Text::default());
    if answers.attended && stages.is_trial() {
        plan.undo = stages.take_back(answers);
        plan.watchable = Some(text! {
            en: "Watching for calls with the keys that are switched off",
            ko: "비활성화한 키로 들어오는 호출을 지켜보는 중"
        });
        if !plan.undo.is_empty() {
            plan = plan.with_note(trial());
        }
    }
    let others = keys.iter().any(|key| key.uses.is_some());
    let told =
        keys.iter().flat_map(|key| std::iter::once(described(key)).chain(key.uses.as_ref().map(who_used)));
    told.chain(others.then(silence_proves_nothing)).fold(plan, StepPlan::with_note)
}

/// What Event History has of a key.
fn who_used(uses: &Summary) -> Text {
    let Summary { calls, refused, .. } = uses;
    let unread = uses.unread.len();
    let mut told = if *calls == 0 {
        text! { en: "  no calls in Event History", ko: "  이벤트 기록(Event History)에 호출 없음" }
    } else {
        let (from, with, what) = (most(&uses.addresses), most(&uses.user_agents), most(&uses.event_names));
        text! {
            en: "  from {from}, {with} ({calls} calls in 90 days, {refused} refused: {what})",
            ko: "  {from}에서 {with}(90일간 호출 {calls}건, 거부 {refused}건: {what})"
        }
    };
    if unread > 0 {
        let more = text! { en: "; {unread} Regions could not be read", ko: ". 읽지 못한 리전 {unread}개" };
        told.en.push_str(&more.en);
        told.ko.push_str(&more.ko);
    }
    told
}

/// The most frequent ones.
fn most(counted: &[Counted]) -> String {
    const SHOWN: usize = 2;
    let mut shown: Vec<_> = counted.iter().take(SHOWN).map(|one| harmless(&one.what)).collect();
    if counted.len() > SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn silence_proves_nothing() -> Text {
    text! {
        en: "Event History shows no reads and writes of S3 objects and is some minutes late, so silence there is no proof.",
        ko: "이벤트 기록(Event History)에는 S3 객체 읽기·쓰기가 나오지 않고 몇 분 늦게 반영되므로, 기록이 없다고 쓰이지 않는 키라고 단정할 수 없습니다."
    }
}

/// The order in which keys go: those that do not sign this run are switched off first, for as long as the operator
/// wishes; then they are deleted; the one that signs goes last and in one call, because switched off it could not
/// delete itself any more.
struct Stages<'k> {
    active: Vec<&'k RootKey>,
    inactive: Vec<&'k RootKey>,
    signing: Option<&'k RootKey>,
}

impl<'k> Stages<'k> {
    fn of(keys: &'k [RootKey]) -> Self {
        let (signing, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.signs_this_run);
        let (active, inactive) = others.into_iter().partition(|key| key.active);
        Self { active, inactive, signing: signing.into_iter().next() }
    }

    /// With nobody watching there is nobody who could take it back either: all in one go.
    fn all(&self) -> Vec<Change> {
        let off_and_away = self.active.iter().flat_map(|key| [deactivate(key), delete(key)]);
        off_and_away
            .chain(self.inactive.iter().map(|key| delete(key)))
            .chain(self.signing.map(delete))
            .collect()
    }

    fn next_for_a_person(&self) -> Vec<Change> {
        if !self.active.is_empty() {
            return self.active.iter().map(|key| deactivate(key)).collect();
        }
        self.inactive.iter().copied().chain(self.signing).map(delete).collect()
    }

    /// Whether keys are switched off and not deleted yet, so that it can still be taken back.
    fn is_trial(&self) -> bool {
        self.active.is_empty() && !self.inactive.is_empty()
    }

    /// What a run of ours switched off is switched on again. Whatever somebody else switched off stays off.
    fn take_back(&self, answers: &Answers) -> Vec<Change> {
        let reactivate = |key: &&RootKey| Change::ReactivateRootKey { access_key: key.id.clone() };
        let ours =
            |change: &Change| answers.switched_off.contains(&crate::practice::Change::resource(change));
        self.inactive.iter().map(reactivate).filter(ours).collect()
    }
}

fn deactivate(key: &RootKey) -> Change {
    Change::DeactivateRootKey { access_key: key.id.clone() }
}

fn delete(key: &RootKey) -> Change {
    Change::DeleteRootKey { access_key: key.id.clone(), signs_this_run: key.signs_this_run }
}

fn trial() -> Text {
    text! {
        en: "If something stops working, answer undo: the keys that are switched off work again at once. You may also skip, and delete them another day.",
        ko: "무언가 동작하지 않으면 되돌리기를 입력하세요. 비활성화한 키가 곧바로 다시 동작합니다. 건너뛰고 다른 날 삭제해도 됩니다."
    }
}

fn is_in_use(key: &RootKey, answers: &Answers) -> bool {
    if key.signs_this_run || answers.root.quiet_days == 0 {
        // The key that signs this run was used a moment ago, by this run.
        return false;
    }
    match &key.last_use {
        Ok(last_use) => last_use.as_ref().is_some_and(|last| last.days_ago < answers.root.quiet_days),
        // Nobody knows, so a person has to.
        Err(_) => true,
    }
}

fn described(key: &RootKey) -> Text {
    let (id, made) = (harmless(&key.id), day(&key.made));
    let state = if key.active {
        text! { en: "active", ko: "활성" }
    } else {
        text! { en: "inactive", ko: "비활성" }
    };
    let used = used(&key.last_use);
    let own = if key.signs_this_run {
        text! { en: " (signs this run, so it goes last)", ko: " (이번 실행이 쓰는 키이므로 마지막에 삭제)" }
    } else {
        Text::default()
    };
    Text {
        en: format!("{id}  {}  made {made}  {}{}", state.en, used.en, own.en),
        ko: format!("{id}  {}  {made} 생성  {}{}", state.ko, used.ko, own.ko),
    }
}

fn used(last_use: &Reading<Option<LastUse>>) -> Text {
    match last_use {
        Err(_) => text! { en: "last use not known", ko: "마지막 사용 알 수 없음" },
        Ok(None) => text! { en: "never used, as far as AWS tells", ko: "AWS 기록상 사용된 적 없음" },
        Ok(Some(last)) => {
            let (days, service, region) = (last.days_ago, harmless(&last.service), harmless(&last.region));
            text! { en: "last used {days} days ago by {service}, {region}", ko: "{days}일 전 {service}, {region}에서 마지막 사용" }
        }
    }
}

fn no_root_keys() -> Text {
    text! { en: "root has no access keys", ko: "루트 사용자의 액세스 키가 없습니다" }
}

fn come_back_as_root(facts: &Facts) -> PersonTask {
    let how = if facts.as_root {
        text! {
            en: "AWS does not list root's keys to this sign-in. Open https://console.aws.amazon.com/iam/home#/security_credentials as root and delete them there.",
            ko: "이 로그인으로는 루트 키 목록을 볼 수 없습니다. 루트로 https://console.aws.amazon.com/iam/home#/security_credentials 페이지를 열어 삭제하세요."
        }
    } else {
        text! {
            en: "Sign in as root with: aws login --profile root   then run: dayone --profile root --only root-access-keys",
            ko: "aws login --profile root로 루트 로그인을 한 다음 dayone --profile root --only root-access-keys를 실행하세요."
        }
    };
    PersonTask {
        what: text! {
            en: "Root still has an access key, and only root can list and delete it.",
            ko: "루트 사용자의 액세스 키가 남아 있으며, 루트만 보고 삭제할 수 있습니다."
        },
        how: vec![how],
        seen: Seen::Elsewhere,
    }
}

fn consent(keys: usize) -> PersonTask {
    PersonTask {
        what: text! {
            en: "Root has access keys ({keys}). Deleting them cannot be undone and needs your consent.",
            ko: "루트 사용자의 액세스 키가 {keys}개 있습니다. 삭제는 되돌릴 수 없으므로 동의가 필요합니다."
        },
        how: vec![text! {
            en: "Set delete_access_keys = true under [root] in the answers file, or run dayone at a terminal.",
            ko: "응답 파일의 [root] 아래 delete_access_keys = true로 적거나, 터미널에서 dayone을 실행하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn still_used(key: &RootKey) -> PersonTask {
    let described = described(key);
    PersonTask {
        what: Text {
            en: format!("Something still uses an access key of root: {}.", described.en),
            ko: format!("아직 루트 액세스 키를 쓰는 곳이 있습니다: {}.", described.ko),
        },
        how: vec![text! {
            en: "Find it and give it a role or a user of its own. Event History shows who calls, but no reads and writes of S3 objects.",
            ko: "그곳을 찾아 역할이나 전용 사용자를 주세요. 이벤트 기록(Event History)에서 호출자를 볼 수 있지만 S3 객체 읽기·쓰기는 나오지 않습니다."
        }],
        seen: Seen::Elsewhere,
    }
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(harmless).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::SetPasswordPolicy { .. } => Verb::Update,
            Self::CreateGroup { .. }
            | Self::CreateUser { .. }
            | Self::CreateConsolePassword { .. }
            | Self::CreateAccessKey { .. } => Verb::Create,
            Self::AttachAdministratorAccess { .. } | Self::AddToGroup { .. } => Verb::Attach,
            Self::StartSession { .. } => Verb::Start,
            Self::DeactivateRootKey { .. } => Verb::Disable,
            Self::ReactivateRootKey { .. } => Verb::Enable,
            Self::DeleteStrandedKey { .. } | Self::DeleteRootKey { .. } => Verb::Delete,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::SetPasswordPolicy { .. } => "iam:account-password-policy".into(),
            Self::CreateGroup { group } => format!("iam:group/{group}"),
            Self::AttachAdministratorAccess { policy, .. } => policy.clone(),
            Self::CreateUser { user } | Self::AddToGroup { user, .. } => format!("iam:user/{user}"),
            Self::CreateConsolePassword { user, .. } => format!("iam:login-profile/{user}"),
            Self::CreateAccessKey { user, .. } => format!("iam:access-key/{user}"),
            Self::DeleteStrandedKey { access_key, .. } => format!("iam:access-key/{access_key}"),
            Self::StartSession { user } => format!("sts:session/{user}"),
            Self::DeactivateRootKey { access_key }
            | Self::ReactivateRootKey { access_key }
            | Self::DeleteRootKey { access_key, .. } => {
                format!("iam:root-access-key/{access_key}")
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::SetPasswordPolicy { policy, .. } => {
                let length = policy.minimum_password_length;
                text! {
                    en: "password policy: at least {length} characters, the last 24 remembered, no weaker than before",
                    ko: "암호 정책: {length}자 이상, 최근 24개 재사용 금지, 기존보다 약해지지 않음"
                }
            }
            Self::CreateGroup { group } => text! { en: "group {group}", ko: "그룹 {group}" },
            Self::AttachAdministratorAccess { group, .. } => {
                text! { en: "AdministratorAccess to group {group}", ko: "그룹 {group}에 AdministratorAccess" }
            }
            Self::CreateUser { user } => text! { en: "user {user}", ko: "사용자 {user}" },
            Self::AddToGroup { user, group } => {
                text! { en: "user {user} to group {group}", ko: "그룹 {group}에 사용자 {user}" }
            }
            Self::CreateConsolePassword { user, .. } => text! {
                en: "one-time console password for {user}, to be changed at first sign-in",
                ko: "{user}의 일회용 콘솔 암호(첫 로그인 때 변경)"
            },
            Self::CreateAccessKey { user, profile } => text! {
                en: "access key of {user}, written to the AWS profile {profile}",
                ko: "{user}의 액세스 키, AWS 프로파일 {profile}에 기록"
            },
            Self::DeleteStrandedKey { access_key, .. } => text! {
                en: "access key {access_key}, never used, its secret kept nowhere here",
                ko: "액세스 키 {access_key}(사용된 적 없고 비밀 키가 이곳에 없음)"
            },
            Self::StartSession { user } => {
                text! { en: "an MFA session of {user} for this run", ko: "이번 실행에 쓸 {user}의 MFA 세션" }
            }
            Self::DeactivateRootKey { access_key } => text! {
                en: "root access key {access_key}, which can be switched on again",
                ko: "루트 액세스 키 {access_key}(다시 켤 수 있음)"
            },
            Self::ReactivateRootKey { access_key } => {
                text! { en: "root access key {access_key}", ko: "루트 액세스 키 {access_key}" }
            }
            Self::DeleteRootKey { access_key, .. } => text! {
                en: "root access key {access_key}, which cannot be undone",
                ko: "루트 액세스 키 {access_key}(되돌릴 수 없음)"
            },
        }
    }

    fn is_irreversible(&self) -> bool {
        matches!(self, Self::DeleteRootKey { .. })
    }

    fn is_leftover(&self) -> bool {
        matches!(self, Self::DeleteStrandedKey { .. })
    }

    fn is_optional(&self) -> bool {
        matches!(self, Self::CreateConsolePassword { .. })
    }

    fn is_of_this_run(&self) -> bool {
        matches!(self, Self::StartSession { .. })
    }

    fn is_by_root(&self) -> bool {
        matches!(
            self,
            Self::DeactivateRootKey { .. } | Self::ReactivateRootKey { .. } | Self::DeleteRootKey { .. }
        )
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
