//! Tokens for programs: made once, shown once, kept as a hash, revoked at will.

use super::actors::{hash, within};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::CreateToken;
use contract::role::Act;
use contract::views::common::When;
use contract::views::people::{NewToken, TokenLine};
use contract::{Millis, Problem, Role, TokenId, UserId};
use serde_json::json;
use store::identity::TokenRow;

/// What every token begins with, so that scanners find leaked ones.
pub const PREFIX: &str = "slp_";

/// A token of one's own, with one's own role or to look only.
pub async fn create_token(cx: &Ctx, who: &Actor, input: CreateToken) -> Outcome<NewToken> {
    if !within(input.role, who.role) {
        return Err(Problem::forbidden(format!("Your role is {}: a token of yours can have that role, or viewer.", who.role)));
    }
    add(cx, who, &who.id, input, fresh()).await
}

/// A token for somebody else, made by an administrator.
pub async fn create_token_for(cx: &Ctx, who: &Actor, owner: &UserId, input: CreateToken) -> Outcome<NewToken> {
    who.must(Act::ManagePeople)?;
    add(cx, who, owner.as_str(), input, fresh()).await
}

/// 256 random bits. Secrets come from the machine: nothing that a caller passes in may lead to them.
#[expect(clippy::disallowed_methods, reason = "a secret must not be replayable")]
fn fresh() -> String {
    format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()))
}

/// Keeps a token with a given text.
pub(super) async fn add(cx: &Ctx, who: &Actor, owner: &str, input: CreateToken, token: String) -> Outcome<NewToken> {
    let doing = "Making a token";
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::field("name", "A token has a name of 1 to 100 characters, to tell it from others."));
    }
    if input.expires_at.is_some_and(|at| at <= cx.now()) {
        return Err(Problem::field("expires_at", "This expiry has passed already."));
    }
    let user = cx.store.db.user(owner).await.or_problem(doing)?.ok_or_else(|| Problem::not_found("There is no such person."))?;
    let row = TokenRow {
        id: cx.new_id(),
        user_id: user.id,
        name: name.to_owned(),
        role: input.role.word().into(),
        hash: hash(&token),
        prefix: token.chars().take(12).collect(),
        created_at: cx.now().0,
        expires_at: input.expires_at.map(|at| at.0),
        last_used_at: None,
        revoked_at: None,
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.insert_token(&row).await.or_problem(doing)?;
    let summary = format!("Made the token “{}” of {} with the role {}", row.name, user.name, input.role);
    let detail = json!({"prefix": row.prefix, "role": input.role, "expires_at": input.expires_at});
    tx.audit(entry(cx, who, "token.made", ("token", row.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(NewToken { id: TokenId(row.id.clone()), token, line: line(row, &user.name, cx.now()) })
}

/// One's own tokens; an administrator sees all.
pub async fn list_tokens(cx: &Ctx, who: &Actor) -> Outcome<Vec<TokenLine>> {
    let doing = "Listing tokens";
    let whose = if who.role.may(Act::ManagePeople) { None } else { Some(who.id.as_str()) };
    let tokens = cx.store.db.tokens(whose).await.or_problem(doing)?;
    let users = cx.store.db.users().await.or_problem(doing)?;
    let name = |id: &str| users.iter().find(|user| user.id == id).map_or("", |user| user.name.as_str());
    Ok(tokens
        .into_iter()
        .map(|row| {
            let owner = name(&row.user_id).to_owned();
            line(row, &owner, cx.now())
        })
        .collect())
}

/// Ends a token at once. `NotFound` for one that is not there or not one's own.
pub async fn revoke_token(cx: &Ctx, who: &Actor, id: &TokenId) -> Outcome<()> {
    let doing = "Revoking the token";
    let row = cx.store.db.token(id.as_str()).await.or_problem(doing)?;
    let row = row.filter(|row| row.user_id == who.id || who.role.may(Act::ManagePeople));
    let row = row.ok_or_else(|| Problem::not_found("There is no such token of yours."))?;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if !tx.revoke_token(&row.id, cx.now()).await.or_problem(doing)? {
        return Err(Problem::conflict(format!("The token “{}” was revoked already.", row.name)));
    }
    let summary = format!("Revoked the token “{}”", row.name);
    tx.audit(entry(cx, who, "token.revoked", ("token", row.id), summary, json!({"prefix": row.prefix})))
        .await
        .or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

fn line(row: TokenRow, owner: &str, now: Millis) -> TokenLine {
    TokenLine {
        id: TokenId(row.id),
        name: row.name,
        role: Role::parse(&row.role).unwrap_or(Role::Viewer),
        owner: owner.to_owned(),
        prefix: row.prefix,
        created: When::new(Millis(row.created_at), now),
        last_used: row.last_used_at.map(|at| When::new(Millis(at), now)),
        expires: row.expires_at.map(|at| When::new(Millis(at), now)),
        revoked: row.revoked_at.is_some(),
    }
}
