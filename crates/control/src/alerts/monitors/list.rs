//! Every rule of a deployment, in words, with how it stands now.

use super::limits::{BUDGET, Chosen, WINDOW, name as rule_name, words};
use crate::alerts::list::lines;
use crate::alerts::look::QUALITY;
use crate::deployments::{Known, unknown};
use crate::monitoring::{last, spans, sums};
use crate::outcomes::outcomes_counted;
use crate::words::counted;
use crate::{Actor, Ctx, Outcome};
use contract::role::Act;
use contract::time::{DAY, MINUTE};
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine};
use contract::views::monitors::MonitorLine;
use contract::{DeploymentName, Millis, Problem, urls};

/// Requests, and outcomes, from which a rule can say anything.
const FEWEST: u64 = 50;

/// The rules of one deployment, or of all.
pub async fn monitors(cx: &Ctx, who: &Actor, name: Option<&DeploymentName>) -> Outcome<Vec<MonitorLine>> {
    who.must(Act::View)?;
    let book = cx.book.all();
    let known: Vec<_> = match name {
        Some(name) => vec![book.get(name).ok_or_else(|| unknown(name))?],
        None => book.values().collect(),
    };
    let mut all = Vec::new();
    for known in known {
        let open = lines(cx, Some(&known.name)).await?;
        all.extend(of(cx, known, &open).await?);
    }
    Ok(all)
}

/// One rule.
pub async fn monitor(cx: &Ctx, who: &Actor, name: &DeploymentName, rule: &str) -> Outcome<MonitorLine> {
    let all = monitors(cx, who, Some(name)).await?;
    all.into_iter().find(|line| line.monitor == rule).ok_or_else(|| Problem::not_found(format!("There is no rule “{rule}”.")))
}

pub(super) async fn of(cx: &Ctx, known: &Known, open: &[AlertLine]) -> Outcome<Vec<MonitorLine>> {
    let seen = Seen::read(cx, known).await?;
    let rules = AlertKind::ALL.into_iter().map(AlertKind::word).chain([BUDGET, WINDOW]);
    Ok(rules
        .map(|rule| {
            let (state, state_words) = standing(rule, open, seen);
            MonitorLine {
                deployment: known.name.clone(),
                monitor: rule.to_owned(),
                name: rule_name(rule),
                words: words(rule, &known.settings),
                limit: Chosen::of(rule).map(|chosen| chosen.limit(&known.settings)),
                state,
                state_words,
                url: format!("{}?rule={rule}#backtest", urls::deployment(&known.name, "alerts")),
            }
        })
        .collect())
}

/// What there is to judge.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Requests of the last five minutes.
    requests: u64,
    /// Rows over which drift is judged.
    rows: u64,
    /// Outcomes of the last seven days.
    outcomes: u64,
}

impl Seen {
    async fn read(cx: &Ctx, known: &Known) -> Outcome<Seen> {
        let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY / 1_000).saturating_mul(1_000);
        let now = cx.now();
        let live = async |length| {
            let span = spans::for_features(last(cx, length), now);
            sums::live(cx, &known.name, span, length).await
        };
        let (short, long) = (live(5 * MINUTE).await?, live(window).await?);
        let outcomes = outcomes_counted(cx, &known.name, Millis(now.0 - QUALITY), now + 1).await?;
        Ok(Seen { requests: short.requests, rows: long.rows, outcomes })
    }
}

/// How a rule stands. Pure.
fn standing(rule: &str, open: &[AlertLine], seen: Seen) -> (State, String) {
    if matches!(rule, BUDGET | WINDOW) {
        return (State::Unknown, "For all rules about drift".into());
    }
    let fires: Vec<&AlertLine> = open.iter().filter(|line| line.kind.word() == rule).collect();
    if let Some(worst) = fires.iter().min_by_key(|line| line.state) {
        let more = if fires.len() > 1 { format!(", and {} more", fires.len() - 1) } else { String::new() };
        let silenced = if fires.iter().all(|line| line.silenced.is_some()) { " (silenced)" } else { "" };
        return (worst.state, format!("{}{more}{silenced}", worst.headline));
    }
    let short = |n: u64, one: &str| (State::Unknown, format!("Not enough data: {} of {FEWEST}", counted(n, one)));
    match rule {
        "errors" | "latency" | "degraded" if seen.requests < FEWEST => short(seen.requests, "request"),
        "feature_drift" | "missing" | "unseen" | "out_of_range" | "stuck" | "prediction_drift" if seen.rows < FEWEST => {
            short(seen.rows, "row")
        }
        "quality" if seen.outcomes < FEWEST => short(seen.outcomes, "outcome"),
        _ => (State::Ok, "Quiet".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::line;
    use crate::alerts::testing::alert;

    #[test]
    fn a_rule_is_quiet_only_where_it_could_have_fired() {
        let seen = Seen { requests: 500, rows: 500, outcomes: 10 };
        let open = [line(alert()).unwrap()];
        for (rule, open, state, words) in [
            ("errors", &open[..], State::Bad, "12.0% of requests fail"),
            ("errors", &[][..], State::Ok, "Quiet"),
            ("latency", &open[..], State::Ok, "Quiet"),
            ("quality", &[][..], State::Unknown, "Not enough data: 10 outcomes of 50"),
            ("rolled_back", &[][..], State::Ok, "Quiet"),
            (BUDGET, &[][..], State::Unknown, "For all rules about drift"),
        ] {
            assert_eq!(standing(rule, open, seen), (state, words.to_owned()), "{rule}");
        }
        let idle = Seen { requests: 0, rows: 0, outcomes: 0 };
        assert_eq!(standing("missing", &[], idle).0, State::Unknown);
    }
}
