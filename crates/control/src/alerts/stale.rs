//! When a deployment is stale: pure, with a table of cases. What has never happened is not late: a model without labels has none
//! that could be missing.

use super::rules::Firing;
use crate::deployments::Known;
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::StaleLimits;
use contract::time::{DAY, span_words};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::views::common::When;
use contract::views::events::EventKind;
use contract::views::stale::{Aging, Freshness};
use contract::{Millis, Verdict};
use serde_json::json;
use std::collections::HashMap;

/// When each thing last happened; `None` where it never did, or nobody has told of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// The stable version was trained; registered, where its lineage does not say.
    pub model: Option<Millis>,
    pub label: Option<Millis>,
    pub training: Option<Millis>,
    pub data_run: Option<Millis>,
}

impl Moments {
    fn of(&self, what: Aging) -> Option<Millis> {
        match what {
            Aging::Model => self.model,
            Aging::Labels => self.label,
            Aging::Training => self.training,
            Aging::DataRun => self.data_run,
        }
    }
}

/// Days after which it is stale; `None` where the limit is turned off.
fn limit(limits: &StaleLimits, what: Aging) -> Option<u32> {
    let days = match what {
        Aging::Model => limits.model_days,
        Aging::Labels => limits.label_days,
        Aging::Training => limits.training_days,
        Aging::DataRun => limits.data_run_days,
    };
    (days > 0).then_some(days)
}

/// Older than its limit; `Insufficient` where there is nothing to be old, or no limit.
pub fn judge(at: Option<Millis>, limit_days: Option<u32>, now: Millis) -> Verdict {
    match (at, limit_days) {
        (Some(at), Some(days)) if now - at > i64::from(days) * DAY => Verdict::Fail,
        (Some(_), Some(_)) => Verdict::Pass,
        _ => Verdict::Insufficient,
    }
}

fn named(what: Aging) -> &'static str {
    match what {
        Aging::Model => "Model",
        Aging::Labels => "Last label",
        Aging::Training => "Last training",
        Aging::DataRun => "Last data run",
    }
}

/// All four, as pages show them.
pub fn freshness(limits: &StaleLimits, moments: &Moments, now: Millis) -> Vec<Freshness> {
    let one = |what| {
        let (at, days) = (moments.of(what), limit(limits, what));
        let age = at.map(|at| now - at);
        let limit_words = days.map_or("no limit".to_owned(), |days| format!("the limit is {days} d"));
        let old = if what == Aging::Model { "old" } else { "ago" };
        Freshness {
            what,
            name: named(what).into(),
            at: at.map(|at| When::new(at, now)),
            age,
            limit_days: days,
            state: match judge(at, days, now) {
                Verdict::Pass => State::Ok,
                Verdict::Fail => State::Watch,
                Verdict::Insufficient => State::Unknown,
            },
            sentence: match (age, what) {
                (Some(age), _) => format!("{} {old}; {limit_words}", span_words(age)),
                (None, Aging::Model) => "serves nothing yet".into(),
                (None, Aging::Labels) => "none has come".into(),
                (None, _) => "nobody has told of one".into(),
            },
        }
    };
    Aging::ALL.into_iter().map(one).collect()
}

/// What fires: something to look at, never a page.
pub fn fires(limits: &StaleLimits, moments: &Moments, now: Millis) -> Vec<Firing> {
    let one = |what| {
        let (at, days) = (moments.of(what)?, limit(limits, what)?);
        if judge(Some(at), Some(days), now) != Verdict::Fail {
            return None;
        }
        let age = span_words(now - at);
        let (headline, means) = match what {
            Aging::Model => {
                (format!("The model is {age} old"), "What it learned from may no longer hold: train it again, or raise the limit")
            }
            Aging::Labels => (format!("No label for {age}"), "Its quality is no longer known: see whether outcomes still arrive"),
            Aging::Training => (format!("No training for {age}"), "Trainings were told of before: see whether they still run"),
            Aging::DataRun => (format!("No data run for {age}"), "Data runs were told of before: see whether they still run"),
        };
        Some(Firing {
            kind: AlertKind::Stale,
            subject: what.word().into(),
            state: State::Watch,
            headline,
            sentence: format!("Since {}; the limit is {days} d. {means}.", at.words(now)),
            numbers: json!({"what": what, "at": at, "age_ms": now - at, "limit_days": days}),
        })
    };
    Aging::ALL.into_iter().filter_map(one).collect()
}

/// When each thing last happened to the deployment.
pub async fn moments(cx: &Ctx, known: &Known) -> Outcome<Moments> {
    let doing = "Reading how fresh the deployment is";
    let last = async |kind: EventKind| cx.store.db.event_last(&known.name, kind.word()).await.or_problem(doing);
    Ok(Moments {
        model: known.stable_version().map(|stable| stable.trained_at),
        label: cx.store.db.label_last(&known.name).await.or_problem(doing)?.map(Millis),
        training: last(EventKind::Training).await?.map(Millis),
        data_run: last(EventKind::DataRun).await?.map(Millis),
    })
}

/// When labels last came and runs were last told of, of all deployments.
pub struct Last {
    pub labels: HashMap<String, i64>,
    /// By deployment and kind; what was told of all is under the empty name.
    pub events: HashMap<(String, String), i64>,
}

pub(super) fn events(rows: Vec<(String, String, i64)>) -> HashMap<(String, String), i64> {
    rows.into_iter().map(|(deployment, kind, at)| ((deployment, kind), at)).collect()
}

impl Last {
    fn moments(&self, known: &Known) -> Moments {
        let told = |name: &str, kind: EventKind| self.events.get(&(name.to_owned(), kind.word().to_owned())).copied();
        let last = |kind: EventKind| told(known.name.as_str(), kind).max(told("", kind)).map(Millis);
        Moments {
            model: known.stable_version().map(|stable| stable.trained_at),
            label: self.labels.get(known.name.as_str()).copied().map(Millis),
            training: last(EventKind::Training),
            data_run: last(EventKind::DataRun),
        }
    }
}

pub(super) fn firing(last: &Last, known: &Known, now: Millis) -> Vec<Firing> {
    fires(&known.settings.stale, &last.moments(known), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events;
    use crate::testbed::{admin, beds};
    use contract::inputs::{CreateEvent, Outcome as Truth};

    #[test]
    fn older_than_its_limit() {
        let now = Millis(1_000 * DAY);
        let ago = |days: i64| Some(Millis(now.0 - days * DAY));
        for (at, limit, verdict) in [
            (ago(0), Some(90), Verdict::Pass),
            (ago(90), Some(90), Verdict::Pass),
            (Some(Millis(now.0 - 90 * DAY - 1)), Some(90), Verdict::Fail),
            (ago(400), None, Verdict::Insufficient),
            (None, Some(90), Verdict::Insufficient),
            // Ahead of the clock.
            (ago(-1), Some(1), Verdict::Pass),
        ] {
            assert_eq!(judge(at, limit, now), verdict, "{at:?} {limit:?}");
        }
    }

    #[test]
    fn what_never_happened_is_not_late_and_0_turns_a_limit_off() {
        let now = Millis(1_000 * DAY);
        let ago = |days: i64| Some(Millis(now.0 - days * DAY));
        let usual = StaleLimits::default();
        let all = |days| Moments { model: ago(days), label: ago(days), training: ago(days), data_run: ago(days) };
        for (limits, moments, subjects) in [
            (usual, Moments::default(), vec![]),
            (usual, all(1), vec![]),
            (usual, all(31), vec!["labels"]),
            (usual, all(91), vec!["model", "labels", "data_run"]),
            (usual, all(181), vec!["model", "labels", "training", "data_run"]),
            (usual, Moments { label: None, ..all(91) }, vec!["model", "data_run"]),
            (StaleLimits { model_days: 0, label_days: 1, ..usual }, all(2), vec!["labels"]),
        ] {
            let found = fires(&limits, &moments, now);
            assert_eq!(found.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), subjects, "{moments:?}");
            assert!(found.iter().all(|one| one.state == State::Watch));
        }
        let shown = freshness(&usual, &Moments { label: None, ..all(91) }, now);
        assert_eq!(shown[0].sentence, "91 d old; the limit is 90 d");
        assert_eq!((shown[1].state, shown[1].sentence.as_str()), (State::Unknown, "none has come"));
        assert_eq!(shown[2].sentence, "91 d ago; the limit is 180 d");
    }

    #[tokio::test]
    async fn moments_come_from_what_is_stored_and_an_alert_ends_with_the_next_run() {
        for mut bed in beds().await {
            let version = bed.register("v3").await;
            let name = bed.deploy(version).await;
            let known = bed.cx.book.get(&name).unwrap();
            let first = moments(&bed.cx, &known).await.unwrap();
            assert_eq!(first, Moments { model: Some(known.stable_version().unwrap().registered_at), ..Moments::default() });

            let rows = bed.rows(&name, "live.csv");
            let ids = bed.send(&name, &rows[..3]).await;
            bed.flush().await;
            bed.clock.advance(5 * DAY);
            let label = Truth { prediction_id: ids[1].clone(), label: "no".into(), value: None, at: None };
            crate::outcomes::post(&bed.cx, &admin(), vec![label]).await.unwrap();
            let labelled = bed.cx.now();
            let run =
                CreateEvent { source: "etl".into(), title: "Loaded".into(), kind: EventKind::DataRun, ..CreateEvent::default() };
            events::post(&bed.cx, &admin(), run.clone()).await.unwrap();
            let now = moments(&bed.cx, &known).await.unwrap();
            assert_eq!((now.label, now.data_run, now.training), (Some(labelled), Some(labelled), None));

            bed.clock.advance(36 * DAY);
            crate::alerts::tick(&bed.cx).await.unwrap();
            let stale = async || -> Vec<String> {
                let open = crate::alerts::list(&bed.cx, &admin()).await.unwrap().open;
                let mut of: Vec<String> =
                    open.into_iter().filter(|line| line.kind == AlertKind::Stale).map(|line| line.subject).collect();
                of.sort();
                of
            };
            assert_eq!(stale().await, ["data_run", "labels"]);
            events::post(&bed.cx, &admin(), run).await.unwrap();
            for _ in 0..3 {
                crate::alerts::tick(&bed.cx).await.unwrap();
            }
            assert_eq!(stale().await, ["labels"]);
            let shown = crate::deployments::view(&bed.cx, &admin(), &name, crate::monitoring::last(&bed.cx, DAY)).await.unwrap();
            assert_eq!(
                shown.freshness.iter().map(|one| one.state).collect::<Vec<_>>(),
                [State::Ok, State::Watch, State::Unknown, State::Ok]
            );
        }
    }
}
