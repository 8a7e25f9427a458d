//! The only place that picks English or Korean, so that every part of a run speaks the same language.

use steps::text::Language;

/// The language of the run: the option, else the answers file, else the environment, else English.
///
/// `environment` looks up a variable. As POSIX has it, the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is not
/// empty decides alone.
pub fn choose(
    option: Option<Language>,
    answers: Option<Language>,
    environment: impl Fn(&str) -> Option<String>,
) -> Language {
    option.or(answers).unwrap_or_else(|| of_environment(environment))
}

fn of_environment(environment: impl Fn(&str) -> Option<String>) -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(environment)
        .find(|locale| !locale.is_empty())
        .map_or(Language::En, |locale| of_locale(&locale))
}

/// `ko`, `ko_KR.UTF-8` and `ko-KR` are Korean; `kok_IN` (Konkani) is not.
fn of_locale(locale: &str) -> Language {
    match locale.split(['_', '.', '-', '@']).next() {
        Some(language) if language.eq_ignore_ascii_case("ko") => Language::Ko,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Language {
        choose(None, None, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_option_wins_over_the_answers_and_those_over_the_environment() {
        let korean = |_: &str| Some("ko_KR.UTF-8".to_owned());
        assert_eq!(choose(Some(Language::En), Some(Language::Ko), korean), Language::En);
        assert_eq!(choose(None, Some(Language::En), korean), Language::En);
        assert_eq!(choose(None, None, korean), Language::Ko);
    }

    #[test]
    fn the_first_variable_that_is_not_empty_decides() {
        assert_eq!(from(&[("LC_ALL", ""), ("LANG", "ko_KR.UTF-8")]), Language::Ko);
        assert_eq!(from(&[("LC_ALL", "C"), ("LANG", "ko_KR.UTF-8")]), Language::En);
        assert_eq!(from(&[("LC_MESSAGES", "ko"), ("LANG", "en_US.UTF-8")]), Language::Ko);
        assert_eq!(from(&[("LANG", "kok_IN")]), Language::En);
        assert_eq!(from(&[]), Language::En);
    }
}
