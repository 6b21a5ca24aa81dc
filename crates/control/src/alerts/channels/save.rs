//! Making a channel, and changing it.

use super::check::check;
use super::list::line;
use super::unknown;
use crate::alerts::send::fresh_secret;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::{ChannelKind, SaveChannel};
use contract::role::Act;
use contract::views::channels::NewChannel;
use contract::{ChannelId, Problem};
use serde_json::json;
use store::alert_channels::ChannelRow;

/// Makes a channel. A webhook without a key gets one, which is shown with this answer and never again.
pub async fn create(cx: &Ctx, who: &Actor, input: SaveChannel) -> Outcome<NewChannel> {
    who.must(Act::Register)?;
    let (target, mut secret) = check(&input, cx.outbound, false)?;
    let made_secret = (input.kind == ChannelKind::Webhook && secret.is_empty()).then(fresh_secret);
    if let Some(made) = &made_secret {
        secret.clone_from(made);
    }
    let row = ChannelRow {
        id: cx.new_id(),
        name: input.name.trim().into(),
        kind: input.kind.word().into(),
        target: json!(target).to_string(),
        secret,
        least: input.least.word().into(),
        enabled: i64::from(!input.disabled),
        created_at: cx.now().0,
        updated_at: cx.now().0,
        removed_at: None,
    };
    let summary = format!("Made the channel “{}” ({})", row.name, input.kind.name());
    put(cx, who, &row, "channel.made", summary, json!({ "kind": row.kind, "target": target, "least": input.least })).await?;
    Ok(NewChannel { line: line(row, cx.now()), secret: made_secret })
}

/// Changes it. Its kind stays; an empty secret leaves the one that it has.
pub async fn update(cx: &Ctx, who: &Actor, id: &ChannelId, input: SaveChannel) -> Outcome<NewChannel> {
    who.must(Act::Register)?;
    let doing = "Changing the channel";
    let row = cx.store.db.channel(id.as_str()).await.or_problem(doing)?.filter(|row| row.removed_at.is_none());
    let row = row.ok_or_else(|| unknown(id))?;
    let kind = ChannelKind::parse(&row.kind).unwrap_or_default();
    if input.kind != kind {
        return Err(Problem::field(
            "kind",
            format!("“{}” is a channel of kind {}; make another one for {}.", row.name, kind.name(), input.kind.name()),
        ));
    }
    let (target, secret) = check(&input, cx.outbound, !row.secret.is_empty())?;
    let changed_secret = !secret.is_empty() && secret != row.secret;
    let before = json!({ "name": row.name, "target": row.target, "least": row.least, "enabled": row.enabled == 1 });
    let row = ChannelRow {
        name: input.name.trim().into(),
        target: json!(target).to_string(),
        secret: if secret.is_empty() { row.secret } else { secret },
        least: input.least.word().into(),
        enabled: i64::from(!input.disabled),
        updated_at: cx.now().0,
        ..row
    };
    let detail = json!({ "before": before, "after": { "target": target, "least": input.least, "enabled": !input.disabled }, "secret_changed": changed_secret });
    let summary = format!("Changed the channel “{}”", row.name);
    put(cx, who, &row, "channel.changed", summary, detail).await?;
    Ok(NewChannel { line: line(row, cx.now()), secret: None })
}

async fn put(
    cx: &Ctx,
    who: &Actor,
    row: &ChannelRow,
    action: &'static str,
    summary: String,
    detail: serde_json::Value,
) -> Outcome<()> {
    let doing = "Saving the channel";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match tx.channel_put(row).await {
        Err(store::Error::Conflict(_)) => {
            return Err(Problem {
                kind: contract::ProblemKind::Conflict,
                ..Problem::field("name", format!("There is a channel “{}” already.", row.name))
            });
        }
        other => other.or_problem(doing)?,
    }
    tx.audit(entry(cx, who, action, ("channel", row.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}
