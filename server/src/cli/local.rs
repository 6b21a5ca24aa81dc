//! Commands that work on the store itself, with or without a running server: whoever can read the database may use them.

use super::Verdict;
use super::say::Say;
use crate::config::{Config, Settings};
use crate::server::open_ctx;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use contract::inputs::{CreateToken, CreateUser};
use contract::{Role, TokenId};
use control::{Actor, Ctx, Outcome, audit, identity};

#[derive(Subcommand)]
pub enum Audit {
    /// Recompute the chain of hashes from the first entry on; exits with 1 if it does not hold
    Verify(Where),
}

#[derive(Subcommand)]
pub enum User {
    /// Add a person
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        #[arg(long, value_parser = role)]
        role: Role,
        #[arg(long)]
        password: String,
        #[command(flatten)]
        place: Where,
    },
    /// List people
    List(Where),
    /// Make the demo's people, or find them, and say how each signs in
    Demo(Where),
}

#[derive(Subcommand)]
pub enum Token {
    /// Make a token; its text is shown this once
    #[command(alias = "add")]
    Create {
        /// E-mail of the person it belongs to
        #[arg(long)]
        user: String,
        #[arg(long)]
        name: String,
        /// The person's own role otherwise
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        #[command(flatten)]
        place: Where,
    },
    /// List tokens, without their text
    List(Where),
    /// Make a token worthless
    Revoke {
        id: String,
        #[command(flatten)]
        place: Where,
    },
}

/// Which store.
#[derive(Args)]
pub struct Where {
    #[command(flatten)]
    settings: Box<Settings>,
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| Role::ALL.map(Role::word).join(", "))
}

impl Where {
    /// Opens the store and runs the act on it.
    fn with<T>(self, act: impl AsyncFnOnce(Ctx) -> Outcome<T>) -> Result<T> {
        let config = Config::load(*self.settings)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
        runtime.block_on(async { Ok(act(open_ctx(&config).await?).await?) })
    }
}

impl Audit {
    pub fn run(self, say: &Say) -> Result<Verdict> {
        let Audit::Verify(place) = self;
        let found = place.with(async |cx| audit::verify(&cx).await)?;
        say.answer(&found, || found.sentence.clone())?;
        Ok(if found.intact { Verdict::Yes } else { Verdict::No })
    }
}

impl User {
    pub fn run(self, say: &Say) -> Result<Verdict> {
        match self {
            User::Add { email, name, role, password, place } => {
                let input = CreateUser { email, name, role, password };
                let line = place.with(async |cx| identity::create_user(&cx, &Actor::system(), input).await)?;
                say.answer(&line, || format!("{} ({}) may sign in as {}.", line.email, line.role, line.name))?;
            }
            User::List(place) => {
                let lines = place.with(async |cx| identity::list_users(&cx, &Actor::system()).await)?;
                say.answer(&lines, || {
                    lines
                        .iter()
                        .map(|line| format!("{:<12} {}  {}", line.role.word(), line.email, line.name))
                        .collect::<Vec<_>>()
                        .join("\n")
                })?;
            }
            User::Demo(place) => {
                let people = place.with(async |cx| identity::seed_demo(&cx).await)?;
                say.answer(&people, || {
                    people
                        .iter()
                        .map(|p| format!("{:<12} {}  {}", p.role.word(), p.email, p.password))
                        .collect::<Vec<_>>()
                        .join("\n")
                })?;
            }
        }
        Ok(Verdict::Yes)
    }
}

impl Token {
    pub fn run(self, say: &Say) -> Result<Verdict> {
        match self {
            Token::Create { user, name, role, place } => {
                let made = place.with(async |cx| create(&cx, &user, name, role).await)?;
                let Some(made) = made else { bail!("there is nobody with the e-mail {user}") };
                say.answer(&made, || made.token.clone())?;
            }
            Token::List(place) => {
                let lines = place.with(async |cx| identity::list_tokens(&cx, &Actor::system()).await)?;
                let word = |revoked: bool| if revoked { "revoked" } else { "" };
                say.answer(&lines, || {
                    let text = lines.iter().map(|t| {
                        format!("{}  {}…  {:<12} {}  {}  {}", t.id, t.prefix, t.role.word(), t.owner, t.name, word(t.revoked))
                    });
                    text.collect::<Vec<_>>().join("\n")
                })?;
            }
            Token::Revoke { id, place } => {
                let id = TokenId(id);
                place.with(async |cx| identity::revoke_token(&cx, &Actor::system(), &id).await)?;
                say.answer(&serde_json::json!({ "revoked": id }), || format!("{id} is worthless now."))?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// A token under the name of a person; `None` if there is no such person.
async fn create(cx: &Ctx, email: &str, name: String, role: Option<Role>) -> Outcome<Option<contract::views::people::NewToken>> {
    let people = identity::list_users(cx, &Actor::system()).await?;
    let Some(person) = people.into_iter().find(|person| person.email.eq_ignore_ascii_case(email)) else { return Ok(None) };
    let Some(owner) = identity::actor_by_user(cx, &person.id).await? else { return Ok(None) };
    let input = CreateToken { name, role: role.unwrap_or(owner.role), expires_at: None };
    identity::create_token_for(cx, &Actor::system(), &person.id, input).await.map(Some)
}
