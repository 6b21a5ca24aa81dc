//! One decision explained: a record in, reasons out. A form with GET, so that the answer is a link.

use crate::components::prelude::*;
use crate::pages::report::Story;
use contract::views::report::Case;

#[component]
pub fn OneDecision(example: serde_json::Value, one: Option<Outcome<Case>>, share: bool) -> impl IntoView {
    let here = here();
    let record = Memo::new(move |_| here.get("record"))
        .get_untracked()
        .unwrap_or_else(|| serde_json::to_string_pretty(&example).unwrap_or_default());
    let lines = record.lines().count().clamp(4, 14) as u32;
    view! {
        <Section title="Explain one decision" id="one" hint="A record as it would be sent; it is answered, explained and not kept.">
            <form method="get" action="#one">
                <div class="form">
                    <TextArea name="record" label="Record, as JSON" value=record rows=lines/>
                    <div class="row acts"><button class="btn" type="submit">"Explain it"</button></div>
                </div>
            </form>
            {one.map(|one| match one {
                Ok(case) => view! { <div class="one-case"><Story case share/></div> }.into_any(),
                Err(error) => view! { <ProblemNote problem=error.0/> }.into_any(),
            })}
        </Section>
    }
}
