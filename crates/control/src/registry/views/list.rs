//! The list of models.

use super::{gates_words, served, snippets};
use crate::words::counted;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::views::common::{Allowed, When};
use contract::views::models::{ModelLine, ModelsView};
use contract::{Millis, ModelName, VersionNo};

pub async fn list_models(cx: &Ctx, who: &Actor) -> Outcome<ModelsView> {
    who.must(Act::View)?;
    let (doing, db) = ("Listing the models", &cx.store.db);
    let rows = db.models().await.or_problem(doing)?;
    let heads = db.version_heads().await.or_problem(doing)?;
    let aliases = db.aliases(None).await.or_problem(doing)?;
    let mut gates = gates_words::of(cx, None).await?;
    let mut models = Vec::with_capacity(rows.len());
    for row in rows {
        let name = ModelName(row.name);
        let of: Vec<_> = heads.iter().filter(|(model, ..)| *model == name.0).collect();
        let latest = of.first().map(|(_, version, ..)| *version);
        let champion = aliases
            .iter()
            .find(|alias| alias.model == name.0 && alias.alias == crate::registry::CHAMPION)
            .map(|alias| number(alias.version));
        let word = match latest.and_then(|version| gates.remove(&(name.0.clone(), version))) {
            Some((word, _)) => word,
            None => gates_words::none(cx)?.0,
        };
        let last = of.iter().map(|(_, _, at, _)| *at).max().unwrap_or(row.created_at);
        models.push(ModelLine {
            description: row.description,
            owner_team: row.owner_team,
            versions: of.len() as u32,
            latest: latest.map(number),
            champion,
            serving: served::served(cx, &name).await?,
            gates: word,
            last_activity: When::new(Millis(last), cx.now()),
            name,
        });
    }
    let serving = models.iter().filter(|model| !model.serving.is_empty()).count();
    let summary = match models.len() {
        0 => "No model is registered yet.".to_owned(),
        n => format!(
            "{}, {}; {serving} of them answer requests.",
            counted(n as u64, "model"),
            counted(heads.len() as u64, "version")
        ),
    };
    Ok(ModelsView { summary, models, may_register: may_register(who), snippets: snippets::push(cx, "MODEL") })
}

pub(super) fn number(version: i64) -> VersionNo {
    VersionNo(u32::try_from(version).unwrap_or(0))
}

pub(super) fn may_register(who: &Actor) -> Allowed {
    allowed(who, Act::Register)
}

/// Whether the role allows the act, with the reason where it does not.
pub(super) fn allowed(who: &Actor, act: Act) -> Allowed {
    match who.must(act) {
        Ok(()) => Allowed::yes(),
        Err(problem) => Allowed::no(problem.detail),
    }
}
