//! Who is told of an alert, and when: the owner's steps, silences, acknowledgements. Pure, with a table of cases.

use contract::alerting::{Least, RouteStep};
use contract::time::MINUTE;
use contract::{ChannelId, Millis};

/// A channel, as far as it decides.
#[derive(Clone, Debug)]
pub struct Reach {
    pub id: ChannelId,
    pub least: Least,
    pub made_at: Millis,
}

/// An alert, as far as it decides.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub bad: bool,
    pub since: Millis,
    pub silenced: bool,
    pub acknowledged: bool,
    /// When the first message about it was enqueued; `None` if there was none.
    pub first_sent: Option<Millis>,
    pub now: Millis,
}

/// The steps that are due now: their number and channel. A step that was taken already is named again; the outbox keeps one of each.
///
/// `route` is the owner's; without one every channel that was there before the alert is told at once. A channel that only wants what is
/// bad is left out of what is to be watched.
pub fn due(standing: &Standing, route: Option<&[RouteStep]>, channels: &[Reach]) -> Vec<(usize, ChannelId)> {
    if standing.silenced {
        return Vec::new();
    }
    let wants = |id: &ChannelId| {
        channels.iter().find(|reach| reach.id == *id).is_some_and(|reach| standing.bad || reach.least == Least::Watch)
    };
    match route {
        None => {
            // One that is made while an alert is open is not told of the past.
            let there = channels.iter().filter(|reach| reach.made_at <= standing.since && wants(&reach.id));
            there.map(|reach| (0, reach.id.clone())).collect()
        }
        Some(steps) => {
            let waited = standing.first_sent.map_or(0, |first| standing.now - first);
            let is_due = |step: &RouteStep| {
                step.after_minutes == 0 || (!standing.acknowledged && waited >= i64::from(step.after_minutes) * MINUTE)
            };
            let due = steps.iter().enumerate().filter(|(_, step)| is_due(step) && wants(&step.channel));
            due.map(|(n, step)| (n, step.channel.clone())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_when() {
        let reach = |id: &str, least, made_at| Reach { id: id.into(), least, made_at: Millis(made_at) };
        let channels = [reach("ops", Least::Bad, 0), reach("all", Least::Watch, 0), reach("late", Least::Watch, 500)];
        let step = |channel: &str, after_minutes| RouteStep { channel: channel.into(), after_minutes };
        let steps = [step("all", 0), step("ops", 15), step("late", 30)];
        let base =
            Standing { bad: true, since: Millis(100), silenced: false, acknowledged: false, first_sent: None, now: Millis(100) };
        let later = |minutes: i64| Standing { first_sent: Some(Millis(100)), now: Millis(100 + minutes * MINUTE), ..base };
        for (standing, route, told) in [
            (base, None, vec!["ops", "all"]),
            (Standing { bad: false, ..base }, None, vec!["all"]),
            (Standing { silenced: true, ..base }, None, vec![]),
            (base, Some(&steps[..]), vec!["all"]),
            (later(14), Some(&steps[..]), vec!["all"]),
            (later(15), Some(&steps[..]), vec!["all", "ops"]),
            (later(30), Some(&steps[..]), vec!["all", "ops", "late"]),
            (Standing { acknowledged: true, ..later(30) }, Some(&steps[..]), vec!["all"]),
            (Standing { silenced: true, ..later(30) }, Some(&steps[..]), vec![]),
            (Standing { bad: false, ..later(30) }, Some(&steps[..]), vec!["all", "late"]),
            // A silence has ended: the clock starts with the first message, not with the alert.
            (Standing { now: Millis(100 + 60 * MINUTE), ..base }, Some(&steps[..]), vec!["all"]),
            (base, Some(&[][..]), vec![]),
        ] {
            let found: Vec<String> = due(&standing, route, &channels).into_iter().map(|(_, id)| id.0).collect();
            assert_eq!(found, told, "{standing:?}");
        }
        // A removed channel is no longer among them.
        assert!(due(&base, Some(&[step("gone", 0)]), &channels).is_empty());
    }
}
