//! Empty and error, evidence, inbox rows, log, definition list, snippets.

use crate::charts::ChartEvent;
use crate::components::prelude::*;
use contract::views::common::{Fact, Snippet};
use contract::{Millis, Problem};

/// A fixed moment, so that this page looks the same every day.
pub const NOON: Millis = Millis(1_773_748_800_000);

#[component]
pub fn Empties() -> impl IntoView {
    let mut problem = Problem::new(
        contract::ProblemKind::Busy,
        "Drift could not be read: the store did not answer in 5 s. Serving is not affected.",
    );
    problem.request_id = Some("req_8F3K2M".into());
    view! {
        <Section id="empty" title="Empty and error" hint="An empty state teaches. An error says the cause, the request id and the next step.">
            <div class="two-col">
                <Empty title="No deployment yet" hint="A deployment gives a model version an address, limits and an owner. Three lines make one:">
                    <Snippets label="Make a deployment" snippets=vec![Snippet { label: "CLI".into(), code: "slipway push churn churn.onnx --reference train.csv\nslipway apply -f churn.toml\nslipway predict churn one.json".into() }]/>
                </Empty>
                <div class="form">
                    <ProblemNote problem/>
                    <Note state=State::Watch title="The evidence changed after you opened this page."><p>"Section 2 has new numbers."</p></Note>
                    <Note state=State::Unknown title="You registered this version, so somebody else must sign it."/>
                    <Skeleton/>
                </div>
            </div>
        </Section>
    }
}

#[component]
pub fn EvidencePart() -> impl IntoView {
    let entry = |minutes: i64, icon, state, title: &str, detail: &str| {
        let at = NOON + minutes * contract::time::MINUTE;
        Entry { when: at.hm(), at, icon, state, title: title.into(), detail: detail.into(), href: None }
    };
    let entries = vec![
        entry(
            140,
            Icon::Clock,
            None,
            "4 of 5 guardrails within limits, 1 undecided, nothing worse",
            "2,140 canary and 40,660 stable requests. Looked at 28 times.",
        ),
        entry(112, Icon::Advance, None, "Moved to 5%", "Automatic: 3 h and 2,400 requests reached."),
        entry(65, Icon::Bad, Some(State::Bad), "p99 above its limit", "47 of 40 ms since 13:05."),
    ];
    let events = vec![
        ChartEvent { at: NOON + contract::time::HOUR, label: "cache off".into(), alert: false },
        ChartEvent { at: NOON + 2 * contract::time::HOUR, label: "p99 above 40 ms".into(), alert: true },
    ];
    view! {
        <Section id="evidence" title="Evidence, inbox row, log, facts" hint="Question, claim in reading size, number with interval, source.">
            <Evidence
                no=2 question="Is it better" id="example-evidence"
                claim="Yes: 4.7 points more leavers found (95%: 3.5 to 5.9) on the same 41,208 customers."
                source="Gate “better than the champion”, run 10 March 17:31. Paired bootstrap, 10,000 draws."
            />
            <ul>
                <InboxRow href="#evidence" title="Sign: version 15 of retail-churn-90d for all retail customers" detail="Third of three signatures." when="due 18:55" icon=Icon::Pen new=true/>
                <InboxRow href="#evidence" title="Read: report of version 14" detail="Shared by Lena Fischer." when="Fri 20 March"/>
            </ul>
            <div class="two-col">
                <Log entries/>
                <div class="form">
                    <PinList events/>
                    <Defs facts=vec![Fact::new("Canary", "version 15"), Fact::new("Way back", "under a second, one action"), Fact::new("Policy", "customer-impact")]/>
                </div>
            </div>
        </Section>
    }
}

#[component]
pub fn SnippetPart() -> impl IntoView {
    let snippets = vec![
        Snippet { label: "curl".into(), code: "curl -s http://127.0.0.1:3000/api/v1/deployments/churn/predict \\\n  -d '{\"records\":[{\"age\":41,\"plan\":\"gold\"}]}'".into() },
        Snippet { label: "CLI".into(), code: "slipway predict churn one.json".into() },
    ];
    view! {
        <Section id="snippet" title="Copy snippet" hint="Filled in with this server and this object; ready to paste.">
            <div class="two-col">
                <Snippets label="Call it" snippets/>
                <Defs>
                    <Def name="SHA-256"><Copyable text="be67028b1793da26c0ffee0042be67028b1793da26c0ffee0042" shown="be67028b1793…" what="hash"/></Def>
                    <Def name="Address"><Copyable text="models:/retail-churn-90d/15" what="address"/></Def>
                </Defs>
            </div>
        </Section>
    }
}
