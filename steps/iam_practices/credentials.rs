//! How two of the steps about passwords and keys stand: what is unused, and what a machine should not have at all. What
//! is due is in `rotation.rs`.

use crate::answers::Answers;
use crate::credential_report::{CredentialReport, Key, Row};
use crate::event_history::DELAY;
use crate::moment::day;
use crate::practice::{PersonTask, Seen, StepId, StepPlan};
use crate::text;
use crate::text::{Text, counted, harmless, shortened};

use super::facts::Facts;
use super::lifetimes::{
    FORGOTTEN_DAYS, UNUSED_DAYS, came_with_the_user, days_since, is_forgotten, is_in_use, is_password_unused,
    is_unused,
};
use super::plan::{Change, accept_it, basis, in_place_by, made_in_words, with_lines};

/// A finding: whose it is, the evidence, and what may be done about it without a person.
struct Finding {
    user: String,
    evidence: Text,
    change: Option<Change>,
}

/// `unused-credentials`.
pub(super) fn unused(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::UnusedCredentials;
    let report = match &facts.report {
        Ok(report) => report,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let (switch_off, delete) = unused_in(facts, report, answers);
    if switch_off.is_empty() && delete.is_empty() {
        let days = UNUSED_DAYS;
        let found = text! {
            en: "no password or key is unused for {days} days",
            ko: "{days}일 넘게 쓰이지 않은 암호나 키 없음"
        };
        return in_place_by(step, report, facts, &found);
    }
    let changes = chosen(&switch_off, &delete, answers);
    let findings: Vec<_> = switch_off.into_iter().chain(delete).collect();
    let plan = if changes.is_empty() {
        let passwords = report.users().any(|row| is_password_unused(row, facts.now));
        StepPlan::needs_person(step, settle(&findings, answers, passwords))
    } else {
        StepPlan::to_change(step, changes, Text::default())
    };
    let plan = with_lines(plan, findings.into_iter().map(|finding| finding.evidence).collect());
    match &facts.looked_up {
        Ok(_) => plan.with_note(basis(facts)),
        Err(unseen) => plan.with_unseen(unseen.clone()).with_note(basis(facts)),
    }
}

/// What is unused and on, and what has been off for long.
fn unused_in(facts: &Facts, report: &CredentialReport, answers: &Answers) -> (Vec<Finding>, Vec<Finding>) {
    let (mut switch_off, mut delete) = (Vec::new(), Vec::new());
    for row in report.users() {
        if is_password_unused(row, facts.now) {
            let (user, evidence) = (row.user.clone(), unused_password(row));
            switch_off.push(Finding { user, evidence, change: None });
        }
        for key in facts.keys(row) {
            let spared = is_spared(facts, row, key, answers);
            let unused = is_unused(key, facts.now);
            if unused || (came_with_the_user(row, key) && !spared) {
                // The consent in the answers is to switch off what nobody has used for long.
                switch_off.push(unused_key(row, key, spared, unused || answers.attended));
            } else if !spared && was_off_for_long(facts, report, row, key) {
                delete.push(forgotten_key(row, key));
            }
        }
    }
    (switch_off, delete)
}

/// The administrator, and whom the run acts as, are never touched.
fn is_spared(facts: &Facts, row: &Row, key: &Key, answers: &Answers) -> bool {
    let own_key = key.id.as_ref().is_some_and(|id| facts.run.access_keys.contains(id));
    own_key || facts.is_one_of_ours(&row.user, answers)
}

/// Deleting cannot be undone, so it has to be certain that the key was off all the time: nobody switched it in the 90
/// days that Event History goes back; and because an event takes minutes to get there, a report that is older than that
/// has to have the user's keys as they are now.
fn was_off_for_long(facts: &Facts, report: &CredentialReport, row: &Row, key: &Key) -> bool {
    let untouched = match (&facts.switched, &key.id) {
        (Ok(switched), Some(id)) => !switched.contains(id),
        _ => false,
    };
    let settled = report.generated.is_some_and(|made| facts.now.saturating_sub(made) >= DELAY.as_secs());
    let active = |keys: &[Key]| keys.iter().filter(|key| key.active).count();
    let as_reported = active(&row.keys) == active(facts.keys(row));
    is_forgotten(key, facts.now) && untouched && settled && as_reported
}

/// Switching off comes first, and deleting is for a person to confirm.
fn chosen(switch_off: &[Finding], delete: &[Finding], answers: &Answers) -> Vec<Change> {
    let changes =
        |findings: &[Finding]| findings.iter().filter_map(|found| found.change.clone()).collect::<Vec<_>>();
    let off = changes(switch_off);
    match (answers.attended, answers.iam.disable_unused) {
        (true, _) if off.is_empty() => changes(delete),
        (true, _) | (false, true) => off,
        (false, false) => Vec::new(),
    }
}

/// A password that was changed a moment ago may be meant for somebody who comes back, so both dates are told.
fn unused_password(row: &Row) -> Text {
    let (user, created) = (harmless(&row.user), made_in_words(row.created, row.made_by.as_ref()));
    let used = match row.password_last_used.map(|used| day(Some(used))) {
        Some(used) => text! { en: "last used {used}", ko: "마지막 사용 {used}" },
        None => text! { en: "never used", ko: "사용된 적 없음" },
    };
    let changed = match row.password_last_changed.map(|changed| day(Some(changed))) {
        Some(changed) => text! { en: ", last changed {changed}", ko: ", 마지막 변경 {changed}" },
        None => Text::default(),
    };
    let (en, ko, used_en, used_ko) = (&created.en, &created.ko, &used.en, &used.ko);
    let (changed_en, changed_ko) = (&changed.en, &changed.ko);
    text! {
        en: "{user}: console password, {used_en}{changed_en}, user created {en}",
        ko: "{user}: 콘솔 암호, {used_ko}{changed_ko}, 사용자 생성 {ko}"
    }
}

fn unused_key(row: &Row, key: &Key, spared: bool, may_go: bool) -> Finding {
    let user = row.user.clone();
    let described = key_in_words(row, key);
    let (en, ko) = (&described.en, &described.ko);
    if spared {
        let evidence = text! {
            en: "{en}; left to you, because the administrator or this run owns it",
            ko: "{ko}. 관리자나 이번 실행의 키이므로 직접 결정하세요"
        };
        return Finding { user, evidence, change: None };
    }
    if !may_go {
        let evidence = text! {
            en: "{en}, made together with the user; left to you, because it is not {UNUSED_DAYS} days old yet",
            ko: "{ko}, 사용자와 함께 만들어짐. 만든 지 {UNUSED_DAYS}일이 되지 않았으므로 직접 결정하세요"
        };
        return Finding { user, evidence, change: None };
    }
    let with_user = if came_with_the_user(row, key) {
        text! { en: "{en}, made together with the user", ko: "{ko}, 사용자와 함께 만들어짐" }
    } else {
        described.clone()
    };
    let off = |id: &String| Change::DeactivateKey { user: user.clone(), access_key: id.clone() };
    Finding { change: key.id.as_ref().map(off), user, evidence: with_user }
}

fn forgotten_key(row: &Row, key: &Key) -> Finding {
    let user = row.user.clone();
    let described = key_in_words(row, key);
    let (en, ko, days) = (&described.en, &described.ko, FORGOTTEN_DAYS);
    let evidence = text! {
        en: "{en}; nobody switched it in {days} days, so it can be deleted",
        ko: "{ko}. {days}일 동안 켜거나 끈 사람이 없어 삭제할 수 있음"
    };
    let delete = |id: &String| Change::DeleteKey { user: user.clone(), access_key: id.clone() };
    Finding { change: key.id.as_ref().map(delete), user, evidence }
}

/// "bob: access key AKIA…, active, made 2026-01-02, last used 2026-03-04 by s3".
pub(super) fn key_in_words(row: &Row, key: &Key) -> Text {
    let (user, made) = (harmless(&row.user), made_in_words(key.made, key.made_by.as_ref()));
    let id = key.id.as_deref().map(|id| format!(" {}", harmless(id))).unwrap_or_default();
    let state = if key.active {
        text! { en: "active", ko: "활성" }
    } else {
        text! { en: "inactive", ko: "비활성" }
    };
    let used = last_use_in_words(key);
    let (state_en, state_ko, used_en, used_ko) = (&state.en, &state.ko, &used.en, &used.ko);
    let (made_en, made_ko) = (&made.en, &made.ko);
    text! {
        en: "{user}: access key{id}, {state_en}, made {made_en}, {used_en}",
        ko: "{user}: 액세스 키{id}, {state_ko}, 생성 {made_ko}, {used_ko}"
    }
}

fn last_use_in_words(key: &Key) -> Text {
    let Some(last) = &key.last_use else {
        return text! { en: "never used, as far as AWS tells", ko: "AWS 기록상 사용된 적 없음" };
    };
    let (at, service) = (day(Some(last.at)), harmless(last.service.as_deref().unwrap_or("?")));
    match &last.region {
        Some(region) => {
            let region = harmless(region);
            text! { en: "last used {at} by {service}, {region}", ko: "마지막 사용 {at}({service}, {region})" }
        }
        None => text! { en: "last used {at} by {service}", ko: "마지막 사용 {at}({service})" },
    }
}

fn settle(findings: &[Finding], answers: &Answers, passwords: bool) -> PersonTask {
    let (count, names) = (findings.len(), owners(findings.iter().map(|finding| &finding.user)));
    let what = text! {
        en: "Settle the passwords and keys that nobody uses ({count}), of: {names}",
        ko: "쓰이지 않는 암호와 키({count}개)를 정리하세요: {names}"
    };
    let mut how = vec![text! {
        en: "IAM console, Users, the user, Security credentials: under Manage console access switch the password off, under Access keys deactivate the key. Delete it when nobody missed it.",
        ko: "IAM 콘솔의 사용자에서 보안 자격 증명을 여세요. 콘솔 액세스 관리에서 암호를 끄고, 액세스 키에서 키를 비활성화하세요. 찾는 사람이 없으면 삭제하세요."
    }];
    if passwords {
        how.push(why_passwords_are_left());
    }
    if !answers.attended && findings.iter().any(|finding| finding.change.is_some()) {
        how.push(text! {
            en: "dayone switches unused keys off with disable_unused = true under [iam] in the answers, or at a terminal. It deletes none unless somebody confirms it there.",
            ko: "응답의 [iam] 아래 disable_unused = true로 적거나 터미널에서 실행하면 dayone이 쓰이지 않는 키를 끕니다. 삭제는 터미널에서 확인할 때만 합니다."
        });
    }
    how.push(accept_it(StepId::UnusedCredentials));
    PersonTask { what, how, seen: Seen::Elsewhere }
}

/// Switching off comes before deleting, and AWS has no switch for a password.
fn why_passwords_are_left() -> Text {
    text! {
        en: "dayone leaves passwords to you: AWS cannot switch one off and on again. Without console access the password is deleted, and who needs it after all gets a new one.",
        ko: "암호는 직접 결정하세요. AWS에서는 암호를 껐다가 다시 켤 수 없습니다. 콘솔 액세스를 끄면 암호가 삭제되고, 나중에 필요하면 새 암호를 만들어야 합니다."
    }
}

/// Whose they are, each once.
pub(super) fn owners<'u>(users: impl Iterator<Item = &'u String>) -> String {
    let mut names: Vec<_> = users.cloned().collect();
    names.sort();
    names.dedup();
    shortened(&names)
}

/// `roles-not-keys`.
pub(super) fn roles_not_keys(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RolesNotKeys;
    let report = match &facts.report {
        Ok(report) => report,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let users = report.users().filter(|row| !facts.is_one_of_ours(&row.user, answers));
    let findings: Vec<_> = users.flat_map(|row| of_machines(row, facts)).collect();
    if findings.is_empty() {
        // The instances would take a service of their own, in each Region, for one setting.
        let found = text! {
            en: "no key looks like a machine's; EC2 instances were not looked at",
            ko: "프로그램이나 서버에서 쓰는 것으로 보이는 키 없음, EC2 인스턴스는 확인하지 않음"
        };
        return in_place_by(step, report, facts, &found);
    }
    let plan = StepPlan::needs_person(step, give_roles(&findings));
    with_lines(plan, findings.into_iter().map(|finding| finding.evidence).collect()).with_note(basis(facts))
}

/// Who has no password and works with a service these days is hardly a person. Tools of people ask IAM and STS, too,
/// and so say nothing.
fn of_machines(row: &Row, facts: &Facts) -> Vec<Finding> {
    if row.password {
        return Vec::new();
    }
    let works = |key: &&Key| {
        let service = key.last_use.as_ref().and_then(|last| last.service.as_deref());
        let tells = service
            .is_some_and(|service| !["iam", "sts"].iter().any(|quiet| service.eq_ignore_ascii_case(quiet)));
        tells && is_in_use(key, facts.now)
    };
    let keys = facts.keys(row).iter().filter(works);
    keys.map(|key| Finding {
        user: row.user.clone(),
        evidence: machine_in_words(row, key, facts.now),
        change: None,
    })
    .collect()
}

fn machine_in_words(row: &Row, key: &Key, now: i64) -> Text {
    let described = key_in_words(row, key);
    let days = days_since(key.last_use.as_ref().map(|last| last.at), now).unwrap_or_default();
    let (en, ko, ago) = (&described.en, &described.ko, counted(days, "day"));
    text! {
        en: "{en}, {ago} ago; no console password",
        ko: "{ko}, {days}일 전. 콘솔 암호 없음"
    }
}

fn give_roles(findings: &[Finding]) -> PersonTask {
    let names = owners(findings.iter().map(|finding| &finding.user));
    PersonTask {
        what: text! {
            en: "Give these machines roles instead of access keys: {names}",
            ko: "다음 사용자의 키를 쓰는 프로그램이나 서버에 액세스 키 대신 역할을 주세요: {names}"
        },
        how: vec![
            text! {
                en: "On EC2 an instance profile, on ECS a task role, on Lambda an execution role: the SDK finds the credentials by itself.",
                ko: "EC2에서는 인스턴스 프로파일, ECS에서는 태스크 역할, Lambda에서는 실행 역할을 쓰세요. SDK가 보안 인증 정보를 스스로 찾습니다."
            },
            text! {
                en: "For GitHub Actions and other pipelines an OIDC identity provider, and a role whose trust names the repository.",
                ko: "GitHub Actions 같은 파이프라인에서는 OIDC 자격 증명 공급자와, 신뢰 정책에 리포지토리를 적은 역할을 쓰세요."
            },
            text! {
                en: "For servers elsewhere IAM Roles Anywhere, with a certificate.",
                ko: "다른 곳의 서버에는 인증서를 쓰는 IAM Roles Anywhere를 쓰세요."
            },
            text! {
                en: "For people aws login, which leaves no key behind.",
                ko: "사람은 키가 남지 않는 aws login을 쓰세요."
            },
            text! {
                en: "Then deactivate the key, and delete it when nothing missed it.",
                ko: "그런 다음 키를 비활성화하고, 찾는 곳이 없으면 삭제하세요."
            },
            accept_it(StepId::RolesNotKeys),
        ],
        seen: Seen::Elsewhere,
    }
}
