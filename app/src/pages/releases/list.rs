//! The list of rollouts, open ones first.

use crate::components::prelude::*;
use contract::live::Topic;
use contract::rollout::RolloutState;
use contract::urls;
use contract::views::rollouts::{ReleaseLine, ReleasesView};

#[server]
async fn releases() -> Outcome<ReleasesView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::rollouts::releases(&cx, &who).await?)
}

#[component]
pub fn ReleasesPage() -> impl IntoView {
    let tick = use_live(|topic| matches!(topic, Topic::Rollout { .. }));
    let view = Resource::new_blocking(move || tick.get(), |_| releases());
    view! {
        <Loaded res=view let:view>
            <Page title="Releases" wide=true tools=|| view! { <Updated/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                {if view.rollouts.is_empty() {
                    view! { <Empty title="No version has been rolled out yet" hint="A rollout starts when an approver signs a promotion. It moves from 1% to 100% only as long as nothing is worse." icon=Icon::Releases/> }
                        .into_any()
                } else {
                    view! { <Rollouts lines=view.rollouts.clone() now=view.updated_at/> }.into_any()
                }}
            </Page>
        </Loaded>
    }
}

#[component]
fn Rollouts(lines: Vec<ReleaseLine>, now: contract::Millis) -> impl IntoView {
    let cols = ["Rollout", "State", "Step", "Started", "By"].into_iter().map(Col::new).collect();
    view! {
        <Section title="Rollouts" id="rollouts" hint="Open ones first, then the newest.">
            <Table label="Rollouts" cols class="pairs">
                {lines
                    .into_iter()
                    .map(|line| {
                        let title = format!("{}: version {} replaces {}", line.deployment, line.canary, line.stable);
                        let at = match line.phase {
                            RolloutState::Running | RolloutState::Paused => format!("{}%", words::number(line.weight, 0)),
                            _ => line.ended_at.map_or("ended".into(), |at| format!("ended {}", at.words(now))),
                        };
                        view! {
                            <Row>
                                <Name name=title href=urls::rollout(&line.id) sub=line.model.0.clone()/>
                                <Cell label="State"><StateMark state=line.state word=line.headline/></Cell>
                                <Cell label="Step" sub=at><Dots step=line.step steps=line.steps/></Cell>
                                <Cell label="Started"><Moment at=line.started_at words=line.started_at.words(now)/></Cell>
                                <Cell label="By">{line.started_by}</Cell>
                            </Row>
                        }
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}
