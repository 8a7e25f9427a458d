//! How the step about who would notice stands: whether root is still used, and what watches over the account.

use crate::answers::Answers;
use crate::aws::{Reading, Unseen};
use crate::credential_report::{CredentialReport, Row};
use crate::moment::day;
use crate::practice::{Offer, PersonTask, Seen, State, StepId, StepPlan};
use crate::text;
use crate::text::{Text, counted, harmless};

use super::facts::{Analyzer, Facts, SupportRole};
use super::lifetimes::{days_since, has_passed};
use super::plan::{Change, accept_it, basis, bracketed, listed, sentences};
use super::rights::User;
use super::root_alarm::{Alarm, Lack};
use super::{ANALYZER, SUPPORT_ROLE, support_access};

/// While an account is set up, root is used. So many days after there is an administrator, that has an end; where none is
/// known, so many days after the account was opened.
const SETTING_UP_DAYS: i64 = 7;
/// A use of root is asked about for so many days; one sign-in is not to keep the step open for ever.
const ROOT_USE_DAYS: i64 = 7;

/// What the readings come to.
#[derive(Default)]
struct Watch {
    /// What is as it should be.
    found: Vec<Text>,
    changes: Vec<Change>,
    /// What to know beside what is left.
    notes: Vec<Text>,
    /// What only a person can do.
    person: Vec<Left>,
    /// What the person is asked for.
    asks: Option<(&'static str, Text)>,
    /// What is made only by a yes of its own, and never by Enter alone.
    offer: Option<Offer<Change>>,
    /// What stays as it is, because the answers say so.
    by_word: Option<Text>,
    /// What only the owner of an address can do, and the account shows once it is done.
    confirms: Option<(Text, Vec<Text>)>,
    unseen: Vec<Unseen>,
}

/// What only a person can do.
struct Left {
    /// In a sentence.
    what: Text,
    /// How, in the answers file too.
    how: Text,
    /// The same before anything is asked of a person who is there; none where the question itself comes.
    before_asking: Option<Text>,
}

/// `activity-monitoring`.
pub(super) fn activity(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let mut watch = Watch::default();
    watch.root_use(facts, answers);
    watch.analyzer(facts);
    watch.support_role(facts);
    watch.security_contact(facts, answers);
    watch.other_contacts(facts);
    watch.public_access(facts, answers);
    watch.root_alarm(facts, answers);
    watch.trail(facts);
    let plan = watch.judged(answers.attended);
    let may_be_offered = answers.attended && facts.partition != "aws-cn";
    match &answers.trail.root_alarm_email {
        None if may_be_offered => plan.offering("trail.root_alarm_email", offered_alarm()),
        _ => plan,
    }
}

fn offered_alarm() -> Text {
    text! {
        en: "Get an e-mail whenever root is used? 1,000 a month are free. Your e-mail address, or Enter for none",
        ko: "루트 사용자가 쓰일 때마다 이메일을 받을까요? 월 1,000통까지 무료입니다. 이메일 주소(받지 않으려면 Enter)"
    }
}

impl Left {
    /// What is done elsewhere than in the answers.
    fn elsewhere(what: Text, how: Text) -> Self {
        Self { what, before_asking: Some(how.clone()), how }
    }

    /// What a person who is there is asked.
    fn asked(what: Text, how: Text) -> Self {
        Self { what, how, before_asking: None }
    }

    fn in_words(self, attended: bool) -> Text {
        let how = if attended { self.before_asking } else { Some(self.how) };
        sentences(std::iter::once(self.what).chain(how))
    }
}

impl Watch {
    fn judged(self, attended: bool) -> StepPlan<Change> {
        let step = StepId::ActivityMonitoring;
        let mut unseen: Vec<Unseen> = Vec::new();
        for each in self.unseen {
            // Each Region of the alarm is asked, and refuses in the same words.
            if !unseen.contains(&each) {
                unseen.push(each);
            }
        }
        let plan = if !self.changes.is_empty() {
            let left = self.person.into_iter().map(|left| left.in_words(attended));
            left.fold(StepPlan::to_change(step, self.changes, Text::default()), StepPlan::with_note)
        } else if !self.person.is_empty() {
            let task = task(self.person, self.asks, self.confirms);
            StepPlan { offer: self.offer, ..StepPlan::needs_person(step, task) }
        } else if let Some((what, how)) = self.confirms {
            StepPlan::needs_person(step, PersonTask { what, how, seen: Seen::InAccount })
        } else if !unseen.is_empty() {
            return standing(State::NotAssessed, sentences(unseen.iter().map(Unseen::reason)));
        } else if let Some(word) = self.by_word {
            return standing(State::Accepted, word);
        } else {
            return StepPlan::in_place(step, listed(self.found));
        };
        let plan = self.notes.into_iter().chain(self.by_word).fold(plan, StepPlan::with_note);
        unseen.into_iter().fold(plan, StepPlan::with_unseen)
    }

    /// A day-one account is set up by root, so root counts as used only when an administrator has been there for a while,
    /// or the account, where nobody is known to be one.
    fn root_use(&mut self, facts: &Facts, answers: &Answers) {
        let report = match &facts.report {
            Ok(report) => report,
            Err(unseen) => return self.unseen.push(unseen.clone()),
        };
        let Some(root) = report.root() else { return };
        let by = basis(facts);
        let Some((used, how)) = last_use(root) else {
            let found = text! { en: "root was never used", ko: "루트 사용자를 쓴 기록 없음" };
            return self.found.push(bracketed(&found, &by));
        };
        let (on, days) = (day(Some(used)), days_since(Some(used), facts.now).unwrap_or_default());
        let ago = counted(days, "day");
        let found = if days == 0 {
            text! { en: "root last used {on}, less than a day ago", ko: "루트 사용자의 마지막 사용 {on}(하루 이내)" }
        } else {
            text! { en: "root last used {on}, {ago} ago", ko: "루트 사용자의 마지막 사용 {on}({days}일 전)" }
        };
        if has_passed(Some(used), ROOT_USE_DAYS, facts.now) {
            return self.found.push(bracketed(&found, &by));
        }
        let first = match first_administrator(facts, report, answers) {
            Err(unseen) => return self.unseen.push(unseen),
            Ok(first) => first,
        };
        if first.leaves_setting_up(root, used) {
            return self.found.push(bracketed(&found, &by));
        }
        let (until, today) = (answers.iam.root_use_explained_until.as_ref(), day(Some(facts.now)));
        if let Some(until) = until.filter(|until| on <= **until && **until <= today) {
            let (en, ko) = (&found.en, &found.ko);
            let explained = text! {
                en: "{en}, explained by the answers until {until}",
                ko: "{ko}, 응답에서 {until}까지의 사용을 설명함"
            };
            return self.found.push(bracketed(&explained, &by));
        }
        if let Some(ahead) = until.filter(|until| **until > today) {
            self.notes.push(lies_ahead(ahead, &today));
        }
        let group = (first == FirstAdministrator::Unknown).then(name_the_group);
        let before = [look_at_root(), by.clone()].into_iter().chain(group.clone());
        self.person.push(Left {
            what: find_out_why(&on, &how, first),
            before_asking: Some(sentences(before)),
            how: sentences([look_at_root(), once_explained(&on), by].into_iter().chain(group)),
        });
    }

    fn analyzer(&mut self, facts: &Facts) {
        let region = &facts.region;
        match &facts.analyzer {
            Err(unseen) => self.unseen.push(unseen.clone()),
            Ok(Analyzer::Working(name)) => {
                let name = harmless(name);
                self.found.push(text! { en: "analyzer {name} in {region}", ko: "{region}의 분석기 {name}" });
            }
            Ok(Analyzer::Missing) => {
                self.changes
                    .push(Change::CreateAnalyzer { region: region.clone(), name: ANALYZER.to_owned() });
                self.notes.push(text! {
                    en: "The analyzer looks at {region} and at IAM. For further Regions run dayone there: --region REGION --only activity-monitoring",
                    ko: "분석기는 {region} 리전과 IAM을 살핍니다. 다른 리전은 --region 리전 --only activity-monitoring으로 실행하세요."
                });
            }
            Ok(Analyzer::NotWorking(name)) => {
                let name = harmless(name);
                self.person.push(Left::elsewhere(
                    text! {
                        en: "Mend the analyzer {name} in {region}: it does not work.",
                        ko: "{region}의 분석기 {name}이(가) 동작하지 않으니 고치세요."
                    },
                    text! {
                        en: "IAM console, Access Analyzer, Analyzer settings: delete it, and dayone makes a new one.",
                        ko: "IAM 콘솔의 Access Analyzer, 분석기 설정에서 삭제하면 dayone이 새로 만듭니다."
                    },
                ));
            }
        }
    }

    fn support_role(&mut self, facts: &Facts) {
        let attach = || Change::AttachSupportAccess {
            role: SUPPORT_ROLE.to_owned(),
            policy: support_access(&facts.partition),
        };
        match &facts.support {
            Err(unseen) => self.unseen.push(unseen.clone()),
            Ok(SupportRole::Ready(role)) => {
                let role = harmless(role);
                self.found.push(text! { en: "support role {role}", ko: "지원 역할 {role}" });
            }
            Ok(SupportRole::Missing) => {
                self.changes.push(Change::CreateSupportRole { role: SUPPORT_ROLE.to_owned() });
                self.changes.push(attach());
            }
            Ok(SupportRole::Bare) => self.changes.push(attach()),
            Ok(SupportRole::Namesake) => self.person.push(Left::elsewhere(
                text! {
                    en: "There is a role {SUPPORT_ROLE} already that somebody else may take on.",
                    ko: "다른 주체가 수임할 수 있는 {SUPPORT_ROLE} 역할이 이미 있습니다."
                },
                text! {
                    en: "Attach AWSSupportAccess to a role of your choice, or delete that one, and dayone makes it anew.",
                    ko: "원하는 역할에 AWSSupportAccess를 연결하거나, 그 역할을 삭제하면 dayone이 새로 만듭니다."
                },
            )),
        }
    }

    /// Public buckets stop being public, which only somebody who knows them can decide.
    fn public_access(&mut self, facts: &Facts, answers: &Answers) {
        match (&facts.public_access_blocked, answers.iam.block_public_s3) {
            (Err(unseen), _) => self.unseen.push(unseen.clone()),
            (Ok(true), _) => {
                self.found.push(text! { en: "S3 blocks public access", ko: "S3 퍼블릭 액세스 차단됨" });
            }
            (Ok(false), Some(false)) => {
                self.by_word = Some(text! {
                    en: "S3 does not block public access in the whole account, by your word (block_public_s3 = false)",
                    ko: "응답(block_public_s3 = false)에 따라 계정 전체의 S3 퍼블릭 액세스를 차단하지 않음"
                });
            }
            (Ok(false), Some(true)) => {
                self.changes.push(block_public_access(facts));
                self.notes.push(sentences([what_stops_being_public(), keep_it_public()]));
            }
            (Ok(false), None) => self.decide_public_access(facts, answers),
        }
    }

    /// Where a person is there, it is a question of its own, and keeps no other one from being asked.
    fn decide_public_access(&mut self, facts: &Facts, answers: &Answers) {
        let what = text! {
            en: "Decide whether S3 blocks public access in the whole account.",
            ko: "계정 전체에서 S3 퍼블릭 액세스를 차단할지 정하세요."
        };
        let how = text! {
            en: "block_public_s3 = true or false under [iam] in the answers.",
            ko: "응답의 [iam] 아래 block_public_s3 = true 또는 false로 적으세요."
        };
        let if_there_is_one = if answers.attended { leave_it_off() } else { keep_it_public() };
        self.notes.push(sentences([what_stops_being_public(), if_there_is_one]));
        if answers.attended {
            self.offer = Some(Offer {
                question: text! {
                    en: "Have S3 block public access in the whole account?",
                    ko: "계정 전체에서 S3 퍼블릭 액세스를 차단할까요?"
                },
                key: None,
                changes: vec![block_public_access(facts)],
            });
        }
        if answers.attended && self.asks.is_some() && self.person.len() == 1 {
            self.notes.push(what);
        } else {
            self.person.push(Left::asked(what, how));
        }
    }

    fn security_contact(&mut self, facts: &Facts, answers: &Answers) {
        if facts.has_no_contacts_of_its_own() {
            return self.found.push(text! {
                en: "contacts do not apply here: they are those of the standard account that belongs to this one, and were not looked at",
                ko: "연락처는 해당 없음: 이 계정에 연결된 표준 계정의 연락처를 쓰며 확인하지 않음"
            });
        }
        let iam = &answers.iam;
        match (&facts.security_contact, &iam.security_contact_email, &iam.security_contact_phone) {
            (Err(unseen), _, _) => self.unseen.push(unseen.clone()),
            (Ok(true), _, _) => {
                self.found.push(text! { en: "a contact for security notices", ko: "보안 알림 연락처 있음" });
            }
            (Ok(false), Some(email), Some(phone)) => self.changes.push(Change::SetSecurityContact {
                name: iam.security_contact_name.clone(),
                title: iam.security_contact_title.clone(),
                email: email.clone(),
                phone: phone.clone(),
            }),
            (Ok(false), None, _) => self.asks_for(
                "iam.security_contact_email",
                text! {
                    en: "Name an e-mail address for AWS's security notices.",
                    ko: "AWS의 보안 알림을 받을 이메일 주소를 정하세요."
                },
            ),
            (Ok(false), Some(_), None) => self.asks_for(
                "iam.security_contact_phone",
                text! {
                    en: "Name a phone number for AWS's security notices (+82 2 555 0100).",
                    ko: "AWS의 보안 알림을 받을 전화번호를 정하세요(+82 2 555 0100)."
                },
            ),
        }
    }

    /// They are not required, and a pass says whether they are there.
    fn other_contacts(&mut self, facts: &Facts) {
        if facts.has_no_contacts_of_its_own() {
            return;
        }
        self.found.push(match &facts.other_contacts {
            Err(unseen) => return self.unseen.push(unseen.clone()),
            Ok([true, true]) => text! {
                en: "contacts for billing and operations",
                ko: "결제와 운영 연락처 있음"
            },
            Ok([false, true]) => text! {
                en: "no contact for billing, which is not required",
                ko: "결제 연락처 없음(필수 아님)"
            },
            Ok([true, false]) => text! {
                en: "no contact for operations, which is not required",
                ko: "운영 연락처 없음(필수 아님)"
            },
            Ok([false, false]) => text! {
                en: "no contacts for billing and operations, which are not required",
                ko: "결제와 운영 연락처 없음(필수 아님)"
            },
        });
    }

    /// The trail has steps of its own. A pass here says whether anything is recorded that could be noticed.
    fn trail(&mut self, facts: &Facts) {
        self.found.push(match &facts.trail {
            Err(unseen) => return self.unseen.push(unseen.clone()),
            Ok(Some(name)) => {
                let name = harmless(name);
                text! {
                    en: "trail {name} covers all Regions (see the step trail)",
                    ko: "추적 {name}이(가) 모든 리전을 기록(trail 단계 참고)"
                }
            }
            Ok(None) => text! {
                en: "no trail covers all Regions (see the step trail)",
                ko: "모든 리전을 기록하는 추적 없음(trail 단계 참고)"
            },
        });
    }

    fn root_alarm(&mut self, facts: &Facts, answers: &Answers) {
        let Some(email) = &answers.trail.root_alarm_email else {
            if facts.partition != "aws-cn" {
                self.found.push(alarm_not_looked_at(answers.attended));
            }
            return;
        };
        let (mut changes, mut to_confirm, mut whole) = (Vec::new(), Vec::new(), Vec::new());
        for alarm in &facts.root_alarm {
            let (topic, rule) = match (&alarm.topic, &alarm.rule) {
                (Ok(topic), Ok(rule)) => (topic.as_ref(), rule.as_ref()),
                (Err(unseen), _) | (_, Err(unseen)) => {
                    self.unseen.push(unseen.clone());
                    continue;
                }
            };
            match alarm.lacks(topic, rule, email) {
                Lack::Nothing => whole.push(alarm),
                Lack::Changes(lacking) => changes.extend(lacking.into_iter().map(Change::RootAlarm)),
                Lack::Confirmation => to_confirm.push(alarm),
                Lack::Policy(text) => self.person.push(Left::elsewhere(mend_topic(), text)),
            }
        }
        if !changes.is_empty() {
            self.changes.append(&mut changes);
            self.notes.push(reach_of_alarm(&facts.root_alarm));
        }
        if !to_confirm.is_empty() {
            self.confirms = Some(confirm(&to_confirm, email));
        }
        if !whole.is_empty() {
            let (email, regions) = (harmless(email), regions(&whole));
            self.found.push(text! {
                en: "an e-mail to {email} when root is used ({regions})",
                ko: "루트 사용자가 쓰이면 {email}에 이메일({regions})"
            });
        }
    }

    fn asks_for(&mut self, key: &'static str, what: Text) {
        self.person.push(Left::asked(
            what.clone(),
            text! {
                en: "security_contact_email and security_contact_phone under [iam] in the answers; or in the console: Account, Alternate contacts, Security.",
                ko: "응답의 [iam] 아래 security_contact_email과 security_contact_phone에 적거나, 콘솔의 계정, 대체 연락처, 보안에 입력하세요."
            },
        ));
        self.asks = Some((key, what));
    }
}

fn block_public_access(facts: &Facts) -> Change {
    Change::BlockPublicAccess { account: facts.account.clone(), region: facts.region.clone() }
}

fn what_stops_being_public() -> Text {
    text! {
        en: "With Block Public Access on, buckets that are public on purpose, such as websites without CloudFront, stop being public.",
        ko: "퍼블릭 액세스를 차단하면 CloudFront 없이 공개한 웹사이트처럼 의도적으로 공개한 버킷도 닫힙니다."
    }
}

/// To a person who is asked.
fn leave_it_off() -> Text {
    text! { en: "If you have one, leave it off.", ko: "그런 버킷이 있으면 차단하지 마세요." }
}

/// To who answers beforehand.
fn keep_it_public() -> Text {
    text! {
        en: "If you have one, set block_public_s3 = false under [iam] in the answers.",
        ko: "그런 버킷이 있으면 응답의 [iam] 아래 block_public_s3 = false로 적으세요."
    }
}

/// What nobody has asked for is not looked at, so there may be an alarm of somebody else's or none. A person who is there
/// is asked for the address right away.
fn alarm_not_looked_at(attended: bool) -> Text {
    match attended {
        true => text! {
            en: "whether something raises an alarm on the use of root was not looked at",
            ko: "루트 사용 경보가 있는지는 확인하지 않음"
        },
        false => text! {
            en: "whether something raises an alarm on the use of root was not looked at (root_alarm_email)",
            ko: "루트 사용 경보가 있는지는 확인하지 않음(root_alarm_email)"
        },
    }
}

/// The step in a state that has a reason.
fn standing(state: State, reason: Text) -> StepPlan<Change> {
    StepPlan { state, ..StepPlan::blocked(StepId::ActivityMonitoring, reason) }
}

/// What a person is asked for is asked at once where nothing else is left but an e-mail to be confirmed, which can be
/// waited for after that; else all of it is named.
fn task(
    person: Vec<Left>,
    asks: Option<(&'static str, Text)>,
    confirms: Option<(Text, Vec<Text>)>,
) -> PersonTask {
    let to_confirm = confirms.map(|(what, _)| what);
    match asks {
        Some((key, what)) if person.len() == 1 => {
            let how = person.into_iter().map(|left| left.how).chain(to_confirm).collect();
            PersonTask { what, how, seen: Seen::ByAnswer(key) }
        }
        _ => {
            let left = person.into_iter().map(|left| (left.what, left.how));
            let (mut what, mut how): (Vec<_>, Vec<_>) = left.unzip();
            what.extend(to_confirm);
            how.push(accept_it(StepId::ActivityMonitoring));
            PersonTask { what: sentences(what), how, seen: Seen::Elsewhere }
        }
    }
}

/// How to find out what root did.
fn look_at_root() -> Text {
    text! {
        en: "If there is an alarm on the use of root, its message tells the time. Event History shows what root did: dayone events --root --all-regions; sign-ins are in us-east-1, us-east-2 or us-west-2.",
        ko: "루트 사용자 경보가 있다면 그 메시지에서 시각을 확인하세요. 이벤트 기록(Event History)에는 한 일이 나옵니다: dayone events --root --all-regions. 로그인은 us-east-1, us-east-2, us-west-2에 기록됩니다."
    }
}

/// Nobody can explain a use that has not happened yet.
fn lies_ahead(until: &str, today: &str) -> Text {
    text! {
        en: "root_use_explained_until = \"{until}\" lies ahead and explains nothing: name a day up to {today}.",
        ko: "root_use_explained_until = \"{until}\"은(는) 미래의 날짜라 적용하지 않습니다. {today}까지의 날짜를 적으세요."
    }
}

/// How to say that it is known.
fn once_explained(on: &str) -> Text {
    text! {
        en: "Once it is explained: root_use_explained_until = \"{on}\" under [iam] in the answers; later uses count again. A use counts for {ROOT_USE_DAYS} days.",
        ko: "이유를 확인했다면 응답의 [iam] 아래 root_use_explained_until = \"{on}\"이라고 적으세요. 그 뒤의 사용은 다시 확인 대상이 됩니다. 사용은 {ROOT_USE_DAYS}일 동안 확인 대상입니다."
    }
}

fn mend_topic() -> Text {
    text! { en: "Look after the topic of the alarm on root.", ko: "루트 사용자 경보의 주제를 확인하세요." }
}

/// What the alarm hears and what it does not, and how many mails it begins with.
fn reach_of_alarm(alarms: &[Alarm]) -> Text {
    let (regions, count) = (regions(&alarms.iter().collect::<Vec<_>>()), alarms.len());
    text! {
        en: "It tells by e-mail what root does in {regions}, as long as a trail logs: every sign-in to the console and all changes in IAM, but no reads, and no changes in other Regions. First AWS sends {count} e-mails to confirm, one for each Region. All of it is free, up to 1,000 e-mails a month.",
        ko: "추적이 기록하는 동안 루트 사용자가 {regions}에서 한 일을 이메일로 알립니다. 콘솔 로그인과 IAM 변경은 모두 알리고, 읽기와 다른 리전에서 한 변경은 알리지 않습니다. 먼저 리전마다 한 통씩 확인 이메일이 {count}통 옵니다. 이메일 월 1,000통까지 모두 무료입니다."
    }
}

fn confirm(alarms: &[&Alarm], email: &str) -> (Text, Vec<Text>) {
    let (email, regions, count) = (harmless(email), regions(alarms), alarms.len());
    let what = text! {
        en: "Confirm the alarm on root in the e-mail that AWS has sent to {email}.",
        ko: "AWS가 {email}에 보낸 이메일에서 루트 사용자 경보를 확인하세요."
    };
    let how = vec![
        text! {
            en: "Open \"AWS Notification - Subscription Confirmation\" and choose Confirm subscription; {count} of them, for {regions}.",
            ko: "\"AWS Notification - Subscription Confirmation\" 메일을 열고 Confirm subscription을 선택하세요. {regions}용으로 {count}통입니다."
        },
        text! {
            en: "If it is not there, look among the spam. AWS forgets an address that nobody confirms within days; dayone then asks again.",
            ko: "없으면 스팸함을 확인하세요. 며칠 안에 확인하지 않은 주소는 AWS에서 지워지며, 그러면 dayone이 다시 요청합니다."
        },
    ];
    (what, how)
}

fn regions(alarms: &[&Alarm]) -> String {
    harmless(&alarms.iter().map(|alarm| alarm.region.as_str()).collect::<Vec<_>>().join(", "))
}

/// When root was last used, and in which way.
fn last_use(root: &Row) -> Option<(i64, Text)> {
    let password = text! { en: "its password", ko: "암호" };
    let key = text! { en: "an access key", ko: "액세스 키" };
    let keys = root.keys.iter().filter_map(|used| used.last_use.as_ref()).map(|last| (last.at, key.clone()));
    let sign_in = root.password_last_used.map(|at| (at, password));
    keys.chain(sign_in).max_by_key(|(at, _)| *at)
}

/// The first of the administrators, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FirstAdministrator {
    /// Made then.
    Since(i64),
    /// So new that the credential report does not know of it yet.
    JustMade,
    /// Nobody is known: they may be in a group of another name, or have roles alone.
    Unknown,
}

impl FirstAdministrator {
    /// Whether root was used while the account was still being set up. What is of unknown age counts as having been there
    /// for long.
    fn leaves_setting_up(self, root: &Row, used: i64) -> bool {
        let since = match self {
            Self::Since(since) => since,
            Self::JustMade => return true,
            Self::Unknown => root.created.unwrap_or_default(),
        };
        used < since.saturating_add(SETTING_UP_DAYS * 86_400)
    }
}

/// The earliest among the members of the administrators' group and the one whom the answers name.
fn first_administrator(
    facts: &Facts,
    report: &CredentialReport,
    answers: &Answers,
) -> Reading<FirstAdministrator> {
    let named = |user: &str| answers.admin.user.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(user));
    let known: Vec<&str> = match (&facts.rights, &answers.admin.user) {
        (Ok(rights), _) => {
            let is_one = |user: &&User| user.is_in(&answers.admin.group) || named(&user.name);
            rights.users.iter().filter(is_one).map(|user| user.name.as_str()).collect()
        }
        (Err(_), Some(name)) => vec![name.as_str()],
        (Err(unseen), None) => return Err(unseen.clone()),
    };
    let is_known = |row: &&Row| known.iter().any(|name| name.eq_ignore_ascii_case(&row.user));
    let since = report.users().filter(is_known).map(|row| row.created.unwrap_or_default()).min();
    match (since, &facts.rights) {
        (Some(since), _) => Ok(FirstAdministrator::Since(since)),
        (None, Err(unseen)) => Err(unseen.clone()),
        (None, Ok(_)) if known.is_empty() || report.unreadable > 0 => Ok(FirstAdministrator::Unknown),
        (None, Ok(_)) => Ok(FirstAdministrator::JustMade),
    }
}

fn find_out_why(on: &str, how: &Text, first: FirstAdministrator) -> Text {
    let (en, ko) = (&how.en, &how.ko);
    if first == FirstAdministrator::Unknown {
        return text! {
            en: "Find out why root was used on {on}, by {en}: no administrator is known, and the account is not new.",
            ko: "{on}에 루트 사용자가 쓰인 이유({ko})를 확인하세요. 알려진 관리자가 없고, 새 계정도 아닙니다."
        };
    }
    text! {
        en: "Find out why root was used on {on}, by {en}, although there is an administrator.",
        ko: "관리자가 있는데도 {on}에 루트 사용자가 쓰인 이유({ko})를 확인하세요."
    }
}

fn name_the_group() -> Text {
    text! {
        en: "If the administrators are in a group of another name, name it: --admin-group NAME.",
        ko: "관리자가 다른 이름의 그룹에 있다면 그 이름을 지정하세요: --admin-group 이름."
    }
}
