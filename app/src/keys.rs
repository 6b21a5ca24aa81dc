//! Keys that work everywhere: Ctrl K, `?`, `g` and a letter; and arrows inside charts. In the browser only.

#[cfg(feature = "hydrate")]
pub fn provide_keys() {
    use crate::components::rail::ENTRIES;
    use crate::query::here;
    use leptos::ev;
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use leptos_router::hooks::use_navigate;

    let navigate = use_navigate();
    let here = here();
    let led = StoredValue::new(0.0_f64);
    let handle = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let open = |dialog: &str| untrack(|| here.with(&[("dialog", Some(dialog))]));
        let stay = leptos_router::NavigateOptions { scroll: false, ..Default::default() };
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
            event.prevent_default();
            navigate(&open("find"), stay);
            return;
        }
        let writing = target
            .as_ref()
            .is_some_and(|target| target.closest("input, textarea, select, [contenteditable], dialog").ok().flatten().is_some());
        if writing || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        if let (Some(plot), "ArrowLeft" | "ArrowRight") =
            (target.as_ref().filter(|target| target.class_list().contains("plot")), key.as_str())
        {
            event.prevent_default();
            read_next(plot, key == "ArrowRight");
            return;
        }
        let now = js_sys::Date::now();
        let leading = now - led.get_value() < 1_200.0;
        led.set_value(if key == "g" { now } else { 0.0 });
        if key == "?" {
            event.prevent_default();
            navigate(&open("keys"), stay);
        } else if leading {
            if let Some((_, _, href, _)) = ENTRIES.into_iter().find(|(.., letter)| *letter == key) {
                navigate(href, Default::default());
            }
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(not(feature = "hydrate"))]
pub fn provide_keys() {}

/// Moves to the next thing in a chart that has words, marks it, and says it under the chart.
#[cfg(feature = "hydrate")]
fn read_next(plot: &web_sys::Element, forward: bool) -> Option<()> {
    let drawings = plot.query_selector_all("svg").ok()?;
    let seen = (0..drawings.length())
        .filter_map(|i| drawings.get(i).and_then(|node| leptos::wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(node).ok()))
        .find(|drawing| drawing.get_bounding_client_rect().height() > 0.0)?;
    let points = seen.query_selector_all(":is(rect, circle, path):has(> title)").ok()?;
    let count = points.length();
    if count == 0 {
        return None;
    }
    let element = |i: u32| points.get(i).and_then(|node| leptos::wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(node).ok());
    let at = (0..count).find(|i: &u32| element(*i).is_some_and(|point| point.class_list().contains("at")));
    let next = match (at, forward) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(i), true) => (i + 1).min(count - 1),
        (Some(i), false) => i.saturating_sub(1),
    };
    if let Some(before) = at.and_then(element) {
        before.class_list().remove_1("at").ok()?;
    }
    let point = element(next)?;
    point.class_list().add_1("at").ok()?;
    let words = point.query_selector("title").ok()??.text_content()?;
    let readout = match plot.query_selector(".readout").ok()? {
        Some(readout) => readout,
        None => {
            let readout = plot.owner_document()?.create_element("p").ok()?;
            readout.set_class_name("readout");
            readout.set_attribute("aria-live", "polite").ok()?;
            plot.append_child(&readout).ok()?;
            readout
        }
    };
    readout.set_text_content(Some(&words));
    Some(())
}
