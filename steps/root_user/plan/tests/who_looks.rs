//! Who looks at the account, and what is left to do in it.

use super::*;
use crate::plan_cases::Given;
use crate::practice::State::{Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange};
use crate::practice::StepId::{
    AdminGroup, AdminSignIn, AdminUser, PasswordPolicy, RootAccessKeys, RootCredentials,
};

/// How a step stands in the three accounts.
type Stands = (StepId, [State; 3]);

/// How the six steps stand to root by `aws login`: in a new account, in one whose administrator has not signed
/// in yet, and in one where everything is done.
const USUAL: [Stands; 6] = [
    (PasswordPolicy, [ToChange, InPlace, InPlace]),
    (AdminGroup, [ToChange, InPlace, InPlace]),
    (AdminUser, [ToChange, InPlace, InPlace]),
    (AdminSignIn, [Blocked, NeedsPerson, InPlace]),
    (RootCredentials, [NeedsPerson, NeedsPerson, InPlace]),
    (RootAccessKeys, [InPlace; 3]),
];

/// The three accounts, as root sees them who has no access keys.
fn accounts() -> [(&'static str, Facts, Answers); 3] {
    let mut done = perfect();
    has_used_password(&mut done);
    [
        ("a new account", fresh(), answers()),
        ("nobody has signed in", not_signed_in(), answers()),
        ("everything is done", done, stored()),
    ]
}

/// Has somebody look at the three accounts, to whom these steps stand otherwise than usual.
fn look(name: &str, sees: Given<Facts>, otherwise: &[Stands]) {
    for (place, (account, mut facts, mut answers)) in accounts().into_iter().enumerate() {
        sees(&mut facts, &mut answers);
        let plan = plan(&facts, &answers);
        let expected = USUAL.map(|(step, usual)| {
            let other = otherwise.iter().find(|(other, _)| *other == step);
            other.map_or(usual, |(_, stands)| *stands)[place]
        });
        assert_eq!(states(&plan), expected, "{name}: {account}");
        plan.iter().for_each(holds_together);
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
    (facts.root_keys, facts.root_password) = (Err(unseen()), Err(unseen()));
    if let Some(user) = the_user(facts) {
        (user.console_password, user.access_keys) = (Err(unseen()), Err(unseen()));
    }
}

fn reads_nothing(facts: &mut Facts) {
    is_another(facts);
    reads_little(facts);
    (facts.password_policy, facts.group, facts.user) = (Err(unseen()), Err(unseen()), Some(Err(unseen())));
}

#[test]
fn root_looks() {
    look("root by aws login", |_, _| {}, &[]);
    look(
        "root by access key",
        |facts, _| facts.root_keys = listed(vec![own_root_key("AKIA1")]),
        &[(RootAccessKeys, [Blocked, Blocked, ToChange])],
    );
    look(
        "root by access key, with nobody there",
        |facts, answers| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
            answers.attended = false;
        },
        &[(RootAccessKeys, [Blocked, Blocked, NeedsPerson])],
    );
    look(
        "root by access key, with nobody there but consent",
        |facts, answers| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        },
        &[(RootAccessKeys, [Blocked, Blocked, ToChange])],
    );
    look(
        "root by access key, and the administrator is locked until MFA",
        |facts, _| {
            knows_alice(facts, SignIn::Locked);
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        },
        &[(AdminSignIn, [InPlace; 3]), (RootAccessKeys, [Blocked, ToChange, ToChange])],
    );
    look(
        "root by aws login, with a key left",
        |facts, _| facts.root_keys = listed(vec![root_key("AKIA1")]),
        &[(RootAccessKeys, [Blocked, Blocked, ToChange])],
    );
    look(
        "root by aws login, to whom AWS does not list the keys",
        |facts, _| facts.root_keys = Ok(RootKeys::Counted(true)),
        &[(RootAccessKeys, [NeedsPerson; 3])],
    );
}

#[test]
fn the_administrator_looks() {
    look(
        "the administrator by key, proven",
        |facts, _| is_alice(facts, SignIn::Proven),
        &[(AdminSignIn, [InPlace; 3])],
    );
    look(
        "the administrator by key, proven, and root has a key",
        |facts, _| {
            is_alice(facts, SignIn::Proven);
            facts.root_keys = Ok(RootKeys::Counted(true));
        },
        &[(AdminSignIn, [InPlace; 3]), (RootAccessKeys, [NeedsPerson; 3])],
    );
    look(
        "the administrator by key, locked until MFA: little but the own user is readable",
        |facts, _| {
            is_alice(facts, SignIn::Locked);
            reads_little(facts);
            facts.group = Err(unseen());
        },
        &[
            (AdminGroup, [NotAssessed; 3]),
            (AdminUser, [NotAssessed; 3]),
            (AdminSignIn, [InPlace; 3]),
            (RootAccessKeys, [NotAssessed; 3]),
        ],
    );
}

#[test]
fn somebody_else_looks() {
    look(
        "another IAM user",
        |facts, _| is_another(facts),
        &[(AdminSignIn, [Blocked, NeedsPerson, NeedsPerson])],
    );
    look(
        "another IAM user, where the administrator signs in to the console alone",
        |facts, answers| {
            is_another(facts);
            wants_console(answers);
        },
        &[],
    );
    look(
        "a role, with nobody there",
        |facts, answers| {
            is_another(facts);
            answers.attended = false;
        },
        &[],
    );
    look(
        "a federated user, whom IAM tells nothing",
        |facts, _| reads_nothing(facts),
        &[
            (PasswordPolicy, [NotAssessed; 3]),
            (AdminGroup, [NotAssessed; 3]),
            (AdminUser, [NotAssessed; 3]),
            (AdminSignIn, [NotAssessed; 3]),
            (RootAccessKeys, [NotAssessed; 3]),
        ],
    );
    look(
        "an auditor who may read little",
        |facts, _| {
            is_another(facts);
            reads_little(facts);
        },
        &[
            (AdminUser, [ToChange, NotAssessed, NotAssessed]),
            (AdminSignIn, [Blocked, NeedsPerson, NeedsPerson]),
            (RootAccessKeys, [NotAssessed; 3]),
        ],
    );
    look(
        "an auditor who may read little, with nobody there",
        |facts, answers| {
            is_another(facts);
            reads_little(facts);
            answers.attended = false;
        },
        &[(AdminSignIn, [Blocked, NotAssessed, InPlace]), (RootAccessKeys, [NotAssessed; 3])],
    );
}

#[test]
fn accounts_whose_root_is_unlike_others_are_looked_at() {
    look(
        "a role in a member account whose root is managed centrally",
        |facts, _| {
            is_another(facts);
            facts.root_password = Ok(false);
        },
        &[(AdminSignIn, [Blocked, NeedsPerson, NeedsPerson]), (RootCredentials, [NotApplicable; 3])],
    );
    look(
        "the administrator in China",
        |facts, _| {
            is_alice(facts, SignIn::Proven);
            move_to(facts, "aws-cn");
        },
        &[
            (AdminSignIn, [InPlace; 3]),
            (RootCredentials, [NotApplicable; 3]),
            (RootAccessKeys, [NotApplicable; 3]),
        ],
    );
    look(
        "an auditor in China who may read little, with nobody there",
        |facts, answers| {
            is_another(facts);
            reads_little(facts);
            move_to(facts, "aws-cn");
            answers.attended = false;
        },
        &[
            (AdminSignIn, [Blocked, NotAssessed, InPlace]),
            (RootCredentials, [NotApplicable; 3]),
            (RootAccessKeys, [NotApplicable; 3]),
        ],
    );
    look(
        "the administrator in GovCloud",
        |facts, _| {
            is_alice(facts, SignIn::Proven);
            move_to(facts, "aws-us-gov");
        },
        &[(AdminSignIn, [InPlace; 3]), (RootCredentials, [NotApplicable; 3])],
    );
    look(
        "root in GovCloud by access key",
        |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
            move_to(facts, "aws-us-gov");
        },
        &[(RootCredentials, [NotApplicable; 3]), (RootAccessKeys, [Blocked, Blocked, ToChange])],
    );
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let mut facts = fresh();
    reads_nothing(&mut facts);
    for planned in plan(&facts, &answers()) {
        // That root's credentials are put away is the person's word, and needs no reading.
        if planned.step == RootCredentials {
            assert_eq!(planned.state, NeedsPerson);
            continue;
        }
        assert_not_assessed(&planned);
    }
}
