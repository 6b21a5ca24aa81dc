//! From a session or a token to who acts.

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::time::MINUTE;
use contract::{Problem, Role, UserId};
use sha2::{Digest, Sha256};

/// The person of a session; `None` if they are gone, or made up and this is no demo.
pub async fn actor_by_user(cx: &Ctx, id: &UserId) -> Outcome<Option<Actor>> {
    let user = cx.store.db.user(id.as_str()).await.or_problem("Looking up who is signed in")?;
    Ok(user.filter(|user| user.demo == 0 || cx.site.demo).and_then(|user| {
        let role = Role::parse(&user.role)?;
        Some(Actor { id: user.id, name: user.name, role })
    }))
}

/// The owner of a token, with the token's role. A token never does more than its owner may do now.
pub async fn actor_by_token(cx: &Ctx, token: &str) -> Outcome<Actor> {
    let doing = "Checking the token";
    let refused =
        |why: &str| Err(Problem::unauthenticated(format!("{why} Make a new one under your name, or ask an administrator.")));
    if !token.starts_with(super::tokens::PREFIX) || token.len() > 200 {
        return refused("This is not a token of this server: they begin with slp_.");
    }
    let Some(row) = cx.store.db.token_by_hash(&hash(token)).await.or_problem(doing)? else {
        return refused("This token is not known here.");
    };
    let now = cx.now();
    if row.revoked_at.is_some() {
        return refused("This token was revoked.");
    }
    if row.expires_at.is_some_and(|at| at <= now.0) {
        return refused("This token has expired.");
    }
    let owner = actor_by_user(cx, &UserId(row.user_id.clone())).await?;
    let role = Role::parse(&row.role);
    let (Some(owner), Some(role)) = (owner, role) else { return refused("The owner of this token is gone.") };
    if !within(role, owner.role) {
        return refused("This token may do more than its owner may now.");
    }
    // Noted at most once a minute, so that a busy program does not write with every request.
    if row.last_used_at.is_none_or(|at| now.0 - at >= MINUTE) {
        let mut tx = cx.store.db.begin().await.or_problem(doing)?;
        tx.token_used(&row.id, now).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
    }
    Ok(Actor { id: owner.id, name: format!("{} ({})", owner.name, row.name), role })
}

/// Whether somebody with `own` may hand out `role`: their own, or to look only; an administrator any.
pub fn within(role: Role, own: Role) -> bool {
    own == Role::Admin || role == own || role == Role::Viewer
}

/// How tokens are kept. They are 256 random bits, so that one pass is enough.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
