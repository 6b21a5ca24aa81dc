//! The Alerts tab of a deployment.

use super::achieved::achieved;
use super::limits::BUDGET;
use super::{backtest, list};
use crate::alerts::list::lines;
use crate::alerts::{routes, silences};
use crate::monitoring::{head, last};
use crate::words::counted;
use crate::{Actor, Ctx, Outcome};
use contract::DeploymentName;
use contract::role::Act;
use contract::time::DAY;
use contract::verdict::State;
use contract::views::alerts::AlertLine;
use contract::views::common::Allowed;
use contract::views::monitors::{DeploymentAlertsView, MonitorLine};
use contract::views::parts::Answer;

/// All of it; with the back-test of `rule`, at the limit that was typed or the one that is set.
pub async fn page(
    cx: &Ctx,
    who: &Actor,
    name: &DeploymentName,
    rule: Option<&str>,
    typed: Option<f64>,
) -> Outcome<DeploymentAlertsView> {
    who.must(Act::View)?;
    let (known, head) = head(cx, name, last(cx, DAY)).await?;
    let open = lines(cx, Some(name)).await?;
    let mut monitors = list::of(cx, &known, &open).await?;
    if let Some(budget) = monitors.iter_mut().find(|line| line.monitor == BUDGET) {
        let achieved = achieved(cx, &known).await?;
        budget.words = format!("{} {achieved}", budget.words).trim_end().to_owned();
    }
    let limit = rule.and_then(|rule| monitors.iter().find(|line| line.monitor == rule)?.limit);
    let backtest = match (rule, limit) {
        (Some(rule), Some(limit)) => {
            // What cannot be tried is shown as it is set; the form says what may be typed.
            let tried = typed.map(|typed| limit.meant(typed)).filter(|value| (limit.least..=limit.most).contains(value));
            Some(backtest::backtest(cx, who, name, rule, tried).await?)
        }
        _ => None,
    };
    let silences = silences::list(cx, who).await?;
    Ok(DeploymentAlertsView {
        answer: answer(&open, &monitors),
        open,
        monitors,
        backtest,
        route: routes::route(cx, who, name).await?,
        silences: silences
            .into_iter()
            .filter(|silence| silence.deployment.is_empty() || silence.deployment == name.as_str())
            .collect(),
        runbook_url: known.settings.runbook_url.clone(),
        may_change: if who.role.may(Act::Register) {
            Allowed::yes()
        } else {
            Allowed::no(format!("Your role is {}; engineers and administrators change rules.", who.role))
        },
        may_acknowledge: who.role.may(Act::AcknowledgeAlert),
        head,
    })
}

fn answer(open: &[AlertLine], monitors: &[MonitorLine]) -> Answer {
    let loud: Vec<&AlertLine> = open.iter().filter(|line| line.silenced.is_none()).collect();
    let blind = monitors.iter().filter(|line| line.state == State::Unknown && line.state_words.starts_with("Not enough")).count();
    match loud.iter().min_by_key(|line| (line.state, line.since)) {
        Some(worst) => {
            let more = if loud.len() > 1 { format!(" {} more.", counted(loud.len() as u64 - 1, "alert")) } else { String::new() };
            Answer::new(worst.state, worst.headline.clone(), format!("{}{more}", worst.sentence))
        }
        None if !open.is_empty() => Answer::new(
            State::Watch,
            "What fires is silenced",
            format!("{} recorded, and nobody is told.", counted(open.len() as u64, "alert")),
        ),
        None if blind > 0 => Answer::new(
            State::Unknown,
            "Nothing fires, and not every rule can tell yet",
            format!("{} without enough data to judge.", counted(blind as u64, "rule")),
        ),
        None => {
            Answer::new(State::Ok, "Nothing fires", format!("{} watch this deployment.", counted(monitors.len() as u64, "rule")))
        }
    }
}
