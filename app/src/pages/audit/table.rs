//! The entries as a table: when, who, what, on what; the numbers behind a disclosure.

use crate::components::prelude::*;
use contract::views::audit::AuditLine;

#[component]
pub fn AuditTable(entries: Vec<AuditLine>) -> impl IntoView {
    let mut cols: Vec<Col> = ["When", "Who", "What", "Object"].map(Col::new).into();
    cols.push(Col::new("Entry").number());
    view! {
        <Table label="Audit entries" cols class="audit">
            {entries.into_iter().map(|line| view! { <AuditRow line/> }).collect_view()}
        </Table>
    }
}

#[component]
fn AuditRow(line: AuditLine) -> impl IntoView {
    let AuditLine { seq, at, actor, action, object_kind, object_id, href, summary, detail, hash } = line;
    // Both ends of a long id tell it apart; the whole is in the title.
    let shown = words::cut_middle(&object_id, 21);
    let object = match href {
        Some(href) => view! { <a href=href title=object_id>{shown}</a> }.into_any(),
        None => view! { <span title=object_id>{shown}</span> }.into_any(),
    };
    let id = format!("entry-{seq}");
    let told = !matches!(detail.trim(), "" | "{}" | "null");
    view! {
        <Row>
            <th role="rowheader" scope="row" id=id><Moment at=at.at words=at.words/><span class="two">{at.ago}</span></th>
            <Cell label="Who">{actor}</Cell>
            <Cell label="What">
                {summary}
                <span class="two"><code>{action}</code></span>
                {told.then(|| view! { <details><summary class="small">"Numbers"</summary><pre class="detail" tabindex="0"><code>{detail}</code></pre></details> })}
            </Cell>
            <Cell label="Object" sub=object_kind>{object}</Cell>
            <Cell label="Entry" number=true sub=words::short_hash(&hash)>{words::count(u64::try_from(seq).unwrap_or_default())}</Cell>
        </Row>
    }
}
