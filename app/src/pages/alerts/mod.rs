//! Alerts: what fires, since when, how sure, what changed just before, what to do; what is silenced; what was resolved.

mod channel;
mod channel_form;
mod channels;
mod firing;
mod log;
mod silences;

pub use channel::ChannelPage;
pub use channels::ChannelsPage;
pub(super) use firing::{Acknowledge, AlertList};

use crate::components::prelude::*;
use contract::live::Topic;
use contract::views::alerts::{AlertLine, AlertsView};
use contract::{Millis, urls};
use firing::Open;
use silences::{EndSilence, Silence, Silences};

#[server]
async fn alerts() -> Outcome<AlertsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::alerts::list(&cx, &who).await?)
}

#[component]
pub fn AlertsPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Alert { .. }));
    let view = Resource::new_blocking(move || tick.get(), |_| alerts());
    let action = ServerAction::<Acknowledge>::new();
    let (silence, end) = (ServerAction::<Silence>::new(), ServerAction::<EndSilence>::new());
    view! {
        <Loaded res=view let:view>
            <Page title="Alerts" tools=|| view! { <Updated/> <ButtonLink href=urls::CHANNELS label="Channels" icon=Icon::Settings/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                {(view.channels == 0).then(|| view! { <Untold/> })}
                <Open view=view.clone() action/>
                <Silences view=view.clone() silence end/>
                <Resolved lines=view.resolved.clone() now=view.updated_at/>
            </Page>
        </Loaded>
    }
}

/// Nobody hears of what is shown here.
#[component]
fn Untold() -> impl IntoView {
    view! {
        <Note state=State::Watch title="Nobody is told of alerts">
            <p>"They are recorded and shown here only. " <a href=urls::CHANNELS>"Add a channel"</a> ": a webhook, Slack, PagerDuty or e-mail."</p>
        </Note>
    }
}

#[component]
fn Resolved(lines: Vec<AlertLine>, now: Millis) -> impl IntoView {
    let cols = ["Alert", "Deployment", "From", "To", "Acknowledged"].into_iter().map(Col::new).collect();
    (!lines.is_empty()).then(|| {
        view! {
            <Section title="Resolved" id="resolved" hint="The last 30 days.">
                <Table label="Resolved alerts" cols class="pairs">
                    {lines
                        .into_iter()
                        .map(|line| view! {
                            <Row>
                                <Name name=line.headline href=line.url/>
                                <Cell label="Deployment"><a href=urls::deployment(&line.deployment, "")>{line.deployment.0.clone()}</a></Cell>
                                <Cell label="From"><Moment at=line.since words=line.since.words(now)/></Cell>
                                <Cell label="To">{line.resolved_at.map_or("–".into(), |at| at.words(now))}</Cell>
                                <Cell label="Acknowledged">{line.acknowledged_by.unwrap_or_else(|| "nobody".into())}</Cell>
                            </Row>
                        })
                        .collect_view()}
                </Table>
            </Section>
        }
    })
}
