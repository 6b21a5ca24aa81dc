//! Tables: of things (they stack on phones) and of numbers (they scroll in their frame). Roles are explicit, so that
//! a stacked table is still a table to a reader.

use super::icon::{Draw, Icon};
use crate::query::here;
use contract::views::common;
use leptos::prelude::*;

/// One column of a table of things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Col {
    pub label: String,
    pub numeric: bool,
    /// Word in `?sort=`; without it the column does not sort.
    pub sort: Option<&'static str>,
}

impl Col {
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    pub fn number(mut self) -> Self {
        self.numeric = true;
        self
    }

    pub fn sort(mut self, word: &'static str) -> Self {
        self.sort = Some(word);
        self
    }
}

/// Order of a table: `?sort=name` upwards, `?sort=-name` downwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub by: String,
    pub down: bool,
}

impl Sort {
    pub fn parse(text: &str) -> Sort {
        match text.strip_prefix('-') {
            Some(by) => Sort { by: by.into(), down: true },
            None => Sort { by: text.into(), down: false },
        }
    }

    /// Puts rows in order by a key of each.
    pub fn apply<T, K: PartialOrd>(&self, rows: &mut [T], key: impl Fn(&T) -> K) {
        rows.sort_by(|a, b| {
            let order = key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal);
            if self.down { order.reverse() } else { order }
        });
    }
}

/// A table of things: `<Row>`s of one `<Name>` and `<Cell>`s go in as children.
#[component]
pub fn Table(
    #[prop(into)] label: String,
    cols: Vec<Col>,
    /// The current order; heads of sortable columns become links.
    #[prop(optional)]
    sort: Sort,
    /// Extra classes: `pairs`, `fleet`, …
    #[prop(optional, into)]
    class: String,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="frame" tabindex="0" role="group" aria-label=label>
            <table role="table" class=format!("table rows stack {class}")>
                <thead role="rowgroup">
                    <tr role="row">{cols.into_iter().map(|col| view! { <Head col sort=sort.clone()/> }).collect_view()}</tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Head(col: Col, sort: Sort) -> impl IntoView {
    let class = col.numeric.then_some("n");
    let Some(word) = col.sort else {
        return view! { <th role="columnheader" scope="col" class=class>{col.label}</th> }.into_any();
    };
    let current = sort.by == word;
    let direction = current.then_some(if sort.down { "descending" } else { "ascending" });
    let next = if current && !sort.down { format!("-{word}") } else { word.to_string() };
    let here = here();
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=direction>
            <a href=move || here.with(&[("sort", Some(&next))])>
                {col.label}
                {current.then(|| view! { <Draw icon=if sort.down { Icon::Down } else { Icon::Up }/> })}
            </a>
        </th>
    }
    .into_any()
}

#[component]
pub fn Row(children: Children) -> impl IntoView {
    view! { <tr role="row">{children()}</tr> }
}

/// The first cell of a row: the name of the thing, as a link where there is a page of it.
#[component]
pub fn Name(
    #[prop(into)] name: String,
    #[prop(optional, into)] href: String,
    #[prop(optional, into)] sub: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let name = breakable(&name);
    view! {
        <th role="rowheader" scope="row">
            {if href.is_empty() {
                view! { <span class="name" inner_html=name></span> }.into_any()
            } else {
                view! { <a class="name" href=href inner_html=name></a> }.into_any()
            }}
            {(!sub.is_empty()).then(|| view! { <span class="two">{sub}</span> })}
            {children.map(|children| children())}
        </th>
    }
}

/// A cell; `label` names it where the table is stacked.
#[component]
pub fn Cell(
    #[prop(into)] label: String,
    #[prop(optional)] number: bool,
    /// There is nothing to say: left out where the table is stacked.
    #[prop(optional)]
    none: bool,
    /// A quiet second line.
    #[prop(optional, into)]
    sub: String,
    children: Children,
) -> impl IntoView {
    let class = match (number, none) {
        (true, true) => "n none",
        (true, false) => "n",
        (false, true) => "none",
        (false, false) => "",
    };
    view! {
        <td role="cell" class=class data-label=label>
            <div>{children()} {(!sub.is_empty()).then(|| view! { <span class="two">{sub}</span> })}</div>
        </td>
    }
}

/// A row that heads a group of rows.
#[component]
pub fn GroupRow(#[prop(into)] label: String, cols: u32) -> impl IntoView {
    view! { <tr class="group" role="row"><th role="rowheader" scope="rowgroup" colspan=cols>{label}</th></tr> }
}

/// A table of numbers or finished text, from a view.
#[component]
pub fn DataTable(table: common::Table, #[prop(optional)] sticky: bool) -> impl IntoView {
    let numeric: Vec<bool> = table.columns.iter().map(|column| column.numeric).collect();
    view! {
        <div class="frame" tabindex="0" role="group" aria-label=table.caption>
            <table class=if sticky { "table sticky" } else { "table" }>
                <thead>
                    <tr>
                        {table
                            .columns
                            .into_iter()
                            .map(|column| view! { <th scope="col" class=column.numeric.then_some("n")>{column.name}</th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {table
                        .rows
                        .into_iter()
                        .map(|row| {
                            let cells = row.into_iter().enumerate().map(|(i, cell)| {
                                if i == 0 {
                                    view! { <th scope="row">{cell}</th> }.into_any()
                                } else {
                                    let class = numeric.get(i).copied().unwrap_or_default().then_some("n");
                                    view! { <td class=class>{cell}</td> }.into_any()
                                }
                            });
                            view! { <tr>{cells.collect_view()}</tr> }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// A name that may wrap after its hyphens and underscores, as HTML.
pub fn breakable(name: &str) -> String {
    let safe = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    safe.replace('_', "_<wbr>").replace('-', "-<wbr>")
}

/// The table as a CSV file (RFC 4180).
pub fn csv(table: &common::Table) -> String {
    let cell = |text: &String| {
        if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() }
    };
    let head = table.columns.iter().map(|column| cell(&column.name)).collect::<Vec<_>>().join(",");
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
    std::iter::once(head).chain(rows).map(|line| line + "\r\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_both_ways() {
        let mut rows = vec![3, 1, 2];
        Sort::parse("n").apply(&mut rows, |n| *n);
        assert_eq!(rows, [1, 2, 3]);
        Sort::parse("-n").apply(&mut rows, |n| *n);
        assert_eq!(rows, [3, 2, 1]);
    }

    #[test]
    fn a_csv_cell_may_hold_anything() {
        let mut table = common::Table::new("x", &["name", "#n"]);
        table.rows.push(vec!["a, \"b\"".into(), "1,000".into()]);
        assert_eq!(csv(&table), "name,n\r\n\"a, \"\"b\"\"\",\"1,000\"\r\n");
    }

    #[test]
    fn names_break_but_never_escape() {
        assert_eq!(breakable("a_b<c"), "a_<wbr>b&lt;c");
    }
}
