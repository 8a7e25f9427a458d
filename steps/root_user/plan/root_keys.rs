//! How the step `root-access-keys` stands: what goes, in which order, and what a person sees before.

use crate::answers::Answers;
use crate::event_history::{Counted, Summary};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, after};
use crate::root_user::facts::{Facts, RootKey, RootKeys, SignIn, Uses};
use crate::text;
use crate::text::{Text, counted, harmless};

use super::Change;
use super::last_use::{day, used};
use super::root_credentials::no_root_in_china;
use super::sign_in::seen_elsewhere;

/// `root-access-keys`.
pub(super) fn root_access_keys(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
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
            Some(StepId::AdminSignIn) if is_seen_elsewhere(facts, answers) => {
                StepPlan::blocked(step, sign_in_here())
            }
            Some(first) => StepPlan::blocked(step, after(first)),
            None if keys.iter().any(|key| key.uses == Uses::ToBeAsked) => {
                StepPlan::waiting(step, who_uses_them()).comes_soon(reading())
            }
            None => retire(keys, facts, answers),
        },
    }
}

fn is_seen_elsewhere(facts: &Facts, answers: &Answers) -> bool {
    matches!(&facts.user, Some(Ok(Some(user))) if matches!(seen_elsewhere(user, facts, answers), Ok(Some(_))))
}

fn sign_in_here() -> Text {
    text! {
        en: "The administrator has signed in elsewhere. Sign in here with aws login or an access key, so that this run sees it work.",
        ko: "관리자가 다른 곳에서 로그인했습니다. 이번 실행이 동작을 확인할 수 있도록 여기서 aws login이나 액세스 키로 로그인하세요."
    }
}

/// Nothing is switched off before it is on the screen who uses it.
fn who_uses_them() -> Text {
    text! {
        en: "Event History is asked first who uses root's keys.",
        ko: "루트 키를 누가 쓰는지 이벤트 기록(Event History)에서 먼저 확인합니다."
    }
}

fn reading() -> Text {
    text! { en: "Reading Event History for root's keys", ko: "이벤트 기록(Event History)을 읽는 중" }
}

/// What has to be there before a key of root may go: a group with full rights, the administrator in it, signed in.
pub(super) fn before_root_keys(facts: &Facts, answers: &Answers) -> Option<StepId> {
    let admin = answers.admin.user.as_deref().unwrap_or_default();
    match &facts.group {
        Ok(Some(group)) if group.is_administrators(&facts.partition) => {
            if !group.has(admin) {
                Some(StepId::AdminUser)
            } else if matches!(facts.sign_in, SignIn::No | SignIn::Refused(_)) {
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
    let others = keys.iter().any(|key| found(key).is_some());
    let told = keys.iter().flat_map(|key| std::iter::once(described(key)).chain(found(key).map(who_used)));
    told.chain(others.then(silence_proves_nothing)).fold(plan, StepPlan::with_note)
}

fn found(key: &RootKey) -> Option<&Summary> {
    match &key.uses {
        Uses::Found(uses) => Some(uses),
        Uses::NotAsked | Uses::ToBeAsked => None,
    }
}

/// What Event History has of a key.
fn who_used(uses: &Summary) -> Text {
    let mut told = match (uses.calls, uses.at_least) {
        (0, false) => {
            text! { en: "  no calls in Event History", ko: "  이벤트 기록(Event History)에 호출 없음" }
        }
        (0, true) => text! {
            en: "  no calls in the part of Event History that could be read in time",
            ko: "  제때 읽은 이벤트 기록(Event History)에는 호출 없음"
        },
        _ => calls(uses),
    };
    let unread = uses.unread.len();
    if unread > 0 {
        let regions = counted(unread, "Region");
        let more = text! { en: "; {regions} could not be read", ko: ". 읽지 못한 리전 {unread}개" };
        told.en.push_str(&more.en);
        told.ko.push_str(&more.ko);
    }
    told
}

/// From where, with what, how often and what for.
fn calls(uses: &Summary) -> Text {
    let Summary { calls, refused, .. } = uses;
    let (from, with, what) = (most(&uses.addresses), most(&uses.user_agents), most(&uses.event_names));
    if uses.at_least {
        return text! {
            en: "  from {from}, {with} (at least {calls} calls in 90 days, {refused} of these refused: {what})",
            ko: "  {from}에서 {with}(90일간 호출 최소 {calls}건, 그중 거부 {refused}건: {what})"
        };
    }
    let calls_en = counted(*calls, "call");
    text! {
        en: "  from {from}, {with} ({calls_en} in 90 days, {refused} refused: {what})",
        ko: "  {from}에서 {with}(90일간 호출 {calls}건, 거부 {refused}건: {what})"
    }
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
fn no_root_keys() -> Text {
    text! { en: "root has no access keys", ko: "루트 사용자의 액세스 키가 없습니다" }
}

fn come_back_as_root(facts: &Facts) -> PersonTask {
    let how = if facts.as_root {
        text! {
            en: "AWS does not list root's keys to this sign-in. Open https://console.aws.amazon.com/iam/home#/security_credentials as root and delete them there.",
            ko: "이 로그인으로는 루트 키 목록을 볼 수 없습니다. 루트 사용자로 https://console.aws.amazon.com/iam/home#/security_credentials 페이지를 열어 삭제하세요."
        }
    } else {
        text! {
            en: "Sign in as root with: aws login --profile root   then run: dayone --profile root --only root-access-keys",
            ko: "aws login --profile root로 루트 사용자로 로그인한 다음 dayone --profile root --only root-access-keys를 실행하세요."
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
