//! Fields: a label, an input, a hint, and what is wrong with it.

use super::form::{FormState, typed};
use super::icon::{Draw, Icon};
use crate::query::KeepQuery;
use leptos::prelude::*;

/// What the server said about this field, if anything.
fn said(name: &str) -> Memo<Option<String>> {
    let name = name.to_string();
    let form = use_context::<FormState>();
    Memo::new(move |_| {
        let problem = form.and_then(|form| form.problem.try_get().flatten())?;
        problem.errors.iter().find(|error| error.field == name).map(|error| error.message.clone())
    })
}

/// Text as HTML, for where Leptos writes it as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[component]
fn Said(id: String, error: Memo<Option<String>>) -> impl IntoView {
    move || error.get().map(|message| view! { <p class="error" id=id.clone()><Draw icon=Icon::Bad/>{message}</p> })
}

/// One line of text.
#[component]
pub fn Field(
    /// Name in the form, and of the field in errors.
    name: &'static str,
    #[prop(into)] label: String,
    /// `text`, `email`, `password`, `number`, `url`, `datetime-local` …
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional_no_strip, into)] autocomplete: Option<&'static str>,
    /// Distinguishes fields of the same name on one page.
    #[prop(optional, into)]
    scope: String,
) -> impl IntoView {
    let id = format!("f-{scope}{name}");
    let (about, error) = (format!("{id}-about"), said(name));
    let described = about.clone();
    let value = typed(name).unwrap_or(value);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                class="input" id=id name=name type=kind value=value required=required placeholder=(!placeholder.is_empty()).then_some(placeholder) autocomplete=autocomplete
                aria-invalid=move || error.get().map(|_| "true") aria-describedby=described
            />
            <div id=about>
                {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
                <Said id=format!("f-{scope}{name}-error") error/>
            </div>
        </div>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] required: bool,
    #[prop(default = 3)] rows: u32,
    #[prop(optional, into)] scope: String,
) -> impl IntoView {
    let id = format!("f-{scope}{name}");
    let (about, error) = (format!("{id}-about"), said(name));
    let described = about.clone();
    // The children of a text area would be written unescaped.
    let text = escaped(&typed(name).unwrap_or(value));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                class="input" id=id name=name rows=rows required=required aria-describedby=described
                aria-invalid=move || error.get().map(|_| "true") inner_html=text
            ></textarea>
            <div id=about>
                {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
                <Said id=format!("f-{scope}{name}-error") error/>
            </div>
        </div>
    }
}

/// One of several: value and words.
#[component]
pub fn Select(
    name: &'static str,
    #[prop(into)] label: String,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] scope: String,
) -> impl IntoView {
    let id = format!("f-{scope}{name}");
    let value = typed(name).unwrap_or(value);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select class="input" id=id name=name>
                {options
                    .into_iter()
                    .map(|(option, words)| {
                        let chosen = option == value;
                        view! { <option value=option selected=chosen>{words}</option> }
                    })
                    .collect_view()}
            </select>
            {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
        </div>
    }
}

/// A tick box, or one of several radio buttons of the same name.
#[component]
pub fn Choice(
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] radio: bool,
    #[prop(optional)] checked: bool,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let checked = typed(name).map_or(checked, |chosen| chosen == value);
    view! {
        <label class="choice">
            <input type=if radio { "radio" } else { "checkbox" } name=name value=value checked=checked required=required/>
            <span>{label}</span>
            {(!hint.is_empty()).then(|| view! { <span class="hint">{hint}</span> })}
        </label>
    }
}

/// A file. The form around it must be `multipart/form-data`.
#[component]
pub fn FileField(
    name: &'static str,
    #[prop(into)] label: String,
    /// Endings: `.onnx`.
    #[prop(optional_no_strip, into)]
    accept: Option<&'static str>,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    let (about, error) = (format!("{id}-about"), said(name));
    let described = about.clone();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input class="input" id=id type="file" name=name accept=accept required=required aria-describedby=described aria-invalid=move || error.get().map(|_| "true")/>
            <div id=about>
                {(!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })}
                <Said id=format!("f-{name}-error") error/>
            </div>
        </div>
    }
}

/// A search box that filters a page: a form with GET, so that the filter is a link.
#[component]
pub fn SearchBox(
    #[prop(default = "q")] name: &'static str,
    #[prop(into)] label: String,
    /// The current words.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] placeholder: String,
) -> impl IntoView {
    view! {
        <form method="get" role="search" class="search">
            <KeepQuery except=vec![name]/>
            <label class="vh" for=format!("q-{name}")>{label}</label>
            <Draw icon=Icon::Search/>
            <input class="input" id=format!("q-{name}") type="search" name=name value=value placeholder=(!placeholder.is_empty()).then_some(placeholder)/>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn typed_text_stays_text() {
        assert_eq!(escaped("</textarea><b>a & b</b> &lt;"), "&lt;/textarea&gt;&lt;b&gt;a &amp; b&lt;/b&gt; &amp;lt;");
    }
}
