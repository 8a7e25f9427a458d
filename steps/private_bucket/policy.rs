//! A policy in which the statements of others stay beside ours, and that lets through what it has to. What holds of a
//! bucket's policy holds of those of keys and topics too.

use std::collections::BTreeSet;

use crate::aws::Reading;
use crate::policy::{Decision, Document, Effect, Principal, Request, Statement, Words};

use super::plan::Obstacle;

/// A request that a bucket policy must let through: without it the service or the administrators would be locked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustLet {
    /// A service name, or the ARN of an IAM principal.
    pub who: String,
    /// The action.
    pub action: &'static str,
    /// The resource's ARN.
    pub resource: String,
    /// The condition keys of the request.
    pub context: Vec<(&'static str, String)>,
}

/// The statement that lets the readers of the answers read. It is ours wherever it stands, so that it goes with the last
/// of them.
pub const READERS_READ: &str = "DayoneReadersRead";

/// A policy that a resource has to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The whole policy.
    pub policy: Document,
    /// The one that it was made of, and takes the place of.
    pub replaces: Option<Document>,
    /// How many statements of others stay in it.
    pub foreign_statements: usize,
}

/// The policy that a resource has to get; none where nothing is missing.
pub fn mended_policy(
    ours: &Document,
    must_let: &[MustLet],
    found: &Reading<Option<String>>,
) -> Result<Option<Mended>, Obstacle> {
    let replaces = match found {
        Ok(Some(policy)) => Some(Document::parse(policy).map_err(|_| Obstacle::UnreadablePolicy)?),
        Ok(None) => None,
        Err(unseen) => return Err(Obstacle::Unseen(unseen.clone())),
    };
    let found = replaces.clone().unwrap_or_else(|| with_statements(ours, Vec::new()));
    let foreign = with_statements(ours, foreign_statements(&found, ours));
    let is_said = |ours: &Statement| found.statement.iter().any(|statement| statement.says_the_same(ours));
    let mut statements = ours.statement.clone();
    statements.retain(|statement| is_said(statement) || !is_spare(statement, &foreign, must_let));
    let foreign_statements = foreign.statement.len();
    statements.extend(foreign.statement);
    let policy = with_statements(ours, statements);
    if let Some(locked_out) = must_let.iter().find(|must| !must.is_let_by(&policy)) {
        return Err(Obstacle::LockedOut(locked_out.who.clone()));
    }
    if found.includes(&policy) && policy.includes(&found) {
        return Ok(None);
    }
    Ok(Some(Mended { policy, replaces, foreign_statements }))
}

fn with_statements(policy: &Document, statement: Vec<Statement>) -> Document {
    Document { version: policy.version.clone(), id: policy.id.clone(), statement }
}

/// The statements that are not ours: they have none of our names, and say nothing that ours say.
fn foreign_statements(found: &Document, wanted: &Document) -> Vec<Statement> {
    let is_ours = |statement: &Statement| {
        let named = |ours: &Statement| ours.sid.is_some() && ours.sid == statement.sid;
        statement.sid.as_deref() == Some(READERS_READ)
            || wanted.statement.iter().any(|ours| named(ours) || ours.says_the_same(statement))
    };
    found.statement.iter().filter(|statement| !is_ours(statement)).cloned().collect()
}

/// Whether a statement of ours that lets services in is not needed: others let them in for all that it is there for.
fn is_spare(ours: &Statement, foreign: &Document, must_let: &[MustLet]) -> bool {
    let alone = with_statements(foreign, vec![ours.clone()]);
    let served: Vec<_> =
        must_let.iter().filter(|must| must.is_of_a_service() && must.is_let_by(&alone)).collect();
    ours.effect == Effect::Allow && !served.is_empty() && served.iter().all(|must| must.is_let_by(foreign))
}

impl MustLet {
    /// Whether a policy lets it through, as the owner's account decides it: an administrator may do what no statement
    /// denies, a service needs a statement that allows it.
    pub fn is_let_by(&self, policy: &Document) -> bool {
        let service = self.is_of_a_service();
        let mut context = vec![("aws:SecureTransport", "true")];
        context.push(("aws:PrincipalIsAWSService", if service { "true" } else { "false" }));
        if !service {
            context.push(("aws:PrincipalArn", &self.who));
        }
        context.extend(self.context.iter().map(|(key, value)| (*key, value.as_str())));
        let principal = if service { Principal::Service(&self.who) } else { Principal::Aws(&self.who) };
        let request = Request { principal, action: self.action, resource: &self.resource, context: &context };
        match policy.decide(&request) {
            Decision::Allowed => true,
            Decision::Denied => false,
            Decision::NotMentioned => !service,
        }
    }

    fn is_of_a_service(&self) -> bool {
        !self.who.starts_with("arn:")
    }
}

/// A policy in JSON with its words filled in, all in one pass: a name that is filled in may itself spell one of the
/// words, and whatever it holds, it adds nothing but itself.
pub fn filled_in(template: &str, words: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    loop {
        let places = words.iter().filter_map(|(word, value)| Some((rest.find(word)?, *word, *value)));
        let Some((place, word, value)) = places.min_by_key(|(place, ..)| *place) else { break };
        filled.push_str(&rest[..place]);
        filled.push_str(&in_json(value));
        rest = &rest[place + word.len()..];
    }
    filled.push_str(rest);
    filled
}

/// As a part of a string in JSON.
fn in_json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// Puts principals in the place of a word such as `READERS` in the conditions of a policy.
pub fn name_principals(policy: &mut Document, word: &str, principals: &BTreeSet<String>) {
    let conditions = policy.statement.iter_mut().flat_map(|statement| statement.condition.values_mut());
    for words in conditions.filter_map(|keys| keys.get_mut("aws:PrincipalArn")) {
        if words.0.contains(word) {
            *words = principals.iter().collect::<Words>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const BOB: &str = "arn:aws:iam::111122223333:user/bob";

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let words = [("TRAIL", "BUCKET-TRAIL"), ("BUCKET", "ACCOUNT"), ("ACCOUNT", "1")];
        assert_eq!(
            filled_in("a/TRAIL/BUCKET/ACCOUNT/TRAILACCOUNT", &words),
            "a/BUCKET-TRAIL/ACCOUNT/1/BUCKET-TRAIL1"
        );
        assert_eq!(filled_in("nothing here", &words), "nothing here");
        assert_eq!(filled_in("", &words), "");
        assert_eq!(filled_in(r#""WORD""#, &[("WORD", r#"a"b\c"#)]), r#""a\"b\\c""#);
    }

    #[test]
    fn principals_are_named_only_where_their_word_stands() {
        let policy = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{
                "ArnNotLikeIfExists":{"aws:PrincipalArn":"READERS","aws:SourceArn":"READERS"}}},
            {"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{
                "ArnNotLikeIfExists":{"aws:PrincipalArn":"ADMINISTRATORS"}}}]}"#;
        let mut policy = Document::parse(policy).unwrap();
        let principals = BTreeSet::from([ALICE.to_owned(), BOB.to_owned()]);
        name_principals(&mut policy, "READERS", &principals);
        let words =
            |index: usize, key: &str| policy.statement[index].condition["ArnNotLikeIfExists"][key].clone();
        assert_eq!(words(0, "aws:PrincipalArn").0, principals);
        assert_eq!(words(0, "aws:SourceArn").0, BTreeSet::from(["READERS".to_owned()]));
        assert_eq!(words(1, "aws:PrincipalArn").0, BTreeSet::from(["ADMINISTRATORS".to_owned()]));
    }
}
