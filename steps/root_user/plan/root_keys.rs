//! How the step `root-access-keys` stands: what goes, in which order, and what a person sees before.

use crate::answers::Answers;
use crate::console;
use crate::credential_report;
use crate::event_history::{Counted, Summary, unlisted};
use crate::moment;
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan, after};
use crate::root_user::facts::{Facts, ReportedKeys, RootKey, RootKeys, SignIn, Uses};
use crate::text;
use crate::text::{Text, counted, harmless};

use super::Change;
use super::last_use::{day, used};
use super::root_credentials::{no_root_in_china, without_root_password};
use super::sign_in::seen_elsewhere;

/// `root-access-keys`.
pub(super) fn root_access_keys(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootAccessKeys;
    if facts.partition == "aws-cn" {
        return StepPlan::not_applicable(step, no_root_in_china());
    }
    let plan = of_keys(facts, answers);
    match (plan.state, &facts.root_certificates) {
        (State::InPlace, Ok(true)) => StepPlan::needs_person(step, delete_certificates(facts)),
        (State::InPlace, Err(_)) => StepPlan::in_place(step, certificates_not_told()),
        (State::Blocked | State::NeedsPerson | State::ToChange, Ok(true)) => plan.with_note(certificates()),
        _ => plan,
    }
}

/// The same for the access keys alone.
fn of_keys(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RootAccessKeys;
    match &facts.root_keys {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(RootKeys::Counted(false)) => StepPlan::in_place(step, no_root_keys()),
        Ok(RootKeys::Listed(keys)) if keys.is_empty() => StepPlan::in_place(step, no_root_keys()),
        Ok(RootKeys::Counted(true)) => {
            let plan = StepPlan::needs_person(step, come_back_as_root(facts));
            facts.reported_root_keys.iter().map(reported).fold(plan, StepPlan::with_note)
        }
        Ok(RootKeys::Listed(keys)) => match before_root_keys(facts, answers) {
            Some(StepId::AdminSignIn) if is_seen_elsewhere(facts, answers) => {
                left(StepPlan::blocked(step, sign_in_here()), keys)
            }
            Some(first) => left(StepPlan::blocked(step, after(first)), keys),
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
    let task = if answers.attended { None } else { for_a_person(keys, facts, answers) };
    if let Some(task) = task {
        return left(StepPlan::needs_person(step, task), keys);
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
    let deletes = plan.changes.iter().any(crate::practice::Change::is_irreversible);
    let warnings = if answers.attended && deletes { warnings(&stages, facts, answers) } else { Vec::new() };
    warnings.into_iter().fold(told(plan, keys), StepPlan::with_warning)
}

/// What is in the way with nobody there.
fn for_a_person(keys: &[RootKey], facts: &Facts, answers: &Answers) -> Option<PersonTask> {
    if !answers.root.delete_access_keys {
        return Some(consent(keys.len()));
    }
    let used = keys.iter().find(|key| is_in_use(key, answers)).map(|key| still_used(key, answers));
    used.or_else(|| {
        let missing = missing_on_the_way_back(facts, answers);
        (!missing.is_empty()).then(|| secure_the_way_back(missing))
    })
}

/// What a person should know before keys are deleted.
fn warnings(stages: &Stages<'_>, facts: &Facts, answers: &Answers) -> Vec<Text> {
    let shared = stages.signing.filter(|key| found(key).is_some_and(|uses| uses.calls > 0));
    let missing = missing_on_the_way_back(facts, answers);
    shared
        .map(|key| others_sign_with_it(key, facts))
        .into_iter()
        .chain(missing.into_iter().map(|(lack, _)| lack))
        .collect()
}

/// What is not there yet that root's keys are the spare for, and what to do about it.
fn missing_on_the_way_back(facts: &Facts, answers: &Answers) -> Vec<(Text, Text)> {
    let of_root = !answers.root.credentials_stored && without_root_password(facts).is_none();
    let has_password = matches!(&facts.user, Some(Ok(Some(user))) if user.console_password == Ok(true));
    // Who is locked has a device, and the keys go under its session.
    let has_mfa = facts.signed_in_with_mfa || facts.sign_in == SignIn::Locked;
    let of_administrator = !has_password && !has_mfa;
    let missing = [of_root.then(root_is_not_put_away), of_administrator.then(by_an_access_key_alone)];
    missing.into_iter().flatten().collect()
}

fn root_is_not_put_away() -> (Text, Text) {
    let what = text! {
        en: "Nobody has said yet that root's password is kept safe. Without it and without a key, nobody comes back as root.",
        ko: "루트 암호를 안전하게 보관했다는 답이 아직 없습니다. 암호도 키도 없으면 아무도 루트로 다시 들어올 수 없습니다."
    };
    let how = text! {
        en: "Put root's credentials away (step root-credentials), then set credentials_stored = true under [root] in the answers file.",
        ko: "루트의 보안 인증 정보를 보관한 뒤(root-credentials 단계) 응답 파일의 [root] 아래 credentials_stored = true로 적으세요."
    };
    (what, how)
}

fn by_an_access_key_alone() -> (Text, Text) {
    let what = text! {
        en: "The administrator has neither a console password nor a sign-in with MFA: whoever loses the one access key is out.",
        ko: "관리자에게 콘솔 암호도 MFA 로그인도 없습니다. 하나뿐인 액세스 키를 잃으면 들어올 수 없습니다."
    };
    let how = text! {
        en: "Name a file for a console password: console_password_file under [admin]. Or sign in with MFA (step admin-mfa) and run again.",
        ko: "[admin] 아래 console_password_file에 콘솔 암호를 받을 파일을 지정하세요. 또는 MFA로 로그인한 뒤(admin-mfa 단계) 다시 실행하세요."
    };
    (what, how)
}

fn secure_the_way_back(missing: Vec<(Text, Text)>) -> PersonTask {
    let what = text! {
        en: "Root's access keys stay until there is another way back into the account.",
        ko: "계정에 다시 들어올 다른 길이 생길 때까지 루트 액세스 키를 그대로 둡니다."
    };
    let how = missing.into_iter().flat_map(|(lack, how)| [lack, how]).collect();
    PersonTask { what, how, seen: Seen::Elsewhere }
}

fn others_sign_with_it(key: &RootKey, facts: &Facts) -> Text {
    let id = harmless(&key.id);
    if without_root_password(facts).is_some() {
        return text! {
            en: "Others sign with {id}, too, and fail as soon as it is deleted. That cannot be tried out first.",
            ko: "{id}은(는) 다른 곳에서도 쓰며, 삭제하면 곧바로 실패합니다. 미리 시험해 볼 수는 없습니다."
        };
    }
    text! {
        en: "Others sign with {id}, too, and fail as soon as it is deleted. To try it out first, sign in as root with aws login and run dayone again: then {id} is switched off before it goes.",
        ko: "{id}은(는) 다른 곳에서도 쓰며, 삭제하면 곧바로 실패합니다. 먼저 시험하려면 aws login으로 루트 로그인을 한 뒤 dayone을 다시 실행하세요. 그러면 삭제하기 전에 {id}을(를) 비활성화합니다."
    }
}

/// Each key, and what Event History has of it.
fn told(plan: StepPlan<Change>, keys: &[RootKey]) -> StepPlan<Change> {
    let others = keys.iter().any(|key| found(key).is_some());
    let told = keys.iter().flat_map(|key| std::iter::once(described(key)).chain(found(key).map(who_used)));
    let unlisted = keys.iter().find_map(|key| found(key)?.unlisted.as_deref()).map(unlisted);
    told.chain(unlisted).chain(others.then(silence_proves_nothing)).fold(plan, StepPlan::with_note)
}

/// The same of keys that stay for now. One that is switched off is as much a finding as one that is on.
fn left(plan: StepPlan<Change>, keys: &[RootKey]) -> StepPlan<Change> {
    let inactive = keys.iter().any(|key| !key.active);
    inactive.then(inactive_too).into_iter().fold(told(plan, keys), StepPlan::with_note)
}

fn inactive_too() -> Text {
    text! {
        en: "A key that is inactive is there all the same: whoever gets in as root can switch it on again.",
        ko: "비활성 키도 남아 있는 키입니다. 루트로 들어온 사람은 누구든 다시 켤 수 있습니다."
    }
}

/// What the credential report tells of root's keys to who cannot list them.
fn reported(reported: &ReportedKeys) -> Text {
    let keys: Vec<_> = reported.keys.iter().map(reported_key).collect();
    let date = moment::day(reported.generated);
    if keys.is_empty() {
        return text! {
            en: "The credential report of {date} shows none yet; it is made anew every four hours.",
            ko: "{date}의 자격 증명 보고서에는 아직 나오지 않습니다. 보고서는 4시간마다 새로 만들어집니다."
        };
    }
    let (en, ko): (Vec<_>, Vec<_>) = keys.into_iter().map(|key| (key.en, key.ko)).unzip();
    let (en, ko) = (en.join("; "), ko.join("; "));
    text! { en: "By the credential report of {date}: {en}.", ko: "{date}의 자격 증명 보고서 기준: {ko}." }
}

fn reported_key(key: &credential_report::Key) -> Text {
    let state = if key.active { active() } else { inactive() };
    let made = moment::day(key.made);
    let used = match &key.last_use {
        None => text! { en: "never used, as far as AWS tells", ko: "AWS 기록상 사용된 적 없음" },
        Some(last) => {
            let at = moment::day(last.at);
            let place = |name: Option<&str>| name.map_or_else(|| "?".to_owned(), harmless);
            let (service, region) = (place(last.service.as_deref()), place(last.region.as_deref()));
            text! { en: "last used on {at} by {service}, {region}", ko: "{at}에 {service}, {region}에서 마지막 사용" }
        }
    };
    Text {
        en: format!("{}, made {made}, {}", state.en, used.en),
        ko: format!("{}, {made} 생성, {}", state.ko, used.ko),
    }
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

/// Whether it is, or may be: what nobody knows is for a person.
fn is_in_use(key: &RootKey, answers: &Answers) -> bool {
    let quiet_days = answers.root.quiet_days;
    if quiet_days == 0 {
        return false;
    }
    if key.signs_this_run {
        // IAM's last use is this run.
        let may_be = found(key).is_none_or(|uses| is_read_in_part(uses) || is_undated(uses));
        return may_be || key.used_by_others.is_some_and(|days_ago| days_ago < quiet_days);
    }
    match &key.last_use {
        Ok(last_use) => last_use.as_ref().is_some_and(|last| last.days_ago < quiet_days),
        Err(_) => true,
    }
}

/// Whether there may be calls that nobody has seen.
fn is_read_in_part(uses: &Summary) -> bool {
    uses.at_least || !uses.unread.is_empty() || uses.unlisted.is_some()
}

fn is_undated(uses: &Summary) -> bool {
    uses.calls > 0 && uses.last.is_none()
}

fn described(key: &RootKey) -> Text {
    let (id, made) = (harmless(&key.id), day(&key.made));
    let state = if key.active { active() } else { inactive() };
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

fn active() -> Text {
    text! { en: "active", ko: "활성" }
}

fn inactive() -> Text {
    text! { en: "inactive", ko: "비활성" }
}

fn no_root_keys() -> Text {
    text! { en: "root has no access keys", ko: "루트 사용자의 액세스 키가 없습니다" }
}

fn certificates_not_told() -> Text {
    text! {
        en: "root has no access keys; whether it has X.509 signing certificates, AWS does not tell",
        ko: "루트 사용자의 액세스 키가 없습니다. X.509 서명 인증서가 있는지는 AWS가 알려 주지 않습니다"
    }
}

fn certificates() -> Text {
    text! {
        en: "Root has an X.509 signing certificate, too, which is a credential of root as well.",
        ko: "루트 사용자에게 X.509 서명 인증서도 있으며, 이것도 루트의 보안 인증 정보입니다."
    }
}

/// Only root itself can list and delete them.
fn delete_certificates(facts: &Facts) -> PersonTask {
    let page = console::security_credentials(&facts.partition);
    PersonTask {
        what: text! {
            en: "Root has no access keys, but an X.509 signing certificate, which is a credential of root as well.",
            ko: "루트 사용자의 액세스 키는 없지만 X.509 서명 인증서가 있으며, 이것도 루트의 보안 인증 정보입니다."
        },
        how: vec![text! {
            en: "If nothing signs with it any more, open {page} as root and delete it there.",
            ko: "더 이상 쓰는 곳이 없다면 루트 사용자로 {page} 페이지를 열어 삭제하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn come_back_as_root(facts: &Facts) -> PersonTask {
    let how = if facts.partition == "aws-us-gov" {
        vec![by_its_own_key()]
    } else if facts.root_password == Ok(false) {
        by_the_organization(facts)
    } else if facts.as_root {
        vec![in_the_console(&facts.partition)]
    } else {
        vec![by_login()]
    };
    PersonTask {
        what: text! {
            en: "Root still has an access key, and only root can list and delete it.",
            ko: "루트 사용자의 액세스 키가 남아 있으며, 루트만 보고 삭제할 수 있습니다."
        },
        how,
        seen: Seen::Elsewhere,
    }
}

fn in_the_console(partition: &str) -> Text {
    let page = console::security_credentials(partition);
    text! {
        en: "AWS does not list root's keys to this sign-in. Open {page} as root and delete them there.",
        ko: "이 로그인으로는 루트 키 목록을 볼 수 없습니다. 루트 사용자로 {page} 페이지를 열어 삭제하세요."
    }
}

/// The step before it is named too: the keys go only in a run that acts as the administrator.
fn by_login() -> Text {
    text! {
        en: "Sign in as root with: aws login --profile root   then run: dayone --profile root --only admin-sign-in,root-access-keys",
        ko: "aws login --profile root로 루트 사용자로 로그인한 다음 dayone --profile root --only admin-sign-in,root-access-keys를 실행하세요."
    }
}

/// Source: AWS GovCloud (US) user guide, "AWS Identity and Access Management".
fn by_its_own_key() -> Text {
    text! {
        en: "The root user of a GovCloud account cannot sign in to the console, nor with aws login. Put its access key into an AWS profile named root and run: dayone --profile root --only admin-sign-in,root-access-keys. If nobody has the key, ask AWS Support to delete it.",
        ko: "GovCloud 계정의 루트 사용자는 콘솔이나 aws login으로 로그인할 수 없습니다. 루트의 액세스 키를 root라는 AWS 프로파일에 넣고 dayone --profile root --only admin-sign-in,root-access-keys를 실행하세요. 아무도 키를 갖고 있지 않으면 AWS Support에 삭제를 요청하세요."
    }
}

/// Root without a password signs in nowhere. Source: IAM user guide, "Perform a privileged task on an AWS Organizations
/// member account".
fn by_the_organization(facts: &Facts) -> Vec<Text> {
    let (account, partition) = (harmless(&facts.account), harmless(&facts.partition));
    vec![
        text! {
            en: "Root has no password here: the organization manages root centrally. Ask who may call sts:AssumeRoot in the organization's management account to run, with the name of a Region:",
            ko: "이 계정의 루트에는 암호가 없습니다. 조직에서 루트를 중앙 관리합니다. 조직의 관리 계정에서 sts:AssumeRoot를 호출할 수 있는 사람에게 리전을 지정해 다음을 실행하도록 요청하세요."
        },
        Text::verbatim(format!(
            "aws sts assume-root --region REGION --target-principal {account} --task-policy-arn \
             arn=arn:{partition}:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
        )),
        text! {
            en: "With the credentials that it prints: aws iam list-access-keys   and for each key: aws iam delete-access-key --access-key-id ID",
            ko: "출력된 보안 인증 정보로 aws iam list-access-keys를 실행하고, 키마다 aws iam delete-access-key --access-key-id ID를 실행하세요."
        },
    ]
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

/// Of the key that signs, who else used it is told with the keys.
fn still_used(key: &RootKey, answers: &Answers) -> PersonTask {
    let described = described(key);
    let is_sure = if key.signs_this_run {
        key.used_by_others.is_some_and(|days_ago| days_ago < answers.root.quiet_days)
    } else {
        key.last_use.is_ok()
    };
    let what = if is_sure {
        text! { en: "Something still uses an access key of root", ko: "아직 루트 액세스 키를 쓰는 곳이 있습니다" }
    } else {
        text! {
            en: "It is not known whether something still uses an access key of root",
            ko: "루트 액세스 키를 쓰는 곳이 있는지 알 수 없습니다"
        }
    };
    PersonTask {
        what: Text {
            en: format!("{}: {}.", what.en, described.en),
            ko: format!("{}: {}.", what.ko, described.ko),
        },
        how: vec![text! {
            en: "Find it and give it a role or a user of its own. Event History shows who calls, but no reads and writes of S3 objects.",
            ko: "그곳을 찾아 역할이나 전용 사용자를 주세요. 이벤트 기록(Event History)에서 호출자를 볼 수 있지만 S3 객체 읽기·쓰기는 나오지 않습니다."
        }],
        seen: Seen::Elsewhere,
    }
}
