//! Where it is worse, and for whom: every group with its n and interval, or why it cannot be said.

use crate::components::prelude::*;
use contract::views::parts::Estimate;
use contract::views::report::{SegmentRow, Segments};

#[component]
pub fn Groups(segments: Segments) -> impl IntoView {
    let Segments { headline, sentence, measure, overall, rows } = segments;
    // Shares lie between 0 and 1; an error in the unit of the answer does not.
    let share = overall
        .iter()
        .chain(rows.iter().filter_map(|row| row.estimate.as_ref()))
        .all(|estimate| (0.0..=1.0).contains(&estimate.value));
    let all = overall.map(|overall| SegmentRow {
        feature: String::new(),
        group: "All".into(),
        n: overall.n,
        estimate: Some(overall),
        note: String::new(),
    });
    view! {
        <section>
            <h2><span class="no">"4"</span>"Where it is worse, and for whom"</h2>
            <p class="strong">{headline}</p>
            <p>{sentence}</p>
            <div class="frame" tabindex="0" role="group" aria-label="By group">
                <table class="table by-group">
                    <thead>
                        <tr>
                            <th scope="col">"Group"</th>
                            <th scope="col" class="n">"Rows"</th>
                            <th scope="col" class="n">{measure}</th>
                            <th scope="col" class="n">"95% interval"</th>
                            <th scope="col">"Note"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(|row| group(row, share, false)).collect_view()}
                        {all.map(|row| group(row, share, true))}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

fn group(row: SegmentRow, share: bool, sum: bool) -> impl IntoView {
    let name = if row.feature.is_empty() { row.group } else { format!("{}: {}", row.feature, row.group) };
    let said = |value: f64| if share { words::percent(value, 1) } else { words::number(value, 3) };
    let interval = |estimate: &Estimate| match (estimate.lower, estimate.upper) {
        (Some(low), Some(high)) => format!("{} to {}", said(low), said(high)),
        _ => "–".to_string(),
    };
    let value = row.estimate.as_ref().map_or_else(|| "–".to_string(), |estimate| said(estimate.value));
    let range = row.estimate.as_ref().map_or_else(|| "–".to_string(), interval);
    let note = if row.note.is_empty() && row.estimate.is_none() { "not enough data".to_string() } else { row.note };
    view! {
        <tr class=sum.then_some("sum")>
            <th scope="row">{name}</th>
            <td class="n">{words::count(row.n)}</td>
            <td class="n">{value}</td>
            <td class="n">{range}</td>
            <td>{note}</td>
        </tr>
    }
}
