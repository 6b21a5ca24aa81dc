//! The table of gates: verdict, number with its interval, what was needed.

use crate::components::prelude::*;
use contract::verdict::Verdict;
use contract::views::gates::GateLine;

/// Name of a gate's evidence in the page of gates.
pub fn anchor(key: &str) -> String {
    let plain: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("gate-{plain}")
}

/// The verdict as a state: a pass near its limit is worth a look.
pub fn state_of(gate: &GateLine) -> State {
    if gate.verdict == Verdict::Pass && gate.close { State::Watch } else { gate.verdict.into() }
}

#[component]
pub fn GateTable(
    gates: Vec<GateLine>,
    /// Page that holds the evidence of each; empty for this page.
    #[prop(optional, into)]
    page: String,
) -> impl IntoView {
    let cols = ["Gate", "Verdict", "Value, 95% interval", "Needed"].map(Col::new).into();
    view! {
        <Table label="Gates" cols class="pairs gates">
            {gates
                .into_iter()
                .map(|gate| {
                    let href = format!("{page}#{}", anchor(&gate.key));
                    let required = gate.required;
                    let state = state_of(&gate);
                    let word = gate.verdict_words();
                    let GateLine { name, sub, value, interval, needed, .. } = gate;
                    let advice = if required { "" } else { "advice only" };
                    view! {
                        <Row>
                            <Name name href sub/>
                            <Cell label="Verdict"><StateMark state word/></Cell>
                            <Cell label="Value" sub=interval>{value}</Cell>
                            <Cell label="Needed" sub=advice>{needed}</Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

#[cfg(test)]
mod tests {
    use super::anchor;

    #[test]
    fn anchors_hold_in_addresses() {
        assert_eq!(anchor("segment:Area code"), "gate-segment-area-code");
    }
}
