//! One model with its versions.

use super::list::{may_register, number};
use super::{gates_words, served, snippets};
use crate::registry::model::model_info;
use crate::registry::{CHAMPION, version::from_row};
use crate::words::{number as written, percent};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::verdict::State;
use contract::views::common::When;
use contract::views::models::{ModelView, VersionLine};
use contract::{ModelName, Task};
use std::collections::BTreeMap;

pub async fn get_model(cx: &Ctx, who: &Actor, name: &ModelName) -> Outcome<ModelView> {
    who.must(Act::View)?;
    let (doing, db) = ("Reading the model", &cx.store.db);
    let info = model_info(cx, name).await?;
    let aliases = db.aliases(Some(name)).await.or_problem(doing)?;
    let serving = served::served(cx, name).await?;
    let mut gates = gates_words::of(cx, Some(name)).await?;
    let mut metric_names: Vec<&'static str> = Vec::new();
    let mut versions = Vec::new();
    for row in db.versions(name).await.or_problem(doing)? {
        let number_of = row.version;
        let one = from_row(row, info.clone())?;
        if metric_names.is_empty() {
            metric_names = names(one.contract.task);
        }
        let (word, metrics) = match gates.remove(&(name.0.clone(), number_of)) {
            Some(found) => found,
            None => gates_words::none(cx)?,
        };
        versions.push(VersionLine {
            version: one.version,
            aliases: aliases.iter().filter(|alias| alias.version == number_of).map(|alias| alias.alias.clone()).collect(),
            notes: one.notes,
            gates: word,
            metrics: metric_names.iter().map(|metric| text(metric, &metrics)).collect(),
            serving: serving.iter().filter(|served| served.version == one.version).cloned().collect(),
            registered_by: one.registered_by,
            registered_by_name: one.registered_by_name,
            registered: When::new(one.registered_at, cx.now()),
            short_hash: one.hash.0.chars().take(12).collect(),
        });
    }
    let champion = aliases.iter().find(|alias| alias.alias == CHAMPION).map(|alias| number(alias.version));
    let newest = versions.first();
    let summary = match (newest, champion) {
        (None, _) => "It has no version yet. Push the first one.".to_owned(),
        (Some(newest), Some(champion)) if newest.version == champion => {
            format!("Version {champion}, the newest, is the champion.")
        }
        (Some(newest), champion) => {
            let champion = champion.map_or_else(
                || "No version is the champion yet".to_owned(),
                |version| format!("Version {version} is the champion"),
            );
            let next = match newest.gates.state {
                State::Ok => "has passed its gates; promotion may be asked for".to_owned(),
                _ => format!("has gates: {}", newest.gates.words),
            };
            format!("{champion}; version {} {next}.", newest.version)
        }
    };
    Ok(ModelView {
        name: name.clone(),
        description: info.description,
        owner_team: info.owner_team,
        purpose: info.purpose,
        not_for: info.not_for,
        summary,
        created: When::new(info.created_at, cx.now()),
        created_by: info.created_by_name,
        tags: info.tags.into_iter().collect(),
        serving,
        versions,
        metric_names: metric_names.into_iter().map(|metric| title(metric).to_owned()).collect(),
        may_register: may_register(who),
        snippets: snippets::push(cx, name.as_str()),
    })
}

/// The metrics that tell versions of a task apart.
fn names(task: Task) -> Vec<&'static str> {
    match task {
        Task::Binary => vec!["roc_auc", "accuracy"],
        Task::Multiclass => vec!["accuracy"],
        Task::Regression => vec!["mae", "r2"],
    }
}

fn title(metric: &str) -> &str {
    match metric {
        "roc_auc" => "ROC AUC",
        "accuracy" => "Accuracy",
        "mae" => "Mean absolute error",
        "r2" => "R²",
        other => other,
    }
}

fn text(metric: &str, found: &BTreeMap<String, f64>) -> String {
    match (metric, found.get(metric)) {
        (_, None) => "–".into(),
        ("accuracy", Some(value)) => percent(*value),
        ("mae", Some(value)) => written(*value),
        (_, Some(value)) => format!("{value:.3}"),
    }
}
