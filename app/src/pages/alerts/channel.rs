//! One channel: changing, trying and removing it, and what was sent to it.

use super::channel_form::{ChannelFields, SaveChannel};
use super::log::{DeliveryLog, Redeliver};
use crate::components::prelude::*;
use contract::live::Topic;
use contract::views::channels::{ChannelLine, ChannelView};
use contract::{ChannelId, urls};
use leptos_router::hooks::use_params_map;

#[server]
async fn channel(id: ChannelId) -> Outcome<ChannelView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::alerts::channels::channel(&cx, &who, &id).await?)
}

#[server]
pub async fn test_channel(csrf: String, id: ChannelId) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::channels::test_send(&cx, &who, &id).await?;
    leptos_axum::redirect(&urls::channel(&id));
    Ok(())
}

#[server]
pub async fn remove_channel(csrf: String, id: ChannelId) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::channels::remove(&cx, &who, &id).await?;
    leptos_axum::redirect(urls::CHANNELS);
    Ok(())
}

#[component]
pub fn ChannelPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| ChannelId(params.read().get("id").unwrap_or_default()));
    let tick = use_live(|topic| matches!(topic, Topic::Alert { .. }));
    let view = Resource::new_blocking(move || (id.get(), tick.get()), |(id, _)| channel(id));
    let (save, again) = (ServerAction::<SaveChannel>::new(), ServerAction::<Redeliver>::new());
    let (test, remove) = (ServerAction::<TestChannel>::new(), ServerAction::<RemoveChannel>::new());
    let crumbs = || vec![("Alerts".to_string(), urls::ALERTS.to_string()), ("Channels".to_string(), urls::CHANNELS.to_string())];
    view! {
        <Loaded res=view let:view>
            <Page title=view.line.name.clone() crumbs=crumbs() tools=|| view! { <Updated/> }.into_any()>
                <Try line=view.line.clone() may=view.may_change.ok test/>
                <Change view=view.clone() save remove/>
                <DeliveryLog lines=view.log.clone() action=again/>
            </Page>
        </Loaded>
    }
}

#[component]
fn Try(line: ChannelLine, may: bool, test: ServerAction<TestChannel>) -> impl IntoView {
    let on = line.enabled;
    let title =
        if on { format!("{} to {}", line.kind.name(), line.leads_to) } else { "Turned off: nothing is sent to it".into() };
    view! {
        <Section title=title id="try" hint=format!("Made {}.", line.made.ago)>
            {(may && on).then(|| view! {
                <ActForm action=test>
                    <Hidden name="id" value=line.id.0.clone()/>
                    <FormProblem/>
                    <div class="row acts"><Submit label="Send a test" icon=Icon::Play/></div>
                </ActForm>
            })}
        </Section>
    }
}

#[component]
fn Change(view: ChannelView, save: ServerAction<SaveChannel>, remove: ServerAction<RemoveChannel>) -> impl IntoView {
    if let Some(why) = view.may_change.why_not {
        return view! { <Section title="Settings" id="settings"><p class="soft">{why}</p></Section> }.into_any();
    }
    let (id, name) = (view.line.id.0.clone(), view.line.name.clone());
    let consequences = vec![
        "Nobody is told through it any more, and its secret is forgotten.".to_string(),
        "Messages that still wait for it are given up. The log stays.".to_string(),
    ];
    view! {
        <Section title="Settings" id="settings">
            <ActForm action=save>
                <div class="form narrow-form">
                    <FormProblem/>
                    <ChannelFields kind=view.line.kind line=Some(view.line.clone()) private=view.private_allowed/>
                    <div class="row acts">
                        <Submit label="Save" tone=Tone::Primary/>
                        <OpenDialog name="remove" label="Remove" tone=Tone::Danger icon=Icon::Cross/>
                    </div>
                </div>
            </ActForm>
            <ActDialog action=remove name="remove" title=format!("Remove {name}?") consequences confirm="Remove the channel" tone=Tone::DangerSolid why=false>
                <Hidden name="id" value=id/>
            </ActDialog>
        </Section>
    }
    .into_any()
}
