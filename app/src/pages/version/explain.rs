//! The explain tab: what the newest report found, how to share it, and one decision explained.

use super::head::Acts;
use super::load::Explained;
use super::one_decision::OneDecision;
use super::share::{ShareButton, Shared};
use crate::components::prelude::*;
use crate::pages::report::ImportanceFigure;
use contract::spec::Task;
use contract::urls;
use contract::views::report::{ExplainView, ReportLine};
use contract::views::version::VersionView;
use contract::{ModelName, VersionNo};

#[component]
pub fn Explain(view: VersionView, acts: Acts, explained: Resource<Outcome<Option<Explained>>>) -> impl IntoView {
    let (model, version) = (view.model, view.version);
    let share = view.about.task != Task::Regression;
    view! {
        <LoadedPart res=explained let:explained>
            {explained.map(|explained| view! { <ExplainTab model=model.clone() version share explained acts/> })}
        </LoadedPart>
    }
}

#[component]
fn ExplainTab(
    model: ModelName,
    version: VersionNo,
    /// Scores are shares of a class.
    share: bool,
    explained: Explained,
    acts: Acts,
) -> impl IntoView {
    let Explained { view, one, address } = explained;
    let ExplainView { report, reports, running, failed, may_build, may_share, example, .. } = view;
    let made = report.is_some();
    let owner = model.clone();
    let main = match report.clone() {
        Some(report) => {
            let href = urls::report(&report.id.0);
            view! {
                <Section title="What the report says" id="report" link=("Read the whole report".to_string(), href.clone())>
                    <ul class="points">{report.in_short.into_iter().map(|point| view! { <li>{point}</li> }).collect_view()}</ul>
                    <div class="row acts">
                        <ButtonLink href label="Read the report" icon=Icon::Doc/>
                        <ShareButton model=owner version report=report.id may=may_share acts/>
                    </div>
                    <Shared address/>
                </Section>
                <section class="sec" aria-label="Weight of inputs"><ImportanceFigure importance=report.importance/></section>
            }
            .into_any()
        }
        None => view! {
            <Section title="Explainability report" id="report">
                <Empty
                    icon=Icon::Doc title="No report has been made of this version"
                    hint="It says in plain words what the version decides, from what, why, for whom it is worse, and how sure that is. Making it takes some seconds to a few minutes."
                />
            </Section>
        }
        .into_any(),
    };
    view! {
        {running.then(|| view! { <p role="status"><StateMark state=State::Run word="A report is being made; this page fills by itself."/></p> })}
        {(!failed.is_empty()).then(|| view! { <Note state=State::Bad title="The last report could not be made"><p>{failed}</p></Note> })}
        <div class="split">
            <div>
                {main}
                <OneDecision example one share/>
            </div>
            <aside aria-label="Reports of this version">
                <Section title="Reports" id="reports"><Reports reports/></Section>
                <Build model version may=may_build running again=made acts/>
            </aside>
        </div>
    }
}

#[component]
fn Reports(reports: Vec<ReportLine>) -> impl IntoView {
    if reports.is_empty() {
        return view! { <p class="soft">"None yet."</p> }.into_any();
    }
    view! {
        <ul class="report-list">
            {reports
                .into_iter()
                .map(|line| {
                    let words = format!("{}, {}", line.made_at.date_words(), line.made_at.hm());
                    let by = format!("by {}{}", line.made_by, if line.shared { ", shared by a link" } else { "" });
                    view! { <li><a href=urls::report(&line.id.0)>{words}</a><br/><span class="small quiet">{by}</span></li> }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

#[component]
fn Build(model: ModelName, version: VersionNo, may: bool, running: bool, again: bool, acts: Acts) -> impl IntoView {
    let label = if again { "Make a new report" } else { "Make the report" };
    let why = match (may, running) {
        (_, true) => "One is being made right now.",
        (false, _) => "Engineers and approvers make reports.",
        _ => "",
    };
    if !why.is_empty() {
        return view! { <p class="row"><OffButton label why id="why-build" icon=Icon::Doc/></p> }.into_any();
    }
    view! {
        <ActForm action=acts.build>
            <Hidden name="model" value=model.0/>
            <Hidden name="version" value=version.to_string()/>
            <FormProblem/>
            <Submit label icon=Icon::Doc/>
        </ActForm>
    }
    .into_any()
}
