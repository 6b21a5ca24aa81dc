//! The back-test of a rule: how often it would have fired over what is stored, with another limit and with the one that is set.

use super::history::{FINE, History, Look, Over};
use super::limits::{BUDGET, Chosen, WINDOW};
use crate::alerts::message::chart_between;
use crate::alerts::tick::address;
use crate::deployments::{Known, unknown};
use crate::words::{count, counted};
use crate::{Actor, Ctx, Outcome, blocking};
use contract::role::Act;
use contract::time::{DAY, span_words};
use contract::views::monitors::{BackTest, Episode};
use contract::{DeploymentName, Problem};
use std::collections::BTreeMap;

/// Episodes that are listed; all are counted.
const LISTED: usize = 50;
/// What the rules about drift raise, whose budget is one.
pub(super) const DRIFT: [&str; 7] =
    ["feature_drift", "missing", "unseen", "out_of_range", "stuck", "prediction_drift", "joint_drift"];

/// What would have fired in the last 30 days with `limit` instead of the one that is set. Nothing is changed.
pub async fn backtest(cx: &Ctx, who: &Actor, name: &DeploymentName, monitor: &str, limit: Option<f64>) -> Outcome<BackTest> {
    who.must(Act::View)?;
    let known = cx.book.get(name).ok_or_else(|| unknown(name))?;
    let (chosen, over, kinds) = rule(monitor)?;
    let current = chosen.get(&known.settings);
    let tried = limit.unwrap_or(current);
    let with = |limit: f64| {
        let settings = chosen.with(&known.settings, limit).ok_or_else(|| outside(chosen, &known, limit))?;
        Ok::<_, Problem>(Known { settings, ..Known::clone(&known) })
    };
    let (as_tried, as_is) = (with(tried)?, Known::clone(&known));
    // The shorter window of the two decides which windows are read.
    let finest = if as_tried.settings.drift_window_s < as_is.settings.drift_window_s { &as_tried } else { &as_is };
    let history = History::read(cx, finest, over).await?;
    let (from, to) = history.range();
    let (looks, before) = blocking(move || {
        let looks = history.looks(&as_tried, over);
        let before = if tried == current { looks.clone() } else { history.looks(&as_is, over) };
        (looks, before)
    })
    .await?;
    let mut episodes = episodes(name, &looks, kinds);
    let fired = episodes.len();
    let current_fired = self::episodes(name, &before, kinds).len();
    episodes.truncate(LISTED);
    Ok(BackTest {
        headline: headline(&chosen.said(tried), fired, to - from),
        sentence: sentence(chosen, over, (tried, current), current_fired, &looks, to - from),
        monitor: monitor.to_owned(),
        tried,
        current,
        from,
        to,
        looks: looks.len() as u64,
        episodes,
        current_fired,
    })
}

/// The limit, what it is judged on, and the kinds of alert that it moves.
fn rule(monitor: &str) -> Outcome<(&'static Chosen, Over, &'static [&'static str])> {
    let chosen =
        Chosen::of(monitor).ok_or_else(|| Problem::not_found(format!("There is no rule “{monitor}” with a limit to try.")))?;
    let (over, kinds): (Over, &[&str]) = match monitor {
        "errors" => (Over::Traffic, &["errors"]),
        "latency" => (Over::Traffic, &["latency"]),
        "degraded" => (Over::Traffic, &["degraded"]),
        "quality" => (Over::Quality, &["quality"]),
        "feature_drift" => (Over::Drift, &["feature_drift"]),
        "missing" => (Over::Drift, &["missing"]),
        "unseen" => (Over::Drift, &["unseen"]),
        "out_of_range" => (Over::Drift, &["out_of_range"]),
        "stuck" => (Over::Drift, &["stuck"]),
        "prediction_drift" => (Over::Drift, &["prediction_drift"]),
        BUDGET | WINDOW => (Over::Drift, &DRIFT),
        _ => return Err(Problem::not_found(format!("There is no rule “{monitor}” with a limit to try."))),
    };
    Ok((chosen, over, kinds))
}

pub(super) fn outside(chosen: &Chosen, known: &Known, tried: f64) -> Problem {
    let limit = chosen.limit(&known.settings);
    let said = if tried.is_finite() { chosen.said(tried) } else { "no number".into() };
    Problem::field(
        "limit",
        format!("The limit is between {} and {}, and is {said}.", chosen.said(limit.least), chosen.said(limit.most)),
    )
}

/// Looks in a row at which the same kind and subject fired are one episode; newest first. Pure.
pub(super) fn episodes(name: &DeploymentName, looks: &[Look], kinds: &[&str]) -> Vec<Episode> {
    let mut running: BTreeMap<(String, String), Episode> = BTreeMap::new();
    let mut done = Vec::new();
    for look in looks {
        let fires: Vec<_> = look.firing.iter().filter(|fires| kinds.contains(&fires.kind.word())).collect();
        let goes_on = |key: &(String, String)| fires.iter().any(|fires| fires.kind.word() == key.0 && fires.subject == key.1);
        let ended: Vec<_> = running.keys().filter(|key| !goes_on(key)).cloned().collect();
        done.extend(ended.iter().filter_map(|key| running.remove(key)));
        for fires in fires {
            let key = (fires.kind.word().to_owned(), fires.subject.clone());
            let begun = running.entry(key).or_insert_with(|| Episode {
                from: look.at,
                to: look.at,
                subject: fires.subject.clone(),
                headline: fires.headline.clone(),
                url: address(name, fires),
            });
            begun.to = look.at;
        }
    }
    done.extend(running.into_values());
    done.sort_by(|a, b| b.from.cmp(&a.from).then(a.subject.cmp(&b.subject)));
    done.iter_mut().for_each(|episode| episode.url = chart_between(&episode.url, episode.from, episode.to));
    done
}

fn headline(limit: &str, fired: usize, length: i64) -> String {
    let times = match fired {
        0 => "not have fired".to_owned(),
        1 => "have fired once".into(),
        2 => "have fired twice".into(),
        n => format!("have fired {} times", count(n as u64)),
    };
    format!("With {limit} it would {times} in {}", span_words(length))
}

fn sentence(chosen: &Chosen, over: Over, (tried, current): (f64, f64), now: usize, looks: &[Look], length: i64) -> String {
    if looks.is_empty() {
        return "Nothing is stored that it could be judged on yet.".into();
    }
    let mut parts = Vec::new();
    if tried != current {
        let times = match now {
            0 => "not at all".to_owned(),
            1 => "once".into(),
            n => format!("{} times", count(n as u64)),
        };
        parts.push(format!("With {}, as it is set, {times}.", chosen.said(current)));
    }
    let how = match over {
        Over::Quality => "every six hours, with all outcomes that are known by now".to_owned(),
        Over::Traffic if length > FINE => format!("by the minute over the last {}, by the hour before that", span_words(DAY)),
        Over::Traffic => "by the minute".into(),
        Over::Drift => "over windows as long as the rule looks back, of an hour at least where minutes are no longer kept".into(),
    };
    parts.push(format!("Judged at {}, {how}. Looks in a row count as one alert.", counted(looks.len() as u64, "moment")));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::rules::Firing;
    use contract::Millis;
    use contract::verdict::State;
    use contract::views::alerts::AlertKind;

    #[test]
    fn looks_in_a_row_are_one_alert() {
        let firing = |subject: &str| Firing {
            kind: AlertKind::FeatureDrift,
            subject: subject.into(),
            state: State::Watch,
            headline: format!("{subject} has drifted"),
            sentence: String::new(),
            numbers: serde_json::json!({}),
        };
        let looks: Vec<Look> = [vec!["a"], vec!["a", "b"], vec!["b"], vec![], vec!["a"]]
            .into_iter()
            .enumerate()
            .map(|(i, subjects)| Look {
                at: Millis((i as i64 + 1) * 3_600_000),
                firing: subjects.into_iter().map(firing).collect(),
            })
            .collect();
        let found = episodes(&"churn".into(), &looks, &["feature_drift"]);
        let spans: Vec<_> =
            found.iter().map(|one| (one.subject.as_str(), one.from.0 / 3_600_000, one.to.0 / 3_600_000)).collect();
        assert_eq!(spans, [("a", 5, 5), ("b", 2, 3), ("a", 1, 2)]);
        assert!(found[0].url.contains("feature=a&from="), "{}", found[0].url);
        assert!(episodes(&"churn".into(), &looks, &["missing"]).is_empty());
    }

    #[test]
    fn how_often_in_words() {
        assert_eq!(headline("0.2", 3, 30 * DAY), "With 0.2 it would have fired 3 times in 30 d");
        assert_eq!(headline("0.2", 0, 30 * DAY), "With 0.2 it would not have fired in 30 d");
    }
}
