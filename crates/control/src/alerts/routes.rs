//! Routes: which channels hear of a deployment's alerts, and after how long without an acknowledgement the next one does.

use crate::audit::entry;
use crate::deployments::unknown;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::{Least, RouteStep};
use contract::live::Topic;
use contract::role::Act;
use contract::views::monitors::RouteView;
use contract::{ChannelId, DeploymentName, Problem};
use serde_json::json;
use store::alert_channels::{ChannelRow, RouteRow};

/// Longest wait of a step, minutes: a week.
const LONGEST: u32 = 7 * 24 * 60;
/// Most steps of a route.
const MOST: usize = 10;

pub async fn route(cx: &Ctx, who: &Actor, name: &DeploymentName) -> Outcome<RouteView> {
    who.must(Act::View)?;
    let doing = "Reading the route";
    cx.book.get(name).ok_or_else(|| unknown(name))?;
    let channels = cx.store.db.channels().await.or_problem(doing)?;
    let row = cx.store.db.alert_route(name).await.or_problem(doing)?;
    let declared = row.is_some();
    let steps: Vec<RouteStep> = row.and_then(|row| serde_json::from_str(&row.steps).ok()).unwrap_or_default();
    Ok(RouteView {
        deployment: name.clone(),
        declared,
        words: words(declared.then_some(&steps[..]), &channels),
        steps,
        channels: channels.into_iter().map(|row| (ChannelId(row.id), row.name)).collect(),
    })
}

/// Replaces the route; `None` goes back to every channel at once.
pub async fn save(cx: &Ctx, who: &Actor, name: &DeploymentName, steps: Option<Vec<RouteStep>>) -> Outcome<RouteView> {
    who.must(Act::Register)?;
    let doing = "Saving the route";
    cx.book.get(name).ok_or_else(|| unknown(name))?;
    let channels = cx.store.db.channels().await.or_problem(doing)?;
    let steps = steps.map(|steps| check(steps, &channels)).transpose()?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match &steps {
        None => tx.alert_route_forget(name).await.or_problem(doing)?,
        Some(steps) => {
            let row = RouteRow {
                deployment: name.0.clone(),
                steps: json!(steps).to_string(),
                updated_at: cx.now().0,
                updated_by: who.name.clone(),
            };
            tx.alert_route_put(&row).await.or_problem(doing)?;
        }
    }
    let summary = format!("Changed who is told of the alerts of {name}");
    tx.audit(entry(cx, who, "alert.routed", ("deployment", name.as_str()), summary, json!({ "steps": steps })))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Deployment { deployment: name.clone() });
    route(cx, who, name).await
}

/// The steps in the order of their time; `Invalid` names the first one that cannot be meant.
fn check(mut steps: Vec<RouteStep>, channels: &[ChannelRow]) -> Result<Vec<RouteStep>, Problem> {
    if steps.is_empty() || steps.len() > MOST {
        return Err(Problem::field(
            "steps",
            format!("A route has 1 to {MOST} steps. Without a route every channel is told at once."),
        ));
    }
    for (i, step) in steps.iter().enumerate() {
        if !channels.iter().any(|channel| channel.id == step.channel.as_str()) {
            return Err(Problem::field(format!("steps[{i}].channel"), format!("There is no channel “{}”.", step.channel)));
        }
        if step.after_minutes > LONGEST {
            return Err(Problem::field(
                format!("steps[{i}].after_minutes"),
                format!("A step waits at most {LONGEST} minutes (a week)."),
            ));
        }
    }
    steps.sort_by_key(|step| step.after_minutes);
    if steps[0].after_minutes != 0 {
        return Err(Problem::field("steps[0].after_minutes", "The first step is told at once: somebody has to hear of it."));
    }
    Ok(steps)
}

fn words(steps: Option<&[RouteStep]>, channels: &[ChannelRow]) -> Vec<String> {
    let of = |channel: &ChannelRow| {
        let what = if channel.enabled == 0 {
            " (turned off)"
        } else if Least::parse(&channel.least) == Least::Watch {
            ""
        } else {
            " (only of what is bad)"
        };
        format!("{}{what}", channel.name)
    };
    match steps {
        None if channels.is_empty() => vec!["There is no channel yet, so nobody is told.".into()],
        None => channels.iter().map(|channel| format!("At once: {}", of(channel))).collect(),
        Some(steps) => {
            let said = |step: &RouteStep| {
                let who = channels
                    .iter()
                    .find(|channel| channel.id == step.channel.as_str())
                    .map_or("a channel that was removed".into(), of);
                match step.after_minutes {
                    0 => format!("At once: {who}"),
                    n => format!("After {n} minutes without an acknowledgement: {who}"),
                }
            };
            steps.iter().map(said).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_begins_at_once_and_names_channels_that_are_there() {
        let channel = ChannelRow {
            id: "c1".into(),
            name: "ops".into(),
            kind: "webhook".into(),
            target: "{}".into(),
            secret: String::new(),
            least: "bad".into(),
            enabled: 1,
            created_at: 0,
            updated_at: 0,
            removed_at: None,
        };
        let channels = [channel.clone(), ChannelRow { id: "c2".into(), name: "boss".into(), least: "watch".into(), ..channel }];
        let step = |channel: &str, after_minutes| RouteStep { channel: channel.into(), after_minutes };
        let good = check(vec![step("c2", 15), step("c1", 0)], &channels).unwrap();
        assert_eq!(
            words(Some(&good), &channels),
            ["At once: ops (only of what is bad)", "After 15 minutes without an acknowledgement: boss"]
        );
        for (steps, field) in [
            (vec![], "steps"),
            (vec![step("c1", 5)], "steps[0].after_minutes"),
            (vec![step("c1", 0), step("gone", 5)], "steps[1].channel"),
            (vec![step("c1", 0), step("c2", LONGEST + 1)], "steps[1].after_minutes"),
            (vec![step("c1", 0); MOST + 1], "steps"),
        ] {
            assert_eq!(check(steps, &channels).unwrap_err().errors[0].field, field);
        }
        assert_eq!(words(None, &[]).len(), 1);
    }
}
