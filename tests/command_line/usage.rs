//! Wrong usage, and nobody signed in.

use crate::machine::{DRY_RUN, Machine};

#[test]
fn what_the_command_line_does_not_know_is_wrong_usage() {
    let machine = Machine::new();
    let cases: [&[&str]; 9] = [
        &["--frobnicate"],
        &["plan", "--frobnicate"],
        &["frobnicate"],
        &["rehearse", "console"],
        &["rehearse", "--serve", "127.0.0.1:0", "--yes"],
        &["completions", "tcsh"],
        &["plan", "--only", "trial"],
        &["plan", "--language", "fr"],
        &["plan", "--output", "yaml"],
    ];
    for arguments in cases {
        let said = machine.ends(2, arguments);
        assert_eq!(said.stdout, "", "{arguments:?}");
        assert!(said.stderr.contains("--help"), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn an_answers_file_that_does_not_hold_up_is_told_with_file_line_and_what_was_expected() {
    let cases = [
        (
            "language = \"en\"\n[admin]\nuser = \"alice\"\nusr = \"bob\"\n",
            4,
            "expected one of `user`, `group`",
        ),
        ("colour = \"red\"\n", 1, "expected one of `language`, `account`"),
        ("[admin\n", 1, "expected `]`"),
        ("[admin]\nuser = \"al ice\"\n", 2, "1 to 64 letters, digits"),
        ("[mfa]\n\ndevice = \"phone\"\n", 3, "expected one of `virtual`, `hardware`, `passkey`"),
        ("[trail]\nregion = \"us-east-9\"\n", 2, "us-east-1, us-east-2"),
        ("[trail]\nretention_days = 36501\n", 2, "from 1 to 36500 is expected, or 0, which keeps"),
        ("[trail]\n\nretention_days = 99999999999999999999\n", 3, "from 1 to 36500 is expected"),
        ("[trail]\nretention_days = -1\n", 2, "expected a whole number, 0 or more"),
        ("[root]\nquiet_days = 4294967296\n", 2, "expected a whole number, 4294967295 at the most"),
        ("account = \"1111\"\n", 1, "twelve digits"),
        ("[[people]]\nuser = \"bob\"\n[[people]]\nuser = \"b/b\"\n", 4, "1 to 64 letters, digits"),
        ("[iam]\nsecurity_contact_email = \"nobody\"\n", 2, "An e-mail address is expected"),
    ];
    let commands: [&[&str]; 3] = [&["plan"], &["apply", "--yes"], &["rehearse", "--fresh", "--yes"]];
    let machine = Machine::new();
    for (answers, line, expected) in cases {
        machine.write("answers.toml", answers);
        for command in commands {
            let said = machine.ends(2, &[command, &["--answers", "answers.toml"]].concat());
            let told = said.told();
            assert!(told.contains(&format!("answers.toml, line {line}:")), "{told}");
            assert!(told.contains(expected) && told.contains("Nothing was changed."), "{told}");
            assert_eq!(said.stdout, "");
        }
    }
    assert!(!machine.path(".local").exists());
}

/// Whoever gives an option expects something of it.
#[test]
fn an_option_that_means_nothing_to_a_command_is_refused() {
    let machine = Machine::new();
    let cases: [(&[&str], &str); 6] = [
        (&["events", "--only", "trail"], "dayone events has no use for --only."),
        (&["events", "--skip", "mfa"], "dayone events has no use for --skip."),
        (&["report", "--to", "a.html", "--dry-run"], "dayone report has no use for --dry-run."),
        (&["mfa", "repair", "alice", "--only", "mfa"], "dayone mfa repair has no use for --only."),
        (&["policy", "--account", "111122223333"], "dayone policy has no use for --account."),
        (&["rehearse", "--yes", "console", "root-mfa"], "dayone rehearse console has no use for --yes."),
    ];
    for (arguments, expected) in cases {
        let said = machine.ends(2, arguments);
        assert!(said.told().contains(expected), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let korean = machine.ends(2, &["events", "--only", "trail", "--language", "ko"]).told();
    assert!(korean.contains("dayone events 명령에서는 --only을(를) 쓸 수 없습니다."), "{korean}");
    assert!(!machine.path(".local").exists() && !machine.path("a.html").exists());
}

/// A look that starts over would forget the rehearsal that it looks at.
#[test]
fn a_look_does_not_start_the_rehearsal_over() {
    let machine = Machine::new();
    let said = machine.ends(2, &["rehearse", "--fresh", "--dry-run"]);
    assert!(said.told().contains("give one of them"), "{}", said.stderr);
    assert!(!machine.path(".local").exists());
}

#[test]
fn an_answers_file_that_is_not_there_is_wrong_usage() {
    let machine = Machine::new();
    let said = machine.ends(2, &["plan", "--answers", "nowhere.toml"]);
    assert!(said.told().contains("The answers file nowhere.toml cannot be read"), "{}", said.stderr);
}

#[test]
fn a_region_that_does_not_exist_is_wrong_usage_and_similar_ones_are_offered() {
    let machine = Machine::new();
    for said in [
        machine.ends(2, &["plan", "--region", "us-east-9"]),
        machine.ends_with([("AWS_REGION", "us-east-9")], 2, &["check"]),
        machine.ends(2, &[&DRY_RUN[..], &["--region", "us-east-9"]].concat()),
    ] {
        let told = said.told();
        assert!(told.contains("There is no Region us-east-9.") && told.contains("us-east-1"), "{told}");
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn a_profile_that_leads_nowhere_is_wrong_usage_and_those_that_there_are_are_named() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path(".aws")).unwrap();
    let role = "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = gone\n";
    machine.write(".aws/config", &format!("[profile work]\nregion = us-east-1\n[profile role]\n{role}"));
    let commands: [&[&str]; 5] = [&[], &["plan"], &["check"], &["events"], &["apply", "--yes"]];
    for command in commands {
        let by_option = machine.ends(2, &[command, &["--profile", "wrok"]].concat());
        let by_variable = machine.ends_with([("AWS_PROFILE", "wrok")], 2, command);
        for (said, named_by) in [(by_option, "--profile"), (by_variable, "AWS_PROFILE")] {
            let told = said.told();
            assert!(told.contains("There is no AWS profile wrok") && told.contains(named_by), "{told}");
            for named in [".aws/config", ".aws/credentials", "role, work", "aws login", "aws configure"] {
                assert!(told.contains(named), "{command:?} does not name {named}: {told}");
            }
            assert_eq!(said.stdout, "");
        }
    }
    let korean = machine.ends(2, &["plan", "--language", "ko", "--profile", "wrok"]).told();
    assert!(korean.contains("AWS 프로파일 wrok이(가) 없습니다."), "{korean}");
    let told = machine.ends(2, &["plan", "--profile", "role"]).told();
    assert!(told.contains("from the profile gone (source_profile), which is not there"), "{told}");
    assert!(!machine.path(".local").exists());
}

#[test]
fn without_credentials_the_ways_to_sign_in_are_shown() {
    let machine = Machine::new();
    let commands: [&[&str]; 5] =
        [&[], &["plan"], &["check"], &["--dry-run"], &["apply", "--yes", "--admin-user", "alice"]];
    for command in commands {
        let said = machine.ends(1, command);
        let told = said.told();
        for way in
            ["not signed in", "aws login", "CloudShell", "--profile NAME", "access key", "dayone rehearse"]
        {
            assert!(told.contains(way), "{command:?} does not name {way}: {told}");
        }
        assert_eq!(said.stdout, "");
    }
    let korean = machine.ends(1, &["plan", "--language", "ko"]).told();
    assert!(korean.contains("AWS에 로그인되어 있지 않습니다.") && korean.contains("aws login"), "{korean}");
}

/// A forgotten setting sends every call elsewhere, and then nobody is signed in there, or nobody answers.
#[test]
fn what_is_asked_in_the_place_of_aws_is_said_where_it_cannot_be_reached() {
    let machine = Machine::new();
    let elsewhere = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    for command in ["check", "events"] {
        let said = machine.ends_with(elsewhere, 1, &[command]);
        assert!(said.stdout.contains("AWS is replaced by http://127.0.0.1:1."), "{command}: {}", said.stdout);
        assert!(said.told().contains("sts:GetCallerIdentity"), "{command}: {}", said.stderr);
    }
}
