//! The account as a whole: who it belongs to, its Regions, its contacts, its plan, and that it is in no organization.

use serde_json::{Value, json};
use steps::regions;
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::service::Service;
use super::wire::{Call, iso, json_answer};

/// The Regions that every account has from the beginning. The others are switched on one by one.
const DEFAULT_REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];
const REGIONS_PER_PAGE: usize = 50;
/// The free plan ends six months after the account was opened.
const FREE_FOR: u64 = 183 * 86_400;

/// Whether a Region is switched on.
pub(crate) fn is_enabled(region: &str) -> bool {
    DEFAULT_REGIONS.contains(&region)
}

/// Answers a call.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    match (call.service, call.operation.as_str()) {
        (Service::FreeTier, "GetAccountPlanState") => plan(memory),
        (Service::Organizations, "DescribeOrganization") => call.refuse(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ),
        (Service::Account, _) if is_about_another(call) => call.deny(
            "The account is not one of an organization in which the caller may ask about other accounts.",
        ),
        (Service::Account, "GetAccountInformation") => rest(&json!({
            "AccountId": ACCOUNT_ID, "AccountName": "Practice", "AccountState": "ACTIVE",
            "AccountCreatedDate": iso(memory.opened())
        })),
        (Service::Account, "ListRegions") => list_regions(call),
        (Service::Account, "GetContactInformation") => rest(&json!({"ContactInformation": owner()})),
        (Service::Account, "GetAlternateContact") => alternate_contact(call, memory),
        (Service::Account, "PutAlternateContact") => put_alternate_contact(call, memory),
        _ => call.unknown(),
    }
}

/// A standalone account asks about itself, and does not say so.
fn is_about_another(call: &Call) -> bool {
    !call.text("AccountId").is_empty()
}

fn rest(value: &Value) -> MockResponse {
    MockResponse::rest_json(200, value.to_string())
}

fn plan(memory: &Memory) -> MockResponse {
    json_answer(&json!({
        "accountId": ACCOUNT_ID, "accountPlanType": "FREE", "accountPlanStatus": "ACTIVE",
        "accountPlanRemainingCredits": {"amount": 100.0, "unit": "USD"},
        "accountPlanExpirationDate": iso(memory.opened() + FREE_FOR)
    }))
}

fn owner() -> Value {
    json!({
        "FullName": "Practice Owner", "AddressLine1": "1 Practice Street", "City": "Seattle",
        "StateOrRegion": "WA", "PostalCode": "98101", "CountryCode": "US", "PhoneNumber": "+12065550100"
    })
}

fn list_regions(call: &Call) -> MockResponse {
    let most =
        call.json.get("MaxResults").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(REGIONS_PER_PAGE);
    let from = match call.text("NextToken") {
        "" => Some(0),
        token => token.parse::<usize>().ok(),
    };
    let Some(from) = from.filter(|_| (1..=REGIONS_PER_PAGE).contains(&most)) else {
        return call.refuse(400, "ValidationException", "MaxResults or NextToken does not hold up");
    };
    let wanted = call.json.get("RegionOptStatusContains").and_then(Value::as_array);
    let regions: Vec<_> = regions::COMMERCIAL
        .into_iter()
        .map(|region| (region, if is_enabled(region) { "ENABLED_BY_DEFAULT" } else { "DISABLED" }))
        .filter(|(_, status)| wanted.is_none_or(|wanted| wanted.iter().any(|word| word == status)))
        .collect();
    let page: Vec<_> = regions
        .iter()
        .skip(from)
        .take(most)
        .map(|(region, status)| json!({"RegionName": region, "RegionOptStatus": status}))
        .collect();
    let mut answer = json!({"Regions": page});
    if regions.len() > from + most {
        answer["NextToken"] = json!((from + most).to_string());
    }
    rest(&answer)
}

const CONTACTS: [&str; 3] = ["BILLING", "OPERATIONS", "SECURITY"];

fn alternate_contact(call: &Call, memory: &Memory) -> MockResponse {
    let kind = call.text("AlternateContactType");
    if !CONTACTS.contains(&kind) {
        return call.refuse(400, "ValidationException", "There is no such type of contact");
    }
    match memory.contacts.get(kind) {
        Some(contact) => rest(&json!({"AlternateContact": contact})),
        None => call.refuse(
            404,
            "ResourceNotFoundException",
            "No contact of the inputted alternate contact type found.",
        ),
    }
}

fn put_alternate_contact(call: &Call, memory: &mut Memory) -> MockResponse {
    let (kind, email) = (call.text("AlternateContactType"), call.text("EmailAddress"));
    let whole = ["Name", "Title", "PhoneNumber"].into_iter().all(|name| !call.text(name).trim().is_empty());
    let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if !CONTACTS.contains(&kind) || !whole || !is_address {
        return call.refuse(400, "ValidationException", "The contact does not hold up");
    }
    let contact = json!({
        "AlternateContactType": kind, "EmailAddress": email, "Name": call.text("Name"), "Title": call.text("Title"),
        "PhoneNumber": call.text("PhoneNumber")
    });
    memory.contacts.insert(kind.to_owned(), contact);
    MockResponse { status: 200, headers: http::HeaderMap::new(), body: bytes::Bytes::new() }
}
