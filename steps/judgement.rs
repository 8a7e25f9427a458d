//! Whether answers hold up, before anything is asked of AWS. Where AWS has a rule for a name, it is AWS's rule.

use crate::answers::{Answers, DeviceKind, PersonAnswer, ReportKind};
use crate::practice::StepId;
use crate::profile::{is_profile_name, profile_name};
use crate::regions;
use crate::text;
use crate::text::Text;

/// The most days that a log file may be kept or locked: a hundred years. What is to stay longer stays for ever.
const MOST_DAYS: u32 = 36_500;

/// An answer that does not hold up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `admin.user`, or `people.2.user` for the second of several.
    pub key: String,
    /// What was expected.
    pub what: Text,
}

impl Answers {
    /// What does not hold up, in the order of the file.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Problems::default();
        self.judge_account(&mut problems);
        self.judge_admin(&mut problems);
        self.judge_mfa(&mut problems);
        self.judge_people(&mut problems);
        self.judge_trail(&mut problems);
        self.judge_billing(&mut problems);
        self.judge_iam(&mut problems);
        self.judge_accepted(&mut problems);
        problems.0
    }

    fn judge_account(&self, problems: &mut Problems) {
        let is_account =
            |account: &String| account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
        problems.unless("account", self.account.as_ref().is_none_or(is_account), || {
            text! { en: "An account number has twelve digits.", ko: "계정 번호는 숫자 열두 자리입니다." }
        });
    }

    fn judge_admin(&self, problems: &mut Problems) {
        problems.unless("admin.user", self.admin.user.as_deref().is_none_or(is_user_name), user_name);
        problems.unless("admin.group", is_name(&self.admin.group, 128), group_name);
        let profile = self.admin.access_key_profile.as_deref();
        problems.unless("admin.access_key_profile", profile.is_none_or(is_profile_name), profile_name);
        let file = self.admin.console_password_file.as_ref();
        problems.unless(
            "admin.console_password_file",
            file.is_none_or(|file| !file.as_os_str().is_empty()),
            || {
                text! { en: "A file name is expected.", ko: "파일 이름이 필요합니다." }
            },
        );
    }

    fn judge_mfa(&self, problems: &mut Problems) {
        // At a terminal the serial number is asked for.
        let hardware = self.mfa.device == Some(DeviceKind::Hardware) && !self.attended;
        problems.unless("mfa.device", !hardware || self.mfa.serial.is_some(), || {
            text! {
                en: "A hardware token needs serial = \"…\", as printed on it.",
                ko: "하드웨어 토큰에는 기기에 적힌 serial = \"…\" 값이 필요합니다."
            }
        });
        let serial = self.mfa.serial.as_deref();
        problems.unless("mfa.serial", serial.is_none_or(is_serial_number), serial_number);
        for (key, command) in
            [("mfa.enrol_command", &self.mfa.enrol_command), ("mfa.code_command", &self.mfa.code_command)]
        {
            let runs =
                command.as_ref().is_none_or(|words| words.first().is_some_and(|word| !word.is_empty()));
            problems.unless(key, runs, || {
                text! {
                    en: "A command is a list of words, the program first: [\"program\", \"argument\"]",
                    ko: "명령은 프로그램이 먼저 오는 단어 목록입니다: [\"program\", \"argument\"]"
                }
            });
        }
    }

    fn judge_people(&self, problems: &mut Problems) {
        for (number, person) in (1..).zip(&self.people) {
            problems.unless(&format!("people.{number}.user"), is_user_name(&person.user), user_name);
            let groups = person.groups.iter().all(|group| is_name(group, 128));
            problems.unless(&format!("people.{number}.groups"), groups, group_name);
        }
        for (index, person) in self.people.iter().enumerate() {
            let same = |earlier: &PersonAnswer| earlier.user.eq_ignore_ascii_case(&person.user);
            let is_new = !self.people[..index].iter().any(same);
            problems.unless(&format!("people.{}.user", index + 1), is_new, || {
                text! {
                    en: "This user has a section already. AWS takes upper and lower case for the same.",
                    ko: "이 사용자의 섹션이 이미 있습니다. AWS는 대소문자를 구분하지 않습니다."
                }
            });
        }
    }

    fn judge_trail(&self, problems: &mut Problems) {
        problems.unless("trail.name", is_trail_name(&self.trail.name), || {
            text! {
                en: "A trail name has 3 to 128 letters, digits and . _ - and begins and ends with a letter or digit.",
                ko: "추적 이름은 3~128자의 영문자, 숫자, . _ -로 쓰고 영문자나 숫자로 시작하고 끝납니다."
            }
        });
        problems.unless("trail.bucket", self.trail.bucket.as_deref().is_none_or(is_bucket_name), bucket_name);
        if let Some(region) = &self.trail.region {
            problems.unless("trail.region", regions::exists(region), || no_such_region(region));
        }
        problems.unless("trail.readers", self.trail.readers.iter().all(|arn| is_principal(arn)), || {
            text! {
                en: "Readers are ARNs of users or roles, such as arn:aws:iam::111122223333:role/Auditor, each in full: * and ? would let in others too.",
                ko: "readers에는 arn:aws:iam::111122223333:role/Auditor처럼 사용자나 역할의 ARN을 온전히 적으세요. *와 ?를 쓰면 다른 사람도 허용됩니다."
            }
        });
        problems.unless("trail.retention_days", self.trail.retention_days <= MOST_DAYS, || {
            text! {
                en: "A number of days from 1 to {MOST_DAYS} is expected, or 0, which keeps log files for ever.",
                ko: "1부터 {MOST_DAYS}까지의 일수가 필요합니다. 0이면 로그 파일을 계속 보관합니다."
            }
        });
        self.judge_options_of_trail(problems);
    }

    fn judge_options_of_trail(&self, problems: &mut Problems) {
        let (kept, locked) = (self.trail.retention_days, self.trail.object_lock_days);
        problems.unless("trail.object_lock_days", locked <= MOST_DAYS, || {
            text! {
                en: "A number of days from 1 to {MOST_DAYS} is expected, or 0, which means no lock.",
                ko: "1부터 {MOST_DAYS}까지의 일수가 필요합니다. 0이면 잠그지 않습니다."
            }
        });
        problems.unless("trail.object_lock_days", kept == 0 || locked <= kept, || {
            text! {
                en: "A lock of {locked} days is longer than the {kept} days of retention_days, after which log files should go. Make it shorter, or keep the files longer.",
                ko: "잠금 {locked}일이 로그 파일을 보관하는 retention_days의 {kept}일보다 깁니다. 잠금을 줄이거나 보관 기간을 늘리세요."
            }
        });
        let email = self.trail.root_alarm_email.as_deref();
        problems.unless("trail.root_alarm_email", email.is_none_or(is_email), email_address);
    }

    fn judge_billing(&self, problems: &mut Problems) {
        let is_report = |name: &str| {
            (1..=256).contains(&name.len())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c))
        };
        problems.unless("billing.report", is_report(&self.billing.report), || {
            text! {
                en: "A report name has 1 to 256 letters, digits and ! - _ . * ' ( )",
                ko: "보고서 이름은 1~256자의 영문자, 숫자, ! - _ . * ' ( )로 씁니다."
            }
        });
        // Data Exports API reference, "Export".
        let fits = self.billing.kind == ReportKind::Classic || self.billing.report.len() <= 128;
        problems.unless("billing.report", fits, || {
            text! {
                en: "The name of a CUR 2.0 export has at most 128 characters.",
                ko: "CUR 2.0 내보내기의 이름은 최대 128자입니다."
            }
        });
        problems.unless("billing.prefix", is_report(&self.billing.prefix), || {
            text! {
                en: "A prefix has 1 to 256 letters, digits and ! - _ . * ' ( ), and no slash.",
                ko: "접두사는 1~256자의 영문자, 숫자, ! - _ . * ' ( )로 쓰며 슬래시는 쓸 수 없습니다."
            }
        });
        problems.unless(
            "billing.bucket",
            self.billing.bucket.as_deref().is_none_or(is_bucket_name),
            bucket_name,
        );
        let shared = self.billing.bucket.is_some() && self.billing.bucket == self.trail.bucket;
        problems.unless("billing.bucket", !shared, || {
            text! {
                en: "The report needs a bucket of its own, apart from the trail's.",
                ko: "보고서에는 추적과 다른 별도의 버킷이 필요합니다."
            }
        });
        let email = self.billing.budget_email.as_deref();
        problems.unless("billing.budget_amount", self.billing.budget_amount == 0 || email.is_some(), || {
            text! {
                en: "A budget needs budget_email = \"…\": somebody who is told.",
                ko: "예산에는 알림을 받을 budget_email = \"…\"이 필요합니다."
            }
        });
        problems.unless("billing.budget_email", email.is_none_or(is_email), email_address);
    }

    fn judge_iam(&self, problems: &mut Problems) {
        let iam = &self.iam;
        for (key, words, longest) in [
            ("iam.security_contact_name", &iam.security_contact_name, 64),
            ("iam.security_contact_title", &iam.security_contact_title, 50),
        ] {
            problems.unless(key, (1..=longest).contains(&words.trim().chars().count()), || {
                text! { en: "1 to {longest} characters are expected.", ko: "1~{longest}자로 써야 합니다." }
            });
        }
        let until = iam.root_use_explained_until.as_deref();
        problems.unless("iam.root_use_explained_until", until.is_none_or(is_day), || {
            text! {
                en: "A day is expected, in quotation marks: \"2026-12-01\".",
                ko: "따옴표로 감싼 날짜가 필요합니다: \"2026-12-01\"."
            }
        });
        let email = iam.security_contact_email.as_deref();
        problems.unless("iam.security_contact_email", email.is_none_or(is_email), email_address);
        let phone = iam.security_contact_phone.as_deref();
        problems.unless("iam.security_contact_phone", phone.is_none_or(is_phone), || {
            text! {
                en: "A phone number has up to 25 digits, spaces and ( ) + -",
                ko: "전화번호는 25자 이내의 숫자, 공백, ( ) + -로 씁니다."
            }
        });
    }

    fn judge_accepted(&self, problems: &mut Problems) {
        for (number, accept) in (1..).zip(&self.accept) {
            problems.unless(&format!("accept.{number}.reason"), !accept.reason.trim().is_empty(), || {
                text! { en: "A reason is expected.", ko: "이유를 적어야 합니다." }
            });
            let can_stay = accept.step != StepId::AdminUser;
            problems.unless(&format!("accept.{number}.step"), can_stay, || {
                text! {
                    en: "Everything else rests on the step admin-user, so it cannot stay undone.",
                    ko: "다른 모든 단계가 admin-user에 기대므로 그대로 둘 수 없습니다."
                }
            });
        }
        for (index, accept) in self.accept.iter().enumerate() {
            let is_new = !self.accept[..index].iter().any(|earlier| earlier.step == accept.step);
            problems.unless(&format!("accept.{}.step", index + 1), is_new, || {
                text! { en: "This step has a section already.", ko: "이 단계의 섹션이 이미 있습니다." }
            });
        }
    }
}

/// What is said of a Region that does not exist.
pub fn no_such_region(region: &str) -> Text {
    let (region, similar) = (text::harmless(region), regions::similar(region).join(", "));
    text! {
        en: "There is no Region {region}. There are, for example: {similar}.",
        ko: "{region} 리전은 없습니다. 예를 들어 다음 리전이 있습니다: {similar}."
    }
}

#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn unless(&mut self, key: &str, holds_up: bool, what: impl FnOnce() -> Text) {
        if !holds_up {
            self.0.push(Problem { key: key.to_owned(), what: what() });
        }
    }
}

fn is_name(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
}

/// Whether an IAM user can have this name.
pub fn is_user_name(name: &str) -> bool {
    is_name(name, 64)
}

/// What is said of a name that no IAM user can have.
pub fn user_name() -> Text {
    text! {
        en: "A user name has 1 to 64 letters, digits and + = , . @ _ -",
        ko: "사용자 이름은 1~64자의 영문자, 숫자, + = , . @ _ -로 씁니다."
    }
}

/// Whether an MFA device can have this serial number. IAM API reference, "EnableMFADevice".
pub fn is_serial_number(serial: &str) -> bool {
    (9..=256).contains(&serial.len())
        && serial.chars().all(|c| c.is_ascii_alphanumeric() || "=/:,.@_-".contains(c))
}

/// What is said of a serial number that no MFA device can have.
pub fn serial_number() -> Text {
    text! {
        en: "A serial number has 9 or more letters and digits, such as GAHT12345678.",
        ko: "일련번호는 GAHT12345678처럼 9자 이상의 영문자와 숫자입니다."
    }
}

fn group_name() -> Text {
    text! {
        en: "A group name has 1 to 128 letters, digits and + = , . @ _ -",
        ko: "그룹 이름은 1~128자의 영문자, 숫자, + = , . @ _ -로 씁니다."
    }
}

/// CloudTrail API reference, "CreateTrail".
fn is_trail_name(name: &str) -> bool {
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let separator = |c: char| "._-".contains(c);
    (3..=128).contains(&name.len())
        && end(name.chars().next())
        && end(name.chars().last())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || separator(c))
        && !name.as_bytes().windows(2).any(|pair| pair.iter().all(|c| separator(char::from(*c))))
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

/// S3 user guide, "General purpose bucket naming rules", and no dots, which TLS certificates do not cover.
fn is_bucket_name(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && end(name.chars().next())
        && end(name.chars().last())
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        && name.strip_suffix("-an").is_none_or(ends_with_account_and_region)
}

/// A name of the account-regional namespace, without its ending: something, the account, and the Region.
fn ends_with_account_and_region(name: &str) -> bool {
    let is_account = |part: &str| part.len() == 12 && part.bytes().all(|c| c.is_ascii_digit());
    let mut after = name.split_once('-').map(|(_, after)| after);
    while let Some((part, rest)) = after.and_then(|after| after.split_once('-')) {
        if is_account(part) && regions::exists(rest) {
            return true;
        }
        after = Some(rest);
    }
    false
}

fn bucket_name() -> Text {
    text! {
        en: "A bucket name has 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit. One that ends with -an ends with -ACCOUNT-REGION-an.",
        ko: "버킷 이름은 3~63자의 영문 소문자, 숫자, 하이픈으로 쓰고 영문자나 숫자로 시작하고 끝납니다. -an으로 끝나는 이름은 -계정번호-리전-an으로 끝나야 합니다."
    }
}

/// Days are compared as words, so they have to be written in full.
fn is_day(word: &str) -> bool {
    word.parse::<jiff::civil::Date>().is_ok_and(|day| day.to_string() == word)
}

/// Account Management API reference, "PutAlternateContact".
fn is_email(address: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let Some((name, domain)) = address.split_once('@') else { return false };
    let host = |c: char| word(c) || ".-".contains(c);
    address.len() <= 254
        && !name.is_empty()
        && name.chars().all(|c| word(c) || "+=.#|!&-".contains(c))
        && domain.chars().all(host)
        && domain
            .rsplit_once('.')
            .is_some_and(|(before, last)| !before.is_empty() && !last.is_empty() && last.chars().all(word))
}

fn email_address() -> Text {
    text! {
        en: "An e-mail address is expected, such as security@example.com.",
        ko: "security@example.com 같은 이메일 주소가 필요합니다."
    }
}

/// From the same page; without a digit nobody can be called.
fn is_phone(number: &str) -> bool {
    number.len() <= 25
        && number.chars().any(|c| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || " ()+-".contains(c))
}

fn is_principal(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, "iam", "", account, resource]
        if partition.starts_with("aws") && account.len() == 12 && !arn.contains(['*', '?'])
            && (resource.starts_with("user/") || resource.starts_with("role/")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Accept;

    #[test]
    fn names_follow_the_rules_of_aws() {
        assert!(is_trail_name("day-one") && is_trail_name("a.b"));
        for wrong in ["ab", "-abc", "abc-", "a..b", "a_-b", "192.168.5.4", "a b c"] {
            assert!(!is_trail_name(wrong), "{wrong}");
        }
        for right in ["dayone-trail-111122223333-us-east-1-an", "a-111122223333-us-east-1-an", "my-plan"] {
            assert!(is_bucket_name(right), "{right}");
        }
        for incomplete in [
            "logs-an",
            "logs-us-east-1-an",
            "logs-111122223333-an",
            "logs-11112222333-us-east-1-an",
            "111122223333-us-east-1-an",
            "logs-111122223333-us-east-1-x-an",
        ] {
            assert!(!is_bucket_name(incomplete), "{incomplete}");
        }
        for wrong in ["ab", "Abc", "a.b.c", "-abc", "xn--abc", "abc-s3alias", "amzn-s3-demo-x", "a_b"] {
            assert!(!is_bucket_name(wrong), "{wrong}");
        }
        assert!(is_principal("arn:aws:iam::111122223333:role/path/Auditor"));
        assert!(!is_principal("arn:aws:iam::111122223333:root") && !is_principal("Auditor"));
        for pattern in ["role/*", "role/Audit?r", "user/*/kim"] {
            assert!(!is_principal(&format!("arn:aws:iam::111122223333:{pattern}")), "{pattern}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_for_an_export_may_be_one_of_a_report() {
        let mut answers = Answers::default();
        answers.billing.report = "n".repeat(129);
        assert_eq!(answers.problems(), []);
        answers.billing.kind = ReportKind::Cur2;
        let keys: Vec<_> = answers.problems().into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["billing.report"]);
        answers.billing.report = "n".repeat(128);
        assert_eq!(answers.problems(), []);
    }

    #[test]
    fn contacts_follow_the_rules_of_aws() {
        for right in ["security@example.com", "a.b+c@x-y.co.kr", "a_b@sub.example.com"] {
            assert!(is_email(right), "{right}");
        }
        for wrong in ["", "a", "a@b", "@b.c", "a b@c.d", "a@b@c.d", "a@.c", "a@b.", "a@b.c-d", "김@b.c"] {
            assert!(!is_email(wrong), "{wrong}");
        }
        assert!(is_phone("+82 2 555 0100") && is_phone("(02)555-0100") && is_phone("112"));
        for wrong in ["", "+", "555-0100 ext. 7", "12345678901234567890123456"] {
            assert!(!is_phone(wrong), "{wrong}");
        }
        let mut answers = Answers::default();
        answers.iam.security_contact_name = " ".into();
        answers.iam.security_contact_title = "t".repeat(51);
        answers.iam.security_contact_email = Some("nobody".into());
        answers.iam.security_contact_phone = Some("phone".into());
        let keys: Vec<_> = answers.problems().into_iter().map(|problem| problem.key).collect();
        let expected = ["name", "title", "email", "phone"].map(|part| format!("iam.security_contact_{part}"));
        assert_eq!(keys, expected);
    }

    #[test]
    fn a_day_is_written_in_full() {
        assert!(is_day("2026-12-01") && is_day("2028-02-29"));
        for wrong in ["", "2026-12-1", "2026-02-29", "20261201", "01.12.2026", "2026-12-01T00:00:00", "soon"]
        {
            assert!(!is_day(wrong), "{wrong}");
        }
        let mut answers = Answers::default();
        answers.iam.root_use_explained_until = Some("tomorrow".into());
        let keys: Vec<_> = answers.problems().into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["iam.root_use_explained_until"]);
    }

    #[test]
    fn a_lock_outlasts_no_file_and_an_alarm_has_somebody_to_tell() {
        fn keys(change: fn(&mut Answers)) -> Vec<String> {
            let mut answers = Answers::default();
            change(&mut answers);
            answers.problems().into_iter().map(|problem| problem.key).collect()
        }
        let none: [&str; 0] = [];
        assert_eq!(keys(|answers| answers.trail.object_lock_days = 365), none);
        assert_eq!(keys(|answers| answers.trail.object_lock_days = 366), ["trail.object_lock_days"]);
        let for_ever = |answers: &mut Answers| {
            (answers.trail.retention_days, answers.trail.object_lock_days) = (0, 36_500);
        };
        assert_eq!(keys(for_ever), none);
        let too_long = |answers: &mut Answers| {
            (answers.trail.retention_days, answers.trail.object_lock_days) = (0, 36_501);
        };
        assert_eq!(keys(too_long), ["trail.object_lock_days"]);
        let nobody = |answers: &mut Answers| answers.trail.root_alarm_email = Some("nobody".into());
        assert_eq!(keys(nobody), ["trail.root_alarm_email"]);
        assert_eq!(keys(|answers| answers.billing.budget_amount = 100), ["billing.budget_amount"]);
        let told = |answers: &mut Answers| {
            answers.billing.budget_amount = 100;
            answers.billing.budget_email = Some("costs@example.com".into());
        };
        assert_eq!(keys(told), none);
        let nobody = |answers: &mut Answers| answers.billing.budget_email = Some("nobody".into());
        assert_eq!(keys(nobody), ["billing.budget_email"]);
    }

    #[test]
    fn how_many_days_there_may_be_is_told_of_every_number() {
        let told = |key: &str, days: &str| {
            let answers: Answers =
                serde_json::from_str(&format!("{{\"trail\": {{\"{key}\": {days}}}}}")).unwrap();
            answers.problems().into_iter().map(|problem| (problem.key, problem.what.en)).collect::<Vec<_>>()
        };
        for days in ["36501", "4294967296", "9223372036854775807", "18446744073709551615"] {
            let retention = told("retention_days", days);
            assert_eq!(retention[0].0, "trail.retention_days", "{days}");
            assert!(
                retention[0].1.contains("from 1 to 36500 is expected, or 0, which keeps"),
                "{retention:?}"
            );
            let lock = told("object_lock_days", days);
            assert!(lock[0].1.contains("from 1 to 36500 is expected, or 0, which means no lock"), "{lock:?}");
        }
        for days in ["0", "1", "365", "36500"] {
            assert_eq!(told("retention_days", days), [], "{days}");
        }
        for odd in ["-1", "-9223372036854775809", "1.5", "\"365\"", "null"] {
            let text = format!("{{\"trail\": {{\"retention_days\": {odd}}}}}");
            assert!(serde_json::from_str::<Answers>(&text).is_err(), "{odd}");
        }
    }

    #[test]
    fn nobody_and_no_step_has_two_sections() {
        let mut answers = Answers::default();
        let person =
            |user: &str| PersonAnswer { user: user.into(), groups: Vec::new(), console_password_file: None };
        answers.people = vec![person("bob"), person("carol"), person("BOB")];
        let accept = |step| Accept { step, reason: "we know".into() };
        answers.accept = vec![accept(StepId::RootMfa), accept(StepId::Trail), accept(StepId::RootMfa)];
        let keys: Vec<_> = answers.problems().into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys, ["people.3.user", "accept.3.step"]);
    }

    #[test]
    fn the_defaults_hold_up() {
        assert_eq!(Answers::default().problems(), []);
    }
}
