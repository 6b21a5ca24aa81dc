//! Signing in, tokens and roles, on both engines.

use super::*;
use crate::testing::{contexts, person};
use crate::{Actor, Ctx, Site};
use contract::inputs::{CreateToken, CreateUser};
use contract::{ProblemKind, Role};

async fn add(cx: &Ctx, email: &str, role: Role) -> String {
    let input = CreateUser { email: email.into(), name: "Ada".into(), role, password: "correct horse".into() };
    create_user(cx, &Actor::system(), input).await.unwrap().id.0
}

#[tokio::test]
async fn the_right_password_signs_in_and_the_wrong_one_says_the_same_as_nobody() {
    for (cx, _) in contexts().await {
        let id = add(&cx, "Ada@Example.org ", Role::Engineer).await;
        assert_eq!(sign_in(&cx, " ada@example.ORG", "correct horse").await.unwrap().0, id);
        let wrong = sign_in(&cx, "ada@example.org", "battery staple").await.unwrap_err();
        let nobody = sign_in(&cx, "bob@example.org", "battery staple").await.unwrap_err();
        assert_eq!(wrong, nobody);
        assert_eq!(wrong.kind, ProblemKind::Unauthenticated);
        assert!(sign_in(&cx, "ada@example.org", &"x".repeat(100_000)).await.is_err());
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_and_written_down() {
    for (cx, clock) in contexts().await {
        add(&cx, "ada@example.org", Role::Engineer).await;
        for _ in 0..5 {
            assert_eq!(sign_in(&cx, "ada@example.org", "guess").await.unwrap_err().kind, ProblemKind::Unauthenticated);
        }
        // Now even the right one is refused, until a minute has passed.
        assert_eq!(sign_in(&cx, "ada@example.org", "correct horse").await.unwrap_err().kind, ProblemKind::Busy);
        clock.advance(59_000);
        assert_eq!(sign_in(&cx, "ada@example.org", "correct horse").await.unwrap_err().kind, ProblemKind::Busy);
        clock.advance(2_000);
        sign_in(&cx, "ada@example.org", "correct horse").await.unwrap();
        let log = crate::audit::page(&cx, &Actor::system(), None, "sign_in.paused").await.unwrap();
        assert_eq!(log.entries.len(), 1);
    }
}

#[tokio::test]
async fn many_guesses_at_once_are_not_more_guesses() {
    for (cx, _) in contexts().await {
        let tries = (0..12).map(|_| {
            let cx = cx.clone();
            tokio::spawn(async move { sign_in(&cx, "ada@example.org", "guess").await.unwrap_err().kind })
        });
        let kinds: Vec<_> = futures::future::join_all(tries).await.into_iter().map(|kind| kind.unwrap()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == ProblemKind::Unauthenticated).count(), 5);
        assert_eq!(kinds.iter().filter(|kind| **kind == ProblemKind::Busy).count(), 7);
    }
}

#[tokio::test]
async fn a_token_acts_as_its_owner_until_it_expires_or_is_revoked() {
    for (cx, clock) in contexts().await {
        let id = add(&cx, "ada@example.org", Role::Engineer).await;
        let ada = Actor { id: id.clone(), name: "Ada".into(), role: Role::Engineer };
        let expires_at = Some(cx.now() + 10_000);
        let made = create_token(&cx, &ada, CreateToken { name: "ci".into(), role: Role::Engineer, expires_at }).await.unwrap();
        assert!(made.token.starts_with("slp_") && made.token.len() == 68);

        let actor = actor_by_token(&cx, &made.token).await.unwrap();
        assert_eq!((actor.id.as_str(), actor.role), (id.as_str(), Role::Engineer));
        assert!(list_tokens(&cx, &ada).await.unwrap()[0].last_used.is_some());
        assert_eq!(list_tokens(&cx, &person("bob", Role::Engineer)).await.unwrap(), []);

        clock.advance(10_000);
        assert_eq!(actor_by_token(&cx, &made.token).await.unwrap_err().kind, ProblemKind::Unauthenticated);

        let made =
            create_token(&cx, &ada, CreateToken { name: "ci".into(), role: Role::Viewer, expires_at: None }).await.unwrap();
        assert_eq!(revoke_token(&cx, &person("bob", Role::Engineer), &made.id).await.unwrap_err().kind, ProblemKind::NotFound);
        revoke_token(&cx, &ada, &made.id).await.unwrap();
        assert_eq!(actor_by_token(&cx, &made.token).await.unwrap_err().kind, ProblemKind::Unauthenticated);
        for bad in ["", "slp_", "slp_0000", "Bearer x", &"slp_".repeat(1_000)] {
            assert_eq!(actor_by_token(&cx, bad).await.unwrap_err().kind, ProblemKind::Unauthenticated, "{bad}");
        }
    }
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_have() {
    for (cx, _) in contexts().await {
        let id = add(&cx, "ada@example.org", Role::Engineer).await;
        let ada = Actor { id, name: "Ada".into(), role: Role::Engineer };
        let token = |role| CreateToken { name: "ci".into(), role, expires_at: None };
        assert_eq!(create_token(&cx, &ada, token(Role::Approver)).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(create_token(&cx, &ada, token(Role::Admin)).await.unwrap_err().kind, ProblemKind::Forbidden);
        let input = CreateUser {
            email: "eve@example.org".into(),
            name: "Eve".into(),
            role: Role::Admin,
            password: "correct horse".into(),
        };
        assert_eq!(create_user(&cx, &ada, input).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert_eq!(list_users(&cx, &ada).await.unwrap_err().kind, ProblemKind::Forbidden);
    }
}

#[tokio::test]
async fn bad_people_are_refused_by_field() {
    for (cx, _) in contexts().await {
        add(&cx, "ada@example.org", Role::Viewer).await;
        let input = |email: &str, name: &str, password: &str| CreateUser {
            email: email.into(),
            name: name.into(),
            role: Role::Viewer,
            password: password.into(),
        };
        for (input, field) in [
            (input("no-address", "Ada", "correct horse"), "email"),
            (input("a@b c", "Ada", "correct horse"), "email"),
            (input("b@example.org", " ", "correct horse"), "name"),
            (input("b@example.org", "Bob", "short"), "password"),
        ] {
            let problem = create_user(&cx, &Actor::system(), input).await.unwrap_err();
            assert_eq!(problem.errors[0].field, field);
        }
        let taken = create_user(&cx, &Actor::system(), input("ADA@example.org", "Ada", "correct horse")).await.unwrap_err();
        assert_eq!(taken.kind, ProblemKind::Conflict);
    }
}

#[tokio::test]
async fn the_demo_people_exist_in_the_demo_only() {
    for (cx, _) in contexts().await {
        assert_eq!(seed_demo(&cx).await.unwrap_err().kind, ProblemKind::Forbidden);
        assert!(sign_in_view(&cx).accounts.is_empty());
        let demo = cx.clone().with_site(Site { demo: true, ..Site::default() });
        let people = seed_demo(&demo).await.unwrap();
        assert_eq!(seed_demo(&demo).await.unwrap(), people, "twice is once");
        assert_eq!(list_users(&demo, &Actor::system()).await.unwrap().len(), 5);
        for one in &people {
            sign_in(&demo, &one.email, &one.password).await.unwrap();
            assert_eq!(actor_by_token(&demo, &one.token).await.unwrap().role, one.role);
            // The same database under a server that is no demo.
            assert!(sign_in(&cx, &one.email, &one.password).await.is_err());
            assert!(actor_by_token(&cx, &one.token).await.is_err());
        }
    }
}
