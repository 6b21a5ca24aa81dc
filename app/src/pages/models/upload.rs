//! A new version: one form with files, which the server takes directly, with and without script.

use super::load::{NewVersion, load_new_version};
use super::parts::model_param;
use crate::components::form::FormState;
use crate::components::prelude::*;
use contract::inputs::RegisterVersion;
use contract::spec::{Contract, Task};
use contract::urls;

#[component]
pub fn UploadPage() -> impl IntoView {
    let model = model_param();
    let res = Resource::new_blocking(move || model.get(), load_new_version);
    view! { <Loaded res let:view><Upload view/></Loaded> }
}

#[component]
fn Upload(view: NewVersion) -> impl IntoView {
    let NewVersion { model, before, refused } = view;
    let here = here();
    let refused = Memo::new(move |_| here.get("refused").is_some()).get_untracked().then_some(refused).flatten();
    let meta =
        refused.as_ref().map(|refused| refused.meta.clone()).unwrap_or_else(|| before.as_ref().map(again).unwrap_or_default());
    let problem = refused.and_then(|refused| refused.problem);
    let next = model.versions.first().map_or(1, |newest| newest.version.0 + 1);
    let becomes = format!("It becomes version {next} of {}.", model.name);
    let crumbs = vec![("Models".into(), urls::MODELS.into()), (model.name.0.clone(), urls::model(&model.name))];
    // What the server said stands at the fields, as in every other form.
    provide_context(FormState { pending: Signal::stored(false), problem: Signal::stored(problem.clone()) });
    view! {
        <Page title="New version" crumbs>
            <div class="split">
                <div>
                    {match model.may_register.why_not.clone() {
                        Some(why) => view! { <Note state=State::Info title="You cannot register a version"><p>{why}</p></Note> }.into_any(),
                        None => {
                            view! {
                                <p class="soft">{becomes}</p>
                                {problem.map(|problem| view! { <ProblemNote problem/><p class="soft">"Nothing was stored. Choose the files again; the rest is as you typed it."</p> })}
                                <UploadForm action=urls::upload(&model.name) meta/>
                            }
                                .into_any()
                        }
                    }}
                </div>
                <aside aria-label="What happens, and the same from a script">
                    <Section title="What happens" id="next">
                        <ol class="numbered">
                            <li>"The file is checked: readable, an ONNX graph, only known operators, no data outside of it. What is wrong is said here, and nothing half-stored stays behind."</li>
                            <li>"Types, ranges, categories, missing values and personal data are inferred from the reference data. You can edit them."</li>
                            <li>"The gates run on the held-back data: against the champion, against a simple rule, by group, with missing and extreme values, and for latency."</li>
                        </ol>
                    </Section>
                    <Section title="The same from a script" id="script"><Snippets label="Push a version" snippets=model.snippets/></Section>
                </aside>
            </div>
        </Page>
    }
}

/// What the newest version said, to be said again.
fn again(contract: &Contract) -> RegisterVersion {
    RegisterVersion {
        label_column: contract.label_column.clone(),
        positive: contract.positive.clone(),
        segments: contract.segments.clone(),
        ..RegisterVersion::default()
    }
}

fn task_word(task: Option<Task>) -> &'static str {
    match task {
        None => "",
        Some(Task::Binary) => "binary",
        Some(Task::Multiclass) => "multiclass",
        Some(Task::Regression) => "regression",
    }
}

#[component]
fn UploadForm(action: String, meta: RegisterVersion) -> impl IntoView {
    let sending = RwSignal::new(false);
    let tasks =
        [("", "Read it from the file"), ("binary", "Yes or no"), ("multiclass", "One of several"), ("regression", "A number")];
    let tasks = tasks.map(|(word, words)| (word.to_string(), words.to_string())).into();
    view! {
        <form method="post" enctype="multipart/form-data" action=action on:submit=move |_| sending.set(true)>
            <Csrf/>
            <div class="form">
                <fieldset class="form">
                    <legend>"Files"</legend>
                    <FileField name="file" label="The model" accept=".onnx" required=true hint="One ONNX file, with preprocessing inside if you like."/>
                    <FileField
                        name="reference" label="Reference data" accept=".csv,.parquet"
                        hint="CSV or Parquet: what it was trained on, or a sample. The contract and the baseline for drift come from it."
                    />
                    <FileField
                        name="heldback" label="Held-back data" accept=".csv,.parquet"
                        hint="CSV or Parquet with true labels that the model has never seen. The gates run on it."
                    />
                </fieldset>
                <fieldset class="form">
                    <legend>"What it answers"</legend>
                    <div class="two-col">
                        <Field name="label_column" label="Column with the true label" value=meta.label_column.unwrap_or_default() placeholder="churn"/>
                        <Field name="positive" label="Class that counts as yes" value=meta.positive.unwrap_or_default() placeholder="yes"/>
                        <Field
                            name="segments" label="Groups to look at" value=meta.segments.join(", ") placeholder="region, plan"
                            hint="Columns, separated by commas. Quality is also measured for each of their values."
                        />
                        <Select name="task" label="Kind of answer" options=tasks value=task_word(meta.task)/>
                    </div>
                    <TextArea name="notes" label="What is new in it" value=meta.notes rows=2 hint="One or two sentences for those who decide."/>
                </fieldset>
                <div class="row acts">
                    <button class="btn btn-primary" type="submit" aria-busy=move || sending.get().then_some("true")>
                        <Draw icon=Icon::Upload/>
                        {move || if sending.get() { "Uploading and checking …" } else { "Register the version" }}
                    </button>
                </div>
            </div>
        </form>
    }
}
