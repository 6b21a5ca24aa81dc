//! Answers that could not be written: told as soon as the database takes the alert, with since when and what it cost.

use super::rules::Firing;
use crate::Ctx;
use crate::deployments::Known;
use crate::monitoring::writing::Outage;
use crate::words::counted;
use contract::Millis;
use contract::time::{MINUTE, SECOND};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use serde_json::json;

/// Tells it from records that came too fast.
const SUBJECT: &str = "database";

pub fn firing(cx: &Ctx, known: &Known) -> Option<Firing> {
    Some(of(&cx.writing.told(&known.name, cx.now())?, cx.now()))
}

fn of(outage: &Outage, now: Millis) -> Firing {
    let from = outage.since.words(now);
    let long = length(outage.until.unwrap_or(now) - outage.since);
    let until = outage.until.map_or_else(|| "and still cannot".to_owned(), |until| format!("until {}", until.words(now)));
    let cost = match outage.lost {
        0 => "Nothing was lost: what waited is written with the rest.".to_owned(),
        n => format!("{} of the prediction log were given up; what was counted of them is kept.", counted(n, "row")),
    };
    Firing {
        kind: AlertKind::RecordingDrops,
        subject: SUBJECT.into(),
        state: if outage.lost > 0 || outage.until.is_none() { State::Bad } else { State::Watch },
        headline: format!("Answers could not be recorded for {long}"),
        sentence: format!(
            "The database could not be written from {from} {until}. {cost} Requests were answered, except where recording is durable."
        ),
        numbers: json!({"dropped": outage.lost, "since": outage.since, "until": outage.until}),
    }
}

fn length(ms: i64) -> String {
    let whole = |ms: i64| u64::try_from(ms).unwrap_or_default();
    if ms < 2 * MINUTE { counted(whole(ms / SECOND).max(1), "second") } else { counted(whole(ms / MINUTE), "minute") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_since_when_and_what_it_cost() {
        let now = Millis::parse("2026-03-17T14:20:00Z").unwrap();
        let cases = [
            (30, None, 0, State::Bad, "30 seconds", "and still cannot"),
            (300, Some(0), 0, State::Watch, "5 minutes", "Nothing was lost"),
            (300, Some(60), 1_200, State::Bad, "4 minutes", "1,200 rows"),
        ];
        for (since, until, lost, state, long, said) in cases {
            let ago = |seconds: i64| Millis(now.0 - seconds * SECOND);
            let outage = Outage { since: ago(since), until: until.map(ago), lost, ..Outage::default() };
            let fires = of(&outage, now);
            assert_eq!((fires.state, fires.headline), (state, format!("Answers could not be recorded for {long}")));
            assert!(fires.sentence.contains(said), "{}", fires.sentence);
        }
    }
}
