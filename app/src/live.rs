//! Live pages: the server says what changed, and whatever shows it is fetched again, without flicker.

use contract::live::Topic;
use contract::time::{Millis, span_words};
use leptos::prelude::*;

/// Counts acts of this page and events of the server; a resource that reads it is fetched again.
#[derive(Clone, Copy)]
pub struct Refresh(RwSignal<u64>);

impl Refresh {
    pub fn now(self) {
        self.0.update(|n| *n += 1);
    }
}

/// The last thing the server said, with a running number so that two alike things are two.
#[derive(Clone, Copy)]
pub struct Stream(RwSignal<Option<(u64, Topic)>>);

/// Makes room for what the stream says; it is opened by [`listen`].
pub fn provide_live() {
    provide_context(Stream(RwSignal::new(None)));
    provide_context(Refresh(RwSignal::new(0)));
}

/// A number that grows when one's own act has worked, or when the server speaks of something that `concerns` this page.
///
/// ```ignore
/// let tick = use_live(move |topic| matches!(topic, Topic::Rollout { rollout, .. } if *rollout == id()));
/// let view = Resource::new_blocking(move || (id(), tick.get()), |(id, _)| load(id));
/// ```
pub fn use_live(concerns: impl Fn(&Topic) -> bool + Send + Sync + 'static) -> Memo<u64> {
    let own = use_context::<Refresh>();
    let stream = use_context::<Stream>();
    Memo::new(move |before: Option<&u64>| {
        let (before_own, before_heard) = before.map_or((0, 0), |n| (n >> 32, n & 0xffff_ffff));
        let own = own.map_or(before_own, |own| own.0.get());
        let heard =
            stream.and_then(|stream| stream.0.with(|last| last.as_ref().filter(|(_, topic)| concerns(topic)).map(|(n, _)| *n)));
        (own << 32) | heard.unwrap_or(before_heard)
    })
}

/// Opens the stream of the signed-in, in the browser, once: it lives until the next page that the server writes.
#[cfg(feature = "hydrate")]
pub fn listen() {
    use contract::live::LiveEvent;
    use leptos::wasm_bindgen::{JsCast, prelude::Closure};

    thread_local! {
        static LISTENING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    let Some(stream) = use_context::<Stream>() else { return };
    if LISTENING.replace(true) {
        return;
    }
    Effect::new(move |_| {
        let Ok(source) = web_sys::EventSource::new(contract::urls::STREAM) else { return };
        let mut heard = 0;
        let hear = Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
            let Some(text) = event.data().as_string() else { return };
            if let Ok(event) = serde_json::from_str::<LiveEvent>(&text) {
                heard += 1;
                stream.0.set(Some((heard, event.topic)));
            }
        });
        for kind in ["metrics", "rollout", "alert", "incident", "approval", "version", "deployment", "message"] {
            // Fails for no name that is a string.
            let _ = source.add_event_listener_with_callback(kind, hear.as_ref().unchecked_ref());
        }
        // The listener goes with the stream.
        hear.forget();
    });
}

#[cfg(not(feature = "hydrate"))]
pub fn listen() {}

/// `Updated 12 s ago`, counting in the browser from the moment the view arrived.
#[component]
pub fn Updated() -> impl IntoView {
    let seconds = RwSignal::new(0_i64);
    #[cfg(feature = "hydrate")]
    {
        let arrived = js_sys::Date::now();
        Effect::new(move |_| {
            let tick = move || seconds.set(((js_sys::Date::now() - arrived) / 1000.0) as i64);
            if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_secs(2)) {
                on_cleanup(move || handle.clear());
            }
        });
    }
    view! {
        <span class="live">
            {move || match seconds.get() {
                0..5 => "Updated just now".to_string(),
                n => format!("Updated {} ago", span_words(n * 1_000)),
            }}
        </span>
    }
}

/// A moment, exact for programs and as words for people.
#[component]
pub fn Moment(at: Millis, #[prop(into)] words: String) -> impl IntoView {
    view! { <time datetime=at.rfc3339() title=at.rfc3339()>{words}</time> }
}
