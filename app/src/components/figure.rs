//! Figure: the finding, a sentence, the drawing, its data table and CSV. One tab stop; arrow keys move inside.

use super::table::{DataTable, csv};
use crate::charts::Drawing;
use contract::urls::encode;
use contract::views::common::Table;
use leptos::prelude::*;

/// A figure around one drawing.
#[component]
pub fn Figure(
    /// The finding, as a sentence.
    #[prop(into)]
    title: String,
    #[prop(optional, into)] sentence: String,
    drawing: Drawing,
    /// The data behind it; its caption names it.
    #[prop(optional_no_strip, into)]
    table: Option<Table>,
    /// Classes of marks and what they stand for, only where labels cannot sit on the marks.
    #[prop(optional)]
    key: Vec<(&'static str, String)>,
) -> impl IntoView {
    view! {
        <figure class="figure">
            <figcaption>
                <h3>{title}</h3>
                {(!sentence.is_empty()).then(|| view! { <p>{sentence}</p> })}
            </figcaption>
            <Key key/>
            <Plot svg=drawing.svg()/>
            {table.map(|table| view! { <DataBehind table/> })}
        </figure>
    }
}

/// A figure around two drawings side by side, each with its caption: a reference and what is compared with it.
#[component]
pub fn PairFigure(
    #[prop(into)] title: String,
    #[prop(optional, into)] sentence: String,
    drawings: [String; 2],
    captions: [String; 2],
    #[prop(optional_no_strip, into)] table: Option<Table>,
) -> impl IntoView {
    let [left, right] = drawings;
    let [of_left, of_right] = captions;
    view! {
        <figure class="figure">
            <figcaption>
                <h3>{title}</h3>
                {(!sentence.is_empty()).then(|| view! { <p>{sentence}</p> })}
            </figcaption>
            <div class="pair">
                <div><p class="small soft">{of_left}</p><Plot svg=left/></div>
                <div><p class="small soft">{of_right}</p><Plot svg=right/></div>
            </div>
            {table.map(|table| view! { <DataBehind table/> })}
        </figure>
    }
}

/// The drawing in its frame.
#[component]
pub fn Plot(svg: String) -> impl IntoView {
    view! { <div class="plot" tabindex="0" role="group" aria-label="Chart, arrow keys move between points" inner_html=svg></div> }
}

#[component]
pub fn Key(key: Vec<(&'static str, String)>) -> impl IntoView {
    (!key.is_empty()).then(|| {
        view! {
            <div class="key" aria-hidden="true">
                {key.into_iter().map(|(class, words)| view! { <span><svg class="ch" viewBox="0 0 16 12" inner_html=sample(class)></svg>{words}</span> }).collect_view()}
            </div>
        }
    })
}

/// A mark as it looks in the key.
fn sample(class: &str) -> String {
    match class {
        "h0" | "h1" | "h2" | "hx" | "hn" | "bar" | "bar-ref" | "bar-soft" | "f1" | "f2" | "f3" | "f4" => {
            format!("<rect class='{class}' x='.5' y='.5' width='15' height='11'/>")
        }
        "band" | "band-ref" => format!("<path class='{class}' d='M0 0h16v12H0z'/>"),
        "sequence" => "<path class='band' d='M0 0h16v12H0z'/><path class='subject' d='M0 6h16'/>".into(),
        "plan" => "<path class='plan' d='M0 3h16M0 9h16'/>".into(),
        "event" => "<path class='event' d='M8 0v12'/>".into(),
        "dot" | "dot-ref" => format!("<circle class='{class}' cx='8' cy='6' r='3.5'/>"),
        line => format!("<path class='{line}' d='M0 6h16'/>"),
    }
}

/// The data table behind a disclosure, and the same as a file.
#[component]
pub fn DataBehind(table: Table) -> impl IntoView {
    let summary = format!("Data table: {}", table.caption);
    let of = table.clone();
    view! {
        <footer>
            <details>
                <summary>{summary}</summary>
                <DataTable table/>
            </details>
            <Download table=of/>
        </footer>
    }
}

/// A table as a file.
#[component]
pub fn Download(table: Table) -> impl IntoView {
    let file = format!("data:text/csv;charset=utf-8,{}", encode(&csv(&table)));
    let name = format!("{}.csv", table.caption.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    view! { <a href=file download=name rel="external">"CSV"</a> }
}
