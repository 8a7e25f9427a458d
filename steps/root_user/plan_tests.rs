//! The plan as a table of cases, and what holds of every account.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::answers::{Accept, Admin, Root};
use crate::aws::Unseen;
use crate::practice::{Change as _, PracticeId, State};

const ACCOUNT: &str = "111122223333";
const FULL_RIGHTS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
/// When a key was made, unless something else is said.
const MADE: &str = "2026-01-02T03:04:05Z";
/// What the journal holds of a run that was cut short while it made an access key for alice.
const CUT_SHORT: &str = "iam:access-key/alice";

/// One line of a table: what is unlike the account that the table starts from, and how the step stands then.
struct Case {
    name: &'static str,
    state: State,
    changes: Vec<Change>,
    given: fn(&mut Facts, &mut Answers),
}

/// A case in which nothing is changed.
fn stands(name: &'static str, state: State, given: fn(&mut Facts, &mut Answers)) -> Case {
    Case { name, state, changes: Vec::new(), given }
}

/// A case in which there is something to change.
fn changes(name: &'static str, changes: Vec<Change>, given: fn(&mut Facts, &mut Answers)) -> Case {
    Case { name, state: State::ToChange, changes, given }
}

/// Holds each case against the plan of one step.
fn hold(step: StepId, start: fn() -> Facts, cases: impl IntoIterator<Item = Case>) {
    for Case { name, state, changes, given } in cases {
        let (mut facts, mut answers) = (start(), answers());
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, step);
        assert_eq!((planned.state, &planned.changes), (state, &changes), "{step}: {name}");
        holds_together(&planned);
    }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    plan(facts, answers).into_iter().find(|planned| planned.step == step).unwrap()
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    let state = planned.state;
    let has_reason =
        matches!(state, State::Blocked | State::Accepted | State::NotAssessed | State::NotApplicable);
    assert_eq!(!planned.changes.is_empty(), state == State::ToChange, "{planned:?}");
    assert_eq!(planned.person.is_some(), state == State::NeedsPerson, "{planned:?}");
    assert_eq!(planned.found.is_some(), state == State::InPlace, "{planned:?}");
    assert_eq!(planned.reason.is_some(), has_reason, "{planned:?}");
    let tells_more = matches!(state, State::ToChange | State::Accepted | State::NotAssessed);
    assert!(planned.notes.is_empty() || tells_more, "{planned:?}");
    assert!(planned.undo.is_empty() || state == State::ToChange, "{planned:?}");
    assert!(planned.watchable.is_some() || planned.undo.is_empty(), "{planned:?}");
    assert!(planned.person.iter().all(|task| !task.how.is_empty()), "{planned:?}");
    let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    let of_step = planned.reason.iter().chain(&planned.found).chain(&planned.notes).chain(&planned.watchable);
    for text in of_person.chain(of_step) {
        assert!(!text.en.is_empty() && !text.ko.is_empty(), "{planned:?}");
    }
}

/// A new account, looked at by root, who has no access keys.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        as_root: true,
        password_policy: Ok(None),
        group: Ok(None),
        user: Some(Ok(None)),
        sign_in: SignIn::No,
        profile_exists: false,
        root_keys: Ok(RootKeys::Listed(Vec::new())),
        root_password: Ok(true),
    }
}

/// The same account with everything in it that the practice puts there.
fn perfect() -> Facts {
    Facts {
        password_policy: Ok(Some(strict_policy())),
        group: Ok(Some(group(&["alice"], &[FULL_RIGHTS]))),
        user: Some(Ok(Some(user("alice")))),
        sign_in: SignIn::Proven,
        ..fresh()
    }
}

/// What the wizard starts with: a person is there, and has named the administrator.
fn answers() -> Answers {
    let admin = Admin { user: Some("alice".into()), ..Admin::default() };
    Answers { attended: true, admin, ..Answers::default() }
}

fn denied() -> Unseen {
    Unseen::denied("iam:GetSomething", "AccessDenied")
}

/// Stricter than the bar wherever a policy can be.
fn strict_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 32,
        require_symbols: true,
        require_numbers: true,
        require_uppercase_characters: true,
        require_lowercase_characters: true,
        allow_users_to_change_password: true,
        max_password_age: Some(90),
        password_reuse_prevention: Some(24),
        hard_expiry: Some(true),
    }
}

/// AWS's default with nothing asked for, written down as a policy.
fn lax_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 6,
        require_symbols: false,
        require_numbers: false,
        require_uppercase_characters: false,
        require_lowercase_characters: false,
        allow_users_to_change_password: false,
        max_password_age: None,
        password_reuse_prevention: None,
        hard_expiry: None,
    }
}

/// The lax policy raised to the bar, and no further.
fn raised_lax_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 14,
        allow_users_to_change_password: true,
        password_reuse_prevention: Some(24),
        ..lax_policy()
    }
}

fn group(members: &[&str], policies: &[&str]) -> Group {
    let owned = |words: &[&str]| words.iter().copied().map(str::to_owned).collect::<Vec<_>>();
    Group {
        name: "Administrators".into(),
        members: owned(members),
        policies: owned(policies),
        inline_policies: 0,
    }
}

/// A user with a console password that was never used, and without access keys.
fn user(name: &str) -> User {
    User { name: name.into(), console_password: Ok(true), password_used: false, access_keys: Ok(Vec::new()) }
}

fn user_with_keys(keys: Vec<UserKey>) -> User {
    User { access_keys: Ok(keys), ..user("alice") }
}

/// Never used, and its secret is not here.
fn stranded_key(id: &str) -> UserKey {
    UserKey { id: id.into(), made: MADE.into(), last_use: Ok(None), kept_here: false }
}

fn used_key(id: &str) -> UserKey {
    UserKey { last_use: Ok(Some(last_use(3))), ..stranded_key(id) }
}

fn kept_key(id: &str) -> UserKey {
    UserKey { kept_here: true, ..stranded_key(id) }
}

fn unread_key(id: &str) -> UserKey {
    UserKey { last_use: Err(denied()), ..stranded_key(id) }
}

fn last_use(days_ago: u32) -> LastUse {
    LastUse { days_ago, service: "s3".into(), region: "us-east-1".into() }
}

/// An active key of root that was never used.
fn root_key(id: &str) -> RootKey {
    let made = MADE.into();
    RootKey { id: id.into(), active: true, signs_this_run: false, made, last_use: Ok(None), uses: None }
}

fn inactive_root_key(id: &str) -> RootKey {
    RootKey { active: false, ..root_key(id) }
}

/// The key that signs this run, and so was used today.
fn own_root_key(id: &str) -> RootKey {
    RootKey { signs_this_run: true, ..root_key_used(id, 0) }
}

fn root_key_used(id: &str, days_ago: u32) -> RootKey {
    RootKey { last_use: Ok(Some(last_use(days_ago))), ..root_key(id) }
}

/// AWS does not say when it was used.
fn unread_root_key(id: &str) -> RootKey {
    RootKey { last_use: Err(denied()), ..root_key(id) }
}

fn listed(keys: Vec<RootKey>) -> Reading<RootKeys> {
    Ok(RootKeys::Listed(keys))
}

fn set_policy(replaces: bool, policy: PasswordPolicy) -> Change {
    Change::SetPasswordPolicy { replaces, policy }
}

fn create_group(group: &str) -> Change {
    Change::CreateGroup { group: group.into() }
}

fn give_full_rights(group: &str) -> Change {
    Change::AttachAdministratorAccess { group: group.into(), policy: FULL_RIGHTS.into() }
}

fn create_user(user: &str) -> Change {
    Change::CreateUser { user: user.into() }
}

fn add_to_group(user: &str, group: &str) -> Change {
    Change::AddToGroup { user: user.into(), group: group.into() }
}

fn create_password(user: &str, minimum_length: i32) -> Change {
    Change::CreateConsolePassword { user: user.into(), minimum_length }
}

fn delete_stranded(access_key: &str) -> Change {
    Change::DeleteStrandedKey { user: "alice".into(), access_key: access_key.into() }
}

fn create_key(user: &str, profile: &str) -> Change {
    Change::CreateAccessKey { user: user.into(), profile: profile.into() }
}

fn start_session() -> Change {
    Change::StartSession { user: "alice".into() }
}

fn deactivate(access_key: &str) -> Change {
    Change::DeactivateRootKey { access_key: access_key.into() }
}

fn reactivate(access_key: &str) -> Change {
    Change::ReactivateRootKey { access_key: access_key.into() }
}

fn delete(access_key: &str) -> Change {
    Change::DeleteRootKey { access_key: access_key.into(), signs_this_run: false }
}

fn delete_own(access_key: &str) -> Change {
    Change::DeleteRootKey { access_key: access_key.into(), signs_this_run: true }
}

/// Both languages contain all the words.
fn says(text: &Text, words: &[&str]) {
    for (word, sentence) in words.iter().flat_map(|word| [(word, &text.en), (word, &text.ko)]) {
        assert!(sentence.contains(word), "{word} is not in: {sentence}");
    }
}

// The whole practice.

#[test]
fn a_new_account_has_everything_to_do() {
    let states: Vec<_> = plan(&fresh(), &answers()).iter().map(|planned| planned.state).collect();
    let expected = [
        State::ToChange,
        State::ToChange,
        State::ToChange,
        State::Blocked,
        State::NeedsPerson,
        State::InPlace,
    ];
    assert_eq!(states, expected);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    let root = Root { credentials_stored: true, ..Root::default() };
    let answers = Answers { root, ..answers() };
    for planned in plan(&perfect(), &answers) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let mut facts = fresh();
    reads_nothing(&mut facts);
    for planned in plan(&facts, &answers()) {
        // That root's credentials are put away is the person's word, and needs no reading.
        if planned.step == StepId::RootCredentials {
            assert_eq!(planned.state, State::NeedsPerson);
            continue;
        }
        assert_eq!(planned.state, State::NotAssessed, "{planned:?}");
        says(planned.reason.as_ref().unwrap(), &["iam:GetSomething", "AccessDenied"]);
    }
}

fn accepting(steps: &[StepId]) -> Answers {
    let accept = |step: &StepId| Accept { step: *step, reason: "managed centrally".into() };
    Answers { accept: steps.iter().map(accept).collect(), ..answers() }
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    let answers = accepting(PracticeId::RootUser.steps());
    let facts = Facts { root_keys: listed(vec![root_key("AKIAROOT1")]), ..fresh() };
    for planned in plan(&facts, &answers) {
        assert_eq!(planned.state, State::Accepted, "{planned:?}");
        assert_eq!(planned.reason, Some(Text::verbatim("managed centrally")));
        holds_together(&planned);
    }
}

#[test]
fn only_what_is_not_in_place_needs_an_exception() {
    let root = Root { credentials_stored: true, ..Root::default() };
    let answers = Answers { root, ..accepting(PracticeId::RootUser.steps()) };
    for planned in plan(&perfect(), &answers) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
    }
    let one = accepting(&[StepId::AdminGroup]);
    assert_eq!(planned(&fresh(), &one, StepId::AdminGroup).state, State::Accepted);
    assert_eq!(planned(&fresh(), &one, StepId::PasswordPolicy).state, State::ToChange);
}

// Who looks at the account, and what is left to do in it.

/// Somebody who looks at an account, and how the six steps stand then: in a new one, in one whose administrator
/// has not signed in yet, and in one where everything is done.
struct Who {
    name: &'static str,
    sees: fn(&mut Facts, &mut Answers),
    stands: [[State; 6]; 3],
}

fn who(name: &'static str, sees: fn(&mut Facts, &mut Answers), stands: [[State; 6]; 3]) -> Who {
    Who { name, sees, stands }
}

/// The three accounts, as root sees them who has no access keys.
fn accounts() -> [(&'static str, Facts, Answers); 3] {
    let signed_in = User { password_used: true, ..user("alice") };
    let done = Facts { user: Some(Ok(Some(signed_in))), ..perfect() };
    let root = Root { credentials_stored: true, ..Root::default() };
    [
        ("a new account", fresh(), answers()),
        ("nobody has signed in", not_signed_in(), answers()),
        ("everything is done", done, Answers { root, ..answers() }),
    ]
}

fn look(everybody: impl IntoIterator<Item = Who>) {
    for Who { name, sees, stands } in everybody {
        for ((account, mut facts, mut answers), expected) in accounts().into_iter().zip(stands) {
            sees(&mut facts, &mut answers);
            let plan = plan(&facts, &answers);
            let states: Vec<_> = plan.iter().map(|planned| planned.state).collect();
            assert_eq!(states, expected, "{name}: {account}");
            plan.iter().for_each(holds_together);
        }
    }
}

/// Who is not root can only count root's keys.
fn is_not_root(facts: &mut Facts) {
    (facts.as_root, facts.root_keys) = (false, Ok(RootKeys::Counted(false)));
}

/// Neither root nor the administrator.
fn is_another(facts: &mut Facts) {
    is_not_root(facts);
    facts.sign_in = SignIn::No;
}

/// The administrator, who therefore exists, even in a new account.
fn is_alice(facts: &mut Facts, sign_in: SignIn) {
    is_not_root(facts);
    knows_alice(facts, sign_in);
}

/// The run holds credentials of the administrator.
fn knows_alice(facts: &mut Facts, sign_in: SignIn) {
    facts.sign_in = sign_in;
    if facts.user == Some(Ok(None)) {
        facts.user = Some(Ok(Some(user("alice"))));
    }
}

/// Neither what a user signs in with nor the account's summary.
fn reads_little(facts: &mut Facts) {
    (facts.root_keys, facts.root_password) = (Err(denied()), Err(denied()));
    if let Some(user) = the_user(facts) {
        (user.console_password, user.access_keys) = (Err(denied()), Err(denied()));
    }
}

fn reads_nothing(facts: &mut Facts) {
    is_another(facts);
    reads_little(facts);
    (facts.password_policy, facts.group, facts.user) = (Err(denied()), Err(denied()), Some(Err(denied())));
}

/// Every partition has managed policies of its own.
fn move_to(facts: &mut Facts, partition: &str) {
    facts.partition = partition.into();
    if let Ok(Some(group)) = &mut facts.group {
        for policy in &mut group.policies {
            *policy = policy.replacen("arn:aws:", &format!("arn:{partition}:"), 1);
        }
    }
}

#[test]
fn root_looks() {
    use State::{Blocked, InPlace, NeedsPerson, ToChange};
    look([
        who(
            "root by access key",
            |facts, _| facts.root_keys = listed(vec![own_root_key("AKIA1")]),
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, InPlace, InPlace, ToChange],
            ],
        ),
        who(
            "root by access key, with nobody there",
            |facts, answers| {
                facts.root_keys = listed(vec![own_root_key("AKIA1")]);
                answers.attended = false;
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, InPlace, InPlace, NeedsPerson],
            ],
        ),
        who(
            "root by access key, with nobody there but consent",
            |facts, answers| {
                facts.root_keys = listed(vec![own_root_key("AKIA1")]);
                (answers.attended, answers.root.delete_access_keys) = (false, true);
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, InPlace, InPlace, ToChange],
            ],
        ),
        who(
            "root by access key, and the administrator is locked until MFA",
            |facts, _| {
                knows_alice(facts, SignIn::Locked);
                facts.root_keys = listed(vec![own_root_key("AKIA1")]);
            },
            [
                [ToChange, ToChange, ToChange, InPlace, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, InPlace, NeedsPerson, ToChange],
                [InPlace, InPlace, InPlace, InPlace, InPlace, ToChange],
            ],
        ),
        who(
            "root by aws login",
            |_, _| {},
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, InPlace, InPlace, InPlace],
            ],
        ),
        who(
            "root by aws login, with a key left",
            |facts, _| facts.root_keys = listed(vec![root_key("AKIA1")]),
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, Blocked],
                [InPlace, InPlace, InPlace, InPlace, InPlace, ToChange],
            ],
        ),
        who(
            "root by aws login, to whom AWS does not list the keys",
            |facts, _| facts.root_keys = Ok(RootKeys::Counted(true)),
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, NeedsPerson],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, NeedsPerson],
                [InPlace, InPlace, InPlace, InPlace, InPlace, NeedsPerson],
            ],
        ),
    ]);
}

#[test]
fn the_administrator_looks() {
    use State::{InPlace, NeedsPerson, NotAssessed, ToChange};
    look([
        who(
            "the administrator by key, proven",
            |facts, _| is_alice(facts, SignIn::Proven),
            [
                [ToChange, ToChange, ToChange, InPlace, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, InPlace, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, InPlace, InPlace, InPlace],
            ],
        ),
        who(
            "the administrator by key, proven, and root has a key",
            |facts, _| {
                is_alice(facts, SignIn::Proven);
                facts.root_keys = Ok(RootKeys::Counted(true));
            },
            [
                [ToChange, ToChange, ToChange, InPlace, NeedsPerson, NeedsPerson],
                [InPlace, InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson],
                [InPlace, InPlace, InPlace, InPlace, InPlace, NeedsPerson],
            ],
        ),
        who(
            "the administrator by key, locked until MFA: little but the own user is readable",
            |facts, _| {
                is_alice(facts, SignIn::Locked);
                reads_little(facts);
                facts.group = Err(denied());
            },
            [
                [ToChange, NotAssessed, NotAssessed, InPlace, NeedsPerson, NotAssessed],
                [InPlace, NotAssessed, NotAssessed, InPlace, NeedsPerson, NotAssessed],
                [InPlace, NotAssessed, NotAssessed, InPlace, InPlace, NotAssessed],
            ],
        ),
    ]);
}

#[test]
fn somebody_else_looks() {
    use State::{Blocked, InPlace, NeedsPerson, NotAssessed, ToChange};
    look([
        who(
            "another IAM user",
            |facts, _| is_another(facts),
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, InPlace, InPlace],
            ],
        ),
        who(
            "another IAM user, where the administrator signs in to the console alone",
            |facts, answers| {
                is_another(facts);
                answers.admin.sign_in = Some(SignInWay::Console);
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, InPlace, InPlace, InPlace],
            ],
        ),
        who(
            "a role, with nobody there",
            |facts, answers| {
                is_another(facts);
                answers.attended = false;
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, InPlace],
                [InPlace, InPlace, InPlace, InPlace, InPlace, InPlace],
            ],
        ),
        who(
            "a federated user, whom IAM tells nothing",
            |facts, _| reads_nothing(facts),
            [
                [NotAssessed, NotAssessed, NotAssessed, NotAssessed, NeedsPerson, NotAssessed],
                [NotAssessed, NotAssessed, NotAssessed, NotAssessed, NeedsPerson, NotAssessed],
                [NotAssessed, NotAssessed, NotAssessed, NotAssessed, InPlace, NotAssessed],
            ],
        ),
        who(
            "an auditor who may read little",
            |facts, _| {
                is_another(facts);
                reads_little(facts);
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, NotAssessed],
                [InPlace, InPlace, NotAssessed, NeedsPerson, NeedsPerson, NotAssessed],
                [InPlace, InPlace, NotAssessed, NeedsPerson, InPlace, NotAssessed],
            ],
        ),
        who(
            "an auditor who may read little, with nobody there",
            |facts, answers| {
                is_another(facts);
                reads_little(facts);
                answers.attended = false;
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NeedsPerson, NotAssessed],
                [InPlace, InPlace, InPlace, NeedsPerson, NeedsPerson, NotAssessed],
                [InPlace, InPlace, InPlace, InPlace, InPlace, NotAssessed],
            ],
        ),
    ]);
}

#[test]
fn accounts_whose_root_is_unlike_others_are_looked_at() {
    use State::{Blocked, InPlace, NeedsPerson, NotApplicable, ToChange};
    look([
        who(
            "a role in a member account whose root is managed centrally",
            |facts, _| {
                is_another(facts);
                facts.root_password = Ok(false);
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NotApplicable, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NotApplicable, InPlace],
                [InPlace, InPlace, InPlace, NeedsPerson, NotApplicable, InPlace],
            ],
        ),
        who(
            "the administrator in China",
            |facts, _| {
                is_alice(facts, SignIn::Proven);
                move_to(facts, "aws-cn");
            },
            [
                [ToChange, ToChange, ToChange, InPlace, NotApplicable, NotApplicable],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, NotApplicable],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, NotApplicable],
            ],
        ),
        who(
            "an auditor in China who may read little, with nobody there",
            |facts, answers| {
                is_another(facts);
                reads_little(facts);
                move_to(facts, "aws-cn");
                answers.attended = false;
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NotApplicable, NotApplicable],
                [InPlace, InPlace, InPlace, NeedsPerson, NotApplicable, NotApplicable],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, NotApplicable],
            ],
        ),
        who(
            "the administrator in GovCloud",
            |facts, _| {
                is_alice(facts, SignIn::Proven);
                move_to(facts, "aws-us-gov");
            },
            [
                [ToChange, ToChange, ToChange, InPlace, NotApplicable, InPlace],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, InPlace],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, InPlace],
            ],
        ),
        who(
            "root in GovCloud by access key",
            |facts, _| {
                facts.root_keys = listed(vec![own_root_key("AKIA1")]);
                move_to(facts, "aws-us-gov");
            },
            [
                [ToChange, ToChange, ToChange, Blocked, NotApplicable, Blocked],
                [InPlace, InPlace, InPlace, NeedsPerson, NotApplicable, Blocked],
                [InPlace, InPlace, InPlace, InPlace, NotApplicable, ToChange],
            ],
        ),
    ]);
}

// The password policy.

#[test]
fn the_password_policy_is_raised_and_never_lowered() {
    let bar = PasswordPolicy {
        minimum_password_length: 14,
        max_password_age: None,
        hard_expiry: None,
        ..strict_policy()
    };
    let shorter = PasswordPolicy { minimum_password_length: 14, ..strict_policy() };
    let cases = [
        changes("the default of AWS is in force", vec![set_policy(false, bar)], |_, _| {}),
        changes("nothing is asked for", vec![set_policy(true, raised_lax_policy())], |facts, _| {
            facts.password_policy = Ok(Some(lax_policy()));
        }),
        changes("only the length falls short", vec![set_policy(true, shorter)], |facts, _| {
            let policy = PasswordPolicy { minimum_password_length: 13, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        }),
        changes("too few are remembered", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { password_reuse_prevention: Some(5), ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        }),
        changes("none are remembered", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { password_reuse_prevention: None, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        }),
        changes("nobody may change a password", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { allow_users_to_change_password: false, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        }),
        stands("a stricter one stays", State::InPlace, |facts, _| {
            facts.password_policy = Ok(Some(strict_policy()));
        }),
        stands("length counts, kinds of characters do not", State::InPlace, |facts, _| {
            facts.password_policy = Ok(Some(raised_lax_policy()));
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.password_policy = Err(denied())),
    ];
    hold(StepId::PasswordPolicy, fresh, cases);
}

/// AWS gives 0 where a limit is off, and refuses 0 when it is written back.
#[test]
fn limits_that_are_off_are_not_written_back_as_zero() {
    let found = aws_sdk_iam::types::PasswordPolicy::builder()
        .minimum_password_length(20)
        .require_symbols(true)
        .max_password_age(0)
        .password_reuse_prevention(0)
        .build();
    let facts = Facts { password_policy: Ok(Some(found.into())), ..fresh() };
    let wanted = PasswordPolicy {
        minimum_password_length: 20,
        require_symbols: true,
        allow_users_to_change_password: true,
        password_reuse_prevention: Some(24),
        ..lax_policy()
    };
    let planned = planned(&facts, &answers(), StepId::PasswordPolicy);
    assert_eq!(planned.changes, [set_policy(true, wanted)]);
}

#[test]
fn a_policy_without_a_length_has_the_length_of_the_default() {
    let found = aws_sdk_iam::types::PasswordPolicy::builder().build();
    assert_eq!(PasswordPolicy::from(found), lax_policy());
}

// The group.

#[test]
fn the_group_is_made_or_given_its_rights() {
    let cases = [
        changes(
            "there is none",
            vec![create_group("Administrators"), give_full_rights("Administrators")],
            |_, _| {},
        ),
        changes("another name", vec![create_group("Ops"), give_full_rights("Ops")], |_, answers| {
            answers.admin.group = "Ops".into();
        }),
        changes("an empty one", vec![give_full_rights("Administrators")], |facts, _| {
            facts.group = Ok(Some(group(&[], &[])));
        }),
        changes("spelled in another case", vec![give_full_rights("administrators")], |facts, _| {
            facts.group = Ok(Some(Group { name: "administrators".into(), ..group(&[], &[]) }));
        }),
        changes(
            "with the administrator alone in it",
            vec![give_full_rights("Administrators")],
            |facts, answers| {
                facts.group = Ok(Some(group(&["ALICE"], &[])));
                answers.attended = false;
            },
        ),
        stands("with full rights, whoever is in it", State::InPlace, |facts, answers| {
            facts.group = Ok(Some(group(&["bob"], &[READ_ONLY, FULL_RIGHTS])));
            answers.attended = false;
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.group = Err(denied())),
    ];
    hold(StepId::AdminGroup, fresh, cases);
}

#[test]
fn a_namesake_of_the_group_is_a_question() {
    let rights = || vec![give_full_rights("Administrators")];
    let cases = [
        changes("other policies, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(group(&[], &[READ_ONLY])));
        }),
        changes("other members, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(group(&["bob"], &[])));
        }),
        changes("inline policies, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(Group { inline_policies: 1, ..group(&[], &[]) }));
        }),
        stands("other policies, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&[], &[READ_ONLY])));
            answers.attended = false;
        }),
        stands("other members, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&["alice", "bob"], &[])));
            answers.attended = false;
        }),
        stands("inline policies, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(Group { inline_policies: 1, ..group(&[], &[]) }));
            answers.attended = false;
        }),
        stands("every member is a stranger while nobody is named", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&["alice"], &[])));
            (answers.attended, answers.admin.user) = (false, None);
        }),
    ];
    hold(StepId::AdminGroup, fresh, cases);
}

#[test]
fn the_policy_of_the_group_is_of_the_partition() {
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let attach = Change::AttachAdministratorAccess {
            group: "Administrators".into(),
            policy: format!("arn:{partition}:iam::aws:policy/AdministratorAccess"),
        };
        let mut facts = fresh();
        move_to(&mut facts, partition);
        let new = planned(&facts, &answers(), StepId::AdminGroup);
        assert_eq!(new.changes, [create_group("Administrators"), attach]);
        let mut facts = perfect();
        move_to(&mut facts, partition);
        assert_eq!(planned(&facts, &answers(), StepId::AdminGroup).state, State::InPlace, "{partition}");
    }
}

#[test]
fn who_would_get_full_rights_is_named() {
    let namesake = Group { inline_policies: 2, ..group(&["alice", "bob", "carol"], &[READ_ONLY]) };
    let facts = Facts { group: Ok(Some(namesake)), ..fresh() };
    let shown = planned(&facts, &answers(), StepId::AdminGroup).notes;
    let unattended = Answers { attended: false, ..answers() };
    let left = planned(&facts, &unattended, StepId::AdminGroup).person.unwrap();
    assert_eq!(shown, [left.what]);
    assert_eq!(left.seen, Seen::Elsewhere);
    says(&shown[0], &["Administrators", "3", "bob, carol"]);
    assert!(!shown[0].en.contains("alice"));
}

#[test]
fn a_namesake_without_members_is_described_too() {
    let facts = Facts { group: Ok(Some(group(&[], &[READ_ONLY]))), ..fresh() };
    let planned = planned(&facts, &answers(), StepId::AdminGroup);
    assert!(planned.notes[0].en.contains("these members: -."), "{}", planned.notes[0].en);
}

// The administrator.

#[test]
fn the_administrator_is_made() {
    let made = || vec![create_user("alice"), add_to_group("alice", "Administrators")];
    let with_password = |length| [made(), vec![create_password("alice", length)]].concat();
    let cases = [
        changes("a person is there for the password", with_password(14), |_, _| {}),
        changes("nobody is there for a password", made(), |_, answers| answers.attended = false),
        changes("a file is there for the password", with_password(14), |_, answers| {
            answers.attended = false;
            answers.admin.console_password_file = Some("alice.txt".into());
        }),
        changes("a longer password is asked for", with_password(32), |facts, _| {
            facts.password_policy = Ok(Some(strict_policy()));
        }),
        changes("the policy is raised first", with_password(14), |facts, _| {
            facts.password_policy = Ok(Some(lax_policy()));
        }),
        changes("the policy is unreadable", with_password(14), |facts, _| {
            facts.password_policy = Err(denied());
        }),
        changes("the user was named after the look at the account", with_password(14), |facts, _| {
            facts.user = None;
        }),
        changes(
            "into the group as AWS spells it",
            vec![create_user("alice"), add_to_group("alice", "administrators"), create_password("alice", 14)],
            |facts, _| {
                facts.group = Ok(Some(Group { name: "administrators".into(), ..group(&[], &[]) }));
            },
        ),
        stands("nobody is named", State::NeedsPerson, |facts, answers| {
            (facts.user, answers.admin.user) = (None, None);
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.user = Some(Err(denied()))),
        stands("the group is unreadable", State::NotAssessed, |facts, _| facts.group = Err(denied())),
    ];
    hold(StepId::AdminUser, fresh, cases);
}

#[test]
fn an_administrator_who_exists_is_adopted() {
    let cases = [
        stands("in the group, with a password", State::InPlace, |_, _| {}),
        stands("in the group in another case", State::InPlace, |facts, _| {
            facts.group = Ok(Some(group(&["ALICE"], &[FULL_RIGHTS])));
            facts.user = Some(Ok(Some(user("Alice"))));
        }),
        changes("not in the group", vec![add_to_group("alice", "Administrators")], |facts, _| {
            facts.group = Ok(Some(group(&["bob"], &[FULL_RIGHTS])));
        }),
        changes(
            "spelled in another case, without group and password",
            vec![add_to_group("Alice", "Administrators"), create_password("Alice", 32)],
            |facts, _| {
                facts.group = Ok(Some(group(&[], &[FULL_RIGHTS])));
                facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("Alice") })));
            },
        ),
        changes("without a password", vec![create_password("alice", 32)], |facts, _| {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("alice") })));
        }),
        stands("without a password, and nobody to hand one to", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("alice") })));
            answers.attended = false;
        }),
        stands("an unreadable password where none would be made", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { console_password: Err(denied()), ..user("alice") })));
            answers.attended = false;
        }),
        changes(
            "a password that may exist is never made again",
            vec![add_to_group("alice", "Administrators")],
            |facts, _| {
                facts.group = Ok(Some(group(&[], &[FULL_RIGHTS])));
                facts.user = Some(Ok(Some(User { console_password: Err(denied()), ..user("alice") })));
            },
        ),
    ];
    hold(StepId::AdminUser, perfect, cases);
}

/// Where a password would be made, the step rests on whether there is one.
#[test]
fn an_unreadable_password_is_not_in_place() {
    for (attended, file) in [(true, None), (false, Some("alice.txt"))] {
        let without = User { console_password: Err(denied()), ..user("alice") };
        let facts = Facts { user: Some(Ok(Some(without))), ..perfect() };
        let mut answers = Answers { attended, ..answers() };
        answers.admin.console_password_file = file.map(Into::into);
        let planned = planned(&facts, &answers, StepId::AdminUser);
        assert_eq!(planned.state, State::NotAssessed, "{answers:?}");
    }
}

#[test]
fn a_nameless_administrator_is_asked_for() {
    let mut answers = answers();
    answers.admin.user = None;
    let planned = planned(&Facts { user: None, ..fresh() }, &answers, StepId::AdminUser);
    assert_eq!(planned.person.unwrap().seen, Seen::ByAnswer("admin.user"));
}

// The sign-in.

/// The administrator is made and has not signed in.
fn not_signed_in() -> Facts {
    Facts { sign_in: SignIn::No, ..perfect() }
}

#[test]
fn the_sign_in_waits_for_the_administrator() {
    let cases = [
        stands("no user yet", State::Blocked, |_, _| {}),
        stands("nobody is named, though a profile is", State::Blocked, |facts, answers| {
            (facts.user, answers.admin.user) = (None, None);
            answers.admin.access_key_profile = Some("admin".into());
        }),
        changes("no user yet, and a profile for a key", vec![create_key("alice", "admin")], |_, answers| {
            answers.admin.access_key_profile = Some("admin".into());
        }),
        stands("no user yet, and the profile for a key is taken", State::NeedsPerson, |facts, answers| {
            facts.profile_exists = true;
            answers.admin.access_key_profile = Some("admin".into());
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.user = Some(Err(denied()))),
    ];
    hold(StepId::AdminSignIn, fresh, cases);
    let planned = planned(&fresh(), &answers(), StepId::AdminSignIn);
    says(&planned.reason.unwrap(), &["admin-user"]);
}

#[test]
fn without_a_key_a_person_signs_in() {
    let cases = [
        stands("proven", State::InPlace, |facts, _| facts.sign_in = SignIn::Proven),
        stands("locked until MFA", State::InPlace, |facts, _| facts.sign_in = SignIn::Locked),
        stands("proven, whatever is readable of the user", State::InPlace, |facts, _| {
            (facts.sign_in, facts.user) = (SignIn::Proven, Some(Err(denied())));
        }),
        stands("not signed in", State::NeedsPerson, |_, _| {}),
        stands("not signed in, and no key is wanted of unreadable ones", State::NeedsPerson, |facts, _| {
            facts.user = Some(Ok(Some(User { access_keys: Err(denied()), ..user("alice") })));
        }),
        stands("nobody there, the password never used", State::NeedsPerson, |_, answers| {
            answers.attended = false;
        }),
        stands("nobody there, the password used", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
            answers.attended = false;
        }),
        stands("a person there, who can sign in now", State::NeedsPerson, |facts, _| {
            facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
        }),
        stands("a person there, to whom the console is enough", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
            answers.admin.sign_in = Some(SignInWay::Console);
        }),
        stands("the console is enough, once the password was used", State::NeedsPerson, |_, answers| {
            answers.admin.sign_in = Some(SignInWay::Console);
        }),
    ];
    hold(StepId::AdminSignIn, not_signed_in, cases);
}

#[test]
fn a_locked_sign_in_says_so() {
    let found = |sign_in| {
        let planned = planned(&Facts { sign_in, ..perfect() }, &answers(), StepId::AdminSignIn);
        planned.found.unwrap()
    };
    says(&found(SignIn::Locked), &["MFA"]);
    assert_ne!(found(SignIn::Locked), found(SignIn::Proven));
}

#[test]
fn the_sign_in_is_explained_with_user_and_profile() {
    let planned = planned(&not_signed_in(), &answers(), StepId::AdminSignIn);
    let task = planned.person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    says(&task.what, &["alice"]);
    says(&task.how[0], &["aws login --profile dayone-admin"]);
}

/// The administrator has these access keys, and a profile is named for one more.
fn wanting_a_key(keys: Vec<UserKey>) -> (Facts, Answers) {
    let mut answers = answers();
    answers.admin.access_key_profile = Some("admin".into());
    (Facts { user: Some(Ok(Some(user_with_keys(keys)))), ..not_signed_in() }, answers)
}

/// The same, and an earlier run was cut short while it made a key.
fn cut_short(keys: Vec<UserKey>) -> (Facts, Answers) {
    let (facts, mut answers) = wanting_a_key(keys);
    answers.unfinished.insert(CUT_SHORT.into(), String::new());
    (facts, answers)
}

#[test]
fn without_evidence_a_strange_key_stays() {
    let cases = [
        (vec![], State::ToChange, 0),
        (vec![used_key("AKIA1")], State::ToChange, 0),
        (vec![kept_key("AKIA1")], State::ToChange, 0),
        (vec![unread_key("AKIA1")], State::ToChange, 0),
        (vec![stranded_key("AKIA1")], State::ToChange, 1),
        (vec![kept_key("AKIA1"), used_key("AKIA2")], State::NeedsPerson, 0),
        (vec![used_key("AKIA1"), stranded_key("AKIA2")], State::NeedsPerson, 0),
        (vec![stranded_key("AKIA1"), stranded_key("AKIA2")], State::NeedsPerson, 0),
    ];
    for (keys, state, notes) in cases {
        let (facts, answers) = wanting_a_key(keys);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        let made = if state == State::ToChange { vec![create_key("alice", "admin")] } else { Vec::new() };
        assert_eq!((planned.state, &planned.changes), (state, &made), "{:?}", facts.user);
        assert_eq!(planned.notes.len(), notes, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn a_key_of_a_run_that_was_cut_short_is_replaced() {
    let create = || create_key("alice", "admin");
    let older = || UserKey { made: "2026-01-02T03:04:04Z".into(), ..stranded_key("AKIAOLDER") };
    let cases = [
        (vec![], vec![create()]),
        (vec![used_key("AKIA1")], vec![create()]),
        (vec![kept_key("AKIA1")], vec![create()]),
        (vec![unread_key("AKIA1")], vec![create()]),
        (vec![stranded_key("AKIA1")], vec![delete_stranded("AKIA1"), create()]),
        (vec![used_key("AKIA1"), stranded_key("AKIA2")], vec![delete_stranded("AKIA2"), create()]),
        (vec![stranded_key("AKIA1"), kept_key("AKIA2")], vec![delete_stranded("AKIA1"), create()]),
        (vec![older(), stranded_key("AKIA2")], vec![delete_stranded("AKIA2"), create()]),
        (vec![stranded_key("AKIA2"), older()], vec![delete_stranded("AKIA2"), create()]),
        (vec![kept_key("AKIA1"), used_key("AKIA2")], vec![]),
        (vec![used_key("AKIA1"), unread_key("AKIA2")], vec![]),
    ];
    for (keys, expected) in cases {
        let (facts, answers) = cut_short(keys);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes, expected, "{:?}", facts.user);
        let replaces = expected.len() == 2;
        assert_eq!(planned.notes.len(), usize::from(replaces), "{planned:?}");
        assert_eq!(planned.state == State::NeedsPerson, expected.is_empty(), "{planned:?}");
        holds_together(&planned);
    }
}

/// What was cut short while it made something else says nothing of the key.
#[test]
fn only_the_same_key_is_evidence() {
    for other in ["iam:access-key/bob", "iam:access-key/AKIA1", "iam:login-profile/alice", "iam:user/alice"] {
        let (facts, mut answers) = wanting_a_key(vec![stranded_key("AKIA1")]);
        answers.unfinished.insert(other.into(), String::new());
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes, [create_key("alice", "admin")], "{other}");
    }
}

#[test]
fn a_strange_key_is_described() {
    let note = |(facts, answers): (Facts, Answers)| {
        planned(&facts, &answers, StepId::AdminSignIn).notes.into_iter().next().unwrap()
    };
    let stays = note(wanting_a_key(vec![stranded_key("AKIA1")]));
    let goes = note(cut_short(vec![stranded_key("AKIA1")]));
    assert_ne!(stays, goes);
    for note in [stays, goes] {
        says(&note, &["AKIA1", "2026-01-02"]);
        assert!(note.en.contains("never used") && !note.en.contains("03:04"), "{}", note.en);
    }
}

#[test]
fn with_two_keys_a_person_is_told_of_both() {
    let (facts, answers) = wanting_a_key(vec![used_key("AKIA1"), unread_key("AKIA2")]);
    let task = planned(&facts, &answers, StepId::AdminSignIn).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    assert_eq!(task.how.len(), 3);
    says(&task.what, &["alice"]);
    says(&task.how[0], &["AKIA1", "2026-01-02", "3", "s3", "us-east-1"]);
    says(&task.how[1], &["AKIA2", "2026-01-02"]);
    assert!(task.how[1].en.contains("last use not known"), "{}", task.how[1].en);
    says(&task.how[2], &["aws login"]);
}

#[test]
fn a_key_is_made_only_for_a_profile_of_its_own() {
    let cases = [
        changes("of a user spelled in another case", vec![create_key("Alice", "admin")], |facts, answers| {
            facts.user = Some(Ok(Some(user("Alice"))));
            answers.admin.access_key_profile = Some("admin".into());
        }),
        changes(
            "nobody there, whether or not the password was used",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
                answers.attended = false;
                answers.admin.access_key_profile = Some("admin".into());
            },
        ),
        changes(
            "a key is wanted, though the console would be enough",
            vec![create_key("alice", "admin")],
            |facts, answers| {
                facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
                answers.admin.sign_in = Some(SignInWay::Console);
                answers.admin.access_key_profile = Some("admin".into());
            },
        ),
        stands("the profile is taken", State::NeedsPerson, |facts, answers| {
            facts.profile_exists = true;
            answers.admin.access_key_profile = Some("admin".into());
        }),
        stands("the keys are unreadable", State::NotAssessed, |facts, answers| {
            facts.user = Some(Ok(Some(User { access_keys: Err(denied()), ..user("alice") })));
            answers.admin.access_key_profile = Some("admin".into());
        }),
    ];
    hold(StepId::AdminSignIn, not_signed_in, cases);
}

#[test]
fn a_profile_of_another_is_named_with_the_user() {
    let (mut facts, answers) = wanting_a_key(Vec::new());
    facts.profile_exists = true;
    let task = planned(&facts, &answers, StepId::AdminSignIn).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    says(&task.what, &["admin", "alice"]);
    // The same before there is a user.
    facts.user = Some(Ok(None));
    assert_eq!(planned(&facts, &answers, StepId::AdminSignIn).person, Some(task));
}

// Root's credentials.

#[test]
fn the_credentials_of_root_are_put_away_by_word() {
    let cases = [
        stands("not said", State::NeedsPerson, |_, _| {}),
        stands("said", State::InPlace, |_, answers| answers.root.credentials_stored = true),
        stands("nobody knows whether there is a password", State::NeedsPerson, |facts, _| {
            facts.root_password = Err(denied());
        }),
        stands("no password, so nothing to put away", State::NotApplicable, |facts, _| {
            facts.root_password = Ok(false);
        }),
        stands("no password, whatever is said", State::NotApplicable, |facts, answers| {
            facts.root_password = Ok(false);
            answers.root.credentials_stored = true;
        }),
        stands("in China", State::NotApplicable, |facts, _| move_to(facts, "aws-cn")),
        stands("in GovCloud", State::NotApplicable, |facts, _| move_to(facts, "aws-us-gov")),
    ];
    hold(StepId::RootCredentials, fresh, cases);
    let planned = planned(&fresh(), &answers(), StepId::RootCredentials);
    assert_eq!(planned.person.unwrap().seen, Seen::ByWord("root.credentials_stored"));
}

#[test]
fn why_there_is_nothing_to_put_away_is_said() {
    let reason = |partition: &str, root_password| {
        let mut facts = Facts { root_password: Ok(root_password), ..fresh() };
        move_to(&mut facts, partition);
        planned(&facts, &answers(), StepId::RootCredentials).reason.unwrap()
    };
    let managed = reason("aws", false);
    assert!(managed.en.contains("organization") && managed.ko.contains("조직"), "{managed:?}");
    says(&reason("aws-us-gov", false), &["GovCloud"]);
    let china = reason("aws-cn", true);
    assert!(china.en.contains("China") && china.ko.contains("중국"), "{china:?}");
    let mut facts = fresh();
    move_to(&mut facts, "aws-cn");
    assert_eq!(planned(&facts, &answers(), StepId::RootAccessKeys).reason, Some(china));
}

// Root's access keys.

#[test]
fn the_keys_of_root_are_counted_or_listed() {
    let cases = [
        stands("none by the list", State::InPlace, |facts, _| facts.root_keys = listed(Vec::new())),
        stands("none by the count", State::InPlace, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(false));
        }),
        stands("some by the count", State::NeedsPerson, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(true));
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.root_keys = Err(denied())),
        stands("listed, but nobody has signed in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            answers.root.delete_access_keys = true;
        }),
        stands("none, though nobody has signed in", State::InPlace, |facts, _| {
            facts.sign_in = SignIn::No;
        }),
        stands("managed centrally, and none left", State::InPlace, |facts, _| {
            (facts.root_password, facts.root_keys) = (Ok(false), Ok(RootKeys::Counted(false)));
        }),
        stands("in China, whatever is readable", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Err(denied());
        }),
        stands("in China, whatever is counted", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Ok(RootKeys::Counted(true));
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
}

/// What the step waits for that would retire a key of root.
fn waits_for(given: fn(&mut Facts, &mut Answers)) -> Text {
    let mut facts = Facts { root_keys: listed(vec![own_root_key("AKIA1")]), ..perfect() };
    let mut answers = answers();
    given(&mut facts, &mut answers);
    let planned = planned(&facts, &answers, StepId::RootAccessKeys);
    assert_eq!(planned.state, State::Blocked, "{planned:?}");
    planned.reason.unwrap()
}

#[test]
fn the_keys_of_root_wait_for_a_whole_administrator() {
    let group_first = after(StepId::AdminGroup);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(None)), group_first);
    assert_eq!(waits_for(|facts, _| facts.group = Err(denied())), group_first);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(Some(group(&["alice"], &[READ_ONLY])))), group_first);
    // The rights of another partition are none.
    assert_eq!(waits_for(|facts, _| facts.partition = "aws-us-gov".into()), group_first);
    let user_first = after(StepId::AdminUser);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(Some(group(&["bob"], &[FULL_RIGHTS])))), user_first);
    assert_eq!(waits_for(|_, answers| answers.admin.user = None), user_first);
    let sign_in_first = after(StepId::AdminSignIn);
    assert_eq!(waits_for(|facts, _| facts.sign_in = SignIn::No), sign_in_first);
    // The console proves nothing to a run, and who was there is not told to do it again.
    let by_console = waits_for(|facts, answers| {
        facts.sign_in = SignIn::No;
        facts.user = Some(Ok(Some(User { password_used: true, ..user("alice") })));
        answers.admin.sign_in = Some(SignInWay::Console);
    });
    says(&by_console, &["aws login"]);
    assert_ne!(by_console, sign_in_first);
    let not_yet = waits_for(|facts, answers| {
        facts.sign_in = SignIn::No;
        answers.admin.sign_in = Some(SignInWay::Console);
    });
    assert_eq!(not_yet, sign_in_first);
}

#[test]
fn who_cannot_list_the_keys_of_root_is_sent_where_they_are() {
    let counted = |as_root| {
        let facts = Facts { as_root, root_keys: Ok(RootKeys::Counted(true)), ..perfect() };
        planned(&facts, &answers(), StepId::RootAccessKeys).person.unwrap()
    };
    let (another, root) = (counted(false), counted(true));
    assert_eq!((&another.seen, &root.seen), (&Seen::Elsewhere, &Seen::Elsewhere));
    says(&another.how[0], &["aws login --profile root", "--only root-access-keys"]);
    // Root is there already, and to sign in once more would show no more.
    says(&root.how[0], &["https://console.aws.amazon.com/iam/home#/security_credentials"]);
    assert!(!root.how[0].en.contains("aws login"), "{}", root.how[0].en);
}

#[test]
fn with_a_person_there_the_keys_of_root_go_in_stages() {
    let cases = [
        changes("one active", vec![deactivate("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        }),
        changes("two active", vec![deactivate("AKIA1"), deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1"), root_key("AKIA2")]);
        }),
        changes("one inactive", vec![delete("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1")]);
        }),
        changes("one inactive, one active", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1"), root_key("AKIA2")]);
        }),
        changes("one that signs", vec![delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        }),
        changes("one active, one that signs", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
        }),
        changes("one inactive, one that signs", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA2"), own_root_key("AKIA1")]);
        }),
        changes("the one that signs is last", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1"), inactive_root_key("AKIA2")]);
        }),
        changes("MFA first, to switch off", vec![start_session(), deactivate("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        }),
        changes("MFA first, to delete", vec![start_session(), delete_own("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        }),
        changes("consent given before hurries nothing", vec![deactivate("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.root.delete_access_keys = true;
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
}

#[test]
fn what_is_switched_off_can_be_switched_on_again() {
    let keys = vec![root_key("AKIA1"), root_key("AKIA2"), own_root_key("AKIA3")];
    let mut facts = Facts { root_keys: listed(keys), ..perfect() };
    let first = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert_eq!(first.changes, [deactivate("AKIA1"), deactivate("AKIA2")]);
    assert!(first.undo.is_empty() && first.watchable.is_none(), "{first:?}");

    first.changes.iter().for_each(|change| make(change, &mut facts));
    let ours = ["iam:root-access-key/AKIA1", "iam:root-access-key/AKIA2"].map(str::to_owned);
    let remembered = Answers { switched_off: BTreeSet::from(ours), ..answers() };
    let next = planned(&facts, &remembered, StepId::RootAccessKeys);
    assert_eq!(next.changes, [delete("AKIA1"), delete("AKIA2"), delete_own("AKIA3")]);
    assert_eq!(next.undo, [reactivate("AKIA1"), reactivate("AKIA2")]);
    assert!(next.watchable.is_some());
    assert_eq!(next.notes.len(), 4);
    assert!(next.notes[0].en.contains("undo") && next.notes[0].ko.contains("되돌리기"), "{:?}", next.notes);

    next.undo.iter().for_each(|change| make(change, &mut facts));
    assert_eq!(planned(&facts, &answers(), StepId::RootAccessKeys), first);
}

/// Somebody had a reason, and it was before us.
#[test]
fn what_somebody_else_switched_off_stays_off() {
    let facts = Facts { root_keys: listed(vec![inactive_root_key("AKIA1")]), ..perfect() };
    let planned = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert_eq!(planned.changes, [delete("AKIA1")]);
    assert!(planned.undo.is_empty() && planned.watchable.is_some(), "{planned:?}");
}

/// The key that signs was not switched off, so there is nothing to take back.
#[test]
fn the_key_that_signs_has_no_trial() {
    let facts = Facts { root_keys: listed(vec![own_root_key("AKIA1")]), ..perfect() };
    let planned = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert!(planned.undo.is_empty() && planned.watchable.is_none(), "{planned:?}");
    assert_eq!(planned.notes.len(), 1);
}

#[test]
fn with_nobody_there_the_keys_of_root_go_in_one_go() {
    let cases = [
        (vec![root_key("AKIA1")], vec![deactivate("AKIA1"), delete("AKIA1")]),
        (vec![inactive_root_key("AKIA1")], vec![delete("AKIA1")]),
        (vec![own_root_key("AKIA1")], vec![delete_own("AKIA1")]),
        (
            vec![inactive_root_key("AKIA1"), root_key("AKIA2")],
            vec![deactivate("AKIA2"), delete("AKIA2"), delete("AKIA1")],
        ),
        (
            vec![own_root_key("AKIA1"), root_key("AKIA2")],
            vec![deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
        ),
        (vec![inactive_root_key("AKIA2"), own_root_key("AKIA1")], vec![delete("AKIA2"), delete_own("AKIA1")]),
    ];
    for (keys, expected) in cases {
        let planned = unattended(0, keys.clone());
        assert_eq!(planned.changes, expected, "{keys:?}");
        assert!(planned.undo.is_empty() && planned.watchable.is_none(), "{planned:?}");
        assert_eq!(planned.notes.len(), keys.len(), "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn with_nobody_there_the_keys_of_root_need_consent() {
    let cases = [
        stands("no consent", State::NeedsPerson, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.attended = false;
        }),
        changes("consent", vec![deactivate("AKIA1"), delete("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        }),
        changes(
            "consent, and MFA first where it is needed",
            vec![start_session(), deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
            |facts, answers| {
                facts.sign_in = SignIn::Locked;
                facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
                (answers.attended, answers.root.delete_access_keys) = (false, true);
            },
        ),
        stands("consent alone proves no sign-in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
    let facts = Facts { root_keys: listed(vec![root_key("AKIA1"), root_key("AKIA2")]), ..perfect() };
    let unattended = Answers { attended: false, ..answers() };
    let task = planned(&facts, &unattended, StepId::RootAccessKeys).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["2"]);
    says(&task.how[0], &["delete_access_keys = true"]);
}

/// With consent given, and nobody there: what becomes of these keys.
fn unattended(quiet_days: u32, keys: Vec<RootKey>) -> StepPlan<Change> {
    let root = Root { delete_access_keys: true, quiet_days, ..Root::default() };
    let answers = Answers { attended: false, root, ..answers() };
    planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers, StepId::RootAccessKeys)
}

#[test]
fn a_key_of_root_that_is_still_used_is_left() {
    let states = [
        (30, vec![root_key_used("AKIA1", 29)], State::NeedsPerson),
        (30, vec![root_key_used("AKIA1", 30)], State::ToChange),
        (30, vec![root_key("AKIA1")], State::ToChange),
        (30, vec![own_root_key("AKIA1")], State::ToChange),
        (30, vec![root_key("AKIA1"), root_key_used("AKIA2", 0)], State::NeedsPerson),
        (30, vec![root_key_used("AKIA1", 0), own_root_key("AKIA2")], State::NeedsPerson),
        (0, vec![root_key_used("AKIA1", 0)], State::ToChange),
        (1, vec![root_key_used("AKIA1", 0)], State::NeedsPerson),
        // Nobody knows, so it counts as used.
        (30, vec![unread_root_key("AKIA1")], State::NeedsPerson),
        (30, vec![root_key("AKIA1"), unread_root_key("AKIA2")], State::NeedsPerson),
        (30, vec![RootKey { signs_this_run: true, ..unread_root_key("AKIA1") }], State::ToChange),
        (0, vec![unread_root_key("AKIA1")], State::ToChange),
    ];
    for (quiet_days, keys, state) in states {
        let planned = unattended(quiet_days, keys.clone());
        assert_eq!(planned.state, state, "{quiet_days} {keys:?}");
        holds_together(&planned);
    }
    let task = unattended(30, vec![root_key("AKIA1"), root_key_used("AKIA2", 3)]).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["AKIA2", "3", "s3", "us-east-1"]);
    let task = unattended(30, vec![unread_root_key("AKIA1")]).person.unwrap();
    assert!(task.what.en.contains("last use not known"), "{}", task.what.en);
}

/// Who is there sees the last use, and decides.
#[test]
fn a_person_decides_of_a_key_that_is_still_used() {
    let root = Root { quiet_days: 30, ..Root::default() };
    let answers = Answers { root, ..answers() };
    let use_of_strange = LastUse { service: "s3\u{1b}[2J".into(), ..last_use(3) };
    let strange = RootKey { last_use: Ok(Some(use_of_strange)), ..root_key("AKIA1") };
    let keys = vec![inactive_root_key("AKIA2"), strange, own_root_key("AKIA3")];
    let planned = planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers, StepId::RootAccessKeys);
    assert_eq!(planned.state, State::ToChange);
    let notes: Vec<_> = planned.notes.iter().map(|note| note.en.as_str()).collect();
    let expected = [
        "AKIA2  inactive  made 2026-01-02  never used, as far as AWS tells",
        "AKIA1  active  made 2026-01-02  last used 3 days ago by s3\u{fffd}[2J, us-east-1",
        "AKIA3  active  made 2026-01-02  last used 0 days ago by s3, us-east-1 (signs this run, so it goes last)",
    ];
    assert_eq!(notes, expected);
    for (note, id) in planned.notes.iter().zip(["AKIA2", "AKIA1", "AKIA3"]) {
        assert!(note.ko.starts_with(id) && !note.ko.contains('\u{1b}'), "{}", note.ko);
    }
}

// The changes in words.

#[test]
fn each_change_says_what_it_does_to_what() {
    let policy = set_policy(true, strict_policy());
    let table = [
        (policy, Verb::Update, "iam:account-password-policy", "32"),
        (create_group("Ops"), Verb::Create, "iam:group/Ops", "Ops"),
        (give_full_rights("Ops"), Verb::Attach, FULL_RIGHTS, "Ops"),
        (create_user("alice"), Verb::Create, "iam:user/alice", "alice"),
        (add_to_group("alice", "Ops"), Verb::Attach, "iam:user/alice", "Ops"),
        (create_password("alice", 14), Verb::Create, "iam:login-profile/alice", "alice"),
        (delete_stranded("AKIA1"), Verb::Delete, "iam:access-key/AKIA1", "AKIA1"),
        (create_key("alice", "admin"), Verb::Create, CUT_SHORT, "admin"),
        (start_session(), Verb::Start, "sts:session/alice", "alice"),
        (deactivate("AKIA1"), Verb::Disable, "iam:root-access-key/AKIA1", "AKIA1"),
        (reactivate("AKIA1"), Verb::Enable, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete_own("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
    ];
    for (change, verb, resource, word) in table {
        assert_eq!((change.verb(), change.resource().as_str()), (verb, resource), "{change:?}");
        says(&change.summary(), &[word]);
    }
}

#[test]
fn each_change_says_how_weighty_it_is() {
    let table = [
        (set_policy(true, strict_policy()), vec![]),
        (create_group("Ops"), vec![]),
        (give_full_rights("Ops"), vec![]),
        (create_user("alice"), vec![]),
        (add_to_group("alice", "Ops"), vec![]),
        (create_password("alice", 14), vec!["optional"]),
        (delete_stranded("AKIA1"), vec!["left over"]),
        (create_key("alice", "admin"), vec![]),
        (start_session(), vec!["of this run"]),
        (deactivate("AKIA1"), vec!["by root"]),
        (reactivate("AKIA1"), vec!["by root"]),
        (delete("AKIA1"), vec!["irreversible", "by root"]),
        (delete_own("AKIA1"), vec!["irreversible", "by root"]),
    ];
    for (change, expected) in table {
        let weighs = [
            ("optional", change.is_optional()),
            ("irreversible", change.is_irreversible()),
            ("left over", change.is_leftover()),
            ("by root", change.is_by_root()),
            ("of this run", change.is_of_this_run()),
        ];
        let said: Vec<_> = weighs.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect();
        assert_eq!(said, expected, "{change:?}");
    }
}

// What holds of every account.

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(any_facts(), any_answers()), |(facts, answers)| {
        property(&facts, &answers);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        let steps: Vec<_> = plan.iter().map(|planned| planned.step).collect();
        assert_eq!(steps, PracticeId::RootUser.steps());
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            if rests_on_unseen(planned.step, facts, answers) {
                assert!(!matches!(planned.state, State::InPlace | State::ToChange), "{planned:?}");
            }
        }
        let password_unseen = matches!(&facts.user, Some(Ok(Some(user))) if user.console_password.is_err());
        if password_unseen && (answers.attended || answers.admin.console_password_file.is_some()) {
            assert_ne!(planned(facts, answers, StepId::AdminUser).state, State::InPlace, "{facts:?}");
        }
    });
}

fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    let user = matches!(facts.user, Some(Err(_)));
    let keys = matches!(&facts.user, Some(Ok(Some(user))) if user.access_keys.is_err());
    match step {
        StepId::PasswordPolicy => facts.password_policy.is_err(),
        StepId::AdminGroup => facts.group.is_err(),
        StepId::AdminUser => user || facts.group.is_err(),
        StepId::AdminSignIn => {
            facts.sign_in == SignIn::No && (user || (keys && answers.admin.access_key_profile.is_some()))
        }
        StepId::RootAccessKeys => facts.root_keys.is_err(),
        _ => false,
    }
}

#[test]
fn no_key_of_root_goes_without_an_administrator_and_consent() {
    always(|facts, answers| {
        let administrator = answers.admin.user.as_deref().unwrap_or_default();
        let ready = matches!(&facts.group, Ok(Some(group))
            if group.is_administrators(&facts.partition) && group.has(administrator));
        let consent = answers.attended || answers.root.delete_access_keys;
        let seen = matches!(facts.root_keys, Ok(RootKeys::Listed(_)));
        let allowed = ready && consent && seen && facts.sign_in != SignIn::No;
        for change in plan(facts, answers).into_iter().flat_map(|planned| planned.changes) {
            assert!(allowed || !change.is_by_root(), "{change:?}");
        }
    });
}

/// Holds a property of the step root-access-keys against random accounts that wait for nothing but it.
fn always_of_root_keys(property: impl Fn(&[RootKey], &Answers, &StepPlan<Change>)) {
    always(|facts, answers| {
        let sign_in = if facts.sign_in == SignIn::No { SignIn::Proven } else { facts.sign_in };
        let ready = Facts { sign_in, root_keys: facts.root_keys.clone(), ..perfect() };
        let admin = Admin { user: Some("alice".into()), ..answers.admin.clone() };
        let answers = Answers { admin, accept: Vec::new(), ..answers.clone() };
        let planned = planned(&ready, &answers, StepId::RootAccessKeys);
        if let (Ok(RootKeys::Listed(keys)), State::ToChange) = (&ready.root_keys, planned.state) {
            let session = planned.changes.iter().position(|change| *change == start_session());
            assert_eq!(session, (sign_in == SignIn::Locked).then_some(0), "{planned:?}");
            property(keys, &answers, &planned);
        }
    });
}

#[test]
fn no_key_of_root_is_stranded() {
    always_of_root_keys(|keys, answers, planned| {
        let place = |wanted: Change| planned.changes.iter().position(|change| *change == wanted);
        let all_off = keys.iter().all(|key| key.signs_this_run || !key.active);
        let deletes = all_off || !answers.attended;
        for key in keys {
            let off = place(deactivate(&key.id));
            if key.signs_this_run {
                let last = planned.changes.len() - 1;
                assert_eq!((off, place(delete_own(&key.id))), (None, deletes.then_some(last)));
            } else {
                let gone = place(delete(&key.id));
                assert_eq!((off.is_some(), gone.is_some()), (key.active, deletes), "{planned:?}");
                assert!(gone.is_none() || off < gone, "{planned:?}");
            }
        }
    });
}

#[test]
fn before_a_key_of_root_is_deleted_a_person_can_take_it_back() {
    always_of_root_keys(|keys, answers, planned| {
        let deletes = planned.changes.iter().any(|change| matches!(change, Change::DeleteRootKey { .. }));
        let others = keys.iter().filter(|key| !key.signs_this_run);
        let ours = |change: &Change| answers.switched_off.contains(&change.resource());
        let expected: Vec<_> = others.map(|key| reactivate(&key.id)).filter(ours).collect();
        if answers.attended && deletes {
            assert_eq!(planned.undo, expected);
        } else {
            assert!(planned.undo.is_empty(), "{planned:?}");
        }
    });
}

#[test]
fn with_nobody_there_no_key_of_root_goes_that_may_be_in_use() {
    always_of_root_keys(|keys, answers, _| {
        let is_quiet = |key: &RootKey| match &key.last_use {
            Err(_) => false,
            Ok(None) => true,
            Ok(Some(last)) => last.days_ago >= answers.root.quiet_days,
        };
        let trusts = answers.attended || answers.root.quiet_days == 0;
        for key in keys {
            assert!(trusts || key.signs_this_run || is_quiet(key), "{key:?}");
        }
    });
}

/// And no user gets more keys than AWS allows.
#[test]
fn no_key_of_the_administrator_goes_without_evidence() {
    always(|facts, answers| {
        let mut facts = Facts { sign_in: SignIn::No, profile_exists: false, ..facts.clone() };
        let admin = Admin { access_key_profile: Some("admin".into()), ..answers.admin.clone() };
        let answers = Answers { admin, accept: Vec::new(), ..answers.clone() };
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        let Some(user) = the_user(&mut facts) else { return };
        let keys = user.access_keys.clone().unwrap_or_default();
        let mut left = keys.len();
        for change in &planned.changes {
            if let Change::DeleteStrandedKey { user, access_key } = change {
                left -= 1;
                assert!(answers.unfinished.contains_key(&format!("iam:access-key/{user}")), "{change:?}");
                let key = keys.iter().find(|key| key.id == *access_key).unwrap();
                assert!(!key.kept_here && key.last_use == Ok(None), "{key:?}");
            }
        }
        assert!(planned.changes.is_empty() || left < KEYS_PER_USER, "{planned:?}");
    });
}

#[test]
fn no_password_policy_is_weakened() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::PasswordPolicy);
        let (Ok(Some(before)), Some(Change::SetPasswordPolicy { policy: after, .. })) =
            (&facts.password_policy, planned.changes.first())
        else {
            return;
        };
        assert!(after.minimum_password_length >= before.minimum_password_length.max(14));
        assert!(after.password_reuse_prevention >= before.password_reuse_prevention.max(Some(24)));
        assert!(after.allow_users_to_change_password);
        let kept = PasswordPolicy {
            minimum_password_length: before.minimum_password_length,
            password_reuse_prevention: before.password_reuse_prevention,
            allow_users_to_change_password: before.allow_users_to_change_password,
            ..after.clone()
        };
        assert_eq!(kept, *before);
    });
}

#[test]
fn no_secret_is_made_that_nobody_receives() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        for change in plan.iter().flat_map(|planned| &planned.changes) {
            match change {
                Change::CreateConsolePassword { .. } => {
                    assert!(answers.attended || answers.admin.console_password_file.is_some());
                }
                Change::CreateAccessKey { profile, .. } => {
                    assert_eq!(Some(profile), answers.admin.access_key_profile.as_ref());
                }
                _ => {}
            }
        }
    });
}

/// The keys of root wait for the sign-in, and are switched off before they are deleted, so it takes three rounds.
#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| {
        let answers = Answers { accept: Vec::new(), ..answers.clone() };
        let mut facts = facts.clone();
        for _ in 0..3 {
            let changes = plan(&facts, &answers).into_iter().flat_map(|planned| planned.changes);
            changes.for_each(|change| make(&change, &mut facts));
        }
        for planned in plan(&facts, &answers) {
            assert_ne!(planned.state, State::ToChange, "{planned:?}");
        }
    });
}

/// What an account looks like after a change.
fn make(change: &Change, facts: &mut Facts) {
    match change {
        Change::SetPasswordPolicy { policy, .. } => facts.password_policy = Ok(Some(policy.clone())),
        Change::CreateGroup { group: name } => {
            facts.group = Ok(Some(Group { name: name.clone(), ..group(&[], &[]) }));
        }
        Change::AttachAdministratorAccess { policy, .. } => {
            facts.group.as_mut().unwrap().as_mut().unwrap().policies.push(policy.clone());
        }
        Change::CreateUser { user: name } => {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user(name) })));
        }
        Change::AddToGroup { user, .. } => {
            facts.group.as_mut().unwrap().as_mut().unwrap().members.push(user.clone());
        }
        Change::CreateConsolePassword { .. } => the_user(facts).unwrap().console_password = Ok(true),
        Change::DeleteStrandedKey { access_key, .. } => {
            let keys = the_user(facts).unwrap().access_keys.as_mut().unwrap();
            keys.retain(|key| key.id != *access_key);
        }
        Change::CreateAccessKey { .. } => {
            (facts.sign_in, facts.profile_exists) = (SignIn::Proven, true);
        }
        Change::StartSession { .. } => facts.sign_in = SignIn::Proven,
        Change::DeactivateRootKey { access_key } => root_key_of(facts, access_key).active = false,
        Change::ReactivateRootKey { access_key } => root_key_of(facts, access_key).active = true,
        Change::DeleteRootKey { access_key, .. } => root_keys(facts).retain(|key| key.id != *access_key),
    }
}

fn the_user(facts: &mut Facts) -> Option<&mut User> {
    facts.user.as_mut()?.as_mut().ok()?.as_mut()
}

fn root_key_of<'f>(facts: &'f mut Facts, access_key: &str) -> &'f mut RootKey {
    root_keys(facts).iter_mut().find(|key| key.id == access_key).unwrap()
}

fn root_keys(facts: &mut Facts) -> &mut Vec<RootKey> {
    match &mut facts.root_keys {
        Ok(RootKeys::Listed(keys)) => keys,
        other => panic!("no keys of root were listed: {other:?}"),
    }
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let readings = (
        maybe_unseen(prop::option::of(any_policy())),
        maybe_unseen(prop::option::weighted(0.8, any_group())),
        prop::option::weighted(0.9, maybe_unseen(prop::option::weighted(0.8, any_user()))),
        maybe_unseen(any_root_keys()),
        maybe_unseen(any::<bool>()),
    );
    let sign_in = prop::sample::select(vec![SignIn::No, SignIn::Locked, SignIn::Proven]);
    let partition = prop::sample::select(vec!["aws", "aws", "aws", "aws-cn", "aws-us-gov"]);
    let facts = (readings, sign_in, any::<[bool; 2]>()).prop_map(|(readings, sign_in, flags)| {
        let (password_policy, group, user, root_keys, root_password) = readings;
        let [profile_exists, by_root] = flags;
        let as_root = by_root || matches!(root_keys, Ok(RootKeys::Listed(_)));
        let seen = Facts { password_policy, group, user, root_keys, root_password, ..fresh() };
        Facts { as_root, sign_in, profile_exists, ..seen }
    });
    (facts, partition).prop_map(|(mut facts, partition)| {
        move_to(&mut facts, partition);
        facts
    })
}

fn maybe_unseen<T: std::fmt::Debug>(seen: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<T>> {
    prop::option::weighted(0.85, seen).prop_map(|seen| seen.ok_or_else(denied))
}

fn any_policy() -> impl Strategy<Value = PasswordPolicy> {
    let limits = (6..=128_i32, prop::option::of(1..=1095_i32), prop::option::of(1..=24_i32));
    (limits, any::<[bool; 5]>(), any::<Option<bool>>()).prop_map(|(limits, flags, hard_expiry)| {
        let (minimum_password_length, max_password_age, password_reuse_prevention) = limits;
        PasswordPolicy {
            minimum_password_length,
            require_symbols: flags[0],
            require_numbers: flags[1],
            require_uppercase_characters: flags[2],
            require_lowercase_characters: flags[3],
            allow_users_to_change_password: flags[4],
            max_password_age,
            password_reuse_prevention,
            hard_expiry,
        }
    })
}

fn any_group() -> impl Strategy<Value = Group> {
    let name = prop::sample::select(vec!["Administrators", "administrators"]);
    let members = prop::sample::subsequence(vec!["Alice", "bob", "carol"], 0..=3);
    let policies = prop::sample::subsequence(vec![READ_ONLY, FULL_RIGHTS], 0..=2);
    (name, members, policies, 0..2_usize).prop_map(|(name, members, policies, inline_policies)| Group {
        name: name.into(),
        inline_policies,
        ..group(&members, &policies)
    })
}

fn any_user() -> impl Strategy<Value = User> {
    let name = prop::sample::select(vec!["alice", "Alice"]);
    let key = (any_last_use(), any::<bool>(), 1..=28_u32);
    let keys = prop::collection::vec(key, 0..=2).prop_map(|keys| {
        let numbered = keys.into_iter().enumerate();
        let key = |(number, (last_use, kept_here, day))| UserKey {
            id: format!("AKIAUSER{number}"),
            made: format!("2026-01-{day:02}T03:04:05Z"),
            last_use,
            kept_here,
        };
        numbered.map(key).collect::<Vec<_>>()
    });
    let readings = (maybe_unseen(any::<bool>()), maybe_unseen(keys));
    (name, any::<bool>(), readings).prop_map(|(name, password_used, (console_password, access_keys))| User {
        name: name.into(),
        console_password,
        password_used,
        access_keys,
    })
}

/// Half of the keys were never used.
fn any_last_use() -> impl Strategy<Value = Reading<Option<LastUse>>> {
    maybe_unseen(prop::option::of((0..60_u32).prop_map(last_use)))
}

/// The list has the key that signs at its end, as the look at the account puts it.
fn any_root_keys() -> impl Strategy<Value = RootKeys> {
    let key = (any::<bool>(), any_last_use());
    let listed = (prop::collection::vec(key, 0..=2), any::<bool>()).prop_map(|(keys, one_signs)| {
        let mut listed: Vec<_> = keys.into_iter().enumerate().map(numbered_root_key).collect();
        if let (Some(last), true) = (listed.last_mut(), one_signs) {
            (last.active, last.signs_this_run) = (true, true);
        }
        RootKeys::Listed(listed)
    });
    prop_oneof![3 => listed, 1 => any::<bool>().prop_map(RootKeys::Counted)]
}

fn numbered_root_key((number, (active, last_use)): (usize, (bool, Reading<Option<LastUse>>))) -> RootKey {
    RootKey { active, last_use, ..root_key(&format!("AKIAROOT{number}")) }
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let steps = prop::sample::subsequence(PracticeId::RootUser.steps(), 0..=6);
    let accept = prop_oneof![3 => Just(Vec::<StepId>::new()), 1 => steps];
    let root = (any::<bool>(), any::<bool>(), 0..40_u32);
    (any::<[bool; 6]>(), root, accept).prop_map(|(flags, root, accept)| {
        let [attended, named, file, profile, console, cut_short] = flags;
        let (credentials_stored, delete_access_keys, quiet_days) = root;
        let mut answers = accepting(&accept);
        answers.attended = attended;
        answers.root = Root { credentials_stored, delete_access_keys, quiet_days };
        answers.admin.user = answers.admin.user.filter(|_| named);
        answers.admin.console_password_file = file.then(|| "alice.txt".into());
        answers.admin.access_key_profile = profile.then(|| "admin".into());
        answers.admin.sign_in = console.then_some(SignInWay::Console);
        answers.unfinished.extend(cut_short.then(|| (CUT_SHORT.to_owned(), String::new())));
        answers
    })
}
