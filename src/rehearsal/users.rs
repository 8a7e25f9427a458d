//! Users as IAM shows them, with the last use of their console password.

use winterbaume_core::{MockResponse, xml_escape};
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::UserView;

use super::ACCOUNT_ID;
use super::iam::Page;
use super::kept::Memory;
use super::wire::{Call, iso, iso_again};

const USERS_PER_PAGE: usize = 100;

/// Answers `GetUser`, about a user or, for none, about root, and `ListUsers`.
pub(crate) fn answer(call: &Call, user: Option<&str>, view: &IamStateView, memory: &Memory) -> MockResponse {
    match (call.operation.as_str(), user) {
        ("ListUsers", _) => list(call, view, memory),
        (_, None) => root(call, memory),
        (_, Some(user)) => match view.users.get(user) {
            Some(user) => {
                let (fields, tags) = (fields(user, memory), tags(user));
                call.xml(&format!("<User>{fields}{tags}</User>"))
            }
            None => call.refuse(404, "NoSuchEntity", &format!("The user with name {user} cannot be found.")),
        },
    }
}

fn root(call: &Call, memory: &Memory) -> MockResponse {
    let (made, used) = (iso(memory.opened()), iso(memory.root.login.made));
    call.xml(&format!(
        "<User><UserId>{ACCOUNT_ID}</UserId><Arn>arn:aws:iam::{ACCOUNT_ID}:root</Arn>\
         <CreateDate>{made}</CreateDate><PasswordLastUsed>{used}</PasswordLastUsed></User>"
    ))
}

fn list(call: &Call, view: &IamStateView, memory: &Memory) -> MockResponse {
    let below = call.parameter("PathPrefix").unwrap_or("/");
    let mut users: Vec<_> = view.users.values().filter(|user| user.path.starts_with(below)).collect();
    users.sort_by(|one, other| one.name.cmp(&other.name));
    match Page::of(call, users.len(), USERS_PER_PAGE) {
        Ok(page) => {
            let member = |user: &&UserView| format!("<member>{}</member>", fields(user, memory));
            let members: String = users[page.range()].iter().map(member).collect();
            call.xml(&format!("<Users>{members}</Users>{}", page.end()))
        }
        Err(refusal) => refusal,
    }
}

/// What lists and single answers have alike.
pub(crate) fn fields(user: &UserView, memory: &Memory) -> String {
    let used = memory.passwords.get(&user.name).and_then(|password| password.used);
    let used = used.map(|used| format!("<PasswordLastUsed>{}</PasswordLastUsed>", iso(used)));
    format!(
        "<Path>{}</Path><UserName>{}</UserName><UserId>{}</UserId><Arn>{}</Arn><CreateDate>{}</CreateDate>{}",
        xml_escape(&user.path),
        xml_escape(&user.name),
        user.user_id,
        xml_escape(&user.arn),
        iso_again(user.create_date.as_deref()).unwrap_or_default(),
        used.unwrap_or_default()
    )
}

fn tags(user: &UserView) -> String {
    if user.tags.is_empty() {
        return String::new();
    }
    let mut tags: Vec<_> = user.tags.iter().collect();
    tags.sort();
    let member = |(key, value): (&String, &String)| {
        format!("<member><Key>{}</Key><Value>{}</Value></member>", xml_escape(key), xml_escape(value))
    };
    format!("<Tags>{}</Tags>", tags.into_iter().map(member).collect::<String>())
}
