//! Ways to call a deployment, filled in with this site's address.

use crate::components::prelude::*;
use contract::views::common::Snippet;
use contract::views::deployment;

#[component]
pub fn Calls(snippets: deployment::Snippets) -> impl IntoView {
    let snippets = [("curl", snippets.curl), ("Python", snippets.python), ("CLI", snippets.cli)]
        .into_iter()
        .map(|(label, code)| Snippet { label: label.into(), code })
        .collect();
    view! { <Snippets label="Call it" snippets/> }
}
