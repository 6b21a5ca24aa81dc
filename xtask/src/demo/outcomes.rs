//! True outcomes: each waits until it would have become known, then all that are due go out together.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::Api;

const TOGETHER: Duration = Duration::from_secs(1);
const MOST: usize = 1_000;

/// An outcome that is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    pub due: Instant,
    pub prediction: String,
    pub label: String,
}

/// Sends outcomes as they become known, until nobody can make new ones.
pub fn run(api: &Api, incoming: &Receiver<Late>) {
    let mut waiting: BinaryHeap<Reverse<Late>> = BinaryHeap::new();
    let mut next = Instant::now() + TOGETHER;
    loop {
        match incoming.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(late) => {
                waiting.push(Reverse(late));
                continue;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        next = Instant::now() + TOGETHER;
        let due = take_due(&mut waiting, Instant::now());
        if !due.is_empty() && api.post("/api/v1/outcomes", &body(&due)).is_err() {
            // Outcomes are idempotent by prediction: they may simply be sent again.
            waiting.extend(due.into_iter().map(Reverse));
        }
    }
}

fn take_due(waiting: &mut BinaryHeap<Reverse<Late>>, now: Instant) -> Vec<Late> {
    let mut due = Vec::new();
    while due.len() < MOST && waiting.peek().is_some_and(|Reverse(late)| late.due <= now) {
        due.extend(waiting.pop().map(|Reverse(late)| late));
    }
    due
}

/// Labels that are numbers go as numbers.
fn body(due: &[Late]) -> Value {
    let outcomes: Vec<Value> = due
        .iter()
        .map(|late| {
            let label = late.label.parse::<f64>().map_or_else(|_| json!(late.label), |number| json!(number));
            json!({ "prediction_id": late.prediction, "label": label })
        })
        .collect();
    json!({ "outcomes": outcomes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_due_goes_out_and_the_rest_waits() {
        let now = Instant::now();
        let late =
            |seconds: u64| Late { due: now + Duration::from_secs(seconds), prediction: seconds.to_string(), label: "yes".into() };
        let mut waiting: BinaryHeap<_> = [late(30), late(5), late(10)].into_iter().map(Reverse).collect();
        let due = take_due(&mut waiting, now + Duration::from_secs(10));
        assert_eq!(due.iter().map(|late| late.prediction.as_str()).collect::<Vec<_>>(), ["5", "10"]);
        assert_eq!(waiting.len(), 1);
    }

    #[test]
    fn labels_keep_their_type() {
        let late = |label: &str| Late { due: Instant::now(), prediction: "p".into(), label: label.into() };
        let body = body(&[late("yes"), late("1")]);
        assert_eq!(body["outcomes"][0]["label"], json!("yes"));
        assert_eq!(body["outcomes"][1]["label"], json!(1.0));
    }
}
