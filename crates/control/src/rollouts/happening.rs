//! Rollouts that are under way, as lines for the margin of somebody's inbox.

use super::list::summaries;
use crate::{Actor, Ctx, Outcome};
use contract::rollout::RolloutState;
use contract::urls;
use contract::verdict::State;
use contract::views::common::When;
use contract::views::inbox::InboxLine;

/// Open rollouts, newest first.
pub async fn happening(cx: &Ctx, who: &Actor) -> Outcome<Vec<InboxLine>> {
    let now = cx.now();
    let open = summaries(cx, who).await?.into_iter().filter(|rollout| !rollout.state.ended());
    Ok(open
        .map(|rollout| {
            let (state, words) = match rollout.state {
                RolloutState::Paused => (State::Watch, "Paused"),
                _ => (State::Run, "Running"),
            };
            InboxLine {
                due: String::new(),
                title: format!("Version {} of {} at {}%", rollout.canary, rollout.deployment, rollout.weight),
                detail: rollout.reason,
                state,
                state_words: words.into(),
                at: When::new(rollout.started_at, now),
                until: String::new(),
                href: urls::rollout(&rollout.id),
            }
        })
        .collect())
}
