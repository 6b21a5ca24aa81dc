//! People: adding one, listing all.

use super::password;
use super::sign_in::normalised;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::CreateUser;
use contract::role::Act;
use contract::views::common::When;
use contract::views::people::UserLine;
use contract::{Millis, Problem, Role, UserId};
use serde_json::json;
use store::identity::UserRow;

/// Adds a person. `Conflict` if the address is taken.
pub async fn create_user(cx: &Ctx, who: &Actor, input: CreateUser) -> Outcome<UserLine> {
    who.must(Act::ManagePeople)?;
    if input.password.chars().count() < password::SHORTEST || input.password.len() > password::LONGEST {
        return Err(Problem::field("password", format!("A password has at least {} characters.", password::SHORTEST)));
    }
    add(cx, who, input, false).await
}

/// Adds a person without judging the password.
pub(super) async fn add(cx: &Ctx, who: &Actor, input: CreateUser, demo: bool) -> Outcome<UserLine> {
    let doing = "Adding a person";
    let (email, name) = (normalised(&input.email), input.name.trim().to_owned());
    check_email(&email)?;
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::field("name", "A name has 1 to 100 characters."));
    }
    let user = UserRow {
        id: cx.new_id(),
        email: email.clone(),
        name,
        role: input.role.word().into(),
        password_hash: password::hash(input.password).await?,
        demo: i64::from(demo),
        created_at: cx.now().0,
        last_signed_in_at: None,
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    match tx.insert_user(&user).await {
        Err(store::Error::Conflict(_)) => {
            return Err(Problem::conflict(format!("There is somebody with the address {email} already.")));
        }
        other => other.or_problem(doing)?,
    }
    let summary = format!("Added {} as {}", user.name, input.role);
    let detail = json!({"email": email, "role": input.role, "demo": demo});
    tx.audit(entry(cx, who, "user.added", ("user", user.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    Ok(line(user, cx.now()))
}

/// Everybody, in the order of arrival.
pub async fn list_users(cx: &Ctx, who: &Actor) -> Outcome<Vec<UserLine>> {
    who.must(Act::ManagePeople)?;
    let users = cx.store.db.users().await.or_problem("Listing people")?;
    Ok(users.into_iter().map(|user| line(user, cx.now())).collect())
}

fn line(user: UserRow, now: Millis) -> UserLine {
    UserLine {
        id: UserId(user.id),
        email: user.email,
        name: user.name,
        role: Role::parse(&user.role).unwrap_or(Role::Viewer),
        created: When::new(Millis(user.created_at), now),
        last_signed_in: user.last_signed_in_at.map(|at| When::new(Millis(at), now)),
    }
}

fn check_email(email: &str) -> Outcome<()> {
    let fits = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits { Ok(()) } else { Err(Problem::field("email", format!("“{email}” is not an e-mail address."))) }
}
