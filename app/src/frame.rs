//! The frames of pages: with the rail for those who work here, without it for documents. Both only for the signed-in.

use crate::components::loaded::Failed;
use crate::components::palette::{KeyHelp, Palette};
use crate::components::rail::{MeDialog, Rail};
use crate::keys::provide_keys;
use crate::page_error::Outcome;
use crate::session::whoami;
use contract::urls::{SIGN_IN, encode};
use contract::views::shell::Me;
use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::use_location;

/// Who is signed in, asked once for the life of the application in the browser.
fn signed_in() -> Resource<Outcome<Option<Me>>> {
    Resource::new_blocking(|| (), |()| whoami())
}

/// Draws `inside` for the signed-in, with [`Me`] in the context; leads everybody else to the door and back.
fn guarded<V: IntoView + 'static>(inside: impl Fn(Me) -> V + Clone + Send + Sync + 'static) -> impl IntoView {
    let who = signed_in();
    let location = use_location();
    view! {
        <Suspense>
            {move || {
                let inside = inside.clone();
                Suspend::new(async move {
                    match who.await {
                        Ok(Some(me)) => {
                            provide_context(me.clone());
                            inside(me).into_any()
                        }
                        Err(error) => view! { <Failed problem=error.0/> }.into_any(),
                        Ok(None) => {
                            let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
                            let next = if search.is_empty() { path } else { format!("{path}?{search}") };
                            view! { <Redirect path=format!("{SIGN_IN}?next={}", encode(&next))/> }.into_any()
                        }
                    }
                })
            }}
        </Suspense>
    }
}

/// Pages with the rail.
#[component]
pub fn Framed() -> impl IntoView {
    guarded(|me| {
        provide_keys();
        view! {
            <a class="skip" href="#main">"Skip to content"</a>
            <div class="app">
                <Rail me=me.clone()/>
                <div class="page"><Outlet/></div>
            </div>
            <Palette/>
            <KeyHelp/>
            <MeDialog me/>
        }
    })
}

/// Documents without the rail: an approval.
#[component]
pub fn Sheet() -> impl IntoView {
    guarded(|_| {
        view! {
            <a class="skip" href="#main">"Skip to content"</a>
            <Outlet/>
        }
    })
}
