//! Every part in every state.

use crate::components::prelude::*;

#[component]
pub fn StyleguidePage() -> impl IntoView {
    view! { <Page title="Styleguide"><p>"Parts"</p></Page> }
}
