//! Overview of a deployment: what is in service, what it answers, how to call it, what changed.

use super::calls::Calls;
use super::head::{Changes, DeploymentFrame, DeploymentTabs, events};
use super::over_time::predictions;
pub(super) use super::over_time::{lines, series_table};
use super::{use_name, use_tick};
use crate::charts::{TimeSeries, time_series};
use crate::components::prelude::*;
use crate::words::Unit;
use contract::rollout::Arm;
use contract::time::span_words;
use contract::urls;
use contract::views::common::Fact;
use contract::views::deployment::{DeploymentView, InService};
use contract::{DeploymentName, ModelName};

#[server]
async fn deployment(name: DeploymentName, asked: Asked) -> Outcome<DeploymentView> {
    let (cx, who) = crate::session::reader().await?;
    Ok(control::deployments::view(&cx, &who, &name, asked.at(cx.now())).await?)
}

/// Makes a version stable again, at once.
#[server]
async fn roll_back(csrf: String, name: DeploymentName, version: u32, reason: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::deployments::roll_back(&cx, &who, &name, Some(contract::VersionNo(version)), &reason).await?;
    leptos_axum::redirect(&urls::deployment(&name, ""));
    Ok(())
}

#[component]
pub fn DeploymentPage() -> impl IntoView {
    let asked = use_range("1h");
    let name = use_name();
    let tick = use_tick(name);
    let view = Resource::new_blocking(move || (name.get(), asked.get(), tick.get()), |(name, asked, _)| deployment(name, asked));
    let back = ServerAction::<RollBack>::new();
    view! {
        <Loaded res=view let:view>
            <DeploymentFrame head=view.head.clone() tab="" asked>
                <Answer answer=view.answer.clone()/>
                <DeploymentTabs head=view.head.clone() tab=""/>
                <div class="split">
                    <div>
                        <InUse view=view.clone() back/>
                        <Answers view=view.clone()/>
                        <Traffic view=view.clone()/>
                        <Changes changes=view.changes.clone() head=view.head.clone()/>
                    </div>
                    <aside aria-label="About">
                        <Settings view=view.clone()/>
                        <Fresh view=view.clone()/>
                        <Section title="Ask it" id="ask"><Calls snippets=view.snippets.clone()/></Section>
                    </aside>
                </div>
            </DeploymentFrame>
        </Loaded>
    }
}

#[component]
fn InUse(view: DeploymentView, back: ServerAction<RollBack>) -> impl IntoView {
    let model = view.head.model.clone();
    let busy = view.head.rollout.is_some();
    let cols = ["Version", "Answers", "Predictions", "In memory"].into_iter().map(Col::new).collect();
    let previous = view.versions.iter().find(|version| version.arm.is_none() && version.loaded).map(|version| version.version);
    let why_not = match (view.may_roll_back, busy) {
        (false, _) => "Your role may not roll back.".to_string(),
        (_, true) => "A rollout is open: roll back there.".to_string(),
        _ => String::new(),
    };
    let name = view.head.name.0.clone();
    view! {
        <Section title="In service" id="versions">
            <Table label="Versions in service" cols class="pairs">
                {view.versions.into_iter().map(|version| view! { <VersionRow version model=model.clone()/> }).collect_view()}
            </Table>
            {previous
                .map(|to| {
                    let title = format!("Roll back to version {to}");
                    let allowed = why_not.is_empty();
                    view! {
                        <div class="row acts"><OpenDialog name="back" label=title.clone() tone=Tone::Danger icon=Icon::Undo why_not=why_not/></div>
                        {allowed
                            .then(|| view! {
                                <ActDialog
                                    action=back
                                    name="back"
                                    title=format!("{title}?")
                                    consequences=vec![format!("Version {to} answers everything from the next request on; it is in memory already."), "The act and your reason are kept in the audit log.".into()]
                                    confirm=title
                                    tone=Tone::DangerSolid
                                >
                                    <Hidden name="name" value=name.clone()/>
                                    <Hidden name="version" value=to.to_string()/>
                                </ActDialog>
                            })}
                    }
                })}
        </Section>
    }
}

#[component]
fn VersionRow(version: InService, model: ModelName) -> impl IntoView {
    let answers = match version.arm {
        Some(Arm::Shadow) => "a copy of every request, unseen".to_string(),
        Some(arm) => format!("{}% as {}", words::number(version.weight, 0), arm.word()),
        None => "nothing; kept for going back".into(),
    };
    let (state, word) = if version.loaded {
        (State::Ok, "loaded".to_string())
    } else if version.asleep {
        (State::Unknown, "asleep: loaded with the next request".to_string())
    } else {
        (State::Bad, format!("not loaded: {}", version.load_error))
    };
    view! {
        <Row>
            <Name name=format!("Version {}", version.version) href=urls::version(&model, version.version, "") sub=format!("{} old", span_words(version.age))/>
            <Cell label="Answers">{answers}</Cell>
            <Cell label="Predictions">{words::count(version.predictions)}</Cell>
            <Cell label="In memory" sub=version.checked><StateMark state word/></Cell>
        </Row>
    }
}

#[component]
fn Answers(view: DeploymentView) -> impl IntoView {
    let about = format!("{} of {}", view.predictions_title, view.head.name);
    let figure =
        predictions(about, &view.predictions_title, &view.predictions_title, &view.predictions, &view.head, &view.changes);
    view! { <Section title="What it answers" id="answers"><Figure title=view.predictions_title.clone() drawing=figure.drawing table=figure.table/></Section> }
}

#[component]
fn Traffic(view: DeploymentView) -> impl IntoView {
    let spec = TimeSeries {
        about: format!("Predictions a second of {}", view.head.name),
        reading: "One line a version.".into(),
        from: view.head.from,
        to: view.head.to,
        unit: Unit::PerSecond,
        lines: lines(&view.traffic),
        events: events(&view.changes, &view.head),
        from_zero: true,
        empty: "No predictions in this time.".into(),
        ..TimeSeries::default()
    };
    let table = series_table("Predictions a second", &view.traffic, |value| words::number(value, 2));
    view! { <Section title="Traffic" id="traffic"><Figure title="Predictions a second, by version" drawing=time_series(&spec) table/></Section> }
}

#[component]
fn Settings(view: DeploymentView) -> impl IntoView {
    let settings = view.settings;
    let budget = settings.latency_budget();
    let owner = if settings.owner_team.is_empty() { "nobody yet".to_string() } else { settings.owner_team };
    let facts = vec![
        Fact::new("Owner", owner),
        Fact::new("p99 limit", Unit::Milliseconds.said(settings.p99_limit_ms, 0)),
        Fact::new(
            "Objectives",
            format!(
                "{} answered, {} in time",
                words::percent(settings.slo_availability, 2),
                words::percent(settings.slo_latency, 2)
            ),
        ),
        Fact::new("Drift limit", words::number(settings.drift_threshold, 2)),
        Fact::new("Drift window", span_words(settings.drift_window_s as i64 * 1_000)),
        Fact::new("False pages accepted", format!("{} a week", words::number(settings.alert_budget_per_week, 0))),
        Fact::new("Largest batch", settings.max_batch.to_string()),
        Fact::new("Latency budget", Unit::Milliseconds.said(budget, 0)),
        Fact::new("Queue", format!("{} rows", words::count(settings.queue_rows as u64))),
        Fact::new("Sticky by", settings.routing_feature.unwrap_or_else(|| "the caller’s routing key".into())),
    ];
    view! {
        <Section title="About" id="about">
            <p class="soft">{settings.description}</p>
            <Defs facts/>
        </Section>
    }
}

/// Model, labels, training and data run against their limits.
#[component]
fn Fresh(view: DeploymentView) -> impl IntoView {
    let lines = view
        .freshness
        .into_iter()
        .map(|one| {
            let title = one.at.map(|when| when.at.rfc3339());
            view! { <Def name=one.name><span title=title><StateMark state=one.state word=one.sentence/></span></Def> }
        })
        .collect_view();
    view! { <Section title="How fresh it is" id="fresh"><Defs>{lines}</Defs></Section> }
}
