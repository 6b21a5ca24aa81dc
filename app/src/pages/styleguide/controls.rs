//! Buttons, tabs and ranges, fields, dialogs, toasts.

use crate::components::prelude::*;

#[component]
pub fn Buttons() -> impl IntoView {
    view! {
        <Section id="button" title="Button" hint="One primary per view. A disabled button says why, and stays focusable.">
            <div class="row gap">
                <ButtonLink href="#button" label="Approve" tone=Tone::Primary/>
                <ButtonLink href="#button" label="Pause" icon=Icon::Pause/>
                <ButtonLink href="#button" label="Roll back to version 14" icon=Icon::Undo tone=Tone::Danger/>
                <ButtonLink href="#button" label="Roll back to version 14" tone=Tone::DangerSolid/>
                <ButtonLink href="#button" label="Cancel" tone=Tone::Quiet/>
                <ButtonLink href="#button" label="Small" small=true/>
                <button class="btn" type="button" aria-busy="true"><Draw icon=Icon::Run/>"Rolling back"</button>
            </div>
            <div class="row gap">
                <OffButton label="Advance to 25%" why="Waits for the share of yes to be decided." icon=Icon::Advance id="why-example"/>
                <LinkGroup label="Version" links=vec![("v14".into(), "#button".into(), false), ("v15".into(), "#button".into(), true)]/>
            </div>
        </Section>
    }
}

#[component]
pub fn TabsPart() -> impl IntoView {
    let asked = use_range("24h");
    let tabs = vec![
        Tab::new("Overview", "#tabs", true),
        Tab::new("Gates", "#tabs", false).count(13),
        Tab::new("Failed", "#tabs", false).count(2).bad(true),
        Tab::new("Contract", "#tabs", false),
    ];
    view! {
        <Section id="tabs" title="Tabs, filter, time range" hint="Each is a link: the address says which tab, filter and range one sees.">
            <Tabs label="Tabs example" tabs/>
            <div class="row gap">
                <RangePicker asked/>
                <SearchBox label="Find" placeholder="Deployment, model, owner"/>
            </div>
        </Section>
    }
}

#[component]
pub fn Fields() -> impl IntoView {
    view! {
        <Section id="field" title="Field" hint="A label, an input, a hint, and what is wrong with it, at the field.">
            <div class="two-col">
                <div class="form">
                    <Field name="example-name" label="Name" value="retail-churn" hint="Small letters, digits, hyphens."/>
                    <TextArea name="example-why" label="Why? Kept in the audit log." rows=2/>
                    <Select name="example-role" label="Role" options=vec![("viewer".into(), "viewer".into()), ("engineer".into(), "engineer".into())] value="engineer"/>
                </div>
                <div class="form">
                    <div class="field">
                        <label for="example-wrong">"Limit, ms"</label>
                        <input class="input" id="example-wrong" value="fast" aria-invalid="true" aria-describedby="example-wrong-e"/>
                        <p class="error" id="example-wrong-e"><Draw icon=Icon::Bad/>"Not a number of milliseconds"</p>
                    </div>
                    <FileField name="example-file" label="ONNX file" accept=".onnx" hint="At most 512 MB."/>
                    <fieldset>
                        <legend>"Verdict"</legend>
                        <Choice name="example-verdict" value="approve" label="Approve" radio=true checked=true/>
                        <Choice name="example-verdict" value="reject" label="Reject" hint="Ends the request." radio=true/>
                    </fieldset>
                </div>
            </div>
        </Section>
    }
}

#[component]
pub fn Dialogs() -> impl IntoView {
    view! {
        <Section id="dialog" title="Dialog, toast" hint="A dialog says what will happen and asks why. A toast reports what has happened; it never asks.">
            <div class="two-col stagebox">
                <div class="dialog" role="group" aria-label="Dialog example">
                    <div class="dialog-title"><h3>"Roll back to version 14?"</h3></div>
                    <div class="dialog-body">
                        <ul class="bullets">
                            <li>"Version 15 stops answering within a second; 5% of customers get version 14 again."</li>
                            <li>"The rollout ends. Going on later means a new rollout from shadow."</li>
                        </ul>
                        <TextArea name="example-reason" label="Why? Kept in the audit log." rows=2/>
                    </div>
                    <div class="dialog-acts">
                        <ButtonLink href="#dialog" label="Keep as it is"/>
                        <ButtonLink href="#dialog" label="Roll back to version 14" tone=Tone::DangerSolid/>
                    </div>
                </div>
                <div class="form">
                    <Toast state=State::Ok title="Version 14 answers everything again" detail="0.4 s. The rollout ended at 14:21."><ButtonLink href="#dialog" label="See log" small=true/></Toast>
                    <Toast state=State::Bad title="Not signed: the evidence changed" detail="Read section 2 again. Request req_1C8T."/>
                    <OpenDialog name="example" label="Open a dialog"/>
                    <Dialog name="example" title="A dialog that opens without script">
                        <div class="dialog-body"><p>"Whether it is open stands in the address, so a link opens it and Back closes it."</p></div>
                        <div class="dialog-acts"><ButtonLink href="/styleguide" label="Close"/></div>
                    </Dialog>
                </div>
            </div>
        </Section>
    }
}
