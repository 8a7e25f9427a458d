//! Nobody is locked out: while runs go on, are cut off and go on again, either root can get in by the keys that it had or
//! an administrator can, by the practice account's own judgement after every call that changes something. In the end
//! root's access keys are gone, or the run says that they are not.
//!
//! Runs are cut off at some of their calls; with `DAYONE_SWEEP=all` at each of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_iam::types::StatusType;
use dayone::rehearsal::{Clock, Fault, FaultTime, Standing};
use serde_json::{Value, json};
use steps::aws::{Access, Identity};
use steps::practice::{PracticeId, State, StepId};
use support::actor::Actor;
use support::side_by_side::everything;
use support::stage::{Errand, Played, Stage};

/// So long ago root's keys were used that were used yesterday, and the others made.
const YESTERDAY: Duration = Duration::from_secs(25 * 3600);

/// Of the places at which a run can be cut off, one in so many is tried; with each scene others.
const STRIDE: usize = 9;

/// Root's access keys at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    None,
    Signing,
    Another,
    Inactive,
    SigningAndAnother,
    TwoOthers,
}

/// How the administrator signs in, and whether anybody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    AccessKey,
    Browser,
    Unattended,
}

/// How it all begins.
#[derive(Debug, Clone, Copy)]
struct Scene {
    keys: Keys,
    /// Whether those of root's keys that do not sign the run were used yesterday, or else never.
    used_yesterday: bool,
    way: Way,
}

impl Keys {
    const ALL: [Self; 6] =
        [Self::None, Self::Signing, Self::Another, Self::Inactive, Self::SigningAndAnother, Self::TwoOthers];

    /// Whether one of them starts the run. Otherwise root's login does.
    fn sign(self) -> bool {
        matches!(self, Self::Signing | Self::SigningAndAnother)
    }

    /// How many there are that do not.
    fn others(self) -> usize {
        match self {
            Self::None | Self::Signing => 0,
            Self::Another | Self::Inactive | Self::SigningAndAnother => 1,
            Self::TwoOthers => 2,
        }
    }
}

impl Scene {
    fn all(way: Way) -> Vec<Self> {
        let scenes = |keys: Keys| {
            let uses: &[bool] = if keys.others() == 0 { &[false] } else { &[false, true] };
            uses.iter().map(move |used_yesterday| Self { keys, used_yesterday: *used_yesterday, way })
        };
        Keys::ALL.into_iter().flat_map(scenes).collect()
    }

    /// The commands are never run: who stands in for them has the codes.
    fn answers(self) -> Value {
        let commands = json!({"enrol_command": ["app"], "code_command": ["app"]});
        match self.way {
            Way::AccessKey => json!({}),
            Way::Browser => json!({"admin": {"access_key_profile": null}}),
            Way::Unattended => json!({"admin": {"console_password_file": "alice.txt"}, "mfa": commands}),
        }
    }
}

/// Judges, after every call that changes something, whether anybody is locked out.
#[derive(Default)]
struct Watchman {
    /// Root's keys that worked at the beginning.
    keys: Vec<String>,
    /// Whether the administrator, once in, is never out again: the console password sees to that.
    stays: bool,
    was_in: bool,
    calls: usize,
    wrong: Vec<String>,
}

impl Watchman {
    fn judge(&mut self, standing: &Standing) {
        self.calls += 1;
        let administrator = standing.can("alice");
        let root = self.keys.iter().all(|key| standing.root_keys.contains(key));
        if !standing.somebody_can() || !(administrator || root) {
            self.wrong.push(format!("nobody can get in after call {}: {standing:?}", self.calls));
        }
        if self.stays && self.was_in && !administrator {
            self.wrong
                .push(format!("the administrator is out again after call {}: {standing:?}", self.calls));
        }
        self.was_in |= administrator;
    }
}

/// An account with root's keys as the scene has them, and somebody who watches.
struct Set {
    scene: Scene,
    stage: Stage,
    /// Who starts the run.
    login: Credentials,
    watchman: Arc<Mutex<Watchman>>,
    /// How many calls had changed something before.
    before: usize,
}

impl Set {
    async fn of(scene: Scene) -> Self {
        let stage = Stage::at(clock_since_yesterday());
        let (root, first) = (stage.root().await, stage.account.root_access_key());
        if !scene.keys.sign() {
            let delete = root.iam().delete_access_key().access_key_id(first.access_key_id());
            delete.send().await.unwrap();
        }
        for _ in 0..scene.keys.others() {
            another_key(&stage, &root, scene).await;
        }
        tokio::time::sleep(YESTERDAY).await;
        let login = if scene.keys.sign() { first } else { stage.account.root_login() };
        let before = stage.account.mutating_calls().len();
        let watchman = watch(&stage).await;
        Self { scene, stage, login, watchman, before }
    }

    fn errand(&self, login: Credentials, steps: &[StepId], answers: Value) -> Errand {
        Errand { login, ..self.stage.errand(answers, steps) }
    }

    fn operator(&self, seed: Option<String>) -> Actor {
        let clock = self.stage.clock.clone();
        match self.scene.way {
            Way::AccessKey => Actor::attended(clock),
            Way::Browser => Actor::attended(clock).in_browser(&self.stage),
            Way::Unattended => Actor::unattended(clock),
        }
        .with_seed(seed)
    }

    /// Runs as the scene begins.
    async fn run(&self, steps: &[StepId]) -> Played<Actor> {
        let errand = self.errand(self.login.clone(), steps, self.scene.answers());
        self.stage.play(&errand, self.operator(None)).await
    }

    /// Runs again after the first run was cut off: as before, or as the administrator where the key that started the run
    /// is gone.
    async fn run_again(&self, steps: &[StepId], seed: Option<String>) -> Played<Actor> {
        let id = self.login.access_key_id();
        let gone = !self.stage.account.who_can_get_in().await.root_keys.iter().any(|key| key == id);
        let login = if self.scene.keys.sign() && gone { self.stage.profile() } else { self.login.clone() };
        let errand = self.errand(login, steps, self.scene.answers());
        self.stage.play(&errand, self.operator(seed)).await
    }

    fn calls(&self) -> usize {
        self.stage.calls_since(self.before).len()
    }

    /// Nobody was locked out on the way, the administrator can get in, and of root's keys the truth is told.
    async fn assert_all_is_well(&self, played: &Played<Actor>, place: &str) {
        {
            let watchman = self.watchman.lock().unwrap();
            assert!(watchman.wrong.is_empty(), "{place}: {:#?}", watchman.wrong);
            assert!(watchman.calls >= 10, "{place}: {}", watchman.calls);
        }
        assert!(self.stage.account.who_can_get_in().await.can("alice"), "{place}");
        let gone = self.keys().await == 0;
        let said = played.state(StepId::RootAccessKeys) == State::InPlace;
        assert_eq!(said, gone, "{place}: {:?}", played.state(StepId::RootAccessKeys));
    }

    /// How many access keys root has, those that are switched off included.
    async fn keys(&self) -> u64 {
        self.stage.account.snapshot().await["root"]["keys"].as_u64().unwrap()
    }
}

/// A clock that begins yesterday.
fn clock_since_yesterday() -> Clock {
    let begin = tokio::time::Instant::now();
    let start = SystemTime::now() - YESTERDAY;
    Arc::new(move || start + begin.elapsed())
}

async fn another_key(stage: &Stage, root: &Identity, scene: Scene) {
    let made = root.iam().create_access_key().send().await.unwrap();
    let key = made.access_key().unwrap();
    let credentials = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test");
    if scene.used_yesterday {
        let connection = stage.connection(stage.account.root_login(), Access::ReadWrite);
        connection.with_new_key(credentials).await.unwrap();
    }
    if scene.keys == Keys::Inactive {
        let off = root.iam().update_access_key().access_key_id(key.access_key_id());
        off.status(StatusType::Inactive).send().await.unwrap();
    }
}

async fn watch(stage: &Stage) -> Arc<Mutex<Watchman>> {
    let keys = stage.account.who_can_get_in().await.root_keys;
    let watchman = Arc::new(Mutex::new(Watchman { keys, ..Watchman::default() }));
    let judge = watchman.clone();
    stage
        .account
        .set_witness(Some(Arc::new(move |standing: &Standing| judge.lock().unwrap().judge(standing))));
    watchman
}

/// The practices that could lock somebody out.
fn two_practices() -> Vec<StepId> {
    [PracticeId::RootUser, PracticeId::Mfa]
        .into_iter()
        .flat_map(|practice| practice.steps())
        .copied()
        .collect()
}

/// The whole walk, undisturbed.
async fn whole_runs(way: Way) {
    for scene in Scene::all(way) {
        let set = Set::of(scene).await;
        set.watchman.lock().unwrap().stays = true;
        let played = set.run(&[]).await;
        let place = format!("{scene:?}");
        assert!(played.result.is_ok(), "{place}: {:?}", played.result);
        set.assert_all_is_well(&played, &place).await;
        assert_eq!(set.watchman.lock().unwrap().calls, set.calls(), "{place}");
        assert_eq!(set.keys().await, 0, "{place}");
        assert_eq!(played.state(StepId::RequireMfa), State::InPlace, "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_by_access_key_locks_nobody_out() {
    whole_runs(Way::AccessKey).await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_by_the_browser_locks_nobody_out() {
    whole_runs(Way::Browser).await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_with_nobody_there_locks_nobody_out() {
    whole_runs(Way::Unattended).await;
}

/// Cut off at a call that changes something, before or after its effect, and run again.
async fn cut_off_runs(way: Way) {
    // A session of the browser is read from the profile anew in the middle of a run, which only a run can that has the
    // profile beside its own credentials.
    let scenes = Scene::all(way).into_iter().filter(|scene| way != Way::Browser || !scene.keys.sign());
    for (number, scene) in scenes.enumerate() {
        let undisturbed = Set::of(scene).await;
        let played = undisturbed.run(&two_practices()).await;
        assert!(played.result.is_ok(), "{scene:?}: {:?}", played.result);
        for cut in cuts(undisturbed.calls(), number) {
            cut_off_run(scene, cut).await;
        }
    }
}

fn cuts(calls: usize, number: usize) -> Vec<(usize, FaultTime)> {
    let every = if everything() { 1 } else { STRIDE };
    let all = (0..calls).flat_map(|call| [FaultTime::Before, FaultTime::After].map(|when| (call, when)));
    let cuts: Vec<_> = all.skip(number % every).step_by(every).collect();
    assert!(!cuts.is_empty(), "{calls}");
    cuts
}

async fn cut_off_run(scene: Scene, (call, when): (usize, FaultTime)) {
    let place = format!("{scene:?}, cut off at call {call}, {when:?}");
    let set = Set::of(scene).await;
    set.watchman.lock().unwrap().stays = scene.way != Way::Unattended;
    let fault = Fault { at_mutating_call: set.before + call, when, lasting: true };
    set.stage.account.set_fault(Some(fault));
    let cut = set.run(&two_practices()).await;
    assert!(cut.result.is_err(), "{place}");
    set.stage.account.set_fault(None);
    let again = set.run_again(&two_practices(), cut.operator.seed).await;
    assert!(again.result.is_ok(), "{place}: {:?}", again.result);
    set.assert_all_is_well(&again, &place).await;
    assert_eq!(set.keys().await, 0, "{place}");
    assert_eq!(again.state(StepId::RequireMfa), State::InPlace, "{place}");
}

#[tokio::test(start_paused = true)]
async fn cut_off_anywhere_a_run_by_access_key_locks_nobody_out() {
    cut_off_runs(Way::AccessKey).await;
}

#[tokio::test(start_paused = true)]
async fn cut_off_anywhere_a_run_by_the_browser_locks_nobody_out() {
    cut_off_runs(Way::Browser).await;
}

#[tokio::test(start_paused = true)]
async fn cut_off_anywhere_a_run_with_nobody_there_locks_nobody_out() {
    cut_off_runs(Way::Unattended).await;
}

/// What the answers do not consent to is left, and said to be left.
#[tokio::test(start_paused = true)]
async fn without_consent_root_s_keys_stay_and_are_named() {
    for scene in Scene::all(Way::Unattended).into_iter().filter(|scene| scene.keys != Keys::None) {
        let set = Set::of(scene).await;
        let mut answers = scene.answers();
        answers["root"] = json!({"delete_access_keys": false});
        assert_keys_stay(&set, answers, State::NeedsPerson).await;
    }
}

/// A key that something used lately is left for a person; one that nobody ever used goes.
#[tokio::test(start_paused = true)]
async fn a_key_of_root_that_was_used_yesterday_stays_and_is_named() {
    for scene in Scene::all(Way::Unattended).into_iter().filter(|scene| scene.keys.others() > 0) {
        let set = Set::of(scene).await;
        let mut answers = scene.answers();
        answers["root"] = json!({"quiet_days": 2});
        if scene.used_yesterday {
            assert_keys_stay(&set, answers, State::NeedsPerson).await;
        } else {
            let errand = set.errand(set.login.clone(), &two_practices(), answers);
            let played = set.stage.play(&errand, set.operator(None)).await;
            assert!(played.result.is_ok(), "{scene:?}: {:?}", played.result);
            set.assert_all_is_well(&played, &format!("{scene:?}")).await;
            assert_eq!(set.keys().await, 0, "{scene:?}");
        }
    }
}

/// Without a console password the one access key would be all that is left.
#[tokio::test(start_paused = true)]
async fn while_there_is_no_other_way_back_root_s_keys_stay_and_are_named() {
    for scene in Scene::all(Way::Unattended).into_iter().filter(|scene| scene.keys != Keys::None) {
        let set = Set::of(scene).await;
        let mut answers = scene.answers();
        answers["admin"] = json!({});
        assert_keys_stay(&set, answers, State::NeedsPerson).await;
        let set = Set::of(scene).await;
        let mut answers = scene.answers();
        answers["root"] = json!({"credentials_stored": false});
        assert_keys_stay(&set, answers, State::NeedsPerson).await;
    }
}

/// Nobody has signed in as the administrator, so that nothing proves that root can do without its keys.
#[tokio::test(start_paused = true)]
async fn without_a_sign_in_root_s_keys_stay_and_are_named() {
    for scene in Scene::all(Way::Unattended).into_iter().filter(|scene| scene.keys != Keys::None) {
        let set = Set::of(scene).await;
        let mut answers = scene.answers();
        answers["admin"] = json!({"access_key_profile": null, "console_password_file": "alice.txt"});
        assert_keys_stay(&set, answers, State::Blocked).await;
    }
}

/// Root's keys are as they were after the run, and the run says so.
async fn assert_keys_stay(set: &Set, answers: Value, expected: State) {
    let place = format!("{:?}", set.scene);
    let (keys, working) = (set.keys().await, set.stage.account.who_can_get_in().await.root_keys);
    let errand = set.errand(set.login.clone(), &two_practices(), answers);
    let played = set.stage.play(&errand, set.operator(None)).await;
    assert!(played.result.is_ok(), "{place}: {:?}", played.result);
    set.assert_all_is_well(&played, &place).await;
    assert_eq!(played.state(StepId::RootAccessKeys), expected, "{place}");
    assert_eq!(set.keys().await, keys, "{place}");
    assert_eq!(set.stage.account.who_can_get_in().await.root_keys, working, "{place}");
}
