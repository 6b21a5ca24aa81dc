//! Loaded: what a resource gives, its skeleton while it loads, and the problem in its place when it fails.

use super::empty::Skeleton;
use super::note::ProblemNote;
use super::page::Page;
use crate::page_error::Outcome;
use contract::urls::SIGN_IN;
use contract::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use std::sync::Arc;

/// A whole page from one view: `<Loaded res let:view> <Page …> </Loaded>`.
#[component]
pub fn Loaded<T, V, F>(res: Resource<Outcome<T>>, children: F) -> impl IntoView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
    V: IntoView + 'static,
    F: Fn(T) -> V + Send + Sync + 'static,
{
    let children = Arc::new(children);
    view! {
        <Transition fallback=|| view! { <Page title="Loading"><Skeleton/></Page> }>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    match res.await {
                        Ok(view) => children(view).into_any(),
                        Err(error) => view! { <Failed problem=error.0/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
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
        return view! { <Redirect path=SIGN_IN/> }.into_any();
    }
    view! {
        <Page title=problem.kind.title()>
            <ProblemNote problem/>
            <p><a href=contract::urls::FLEET>"To the fleet"</a></p>
        </Page>
    }
    .into_any()
}
