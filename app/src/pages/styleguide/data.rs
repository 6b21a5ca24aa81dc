//! Stats, tables, steppers.

use crate::components::prelude::*;

#[component]
pub fn StatsPart() -> impl IntoView {
    view! {
        <Section id="stat" title="Stat" hint="Label, value, what it is measured against. Never more than six in a row.">
            <Stats label="Stats example">
                <Stat label="Predictions, 24 h" value="42.2 M" sub="621 a second now"/>
                <Stat label="p99 now" value="47" of="of 40 ms" sub="24 ms at noon"/>
                <Stat label="Answered by a fallback" value="0.09%" sub="36 k of 42.2 M"/>
                <Stat label="Realised recall" value="–" sub="first outcomes 15 June"/>
            </Stats>
        </Section>
    }
}

#[component]
pub fn Tables() -> impl IntoView {
    let here = here();
    let rows = [
        ("aml-transaction-triage", "Financial Crime", State::Ok, "Steady", 22_u64, 9_200_000_u64, 22.0),
        ("card-fraud-score", "Payments Risk", State::Bad, "p99 above its limit", 31, 25_700_000, 47.0),
        ("retail-churn", "Customer Analytics", State::Unknown, "Too few predictions", 6, 164, 12.0),
    ];
    let table = move || {
        let sort = Sort::parse(&here.get("sort").unwrap_or_else(|| "name".into()));
        let mut rows = rows;
        match sort.by.as_str() {
            "state" => sort.apply(&mut rows, |row| row.2),
            "rows" => sort.apply(&mut rows, |row| row.5),
            _ => sort.apply(&mut rows, |row| row.0),
        }
        let cols = vec![
            Col::new("Deployment").sort("name"),
            Col::new("State").sort("state"),
            Col::new("p99, limit"),
            Col::new("Version").number(),
            Col::new("Rows").number().sort("rows"),
        ];
        view! {
            <Table label="Table example" cols sort>
                {rows.map(|(name, owner, state, word, version, rows, p99)| view! {
                    <Row>
                        <Name name href="#tables" sub=owner/>
                        <Cell label="State"><StateMark state word/></Cell>
                        <Cell label="p99, limit">{words::number(p99, 0)}" of 40 ms"<Bullet value=p99 limit=40.0/></Cell>
                        <Cell label="Version" number=true>{version}</Cell>
                        <Cell label="Rows" number=true>{words::about(rows)}</Cell>
                    </Row>
                })}
            </Table>
        }
    };
    let numbers = {
        let mut table = contract::views::common::Table::new("Distance by hour", &["Hour (UTC)", "#Distance", "#Rows"]);
        table.rows = (0..4)
            .map(|i| {
                vec![format!("{i:02}:00"), words::number(0.03 + 0.01 * f64::from(i), 3), words::count(41_000 + 1_700 * i as u64)]
            })
            .collect();
        table
    };
    view! {
        <Section id="tables" title="Data table" hint="Hairlines, no stripes, numbers right. Things stack on phones; numbers scroll in their frame.">
            {table}
            <h3>"Numbers"</h3>
            <DataTable table=numbers/>
        </Section>
    }
}

#[component]
pub fn Steps() -> impl IntoView {
    let step = |kind, title: &str, lines: [&str; 2], part| Step {
        kind,
        title: title.into(),
        lines: lines.map(str::to_string).to_vec(),
        part,
    };
    let steps = vec![
        step(StepKind::Done, "Shadow", ["24 h from 16 Mar 10:12", "219,000 pairs compared"], 1.0),
        step(StepKind::Done, "1%", ["10:12 to 13:52", "3,350 of 2,400 requests"], 1.0),
        step(StepKind::Now, "5%", ["since 13:52", "2,140 of 4,800 requests"], 0.45),
        step(StepKind::Todo, "25%", ["4 h and 20,000 requests", ""], 0.0),
        step(StepKind::Locked, "Signatures", ["3 needed, 2 given", "Model Risk is missing"], 0.0),
        step(StepKind::Todo, "100%", ["then 24 h under watch", ""], 0.0),
    ];
    let failed = vec![
        step(StepKind::Done, "1%", ["10:12 to 13:52", ""], 1.0),
        step(StepKind::Failed, "Rolled back at 5%", ["p99 at least 11 ms worse, limit 10", ""], 0.0),
        step(StepKind::Todo, "25%", ["not reached", ""], 0.0),
    ];
    view! {
        <Section id="stepper" title="Stepper" hint="Done, current with its progress, to come, locked, failed. Conditions stand under each step.">
            <Stepper label="Steps example" steps/>
            <Stepper label="Failed example" steps=failed/>
            <p class="small"><Dots step=3 steps=7/></p>
        </Section>
    }
}
