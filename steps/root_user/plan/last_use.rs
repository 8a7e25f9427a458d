//! How the age and the last use of a key are told.

use crate::aws::Reading;
use crate::root_user::facts::LastUse;
use crate::text;
use crate::text::{Text, counted, harmless};

/// The day of a date with the time of day.
pub(super) fn day(date: &str) -> String {
    harmless(date.split('T').next().unwrap_or_default())
}

/// When, by which service and where a key was used last.
pub(super) fn used(last_use: &Reading<Option<LastUse>>) -> Text {
    match last_use {
        Err(_) => text! { en: "last use not known", ko: "마지막 사용 알 수 없음" },
        Ok(None) => text! { en: "never used, as far as AWS tells", ko: "AWS 기록상 사용된 적 없음" },
        Ok(Some(last)) => {
            let (days, service, region) = (last.days_ago, harmless(&last.service), harmless(&last.region));
            let ago = counted(days, "day");
            match days {
                0 => {
                    text! { en: "last used less than a day ago by {service}, {region}", ko: "하루 이내 {service}, {region}에서 마지막 사용" }
                }
                _ => {
                    text! { en: "last used {ago} ago by {service}, {region}", ko: "{days}일 전 {service}, {region}에서 마지막 사용" }
                }
            }
        }
    }
}
