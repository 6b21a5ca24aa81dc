//! Whether the budget of false alarms is kept: how often all rules about drift together would have fired over what is stored, as a
//! sentence that a page can afford.

use super::backtest::{DRIFT, episodes};
use super::history::{History, Over};
use crate::deployments::Known;
use crate::words::{count, number};
use crate::{Ctx, Outcome, blocking};
use contract::time::{DAY, HOUR, span_words};

/// How far back is looked at most, ms: the budget is one for a week.
const LENGTH: i64 = 7 * DAY;
/// Features times hours that are judged at most: some tenths of a second.
const MOST: i64 = 2_500;
/// For how long a result is shown again, ms.
const FRESH: i64 = HOUR;

/// Budget, and what would have fired; empty where nothing is stored. Judged anew once an hour, and when the settings or the version change.
pub async fn achieved(cx: &Ctx, known: &Known) -> Outcome<String> {
    let Some(stable) = known.stable_version() else { return Ok(String::new()) };
    if let Some(said) = cx.kept.achieved(known, cx.now(), FRESH) {
        return Ok(said);
    }
    let features = stable.baseline.as_ref().map_or(0, |baseline| baseline.features.len());
    let hours = (MOST / i64::try_from(features.max(1)).unwrap_or(MOST)).max(1);
    let history = History::hours(cx, known, (hours * HOUR).min(LENGTH)).await?;
    let (from, to) = history.range();
    let judged = known.clone();
    let looks = blocking(move || history.looks(&judged, Over::Drift)).await?;
    let said = if looks.is_empty() {
        String::new()
    } else {
        sentence(known.settings.alert_budget_per_week, episodes(&known.name, &looks, &DRIFT).len(), to - from)
    };
    cx.kept.set_achieved(known, cx.now(), said.clone());
    Ok(said)
}

fn sentence(budget: f64, fired: usize, length: i64) -> String {
    let times = match fired {
        0 => "not have fired".to_owned(),
        1 => "have fired once".into(),
        2 => "have fired twice".into(),
        n => format!("have fired {} times", count(n as u64)),
    };
    format!(
        "Budget: {} a week by chance. Over the stored {} the rules about drift would {times}, for any reason.",
        number(budget),
        span_words(length)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::{admin, beds};
    use contract::time::MINUTE;

    #[test]
    fn how_often_in_words() {
        for (budget, fired, length, said) in [
            (
                1.0,
                0,
                7 * DAY,
                "Budget: 1 a week by chance. Over the stored 7 d the rules about drift would not have fired, for any reason.",
            ),
            (
                0.5,
                3,
                5 * HOUR,
                "Budget: 0.5 a week by chance. Over the stored 5 h the rules about drift would have fired 3 times, for any reason.",
            ),
        ] {
            assert_eq!(sentence(budget, fired, length), said);
        }
    }

    #[tokio::test]
    async fn clean_hours_keep_the_budget_and_drifted_ones_are_counted() {
        for mut bed in beds().await {
            let version = bed.register("v3").await;
            let name = bed.deploy(version).await;
            let known = bed.cx.book.get(&name).unwrap();
            assert_eq!(achieved(&bed.cx, &known).await.unwrap(), "", "nothing is stored");
            let calm = bed.rows(&name, "live.csv");
            for part in calm[..1_200].chunks(400) {
                bed.send(&name, part).await;
                bed.flush().await;
                bed.clock.advance(HOUR);
            }
            let said = achieved(&bed.cx, &known).await.unwrap();
            assert!(said.contains("the rules about drift would not have fired"), "{said}");
            let drifted = bed.rows(&name, "live_drifted.csv");
            bed.send(&name, &drifted).await;
            bed.flush().await;
            bed.clock.advance(MINUTE);
            assert_eq!(achieved(&bed.cx, &known).await.unwrap(), said, "within the hour it is what it was");
            bed.clock.advance(HOUR);
            let later = achieved(&bed.cx, &known).await.unwrap();
            assert!(later.contains("would have fired"), "{later}");
            let page = super::super::page(&bed.cx, &admin(), &name, None, None).await.unwrap();
            let budget = page.monitors.iter().find(|line| line.monitor == "alert_budget").unwrap();
            assert!(budget.words.ends_with(&later), "{}", budget.words);
            let range = crate::monitoring::last(&bed.cx, HOUR);
            let shown = crate::monitoring::drift(&bed.cx, &admin(), &name, range, None).await.unwrap().budget;
            assert_eq!(shown.strip_prefix(&later).map(|rest| rest.starts_with(" It is not known when the rows")), Some(true));
        }
    }
}
