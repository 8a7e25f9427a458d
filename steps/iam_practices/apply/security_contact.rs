//! Gives the account a contact for security notices, unless somebody else has done so meanwhile.
//!
//! AWS takes a contact as a whole and asks nobody whether another one is there already. The plan was made of an account
//! without one, so it is looked once more right before: a contact that was named since then stays.

use aws_sdk_account::types::{AlternateContact, AlternateContactType};

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::meanwhile;
use crate::text;

/// Names the contact: its name, its title, its e-mail address and its phone number.
pub(super) async fn set(identity: &Identity, contact: [&String; 4]) -> Result<(), StepError> {
    let account = identity.account();
    let now = account.get_alternate_contact().alternate_contact_type(AlternateContactType::Security).send();
    let now = unless("ResourceNotFound", now.await.for_call("account:GetAlternateContact"))?;
    match now.and_then(|answer| answer.alternate_contact) {
        Some(now) if is(&now, contact) => return Ok(()),
        Some(now) => return Err(somebody_is_named(&now)),
        None => {}
    }
    let [name, title, email, phone] = contact;
    let put = account.put_alternate_contact().alternate_contact_type(AlternateContactType::Security);
    let put = put.name(name).title(title).email_address(email).phone_number(phone);
    put.send().await.for_call("account:PutAlternateContact")?;
    Ok(())
}

/// As after a lost answer, or where somebody else has put the very same.
fn is(now: &AlternateContact, [name, title, email, phone]: [&String; 4]) -> bool {
    let same = [(now.name(), name), (now.title(), title), (now.phone_number(), phone)];
    same.into_iter().all(|(now, wanted)| now == Some(wanted.as_str()))
        && now.email_address().is_some_and(|now| now.eq_ignore_ascii_case(email))
}

fn somebody_is_named(now: &AlternateContact) -> StepError {
    let whom = now.email_address().unwrap_or_default();
    meanwhile::changed(
        &text! { en: "the contact for security notices", ko: "보안 알림 연락처의 내용" },
        &text! { en: "it is {whom} now", ko: "지금은 {whom}" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    /// What is asked of AWS to name a contact where this one is there by then, and what comes of it.
    async fn set_where_there_is(now: Option<[&str; 4]>) -> (Vec<String>, Result<(), StepError>) {
        let now = now.map(|[name, title, email, phone]| {
            let contact = serde_json::json!({
                "AlternateContactType": "SECURITY", "Name": name, "Title": title, "EmailAddress": email,
                "PhoneNumber": phone
            });
            serde_json::json!({ "AlternateContact": contact }).to_string()
        });
        let aws = canned::Aws::answering(move |call| {
            match (call.operation.ends_with("/getAlternateContact"), &now) {
                (true, Some(now)) => Some((200, now.clone())),
                (true, None) => call.refused(404, "ResourceNotFoundException"),
                (false, _) => Some((200, "{}".into())),
            }
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let contact = ["Security", "Security contact", "security@example.com", "+82 2 555 0100"];
        let contact = contact.map(str::to_owned);
        let result = set(&identity, contact.each_ref()).await;
        let asked = aws.heard().into_iter().skip(1);
        let asked = asked.map(|call| call.operation.rsplit('/').next().unwrap_or_default().to_owned());
        (asked.collect(), result)
    }

    #[tokio::test]
    async fn a_contact_is_named_where_there_is_none() {
        let (asked, result) = set_where_there_is(None).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(asked, ["getAlternateContact", "putAlternateContact"]);
    }

    #[tokio::test]
    async fn a_contact_that_somebody_has_named_meanwhile_stays_and_is_told_of() {
        let (ours, phone) = ("security@example.com", "+82 2 555 0100");
        for other in [
            ["Kim", "CISO", "kim@example.com", "+82 2 555 0199"],
            ["Security", "Security contact", ours, "+82 2 555 0199"],
            ["Kim", "Security contact", ours, phone],
        ] {
            let (asked, result) = set_where_there_is(Some(other)).await;
            assert_eq!(asked, ["getAlternateContact"], "{other:?}");
            let error = result.unwrap_err();
            let text = error.text();
            assert!(text.en.contains(other[2]) && text.ko.contains(other[2]), "{text:?}");
            assert!(text.en.contains("the contact for security notices"), "{text:?}");
            assert!(error.hint().unwrap().en.contains("Nothing was overwritten"), "{error:?}");
        }
    }

    /// An e-mail address means the same in small letters and in capitals.
    #[tokio::test]
    async fn the_same_contact_is_not_named_twice() {
        for email in ["security@example.com", "Security@Example.COM"] {
            let now = ["Security", "Security contact", email, "+82 2 555 0100"];
            let (asked, result) = set_where_there_is(Some(now)).await;
            assert!(result.is_ok(), "{email}: {result:?}");
            assert_eq!(asked, ["getAlternateContact"], "{email}");
        }
    }
}
