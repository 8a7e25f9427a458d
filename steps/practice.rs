//! What a practice is: facts, a pure plan, and one `apply` for each change.
//!
//! The engine knows practices only through [`Practice`]. A practice knows the engine not at all: it observes, it
//! plans, and it applies the one change it is given.

use serde::{Deserialize, Serialize};

use crate::answers::Answers;
use crate::aws::Unseen;
use crate::error::StepError;
use crate::operator::Operator;
use crate::readings::Readings;
use crate::session::Session;
use crate::text::{Language, Text, harmless};

/// One of the practices, in the order in which they are walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PracticeId {
    /// Stop using the root user.
    RootUser,
    /// Require MFA.
    Mfa,
    /// Turn on CloudTrail.
    Cloudtrail,
    /// Turn on billing reports.
    BillingReport,
    /// The practices of IAM.
    IamPractices,
}

/// A step of a practice. The names are stable: they stand in the JSON, in options and in answers files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is described in its practice's guide under the same name")]
pub enum StepId {
    PasswordPolicy,
    AdminGroup,
    AdminUser,
    AdminSignIn,
    RootCredentials,
    RootAccessKeys,
    AdminMfa,
    RootMfa,
    RequireMfa,
    UsersMfa,
    TrailBucket,
    Trail,
    LogDelivery,
    BillingAccess,
    ReportBucket,
    Report,
    ReportDelivery,
    IndividualUsers,
    PermissionsThroughGroups,
    UnusedCredentials,
    KeyRotation,
    RolesNotKeys,
    LeastPrivilege,
    ActivityMonitoring,
}

impl PracticeId {
    /// All practices, in order.
    pub const ALL: [Self; 5] =
        [Self::RootUser, Self::Mfa, Self::Cloudtrail, Self::BillingReport, Self::IamPractices];

    /// The steps of this practice, in order.
    pub fn steps(self) -> &'static [StepId] {
        use StepId::*;
        match self {
            Self::RootUser => {
                &[PasswordPolicy, AdminGroup, AdminUser, AdminSignIn, RootCredentials, RootAccessKeys]
            }
            Self::Mfa => &[AdminMfa, RootMfa, RequireMfa, UsersMfa],
            Self::Cloudtrail => &[TrailBucket, Trail, LogDelivery],
            Self::BillingReport => &[BillingAccess, ReportBucket, Report, ReportDelivery],
            Self::IamPractices => &[
                IndividualUsers,
                PermissionsThroughGroups,
                UnusedCredentials,
                KeyRotation,
                RolesNotKeys,
                LeastPrivilege,
                ActivityMonitoring,
            ],
        }
    }

    /// The name in JSON and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::RootUser => "root-user",
            Self::Mfa => "mfa",
            Self::Cloudtrail => "cloudtrail",
            Self::BillingReport => "billing-report",
            Self::IamPractices => "iam-practices",
        }
    }

    /// What the practice is called on the screen.
    pub fn title(self) -> Text {
        match self {
            Self::RootUser => crate::text! { en: "Stop using the root user", ko: "루트 사용자 사용 중지" },
            Self::Mfa => crate::text! { en: "Require MFA", ko: "다중 인증(MFA) 필수화" },
            Self::Cloudtrail => crate::text! { en: "Turn on CloudTrail", ko: "CloudTrail 켜기" },
            Self::BillingReport => crate::text! { en: "Turn on billing reports", ko: "결제 보고서 켜기" },
            Self::IamPractices => crate::text! { en: "IAM practices", ko: "IAM 모범 실무" },
        }
    }

    /// The whole guide of the practice, in Markdown.
    pub fn guide(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::RootUser, Language::En) => include_str!("root_user/guide.en.md"),
            (Self::RootUser, Language::Ko) => include_str!("root_user/guide.ko.md"),
            (Self::Mfa, Language::En) => include_str!("mfa/guide.en.md"),
            (Self::Mfa, Language::Ko) => include_str!("mfa/guide.ko.md"),
            (Self::Cloudtrail, Language::En) => include_str!("cloudtrail/guide.en.md"),
            (Self::Cloudtrail, Language::Ko) => include_str!("cloudtrail/guide.ko.md"),
            (Self::BillingReport, Language::En) => include_str!("billing_report/guide.en.md"),
            (Self::BillingReport, Language::Ko) => include_str!("billing_report/guide.ko.md"),
            (Self::IamPractices, Language::En) => include_str!("iam_practices/guide.en.md"),
            (Self::IamPractices, Language::Ko) => include_str!("iam_practices/guide.ko.md"),
        }
    }
}

impl StepId {
    /// All steps of all practices, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        PracticeId::ALL.into_iter().flat_map(|practice| practice.steps().iter().copied())
    }

    /// The practice that the step belongs to.
    pub fn practice(self) -> PracticeId {
        PracticeId::ALL
            .into_iter()
            .find(|practice| practice.steps().contains(&self))
            .unwrap_or(PracticeId::RootUser)
    }

    /// The steps that have to be in place before this one can be made.
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::AdminUser => &[Self::AdminGroup],
            Self::AdminSignIn | Self::AdminMfa => &[Self::AdminUser],
            Self::RootAccessKeys => &[Self::AdminSignIn],
            Self::RequireMfa => &[Self::AdminGroup, Self::AdminMfa],
            Self::Trail => &[Self::TrailBucket],
            Self::LogDelivery => &[Self::Trail],
            Self::Report => &[Self::ReportBucket],
            Self::ReportDelivery => &[Self::Report],
            _ => &[],
        }
    }

    /// The steps whose changes show in the plan of this one, beside those that it needs: administrators are named in the
    /// policy of the trail's bucket, as is who sets it up, and the groups of the people get the policy that requires MFA.
    pub fn follows(self) -> &'static [Self] {
        match self {
            Self::TrailBucket => &[Self::AdminUser, Self::AdminSignIn],
            Self::UsersMfa => &[Self::RequireMfa],
            _ => &[],
        }
    }

    /// The section of the guide that explains this step, in Markdown, without its heading.
    pub fn guide(self, language: Language) -> &'static str {
        let heading = format!("## {}\n", self.name());
        let guide = self.practice().guide(language);
        let Some(start) = guide.find(&heading) else { return "" };
        let section = &guide[start + heading.len()..];
        section.split("\n## ").next().unwrap_or(section).trim()
    }

    /// The name in JSON, options and answers files.
    pub fn name(self) -> &'static str {
        match self {
            Self::PasswordPolicy => "password-policy",
            Self::AdminGroup => "admin-group",
            Self::AdminUser => "admin-user",
            Self::AdminSignIn => "admin-sign-in",
            Self::RootCredentials => "root-credentials",
            Self::RootAccessKeys => "root-access-keys",
            Self::AdminMfa => "admin-mfa",
            Self::RootMfa => "root-mfa",
            Self::RequireMfa => "require-mfa",
            Self::UsersMfa => "users-mfa",
            Self::TrailBucket => "trail-bucket",
            Self::Trail => "trail",
            Self::LogDelivery => "log-delivery",
            Self::BillingAccess => "billing-access",
            Self::ReportBucket => "report-bucket",
            Self::Report => "report",
            Self::ReportDelivery => "report-delivery",
            Self::IndividualUsers => "individual-users",
            Self::PermissionsThroughGroups => "permissions-through-groups",
            Self::UnusedCredentials => "unused-credentials",
            Self::KeyRotation => "key-rotation",
            Self::RolesNotKeys => "roles-not-keys",
            Self::LeastPrivilege => "least-privilege",
            Self::ActivityMonitoring => "activity-monitoring",
        }
    }
}

impl std::fmt::Display for StepId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How a step stands. The words are the same everywhere: screen, JSON, documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The account is as the step wants it.
    InPlace,
    /// The plan holds changes that `dayone` can make.
    ToChange,
    /// Only a person can go on from here.
    NeedsPerson,
    /// Asked of AWS, and not visible yet.
    Waiting,
    /// An earlier step has to come first.
    Blocked,
    /// A read was denied or failed, so nothing is known.
    NotAssessed,
    /// The step has no meaning in this account.
    NotApplicable,
    /// The operator said, with a reason, that it stays as it is.
    Accepted,
}

impl State {
    /// Whether nothing is left to do or to find out.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::InPlace | Self::NotApplicable | Self::Accepted)
    }
}

/// What a change does to its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "plain words of the contract")]
pub enum Verb {
    Create,
    Update,
    Attach,
    Detach,
    Enable,
    Disable,
    Delete,
    Start,
}

impl Verb {
    /// The word in a plan.
    pub fn in_words(self) -> Text {
        match self {
            Self::Create => crate::text! { en: "create", ko: "생성" },
            Self::Update => crate::text! { en: "update", ko: "수정" },
            Self::Attach => crate::text! { en: "attach", ko: "연결" },
            Self::Detach => crate::text! { en: "detach", ko: "연결 해제" },
            Self::Enable => crate::text! { en: "enable", ko: "활성화" },
            Self::Disable => crate::text! { en: "disable", ko: "비활성화" },
            Self::Delete => crate::text! { en: "delete", ko: "삭제" },
            Self::Start => crate::text! { en: "start", ko: "시작" },
        }
    }
}

/// The smallest thing that a run may be interrupted between.
pub trait Change: Clone + std::fmt::Debug + PartialEq + Serialize {
    /// What is done.
    fn verb(&self) -> Verb;
    /// To what, such as `iam:group/Administrators`.
    fn resource(&self) -> String;
    /// One line for the plan.
    fn summary(&self) -> Text;
    /// Whether it cannot be undone, so that a person confirms it by typing the account number.
    fn is_irreversible(&self) -> bool {
        false
    }
    /// Whether it only removes what an interrupted run left behind.
    fn is_leftover(&self) -> bool {
        false
    }
    /// Whether other steps can do without it.
    fn is_optional(&self) -> bool {
        false
    }
    /// Whether only root can make it.
    fn is_by_root(&self) -> bool {
        false
    }
    /// Whether it is about the sign-in of this run alone, and changes nothing in the account.
    fn is_of_this_run(&self) -> bool {
        false
    }
    /// Whether it can be made whatever is left of the steps before.
    fn stands_alone(&self) -> bool {
        false
    }
}

/// What only a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonTask {
    /// One sentence.
    pub what: Text,
    /// How to, step by step.
    pub how: Vec<Text>,
    /// How the program learns that it is done.
    pub seen: Seen,
}

/// How the program learns that a person has done something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Seen {
    /// The account shows it: the program looks again until it does.
    InAccount,
    /// Only the person knows, and says so. The word is kept as the answer with this key.
    ByWord(&'static str),
    /// The person gives an answer with this key, in words.
    ByAnswer(&'static str),
    /// The administrator signs in, and the run goes on as the administrator.
    BySigningIn,
    /// The administrator signs in once more, because the present sign-in may carry no MFA.
    BySigningInAgain,
    /// The person chooses among answers for this key: what each means, and the word for it in the answers file.
    ByChoice(&'static str, Vec<(Text, &'static str)>),
    /// The program cannot see it at all from here; a later run will.
    Elsewhere,
}

/// How one step stands, and what is to be done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan<C> {
    /// The step.
    pub step: StepId,
    /// How it stands.
    pub state: State,
    /// What `dayone` would change, in order.
    pub changes: Vec<C>,
    /// What a person has to do.
    pub person: Option<PersonTask>,
    /// Why it is blocked, waiting, accepted, not assessed or not applicable.
    pub reason: Option<Text>,
    /// What was found: shown for a step that is in place.
    pub found: Option<Text>,
    /// What the operator should know before deciding.
    pub notes: Vec<Text>,
    /// What comes so soon that a person may want to wait for it.
    pub awaited: Option<Text>,
    /// What takes an earlier change of this step back, for who finds that something broke.
    pub undo: Vec<C>,
    /// Whether somebody may be harmed by it, so that Enter alone leaves it.
    pub careful: bool,
    /// What can be watched before deciding: calls with the access keys of root that the plan would delete.
    pub watchable: Option<Text>,
    /// What may be done besides, offered to a person, once: when the step is in place, or before it is left to the
    /// person.
    pub offer: Option<Offer<C>>,
    /// Everybody whom the step waits for, where its words name only some.
    pub names: Vec<String>,
    /// What gave nothing when it was read, where the rest was enough for a verdict. Each is in the notes, too, and while
    /// there is one the step cannot pass.
    pub unseen: Vec<Unseen>,
}

/// Something that a step does not need and a person may want.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer<C> {
    /// The question, answered by yes or no; Enter alone means no.
    pub question: Text,
    /// The answer that it takes in the place of a yes, such as an e-mail address; Enter alone means none. What follows
    /// from the answer is planned, shown and decided on as everything else is.
    pub key: Option<&'static str>,
    /// What a yes applies; nothing where an answer is taken.
    pub changes: Vec<C>,
}

impl<C> StepPlan<C> {
    fn new(step: StepId, state: State) -> Self {
        Self {
            step,
            state,
            changes: Vec::new(),
            person: None,
            reason: None,
            found: None,
            notes: Vec::new(),
            awaited: None,
            undo: Vec::new(),
            careful: false,
            watchable: None,
            offer: None,
            names: Vec::new(),
            unseen: Vec::new(),
        }
    }

    /// The step is in place, with what was found.
    pub fn in_place(step: StepId, found: Text) -> Self {
        Self { found: Some(found), ..Self::new(step, State::InPlace) }
    }

    /// Changes to make; without any, the step is in place with what was found.
    pub fn to_change(step: StepId, changes: Vec<C>, found: Text) -> Self {
        if changes.is_empty() {
            return Self::in_place(step, found);
        }
        Self { changes, ..Self::new(step, State::ToChange) }
    }

    /// Something only a person can do.
    pub fn needs_person(step: StepId, person: PersonTask) -> Self {
        Self { person: Some(person), ..Self::new(step, State::NeedsPerson) }
    }

    /// Asked of AWS, not visible yet.
    pub fn waiting(step: StepId, reason: Text) -> Self {
        Self { reason: Some(reason), ..Self::new(step, State::Waiting) }
    }

    /// An earlier step has to come first.
    pub fn blocked(step: StepId, reason: Text) -> Self {
        Self { reason: Some(reason), ..Self::new(step, State::Blocked) }
    }

    /// A read was denied or failed.
    pub fn not_assessed(step: StepId, unseen: &Unseen) -> Self {
        Self { reason: Some(unseen.reason()), ..Self::new(step, State::NotAssessed) }
    }

    /// The step has no meaning in this account.
    pub fn not_applicable(step: StepId, reason: Text) -> Self {
        Self { reason: Some(reason), ..Self::new(step, State::NotApplicable) }
    }

    /// Adds what the operator should know before deciding.
    pub fn with_note(mut self, note: Text) -> Self {
        self.notes.push(note);
        self
    }

    /// Adds what gave nothing when it was read, and a note of it.
    pub fn with_unseen(mut self, unseen: Unseen) -> Self {
        self.notes.push(unseen.text());
        self.unseen.push(unseen);
        self
    }

    /// Adds the names of everybody whom the step waits for.
    pub fn with_names(self, names: &[String]) -> Self {
        Self { names: names.iter().map(|name| harmless(name)).collect(), ..self }
    }

    /// The same, held up by a step that has to be in place before.
    pub fn held_up_by(self, needed: StepId) -> Self {
        Self { notes: self.notes, unseen: self.unseen, ..Self::blocked(self.step, after(needed)) }
    }

    /// Offers, once the step is in place, what an answer with this key would add to it.
    pub fn offering(mut self, key: &'static str, question: Text) -> Self {
        if self.state == State::InPlace {
            self.offer = Some(Offer { question, key: Some(key), changes: Vec::new() });
        }
        self
    }

    /// Says what comes so soon that a person may want to wait for it.
    pub fn comes_soon(mut self, what: Text) -> Self {
        self.awaited = Some(what);
        self
    }

    /// Adds a note about who may be harmed: then Enter alone leaves the step.
    pub fn with_warning(mut self, note: Text) -> Self {
        self.careful = true;
        self.with_note(note)
    }
}

impl<C: Change> StepPlan<C> {
    /// The operator's word, kept in the answers, that a step stays as it is. What is in place needs no exception, and of
    /// what was not seen nobody knows what it would be made for: there the word is only noted, even if a part of the step
    /// was seen. What was found stays to be read, so that an exception goes on telling what it is about.
    pub fn accept(self, answers: &Answers) -> Self {
        let Some(accepted) = answers.accept.iter().find(|accept| accept.step == self.step) else {
            return self;
        };
        match self.state {
            State::InPlace | State::NotApplicable => self,
            State::NotAssessed => self.with_note(accepted_as_it_is(&accepted.reason)),
            _ => self.left_as_it_is(&accepted.reason),
        }
    }

    fn left_as_it_is(self, reason: &str) -> Self {
        let told: Vec<_> = self.unseen.iter().map(Unseen::text).collect();
        let changes = self.changes.iter().map(not_made);
        let left = self.person.map(|task| task.what);
        let noted = self.notes.into_iter().filter(|note| !told.contains(note));
        let notes = changes.chain(left).chain(noted).collect();
        if self.unseen.is_empty() {
            let reason = Some(Text::verbatim(reason));
            return Self { reason, notes, ..Self::new(self.step, State::Accepted) };
        }
        let why = Some(all_reasons(&self.unseen));
        let open = Self { reason: why, notes, ..Self::new(self.step, State::NotAssessed) };
        open.with_note(accepted_as_it_is(reason))
    }
}

/// A change that the operator does without.
fn not_made<C: Change>(change: &C) -> Text {
    let (verb, what) = (change.verb().in_words(), change.summary());
    let (en, ko, what_en, what_ko) = (&verb.en, &verb.ko, &what.en, &what.ko);
    crate::text! { en: "Not made: {en} {what_en}", ko: "하지 않은 변경({ko}): {what_ko}" }
}

/// Why nothing is known, of several reads.
fn all_reasons(unseen: &[Unseen]) -> Text {
    let (en, ko): (Vec<_>, Vec<_>) =
        unseen.iter().map(Unseen::reason).map(|reason| (reason.en, reason.ko)).unzip();
    Text { en: en.join(" "), ko: ko.join(" ") }
}

fn accepted_as_it_is(reason: &str) -> Text {
    let reason = harmless(reason);
    crate::text! {
        en: "The answers accept this step as it is ({reason}), but it was not seen what that is.",
        ko: "응답에서 이 단계를 그대로 두기로 했지만({reason}) 어떤 상태인지 확인하지 못했습니다."
    }
}

/// "After the step X."
pub fn after(step: StepId) -> Text {
    crate::text! { en: "It comes after the step {step}.", ko: "{step} 단계 다음에 할 수 있습니다." }
}

/// One of the practices. All functions are free of state: what they need is in their arguments.
#[expect(async_fn_in_trait, reason = "used only by static dispatch, on one task")]
pub trait Practice {
    /// Which practice it is.
    const ID: PracticeId;
    /// What is true now.
    type Facts;
    /// What can be changed.
    type Change: Change;

    /// Reads what is true now; what other practices read too, through the readings of this look. A read that is denied
    /// becomes part of the facts, and in a run that only looks one that failed does too
    /// ([`Identity::reading`](crate::aws::Identity::reading)); what ends the sign-in is an error.
    async fn observe(
        session: &Session,
        readings: &Readings<'_>,
        answers: &Answers,
    ) -> Result<Self::Facts, StepError>;

    /// How each step stands. Pure: no AWS, no clock, no terminal, no random names.
    fn plan(facts: &Self::Facts, answers: &Answers) -> Vec<StepPlan<Self::Change>>;

    /// Makes one change. Asking again after a lost answer must not make a twin.
    async fn apply(
        change: &Self::Change,
        session: &mut Session,
        answers: &Answers,
        operator: &mut impl Operator,
    ) -> Result<(), StepError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::Accept;

    /// A change of which only the words matter.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    struct Lamp;

    impl Change for Lamp {
        fn verb(&self) -> Verb {
            Verb::Enable
        }

        fn resource(&self) -> String {
            "lamp".into()
        }

        fn summary(&self) -> Text {
            Text::verbatim("the lamp")
        }
    }

    /// The answers of somebody who leaves the step as it is.
    fn accepting(step: StepId) -> Answers {
        Answers { accept: vec![Accept { step, reason: "we know".into() }], ..Answers::default() }
    }

    #[test]
    fn what_is_accepted_goes_on_telling_what_that_is() {
        let what = Text::verbatim("Replace the keys of bob");
        let task = PersonTask { what: what.clone(), how: Vec::new(), seen: Seen::Elsewhere };
        let line = Text::verbatim("bob: access key AKIA1");
        let plan = StepPlan::<Lamp>::needs_person(StepId::KeyRotation, task).with_note(line.clone());
        let accepted = plan.clone().accept(&accepting(StepId::KeyRotation));
        assert_eq!((accepted.state, accepted.reason), (State::Accepted, Some(Text::verbatim("we know"))));
        assert_eq!((accepted.notes, accepted.person), (vec![what, line], None));
        assert_eq!(plan.clone().accept(&accepting(StepId::RootMfa)), plan);
        let in_place = StepPlan::<Lamp>::in_place(StepId::KeyRotation, Text::verbatim("young keys"));
        assert_eq!(in_place.clone().accept(&accepting(StepId::KeyRotation)), in_place);
    }

    #[test]
    fn what_is_not_changed_by_the_operator_s_word_is_told() {
        let step = StepId::ActivityMonitoring;
        let line = Text::verbatim("it is dark");
        let plan = StepPlan::to_change(step, vec![Lamp], Text::default()).with_note(line.clone());
        let accepted = plan.accept(&accepting(step));
        assert_eq!((accepted.state, &accepted.changes), (State::Accepted, &Vec::new()));
        assert_eq!((accepted.notes.len(), &accepted.notes[1]), (2, &line));
        let told = &accepted.notes[0];
        assert!(told.en.contains("enable the lamp"), "{told:?}");
        assert!(told.ko.contains("활성화") && told.ko.contains("the lamp"), "{told:?}");
    }

    #[test]
    fn a_step_of_which_a_part_was_not_seen_is_not_accepted() {
        let step = StepId::ActivityMonitoring;
        let unseen = Unseen::denied("access-analyzer:ListAnalyzers", "AccessDenied");
        let what = Text::verbatim("Name a contact");
        let task = PersonTask { what: what.clone(), how: Vec::new(), seen: Seen::Elsewhere };
        let plans = [
            (StepPlan::to_change(step, vec![Lamp], Text::default()), not_made(&Lamp)),
            (StepPlan::needs_person(step, task), what),
            (StepPlan::waiting(step, Text::verbatim("soon")).with_note(not_made(&Lamp)), not_made(&Lamp)),
        ];
        for (plan, left) in plans {
            let plan = plan.with_unseen(unseen.clone());
            assert!(plan.notes.contains(&unseen.text()), "it is told without a word of the operator, too");
            let open = plan.accept(&accepting(step));
            assert_eq!((open.state, &open.reason), (State::NotAssessed, &Some(unseen.reason())));
            assert_eq!((&open.notes[0], open.notes.len()), (&left, 2), "{:?}", open.notes);
            assert!(open.notes[1].en.contains("we know"), "{:?}", open.notes);
            assert!(!open.state.is_settled() && open.changes.is_empty() && open.person.is_none());
        }
    }

    #[test]
    fn what_was_not_seen_is_not_accepted() {
        let unseen = Unseen::denied("iam:GetCredentialReport", "AccessDenied");
        let plan = StepPlan::<Lamp>::not_assessed(StepId::KeyRotation, &unseen);
        let left = plan.accept(&accepting(StepId::KeyRotation));
        assert_eq!((left.state, left.reason), (State::NotAssessed, Some(unseen.reason())));
        assert!(!left.state.is_settled());
        let noted = &left.notes[0];
        assert!(noted.en.contains("we know") && noted.ko.contains("we know"), "{noted:?}");
    }

    /// Otherwise a step would wait for what waits for it.
    #[test]
    fn no_step_rests_on_a_later_one() {
        let place = |step: StepId| StepId::all().position(|each| each == step);
        for step in StepId::all() {
            for earlier in step.needs().iter().chain(step.follows()) {
                assert!(place(*earlier) < place(step), "{step} rests on {earlier}");
            }
        }
    }
}
