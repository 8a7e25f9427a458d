//! The plan as a table of cases, and what holds of every account.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::answers::{Accept, Admin, Root};
use crate::aws::{Reading, Unseen};
use crate::practice::{Change as _, PracticeId, State};
use crate::root_user::facts::{LastUse, UserKey};

const ACCOUNT: &str = "111122223333";
const FULL_RIGHTS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

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
    let has_reason = matches!(state, State::Blocked | State::Accepted | State::NotAssessed);
    assert_eq!(!planned.changes.is_empty(), state == State::ToChange, "{planned:?}");
    assert_eq!(planned.person.is_some(), state == State::NeedsPerson, "{planned:?}");
    assert_eq!(planned.found.is_some(), state == State::InPlace, "{planned:?}");
    assert_eq!(planned.reason.is_some(), has_reason, "{planned:?}");
    assert!(planned.notes.is_empty() || state == State::ToChange, "{planned:?}");
    assert!(planned.person.iter().all(|task| !task.how.is_empty()), "{planned:?}");
    let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    for text in of_person.chain(&planned.reason).chain(&planned.found).chain(&planned.notes) {
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

fn used_key(id: &str) -> UserKey {
    UserKey { id: id.into(), used: true, kept_here: false }
}

fn stranded_key(id: &str) -> UserKey {
    UserKey { id: id.into(), used: false, kept_here: false }
}

/// An active key of root that was never used.
fn root_key(id: &str) -> RootKey {
    RootKey { id: id.into(), active: true, signs_this_run: false, last_use: None }
}

fn inactive_root_key(id: &str) -> RootKey {
    RootKey { active: false, ..root_key(id) }
}

/// The key that signs this run, and so was used today.
fn own_root_key(id: &str) -> RootKey {
    RootKey { signs_this_run: true, ..root_key_used(id, 0) }
}

fn root_key_used(id: &str, days_ago: u32) -> RootKey {
    let last_use = LastUse { days_ago, service: "s3".into(), region: "us-east-1".into() };
    RootKey { last_use: Some(last_use), ..root_key(id) }
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
    let facts = Facts {
        password_policy: Err(denied()),
        group: Err(denied()),
        user: Some(Err(denied())),
        root_keys: Err(denied()),
        ..fresh()
    };
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
    let facts = Facts { partition: "aws-cn".into(), ..fresh() };
    let attach = Change::AttachAdministratorAccess {
        group: "Administrators".into(),
        policy: "arn:aws-cn:iam::aws:policy/AdministratorAccess".into(),
    };
    let planned = planned(&facts, &answers(), StepId::AdminGroup);
    assert_eq!(planned.changes, [create_group("Administrators"), attach]);
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

#[test]
fn stranded_keys_go_before_a_new_one() {
    let kept = UserKey { id: "AKIAKEPT".into(), used: false, kept_here: true };
    let create = || create_key("alice", "admin");
    let cases = [
        (vec![], vec![create()]),
        (vec![used_key("AKIA1")], vec![create()]),
        (vec![kept.clone()], vec![create()]),
        (vec![stranded_key("AKIA1")], vec![delete_stranded("AKIA1"), create()]),
        (vec![used_key("AKIA1"), stranded_key("AKIA2")], vec![delete_stranded("AKIA2"), create()]),
        (
            vec![stranded_key("AKIA1"), stranded_key("AKIA2")],
            vec![delete_stranded("AKIA1"), delete_stranded("AKIA2"), create()],
        ),
    ];
    for (keys, expected) in cases {
        let (facts, answers) = wanting_a_key(keys);
        let planned = planned(&facts, &answers, StepId::AdminSignIn);
        assert_eq!(planned.changes, expected, "{:?}", facts.user);
        holds_together(&planned);
    }
    let (facts, answers) = wanting_a_key(vec![kept, used_key("AKIA1")]);
    let planned = planned(&facts, &answers, StepId::AdminSignIn);
    let task = planned.person.unwrap();
    assert_eq!(task.seen, Seen::BySigningIn);
    says(&task.what, &["alice"]);
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
}

// Root's credentials.

#[test]
fn the_credentials_of_root_are_put_away_by_word() {
    let cases = [
        stands("not said", State::NeedsPerson, |_, _| {}),
        stands("said", State::InPlace, |_, answers| answers.root.credentials_stored = true),
    ];
    hold(StepId::RootCredentials, fresh, cases);
    let planned = planned(&fresh(), &answers(), StepId::RootCredentials);
    assert_eq!(planned.person.unwrap().seen, Seen::ByWord("root.credentials_stored"));
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
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
}

#[test]
fn the_keys_of_root_wait_for_the_sign_in_or_for_root() {
    let facts = Facts { root_keys: listed(vec![root_key("AKIA1")]), ..not_signed_in() };
    says(&planned(&facts, &answers(), StepId::RootAccessKeys).reason.unwrap(), &["admin-sign-in"]);
    let facts = Facts { root_keys: Ok(RootKeys::Counted(true)), ..perfect() };
    let task = planned(&facts, &answers(), StepId::RootAccessKeys).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.how[0], &["aws login --profile root", "--only root-access-keys"]);
}

#[test]
fn the_key_that_signs_goes_last_and_in_one_call() {
    let cases = [
        changes("one active", vec![deactivate("AKIA1"), delete("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        }),
        changes("one inactive", vec![delete("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1")]);
        }),
        changes("one that signs", vec![delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        }),
        changes(
            "two, neither of which signs",
            vec![deactivate("AKIA1"), delete("AKIA1"), delete("AKIA2")],
            |facts, _| facts.root_keys = listed(vec![root_key("AKIA1"), inactive_root_key("AKIA2")]),
        ),
        changes(
            "two, one of which signs",
            vec![deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
            |facts, _| facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]),
        ),
        changes(
            "MFA comes first where it is needed",
            vec![start_session(), deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
            |facts, _| {
                facts.sign_in = SignIn::Locked;
                facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
            },
        ),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
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
    ];
    for (quiet_days, keys, state) in states {
        let planned = unattended(quiet_days, keys.clone());
        assert_eq!(planned.state, state, "{quiet_days} {keys:?}");
        holds_together(&planned);
    }
    let task = unattended(30, vec![root_key("AKIA1"), root_key_used("AKIA2", 3)]).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["AKIA2", "3", "s3", "us-east-1"]);
}

/// Who is there sees the last use, and decides.
#[test]
fn a_person_decides_of_a_key_that_is_still_used() {
    let root = Root { quiet_days: 30, ..Root::default() };
    let answers = Answers { root, ..answers() };
    let mut strange = root_key_used("AKIA1", 3);
    strange.last_use.as_mut().unwrap().service = "s3\u{1b}[2J".into();
    let keys = vec![inactive_root_key("AKIA2"), strange, own_root_key("AKIA3")];
    let planned = planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers, StepId::RootAccessKeys);
    assert_eq!(planned.state, State::ToChange);
    let notes: Vec<_> = planned.notes.iter().map(|note| note.en.as_str()).collect();
    let expected = [
        "AKIA2  inactive  never used, as far as AWS tells",
        "AKIA1  active  last used 3 days ago by s3\u{fffd}[2J, us-east-1",
        "AKIA3  active  last used 0 days ago by s3, us-east-1 (signs this run, so it goes last)",
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
        (create_key("alice", "admin"), Verb::Create, "iam:access-key/alice", "admin"),
        (start_session(), Verb::Start, "sts:session/alice", "alice"),
        (deactivate("AKIA1"), Verb::Disable, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete_own("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
    ];
    for (change, verb, resource, word) in table {
        assert_eq!((change.verb(), change.resource().as_str()), (verb, resource), "{change:?}");
        says(&change.summary(), &[word]);
        let deletes_for_good = matches!(change, Change::DeleteRootKey { .. });
        assert_eq!(change.is_irreversible(), deletes_for_good, "{change:?}");
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
fn no_key_of_root_goes_without_a_sign_in_and_consent() {
    always(|facts, answers| {
        let allowed = facts.sign_in != SignIn::No && (answers.attended || answers.root.delete_access_keys);
        let plan = plan(facts, answers);
        for change in plan.iter().flat_map(|planned| &planned.changes) {
            let takes_a_key =
                matches!(change, Change::DeactivateRootKey { .. } | Change::DeleteRootKey { .. });
            assert!(allowed || !takes_a_key, "{change:?}");
        }
    });
}

#[test]
fn no_key_of_root_is_stranded() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RootAccessKeys);
        let (Ok(RootKeys::Listed(keys)), State::ToChange) = (&facts.root_keys, planned.state) else { return };
        let place = |wanted: Change| planned.changes.iter().position(|change| *change == wanted);
        for key in keys {
            let off = place(deactivate(&key.id));
            if key.signs_this_run {
                assert_eq!((off, place(delete_own(&key.id))), (None, Some(planned.changes.len() - 1)));
            } else {
                assert_eq!(off.is_some(), key.active);
                assert!(off < place(delete(&key.id)), "{planned:?}");
            }
        }
        if facts.sign_in == SignIn::Locked && answers.admin.user.is_some() {
            assert_eq!(planned.changes[0], start_session());
        }
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

/// The keys of root wait for the sign-in, so it takes two rounds.
#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| {
        let answers = Answers { accept: Vec::new(), ..answers.clone() };
        let mut facts = facts.clone();
        for _ in 0..2 {
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
        Change::DeactivateRootKey { access_key } => {
            let key = root_keys(facts).iter_mut().find(|key| key.id == *access_key);
            key.unwrap().active = false;
        }
        Change::DeleteRootKey { access_key, .. } => root_keys(facts).retain(|key| key.id != *access_key),
    }
}

fn the_user(facts: &mut Facts) -> Option<&mut User> {
    facts.user.as_mut()?.as_mut().ok()?.as_mut()
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
        maybe_unseen(prop::option::of(any_group())),
        prop::option::weighted(0.9, maybe_unseen(prop::option::of(any_user()))),
        maybe_unseen(any_root_keys()),
    );
    let sign_in = prop::sample::select(vec![SignIn::No, SignIn::Locked, SignIn::Proven]);
    (readings, sign_in, any::<bool>()).prop_map(|(readings, sign_in, profile_exists)| {
        let (password_policy, group, user, root_keys) = readings;
        let as_root = matches!(root_keys, Ok(RootKeys::Listed(_)));
        Facts { as_root, password_policy, group, user, sign_in, profile_exists, root_keys, ..fresh() }
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
    let keys = prop::collection::vec(any::<(bool, bool)>(), 0..=2).prop_map(|keys| {
        let numbered = keys.into_iter().enumerate();
        let key = |(number, (used, kept_here))| UserKey {
            id: format!("AKIAUSER{number}"),
            used: used || kept_here,
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

/// The list has the key that signs at its end, as the look at the account puts it.
fn any_root_keys() -> impl Strategy<Value = RootKeys> {
    let key = (any::<bool>(), prop::option::of(0..60_u32));
    let listed = (prop::collection::vec(key, 0..=2), any::<bool>()).prop_map(|(keys, one_signs)| {
        let mut listed: Vec<_> = keys.into_iter().enumerate().map(numbered_root_key).collect();
        if let (Some(last), true) = (listed.last_mut(), one_signs) {
            (last.active, last.signs_this_run) = (true, true);
        }
        RootKeys::Listed(listed)
    });
    prop_oneof![3 => listed, 1 => any::<bool>().prop_map(RootKeys::Counted)]
}

fn numbered_root_key((number, (active, used)): (usize, (bool, Option<u32>))) -> RootKey {
    let id = format!("AKIAROOT{number}");
    let key = used.map_or_else(|| root_key(&id), |days_ago| root_key_used(&id, days_ago));
    RootKey { active, ..key }
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let steps = prop::sample::subsequence(PracticeId::RootUser.steps(), 0..=6);
    let accept = prop_oneof![3 => Just(Vec::<StepId>::new()), 1 => steps];
    let root = (any::<bool>(), any::<bool>(), 0..40_u32);
    (any::<[bool; 4]>(), root, accept).prop_map(|([attended, named, file, profile], root, accept)| {
        let (credentials_stored, delete_access_keys, quiet_days) = root;
        let mut answers = accepting(&accept);
        answers.attended = attended;
        answers.root = Root { credentials_stored, delete_access_keys, quiet_days };
        answers.admin.user = answers.admin.user.filter(|_| named);
        answers.admin.console_password_file = file.then(|| "alice.txt".into());
        answers.admin.access_key_profile = profile.then(|| "admin".into());
        answers
    })
}
