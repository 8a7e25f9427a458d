//! What S3 takes for public: a statement that lets in more than a fixed set of callers. Block Public Access refuses a
//! policy that has one, and cuts off whom it lets in. Source: S3 user guide, "The meaning of 'public'".

use super::{Document, Effect, Principals, Statement, Words};

/// The condition keys by which a statement for everybody is still not public, if their values are fixed.
const NARROWING: [&str; 13] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:userid",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
];
/// The operators that let through only what they name.
const POSITIVE: [&str; 6] =
    ["ArnEquals", "ArnLike", "IpAddress", "StringEquals", "StringEqualsIgnoreCase", "StringLike"];

impl Document {
    /// The statements that let in more than a fixed set of callers.
    pub fn public_statements(&self) -> impl Iterator<Item = &Statement> {
        self.statement.iter().filter(|statement| statement.is_public())
    }
}

impl Statement {
    fn is_public(&self) -> bool {
        let everybody = match &self.principal {
            Some(Principals::Everybody(_)) => true,
            Some(Principals::ByKind(kinds)) => kinds.values().any(|words| words.0.contains("*")),
            None => self.not_principal.is_some(),
        };
        self.effect == Effect::Allow && everybody && !self.is_narrowed()
    }

    fn is_narrowed(&self) -> bool {
        let positive = self.condition.iter().filter(|(operator, _)| POSITIVE.contains(&operator.as_str()));
        positive.flat_map(|(_, keys)| keys).any(|(key, values)| {
            NARROWING.iter().any(|known| known.eq_ignore_ascii_case(key)) && are_fixed(key, values)
        })
    }
}

/// Whether no value has a wildcard or a variable, and no range of addresses is the better part of the internet.
fn are_fixed(key: &str, values: &Words) -> bool {
    let wide = |value: &String| {
        let bits = value.split_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok());
        key.eq_ignore_ascii_case("aws:SourceIp") && bits.is_some_and(|bits| bits < 8)
    };
    let open = |value: &String| value.contains(['*', '?']) || value.contains("${") || wide(value);
    !values.is_empty() && !values.0.iter().any(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(statements: &str) -> Vec<String> {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        Document::parse(&policy).unwrap().public_statements().map(Statement::name).collect()
    }

    fn for_everybody(condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*","Condition":{condition}}}"#
        )
    }

    #[test]
    fn a_statement_for_everybody_is_public_and_one_for_somebody_is_not() {
        let (open, closed) = (
            [
                r#""Principal":"*""#,
                r#""Principal":{"AWS":["*"]}"#,
                r#""NotPrincipal":{"AWS":"444455556666"}"#,
            ],
            [
                r#""Principal":{"AWS":"444455556666"}"#,
                r#""Principal":{"Service":"logging.s3.amazonaws.com"}"#,
            ],
        );
        let statement = |effect: &str, who: &str| {
            format!(r#"{{"Sid":"Theirs","Effect":"{effect}",{who},"Action":"s3:GetObject","Resource":"*"}}"#)
        };
        for who in open {
            assert_eq!(names(&statement("Allow", who)), ["Theirs"], "{who}");
            assert!(names(&statement("Deny", who)).is_empty(), "{who}");
        }
        for who in closed {
            assert!(names(&statement("Allow", who)).is_empty(), "{who}");
        }
        let both =
            [statement("Allow", open[0]), statement("Allow", closed[0]), for_everybody("{}")].join(",");
        assert_eq!(names(&both), ["Theirs", "Allow s3:GetObject"]);
    }

    #[test]
    fn only_a_fixed_value_narrows() {
        for fixed in [
            r#"{"StringEquals":{"aws:PrincipalArn":["arn:aws:iam::444455556666:role/Auditor"]}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/day-one"}}"#,
            r#"{"StringEquals":{"AWS:PrincipalOrgId":"o-a1b2c3d4e5"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}"#,
            r#"{"StringLike":{"aws:userid":"AIDAEXAMPLE"}}"#,
        ] {
            assert!(names(&for_everybody(fixed)).is_empty(), "{fixed}");
        }
        for open in [
            r#"{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/*/Admin"]}}"#,
            r#"{"StringEquals":{"aws:PrincipalArn":["arn:aws:iam::111122223333:user/${aws:username}"]}}"#,
            r#"{"StringEquals":{"aws:PrincipalArn":[]}}"#,
            r#"{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#,
            r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}"#,
            r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#,
        ] {
            assert_eq!(names(&for_everybody(open)), ["Allow s3:GetObject"], "{open}");
        }
    }
}
