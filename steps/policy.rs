//! Policy documents: parsed strictly, compared by meaning, and evaluated before they are put.
//!
//! A bucket policy that is wrong by one condition locks out the administrator, or the service that writes the logs.
//! So each policy of ours is decided locally for the requests that matter before AWS gets it. The rules are those of
//! the IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".

mod public;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Document {
    /// The language version. Policy variables work only in `2012-10-17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// An id, which has no meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The statements.
    #[serde(deserialize_with = "one_or_many")]
    pub statement: Vec<Statement>,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "the elements of a statement, by AWS's names")]
pub struct Statement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    pub effect: Effect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principals>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<Principals>,
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub action: Words,
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub not_action: Words,
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub resource: Words,
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub not_resource: Words,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, Words>>,
}

/// What a statement does when it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "AWS's own words")]
pub enum Effect {
    Allow,
    Deny,
}

/// Whom a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Principals {
    /// `"*"`: everybody.
    Everybody(Star),
    /// By kind: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    ByKind(BTreeMap<String, Words>),
}

/// The single character `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Star {
    /// Everybody.
    #[serde(rename = "*")]
    Star,
}

/// One word or a list of words, which mean the same. Order has no meaning either.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Words(pub BTreeSet<String>);

/// A request to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// Who asks.
    pub principal: Principal<'r>,
    /// What for, such as `s3:GetObject`.
    pub action: &'r str,
    /// The resource's ARN.
    pub resource: &'r str,
    /// The condition keys that the request carries. A key that is missing here is absent from the request.
    pub context: &'r [(&'r str, &'r str)],
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'r> {
    /// An IAM principal, by ARN.
    Aws(&'r str),
    /// An AWS service, such as `cloudtrail.amazonaws.com`.
    Service(&'r str),
    /// Somebody without credentials.
    Anonymous,
}

/// What one document says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it.
    Denied,
    /// No statement is about it.
    NotMentioned,
}

/// A document that does not hold up.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON, or not a policy.
    #[error("the policy cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A statement lacks an element or has two that exclude each other.
    #[error(
        "statement {0} of the policy needs exactly one of Action and NotAction, and of Resource and NotResource"
    )]
    Malformed(usize),
}

impl Document {
    /// Reads a document.
    pub fn parse(json: &str) -> Result<Self, PolicyError> {
        let document: Self = serde_json::from_str(json)?;
        match document.statement.iter().position(|statement| !statement.is_whole()) {
            Some(index) => Err(PolicyError::Malformed(index)),
            None => Ok(document),
        }
    }

    /// The document as text, the way it is sent to AWS.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What this document says about a request.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let mut decision = Decision::NotMentioned;
        for statement in self.statement.iter().filter(|statement| statement.matches(request)) {
            match statement.effect {
                Effect::Deny => return Decision::Denied,
                Effect::Allow => decision = Decision::Allowed,
            }
        }
        decision
    }

    /// Whether both documents say the same, whatever the order and the spelling.
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.version == other.version && self.includes(other) && other.includes(self)
    }

    /// Whether each statement of the other document is also in this one, names of statements aside.
    pub fn includes(&self, other: &Self) -> bool {
        other.statement.iter().all(|wanted| self.statement.iter().any(|found| found.says_the_same(wanted)))
    }
}

impl Statement {
    fn is_whole(&self) -> bool {
        (self.action.is_empty() != self.not_action.is_empty())
            && !(self.principal.is_some() && self.not_principal.is_some())
            && (self.resource.is_empty() != self.not_resource.is_empty())
    }

    /// What a person finds it by in its policy: its name, or what it does where it has none.
    pub fn name(&self) -> String {
        if let Some(sid) = self.sid.as_ref().filter(|sid| !sid.is_empty()) {
            return sid.clone();
        }
        let (but, actions) =
            if self.action.is_empty() { ("all but ", &self.not_action) } else { ("", &self.action) };
        let actions = actions.0.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        format!("{:?} {but}{actions}", self.effect)
    }

    /// Whether both statements say the same, names aside.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let nameless = |statement: &Self| Self { sid: None, ..statement.clone() };
        nameless(self) == nameless(other)
    }

    fn matches(&self, request: &Request<'_>) -> bool {
        self.is_about(request.principal)
            && self.covers_action(request.action)
            && self.covers_resource(request)
            && self.condition.iter().all(|(operator, keys)| {
                keys.iter().all(|(key, values)| self.holds(operator, key, values, request.context))
            })
    }

    fn is_about(&self, principal: Principal<'_>) -> bool {
        match (&self.principal, &self.not_principal) {
            (Some(named), _) => named.include(principal),
            (None, Some(named)) => !named.include(principal),
            (None, None) => true,
        }
    }

    /// Whether the statement is about an action, whatever it says of it.
    pub(crate) fn covers_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let named = |words: &Words| words.0.iter().any(|word| glob(&word.to_ascii_lowercase(), &action));
        if self.action.is_empty() { !named(&self.not_action) } else { named(&self.action) }
    }

    fn covers_resource(&self, request: &Request<'_>) -> bool {
        let named = |words: &Words| {
            words.0.iter().any(|word| match filled_in(word, request.context) {
                Some(word) => glob(&word, request.resource),
                None => false,
            })
        };
        if self.resource.is_empty() { !named(&self.not_resource) } else { named(&self.resource) }
    }

    /// An operator that is not known here counts against the request: a Deny applies, an Allow does not.
    fn holds(&self, operator: &str, key: &str, values: &Words, context: &[(&str, &str)]) -> bool {
        let found = context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
        if operator == "Null" {
            return values.0.contains("true") == found.is_none();
        }
        let (operator, if_exists) = match operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (operator, false),
        };
        let Some((compare, negated)) = comparison(operator) else { return self.effect == Effect::Deny };
        match found {
            None => if_exists || negated,
            Some(found) => negated != values.0.iter().any(|value| compare(value, found)),
        }
    }
}

impl Principals {
    fn include(&self, principal: Principal<'_>) -> bool {
        let Self::ByKind(kinds) = self else { return true };
        let named = |kind: &str| kinds.get(kind);
        match principal {
            Principal::Service(name) => named("Service").is_some_and(|words| words.0.contains(name)),
            Principal::Aws(arn) => {
                named("AWS").is_some_and(|words| words.0.iter().any(|word| names_principal(word, arn)))
            }
            Principal::Anonymous => named("AWS").is_some_and(|words| words.0.contains("*")),
        }
    }
}

/// `*`, the ARN itself, or the account, which stands for all of its principals.
fn names_principal(word: &str, arn: &str) -> bool {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let whole_account = word == account || word.ends_with(&format!(":iam::{account}:root"));
    word == "*" || word == arn || (!account.is_empty() && whole_account)
}

impl Words {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: Into<String>> FromIterator<S> for Words {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        Self(words.into_iter().map(Into::into).collect())
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values: Vec<Value> = one_or_many(deserializer)?;
        values.into_iter().map(word).collect::<Option<BTreeSet<_>>>().map(Self).ok_or_else(|| {
            serde::de::Error::custom("expected a string, a number, true or false, or a list of these")
        })
    }
}

fn word(value: Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word),
        Value::Bool(word) => Some(word.to_string()),
        Value::Number(word) => Some(word.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let many = match Value::deserialize(deserializer)? {
        Value::Array(many) => many,
        one => vec![one],
    };
    many.into_iter().map(|value| serde_json::from_value(value).map_err(serde::de::Error::custom)).collect()
}

type Compare = fn(&str, &str) -> bool;

/// The comparison of an operator, and whether it is a negation.
fn comparison(operator: &str) -> Option<(Compare, bool)> {
    let equal: Compare = |value, found| value == found;
    let equal_ignoring_case: Compare = |value, found| value.eq_ignore_ascii_case(found);
    Some(match operator {
        "StringEquals" => (equal, false),
        "StringNotEquals" => (equal, true),
        "StringEqualsIgnoreCase" | "Bool" => (equal_ignoring_case, false),
        "StringNotEqualsIgnoreCase" => (equal_ignoring_case, true),
        "StringLike" => (glob, false),
        "StringNotLike" => (glob, true),
        "ArnEquals" | "ArnLike" => (arn_like, false),
        "ArnNotEquals" | "ArnNotLike" => (arn_like, true),
        "NumericLessThan" => (|value, found| number(found) < number(value), false),
        "NumericGreaterThan" => (|value, found| number(found) > number(value), false),
        _ => return None,
    })
}

fn number(word: &str) -> Option<f64> {
    word.parse().ok()
}

/// The six parts of an ARN are matched one by one, so that `*` does not reach over a colon.
fn arn_like(pattern: &str, arn: &str) -> bool {
    let parts = |text: &'_ str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, arn) = (parts(pattern), parts(arn));
    pattern.len() == arn.len() && pattern.iter().zip(&arn).all(|(pattern, part)| glob(pattern, part))
}

/// Whether the text matches a pattern with `*` (any characters) and `?` (one character).
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// A word with its policy variables filled in; none when the request lacks one of them.
fn filled_in(word: &str, context: &[(&str, &str)]) -> Option<String> {
    let Some((before, rest)) = word.split_once("${") else { return Some(word.to_owned()) };
    let (name, after) = rest.split_once('}')?;
    let (_, value) = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(format!("{before}{value}{}", filled_in(after, context)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(policy: &str, action: &str, resource: &str, context: &[(&str, &str)]) -> Decision {
        let principal = Principal::Aws("arn:aws:iam::111122223333:user/alice");
        Document::parse(policy).unwrap().decide(&Request { principal, action, resource, context })
    }

    const WITHOUT_MFA: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["iam:GetUser"],
        "Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}}"#;

    #[test]
    fn an_absent_key_counts_as_without_mfa() {
        assert_eq!(decide(WITHOUT_MFA, "iam:ListUsers", "*", &[]), Decision::Denied);
        let context = [("aws:MultiFactorAuthPresent", "true")];
        assert_eq!(decide(WITHOUT_MFA, "iam:ListUsers", "*", &context), Decision::NotMentioned);
        assert_eq!(decide(WITHOUT_MFA, "iam:getuser", "*", &[]), Decision::NotMentioned);
    }

    #[test]
    fn variables_and_paths() {
        let policy = r#"{"Statement":[{"Effect":"Allow","Action":"iam:ChangePassword",
            "Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/*/${aws:username}"]}]}"#;
        let own = [("aws:username", "alice")];
        for (resource, expected) in [
            ("arn:aws:iam::111122223333:user/alice", Decision::Allowed),
            ("arn:aws:iam::111122223333:user/team/alice", Decision::Allowed),
            ("arn:aws:iam::111122223333:user/bob", Decision::NotMentioned),
        ] {
            assert_eq!(decide(policy, "iam:ChangePassword", resource, &own), expected, "{resource}");
        }
        let nobody = decide(policy, "iam:ChangePassword", "arn:aws:iam::111122223333:user/alice", &[]);
        assert_eq!(nobody, Decision::NotMentioned);
    }

    #[test]
    fn conditions_of_one_statement_all_have_to_hold() {
        let policy = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject*","Resource":"*",
            "Condition":{"ArnNotLikeIfExists":{"aws:PrincipalArn":["arn:aws:iam::111122223333:user/alice"]},
                         "BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}"#;
        let alice = [
            ("aws:PrincipalArn", "arn:aws:iam::111122223333:user/alice"),
            ("aws:PrincipalIsAWSService", "false"),
        ];
        let bob = [
            ("aws:PrincipalArn", "arn:aws:iam::111122223333:user/bob"),
            ("aws:PrincipalIsAWSService", "false"),
        ];
        let service = [("aws:PrincipalIsAWSService", "true")];
        assert_eq!(decide(policy, "s3:GetObject", "x", &alice), Decision::NotMentioned);
        assert_eq!(decide(policy, "s3:GetObjectVersion", "x", &bob), Decision::Denied);
        assert_eq!(decide(policy, "s3:GetObject", "x", &service), Decision::NotMentioned);
    }

    #[test]
    fn what_is_not_a_policy_is_refused() {
        for wrong in [
            "",
            "{}",
            r#"{"Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Actoin":"*"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#,
        ] {
            assert!(Document::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn order_and_one_element_lists_have_no_meaning() {
        let one = r#"{"Statement":[{"Sid":"A","Effect":"Allow","Principal":"*","Action":["s3:A","s3:B"],"Resource":"x"}]}"#;
        let other =
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":["s3:B","s3:A"],"Resource":["x"]}}"#;
        let (one, other) = (Document::parse(one).unwrap(), Document::parse(other).unwrap());
        assert!(one.same_meaning(&other));
        assert!(Document::parse(&one.to_json()).unwrap().same_meaning(&one));
    }

    #[test]
    fn a_statement_without_a_name_is_told_by_what_it_does() {
        let name = |statement: &str| {
            let policy = format!(r#"{{"Statement":[{statement}]}}"#);
            Document::parse(&policy).unwrap().statement[0].name()
        };
        for (named, expected) in [(r#""Sid":"Ours","#, "Ours"), (r#""Sid":"","#, "Deny s3:A, s3:B")] {
            let statement = format!(r#"{{{named}"Effect":"Deny","Action":["s3:B","s3:A"],"Resource":"*"}}"#);
            assert_eq!(name(&statement), expected);
        }
        let others = r#"{"Effect":"Allow","NotAction":"s3:A","Resource":"*"}"#;
        assert_eq!(name(others), "Allow all but s3:A");
    }

    #[test]
    fn wildcards_match_as_on_aws() {
        assert!(
            glob("a*c?e", "abbbcde")
                && glob("*", "")
                && glob("**x", "xx")
                && !glob("a?", "a")
                && !glob("", "a")
        );
        assert!(
            !arn_like("arn:aws:iam::*:root", "arn:aws:iam::1:x:root")
                || arn_like("a:b:c:d:e:*", "a:b:c:d:e:f:g")
        );
        assert!(!arn_like("arn:aws:*:root", "arn:aws:iam::1:root"));
    }
}
