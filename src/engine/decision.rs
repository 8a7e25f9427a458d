//! From a plan to its changes: somebody says yes, and what is made then is what was shown.

use std::time::Duration;

use steps::operator::OperatorError;
use steps::practice::{Change, Practice, StepId, StepPlan, Verb};
use steps::text;
use steps::text::Text;
use tokio::time::Instant;

use super::changes::is_gone_through;
use super::{Engine, Next, report};
use crate::error::Failure;
use crate::event::Event;
use crate::operator::{Asks, Decision};

/// For so long a look counts as the account of this moment. A yes that takes longer is followed by another look.
pub(super) const FRESH: Duration = Duration::from_secs(5);

impl<O: Asks> Engine<'_, O> {
    /// Asks until there is an answer, then makes each change of the plan that was shown. `seen` is when the account was
    /// looked at for it.
    pub(super) async fn decide_and_apply<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
        seen: Instant,
    ) -> Result<Next<P::Facts>, Failure> {
        if let Some(departure) = self.departure(&plan) {
            self.listener.hear(&Event::Note(departure));
            return Ok(self.left(plan.step));
        }
        let more = further_decisions(&plan);
        loop {
            match self.operator.decide(default_decision(&plan), &more).await? {
                Decision::Yes => break,
                Decision::Explain => self.listener.hear(&Event::Explained(plan.step)),
                Decision::Quit => return Err(OperatorError::Quit.into()),
                Decision::No | Decision::Skip => return self.not_now(plan.step, &plan.changes),
                Decision::Watch => return self.watch_switched_off::<P>(&plan).await,
                Decision::Undo => return self.take_back::<P>(plan, seen).await,
            }
        }
        if !self.confirmed(&plan.changes).await? {
            return Ok(self.left(plan.step));
        }
        let stands = |now: &StepPlan<P::Change>| is_as_shown(now, &plan);
        if let Some(next) = self.before_first_change::<P>(plan.step, seen, stands).await? {
            return Ok(next);
        }
        self.settle(plan.step)?;
        match self.apply_all::<P>(plan.step, &plan.changes).await? {
            true => self.wait_until_shown::<P>(plan.step, &plan.changes).await.map(Next::Seen),
            false => Ok(self.left(plan.step)),
        }
    }

    /// Between a yes and the first change. Where that took long, a code that had to be typed included, the account is
    /// looked at once more. None when what was said yes to still stands, and else where the step goes on instead.
    pub(super) async fn before_first_change<P: Practice>(
        &mut self,
        step: StepId,
        seen: Instant,
        stands: impl Fn(&StepPlan<P::Change>) -> bool,
    ) -> Result<Option<Next<P::Facts>>, Failure> {
        if !is_gone_through(self.unlock_administrator(step).await)? {
            return Ok(Some(self.left(step)));
        }
        if seen.elapsed() < FRESH {
            return Ok(None);
        }
        let now = self.observe::<P>().await?;
        if stands(&self.plan_to_walk::<P>(&now.facts, step)) {
            return Ok(None);
        }
        self.listener.hear(&Event::Note(changed_meanwhile()));
        Ok(Some(Next::Changed(now)))
    }

    /// Something broke: what was done before is taken back, and the step is left.
    async fn take_back<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
        seen: Instant,
    ) -> Result<Next<P::Facts>, Failure> {
        let stands = |now: &StepPlan<P::Change>| now.undo == plan.undo;
        if let Some(next) = self.before_first_change::<P>(plan.step, seen, stands).await? {
            return Ok(next);
        }
        self.apply_all::<P>(plan.step, &plan.undo).await?;
        let sight = self.wait_until_shown::<P>(plan.step, &plan.undo).await?;
        self.keep(&report(&self.plan_to_walk::<P>(&sight.facts, plan.step)));
        Ok(self.left(plan.step))
    }

    /// What cannot be undone is confirmed by typing the account number, once for a step.
    pub(super) async fn confirmed<C: Change>(&mut self, changes: &[C]) -> Result<bool, Failure> {
        let gone = changes.iter().filter(|change| change.is_irreversible()).map(Change::summary);
        let (en, ko): (Vec<_>, Vec<_>) = gone.map(|text| (text.en, text.ko)).unzip();
        if en.is_empty() {
            return Ok(true);
        }
        let (en, ko) = (en.join("; "), ko.join("; "));
        let what = text! { en: "This deletes: {en}.", ko: "삭제합니다: {ko}." };
        let account = self.session.account().to_owned();
        Ok(self.operator.confirm_by_typing(&what, &account).await?)
    }
}

/// Whether the same would be changed as was shown, and with the same warnings where somebody may be harmed. What only
/// concerns this run's own sign-in may have become needless meanwhile.
fn is_as_shown<C: Change>(now: &StepPlan<C>, shown: &StepPlan<C>) -> bool {
    let is_needed = |change: &&C| !change.is_of_this_run() || now.changes.contains(change);
    let warned = !now.careful || (shown.careful && now.notes == shown.notes);
    warned && now.changes.iter().eq(shown.changes.iter().filter(is_needed))
}

pub(super) fn changed_meanwhile() -> Text {
    text! {
        en: "The account has changed since this was shown, so none of it was applied; this is how it stands now.",
        ko: "이 내용을 보여 드린 뒤 계정이 바뀌어 적용하지 않았고, 지금은 다음과 같습니다."
    }
}

/// Enter alone never takes anything away, and harms nobody.
pub(super) fn default_decision<C: Change>(plan: &StepPlan<C>) -> Decision {
    let takes_away = |change: &C| {
        matches!(change.verb(), Verb::Delete | Verb::Detach | Verb::Disable) && !change.is_leftover()
    };
    if plan.careful || plan.changes.iter().any(takes_away) { Decision::Skip } else { Decision::Yes }
}

fn further_decisions<C>(plan: &StepPlan<C>) -> Vec<Decision> {
    let watch = plan.watchable.as_ref().map(|_| Decision::Watch);
    let undo = (!plan.undo.is_empty()).then_some(Decision::Undo);
    watch.into_iter().chain(undo).collect()
}
