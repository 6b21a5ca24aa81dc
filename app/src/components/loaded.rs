//! Loaded: what a resource gives, its skeleton while it loads, and the problem in its place when it fails.
//!
//! What stands inside is drawn again when the resource is fetched again, and on the server more than once: resources and
//! actions of a page are made outside.

use super::empty::Skeleton;
use super::note::ProblemNote;
use super::page::Page;
use crate::page_error::Outcome;
use crate::query::here;
use contract::urls::{SIGN_IN, encode};
use contract::views::shell::Me;
use contract::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;
use std::sync::Arc;

/// Who is signed in, as the frame has asked.
#[derive(Clone, Copy)]
pub struct Who(pub Resource<Outcome<Option<Me>>>);

/// Puts the signed-in person into the context of what is drawn next; nobody where the page is open to all.
async fn introduce(who: Option<Who>) {
    if let Some(Who(who)) = who {
        if let Ok(Some(me)) = who.await {
            provide_context(me);
        }
    }
}

/// A whole page from one view: `<Loaded res let:view> <Page …> </Loaded>`.
#[component]
pub fn Loaded<T, V, F>(res: Resource<Outcome<T>>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    V: IntoView + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
{
    let children = Arc::new(children);
    let who = use_context::<Who>();
    let seen = here().seen();
    view! {
        <Transition fallback=|| view! { <Page title="Loading"><Skeleton/></Page> }>
            {move || {
                seen.track();
                let children = children.clone();
                Suspend::new(async move {
                    introduce(who).await;
                    match res.await {
                        Ok(view) => children(view).into_any(),
                        Err(error) => view! { <Failed problem=error.0/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

/// What is only for the signed-in and needs nothing but their name.
#[component]
pub fn SignedIn<V, F>(children: F) -> impl IntoView
where
    V: IntoView + 'static,
    F: Fn(Me) -> V + Send + Sync + 'static,
{
    let children = Arc::new(children);
    let who = use_context::<Who>();
    view! {
        <Suspense>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    introduce(who).await;
                    use_context::<Me>().map(|me| children(me))
                })
            }}
        </Suspense>
    }
}

/// Leads those who are not signed in to the door, and from there back to where they wanted to go.
#[component]
pub fn Door() -> impl IntoView {
    let who = use_context::<Who>();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let nobody = match who {
                    Some(Who(who)) => matches!(who.await, Ok(None)),
                    None => false,
                };
                nobody.then(|| view! { <ToDoor/> })
            })}
        </Suspense>
    }
}

#[component]
fn ToDoor() -> impl IntoView {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    let next = if search.is_empty() { path } else { format!("{path}?{search}") };
    view! { <Redirect path=format!("{SIGN_IN}?next={}", encode(&next))/> }
}

/// A part of a page that comes by itself, without the page's head.
#[component]
pub fn LoadedPart<T, V, F>(res: Resource<Outcome<T>>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    V: IntoView + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
{
    let children = Arc::new(children);
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    match res.await {
                        Ok(view) => children(view).into_any(),
                        Err(error) => view! { <ProblemNote problem=error.0/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

/// A page that could not be loaded: the cause and the next step, or the way to sign in.
#[component]
pub fn Failed(problem: Problem) -> impl IntoView {
    if problem.kind == ProblemKind::Unauthenticated {
        return view! { <ToDoor/> }.into_any();
    }
    view! {
        <Page title=problem.kind.title()>
            <ProblemNote problem/>
            <p><a href=contract::urls::FLEET>"To the fleet"</a></p>
        </Page>
    }
    .into_any()
}
