//! How the steps about rights stand: rights through groups, and no more of them than the work takes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::answers::Answers;
use crate::policy::Document;
use crate::practice::{PersonTask, Seen, StepId, StepPlan};
use crate::root_user::administrator_access;
use crate::text;
use crate::text::{Text, harmless, shortened};

use super::facts::Facts;
use super::plan::{Change, accept_it, listed, with_lines};
use super::rights::{Attached, Group, Inline, Reach, Rights, Role, User, Wildcard};

/// So many users are moved at once: a plan that nobody can read is one that nobody can agree to.
const USERS_AT_ONCE: usize = 5;
/// IAM user guide, "IAM and AWS STS quotas": groups of a user, and the length of a group's name.
const GROUPS_PER_USER: usize = 10;
const LONGEST_GROUP_NAME: usize = 128;

/// `permissions-through-groups`.
pub(super) fn through_groups(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::PermissionsThroughGroups;
    let rights = match &facts.rights {
        Ok(rights) => rights,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let holders: Vec<_> =
        rights.users.iter().filter(|user| !user.attached.is_empty() || !user.inline.is_empty()).collect();
    if holders.is_empty() {
        let count = rights.users.len();
        return StepPlan::in_place(
            step,
            text! { en: "no user has rights of its own, of {count}", ko: "직접 연결된 권한이 있는 사용자 없음({count}명 중)" },
        );
    }
    let mut moves = Moves::new(facts, rights, answers);
    let left: Vec<_> = holders.iter().flat_map(|user| moves.take(user)).collect();
    if moves.changes.is_empty() || !(answers.attended || answers.iam.move_to_groups) {
        let plan = StepPlan::needs_person(step, give_through_groups(&holders, &moves, answers));
        let may_move = !moves.changes.is_empty();
        let lines = if may_move { holders.iter().flat_map(|user| held(user)).collect() } else { left };
        return with_lines(plan, lines);
    }
    let later = moves.later;
    let plan = StepPlan::to_change(step, moves.changes, Text::default()).with_note(text! {
        en: "A group gets the policy, and the user the group, before the user loses the policy: nobody is without a right in between.",
        ko: "그룹에 정책을, 사용자에게 그룹을 먼저 준 다음 사용자의 정책 연결을 해제하므로 중간에 권한을 잃는 사람은 없습니다."
    });
    let plan = with_lines(plan, left);
    if later == 0 {
        return plan;
    }
    plan.with_note(text! {
        en: "{USERS_AT_ONCE} users at a time; users left after these: {later}.",
        ko: "한 번에 {USERS_AT_ONCE}명씩 옮기며, 이번 다음에 {later}명이 남습니다."
    })
}

/// What a user holds directly, a line each.
fn held(user: &User) -> Vec<Text> {
    let name = harmless(&user.name);
    let attached = user.attached.iter().map(|policy| {
        let policy = harmless(&policy.name);
        text! { en: "{name}: {policy}, attached to the user", ko: "{name}: {policy}(사용자에 직접 연결)" }
    });
    let inline = user.inline.iter().map(|policy| {
        let policy = harmless(&policy.name);
        text! { en: "{name}: inline policy {policy}", ko: "{name}: 인라인 정책 {policy}" }
    });
    attached.chain(inline).collect()
}

fn give_through_groups(holders: &[&User], moves: &Moves<'_>, answers: &Answers) -> PersonTask {
    let (count, names) =
        (holders.len(), shortened(&holders.iter().map(|user| user.name.clone()).collect::<Vec<_>>()));
    let mut how = vec![
        text! {
            en: "IAM console, User groups: attach the policy to a group, add the user to it, and only then remove the policy from the user.",
            ko: "IAM 콘솔의 사용자 그룹에서 그룹에 정책을 연결하고 사용자를 추가한 다음, 마지막에 사용자의 정책 연결을 해제하세요."
        },
        text! {
            en: "Full rights belong to the group of the administrators: put an administrator there.",
            ko: "전체 권한은 관리자 그룹의 것입니다. 관리자라면 그 그룹에 넣으세요."
        },
    ];
    if !moves.changes.is_empty() {
        how.push(text! {
            en: "dayone moves managed policies to groups of their own, such as ReadOnlyAccess-users, with move_to_groups = true under [iam] in the answers, or at a terminal.",
            ko: "응답의 [iam] 아래 move_to_groups = true로 적거나 터미널에서 실행하면 dayone이 관리형 정책을 ReadOnlyAccess-users 같은 그룹으로 옮깁니다."
        });
    } else if answers.attended && !moves.wait_for_a_word {
        how.push(text! { en: "None of these can be moved without a decision.", ko: "결정 없이 옮길 수 있는 것이 없습니다." });
    }
    if moves.wait_for_a_word {
        how.push(text! {
            en: "Inline policies, which belong to one user alone, dayone moves only with move_to_groups = true: the group gets the same document, and then the user loses it.",
            ko: "한 사용자에게만 속한 인라인 정책은 move_to_groups = true일 때만 dayone이 옮깁니다. 그룹에 같은 문서를 준 다음 사용자의 정책을 삭제합니다."
        });
    }
    how.push(accept_it(StepId::PermissionsThroughGroups));
    PersonTask {
        what: text! {
            en: "Give users their rights through groups (with rights of their own: {count}): {names}",
            ko: "사용자의 권한을 그룹으로 주세요(직접 연결된 사용자 {count}명): {names}"
        },
        how,
        seen: Seen::Elsewhere,
    }
}

/// A policy that a user holds itself.
#[derive(Clone, Copy)]
enum Held<'r> {
    Managed(&'r Attached),
    Inline(&'r Inline),
}

impl Held<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Managed(policy) => &policy.name,
            Self::Inline(policy) => &policy.name,
        }
    }

    /// What tells it from others of its name.
    fn mark(&self) -> &str {
        match self {
            Self::Managed(policy) => &policy.arn,
            Self::Inline(policy) => &policy.document,
        }
    }

    fn is_held_by(&self, user: &User) -> bool {
        match self {
            Self::Managed(policy) => user.holds(&policy.arn),
            Self::Inline(policy) => user.inline.iter().any(|found| says_the_same(found, policy)),
        }
    }

    fn is_given_by(&self, group: &Group) -> bool {
        match self {
            Self::Managed(policy) => group.attached.iter().any(|found| found.arn == policy.arn),
            Self::Inline(policy) => group.inline.iter().any(|found| says_the_same(found, policy)),
        }
    }

    /// Whether a group gives something else.
    fn is_not_all_of(&self, group: &Group) -> bool {
        match self {
            Self::Managed(policy) => {
                !group.inline.is_empty() || group.attached.iter().any(|found| found.arn != policy.arn)
            }
            Self::Inline(policy) => {
                !group.attached.is_empty() || group.inline.iter().any(|found| !says_the_same(found, policy))
            }
        }
    }

    /// Whether it is for administrators.
    fn is_full_rights(&self, partition: &str) -> bool {
        match self {
            Self::Managed(policy) => policy.arn == administrator_access(partition),
            Self::Inline(policy) => {
                let full = [Wildcard::Everything, Wildcard::EverythingWithMfa];
                full.iter().any(|wildcard| policy.reach.contains(wildcard))
            }
        }
    }
}

fn says_the_same(one: &Inline, other: &Inline) -> bool {
    let (document, same) = (Document::parse(&one.document), Document::parse(&other.document));
    one.name == other.name && matches!((document, same), (Ok(one), Ok(other)) if one.same_meaning(&other))
}

/// The moves of policies from users to groups, as far as they change nobody's rights.
struct Moves<'a> {
    facts: &'a Facts,
    rights: &'a Rights,
    answers: &'a Answers,
    /// In this order nobody is without a right in between.
    changes: Vec<Change>,
    users: usize,
    /// How many users come after these.
    later: usize,
    /// Whether an inline policy could be moved, if only the answers said so.
    wait_for_a_word: bool,
    /// What the groups that are made or filled are for, by the group's name in lower case.
    groups: BTreeMap<String, String>,
    /// The groups that the user at hand joins.
    joined: BTreeSet<String>,
}

impl<'a> Moves<'a> {
    fn new(facts: &'a Facts, rights: &'a Rights, answers: &'a Answers) -> Self {
        Self {
            facts,
            rights,
            answers,
            changes: Vec::new(),
            users: 0,
            later: 0,
            wait_for_a_word: false,
            groups: BTreeMap::new(),
            joined: BTreeSet::new(),
        }
    }

    /// Moves what can be moved of a user's policies. What is left is given back, with the reason.
    fn take(&mut self, user: &User) -> Vec<Text> {
        if self.users >= USERS_AT_ONCE {
            self.later += 1;
            return Vec::new();
        }
        let mut left = Vec::new();
        self.joined.clear();
        let before = self.changes.len();
        let inline = user.inline.iter().map(Held::Inline);
        for held in user.attached.iter().map(Held::Managed).chain(inline) {
            if let Err(reason) = self.take_one(user, held) {
                left.push(stays(user, held, &reason));
            }
        }
        self.users += usize::from(self.changes.len() > before);
        left
    }

    fn take_one(&mut self, user: &User, held: Held<'_>) -> Result<(), Text> {
        self.may_move(user, held)?;
        let (name, rights) = (format!("{}-users", held.name()), self.rights);
        let existing = rights.group(&name);
        self.is_for_this_alone(existing, &name, held)?;
        let group = existing.map_or(name, |group| group.name.clone());
        let is_member = user.is_in(&group);
        if !is_member && user.groups.len() + self.joined.len() >= GROUPS_PER_USER {
            return Err(text! {
                en: "the user is in as many groups as AWS allows",
                ko: "사용자가 이미 AWS가 허용하는 만큼의 그룹에 있음"
            });
        }
        self.has_consent(held)?;
        self.fill(existing, &group, held);
        if !is_member {
            self.joined.insert(group.clone());
            self.changes.push(Change::AddUserToGroup { user: user.name.clone(), group: group.clone() });
        }
        self.changes.push(take_off(user, held, group));
        Ok(())
    }

    fn may_move(&self, user: &User, held: Held<'_>) -> Result<(), Text> {
        if self.facts.is_one_of_ours(&user.name, self.answers) {
            return Err(text! {
                en: "left to you, because it is the administrator or whom this run is signed in as",
                ko: "관리자이거나 이번 실행이 로그인한 사용자이므로 직접 결정하세요"
            });
        }
        if held.is_full_rights(&self.facts.partition) {
            let group = harmless(&self.answers.admin.group);
            return Err(text! {
                en: "full rights; put an administrator into the group {group}",
                ko: "전체 권한. 관리자라면 {group} 그룹에 넣으세요"
            });
        }
        match held {
            Held::Inline(policy) if Document::parse(&policy.document).is_err() => Err(text! {
                en: "could not be understood; write it anew as a policy of a group",
                ko: "해석하지 못했으니 그룹의 정책으로 다시 작성하세요"
            }),
            Held::Inline(_) | Held::Managed(_) => Ok(()),
        }
    }

    /// A managed policy stays where it is, and can be attached again; an inline one goes, and so it takes a word more.
    fn has_consent(&mut self, held: Held<'_>) -> Result<(), Text> {
        if matches!(held, Held::Managed(_)) || self.answers.iam.move_to_groups {
            return Ok(());
        }
        self.wait_for_a_word = true;
        Err(text! {
            en: "moved with move_to_groups = true under [iam] in the answers",
            ko: "응답의 [iam] 아래 move_to_groups = true로 적으면 옮김"
        })
    }

    /// A group of that name gives nobody anything else, and nobody gets anything by it who has not had it.
    fn is_for_this_alone(&self, existing: Option<&Group>, name: &str, held: Held<'_>) -> Result<(), Text> {
        let shown = harmless(name);
        if name.len() > LONGEST_GROUP_NAME {
            return Err(
                text! { en: "{shown} is too long for the name of a group", ko: "{shown}은(는) 그룹 이름으로 너무 김" },
            );
        }
        let planned = self.groups.get(&name.to_ascii_lowercase());
        let others = existing.is_some_and(|group| held.is_not_all_of(group));
        if others || planned.is_some_and(|planned| planned != held.mark()) {
            return Err(
                text! { en: "the group {shown} is for something else", ko: "{shown} 그룹이 다른 용도로 쓰임" },
            );
        }
        let gives_it = existing.is_some_and(|group| held.is_given_by(group));
        // Users are read beside groups, and may be in one that was made between the two readings.
        if !gives_it && self.rights.members(name).any(|member| !held.is_held_by(member)) {
            return Err(text! {
                en: "the group {shown} has members without this policy",
                ko: "{shown} 그룹에 이 정책이 없는 구성원이 있음"
            });
        }
        Ok(())
    }

    /// Makes the group, and gives it the policy, once.
    fn fill(&mut self, existing: Option<&Group>, group: &str, held: Held<'_>) {
        let first = self.groups.insert(group.to_ascii_lowercase(), held.mark().to_owned()).is_none();
        if first && existing.is_none() {
            self.changes.push(Change::CreateGroup { group: group.to_owned() });
        }
        if first && existing.is_none_or(|group| !held.is_given_by(group)) {
            let group = group.to_owned();
            self.changes.push(match held {
                Held::Managed(policy) => Change::AttachGroupPolicy { group, policy: policy.arn.clone() },
                Held::Inline(policy) => Change::PutGroupPolicy {
                    group,
                    policy: policy.name.clone(),
                    document: policy.document.clone(),
                },
            });
        }
    }
}

fn take_off(user: &User, held: Held<'_>, group: String) -> Change {
    let user = user.name.clone();
    match held {
        Held::Managed(policy) => Change::DetachUserPolicy { user, policy: policy.arn.clone(), group },
        Held::Inline(policy) => Change::DeleteUserPolicy { user, policy: policy.name.clone(), group },
    }
}

fn stays(user: &User, held: Held<'_>, reason: &Text) -> Text {
    let (name, policy) = (harmless(&user.name), harmless(held.name()));
    let (en, ko) = (&reason.en, &reason.ko);
    match held {
        Held::Managed(_) => text! { en: "{name}: {policy}: {en}", ko: "{name}: {policy}: {ko}" },
        Held::Inline(_) => {
            text! { en: "{name}: inline policy {policy}: {en}", ko: "{name}: 인라인 정책 {policy}: {ko}" }
        }
    }
}

/// `least-privilege`.
pub(super) fn least_privilege(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::LeastPrivilege;
    let rights = match &facts.rights {
        Ok(rights) => rights,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let reaches = reaches(facts, rights);
    let (on_condition, findings): (Vec<_>, Vec<_>) = wide_rights(facts, rights, &reaches, answers)
        .into_iter()
        .partition(|found| found.wildcard.is_on_condition());
    let meant = meant_roles(facts, rights, &reaches);
    let known = [Some(exception(rights, answers)), meant, bounded(&on_condition)].into_iter().flatten();
    if findings.is_empty() {
        return StepPlan::in_place(step, listed(known.chain([what_was_read()]).collect()));
    }
    let without_mfa = without_mfa(&findings);
    let only_named = only_named(facts, rights, &findings);
    let plan = StepPlan::needs_person(step, narrow(&findings, answers));
    let plan = with_lines(plan, findings.into_iter().map(|finding| finding.line).collect());
    let notes = known.chain(without_mfa).chain(only_named).chain([what_was_read()]);
    let plan = notes.fold(plan, StepPlan::with_note);
    match &facts.management_account {
        Ok(_) => plan,
        Err(unseen) => plan.with_unseen(unseen.clone()),
    }
}

/// What a condition bounds is told, because whether it is enough nobody can tell but who knows what it is for.
fn bounded(on_condition: &[Wide]) -> Option<Text> {
    let mut names: Vec<_> =
        on_condition.iter().map(|found| format!("{} ({})", found.holder, found.policy)).collect();
    names.dedup();
    let shown = shortened(&names);
    (!names.is_empty()).then(|| {
        text! {
            en: "bounded by a condition, which was not looked into: {shown}",
            ko: "조건으로 제한되어 있으며 조건의 내용은 확인하지 않음: {shown}"
        }
    })
}

/// A name alone does not make a role one of an organization.
fn only_named(facts: &Facts, rights: &Rights, findings: &[Wide]) -> Option<Text> {
    let is_found = |role: &&Role| findings.iter().any(|found| found.holder == role.name);
    let named = rights.roles.iter().filter(|role| role.is_named_for_an_organization());
    let names: Vec<_> =
        named.filter(|role| !is_of_aws(role, facts)).filter(is_found).map(|role| role.name.clone()).collect();
    let shown = shortened(&names);
    (!names.is_empty()).then(|| {
        text! {
            en: "named like a role of an organization, but its trust policy does not name the management account alone: {shown}",
            ko: "조직의 역할 이름이지만 신뢰 정책이 관리 계정만 지정하지는 않음: {shown}"
        }
    })
}

/// Roles that AWS's own services make, with full rights or without: IAM Identity Center, Organizations and Control
/// Tower. Who may take them on is settled there, and not in this account. The paths of services are kept from everybody
/// else; the names are not, so those count only where the organization's management account alone may take on the role.
fn is_of_aws(role: &Role, facts: &Facts) -> bool {
    let kept = ["/aws-service-role/", "/aws-reserved/"].iter().any(|path| role.path.starts_with(path));
    let manages = || match &facts.management_account {
        Ok(Some(account)) => role.is_for_account_alone(account),
        Ok(None) | Err(_) => false,
    };
    kept || (role.is_named_for_an_organization() && manages())
}

fn meant_roles(facts: &Facts, rights: &Rights, reaches: &Reaches<'_>) -> Option<Text> {
    let of_aws = rights.roles.iter().filter(|role| is_of_aws(role, facts));
    let is_wide = |found: &Wide| !found.wildcard.is_on_condition();
    let wide = of_aws.filter(|role| wide_rights_of_role(role, reaches).iter().any(is_wide));
    let names: Vec<_> = wide.map(|role| role.name.clone()).collect();
    let shown = shortened(&names);
    (!names.is_empty()).then(|| {
        text! {
            en: "roles with full rights that belong to AWS's own services (IAM Identity Center, Organizations, Control Tower): {shown}",
            ko: "AWS 서비스(IAM Identity Center, Organizations, Control Tower)에 속한 전체 권한 역할: {shown}"
        }
    })
}

/// A pass says how far it goes.
fn what_was_read() -> Text {
    text! {
        en: "read: the policies of users, groups and roles, and the customer managed policies; not read: AWS's own policies but AdministratorAccess and IAMFullAccess, and the trust policies of roles but of those named for an organization",
        ko: "확인한 것: 사용자, 그룹, 역할의 정책과 고객 관리형 정책. 확인하지 않은 것: AdministratorAccess와 IAMFullAccess를 뺀 AWS 관리형 정책, 역할의 신뢰 정책(조직의 역할 이름을 가진 것은 확인)"
    }
}

/// Which of the rights that reach too far are to be had without MFA, as far as the policies themselves say.
fn without_mfa(findings: &[Wide]) -> Option<Text> {
    let open = findings.iter().filter(|finding| finding.is_without_mfa());
    let mut names: Vec<_> = open.map(|finding| format!("{} ({})", finding.holder, finding.policy)).collect();
    names.dedup();
    let shown = shortened(&names);
    (!names.is_empty()).then(|| {
        text! {
            en: "no condition of these policies asks for MFA: {shown}",
            ko: "MFA를 요구하는 조건이 없는 정책: {shown}"
        }
    })
}

/// The one place where full rights are meant to be. Benchmarks flag it all the same.
fn exception(rights: &Rights, answers: &Answers) -> Text {
    match rights.group(&answers.admin.group) {
        Some(group) => {
            let (count, name) = (rights.members(&group.name).count(), harmless(&group.name));
            text! {
                en: "full rights are for the group {name} (members: {count}), which is meant, and which benchmarks will flag",
                ko: "전체 권한은 그룹 {name}(구성원 {count}명)에만 있어야 하며, 이는 의도한 예외지만 벤치마크 도구는 지적합니다"
            }
        }
        None => text! {
            en: "full rights are for the group of the administrators, which is not there yet",
            ko: "전체 권한은 관리자 그룹에만 있어야 하는데, 그 그룹은 아직 없습니다"
        },
    }
}

/// Rights that reach too far: whose, by which policy, how far, and in words.
struct Wide {
    holder: String,
    policy: String,
    wildcard: Wildcard,
    line: Text,
}

impl Wide {
    fn is_without_mfa(&self) -> bool {
        match self.wildcard {
            Wildcard::Everything | Wildcard::Iam | Wildcard::AssumeRole => true,
            Wildcard::EverythingWithMfa
            | Wildcard::Unreadable
            | Wildcard::IamOnCondition
            | Wildcard::AssumeRoleOnCondition => false,
        }
    }
}

/// How far managed policies reach, by ARN.
type Reaches<'r> = BTreeMap<String, Cow<'r, Reach>>;

fn wide_rights(facts: &Facts, rights: &Rights, reaches: &Reaches<'_>, answers: &Answers) -> Vec<Wide> {
    let of_user = |user: &User| held_wide(&user.name, user_kind(), &user.attached, &user.inline, reaches);
    let of_group =
        |group: &Group| held_wide(&group.name, group_kind(), &group.attached, &group.inline, reaches);
    let others = rights.groups.iter().filter(|group| !group.name.eq_ignore_ascii_case(&answers.admin.group));
    let roles = rights.roles.iter().filter(|role| !is_of_aws(role, facts));
    let found = rights.users.iter().flat_map(of_user).chain(others.flat_map(of_group));
    found.chain(roles.flat_map(|role| wide_rights_of_role(role, reaches))).collect()
}

fn wide_rights_of_role(role: &Role, reaches: &Reaches<'_>) -> Vec<Wide> {
    held_wide(&role.name, role_kind(), &role.attached, &role.inline, reaches)
}

/// AWS's own documents are not among what was read; two of them matter.
fn reaches<'r>(facts: &Facts, rights: &'r Rights) -> Reaches<'r> {
    let of_aws = [
        (administrator_access(&facts.partition), Wildcard::Everything),
        (format!("arn:{}:iam::aws:policy/IAMFullAccess", facts.partition), Wildcard::Iam),
    ];
    let of_aws =
        of_aws.into_iter().map(|(arn, wildcard)| (arn, Cow::<Reach>::Owned(Reach::from([wildcard]))));
    let own = rights.policies.iter().map(|policy| (policy.arn.clone(), Cow::Borrowed(&policy.reach)));
    of_aws.chain(own).collect()
}

fn user_kind() -> Text {
    text! { en: "user", ko: "사용자" }
}

fn group_kind() -> Text {
    text! { en: "group", ko: "그룹" }
}

fn role_kind() -> Text {
    text! { en: "role", ko: "역할" }
}

fn held_wide(
    holder: &str,
    kind: Text,
    attached: &[Attached],
    inline: &[Inline],
    reaches: &Reaches<'_>,
) -> Vec<Wide> {
    let not_read = Reach::from([Wildcard::Unreadable]);
    let managed = attached.iter().filter_map(|policy| match reaches.get(&policy.arn) {
        Some(reach) => Some((&policy.name, &**reach)),
        None if is_policy_of_aws(&policy.arn) => None,
        // It is attached, and the answer has left it out.
        None => Some((&policy.name, &not_read)),
    });
    let inline = inline.iter().map(|policy| (&policy.name, &policy.reach));
    let shown = harmless(holder);
    let (kind_en, kind_ko) = (&kind.en, &kind.ko);
    let wide = |(policy, wildcard): (&String, &Wildcard)| {
        let (name, how_far) = (harmless(policy), in_words(*wildcard));
        let (en, ko) = (&how_far.en, &how_far.ko);
        let line = text! { en: "{kind_en} {shown}: {name} {en}", ko: "{kind_ko} {shown}: {name}, {ko}" };
        Wide { holder: holder.to_owned(), policy: policy.clone(), wildcard: *wildcard, line }
    };
    let each = managed.chain(inline).flat_map(|(policy, reach)| reach.iter().map(move |each| (policy, each)));
    each.map(wide).collect()
}

/// AWS's own policies have `aws` in the place of the account.
fn is_policy_of_aws(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

fn in_words(wildcard: Wildcard) -> Text {
    match wildcard {
        Wildcard::Everything => {
            text! { en: "allows everything (*:*)", ko: "모든 작업 허용(*:*)" }
        }
        Wildcard::EverythingWithMfa => {
            text! { en: "allows everything (*:*) with MFA", ko: "MFA를 거치면 모든 작업 허용(*:*)" }
        }
        Wildcard::Iam => text! {
            en: "allows iam:* on all users, roles or policies, and so the rest",
            ko: "모든 사용자, 역할, 정책 가운데 하나 이상에 iam:*을 허용하므로 나머지도 얻을 수 있음"
        },
        Wildcard::IamOnCondition => text! {
            en: "allows iam:* on all users, roles or policies under a condition",
            ko: "모든 사용자, 역할, 정책 가운데 하나 이상에 조건부로 iam:* 허용"
        },
        Wildcard::AssumeRole => text! {
            en: "allows sts:AssumeRole on every role",
            ko: "모든 역할에 sts:AssumeRole 허용"
        },
        Wildcard::AssumeRoleOnCondition => text! {
            en: "allows sts:AssumeRole on every role under a condition",
            ko: "모든 역할에 조건부로 sts:AssumeRole 허용"
        },
        Wildcard::Unreadable => text! {
            en: "could not be understood; look at it yourself",
            ko: "해석하지 못했으니 직접 확인하세요"
        },
    }
}

fn narrow(findings: &[Wide], answers: &Answers) -> PersonTask {
    let mut names: Vec<_> = findings.iter().map(|finding| finding.holder.clone()).collect();
    names.dedup();
    let (names, group) = (shortened(&names), harmless(&answers.admin.group));
    PersonTask {
        what: text! {
            en: "Narrow the rights that reach too far outside the group {group}: {names}",
            ko: "{group} 그룹 밖에서 지나치게 넓은 권한을 줄이세요: {names}"
        },
        how: vec![
            text! {
                en: "An administrator belongs in the group {group}. If another group is that of the administrators, name it: --admin-group NAME.",
                ko: "관리자라면 {group} 그룹에 넣으세요. 다른 그룹이 관리자 그룹이라면 이름을 지정하세요: --admin-group 이름."
            },
            text! {
                en: "For everybody else begin with AWS's policies for job functions, then keep what is used: IAM console, the user or role, Last Accessed; or have IAM Access Analyzer generate a policy from the trail.",
                ko: "나머지는 AWS의 직무별 정책에서 시작해 실제로 쓰는 것만 남기세요: IAM 콘솔의 사용자나 역할에서 마지막 액세스를 보거나, IAM Access Analyzer로 추적에서 정책을 생성하세요."
            },
            text! {
                en: "Name the resources, and ask for MFA (aws:MultiFactorAuthPresent) and TLS (aws:SecureTransport) by conditions.",
                ko: "리소스를 지정하고 조건으로 MFA(aws:MultiFactorAuthPresent)와 TLS(aws:SecureTransport)를 요구하세요."
            },
            accept_it(StepId::LeastPrivilege),
        ],
        seen: Seen::Elsewhere,
    }
}
