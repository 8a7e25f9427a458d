//! How the step `admin-sign-in` stands.

use jiff::{SignedDuration, Timestamp};

use crate::answers::{Answers, SignInWay};
use crate::aws::Reading;
use crate::practice::{PersonTask, Seen, StepId, StepPlan, after};
use crate::root_user::facts::{Facts, LastUse, SignIn, User, UserKey};
use crate::session::not_an_administrator;
use crate::text;
use crate::text::{Text, harmless};

use super::Change;
use super::last_use::{day, used};
use super::root_keys::before_root_keys;

/// How many access keys AWS lets a user have.
pub(super) const KEYS_PER_USER: usize = 2;

/// So many days a use of a password or key shows that its owner can sign in: as long as Event History tells of it.
const PROVES_FOR_DAYS: u32 = 90;

/// So long after the earliest time at which AWS can have heard of it, a key may be the one that a run was cut short with.
/// Its wait for a new user to be seen, and the difference of the two clocks either way, fit in.
const MADE_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// `admin-sign-in`.
pub(super) fn admin_sign_in(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminSignIn;
    if let SignIn::Refused(refusal) = facts.sign_in {
        let user = answers.admin.user.as_deref().unwrap_or_default();
        return match before_root_keys(facts, answers) {
            Some(first) if first != step => StepPlan::blocked(step, after(first)),
            _ => StepPlan::needs_person(step, not_an_administrator(refusal, user, &answers.admin.group)),
        };
    }
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
    match seen_elsewhere(user, facts, answers) {
        Ok(None) => {}
        Ok(Some(evidence)) => return StepPlan::in_place(step, evidence),
        Err(unseen) => return StepPlan::not_assessed(step, &unseen),
    }
    match &answers.admin.access_key_profile {
        None => StepPlan::needs_person(step, sign_in_as(user, answers)),
        Some(profile) if facts.profile_exists => {
            StepPlan::needs_person(step, profile_of_another(profile, &user.name))
        }
        Some(profile) => new_access_key(user, profile, answers),
    }
}

/// What shows that the administrator has signed in where this run does not see it: a check may be run on another
/// computer, or by somebody else, who cannot be the administrator. None where it has to be this run that sees it: with a
/// person there who can sign in now, and where a run of root's is to go on by the access key that the answers ask for.
pub(super) fn seen_elsewhere(user: &User, facts: &Facts, answers: &Answers) -> Reading<Option<Text>> {
    let does = !answers.attended || answers.admin.sign_in == Some(SignInWay::Console);
    let wants_key = answers.admin.access_key_profile.is_some();
    if !does || (wants_key && facts.as_root) {
        return Ok(None);
    }
    let has_password = !wants_key && user.console_password != Ok(false);
    let in_console = user.password_last_used.as_ref().filter(|used| has_password && proves(used.days_ago));
    match (in_console, key_in_use(user)) {
        (Some(used), Ok(Some((key, last)))) if last.at > used.at => Ok(Some(by_key(key, last))),
        (Some(used), _) => Ok(Some(by_password(&used.at))),
        (None, used) => Ok(used?.map(|(key, last)| by_key(key, last))),
    }
}

/// Whether a use so many days ago still shows that somebody can sign in.
fn proves(days_ago: u32) -> bool {
    days_ago <= PROVES_FOR_DAYS
}

/// The active access key that was used last, where that is not too long ago. One whose use AWS does not tell may be in
/// use.
fn key_in_use(user: &User) -> Reading<Option<(&UserKey, &LastUse)>> {
    let keys = user.access_keys.as_ref().map_err(Clone::clone)?;
    let active = || keys.iter().filter(|key| key.active);
    let used = active().filter_map(|key| Some((key, key.last_use.as_ref().ok()?.as_ref()?)));
    let used = used.filter(|(_, last)| proves(last.days_ago));
    if let Some(used) = used.max_by(|(_, one), (_, other)| one.at.cmp(&other.at)) {
        return Ok(Some(used));
    }
    match active().find_map(|key| key.last_use.as_ref().err()) {
        Some(unseen) => Err(unseen.clone()),
        None => Ok(None),
    }
}

fn by_password(at: &str) -> Text {
    let day = day(at);
    text! { en: "signed in to the console, last on {day}", ko: "콘솔에 로그인함(마지막 {day})" }
}

fn by_key(key: &UserKey, last: &LastUse) -> Text {
    let (id, day) = (harmless(&key.id), day(&last.at));
    let (service, region) = (harmless(&last.service), harmless(&last.region));
    text! {
        en: "access key {id}, last used on {day} by {service}, {region}",
        ko: "액세스 키 {id}, {day}에 {service}, {region}에서 마지막 사용"
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

/// A run began to make a key, and this one was made right then. What somebody makes months later is not ours.
fn is_left_by_us(key: &UserKey, create: &Change, answers: &Answers) -> bool {
    let since = answers.unfinished.get(&crate::practice::Change::resource(create));
    let moment = |time: &str| time.parse::<Timestamp>().ok();
    let moments = since.and_then(|since| Some((moment(since)?, moment(&key.made)?)));
    moments.is_some_and(|(since, made)| made >= since && made.duration_since(since) <= MADE_WITHIN)
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

fn sign_in_as(user: &User, answers: &Answers) -> PersonTask {
    let stale = user.password_last_used.as_ref().filter(|used| !proves(used.days_ago));
    let user = harmless(&user.name);
    let profile = answers.admin.profile();
    let mut how = vec![
        text! {
            en: "In another window: aws login --profile {profile}",
            ko: "다른 창에서: aws login --profile {profile}"
        },
        text! {
            en: "In the browser choose IAM user, and sign in as {user} with the console password.",
            ko: "브라우저에서 IAM 사용자를 선택하고 {user}와 콘솔 암호로 로그인하세요."
        },
    ];
    how.extend(stale.map(|used| too_long_ago(&used.at)));
    PersonTask {
        what: text! { en: "Sign in as {user}, with credentials of your own.", ko: "{user} 사용자의 보안 인증 정보로 로그인하세요." },
        how,
        seen: Seen::BySigningIn,
    }
}

fn too_long_ago(at: &str) -> Text {
    let day = day(at);
    text! {
        en: "The password was last used on {day}, too long ago to show that it still works.",
        ko: "암호를 마지막으로 쓴 날이 {day}로 너무 오래되어 아직 쓸 수 있는지 알 수 없습니다."
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
