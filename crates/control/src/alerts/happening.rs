//! Alerts that fire, as lines for the margin of somebody's inbox.

use super::list::list;
use crate::{Actor, Ctx, Outcome};
use contract::views::common::When;
use contract::views::inbox::InboxLine;

/// Open alerts, newest first.
pub async fn happening(cx: &Ctx, who: &Actor) -> Outcome<Vec<InboxLine>> {
    let now = cx.now();
    let open = list(cx, who).await?.open;
    Ok(open
        .into_iter()
        .map(|alert| InboxLine {
            due: String::new(),
            title: alert.headline,
            detail: format!("{}, since {}", alert.deployment, alert.since.words(now)),
            state: alert.state,
            state_words: "Fires".into(),
            at: When::new(alert.since, now),
            until: String::new(),
            href: alert.url,
        })
        .collect())
}
