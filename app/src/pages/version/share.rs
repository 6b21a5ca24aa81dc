//! Sharing a report: a link that is the right to read, for a while.

use super::head::Acts;
use crate::components::prelude::*;
use contract::{ModelName, ReportId, VersionNo, urls};

#[component]
pub fn ShareButton(model: ModelName, version: VersionNo, report: ReportId, may: bool, acts: Acts) -> impl IntoView {
    let why_not = if may { "" } else { "Engineers and approvers share reports." };
    let consequences = vec![
        "Whoever has the link reads this report without signing in, and nothing else.".to_string(),
        "It is shown once; Slipway keeps only its hash. Sharing is kept in the audit log.".to_string(),
    ];
    let days = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year")]
        .map(|(value, words)| (value.to_string(), words.to_string()));
    let dialog = may.then(|| {
        view! {
            <ActDialog action=acts.share name="share" title="Share this report?" consequences confirm="Make the link" why=false>
                <Hidden name="model" value=model.0/>
                <Hidden name="version" value=version.to_string()/>
                <Hidden name="report" value=report.0/>
                <Select name="days" label="Valid for" options=days.into() value="30" scope="share-"/>
            </ActDialog>
        }
    });
    view! {
        <OpenDialog name="share" label="Share by a link" icon=Icon::Chain why_not/>
        {dialog}
    }
}

/// The link that was just made: it stands in the address of this page, and nowhere else.
#[component]
pub fn Shared(address: String) -> impl IntoView {
    let here = here();
    move || {
        here.get("link").map(|token| {
            let link = format!("{address}{}", urls::report(&token));
            view! {
                <Note state=State::Ok title="The link is made; it is shown only here">
                    <p><Copyable text=link.clone() what="link"/></p>
                    <p><a href=link rel="external">"Open it as a reader does"</a></p>
                </Note>
            }
        })
    }
}
