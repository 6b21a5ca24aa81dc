//! Signing in with e-mail and password, and signing out.

use super::{attempts, password};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::{Problem, Role, UserId};
use serde_json::json;

/// The person with this e-mail and password.
///
/// Unknown addresses and wrong passwords get the same answer after the same work, and both count: after five tries in a row the
/// address is refused for a minute (`Busy`).
pub async fn sign_in(cx: &Ctx, email: &str, password: &str) -> Outcome<UserId> {
    let (email, now, doing) = (normalised(email), cx.now(), "Signing in");
    let left = attempts::count(cx, &email).await?;
    let user = cx.store.db.user_by_email(&email).await.or_problem(doing)?;
    // Made-up people have published passwords: outside the demo they are nobody.
    let user = user.filter(|user| user.demo == 0 || cx.site.demo);
    let right = password::verify(password.to_owned(), user.as_ref().map(|user| user.password_hash.clone())).await?;
    let (Some(user), true) = (user, right) else {
        return Err(Problem::unauthenticated(format!("That e-mail and password do not match. {}", attempts::left(left))));
    };

    let who = Actor { id: user.id.clone(), name: user.name.clone(), role: Role::parse(&user.role).unwrap_or(Role::Viewer) };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.signed_in(&user.id, &email, now).await.or_problem(doing)?;
    let object = ("user", user.id.clone());
    tx.audit(entry(cx, &who, "user.signed_in", object, format!("{} signed in", user.name), json!({}))).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(UserId(user.id))
}

/// Notes that somebody signed out; their session is ended by whoever holds it.
pub async fn sign_out(cx: &Ctx, who: &Actor) -> Outcome<()> {
    let doing = "Signing out";
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let object = ("user", who.id.clone());
    tx.audit(entry(cx, who, "user.signed_out", object, format!("{} signed out", who.name), json!({}))).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)
}

/// How an address is kept and compared. What is too long for an address stays too long and matches nobody.
pub fn normalised(email: &str) -> String {
    email.trim().to_lowercase().chars().take(300).collect()
}
