//! The demo's made-up people: published passwords and tokens, which no other installation accepts.

use super::{actors, tokens, users};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::{CreateToken, CreateUser};
use contract::views::shell::DemoAccount;
use contract::{Problem, Role};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Name, e-mail, password, role, what to try.
const PEOPLE: [(&str, &str, &str, Role, &str); 5] = [
    (
        "Lena Fischer",
        "engineer@demo.example",
        "engineer-demo",
        Role::Engineer,
        "Register a version, run its gates, ask for promotion.",
    ),
    ("Ingrid Halvorsen", "approver@demo.example", "approver-demo", Role::Approver, "Find the request in the inbox and sign it."),
    ("Amara Okafor", "stakeholder@demo.example", "stakeholder-demo", Role::Stakeholder, "Read and print the report."),
    ("Tomás Oliveira", "oncall@demo.example", "oncall-demo", Role::Oncall, "Watch the rollout, roll it back."),
    ("Nils Berg", "admin@demo.example", "admin-demo", Role::Admin, "Everything, people and tokens too."),
];

/// One of them, with what signs them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DemoPerson {
    pub name: String,
    pub email: String,
    pub password: String,
    pub role: Role,
    pub token: String,
}

/// Makes the five people, or finds them: doing it again changes nothing and gives the same tokens. Refused outside the demo.
pub async fn seed_demo(cx: &Ctx) -> Outcome<Vec<DemoPerson>> {
    if !cx.site.demo {
        return Err(Problem::forbidden("Made-up people exist in the demo only."));
    }
    let (who, doing) = (Actor::system(), "Making the demo's people");
    let mut people = Vec::new();
    for (name, email, password, role, _) in PEOPLE {
        if cx.store.db.user_by_email(email).await.or_problem(doing)?.is_none() {
            let input = CreateUser { email: email.into(), name: name.into(), role, password: password.into() };
            users::add(cx, &who, input, true).await?;
        }
        let Some(user) = cx.store.db.user_by_email(email).await.or_problem(doing)? else { continue };
        let token = token(email, password);
        if cx.store.db.token_by_hash(&actors::hash(&token)).await.or_problem(doing)?.is_none() {
            let input = CreateToken { name: "demo".into(), role, expires_at: None };
            tokens::add(cx, &who, &user.id, input, token.clone()).await?;
        }
        people.push(DemoPerson { name: name.into(), email: email.into(), password: password.into(), role, token });
    }
    Ok(people)
}

/// The people as the sign-in page shows them.
pub(super) fn accounts() -> Vec<DemoAccount> {
    PEOPLE
        .map(|(name, email, password, role, does)| DemoAccount {
            name: name.into(),
            email: email.into(),
            password: password.into(),
            role,
            does: does.into(),
        })
        .into()
}

/// As public as the password it comes from.
fn token(email: &str, password: &str) -> String {
    format!("{}{}", tokens::PREFIX, hex::encode(Sha256::digest(format!("slipway demo {email} {password}").as_bytes())))
}
