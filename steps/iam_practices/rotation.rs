//! How the step `key-rotation` stands: whose keys are due, and how far the replacement of one's own has got.
//!
//! A user can have two access keys, so that one is replaced without a gap: the second is made and put in the place of the
//! first; when it works and the first one is not used any more, that is switched off, and deleted when nothing missed
//! it. The program goes this way with a person for the keys of the administrator and of whom the run acts as. For others
//! it names the commands.

use crate::answers::Answers;
use crate::credential_report::{Key, Row};
use crate::practice::{Change as _, PersonTask, Seen, StepId, StepPlan};
use crate::text;
use crate::text::{Text, harmless, shortened};

use super::credentials::{key_in_words, owners};
use super::facts::Facts;
use super::lifetimes::{ROTATION_DAYS, days_since, is_due, is_superseded};
use super::plan::{Change, accept_it, basis, in_place_by, with_lines};

/// A key that is due, or one key too many.
struct Finding {
    user: String,
    /// The key that should go.
    key: Option<String>,
    evidence: Text,
}

/// What comes next where somebody's own key is replaced: about the key with this id.
enum Next<'f> {
    /// The second key is made. It takes the place of this one in these profiles.
    Replace(&'f str, &'f [String]),
    /// The second key works, and this one is switched off.
    SwitchOff(&'f str),
    /// This one is off, and goes.
    Delete(&'f str),
}

/// `key-rotation`.
pub(super) fn rotation(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::KeyRotation;
    let report = match &facts.report {
        Ok(report) => report,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let findings: Vec<_> = report.users().flat_map(|row| due(row, facts)).collect();
    let own = report.users().find_map(|row| Some((row, next(row, facts, answers)?)));
    if let Some((row, next)) = own {
        return go_on(row, &next, findings, facts);
    }
    if let Some(row) = report.users().find(|row| awaits_first_use(row, facts, answers)) {
        return StepPlan::waiting(step, not_seen_in_use(row, &findings)).comes_soon(first_use());
    }
    if findings.is_empty() {
        let days = ROTATION_DAYS;
        let found = text! {
            en: "no active key is {days} days old, and nobody has two",
            ko: "{days}일이 지난 활성 키가 없고 활성 키가 두 개인 사용자도 없음"
        };
        return in_place_by(step, report, facts, &found);
    }
    let plan = StepPlan::needs_person(step, replace_them(&findings, answers));
    with_lines(plan, findings.into_iter().map(|finding| finding.evidence).collect()).with_note(basis(facts))
}

fn due(row: &Row, facts: &Facts) -> Vec<Finding> {
    let active: Vec<_> = in_order(row, facts).into_iter().filter(|key| key.active).collect();
    let finding = |key: &Key, evidence| Finding { user: row.user.clone(), key: key.id.clone(), evidence };
    let old = active.iter().copied().filter(|key| is_due(key, facts.now));
    let mut findings: Vec<_> = old.map(|key| finding(key, described(row, key, facts))).collect();
    if let [first, _, ..] = *active.as_slice() {
        let (user, count) = (harmless(&row.user), active.len());
        let two = text! {
            en: "{user}: {count} active access keys; two are for the days of a rotation",
            ko: "{user}: 활성 액세스 키 {count}개. 두 개는 교체하는 동안만 필요합니다"
        };
        findings.push(finding(first, two));
    }
    findings
}

/// The keys of a user, the oldest first.
fn in_order<'f>(row: &'f Row, facts: &'f Facts) -> Vec<&'f Key> {
    let mut keys: Vec<_> = facts.keys(row).iter().collect();
    keys.sort_by_key(|key| key.made);
    keys
}

/// A key with its place on this computer, as far as that is known.
fn described(row: &Row, key: &Key, facts: &Facts) -> Text {
    let profiles = shortened(profiles(key, facts));
    let here = text! { en: ", in the AWS profile {profiles}", ko: ", AWS 프로파일 {profiles}에 있음" };
    let signs = text! { en: ", signs this run", ko: ", 이번 실행이 쓰는 키" };
    let more = [(here, !profiles.is_empty()), (signs, signs_this_run(key, facts))];
    more.into_iter().filter(|(_, is_so)| *is_so).fold(key_in_words(row, key), |mut words, (more, _)| {
        words.en.push_str(&more.en);
        words.ko.push_str(&more.ko);
        words
    })
}

/// The profiles of this computer that hold a key.
fn profiles<'f>(key: &Key, facts: &'f Facts) -> &'f [String] {
    key.id.as_ref().and_then(|id| facts.kept.get(id)).map(Vec::as_slice).unwrap_or_default()
}

fn signs_this_run(key: &Key, facts: &Facts) -> bool {
    key.id.as_ref().is_some_and(|id| facts.run.access_keys.contains(id))
}

/// Whether this run may replace the keys of a user: with a person there, and by the keys of this moment.
fn may_be_replaced(row: &Row, facts: &Facts, answers: &Answers) -> bool {
    answers.attended && facts.is_one_of_ours(&row.user, answers) && facts.is_looked_up(&row.user)
}

fn next<'f>(row: &'f Row, facts: &'f Facts, answers: &Answers) -> Option<Next<'f>> {
    if !may_be_replaced(row, facts, answers) {
        return None;
    }
    match *in_order(row, facts).as_slice() {
        [only] if is_due(only, facts.now) => {
            let profiles = profiles(only, facts);
            let replace = Next::Replace(only.id.as_deref()?, profiles);
            (!profiles.is_empty()).then_some(replace)
        }
        // The key that signs would take the run with it.
        [older, newer] if older.active && is_superseded(older, newer) && !signs_this_run(older, facts) => {
            Some(Next::SwitchOff(older.id.as_deref()?))
        }
        [older, newer] if newer.active && !older.active => {
            let id = older.id.as_deref()?;
            was_switched_off_by_us(row, id, answers).then_some(Next::Delete(id))
        }
        _ => None,
    }
}

/// The second key was put in the place of the first today, and AWS does not show yet that it is in use.
fn awaits_first_use(row: &Row, facts: &Facts, answers: &Answers) -> bool {
    let is_new = |key: &Key| key.last_use.is_none() && days_since(key.made, facts.now) == Some(0);
    match *in_order(row, facts).as_slice() {
        [older, newer] if older.active && newer.active => {
            may_be_replaced(row, facts, answers) && is_new(newer) && !profiles(newer, facts).is_empty()
        }
        _ => false,
    }
}

/// Whatever somebody else switched off is not ours to delete, nor to switch on again.
fn was_switched_off_by_us(row: &Row, id: &str, answers: &Answers) -> bool {
    answers.switched_off.contains(&switch_on(row, id).resource())
}

fn switch_on(row: &Row, id: &str) -> Change {
    Change::ReactivateKey { user: row.user.clone(), access_key: id.to_owned() }
}

/// The next change of one's own, with both keys before it and what is left of others after them.
fn go_on(row: &Row, next: &Next<'_>, findings: Vec<Finding>, facts: &Facts) -> StepPlan<Change> {
    let own = in_order(row, facts).into_iter().map(|key| described(row, key, facts));
    let others = findings.into_iter().filter(|finding| finding.user != row.user);
    let lines = own.chain(others.map(|finding| finding.evidence)).collect();
    let plan = StepPlan::to_change(StepId::KeyRotation, vec![next.change(row)], Text::default());
    let plan = with_lines(plan, lines);
    let plan = match next {
        Next::Replace(..) => plan.with_warning(elsewhere()),
        Next::SwitchOff(_) => plan.with_note(uses_are_told_late()),
        Next::Delete(id) => StepPlan { undo: vec![switch_on(row, id)], ..plan }.with_note(trial()),
    };
    plan.with_note(basis(facts))
}

impl Next<'_> {
    fn change(&self, row: &Row) -> Change {
        let (user, owned) = (row.user.clone(), |id: &str| id.to_owned());
        match self {
            Self::Replace(id, profiles) => {
                Change::ReplaceKey { user, access_key: owned(id), profiles: profiles.to_vec() }
            }
            Self::SwitchOff(id) => Change::DeactivateKey { user, access_key: owned(id) },
            Self::Delete(id) => Change::DeleteKey { user, access_key: owned(id) },
        }
    }
}

/// What is due besides is told too: it is not waited for.
fn not_seen_in_use(row: &Row, findings: &[Finding]) -> Text {
    let user = harmless(&row.user);
    let others = findings.iter().map(|finding| &finding.user).filter(|user| **user != row.user);
    let others = owners(others);
    let mut reason = text! {
        en: "AWS does not show yet that the new key of {user} is in use. Then the old one can be switched off.",
        ko: "{user}의 새 키가 쓰이는 것이 아직 AWS에 반영되지 않았습니다. 반영되면 기존 키를 끌 수 있습니다."
    };
    if !others.is_empty() {
        let more = text! { en: " Due besides: {others}", ko: " 그 밖에 교체할 때가 된 키: {others}" };
        reason.en.push_str(&more.en);
        reason.ko.push_str(&more.ko);
    }
    reason
}

fn first_use() -> Text {
    text! {
        en: "Waiting until AWS shows the new key in use",
        ko: "새 키 사용이 AWS에 반영되기를 기다리는 중"
    }
}

fn elsewhere() -> Text {
    text! {
        en: "The old key goes on working until it is switched off in a step of its own. If it is used on another computer or by a program, put the new one there too before that.",
        ko: "기존 키는 따로 끌 때까지 계속 동작합니다. 다른 컴퓨터나 프로그램에서도 쓰고 있다면 끄기 전에 그곳에도 새 키를 넣으세요."
    }
}

/// IAM user guide, "Getting credential reports": of several uses within 15 minutes, only the first one is recorded.
fn uses_are_told_late() -> Text {
    text! {
        en: "Of several uses within 15 minutes AWS records one, so the latest use of the old key may be missing. If it may be in use elsewhere, wait some days. Switched off, it can be switched on again.",
        ko: "AWS는 15분 안의 여러 사용을 한 번만 기록하므로 기존 키의 최근 사용이 빠져 있을 수 있습니다. 다른 곳에서 쓰고 있을 수 있다면 며칠 기다리세요. 끈 키는 다시 켤 수 있습니다."
    }
}

fn trial() -> Text {
    text! {
        en: "If something stops working, answer undo: the old key works again at once. You may also skip, and delete it another day.",
        ko: "무언가 동작하지 않으면 되돌리기를 입력하세요. 기존 키가 곧바로 다시 동작합니다. 건너뛰고 다른 날 삭제해도 됩니다."
    }
}

fn replace_them(findings: &[Finding], answers: &Answers) -> PersonTask {
    let (names, days) = (owners(findings.iter().map(|finding| &finding.user)), ROTATION_DAYS);
    let mut how = vec![text! {
        en: "Where a role can take the place of the key, give a role, and nothing has to be replaced again.",
        ko: "키 대신 역할을 쓸 수 있으면 역할을 주세요. 그러면 더 이상 교체할 것이 없습니다."
    }];
    how.extend(findings.first().into_iter().flat_map(commands));
    if findings.iter().any(|finding| finding.user != findings[0].user) {
        how.push(text! {
            en: "Go the same way with each of the others, with their names and keys.",
            ko: "나머지 사용자도 각자의 이름과 키로 똑같이 진행하세요."
        });
    }
    if !answers.attended {
        how.push(text! {
            en: "A key of your own that is in an AWS profile of your computer is replaced by dayone at a terminal, step by step.",
            ko: "내 컴퓨터의 AWS 프로파일에 있는 내 키는 터미널에서 dayone을 실행하면 단계별로 교체합니다."
        });
    }
    how.push(accept_it(StepId::KeyRotation));
    PersonTask {
        what: text! {
            en: "Replace the access keys that are older than {days} days, and leave nobody two: {names}",
            ko: "{days}일이 지난 액세스 키를 교체하고, 사용자마다 활성 키는 하나만 두세요: {names}"
        },
        how,
        seen: Seen::Elsewhere,
    }
}

/// The way of two keys, command by command.
fn commands(finding: &Finding) -> [Text; 5] {
    let user = harmless(&finding.user);
    let key = finding.key.as_deref().map_or_else(|| "OLD_KEY".to_owned(), harmless);
    [
        text! {
            en: "Make the second key, if there is none yet; its secret is shown once: aws iam create-access-key --user-name {user}",
            ko: "두 번째 키가 아직 없으면 만드세요. 비밀 키는 한 번만 표시됩니다: aws iam create-access-key --user-name {user}"
        },
        text! {
            en: "Put it wherever the first one is used, and see it at work: aws iam get-access-key-last-used --access-key-id NEW_KEY",
            ko: "첫 번째 키를 쓰던 모든 곳에 새 키를 넣고 쓰이는지 확인하세요: aws iam get-access-key-last-used --access-key-id NEW_KEY"
        },
        text! {
            en: "See who still uses the first one, and wait until its last use no longer moves: dayone events --access-key {key} --all-regions   and   aws iam get-access-key-last-used --access-key-id {key}",
            ko: "첫 번째 키를 누가 아직 쓰는지 보고 마지막 사용 시각이 더 이상 바뀌지 않을 때까지 기다리세요: dayone events --access-key {key} --all-regions, aws iam get-access-key-last-used --access-key-id {key}"
        },
        text! {
            en: "Switch it off; if something fails, the same with Active switches it on again: aws iam update-access-key --user-name {user} --access-key-id {key} --status Inactive",
            ko: "첫 번째 키를 끄세요. 문제가 생기면 Active로 바꿔 다시 켤 수 있습니다: aws iam update-access-key --user-name {user} --access-key-id {key} --status Inactive"
        },
        text! {
            en: "Delete it after some quiet days: aws iam delete-access-key --user-name {user} --access-key-id {key}",
            ko: "며칠간 문제가 없으면 삭제하세요: aws iam delete-access-key --user-name {user} --access-key-id {key}"
        },
    ]
}
