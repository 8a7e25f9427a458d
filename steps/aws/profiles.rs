//! Whether the profile that a run is to sign in with is there, and what it takes its credentials from. The SDK would say
//! so at the first call, in words for who writes programs with it.

use std::borrow::Cow;

use aws_config::profile::{Profile, ProfileSet};
use aws_types::os_shim_internal::{Env, Fs};

use crate::text;
use crate::text::{Text, harmless};

use super::files::{AwsFiles, value};

/// The variable that names a profile.
const VARIABLE: &str = "AWS_PROFILE";

/// The profile where nothing names one.
const DEFAULT: &str = "default";

/// So many of the profiles that there are get listed.
const LISTED: usize = 5;

/// A profile that was named and is not there, or that leads to something that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .what.en)]
pub struct ProfileTrouble {
    /// What is not there, who asks for it, and where it was looked for.
    pub what: Text,
    /// What to do.
    pub next: Text,
}

/// Judges the profile that was asked for, or else that of the environment. Files that cannot be read are told by the
/// first call.
pub async fn judge_profile(asked: Option<&str>) -> Result<(), ProfileTrouble> {
    judge(&Env::real(), asked).await
}

async fn judge(env: &Env, asked: Option<&str>) -> Result<(), ProfileTrouble> {
    let (files, selected) = (AwsFiles::of(env), asked.map(|profile| Cow::Owned(profile.to_owned())));
    let profiles = aws_config::profile::load(&Fs::real(), env, &files.for_sdk(), selected).await;
    let Ok(profiles) = profiles else { return Ok(()) };
    let there = There { files: &files, profiles: &profiles };
    let name = profiles.selected_profile();
    match (profiles.get_profile(name), NamedBy::of(env, asked)) {
        (None, Some(by)) => Err(there.lacks_profile(name, by)),
        // Nobody is signed in by a profile.
        (None, None) => Ok(()),
        (Some(_), None | Some(NamedBy::Variable)) if has_key(env) => Ok(()),
        (Some(profile), _) => there.leads_somewhere(profile),
    }
}

/// Who names the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedBy {
    Option,
    Variable,
}

impl NamedBy {
    /// The variable may say what holds without it, too.
    fn of(env: &Env, asked: Option<&str>) -> Option<Self> {
        let variable = env.get(VARIABLE).ok().filter(|name| name != DEFAULT);
        asked.map(|_| Self::Option).or_else(|| variable.map(|_| Self::Variable))
    }

    fn in_words(self) -> Text {
        match self {
            Self::Option => text! { en: "the option --profile", ko: "--profile 옵션으로" },
            Self::Variable => text! { en: "the variable {VARIABLE}", ko: "환경 변수 {VARIABLE}로" },
        }
    }

    fn let_go(self) -> Text {
        match self {
            Self::Option => text! { en: "leave --profile away", ko: "--profile을 빼세요" },
            Self::Variable => {
                text! { en: "remove the variable (unset {VARIABLE})", ko: "환경 변수를 지우세요(unset {VARIABLE})" }
            }
        }
    }
}

/// Whether the environment holds an access key, which goes before a profile that no option names.
fn has_key(env: &Env) -> bool {
    let is_set = |name| value(env, name).is_some();
    is_set("AWS_ACCESS_KEY_ID") && (is_set("AWS_SECRET_ACCESS_KEY") || is_set("SECRET_ACCESS_KEY"))
}

/// What the AWS files hold.
struct There<'t> {
    files: &'t AwsFiles,
    profiles: &'t ProfileSet,
}

impl There<'_> {
    /// Follows a profile to where its credentials come from, as the SDK does.
    fn leads_somewhere(&self, profile: &Profile) -> Result<(), ProfileTrouble> {
        let (mut profile, mut seen) = (profile, Vec::new());
        while let Some(source) = source_of(profile) {
            seen.push(profile.name());
            let Some(next) = self.profiles.get_profile(source) else {
                return Err(self.lacks_source(profile.name(), source));
            };
            // Its own key goes first. Those that go round in a circle are told by the first call.
            if next.get("aws_access_key_id").is_some() || seen.contains(&source) {
                return Ok(());
            }
            profile = next;
        }
        match session_of(profile) {
            Some(session) if self.profiles.sso_session(session).is_none() => {
                Err(self.lacks_session(profile.name(), session))
            }
            _ => Ok(()),
        }
    }

    fn lacks_profile(&self, name: &str, by: NamedBy) -> ProfileTrouble {
        let (name, let_go, listed) = (shown(name), by.let_go(), self.listed());
        let Text { en, ko } = by.in_words();
        ProfileTrouble {
            what: text! {
                en: "There is no AWS profile {name}, which {en} names. {listed_en}",
                ko: "{ko} 지정한 AWS 프로파일 {name}이(가) 없습니다. {listed_ko}",
                listed_en = listed.en,
                listed_ko = listed.ko
            },
            next: text! {
                en: "Correct the name, or {or_en}. To make the profile: aws login --profile NAME, or aws configure --profile NAME",
                ko: "이름을 고치거나 {or_ko}. 프로파일을 만들려면: aws login --profile 이름 또는 aws configure --profile 이름",
                or_en = let_go.en,
                or_ko = let_go.ko
            },
        }
    }

    fn lacks_source(&self, profile: &str, source: &str) -> ProfileTrouble {
        let (profile, source, listed) = (shown(profile), shown(source), self.listed());
        ProfileTrouble {
            what: text! {
                en: "The AWS profile {profile} takes its credentials from the profile {source} (source_profile), which is not there. {listed_en}",
                ko: "AWS 프로파일 {profile}은(는) 프로파일 {source}의 보안 인증 정보를 쓰는데(source_profile), 그 프로파일이 없습니다. {listed_ko}",
                listed_en = listed.en,
                listed_ko = listed.ko
            },
            next: text! {
                en: "Correct source_profile, or sign in with another profile: --profile NAME. To make the one that is missing: aws configure --profile NAME",
                ko: "source_profile을 고치거나 다른 프로파일로 로그인하세요: --profile 이름. 없는 프로파일을 만들려면: aws configure --profile 이름"
            },
        }
    }

    fn lacks_session(&self, profile: &str, session: &str) -> ProfileTrouble {
        let (profile, session, config) = (shown(profile), shown(session), text::shown(&self.files.config));
        ProfileTrouble {
            what: text! {
                en: "The AWS profile {profile} signs in by the SSO session {session} (sso_session), which is not in {config}.",
                ko: "AWS 프로파일 {profile}은(는) SSO 세션 {session}(으)로 로그인하는데(sso_session), {config}에 그 세션이 없습니다."
            },
            next: text! {
                en: "Correct sso_session, or sign in with another profile: --profile NAME. To make the session: aws configure sso-session",
                ko: "sso_session을 고치거나 다른 프로파일로 로그인하세요: --profile 이름. 세션을 만들려면: aws configure sso-session"
            },
        }
    }

    /// Where the profiles are, and some of their names.
    fn listed(&self) -> Text {
        let (config, credentials) = (text::shown(&self.files.config), text::shown(&self.files.credentials));
        let mut names: Vec<_> = self.profiles.profiles().map(harmless).collect();
        names.sort();
        let more = names.len().saturating_sub(LISTED);
        names.truncate(LISTED);
        let names = names.join(", ");
        match more {
            0 if names.is_empty() => text! {
                en: "There are no profiles in {config} and {credentials}.",
                ko: "{config}, {credentials}에는 프로파일이 없습니다."
            },
            0 => text! {
                en: "The profiles in {config} and {credentials}: {names}.",
                ko: "{config}, {credentials}에 있는 프로파일: {names}."
            },
            _ => text! {
                en: "The profiles in {config} and {credentials}: {names} and {more} more.",
                ko: "{config}, {credentials}에 있는 프로파일: {names} 외 {more}개."
            },
        }
    }
}

/// The profile whose credentials take on the role of this one.
fn source_of(profile: &Profile) -> Option<&str> {
    let is_role = profile.get("role_arn").is_some() && profile.get("web_identity_token_file").is_none();
    profile.get("source_profile").filter(|source| is_role && *source != profile.name())
}

/// The session by which a profile signs in, unless its credentials come from elsewhere.
fn session_of(profile: &Profile) -> Option<&str> {
    let elsewhere = ["credential_source", "web_identity_token_file"];
    let is_elsewhere = elsewhere.into_iter().any(|key| profile.get(key).is_some());
    profile.get("sso_session").filter(|_| !is_elsewhere)
}

/// A name as it is read, where there is one.
fn shown(name: &str) -> String {
    if name.is_empty() { "\"\"".to_owned() } else { harmless(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[profile work]\nregion = eu-west-1\n\
        [profile role]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = work\n\
        [profile far]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = near\n\
        [profile near]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = nowhere\n\
        [profile self]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = self\n\
        [profile round]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = about\n\
        [profile about]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = round\n\
        [profile keyed]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = keys\n\
        [profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\nsso_session = gone\n\
        [profile no-role]\nsource_profile = nowhere\n\
        [profile sso]\nsso_session = there\nsso_account_id = 111122223333\nsso_role_name = x\n\
        [profile old-sso]\nsso_session = gone\nsso_account_id = 111122223333\nsso_role_name = x\n\
        [profile by-sso]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = old-sso\n\
        [sso-session there]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n";

    /// What is said of a profile, where the config file says this and there is no credentials file.
    async fn judged(
        config: &str,
        variables: &[(&str, &str)],
        asked: Option<&str>,
    ) -> Result<(), ProfileTrouble> {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(file("config"), config).unwrap();
        let (config, credentials) = (file("config"), file("credentials"));
        let mut all =
            vec![("AWS_CONFIG_FILE", config.as_str()), ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str())];
        all.extend_from_slice(variables);
        judge(&Env::from_slice(&all), asked).await
    }

    #[track_caller]
    fn says(text: &Text, words: &[&str]) {
        for word in words {
            assert!(text.en.contains(word) && text.ko.contains(word), "{word}: {text:?}");
        }
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_told_with_who_names_it_and_those_that_are() {
        type Case<'c> = (&'c [(&'c str, &'c str)], Option<&'c str>, &'c str, &'c str);
        let config = "[profile work]\n[default]\n";
        let cases: [Case<'_>; 3] = [
            (&[], Some("wrok"), "--profile", "--profile"),
            (&[("AWS_PROFILE", "work")], Some("wrok"), "--profile", "--profile"),
            (&[("AWS_PROFILE", "wrok")], None, "AWS_PROFILE", "unset AWS_PROFILE"),
        ];
        for (variables, asked, named_by, let_go) in cases {
            let told = judged(config, variables, asked).await.unwrap_err();
            says(&told.what, &["wrok", named_by, "/config", "/credentials", "default", "work"]);
            says(&told.next, &[let_go, "aws login --profile", "aws configure --profile"]);
            assert_eq!(told.to_string(), told.what.en);
        }
        let odd = judged(config, &[], Some("\u{1b}[2J")).await.unwrap_err();
        assert!(!odd.what.en.contains('\u{1b}') && !odd.what.ko.contains('\u{1b}'), "{odd:?}");
        // The AWS CLI does not take it for none either.
        says(&judged(config, &[("AWS_PROFILE", "")], None).await.unwrap_err().what, &["\"\"", "AWS_PROFILE"]);
        let by_key = [("AWS_PROFILE", "wrok"), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s")];
        assert!(judged(config, &by_key, None).await.is_err(), "as for the AWS CLI");
    }

    #[tokio::test]
    async fn the_profiles_that_there_are_are_few_or_shortened() {
        let none = judged("", &[], Some("work")).await.unwrap_err().what;
        assert!(none.en.contains("no profiles in") && none.ko.contains("프로파일이 없습니다"), "{none:?}");
        let many: String = (1..=9).map(|number| format!("[profile p{number}]\n")).collect();
        let many = judged(&many, &[], Some("work")).await.unwrap_err().what;
        says(&many, &["p1, p2, p3, p4, p5"]);
        assert!(many.en.ends_with("and 4 more.") && many.ko.ends_with("외 4개."), "{many:?}");
    }

    #[tokio::test]
    async fn what_a_profile_rests_on_and_is_not_there_is_told() {
        for profile in ["far", "near"] {
            let told = judged(CONFIG, &[], Some(profile)).await.unwrap_err();
            says(&told.what, &["near", "nowhere", "source_profile", "/config"]);
            says(&told.next, &["source_profile", "--profile"]);
        }
        for profile in ["old-sso", "by-sso"] {
            let told = judged(CONFIG, &[], Some(profile)).await.unwrap_err();
            says(&told.what, &["old-sso", "gone", "sso_session", "/config"]);
            says(&told.next, &["aws configure sso-session", "--profile"]);
        }
        for profile in ["work", "role", "self", "round", "keyed", "no-role", "sso"] {
            assert_eq!(judged(CONFIG, &[], Some(profile)).await, Ok(()), "{profile}");
        }
    }

    /// What holds where nothing is named is no mistake, and neither is a profile that nobody signs in with.
    #[tokio::test]
    async fn nobody_is_kept_from_signing_in_otherwise() {
        let key = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let far = [key[0], key[1], ("AWS_PROFILE", "far")];
        assert_eq!(judged(CONFIG, &[], None).await, Ok(()));
        assert_eq!(judged(CONFIG, &[("AWS_PROFILE", "default")], None).await, Ok(()));
        assert_eq!(judged(CONFIG, &far, None).await, Ok(()));
        assert!(judged(CONFIG, &far[2..], None).await.is_err());
        assert!(judged(CONFIG, &far, Some("far")).await.is_err(), "an option goes over the key");
        assert_eq!(judged("[profile work\n", &[], Some("work")).await, Ok(()), "the first call tells");
    }
}
