//! Movable names for versions. `champion` follows approvals and cannot be moved around them.

use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::role::Act;
use contract::{ModelName, Problem, VersionNo, ids};
use serde_json::json;
use store::Tx;
use store::registry::AliasRow;

/// The version that stands for the model: what gates compare with, and what a finished rollout moves.
pub const CHAMPION: &str = "champion";

/// The version that `champion` means now.
pub async fn champion(cx: &Ctx, model: &ModelName) -> Outcome<Option<VersionNo>> {
    let row = cx.store.db.alias(model, CHAMPION).await.or_problem("Looking up the champion")?;
    Ok(row.and_then(|row| u32::try_from(row.version).ok()).map(VersionNo))
}

/// Sets or moves an alias. `NeedsApproval` for `champion`.
pub async fn set_alias(cx: &Ctx, who: &Actor, model: &ModelName, alias: &str, version: VersionNo) -> Outcome<()> {
    who.must(Act::Register)?;
    let doing = "Setting the alias";
    check(cx, model, alias)?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if tx.version(model, version).await.or_problem(doing)?.is_none() {
        return Err(Problem::not_found(format!("There is no version {version} of a model “{model}”.")));
    }
    let before = tx.alias(model, alias).await.or_problem(doing)?.map(|row| row.version);
    put(cx, &mut tx, who, model, alias, version).await?;
    let summary = format!("{alias} of {model} is version {version} now");
    let detail = json!({"alias": alias, "from": before, "to": version});
    tx.audit(entry(cx, who, "alias.set", ("version", format!("{model}/{version}")), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Version { model: model.clone(), version });
    Ok(())
}

/// Removes an alias. `NotFound` if there is none.
pub async fn delete_alias(cx: &Ctx, who: &Actor, model: &ModelName, alias: &str) -> Outcome<()> {
    who.must(Act::Register)?;
    let doing = "Removing the alias";
    check(cx, model, alias)?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let Some(row) = tx.alias(model, alias).await.or_problem(doing)? else {
        return Err(Problem::not_found(format!("{model} has no alias “{alias}”.")));
    };
    tx.delete_alias(model, alias).await.or_problem(doing)?;
    let object = ("version", format!("{model}/{}", row.version));
    let summary = format!("Removed the alias {alias} from version {} of {model}", row.version);
    tx.audit(entry(cx, who, "alias.removed", object, summary, json!({"alias": alias, "from": row.version})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// Makes a version the champion inside the transaction that made it stable. Whoever calls has seen to the approval.
pub async fn champion_in(cx: &Ctx, tx: &mut Tx, who: &Actor, model: &ModelName, version: VersionNo) -> Outcome<()> {
    let doing = "Moving the champion";
    let before = tx.alias(model, CHAMPION).await.or_problem(doing)?.map(|row| row.version);
    if before == Some(i64::from(version.0)) {
        return Ok(());
    }
    put(cx, tx, who, model, CHAMPION, version).await?;
    let summary = match before {
        Some(before) => format!("Version {version} is the champion of {model}, after version {before}"),
        None => format!("Version {version} is the first champion of {model}"),
    };
    let detail = json!({"alias": CHAMPION, "from": before, "to": version});
    tx.audit(entry(cx, who, "alias.set", ("version", format!("{model}/{version}")), summary, detail)).await.or_problem(doing)?;
    Ok(())
}

async fn put(cx: &Ctx, tx: &mut Tx, who: &Actor, model: &ModelName, alias: &str, version: VersionNo) -> Outcome<()> {
    let row = AliasRow {
        model: model.0.clone(),
        alias: alias.to_owned(),
        version: i64::from(version.0),
        set_at: cx.now().0,
        set_by: who.id.clone(),
        set_by_name: who.name.clone(),
    };
    tx.put_alias(&row).await.or_problem("Setting the alias")
}

fn check(cx: &Ctx, model: &ModelName, alias: &str) -> Outcome<()> {
    ids::check_name(alias).map_err(|why| Problem::field("alias", why))?;
    let reserved =
        alias.eq_ignore_ascii_case("latest") || alias.trim_start_matches(['v', 'V']).bytes().all(|b| b.is_ascii_digit());
    if reserved {
        return Err(Problem::field("alias", format!("“{alias}” would be taken for a version number.")));
    }
    if alias.eq_ignore_ascii_case(CHAMPION) {
        let page = contract::urls::model(model);
        return Err(Problem::needs_approval(format!(
            "The alias champion of {model} follows approvals: open the version at {}{page}, ask for promotion, and have somebody else sign it.",
            cx.site.address
        )));
    }
    Ok(())
}
