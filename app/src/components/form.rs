//! Forms that act: they post to a server function, with and without script, and say what went wrong where it did.

use super::button::Tone;
use super::icon::{Draw, Icon};
use super::note::ProblemNote;
use crate::live::Refresh;
use crate::page_error::PageError;
use contract::Problem;
use contract::views::shell::Me;
use leptos::context::Provider;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos::server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What the fields and the button of a form know of its course.
#[derive(Clone, Copy)]
pub struct FormState {
    pub pending: Signal<bool>,
    pub problem: Signal<Option<Problem>>,
}

/// What was typed into a form that was sent without script and refused: the page that it leads back to shows it again.
/// Kept in the session under this key until then, never in the address.
pub const TYPED: &str = "typed";

/// The text fields of a refused form, by name; passwords and the token are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Typed {
    /// Path of the server function.
    pub path: String,
    pub fields: BTreeMap<String, String>,
}

/// The text fields of the form that a component stands in, if it comes back.
#[derive(Clone)]
struct Again(StoredValue<BTreeMap<String, String>>);

/// What was typed into the field of this name before the form was refused.
pub(super) fn typed(name: &str) -> Option<String> {
    use_context::<Again>()?.0.with_value(|fields| fields.get(name).cloned())
}

/// What was typed into the form of this server function.
#[cfg(feature = "ssr")]
fn typed_into(path: &str) -> BTreeMap<String, String> {
    let typed = use_context::<axum::http::request::Parts>().and_then(|parts| parts.extensions.get::<Typed>().cloned());
    typed.filter(|typed| typed.path == path).map(|typed| typed.fields).unwrap_or_default()
}

/// In the browser it stands in the fields already.
#[cfg(not(feature = "ssr"))]
fn typed_into(_: &str) -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// The signed-in person; only inside the frame of signed-in pages.
pub fn me() -> Option<Me> {
    use_context::<Me>()
}

/// The hidden field without which the server refuses a form.
#[component]
pub fn Csrf() -> impl IntoView {
    me().map(|me| view! { <input type="hidden" name="csrf" value=me.csrf/> })
}

/// A hidden value.
#[component]
pub fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// A form for a server function with a `csrf: String` argument. When it has worked, the page's data are fetched again.
///
/// Make the action outside of what is drawn from data, or a refresh forgets what it was doing.
#[component]
pub fn ActForm<S, P>(action: ServerAction<S>, children: Children) -> impl IntoView
where
    S: DeserializeOwned + ServerFn<Protocol = Http<PostUrl, P>, Error = PageError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
    S::Client: Client<PageError>,
    <<S::Client as Client<PageError>>::Request as ClientReq<PageError>>::FormData: From<leptos::web_sys::FormData>,
    P: 'static,
{
    let state = FormState {
        pending: action.pending().into(),
        problem: Signal::derive(move || {
            action.value().with(|value| value.as_ref().and_then(|done| done.as_ref().err().map(|error| error.0.clone())))
        }),
    };
    if let Some(refresh) = use_context::<Refresh>() {
        Effect::new(move |before: Option<usize>| {
            let version = action.version().get();
            let worked = action.value().with_untracked(|value| matches!(value, Some(Ok(_))));
            if before.is_some_and(|before| before != version) && worked {
                refresh.now();
            }
            version
        });
    }
    let again = Again(StoredValue::new(typed_into(S::PATH)));
    // Only for what stands inside: a field elsewhere must not find the state of a form that is gone.
    view! {
        <Provider value=state>
            <Provider value=again>
                <ActionForm action=action>
                    <Csrf/>
                    {children()}
                </ActionForm>
            </Provider>
        </Provider>
    }
}

/// What went wrong with the form it stands in.
#[component]
pub fn FormProblem() -> impl IntoView {
    let state = use_context::<FormState>();
    move || state.and_then(|state| state.problem.get()).map(|problem| view! { <ProblemNote problem/> })
}

/// The button that sends the form. Named after the act; busy while it runs.
#[component]
pub fn Submit(
    #[prop(into)] label: String,
    #[prop(optional)] tone: Tone,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    #[prop(optional)] wide: bool,
) -> impl IntoView {
    let pending = use_context::<FormState>().map(|state| state.pending);
    let busy = move || pending.is_some_and(|pending| pending.get());
    let class = if wide { format!("{} big", tone.class()) } else { tone.class().to_string() };
    view! {
        <button class=class type="submit" aria-busy=move || busy().then_some("true") disabled=busy>
            {icon.map(|icon| view! { <Draw icon/> })}
            {label}
        </button>
    }
}
