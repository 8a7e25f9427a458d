//! `dayone mfa repair USER`: a way back for who has lost an MFA device.
//!
//! It walks no practice: a person looks at the devices of one user, says which is lost, and has the user enrol a new one;
//! or brings one back into step whose clock has drifted.
//! The changes are those of practice 2, made as the engine makes them, with the journal, the lock and Ctrl-C.

use serde_json::{Map, Value};
use steps::aws::CallerKind;
use steps::mfa::repair::{self, Device, Devices};
use steps::mfa::{Change, Mfa};
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::text::Text;
use steps::{judgement, text, wait};

use crate::cli::{Options, Repair};
use crate::engine::{self, Engine};
use crate::error::Failure;
use crate::exit_status;
use crate::interrupt::Interrupt;
use crate::operator::{AnyOperator, Asks, Question};
use crate::report::human::Human;
use crate::run::{self, Task};
use crate::screen::{Screen, Tone};

/// Shows the devices, and removes and enrols as the person says; with `--dry-run` it only shows them.
pub async fn run(
    asked: &Repair,
    options: &Options,
    answers: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    if !judgement::is_user_name(&asked.user) {
        return Err(Failure::Usage(judgement::user_name()));
    }
    let task = if options.dry_run { Task::Plan } else { Task::Walk };
    if task == Task::Walk {
        run::person(options, screen, &interrupt).map_err(|_| nobody())?;
    }
    let place = run::real_account(options, task).await?;
    let mut human = Human::walking(screen.clone()).verbose(options.verbose);
    let engine = run::prepare(place, task, options, answers, screen, interrupt, &mut human).await?;
    let mut walk = Walk { engine, screen };
    let result = walk.go(&asked.user).await;
    result.map_err(|failure| failure.after(walk.engine.last_applied))
}

/// Nothing here can be answered beforehand: a device is lost or not, and whose it is has to be typed.
fn nobody() -> Failure {
    OperatorError::NobodyToAsk { key: "dayone mfa repair".into() }.into()
}

/// What a person says of the devices.
enum Wrong {
    /// This one is lost, or left over.
    Lost(Device),
    /// One is there, and its codes are refused.
    OutOfStep,
    /// Nothing.
    Nothing,
}

/// The walk through one user's devices.
struct Walk<'w> {
    engine: Engine<'w, AnyOperator>,
    screen: &'w Screen,
}

impl Walk<'_> {
    /// The exit status.
    async fn go(&mut self, user: &str) -> Result<u8, Failure> {
        self.act_as_who_is_signed_in().await?;
        self.engine.begin().await?;
        let found = self.look(user).await?;
        self.head(&found.heading());
        let only_looks = self.engine.journal.is_none();
        let left = if only_looks { found } else { self.repair(found).await? };
        if !only_looks {
            self.head(&left.heading());
        }
        self.list(&left);
        // Without a device, one is left to enrol.
        Ok(if left.enabled().next().is_some() { exit_status::IN_PLACE } else { exit_status::LEFT })
    }

    /// Nobody else acts: whose AWS profile is on this machine may be who has lost the device.
    async fn act_as_who_is_signed_in(&mut self) -> Result<(), Failure> {
        if let CallerKind::User(name) = self.engine.session.started.caller.kind.clone() {
            self.engine.session.find_administrator(&name, None).await?;
        }
        Ok(())
    }

    async fn look(&self, user: &str) -> Result<Devices, Failure> {
        let begun = self.engine.collected.answers.unfinished.keys().cloned().collect();
        // On the heap, as all that calls the SDK.
        let devices = Box::pin(repair::read(&self.engine.session, user, &begun));
        run::until(&self.engine.interrupt, devices).await
    }

    /// Removes what is lost, and has a new one enrolled. Gives the devices as they stand then.
    async fn repair(&mut self, mut devices: Devices) -> Result<Devices, Failure> {
        loop {
            devices = self.remove_lost(devices).await?;
            if !self.wants_a_new_one(&devices).await? {
                self.say(&devices.alone());
                return Ok(devices);
            }
            if !devices.is_full() {
                return self.enrol(devices).await;
            }
            self.caution(&devices.full());
        }
    }

    /// One after the other, until nothing is wrong with any of them.
    async fn remove_lost(&mut self, mut devices: Devices) -> Result<Devices, Failure> {
        loop {
            match self.what_is_wrong(&devices).await? {
                Wrong::Lost(lost) => devices = self.remove(devices, &lost).await?,
                Wrong::OutOfStep => self.bring_into_step(&devices).await?,
                Wrong::Nothing => return Ok(devices),
            }
        }
    }

    async fn what_is_wrong(&mut self, devices: &Devices) -> Result<Wrong, Failure> {
        if devices.found.is_empty() {
            self.say(&devices.none());
            return Ok(Wrong::Nothing);
        }
        let question = text! { en: "Which one is lost, or left over?", ko: "잃어버렸거나 등록이 끝나지 않은 디바이스는 어느 것인가요?" };
        let none = text! { en: "None of them", ko: "없음" };
        let out_of_step = text! {
            en: "None is lost, but AWS refuses the codes that one shows",
            ko: "잃어버리지 않았지만 표시되는 코드가 거부됨"
        };
        let out_of_step = devices.show_codes().next().map(|_| out_of_step);
        let none_lost = std::iter::once(none).chain(out_of_step);
        let options: Vec<Text> = devices.found.iter().map(Device::text).chain(none_lost).collect();
        let chosen = self.engine.operator.choose(&question, &options, devices.found.len()).await?;
        Ok(match devices.found.get(chosen) {
            Some(lost) => Wrong::Lost(lost.clone()),
            None if chosen > devices.found.len() => Wrong::OutOfStep,
            None => Wrong::Nothing,
        })
    }

    /// Two codes tell AWS how far off the device's clock is. Skipping in the middle of it leaves it as it was.
    async fn bring_into_step(&mut self, devices: &Devices) -> Result<(), Failure> {
        let Some(device) = self.which_is_out_of_step(devices).await? else { return Ok(()) };
        self.say(&text! {
            en: "Two codes that follow one another tell AWS what the device's clock says.",
            ko: "연속된 두 코드를 입력하면 AWS가 디바이스의 시계를 맞춥니다."
        });
        if self.make(devices, devices.resync(&device)).await? {
            self.say(&devices.in_step(&device));
        }
        Ok(())
    }

    async fn which_is_out_of_step(&mut self, devices: &Devices) -> Result<Option<Device>, Failure> {
        let show_codes: Vec<&Device> = devices.show_codes().collect();
        if let [only] = show_codes.as_slice() {
            return Ok(Some((*only).clone()));
        }
        let question = text! { en: "Which one is it?", ko: "어느 디바이스인가요?" };
        let options: Vec<Text> = show_codes.iter().map(|device| device.text()).collect();
        let chosen = self.engine.operator.choose(&question, &options, 0).await?;
        Ok(show_codes.get(chosen).map(|device| (*device).clone()))
    }

    /// Says first what follows, and has the user's name typed.
    async fn remove(&mut self, devices: Devices, lost: &Device) -> Result<Devices, Failure> {
        let session = &self.engine.session;
        let used = session.session_device.as_deref();
        match devices.before_removal(lost, &session.acting().caller, used) {
            Ok(told) => {
                self.screen.blank();
                told.iter().for_each(|text| self.say(text));
            }
            Err(refusal) => {
                self.caution(&refusal);
                return Ok(devices);
            }
        }
        let what = devices.what_goes(lost);
        if !self.engine.operator.confirm_by_typing(&what, &devices.user).await? {
            return Ok(devices);
        }
        self.make(&devices, devices.removal(lost)).await?;
        self.until_shown(&devices, |seen| !seen.has(lost)).await
    }

    async fn wants_a_new_one(&mut self, devices: &Devices) -> Result<bool, Failure> {
        let user = text::harmless(&devices.user);
        let question = text! {
            en: "Enrol a new device now? ({user} must be here to scan it)",
            ko: "지금 새 디바이스를 등록할까요? (스캔하려면 {user} 본인이 여기 있어야 합니다)"
        };
        let has_none = devices.enabled().next().is_none();
        Ok(self.engine.operator.yes(&question, has_none).await?)
    }

    /// Skipping in the middle of it leaves it to the user.
    async fn enrol(&mut self, devices: Devices) -> Result<Devices, Failure> {
        let change = self.new_device(&devices).await?;
        let before = devices.enabled().count();
        if !self.make(&devices, change).await? {
            self.say(&devices.alone());
            return self.look(&devices.user).await;
        }
        self.until_shown(&devices, |seen| seen.enabled().count() > before).await
    }

    async fn new_device(&mut self, devices: &Devices) -> Result<Change, Failure> {
        let question = text! { en: "Which device is it?", ko: "어떤 디바이스인가요?" };
        let kinds = [
            text! { en: "An authenticator app, by a QR code", ko: "인증 앱(QR 코드)" },
            text! {
                en: "A hardware token that shows codes, by its serial number",
                ko: "코드를 표시하는 하드웨어 토큰(일련번호)"
            },
        ];
        match self.engine.operator.choose(&question, &kinds, 0).await? {
            0 => Ok(devices.new_virtual()),
            _ => Ok(devices.new_token(&self.serial_number().await?)),
        }
    }

    async fn serial_number(&mut self) -> Result<String, Failure> {
        let text = text! { en: "The serial number printed on the token", ko: "토큰에 적힌 일련번호" };
        let question = Question { key: "mfa.serial", text, default: None };
        loop {
            let serial = self.engine.operator.answer(&question).await?;
            if judgement::is_serial_number(&serial) {
                return Ok(serial);
            }
            self.caution(&judgement::serial_number());
        }
    }

    /// Makes a change as the engine does. False when the operator skipped in the middle of it.
    async fn make(&mut self, devices: &Devices, change: Change) -> Result<bool, Failure> {
        let step = self.step(devices);
        Box::pin(self.engine.apply_all::<Mfa>(step, &[change])).await
    }

    /// Looks again until AWS shows what was just changed, within bounds.
    async fn until_shown(
        &mut self,
        devices: &Devices,
        shown: impl Fn(&Devices) -> bool,
    ) -> Result<Devices, Failure> {
        for pause in wait::pauses() {
            let seen = self.look(&devices.user).await?;
            if shown(&seen) {
                return Ok(seen);
            }
            self.engine.wait_for_aws(pause).await?;
        }
        Err(engine::not_shown(self.step(devices)).into())
    }

    /// Under which step the journal has it.
    fn step(&self, devices: &Devices) -> StepId {
        let administrator = self.engine.collected.answers.admin.user.as_deref();
        match administrator.is_some_and(|user| user.eq_ignore_ascii_case(&devices.user)) {
            true => StepId::AdminMfa,
            false => StepId::UsersMfa,
        }
    }

    fn list(&self, devices: &Devices) {
        if devices.found.is_empty() {
            self.say(&devices.none());
        }
        for device in &devices.found {
            self.screen.hanging("    ", 6, self.screen.say(&device.text()));
        }
        self.screen.blank();
    }

    fn head(&self, text: &Text) {
        self.screen.blank();
        self.screen.wrapped(2, &self.screen.paint(Tone::Strong, self.screen.say(text)));
        self.screen.blank();
    }

    fn say(&self, text: &Text) {
        self.screen.wrapped(2, self.screen.say(text));
    }

    fn caution(&self, text: &Text) {
        self.screen.wrapped(2, &self.screen.paint(Tone::Caution, self.screen.say(text)));
    }
}
