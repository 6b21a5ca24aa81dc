//! What one sees at an address that leads nowhere.

use crate::components::prelude::*;
use contract::Problem;
use leptos_meta::Title;

#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::session::answer_with(contract::ProblemKind::NotFound);
    view! {
        <Title text="Nothing here"/>
        <main id="main" tabindex="-1">
            <h1>"Nothing here"</h1>
            <ProblemNote problem=Problem::not_found("This address leads to no page. It may have been mistyped, or the thing was renamed.")/>
            <p><a href=contract::urls::FLEET>"To the fleet"</a></p>
        </main>
    }
}
