//! The comparison for whoever sends the files: the same engine, off the async threads.

use super::{Input, Limits, Line, Options, compare};
use crate::{Actor, Outcome};
use contract::Problem;
use contract::role::Act;
use tokio::sync::Semaphore;

/// What was sent.
pub struct Sent {
    pub options: Options,
    pub reference: Input,
    pub current: Vec<Input>,
    pub labels: Option<Input>,
}

/// Lines of an answer at most: each holds a number for everything that is watched.
const MOST: usize = 20_000;

/// Comparisons that run at the same time; others wait for their turn. Each may take a core and some hundred megabytes.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Compares what was sent. Nothing is kept.
pub async fn compare_sent(who: &Actor, sent: Sent) -> Outcome<Vec<Line>> {
    who.must(Act::View)?;
    // It is never closed.
    let _turn = TURNS.acquire().await.ok();
    let lines = crate::blocking(move || {
        let mut lines = Vec::new();
        let options = Options { limits: Limits::SENT, ..sent.options };
        compare(&options, &sent.reference, &sent.current, sent.labels.as_ref(), &mut |line| {
            if lines.len() == MOST {
                return Err(format!("There are more than {MOST} chunks. Make them longer, or send fewer rows."));
            }
            lines.push(line);
            Ok(())
        })
        .map(|_| lines)
    })
    .await?;
    lines.map_err(Problem::invalid)
}
