//! The fleet: is anything wrong, since when, what changed, who owns it. Worst first.

mod rows;
mod summary;

use crate::components::prelude::*;
use contract::live::Topic;
use contract::views::fleet::FleetView;
use rows::FleetTable;
use summary::Summary;

#[server]
async fn fleet(asked: Asked) -> Outcome<FleetView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::deployments::fleet(&cx, &who, asked.at(cx.now())).await?)
}

#[component]
pub fn FleetPage() -> impl IntoView {
    let asked = use_range("24h");
    let tick = use_live(|topic| {
        matches!(topic, Topic::Metrics { .. } | Topic::Alert { .. } | Topic::Rollout { .. } | Topic::Deployment { .. })
    });
    let view = Resource::new_blocking(move || (asked.get(), tick.get()), |(asked, _)| fleet(asked));
    view! {
        <Loaded res=view let:view>
            <Page title="Fleet" wide=true tools=move || view! { <Updated/> <RangePicker asked/> }.into_any()>
                <Answer answer=view.answer.clone()/>
                <Summary stats=view.stats.clone() asked=asked.get_untracked()/>
                <FleetTable lines=view.deployments.clone()/>
                <p class="small"><a href=contract::urls::RESOURCES>"What the machines and the models use"</a></p>
            </Page>
        </Loaded>
    }
}
