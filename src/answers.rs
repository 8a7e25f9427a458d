//! Where answers come from, in this order: options, the answers file, the last run, the default.
//!
//! An answers file is judged as a whole before anything is done, with the line and what was expected.

mod misfit;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use steps::answers::Answers;
use steps::error::StepError;
use steps::text;
use steps::text::Text;
use toml::de::{DeTable, DeValue};

use crate::error::Failure;
use crate::journal;

/// Answers with everything that is known about where they came from.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// What was said, and by the default where nothing was.
    pub answers: Answers,
    said: Map<String, Value>,
}

/// The answers that are kept for the next run: whatever shapes the account. Who forgot it would plan to undo what was
/// asked for, such as that somebody may read the logs. Everything else is for one run only, and so is whatever nobody put
/// here: consent must not live on by an oversight.
const REMEMBERED: [&str; 27] = [
    "language",
    "account",
    "admin.user",
    "admin.group",
    "admin.access_key_profile",
    "root.credentials_stored",
    "trail.name",
    "trail.bucket",
    "trail.region",
    "trail.readers",
    "trail.retention_days",
    "trail.kms",
    "trail.object_lock_days",
    "trail.root_alarm_email",
    "billing.kind",
    "billing.report",
    "billing.bucket",
    "billing.prefix",
    "billing.time_unit",
    "billing.format",
    "billing.console_access_activated",
    "billing.budget_amount",
    "billing.budget_email",
    "iam.security_contact_name",
    "iam.security_contact_title",
    "iam.security_contact_email",
    "iam.security_contact_phone",
];

/// No answers file is longer, in bytes. What never ends, such as a device, is not read for ever.
const LONGEST: u64 = 1024 * 1024;

/// Where a password goes: the key of the administrator, and of everybody else.
const PASSWORD_FILE: &str = "console_password_file";

/// Reads an answers file. Relative file names in it count from its folder.
pub fn read_file(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = text_of(path)?;
    judge(&path.display().to_string(), &text)?;
    let table: Map<String, Value> = toml::from_str(&text).map_err(|error| syntax(path, &text, &error))?;
    Ok(from_folder_of(path, table))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: &Text| {
        let (path, en, ko) = (text::shown(path), &why.en, &why.ko);
        Failure::Usage(text! {
            en: "The answers file {path} cannot be read: {en}.",
            ko: "응답 파일 {path}을(를) 읽을 수 없습니다: {ko}."
        })
    };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(&Text::verbatim(error.to_string())))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        return Err(unreadable(&text! { en: "it is longer than a megabyte", ko: "1MB보다 큽니다" }));
    }
    String::from_utf8(bytes).map_err(|_| unreadable(&text! { en: "it is not UTF-8", ko: "UTF-8이 아닙니다" }))
}

/// Whether the text of an answers file holds up.
pub fn judge(file: &str, text: &str) -> Result<(), Failure> {
    let answers: Answers = toml::from_str(text).map_err(|error| syntax(Path::new(file), text, &error))?;
    match answers.problems().into_iter().next() {
        None => Ok(()),
        Some(problem) => Err(Failure::Answers {
            file: file.to_owned(),
            line: line_of(text, &problem.key),
            what: problem.what,
        }),
    }
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let line = line_at(text, error.span().map_or(0, |span| span.start));
    let what = misfit::in_our_words(error.message());
    Failure::Answers { file: path.display().to_string(), line, what }
}

/// The line on which a key such as `admin.user` stands, or `people.2.user` for the second of several. Where the key
/// itself is not written, the line of the section that it belongs in.
fn line_of(text: &str, key: &str) -> usize {
    // Only a file that has been read already is asked for a line.
    let Ok(table) = DeTable::parse(text) else { return 1 };
    let whole = DeValue::Table(table.into_inner());
    let (mut value, mut start) = (&whole, 0);
    for part in key.split('.') {
        let found = match part.parse::<usize>() {
            Ok(number) => value.get(number.saturating_sub(1)),
            Err(_) => value.get(part),
        };
        let Some(found) = found else { break };
        // A value begins on the line of its key, and a section is placed at its heading.
        (value, start) = (found.get_ref(), found.span().start);
    }
    line_at(text, start)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

fn from_folder_of(path: &Path, mut table: Map<String, Value>) -> Map<String, Value> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let resolve = |holder: &mut Value| {
        if let Some(Value::String(name)) = holder.get_mut(PASSWORD_FILE) {
            *name = folder.join(&*name).display().to_string();
        }
    };
    table.get_mut("admin").into_iter().for_each(resolve);
    people(&mut table).for_each(resolve);
    table
}

fn people(said: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    said.get_mut("people").and_then(Value::as_array_mut).into_iter().flatten()
}

impl Collected {
    /// Puts the sources together, the weakest first.
    pub fn from_sources(
        remembered: Map<String, Value>,
        file: Map<String, Value>,
        options: Map<String, Value>,
    ) -> Result<Self, Failure> {
        let mut said = remembered;
        for stronger in [file, options] {
            merge(&mut said, stronger);
        }
        let answers = parse(&said)?;
        match answers.problems().into_iter().next() {
            None => Ok(Self { answers, said }),
            Some(problem) => Err(Failure::Usage(named(&problem.key, &problem.what))),
        }
    }

    /// Takes an answer that was given during the run. `Err` says what was expected instead.
    pub fn set(&mut self, key: &str, value: Value) -> Result<(), Text> {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let mut said = self.said.clone();
        let table = said.entry(section).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(table) = table {
            table.insert(name.to_owned(), value);
        }
        self.take(self.judged(&said)?, said);
        Ok(())
    }

    /// Takes back an answer, as if it had never been given. The default holds again.
    pub fn forget(&mut self, key: &str) {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let mut said = self.said.clone();
        if let Some(Value::Object(table)) = said.get_mut(section) {
            table.remove(name);
        }
        // Where others rest on it, it stays.
        if let Ok(answers) = self.judged(&said) {
            self.take(answers, said);
        }
    }

    /// The answers, if they hold up together; `Err` says what was expected.
    fn judged(&self, said: &Map<String, Value>) -> Result<Answers, Text> {
        let parsed = parse(said).map_err(|failure| failure.text().0)?;
        let answers = Answers { attended: self.answers.attended, ..parsed };
        match answers.problems().into_iter().next() {
            None => Ok(answers),
            Some(problem) => Err(problem.what),
        }
    }

    /// What the run knows of itself stays.
    fn take(&mut self, answers: Answers, said: Map<String, Value>) {
        let Answers { unfinished, switched_off, attended, for_a_page, .. } =
            std::mem::take(&mut self.answers);
        self.answers = Answers { unfinished, switched_off, attended, for_a_page, ..answers };
        self.said = said;
    }

    /// Keeps the answers for the next run.
    pub fn remember(&self, folder: &Path) -> Result<(), StepError> {
        let kept = what_is_remembered(self.said.clone());
        let path = remembered_in(folder);
        let bytes = serde_json::to_vec_pretty(&kept)
            .map_err(|error| StepError::file(&path, std::io::Error::other(error)))?;
        journal::replace_file(&path, &bytes)
    }
}

/// What the last run was told. A file that cannot be read is as good as none, and so is a key of another version: the
/// account itself tells the rest.
pub fn remembered(folder: &Path) -> Map<String, Value> {
    let Ok(bytes) = std::fs::read(remembered_in(folder)) else { return Map::new() };
    let Ok(Value::Object(said)) = serde_json::from_slice(&bytes) else { return Map::new() };
    // Earlier versions kept more.
    let said = what_is_remembered(said);
    if parse(&said).is_ok_and(|answers| answers.problems().is_empty()) { said } else { Map::new() }
}

fn what_is_remembered(mut said: Map<String, Value>) -> Map<String, Value> {
    said.retain(|section, value| match value {
        Value::Object(table) => {
            table.retain(|name, _| REMEMBERED.contains(&format!("{section}.{name}").as_str()));
            !table.is_empty()
        }
        _ => REMEMBERED.contains(&section.as_str()),
    });
    said
}

fn remembered_in(folder: &Path) -> PathBuf {
    folder.join("answers.json")
}

fn parse(said: &Map<String, Value>) -> Result<Answers, Failure> {
    serde_json::from_value(Value::Object(said.clone()))
        .map_err(|error| Failure::Usage(misfit::in_our_words(&error.to_string())))
}

fn merge(weaker: &mut Map<String, Value>, stronger: Map<String, Value>) {
    for (key, value) in stronger {
        match (weaker.get_mut(&key), value) {
            (Some(Value::Object(weaker)), Value::Object(stronger)) => merge(weaker, stronger),
            (_, value) => {
                weaker.insert(key, value);
            }
        }
    }
}

fn named(key: &str, what: &Text) -> Text {
    let (en, ko) = (&what.en, &what.ko);
    text! { en: "{key}: {en}", ko: "{key}: {ko}" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(text: &str) -> (usize, String) {
        match judge("a.toml", text) {
            Err(Failure::Answers { line, what, .. }) => (line, what.en),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_answers_file_is_told_with_its_line() {
        let (line, what) = trouble("language = \"en\"\n[admin]\nusr = \"alice\"\n");
        assert_eq!(line, 3);
        assert!(what.contains("usr") && what.contains("user"), "{what}");
        assert_eq!(trouble("[admin]\nuser = \"al ice\"\n").0, 2);
        assert_eq!(trouble("[trail]\n# here\nregion = \"us-east-9\"\n").0, 3);
        assert_eq!(trouble("[[people]]\nuser = \"bob\"\n[[people]]\nuser = \"b/b\"\n").0, 4);
        assert_eq!(trouble("[mfa]\ndevice = \"hardware\"\n").0, 2);
        assert_eq!(trouble("account = \"12\"\n").0, 1);
        assert!(judge("a.toml", "").is_ok());
    }

    #[test]
    fn the_line_is_right_however_the_key_is_written() {
        let lines = [
            ("# dotted\nadmin.user = \"al ice\"\n", 2),
            ("\nadmin . \"user\" = \"al ice\"\n", 2),
            ("# inline\nadmin = { group = \"Admins\", user = \"al ice\" }\n", 2),
            ("admin = {\n  group = \"Admins\",\n  user = \"al ice\",\n}\n", 3),
            ("# quoted\n[ \"admin\" ]\n\n'user' = \"al ice\"\n", 4),
            ("[admin] # [trail]\nuser = \"\"\"\nal\nice\"\"\"\n", 2),
            ("[admin]\ngroup = \"\"\"\\\n   Admins\"\"\"\nuser = '''\n[trail]\nuser = 1'''\n", 4),
            ("[trail]\nreaders = [\n  \"Auditor\", # user = 1\n]\n", 2),
            ("[trail]\r\nname = \"day-one\"\r\nregion = \"us-east-9\"\r\n", 3),
        ];
        for (text, line) in lines {
            assert_eq!(trouble(text).0, line, "{text}");
        }
    }

    #[test]
    fn of_several_sections_it_is_the_line_in_the_right_one() {
        let lines = [
            ("[[people]]\nuser = \"bob\"\n[[people]]\ngroups = []\nuser = \"BOB\"\n", 5),
            ("people = [\n  { user = \"bob\" },\n  { user = \"b/b\" },\n]\n", 3),
            ("[[\"people\"]]\nuser = \"bob\"\n[trail]\n[[people]]\nuser = \"b/b\"\n", 5),
            (
                "accept = [\n  {step = \"root-mfa\", reason = \"x\"},\n  {step = \"trail\", reason = \"\"},\n]\n",
                3,
            ),
            (
                "[[accept]]\nstep = \"trail\"\nreason = \"x\"\n[[accept]]\nreason = \"x\"\nstep = \"trail\"\n",
                6,
            ),
        ];
        for (text, line) in lines {
            assert_eq!(trouble(text).0, line, "{text}");
        }
    }

    #[test]
    fn of_a_key_that_is_not_there_it_is_the_line_of_its_section() {
        let text = "language = \"en\"\n[trail]\nname = \"x\"\n[[people]]\nuser = \"bob\"\n[[people]]\nuser = \"eve\"\n";
        let lines = [("trail.region", 2), ("people.2.groups", 6), ("people.3.user", 4), ("mfa.device", 1)];
        for (key, line) in lines {
            assert_eq!(line_of(text, key), line, "{key}");
        }
        assert_eq!(line_of("\ntrail = { name = \"x\" }\n", "trail.region"), 2);
        assert_eq!(line_of("\n\ntrail.name = \"x\"\n", "trail.region"), 3);
        let (line, what) = trouble("\naccept = [\n  {step = \"root-mfa\"},\n]\n");
        assert!(line == 3 && what.contains("`reason` is missing"), "{line} {what}");
    }

    #[test]
    fn an_unknown_key_and_one_that_is_there_twice_are_told_with_their_line() {
        let (line, what) = trouble("language = \"en\"\nadmin.usr = \"alice\"\n");
        assert!(line == 2 && what.contains("`usr`"), "{line} {what}");
        let (line, what) = trouble("admin = {\n  usr = \"alice\",\n}\n");
        assert!(line == 2 && what.contains("`usr`"), "{line} {what}");
        for twice in [
            "[admin]\nuser = \"alice\"\nuser = \"bob\"\n",
            "[admin]\nuser = \"alice\"\n[admin]\ngroup = \"Admins\"\n",
            "admin.user = \"alice\"\nlanguage = \"en\"\nadmin.user = \"bob\"\n",
        ] {
            let (line, what) = trouble(twice);
            assert!(line == 3 && what.contains("duplicate key"), "{twice}: {line} {what}");
        }
    }

    #[test]
    fn the_lines_of_the_kept_dotted_file_are_told() {
        let text = include_str!("../fuzz/corpus/answers/dotted.toml");
        assert_eq!(trouble(text).0, 2);
        let (line, what) = trouble(&text.replace("al ice", "alice"));
        assert!(line == 4 && what.contains("A reason"), "{line} {what}");
    }

    #[test]
    fn options_win_over_the_file_and_the_file_over_the_last_run() {
        let map = |text: &str| toml::from_str::<Map<String, Value>>(text).unwrap();
        let collected = Collected::from_sources(
            map("[admin]\nuser = \"last\"\ngroup = \"Last\"\n[trail]\nname = \"last\"\n"),
            map("[admin]\nuser = \"file\"\ngroup = \"File\"\n"),
            map("[admin]\nuser = \"option\"\n"),
        )
        .unwrap();
        let Answers { admin, trail, .. } = collected.answers;
        assert_eq!(
            (admin.user.as_deref(), admin.group.as_str(), trail.name.as_str()),
            (Some("option"), "File", "last")
        );
    }

    /// Consent, commands, where a secret goes, and what is left undone: an exception that is taken out of the file must
    /// not live on. The number of a token may be mistyped until AWS has taken it, and is in the account from then on.
    const FOR_ONE_RUN: [&str; 15] = [
        "admin.console_password_file",
        "admin.sign_in",
        "root.delete_access_keys",
        "root.quiet_days",
        "mfa.device",
        "mfa.serial",
        "mfa.enrol_command",
        "mfa.code_command",
        "mfa.require",
        "people",
        "iam.move_to_groups",
        "iam.disable_unused",
        "iam.block_public_s3",
        "iam.root_use_explained_until",
        "accept",
    ];

    /// Who adds a key says which of the two it is.
    #[test]
    fn every_key_is_remembered_or_for_one_run() {
        let Value::Object(sections) = serde_json::to_value(Answers::default()).unwrap() else { panic!() };
        let mut keys: Vec<String> = Vec::new();
        for (section, value) in sections {
            match value {
                Value::Object(table) => keys.extend(table.keys().map(|name| format!("{section}.{name}"))),
                _ => keys.push(section),
            }
        }
        let mut listed: Vec<_> = REMEMBERED.into_iter().chain(FOR_ONE_RUN).map(str::to_owned).collect();
        keys.sort();
        listed.sort();
        assert_eq!(listed, keys);
    }

    #[test]
    fn consent_and_commands_are_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = toml::from_str(
            "[admin]\nuser = \"alice\"\nconsole_password_file = \"x\"\n[root]\ndelete_access_keys = true\n",
        );
        let collected = Collected::from_sources(Map::new(), file.unwrap(), Map::new()).unwrap();
        collected.remember(folder.path()).unwrap();
        let said = remembered(folder.path());
        assert_eq!(Value::Object(said), serde_json::json!({"admin": {"user": "alice"}}));
    }

    /// What was asked for once is not planned to be undone by a run without the file.
    #[test]
    fn what_shapes_the_account_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = "[admin]\nuser = \"alice\"\ngroup = \"Admins\"\naccess_key_profile = \"work\"\n\
            [root]\ncredentials_stored = true\n\
            [trail]\nname = \"audit\"\nbucket = \"logs\"\nregion = \"eu-west-1\"\n\
            readers = [\"arn:aws:iam::111122223333:role/Auditor\"]\nretention_days = 400\nkms = true\n\
            object_lock_days = 30\nroot_alarm_email = \"security@example.com\"\n\
            [billing]\nkind = \"cur-2.0\"\nreport = \"bills\"\nbucket = \"bills\"\nprefix = \"p\"\n\
            time_unit = \"DAILY\"\nformat = \"csv\"\nconsole_access_activated = true\n\
            budget_amount = 20\nbudget_email = \"costs@example.com\"\n\
            [iam]\nsecurity_contact_email = \"security@example.com\"\nsecurity_contact_phone = \"+82 2 555 0100\"\n";
        let said: Map<String, Value> = toml::from_str(file).unwrap();
        let collected = Collected::from_sources(Map::new(), said.clone(), Map::new()).unwrap();
        collected.remember(folder.path()).unwrap();
        assert_eq!(remembered(folder.path()), said);
    }

    #[test]
    fn an_answer_that_is_taken_back_is_remembered_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut collected = Collected::default();
        collected.answers.attended = true;
        collected.set("admin.user", "alice".into()).unwrap();
        collected.set("admin.access_key_profile", "work".into()).unwrap();
        collected.forget("admin.access_key_profile");
        collected.forget("trail.bucket");
        assert_eq!(collected.answers.admin.access_key_profile, None);
        assert!(collected.answers.attended);
        collected.remember(folder.path()).unwrap();
        assert_eq!(Value::Object(remembered(folder.path())), serde_json::json!({"admin": {"user": "alice"}}));
        collected.set("billing.budget_email", "costs@example.com".into()).unwrap();
        collected.set("billing.budget_amount", 5.into()).unwrap();
        collected.forget("billing.budget_email");
        assert!(collected.answers.billing.budget_email.is_some(), "the amount rests on it");
    }

    /// Whoever keeps a page and has not said who the administrator is has one suggested, by an answer like any other.
    #[test]
    fn an_answer_leaves_what_the_run_knows_of_itself() {
        let mut collected = Collected::default();
        let unfinished = [("iam:access-key/alice".to_owned(), "2026-11-24T12:00:00Z".to_owned())].into();
        let switched_off = ["iam:root-access-key/AKIAEXAMPLE".to_owned()].into();
        let known =
            Answers { attended: true, for_a_page: true, unfinished, switched_off, ..Answers::default() };
        collected.answers = known.clone();
        collected.set("admin.user", "alice".into()).unwrap();
        collected.set("admin.access_key_profile", "work".into()).unwrap();
        collected.forget("admin.access_key_profile");
        let admin = steps::answers::Admin { user: Some("alice".into()), ..known.admin.clone() };
        assert_eq!(collected.answers, Answers { admin, ..known });
    }

    #[test]
    fn file_names_count_from_the_folder_of_the_answers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.toml");
        let text = "[admin]\nuser = \"alice\"\nconsole_password_file = \"alice.txt\"\n\
            [[people]]\nuser = \"bob\"\nconsole_password_file = \"sub/bob.txt\"\n\
            [[people]]\nuser = \"eve\"\nconsole_password_file = \"/eve.txt\"\n[[people]]\nuser = \"kim\"\n";
        std::fs::write(&path, text).unwrap();
        let said = read_file(&path).unwrap();
        let file = |name: &str| Value::String(folder.path().join(name).display().to_string());
        assert_eq!(said["admin"][PASSWORD_FILE], file("alice.txt"));
        assert_eq!(said["people"][0][PASSWORD_FILE], file("sub/bob.txt"));
        assert_eq!(said["people"][1][PASSWORD_FILE], "/eve.txt");
        assert_eq!(said["people"][2], serde_json::json!({"user": "kim"}));
        let kept = what_is_remembered(said);
        assert!(!kept.contains_key("people"), "people are told anew by each answers file");
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_no_answers_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.toml");
        std::fs::write(&path, b"# caf\xe9\n").unwrap();
        assert!(read_file(&path).unwrap_err().to_string().ends_with("it is not UTF-8."));
        let long = |length: u64| "#".repeat(usize::try_from(length).unwrap());
        std::fs::write(&path, long(LONGEST)).unwrap();
        assert!(read_file(&path).is_ok());
        for endless in [path.as_path(), Path::new("/dev/zero")] {
            std::fs::write(&path, long(LONGEST + 1)).unwrap();
            let told = read_file(endless).unwrap_err().to_string();
            assert!(told.ends_with("it is longer than a megabyte."), "{told}");
        }
    }

    #[test]
    fn an_exception_that_is_taken_out_of_the_file_does_not_live_on() {
        let folder = tempfile::tempdir().unwrap();
        let file = toml::from_str(
            "[mfa]\nrequire = false\nserial = \"GAHT12345678\"\n[[accept]]\nstep = \"root-mfa\"\nreason = \"x\"\n",
        );
        let collected = Collected::from_sources(Map::new(), file.unwrap(), Map::new()).unwrap();
        assert!(!collected.answers.mfa.require && collected.answers.accept.len() == 1);
        collected.remember(folder.path()).unwrap();
        assert!(remembered(folder.path()).is_empty());
        let of_an_earlier_version = serde_json::to_vec(&collected.said).unwrap();
        std::fs::write(remembered_in(folder.path()), of_an_earlier_version).unwrap();
        assert!(remembered(folder.path()).is_empty());
    }

    #[test]
    fn what_another_version_knows_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let content = r#"{"newer": {"a": 1}, "new": 2, "admin": {"user": "alice", "newest": 3}}"#;
        std::fs::write(remembered_in(folder.path()), content).unwrap();
        let expected = serde_json::json!({"admin": {"user": "alice"}});
        assert_eq!(Value::Object(remembered(folder.path())), expected);
    }

    #[test]
    fn what_cannot_be_read_is_as_good_as_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        for content in ["", "{", "[]", "{\"unknown\": 1}", "{\"admin\": {\"user\": \"a b\"}}"] {
            std::fs::write(remembered_in(folder.path()), content).unwrap();
            assert!(remembered(folder.path()).is_empty(), "{content}");
        }
    }

    #[test]
    fn an_answer_that_does_not_hold_up_is_not_taken() {
        let mut collected = Collected::default();
        assert!(collected.set("admin.user", "al ice".into()).is_err());
        assert_eq!(collected.answers.admin.user, None);
        assert!(collected.set("admin.user", "alice".into()).is_ok());
        assert_eq!(collected.answers.admin.user.as_deref(), Some("alice"));
    }
}
