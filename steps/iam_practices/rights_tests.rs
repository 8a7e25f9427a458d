//! Whose rights are read, which wildcards count, and when an answer leaves somebody out.

use super::*;
use crate::aws::{Access, canned};

const OWNER: Owner<'static> = Owner { partition: "aws", account: "111122223333" };

fn reach_of(statement: &str) -> Vec<Wildcard> {
    let document = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    reach(&document, OWNER).into_iter().collect()
}

#[test]
fn every_spelling_of_every_resource_counts() {
    use Wildcard::*;
    for (action, resource, expected) in [
        ("iam:*", "arn:aws:iam::111122223333:*", Some(Iam)),
        ("iam:*", "arn:aws:iam::*:*", Some(Iam)),
        ("iam:*", "arn:aws:iam::111122223333:user/*", Some(Iam)),
        ("iam:*", "arn:aws:iam::444455556666:*", None),
        ("iam:*", "arn:aws-cn:iam::111122223333:*", None),
        ("iam:*", "arn:aws:iam::111122223333:user/bob*", None),
        ("sts:AssumeRole", "arn:aws:iam::*:role/*", Some(AssumeRole)),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/*", Some(AssumeRole)),
        ("sts:AssumeRole", "arn:aws:iam::444455556666:role/*", None),
        ("sts:AssumeRole", "arn:aws:iam::*:role/deploy-*", None),
        ("*", "arn:aws:*", Some(Everything)),
        ("*", "arn:*", Some(Everything)),
        ("*", "*:*", Some(Everything)),
        ("*", "**", Some(Everything)),
        ("**", "*", Some(Everything)),
        ("?*", "*", Some(Everything)),
        ("*", "arn:aws:iam::*", Some(Iam)),
        ("*", "arn:aws:iam::*:role/*", Some(Iam)),
        ("*", "arn:aws:s3:::*", None),
    ] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#);
        assert_eq!(reach_of(&statement), Vec::from_iter(expected), "{statement}");
    }
    let but =
        |resource: &str| format!(r#"{{"Effect": "Allow", "Action": "*", "NotResource": "{resource}"}}"#);
    assert_eq!(reach_of(&but("arn:aws:iam::444455556666:*")), [Everything]);
    assert_eq!(reach_of(&but("*")), []);
}

#[test]
fn an_account_alone_may_take_on_a_role_when_its_trust_names_nobody_else() {
    let statement = |principal: &str| {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole"}}"#)
    };
    let trusts = |statements: &[String]| Role {
        trust: format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(",")),
        ..Role::default()
    };
    let of = |principal: &str| trusts(&[statement(principal)]).is_for_account_alone("999988887777");
    assert!(of(r#"{"AWS": "arn:aws:iam::999988887777:root"}"#) && of(r#"{"AWS": "999988887777"}"#));
    for other in [
        r#"{"AWS": "arn:aws:iam::444455556666:root"}"#,
        r#"{"AWS": ["999988887777", "444455556666"]}"#,
        r#"{"AWS": "*"}"#,
        r#""*""#,
        r#"{"Service": "ec2.amazonaws.com"}"#,
        r#"{"AWS": "999988887777", "Service": "ec2.amazonaws.com"}"#,
    ] {
        assert!(!of(other), "{other}");
    }
    let two = [statement(r#"{"AWS": "999988887777"}"#), statement(r#"{"AWS": "444455556666"}"#)];
    assert!(!trusts(&two).is_for_account_alone("999988887777"));
    assert!(!trusts(&[]).is_for_account_alone("999988887777"));
    assert!(!Role::default().is_for_account_alone("999988887777"));
}

#[test]
fn the_wildcards_that_matter_are_found() {
    use Wildcard::*;
    let cases: [(&str, &[Wildcard]); 32] = [
        (r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, &[Everything]),
        (r#"{"Effect": "Allow", "Action": ["s3:Get*", "*:*"], "Resource": ["a", "*"]}"#, &[Everything]),
        (r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}"#, &[Everything]),
        (r#"{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}"#, &[Everything]),
        (r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#, &[AssumeRole]),
        (r#"{"Effect": "Allow", "NotAction": ["IAM:*", "sts:*"], "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "NotAction": "*", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x"}"#, &[]),
        (r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "IAM:*", "Resource": "*"}"#, &[Iam]),
        (r#"{"Effect": "Allow", "Action": "i*", "Resource": "*"}"#, &[Iam]),
        (r#"{"Effect": "Allow", "Action": "i?m:*", "Resource": "*"}"#, &[Iam]),
        (r#"{"Effect": "Allow", "Action": "*m:*", "Resource": "*"}"#, &[Iam]),
        (r#"{"Effect": "Allow", "Action": "iam:?*", "Resource": "*"}"#, &[Iam]),
        (r#"{"Effect": "Allow", "Action": "**", "Resource": "*"}"#, &[Everything]),
        (r#"{"Effect": "Allow", "NotAction": ["I?M:*", "s?s:A*"], "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "s?s:*Role", "Resource": "*"}"#, &[AssumeRole]),
        // Some actions of IAM, as of every other service, are not all of them.
        (r#"{"Effect": "Allow", "Action": "*:Get*", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "s?s:*WithSAML", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/x"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}"#, &[AssumeRole]),
        (r#"{"Effect": "Allow", "Action": "sts:Assume*", "Resource": "*"}"#, &[AssumeRole]),
        (r#"{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Resource": "*"}"#, &[]),
        (r#"{"Effect": "Allow", "Action": "sts:*", "Resource": "arn:aws:iam::1:role/x"}"#, &[]),
        (
            r#"{"Effect": "Allow", "Action": "sts:*", "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
            &[AssumeRoleOnCondition],
        ),
        (
            r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "*",
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
            &[IamOnCondition],
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"Bool": {"AWS:multifactorauthpresent": "true"}}}"#,
            &[EverythingWithMfa],
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}"#,
            &[EverythingWithMfa],
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}"#,
            &[Everything],
        ),
        (
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "false"}}}"#,
            &[Everything],
        ),
    ];
    for (statement, expected) in cases {
        assert_eq!(reach_of(statement), expected, "{statement}");
    }
}

#[test]
fn documents_come_percent_encoded_and_what_cannot_be_understood_is_said_to_be_so() {
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let encoded = crate::text::percent_encoded(document);
    let detail = PolicyDetail::builder().policy_name("in").policy_document(encoded).build();
    let expected =
        Inline { name: "in".into(), reach: Reach::from([Wildcard::Everything]), document: document.into() };
    assert_eq!(Inline::read(&detail, OWNER), expected);
    for strange in ["", "{", "{}", r#"{"Statement": [{"Effect": "Maybe"}]}"#] {
        assert_eq!(reach(strange, OWNER), Reach::from([Wildcard::Unreadable]), "{strange}");
    }
}

const EVERYTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const ATTACHED: &str = "<AttachedManagedPolicies><member><PolicyName>Own</PolicyName>\
    <PolicyArn>arn:own</PolicyArn></member></AttachedManagedPolicies>";

/// An AWS with a user, a group, a role and a policy, on two pages, that counts so many users.
fn aws(users: usize) -> canned::Aws {
    let document = crate::text::percent_encoded(EVERYTHING);
    let inline =
        format!("<member><PolicyName>in</PolicyName><PolicyDocument>{document}</PolicyDocument></member>");
    const BEGINNING: &str =
        "<UserDetailList></UserDetailList><IsTruncated>true</IsTruncated><Marker>two</Marker>";
    let users_of_page_two = format!(
        "<UserDetailList><member><UserName>bob</UserName><GroupList><member>Devs</member></GroupList>{ATTACHED}\
         <UserPolicyList>{inline}</UserPolicyList></member></UserDetailList><IsTruncated>false</IsTruncated>"
    );
    let others = format!(
        "<GroupDetailList><member><GroupName>Devs</GroupName>{ATTACHED}</member></GroupDetailList><RoleDetailList>\
         <member><RoleName>Deploy</RoleName><Path>/ci/</Path>\
         <AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument>{ATTACHED}<RolePolicyList>{inline}</RolePolicyList>\
         </member></RoleDetailList><Policies><member><PolicyName>Own</PolicyName><Arn>arn:own</Arn>\
         <PolicyVersionList><member><Document>%7B%7D</Document><IsDefaultVersion>false</IsDefaultVersion></member>\
         <member><Document>{document}</Document><IsDefaultVersion>true</IsDefaultVersion></member>\
         </PolicyVersionList></member></Policies><IsTruncated>false</IsTruncated>"
    );
    canned::Aws::answering(move |call| match call.operation.as_str() {
        "GetAccountSummary" => call.xml(&counts(users, 1)),
        _ if !call.says("Filter.member.1", "User") => call.xml(&others),
        _ if call.says("Marker", "two") => call.xml(&users_of_page_two),
        _ => call.xml(BEGINNING),
    })
}

fn counts(users: usize, groups: usize) -> String {
    let entry = |(key, count)| format!("<entry><key>{key}</key><value>{count}</value></entry>");
    format!("<SummaryMap>{}{}</SummaryMap>", entry(("Users", users)), entry(("Groups", groups)))
}

#[tokio::test]
async fn users_groups_roles_and_policies_are_read_page_by_page() {
    let aws = aws(1);
    let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
    let own = || vec![Attached { name: "Own".into(), arn: "arn:own".into() }];
    let everything = || Reach::from([Wildcard::Everything]);
    let inline = || vec![Inline { name: "in".into(), reach: everything(), document: EVERYTHING.into() }];
    let expected = Rights {
        users: vec![User {
            name: "bob".into(),
            groups: vec!["Devs".into()],
            attached: own(),
            inline: inline(),
        }],
        groups: vec![Group { name: "Devs".into(), attached: own(), inline: Vec::new() }],
        roles: vec![Role {
            name: "Deploy".into(),
            path: "/ci/".into(),
            trust: "{}".into(),
            attached: own(),
            inline: inline(),
        }],
        policies: vec![Policy { name: "Own".into(), arn: "arn:own".into(), reach: everything() }],
    };
    let rights = read(&Readings::by(&identity, "Administrators")).await.unwrap().unwrap();
    assert_eq!(rights, expected);
    assert_eq!(rights.members("DEVS").count(), 1);
    let asked = aws.heard().into_iter().filter(|call| call.operation.starts_with("GetAccountAuth"));
    let asked: Vec<_> = asked.collect();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|call| call.says("MaxItems", "1000")), "{asked:?}");
    assert!(asked.iter().any(|call| call.body.contains("=Role")), "{asked:?}");
}

/// A role and a policy are in the answer.
#[tokio::test]
async fn an_answer_that_leaves_roles_or_policies_out_is_none() {
    const LISTS: &str = "<UserDetailList></UserDetailList><RoleDetailList><member><RoleName>Deploy</RoleName>\
        </member></RoleDetailList><Policies><member><PolicyName>Own</PolicyName></member></Policies>\
        <IsTruncated>false</IsTruncated>";
    const USERS: &str = "<UserDetailList></UserDetailList><IsTruncated>false</IsTruncated>";
    let summary = |roles: usize, policies: usize| {
        let entry = |(key, count)| format!("<entry><key>{key}</key><value>{count}</value></entry>");
        let counts = [("Users", 0), ("Groups", 0), ("Roles", roles), ("Policies", policies)].map(entry);
        format!("<SummaryMap>{}</SummaryMap>", counts.concat())
    };
    for (summary, details, missing) in [
        (summary(1, 1), LISTS, None),
        (summary(2, 1), LISTS, Some("1 of 2 roles")),
        (summary(1, 2), LISTS, Some("1 of 2 customer managed policies")),
        (summary(0, 0), USERS, None),
        (summary(1, 0), USERS, Some("0 of 1 roles")),
        (counts(0, 0), LISTS, None),
        (counts(0, 0), USERS, Some("nothing of roles")),
    ] {
        let answer = summary.clone();
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "GetAccountSummary" => call.xml(&answer),
            _ => call.xml(details),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let found = read(&Readings::by(&identity, "Administrators")).await.unwrap();
        match missing {
            None => assert!(found.is_ok(), "{summary} {details}: {found:?}"),
            Some(words) => assert!(found.unwrap_err().text().en.contains(words), "{summary} {details}"),
        }
    }
}

/// AWS answers everything with what it has not got.
#[tokio::test]
async fn an_answer_that_leaves_users_or_groups_out_is_none() {
    let others = "<RoleDetailList></RoleDetailList><Policies></Policies><IsTruncated>false</IsTruncated>";
    let nothing = "<UserDetailList></UserDetailList><RoleDetailList></RoleDetailList><Policies></Policies>\
        <IsTruncated>false</IsTruncated>";
    for (summary, details, missing) in [
        (counts(3, 1), "", Some("0 of 3 users and 0 of 1 groups")),
        (counts(0, 2), nothing, Some("0 of 0 users and 0 of 2 groups")),
        (counts(0, 0), nothing, None),
        (counts(0, 0), others, None),
        (String::new(), "", Some("says nothing of users")),
        (String::new(), nothing, None),
    ] {
        let answer = summary.clone();
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "GetAccountSummary" => call.xml(&answer),
            _ => call.xml(details),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let found = read(&Readings::by(&identity, "Administrators")).await.unwrap();
        match missing {
            None => assert_eq!(found, Ok(Rights::default()), "{summary} {details}"),
            Some(words) => assert!(found.unwrap_err().text().en.contains(words), "{summary} {details}"),
        }
    }
    let short = aws(2);
    let identity = short.connection(Access::ReadOnly).started_as().await.unwrap();
    let found = read(&Readings::by(&identity, "Administrators")).await.unwrap().unwrap_err();
    assert!(found.text().en.contains("1 of 2 users"), "{}", found.text().en);
}
