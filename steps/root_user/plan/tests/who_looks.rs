//! Who looks at the account, and what is left to do in it.

use super::*;
use crate::answers::Root;

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
    let mut done = perfect();
    has_used_password(&mut done);
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
                wants_console(answers);
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
                [InPlace, InPlace, InPlace, NotAssessed, NeedsPerson, NotAssessed],
                [InPlace, InPlace, InPlace, InPlace, InPlace, NotAssessed],
            ],
        ),
    ]);
}

#[test]
fn accounts_whose_root_is_unlike_others_are_looked_at() {
    use State::{Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange};
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
                [InPlace, InPlace, InPlace, NotAssessed, NotApplicable, NotApplicable],
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
