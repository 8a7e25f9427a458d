//! What somebody else has changed between the look and the change.
//!
//! AWS takes a policy only as a whole, so that whoever puts one overwrites what others have put since it was read; and a
//! person may take an hour to read a plan. So the change carries the policy that its plan was made of, which is read once
//! more directly before the new one is put. Where it is not as it was, nothing is put: the next run reads it, and merges
//! anew. What happens in the instant between that read and the put, no service lets us rule out.
//!
//! The same goes for what was to be new and is there all of a sudden.

use crate::error::StepError;
use crate::policy::{Document, Statement};
use crate::text::{Text, harmless};
use crate::{text, wait};

/// Whether a policy is still to be put in the place of the one that its plan was made of. False where it is there
/// already, as after a lost answer. Fails where somebody has changed it meanwhile, and names what is new, changed or gone.
pub fn is_to_be_put(
    whose: &Text,
    policy: &Document,
    replaces: Option<&Document>,
    now: Option<&str>,
) -> Result<bool, StepError> {
    let Ok(now) = now.map(Document::parse).transpose() else {
        let how = text! { en: "it cannot be understood any more", ko: "이제 해석할 수 없습니다" };
        return Err(changed(whose, &how));
    };
    if now.as_ref().is_some_and(|now| now.same_meaning(policy)) {
        return Ok(false);
    }
    match differences(statements(replaces), statements(now.as_ref())) {
        Some(how) => Err(changed(whose, &how)),
        None => Ok(true),
    }
}

/// Somebody else was quicker.
pub fn changed(what: &Text, how: &Text) -> StepError {
    let (Text { en, ko }, how_en, how_ko) = (what, harmless(&how.en), harmless(&how.ko));
    StepError::InTheWay {
        what: text! {
            en: "Somebody has changed {en} since it was looked at: {how_en}.",
            ko: "계획을 세운 뒤 {ko}이 바뀌었습니다: {how_ko}."
        },
        next: text! {
            en: "Nothing was overwritten. To have it taken into account, run the same command again.",
            ko: "덮어쓴 것은 없습니다. 같은 명령을 다시 실행하면 바뀐 내용을 반영해 다시 계획합니다."
        },
    }
}

/// Somebody else was quicker, and what is there now is not what was said yes to.
pub fn made(name: &str) -> StepError {
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "Somebody else has made {name} meanwhile, so nothing is given to it unseen.",
            ko: "그사이 다른 누군가가 {name}을(를) 만들었으므로 확인 없이 아무것도 주지 않습니다."
        },
        next: text! {
            en: "Look who that was, then run the same command again: it shows what is there now, and asks.",
            ko: "누가 만들었는지 확인한 뒤 같은 명령을 다시 실행하세요. 지금 있는 것을 보여 주고 묻습니다."
        },
    }
}

/// What IAM has by that name already and does not see: names are unique without regard to case, and it may want the very
/// spelling to find one.
pub fn in_other_letters(error: StepError, name: &str) -> StepError {
    if !matches!(&error, StepError::Aws(error) if wait::not_seen_by_iam(error)) {
        return error;
    }
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "AWS has the name {name} already, and does not find it in this spelling.",
            ko: "AWS에 이미 {name}이라는 이름이 있지만 이 철자로는 찾지 못합니다."
        },
        next: text! {
            en: "Names are unique without regard to case. Give it as the IAM console shows it, in the answers or by --admin-user or --admin-group, then run the same command again.",
            ko: "이름은 대소문자를 구별하지 않고 하나뿐이어야 합니다. IAM 콘솔에 나온 철자대로 응답 파일이나 --admin-user, --admin-group에 적은 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

fn statements(policy: Option<&Document>) -> &[Statement] {
    policy.map(|policy| policy.statement.as_slice()).unwrap_or_default()
}

/// The order of statements has no meaning, and a name alone gives no right.
fn differences(seen: &[Statement], now: &[Statement]) -> Option<Text> {
    let new = names(not_among(seen, now));
    let gone: Vec<_> = names(not_among(now, seen)).into_iter().filter(|name| !new.contains(name)).collect();
    let (listed, missing) = (new.join(", "), gone.join(", "));
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => None,
        (false, true) => {
            Some(text! { en: "new or changed: {listed}", ko: "새로 생기거나 바뀐 명령문: {listed}" })
        }
        (true, false) => Some(text! { en: "gone: {missing}", ko: "없어진 명령문: {missing}" }),
        (false, false) => Some(text! {
            en: "new or changed: {listed}; gone: {missing}",
            ko: "새로 생기거나 바뀐 명령문: {listed}, 없어진 명령문: {missing}"
        }),
    }
}

fn not_among<'s>(others: &[Statement], statements: &'s [Statement]) -> Vec<&'s Statement> {
    let is_new = |statement: &&Statement| !others.iter().any(|other| other.says_the_same(statement));
    statements.iter().filter(is_new).collect()
}

fn names(statements: Vec<&Statement>) -> Vec<String> {
    statements.into_iter().map(Statement::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str =
        r#"{"Sid":"DayoneOurs","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::x"}"#;
    const THEIRS: &str =
        r#"{"Sid":"Theirs","Effect":"Allow","Principal":"*","Action":"s3:A","Resource":"arn:aws:s3:::x"}"#;
    const THEIRS_WIDER: &str =
        r#"{"Sid":"Theirs","Effect":"Allow","Principal":"*","Action":"s3:B","Resource":"arn:aws:s3:::x"}"#;
    const NAMELESS: &str =
        r#"{"Effect":"Allow","Principal":"*","Action":"s3:C","Resource":"arn:aws:s3:::x"}"#;

    fn policy(statements: &[&str]) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
    }

    fn document(statements: &[&str]) -> Document {
        Document::parse(&policy(statements)).unwrap()
    }

    /// Whether our policy is put in the place of what was seen, where the second is there now.
    fn put(seen: Option<&[&str]>, now: Option<&str>) -> Result<bool, StepError> {
        let whose = text! { en: "the policy of x", ko: "x의 정책" };
        let ours = document(&[seen.unwrap_or_default(), &[OURS][..]].concat());
        is_to_be_put(&whose, &ours, seen.map(document).as_ref(), now)
    }

    fn told(seen: Option<&[&str]>, now: Option<&str>) -> Text {
        let error = put(seen, now).unwrap_err();
        assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
        error.text()
    }

    #[test]
    fn a_policy_is_put_where_the_one_that_was_seen_still_stands() {
        let seen: [&[&str]; 3] = [&[], &[THEIRS], &[THEIRS, NAMELESS]];
        for seen in seen {
            assert!(put(Some(seen), Some(&policy(seen))).unwrap(), "{seen:?}");
        }
        assert!(put(None, None).unwrap());
        assert!(put(Some(&[THEIRS, NAMELESS]), Some(&policy(&[NAMELESS, THEIRS]))).unwrap());
    }

    #[test]
    fn a_policy_that_is_there_already_is_not_put_again() {
        assert!(!put(None, Some(&policy(&[OURS]))).unwrap());
        assert!(!put(Some(&[THEIRS]), Some(&policy(&[OURS, THEIRS]))).unwrap());
    }

    #[test]
    fn what_others_have_changed_meanwhile_is_named_and_not_overwritten() {
        type Names = Option<&'static [&'static str]>;
        let cases: [(Names, Names, &str); 6] = [
            (None, Some(&[THEIRS]), "new or changed: Theirs."),
            (Some(&[THEIRS]), Some(&[THEIRS, NAMELESS]), "new or changed: Allow s3:C."),
            (Some(&[THEIRS]), Some(&[THEIRS_WIDER]), "new or changed: Theirs."),
            (Some(&[THEIRS, NAMELESS]), Some(&[NAMELESS]), "gone: Theirs."),
            (Some(&[THEIRS]), None, "gone: Theirs."),
            (Some(&[THEIRS]), Some(&[NAMELESS]), "new or changed: Allow s3:C; gone: Theirs."),
        ];
        for (seen, now, expected) in cases {
            let text = told(seen, now.map(policy).as_deref());
            assert!(text.en.starts_with("Somebody has changed the policy of x"), "{text:?}");
            assert!(text.en.ends_with(expected) && text.ko.contains("x의 정책"), "{expected}: {text:?}");
        }
    }

    #[test]
    fn a_policy_that_cannot_be_understood_any_more_is_not_overwritten_either() {
        let text = told(None, Some("{"));
        assert!(text.en.contains("understood") && text.ko.contains("해석"), "{text:?}");
    }

    #[test]
    fn a_name_from_outside_does_not_reach_the_screen_as_it_is() {
        let hidden = THEIRS.replace("Theirs", r"\u001b[2J");
        let text = told(None, Some(&policy(&[&hidden])));
        assert!(text.en.contains("\u{fffd}[2J") && !text.ko.contains('\u{1b}'), "{text:?}");
    }
}
