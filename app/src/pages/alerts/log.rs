//! The delivery log: every message, what became of it, try by try.

use crate::components::prelude::*;
use contract::views::channels::{AttemptLine, DeliveryLine};
use contract::{DeliveryId, urls};

#[server]
pub async fn redeliver(csrf: String, id: DeliveryId) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::alerts::redeliver(&cx, &who, &id).await?;
    let from = crate::session::came_from().unwrap_or_else(|| urls::CHANNELS.into());
    // Without its query: what went wrong before stays there.
    leptos_axum::redirect(from.split('?').next().unwrap_or(urls::CHANNELS));
    Ok(())
}

#[component]
pub fn DeliveryLog(lines: Vec<DeliveryLine>, action: ServerAction<Redeliver>) -> impl IntoView {
    let may = me().is_some_and(|me| me.role.may(contract::role::Act::AcknowledgeAlert));
    let cols = ["Message", "Channel", "State", "Tries", "Again"].into_iter().map(Col::new).collect();
    view! {
        <Section title="Delivery log" id="log" hint="The newest 50 messages; kept for 90 days.">
            {if lines.is_empty() {
                view! { <p class="soft">"Nothing has been sent yet."</p> }.into_any()
            } else {
                view! {
                    <Table label="Messages" cols class="pairs">
                        {lines.into_iter().map(|line| view! { <Message line may action/> }).collect_view()}
                    </Table>
                }
                    .into_any()
            }}
        </Section>
    }
}

#[component]
fn Message(line: DeliveryLine, may: bool, action: ServerAction<Redeliver>) -> impl IntoView {
    let what = if line.deployment.0.is_empty() {
        line.event.word().to_string()
    } else {
        format!("{}: {}", line.deployment, line.event.word())
    };
    let id = line.id.0.clone();
    let again = may && line.may_repeat;
    view! {
        <Row>
            <Name name=line.headline sub=format!("{what}, {}", line.at.words)/>
            <Cell label="Channel"><a href=urls::channel(&line.channel)>{line.channel_name}</a></Cell>
            <Cell label="State"><StateMark state=line.state word=line.state_words/></Cell>
            <Cell label="Tries">{tries(line.attempts)}</Cell>
            <Cell label="Again" none=!again>
                {again.then(|| view! { <ActForm action><Hidden name="id" value=id.clone()/><FormProblem/><Submit label="Send again"/></ActForm> })}
            </Cell>
        </Row>
    }
}

/// The last try, and all of them behind it.
fn tries(attempts: Vec<AttemptLine>) -> AnyView {
    let Some(last) = attempts.last() else { return view! { <span class="quiet">"none yet"</span> }.into_any() };
    let summary = format!("{} in {} ms", last.status, words::count(last.ms));
    view! {
        <details class="more">
            <summary>{summary}</summary>
            <ol class="tries small">
                {attempts
                    .into_iter()
                    .map(|one| view! {
                        <li>
                            {format!("{}: {} in {} ms", one.at.words, one.status, words::count(one.ms))}
                            {(!one.answer.is_empty()).then(|| view! { <code class="answered">{one.answer}</code> })}
                        </li>
                    })
                    .collect_view()}
            </ol>
        </details>
    }
    .into_any()
}
