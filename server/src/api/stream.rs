//! Server-sent events: which thing changed, so that whoever shows it asks again.

use crate::shared::Shared;
use crate::web::refused::Answer;
use crate::web::who::Who;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use contract::live::LiveEvent;
use contract::role::Act;
use futures::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;

pub async fn stream_events(State(shared): State<Shared>, Who(who): Who) -> Answer<impl IntoResponse> {
    who.must(Act::View)?;
    let live = BroadcastStream::new(shared.cx.subscribe());
    Ok((
        [("x-accel-buffering", "no")],
        Sse::new(until(live, shared)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))),
    ))
}

/// Ends with the server, so that an open page does not keep it from stopping.
fn until(live: BroadcastStream<LiveEvent>, shared: Shared) -> impl Stream<Item = Result<Event, Infallible>> {
    live.filter_map(|event| async {
        let event = match event {
            Ok(event) => Event::default().event(event.topic.event()).json_data(&event).ok(),
            // This reader was too slow: what it missed it gets by asking for everything again.
            Err(_) => Some(Event::default().event("missed").data("{}")),
        };
        event.map(Ok)
    })
    .take_until(async move { shared.stopped().await })
}
