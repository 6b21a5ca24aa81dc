//! The Alerts tab of a deployment: what fires, every rule in words with its back-test, and who is told.

use super::backtest::{Back, SaveLimit};
use super::head::{DeploymentFrame, DeploymentTabs};
use super::route::{Route, SaveRoute, SaveRunbook};
use super::{use_name, use_tick};
use crate::components::prelude::*;
use crate::pages::alerts::{Acknowledge, AlertList};
use contract::DeploymentName;
use contract::views::monitors::{DeploymentAlertsView, MonitorLine};

#[server]
async fn deployment_alerts(name: DeploymentName, rule: Option<String>, limit: Option<f64>) -> Outcome<DeploymentAlertsView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::alerts::monitors::page(&cx, &who, &name, rule.as_deref(), limit).await?)
}

#[component]
pub fn DeploymentAlertsPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let here = here();
    let rule = Memo::new(move |_| (here.get("rule"), here.get("limit").and_then(|limit| limit.parse::<f64>().ok())));
    let view = Resource::new_blocking(
        move || (name.get(), rule.get(), tick.get()),
        |(name, (rule, limit), _)| deployment_alerts(name, rule, limit),
    );
    let (acknowledge, limit) = (ServerAction::<Acknowledge>::new(), ServerAction::<SaveLimit>::new());
    let (route, runbook) = (ServerAction::<SaveRoute>::new(), ServerAction::<SaveRunbook>::new());
    view! {
        <Loaded res=view let:view>
            <DeploymentFrame head=view.head.clone() tab="alerts" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab="alerts"/>
                {(!view.open.is_empty()).then(|| {
                    let (lines, now, may) = (view.open.clone(), view.head.updated_at, view.may_acknowledge);
                    view! { <Section title="Firing" id="open" hint="Newest first."><AlertList lines now may action=acknowledge/></Section> }
                })}
                {view.backtest.clone().map(|test| view! { <Back test view=view.clone() action=limit/> })}
                <Rules lines=view.monitors.clone()/>
                <Route view=view.clone() action=route runbook/>
            </DeploymentFrame>
        </Loaded>
    }
}

#[component]
fn Rules(lines: Vec<MonitorLine>) -> impl IntoView {
    let cols = ["Rule", "Fires when", "Now", "Back-test"].into_iter().map(Col::new).collect();
    view! {
        <Section title="Rules" id="rules" hint="Every deployment has them from its first request; a limit that can be set can be tried on the past first.">
            <Table label="Rules" cols class="pairs">
                {lines
                    .into_iter()
                    .map(|line| {
                        let chosen = line.limit.is_some();
                        let label = format!("Back-test {}", line.name.to_lowercase());
                        view! {
                            <Row>
                                <Name name=line.name/>
                                <Cell label="Fires when">{line.words}</Cell>
                                <Cell label="Now"><StateMark state=line.state word=line.state_words/></Cell>
                                <Cell label="Back-test" none=!chosen>{chosen.then(|| view! { <a href=line.url>{label}</a> })}</Cell>
                            </Row>
                        }
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
}
