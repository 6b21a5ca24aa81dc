//! The contract: what the version expects and returns, feature by feature, and how records become tensors.

use crate::components::prelude::*;
use contract::spec::OnViolation;
use contract::tensor::TensorSpec;
use contract::views::common::Snippet;
use contract::views::version::{ContractView, FeatureLine, VersionView};

#[component]
pub fn ContractTab(view: VersionView) -> impl IntoView {
    let ContractView { summary, layout, features, contract } = view.contract;
    let json = serde_json::to_string_pretty(&contract).unwrap_or_else(|error| error.to_string());
    let refused: Vec<String> = contract
        .features
        .iter()
        .filter(|feature| feature.on_violation == OnViolation::Refuse)
        .map(|feature| feature.name.clone())
        .collect();
    let violation = if refused.is_empty() {
        "A wrong type is refused. A value outside its range or categories is served, counted and shown.".to_string()
    } else {
        format!(
            "A wrong type is refused. A value outside its range or categories is refused in {}; elsewhere it is served, counted and shown.",
            refused.join(", ")
        )
    };
    let none = features.is_empty();
    let how = layout.clone();
    view! {
        <div class="split">
            <div>
                <Section title="Features" id="features" hint=summary>
                    {if none { view! { <p class="soft">{layout}</p> }.into_any() } else { view! { <FeatureTable features/> }.into_any() }}
                    <p class="soft">{violation}</p>
                </Section>
            </div>
            <aside aria-label="Tensors and the contract as a file">
                <Section title="Tensors" id="tensors">
                    <p>{how}</p>
                    <Inputs tensors=contract.inputs/>
                    <Tensors way="Out" tensors=contract.outputs/>
                </Section>
                <Section title="As a file" id="file"><Snippets label="The contract as JSON" snippets=vec![Snippet { label: "JSON".into(), code: json }]/></Section>
            </aside>
        </div>
    }
}

#[component]
fn FeatureTable(features: Vec<FeatureLine>) -> impl IntoView {
    let cols = ["Feature", "Type", "Allowed", "May be missing", "Personal data"].map(Col::new).into();
    view! {
        <Table label="Features" cols class="contract">
            {features
                .into_iter()
                .map(|line| {
                    let personal = if line.personal == "No" {
                        view! { <span class="quiet">"No"</span> }.into_any()
                    } else {
                        view! { <Tag word=line.personal icon=Icon::Lock/> }.into_any()
                    };
                    view! {
                        <Row>
                            <Name name=line.name sub=line.description/>
                            <Cell label="Type">{line.kind}</Cell>
                            <Cell label="Allowed">{line.allowed}</Cell>
                            <Cell label="May be missing">{line.missing}</Cell>
                            <Cell label="Personal data" sub=line.personal_note>{personal}</Cell>
                        </Row>
                    }
                })
                .collect_view()}
        </Table>
    }
}

/// Many inputs are one per feature, and the features stand beside: they are told only when asked for.
#[component]
fn Inputs(tensors: Vec<TensorSpec>) -> impl IntoView {
    const FEW: usize = 4;
    if tensors.len() <= FEW {
        return view! { <Tensors way="In" tensors/> }.into_any();
    }
    let summary = words::plural(tensors.len() as u64, "input", "inputs");
    view! { <details><summary>{summary}</summary><Tensors way="In" tensors/></details> }.into_any()
}

#[component]
fn Tensors(way: &'static str, tensors: Vec<TensorSpec>) -> impl IntoView {
    view! {
        <Defs>
            {tensors
                .into_iter()
                .map(|tensor| {
                    let shape: Vec<String> = tensor.shape.iter().map(|size| if *size < 0 { "n".into() } else { size.to_string() }).collect();
                    let what = format!("{} [{}]", tensor.datatype, shape.join(", "));
                    view! { <Def name=way><code>{tensor.name}</code><br/><span class="soft">{what}</span></Def> }
                })
                .collect_view()}
        </Defs>
    }
}
