//! The frames of pages: with the rail for those who work here, without it for documents. Both only for the signed-in.
//!
//! Pages stand beside what waits for the reader's name, never inside it: what waits is drawn several times on the server,
//! and a page that is made twice would load twice.

use crate::components::loaded::{Door, SignedIn, Who};
use crate::components::palette::{KeyHelp, Palette};
use crate::components::rail::{MeDialog, Rail};
use crate::keys::provide_keys;
use crate::live::listen;
use crate::session::whoami;
use leptos::prelude::*;
use leptos_router::components::Outlet;

/// Who is signed in, asked once for the life of the frame.
fn provide_who() {
    provide_context(Who(Resource::new_blocking(|| (), |()| whoami())));
    listen();
}

/// Pages with the rail.
#[component]
pub fn Framed() -> impl IntoView {
    provide_who();
    provide_keys();
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app">
            <SignedIn let:me><Rail me/></SignedIn>
            <div class="page"><Outlet/></div>
        </div>
        <Palette/>
        <KeyHelp/>
        <SignedIn let:me><MeDialog me/></SignedIn>
        <Door/>
    }
}

/// Documents without the rail: an approval.
#[component]
pub fn Sheet() -> impl IntoView {
    provide_who();
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <Outlet/>
        <Door/>
    }
}
