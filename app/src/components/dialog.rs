//! Dialog: an act with consequences. It lists them, asks why, and names its button after the act.
//!
//! Whether it is open stands in the address (`?dialog=name`): a link opens it, with and without script.

use super::button::{OffButton, Tone};
use super::field::TextArea;
use super::form::{ActForm, FormProblem, Submit};
use super::icon::{Draw, Icon};
use crate::page_error::PageError;
use crate::query::here;
use leptos::html::Dialog as DialogElement;
use leptos::prelude::*;
use leptos::server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq};
use serde::de::DeserializeOwned;

/// The link that opens a dialog of this page; or, where `why_not` says something, a button that is off.
#[component]
pub fn OpenDialog(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional)] tone: Tone,
    #[prop(optional_no_strip, into)] icon: Option<Icon>,
    #[prop(optional, into)] why_not: String,
) -> impl IntoView {
    if !why_not.is_empty() {
        return view! { <OffButton label why=why_not icon=icon id=format!("why-{name}")/> }.into_any();
    }
    let here = here();
    view! {
        <a class=tone.class() role="button" aria-haspopup="dialog" href=move || here.with(&[("dialog", Some(name))])>
            {icon.map(|icon| view! { <Draw icon/> })}
            {label}
        </a>
    }
    .into_any()
}

/// The dialog itself, with anything inside. Closing leads back to the page.
#[component]
pub fn Dialog(
    name: &'static str,
    #[prop(into)] title: String,
    /// Only for readers: the content explains itself to the eye.
    #[prop(optional)]
    hidden_title: bool,
    children: Children,
) -> impl IntoView {
    let here = here();
    let open = Memo::new(move |_| here.get("dialog").as_deref() == Some(name));
    let element = NodeRef::<DialogElement>::new();
    modal(element, open, move || here.with(&[("dialog", None)]));
    let heading = format!("d-{name}");
    let title = view! { <div class=if hidden_title { "vh" } else { "dialog-title" }><h2 id=heading.clone()>{title}</h2></div> };
    let dialog = leptos::html::dialog().class("dialog").aria_labelledby(heading).node_ref(element);
    // Only the server writes it as open; in the browser the element is told, and an attribute drawn again would shut it.
    #[cfg(feature = "ssr")]
    let dialog = dialog.open(open.get_untracked());
    dialog.child((title, children()))
}

/// A dialog around one act: its consequences, its own fields as children, and why.
#[component]
pub fn ActDialog<S, P>(
    action: ServerAction<S>,
    name: &'static str,
    /// A question: `Roll back to version 14?`
    #[prop(into)]
    title: String,
    /// What will happen, sentence by sentence.
    consequences: Vec<String>,
    /// The button, named after the act.
    #[prop(into)]
    confirm: String,
    #[prop(default = Tone::Primary)] tone: Tone,
    /// Ask why, in a field `reason`.
    #[prop(default = true)]
    why: bool,
    /// Hidden values and further fields.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView
where
    S: DeserializeOwned + ServerFn<Protocol = Http<PostUrl, P>, Error = PageError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
    S::Client: Client<PageError>,
    <<S::Client as Client<PageError>>::Request as ClientReq<PageError>>::FormData: From<leptos::web_sys::FormData>,
    P: 'static,
{
    let here = here();
    view! {
        <Dialog name title>
            <ActForm action>
                <div class="dialog-body">
                    <ul class="bullets">{consequences.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                    {children.map(|children| children())}
                    {why.then(|| view! { <TextArea name="reason" label="Why? Kept in the audit log." required=true rows=2 scope=format!("{name}-")/> })}
                    <FormProblem/>
                </div>
                <div class="dialog-acts">
                    <a class="btn" href=move || here.with(&[("dialog", None)])>"Keep as it is"</a>
                    <Submit label=confirm tone/>
                </div>
            </ActForm>
        </Dialog>
    }
}

/// With script the dialog is modal: focus stays in it and comes back to what opened it; Escape leads back to the page.
#[cfg(feature = "hydrate")]
pub(crate) fn modal(element: NodeRef<DialogElement>, open: Memo<bool>, back: impl Fn() -> String + 'static) {
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        if open.get() {
            // A refresh draws the page again while somebody writes: then it is modal already, and stays as it is.
            if !dialog.matches(":modal").unwrap_or_default() {
                dialog.close();
                // Fails only where the element has left the page, and then there is nothing to open.
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    let back = std::rc::Rc::new(back);
    Effect::new(move |_| {
        use leptos::wasm_bindgen::{JsCast, prelude::Closure};
        let Some(dialog) = element.get() else { return };
        let back = back.clone();
        let cancel = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            crate::query::go(&untrack(|| back()));
        });
        // The listener lives as long as the element it hangs on.
        let _ = dialog.add_event_listener_with_callback("cancel", cancel.as_ref().unchecked_ref());
        cancel.forget();
    });
}

#[cfg(not(feature = "hydrate"))]
pub(crate) fn modal(_element: NodeRef<DialogElement>, _open: Memo<bool>, _back: impl Fn() -> String + 'static) {}
