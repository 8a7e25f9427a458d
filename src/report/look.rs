//! One look at an account, kept whole: what the page, SARIF and JUnit are written from.

use jiff::Timestamp;
use steps::practice::StepId;
use steps::text::Text;

use crate::event::{Event, Listener, SignedIn, StepReport};

/// A look that came to its end.
#[derive(Debug, Clone)]
pub struct Look {
    /// Who looked, and at which account.
    pub who: SignedIn,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How each step stands that was asked for, in order.
    pub steps: Vec<StepReport>,
    /// What was said that belongs to no step.
    pub remarks: Vec<Text>,
}

/// The listener that keeps a look.
#[derive(Debug)]
pub struct Looking {
    began: Timestamp,
    who: Option<SignedIn>,
    remarks: Vec<Text>,
    ended: Option<(Timestamp, Vec<StepReport>)>,
}

impl Look {
    /// How a step stands; none when it was not asked for.
    pub fn step(&self, step: StepId) -> Option<&StepReport> {
        self.steps.iter().find(|report| report.step == step)
    }
}

impl Looking {
    /// Listens from now on.
    pub fn begin() -> Self {
        Self { began: Timestamp::now(), who: None, remarks: Vec::new(), ended: None }
    }

    /// The whole look. None when it was cut short: half a look must not pass for one.
    pub fn ended(self) -> Option<Look> {
        let (ended, steps) = self.ended?;
        Some(Look { who: self.who?, began: self.began, ended, steps, remarks: self.remarks })
    }
}

impl Listener for Looking {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::SignedIn(who) => self.who = Some(who.clone()),
            Event::Note(remark) => self.remarks.push(remark.clone()),
            Event::Finished(summary) => self.ended = Some((Timestamp::now(), summary.steps.clone())),
            // How a step stands on the way is of no interest: the end has it all.
            _ => {}
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use steps::account::About;
    use steps::aws::WayIn;
    use steps::practice::{PersonTask, Seen, State, Verb};
    use steps::text;

    use super::*;
    use crate::event::{ChangeReport, Summary};

    /// Names as somebody chooses them who wants to break a page.
    pub(in crate::report) const HOSTILE: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "]]>--><!--&lt;&#0;",
        "\u{202e}\u{2066}gnp.exe\u{200f}",
        "| `code` **bold** [link](javascript:alert(1)) \\",
        "a\nb\u{1b}[2J\u{0}\u{fffe}c",
    ];

    pub(in crate::report) fn who() -> SignedIn {
        SignedIn {
            account: "111122223333".into(),
            about: About { alias: Some("acme".into()), ..About::default() },
            partition: "aws".into(),
            arn: "arn:aws:iam::111122223333:user/alice".into(),
            kind: "user",
            way: WayIn::Temporary,
            mfa: Some(true),
            endpoint: None,
            rehearsal: false,
        }
    }

    pub(in crate::report) fn report(step: StepId, state: State) -> StepReport {
        StepReport {
            step,
            state,
            changes: Vec::new(),
            person: None,
            reason: None,
            found: None,
            notes: Vec::new(),
            names: Vec::new(),
        }
    }

    /// A look with a step in every state.
    pub(in crate::report) fn look() -> Look {
        look_with("Administrators")
    }

    /// The same where every name from outside is this one.
    pub(in crate::report) fn look_with(name: &str) -> Look {
        let time = |second| Timestamp::from_second(second).unwrap();
        Look {
            who: who(),
            began: time(1_795_500_000),
            ended: time(1_795_500_007),
            steps: steps(name),
            remarks: Vec::new(),
        }
    }

    fn steps(name: &str) -> Vec<StepReport> {
        let change = ChangeReport {
            step: StepId::AdminGroup,
            verb: Verb::Create,
            resource: format!("iam:group/{name}"),
            summary: text! { en: "group {name}", ko: "그룹 {name}" },
            irreversible: false,
        };
        let task = PersonTask {
            what: text! { en: "Sign in as {name}.", ko: "{name} 사용자로 로그인하세요." },
            how: vec![text! { en: "In another window: aws login", ko: "다른 창에서: aws login" }],
            seen: Seen::BySigningIn,
        };
        let because = |text: Text, report: StepReport| StepReport { reason: Some(text), ..report };
        let found = |text: Text, step| StepReport { found: Some(text), ..report(step, State::InPlace) };
        vec![
            found(text! { en: "at least 14 characters", ko: "14자 이상" }, StepId::PasswordPolicy),
            StepReport {
                changes: vec![change],
                notes: vec![text! { en: "{name} is new.", ko: "{name}은(는) 새것입니다." }],
                ..report(StepId::AdminGroup, State::ToChange)
            },
            StepReport { person: Some(task), ..report(StepId::AdminSignIn, State::NeedsPerson) },
            found(
                text! { en: "root has no access keys", ko: "루트 사용자의 액세스 키가 없습니다" },
                StepId::RootAccessKeys,
            ),
            because(Text::verbatim(name), report(StepId::RootMfa, State::Accepted)),
            because(
                text! { en: "It comes after the step admin-mfa.", ko: "admin-mfa 단계 다음에 할 수 있습니다." },
                report(StepId::RequireMfa, State::Blocked),
            ),
            found(text! { en: "trail {name} logs all Regions", ko: "추적 {name}" }, StepId::Trail),
            because(
                text! { en: "The first log file comes soon.", ko: "첫 로그 파일은 곧 도착합니다." },
                report(StepId::LogDelivery, State::Waiting),
            ),
            because(
                text! {
                    en: "AWS refused the read cur:DescribeReportDefinitions (AccessDenied).",
                    ko: "AWS가 cur:DescribeReportDefinitions 읽기를 거부했습니다(AccessDenied)."
                },
                report(StepId::Report, State::NotAssessed),
            ),
            because(
                text! { en: "Another account is billed.", ko: "다른 계정으로 청구됩니다." },
                report(StepId::ReportDelivery, State::NotApplicable),
            ),
        ]
    }

    #[test]
    fn a_look_that_was_cut_short_is_none() {
        let mut looking = Looking::begin();
        looking.hear(&Event::SignedIn(who()));
        looking.hear(&Event::Step(report(StepId::Trail, State::InPlace)));
        assert!(looking.ended().is_none());
    }

    #[test]
    fn a_look_is_what_stood_at_its_end() {
        let mut looking = Looking::begin();
        looking.hear(&Event::SignedIn(who()));
        looking.hear(&Event::Note(text! { en: "remark", ko: "알림" }));
        looking.hear(&Event::Step(report(StepId::Trail, State::ToChange)));
        let steps = vec![report(StepId::Trail, State::InPlace)];
        looking.hear(&Event::Finished(Summary { steps, ..Summary::default() }));
        let look = looking.ended().unwrap();
        assert_eq!(look.step(StepId::Trail).map(|report| report.state), Some(State::InPlace));
        assert_eq!((look.who.account.as_str(), look.remarks.len()), ("111122223333", 1));
        assert!(look.began <= look.ended && look.step(StepId::RootMfa).is_none());
    }
}
