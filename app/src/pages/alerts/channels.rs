//! Channels: where alerts go, adding another one, and the log of what was sent.

use super::channel_form::{ChannelFields, KindTabs, SaveChannel, asked_kind};
use super::log::{DeliveryLog, Redeliver};
use crate::components::prelude::*;
use contract::alerting::Least;
use contract::urls;
use contract::views::channels::{ChannelLine, ChannelsView};

#[server]
async fn channels() -> Outcome<ChannelsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::alerts::channels::channels(&cx, &who).await?)
}

#[component]
pub fn ChannelsPage() -> impl IntoView {
    // Only after one's own acts: the key that is offered must not change under the hand that copies it.
    let tick = use_live(|_| false);
    let view = Resource::new_blocking(move || tick.get(), |_| channels());
    let (save, again) = (ServerAction::<SaveChannel>::new(), ServerAction::<Redeliver>::new());
    view! {
        <Loaded res=view let:view>
            <Page title="Channels" crumbs=vec![("Alerts".into(), urls::ALERTS.into())] tools=|| view! { <Updated/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                <List lines=view.channels.clone()/>
                <New view=view.clone() save/>
                <DeliveryLog lines=view.log.clone() action=again/>
            </Page>
        </Loaded>
    }
}

#[component]
fn List(lines: Vec<ChannelLine>) -> impl IntoView {
    let cols = ["Channel", "Kind", "Leads to", "Told of", "State"].into_iter().map(Col::new).collect();
    (!lines.is_empty()).then(|| {
        view! {
            <Section title="Channels" id="channels">
                <Table label="Channels" cols class="pairs">
                    {lines
                        .into_iter()
                        .map(|line| {
                            let told = if line.least == Least::Watch { "Everything" } else { "What is bad" };
                            let (state, word) = if line.enabled { (State::Ok, "On") } else { (State::Unknown, "Turned off") };
                            view! {
                                <Row>
                                    <Name name=line.name href=line.url/>
                                    <Cell label="Kind">{line.kind.name()}</Cell>
                                    <Cell label="Leads to"><span class="breaks">{line.leads_to}</span></Cell>
                                    <Cell label="Told of">{told}</Cell>
                                    <Cell label="State"><StateMark state word/></Cell>
                                </Row>
                            }
                        })
                        .collect_view()}
                </Table>
            </Section>
        }
    })
}

#[component]
fn New(view: ChannelsView, save: ServerAction<SaveChannel>) -> impl IntoView {
    if let Some(why) = view.may_change.why_not {
        return view! { <Section title="Another channel" id="new"><p class="soft">{why}</p></Section> }.into_any();
    }
    let kind = asked_kind();
    view! {
        <Section title="Another channel" id="new" hint="Secrets go in and never come out again.">
            <KindTabs kind/>
            <ActForm action=save>
                <div class="form narrow-form">
                    <FormProblem/>
                    <ChannelFields kind suggested=view.suggested_secret private=view.private_allowed/>
                    <div class="row acts"><Submit label=format!("Add {}", kind.name()) tone=Tone::Primary/></div>
                </div>
            </ActForm>
        </Section>
    }
    .into_any()
}
