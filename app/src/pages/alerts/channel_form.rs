//! The form of a channel: which fields there are is up to its kind, which stands in the address.

use crate::components::prelude::*;
use contract::alerting::{ChannelKind, ChannelTarget, Least, MailSecurity};
use contract::urls;
use contract::views::channels::ChannelLine;

/// Makes a channel, or changes the one that `id` names.
#[server]
#[expect(clippy::too_many_arguments, reason = "each is a field of the form")]
pub async fn save_channel(
    csrf: String,
    id: Option<String>,
    kind: ChannelKind,
    name: String,
    least: Least,
    state: Option<String>,
    url: Option<String>,
    secret: Option<String>,
    to: Option<String>,
    from: Option<String>,
    host: Option<String>,
    port: Option<String>,
    security: Option<MailSecurity>,
    user: Option<String>,
) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    let port = port.filter(|port| !port.trim().is_empty());
    let port = port.map(|port| {
        port.trim()
            .parse::<u16>()
            .map_err(|_| contract::Problem::field("port", format!("A port is 1 to 65535, and this says “{port}”.")))
    });
    let target = ChannelTarget {
        url: url.unwrap_or_default(),
        to: to.unwrap_or_default(),
        from: from.unwrap_or_default(),
        host: host.unwrap_or_default(),
        port: port.transpose()?,
        security: security.unwrap_or_default(),
        user: user.unwrap_or_default(),
    };
    let input = contract::alerting::SaveChannel {
        name,
        kind,
        target,
        secret: secret.unwrap_or_default(),
        least,
        disabled: state.as_deref() == Some("off"),
    };
    let saved = match id {
        Some(id) => control::alerts::channels::update(&cx, &who, &id.into(), input).await?,
        None => control::alerts::channels::create(&cx, &who, input).await?,
    };
    leptos_axum::redirect(&saved.line.url);
    Ok(())
}

/// The kind that the address names.
pub fn asked_kind() -> ChannelKind {
    here().get("kind").and_then(|word| ChannelKind::parse(&word)).unwrap_or_default()
}

#[component]
pub fn KindTabs(kind: ChannelKind) -> impl IntoView {
    let links = ChannelKind::ALL
        .into_iter()
        .map(|one| (one.name().to_string(), format!("{}?kind={}#new", urls::CHANNELS, one.word()), one == kind))
        .collect();
    view! { <LinkGroup label="Kind of channel" links/> }
}

/// All fields of a kind, filled in from `line` where there is one.
#[component]
pub fn ChannelFields(
    kind: ChannelKind,
    #[prop(optional_no_strip)] line: Option<ChannelLine>,
    /// A key for a new webhook.
    #[prop(optional, into)]
    suggested: String,
    private: bool,
) -> impl IntoView {
    let target = line.as_ref().map(|line| line.target.clone()).unwrap_or_default();
    let there = line.as_ref().is_some_and(|line| line.has_secret);
    let least = line.as_ref().map_or(Least::Bad, |line| line.least);
    let name = line.as_ref().map(|line| line.name.clone()).unwrap_or_default();
    let off = line.as_ref().is_some_and(|line| !line.enabled);
    let told = [(Least::Bad, "Only what is bad"), (Least::Watch, "Everything, also what is to be watched")]
        .map(|(least, words)| (least.word().to_string(), words.to_string()));
    let states = [("on", "On"), ("off", "Off: nothing is sent")].map(|(word, words)| (word.to_string(), words.to_string()));
    view! {
        {line.as_ref().map(|line| view! { <Hidden name="id" value=line.id.0.clone()/> })}
        <Hidden name="kind" value=kind.word()/>
        <Field name="name" label="Name" required=true value=name placeholder="on call" scope="c-"/>
        {match kind {
            ChannelKind::Webhook => view! { <WebhookFields target there suggested private/> }.into_any(),
            ChannelKind::Slack => {
                let hint = if there { "Empty: the address stays as it is." } else { "Slack → your app → Incoming webhooks. Whoever has the address can write there, so it is kept as a secret." };
                view! { <Field name="secret" label="Address of the incoming webhook" kind="password" required=!there hint autocomplete="off" scope="c-"/> }.into_any()
            }
            ChannelKind::Pagerduty => view! { <PagerFields target there/> }.into_any(),
            ChannelKind::Email => view! { <MailFields target there private/> }.into_any(),
        }}
        <Select name="least" label="Told of" options=told.into() value=least.word() scope="c-"/>
        <Select name="state" label="State" options=states.into() value=if off { "off" } else { "on" } scope="c-"/>
    }
}

#[component]
fn WebhookFields(target: ChannelTarget, there: bool, suggested: String, private: bool) -> impl IntoView {
    let hint = if private {
        "Messages are posted here, also within private networks."
    } else {
        "Messages are posted here. https only, and not into private networks."
    };
    let key = if there {
        "Empty: the key stays as it is."
    } else {
        "Copy it to the receiver now: it is not shown again. It checks webhook-signature with it, as Standard Webhooks says."
    };
    view! {
        <Field name="url" label="Address" kind="url" required=true value=target.url hint placeholder="https://example.com/hooks/slipway" scope="c-"/>
        <Field name="secret" label="Key" value=suggested hint=key autocomplete="off" scope="c-"/>
    }
}

#[component]
fn PagerFields(target: ChannelTarget, there: bool) -> impl IntoView {
    let hint = if there { "Empty: the key stays as it is." } else { "PagerDuty → service → Integrations → Events API v2." };
    view! {
        <Field name="secret" label="Integration key" kind="password" required=!there hint autocomplete="off" scope="c-"/>
        <Field name="url" label="Address of the Events API" kind="url" value=target.url hint="Empty: https://events.pagerduty.com. In Europe: https://events.eu.pagerduty.com." scope="c-"/>
    }
}

#[component]
fn MailFields(target: ChannelTarget, there: bool, private: bool) -> impl IntoView {
    let secure =
        [(MailSecurity::Starttls, "STARTTLS (587)"), (MailSecurity::Tls, "TLS (465)"), (MailSecurity::None, "None (25)")]
            .into_iter()
            .filter(|(security, _)| private || *security != MailSecurity::None)
            .map(|(security, words)| (security.word().to_string(), words.to_string()))
            .collect();
    let hint = if there { "Empty: it stays as it is." } else { "" };
    view! {
        <Field name="to" label="To" required=true value=target.to hint="Addresses, separated by commas." placeholder="oncall@example.com" scope="c-"/>
        <Field name="from" label="From" required=true value=target.from placeholder="slipway@example.com" scope="c-"/>
        <Field name="host" label="Mail server" required=true value=target.host placeholder="smtp.example.com" scope="c-"/>
        <Select name="security" label="Security" options=secure value=target.security.word() scope="c-"/>
        <Field name="port" label="Port" kind="number" value=target.port.map(|port| port.to_string()).unwrap_or_default() hint="Empty: the usual one." scope="c-"/>
        <Field name="user" label="User" value=target.user hint="Empty: nobody signs in." autocomplete="off" scope="c-"/>
        <Field name="secret" label="Password" kind="password" hint autocomplete="new-password" scope="c-"/>
    }
}
