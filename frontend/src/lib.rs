//! The WASM entry: takes over the page that the server wrote.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's own script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // What only works with a script is hidden until there is one.
    mark("data-script");
    leptos::mount::hydrate_body(app::App);
    // Tests wait for this before they touch what only lives in the browser.
    mark("data-hydrated");
}

fn mark(attribute: &str) {
    if let Some(root) = leptos::prelude::document().document_element() {
        // An attribute of our own name is always accepted.
        let _ = root.set_attribute(attribute, "on");
    }
}
