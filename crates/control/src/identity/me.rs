//! The signed-in person, and what the sign-in page shows.

use super::demo;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::views::shell::{Me, SignInView};
use contract::{Problem, UserId};

/// The frame of every page. The counts come from the rooms that know them.
pub async fn me(cx: &Ctx, who: &Actor, csrf: String, inbox_count: u32, alerts_count: u32) -> Outcome<Me> {
    let user = cx.store.db.user(&who.id).await.or_problem("Looking up who is signed in")?;
    let user = user.ok_or_else(|| Problem::unauthenticated("This person is gone. Sign in again."))?;
    Ok(Me {
        user: UserId(user.id),
        name: user.name,
        email: user.email,
        role: who.role,
        csrf,
        inbox_count,
        alerts_count,
        environment: cx.site.environment.clone(),
    })
}

/// The sign-in page; in the demo with its made-up people.
pub fn sign_in_view(cx: &Ctx) -> SignInView {
    let accounts = if cx.site.demo { demo::accounts() } else { Vec::new() };
    SignInView { environment: cx.site.environment.clone(), accounts }
}
