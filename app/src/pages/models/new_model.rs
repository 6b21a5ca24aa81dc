//! A new model: its name and, in plain words, what it decides and what it must not be used for.

use super::load::CreateModel;
use crate::components::prelude::*;
use contract::role::Act;
use contract::urls;

#[component]
pub fn NewModelPage() -> impl IntoView {
    let action = ServerAction::<CreateModel>::new();
    view! {
        <SignedIn let:me>
        <Page title="New model" crumbs=vec![("Models".into(), urls::MODELS.into())]>
            <div class="split">
                <div>
                    {if me.role.may(Act::Register) { view! { <NewModelForm action/> }.into_any() } else { view! { <NotYours/> }.into_any() }}
                </div>
                <aside aria-label="What happens next">
                    <Section title="What happens next" id="next">
                        <ol class="numbered">
                            <li>"You upload the first version: an ONNX file, its reference data and data it never saw."</li>
                            <li>"Slipway reads inputs and outputs from the file and infers the contract from the reference data."</li>
                            <li>"The gates run by themselves. What they find stands on the version’s page."</li>
                        </ol>
                    </Section>
                </aside>
            </div>
        </Page>
        </SignedIn>
    }
}

#[component]
fn NewModelForm(action: ServerAction<CreateModel>) -> impl IntoView {
    view! {
        <ActForm action>
            <div class="form">
                <FormProblem/>
                <Field name="name" label="Name" required=true hint="Letters, digits, “-”, “_” and “.”. It stands in addresses and cannot be changed." placeholder="churn"/>
                <Field name="description" label="Description" hint="One line for the list of models."/>
                <Field name="owner_team" label="Owner" hint="The team that answers questions and is told when something is wrong."/>
                <TextArea name="purpose" label="What it decides" hint="In plain words, for somebody who has to sign: what it decides, for whom, from what."/>
                <TextArea name="not_for" label="What it must not be used for" rows=2/>
                <div class="row acts">
                    <Submit label="Create the model" tone=Tone::Primary/>
                    <a class="btn" href=urls::MODELS>"Cancel"</a>
                </div>
            </div>
        </ActForm>
    }
}

#[component]
fn NotYours() -> impl IntoView {
    view! {
        <Note state=State::Info title="Engineers register models">
            <p>"Your role may look at everything here. Ask an engineer to register the model, or an administrator for the role."</p>
        </Note>
    }
}
