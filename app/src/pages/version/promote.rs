//! Asking for promotion: where to, how fast, and why; and the deployment without which there is nowhere to promote to.

use super::load::{CreateDeployment, RequestPromotion};
use crate::components::prelude::*;
use contract::plans;
use contract::views::version::VersionView;

#[component]
pub fn PromoteDialog(view: VersionView, action: ServerAction<RequestPromotion>) -> impl IntoView {
    let VersionView { model, version, targets, .. } = view;
    let title = format!("Ask for promotion of version {version}?");
    let consequences = vec![
        "The evidence as it stands now is frozen, and its hash is what is signed.".to_string(),
        "Approvers find it in their inbox. Nobody signs a version that they registered.".to_string(),
        "With the last signature the rollout starts by itself; a deployment without a stable version serves it at once."
            .to_string(),
    ];
    let options: Vec<(String, String)> = targets
        .iter()
        .map(|target| {
            let words = match target.stable {
                Some(stable) => format!("{}, now version {stable}", target.deployment),
                None => format!("{}, serves nothing yet", target.deployment),
            };
            (target.deployment.0.clone(), words)
        })
        .collect();
    let plans = plans::ALL.iter().enumerate().map(|(i, offered)| {
        let label = format!("{}: {}", offered.name, plans::course(&offered.plan()));
        view! { <Choice name="plan" value=offered.word label hint=offered.sentence radio=true checked=i == 0/> }
    });
    view! {
        <ActDialog action name="promote" title consequences confirm="Ask for promotion">
            <Hidden name="model" value=model.0/>
            <Hidden name="version" value=version.to_string()/>
            <Select name="deployment" label="Deployment" options scope="promote-"/>
            <fieldset><legend>"Plan of the rollout"</legend>{plans.collect_view()}</fieldset>
        </ActDialog>
    }
}

#[component]
pub fn DeployDialog(view: VersionView, action: ServerAction<CreateDeployment>) -> impl IntoView {
    let VersionView { model, version, .. } = view;
    let consequences = vec![
        "Requests are sent to a deployment’s name; which version answers is decided by promotions.".to_string(),
        "It serves nothing until a first version is promoted to it.".to_string(),
    ];
    view! {
        <ActDialog action name="deploy" title="Make a deployment?" consequences confirm="Make the deployment" why=false>
            <Hidden name="model" value=model.0.clone()/>
            <Hidden name="version" value=version.to_string()/>
            <Field name="name" label="Name" value=model.0 required=true scope="deploy-" hint="Letters, digits, “-”, “_” and “.”. Callers use it in the address."/>
        </ActDialog>
    }
}
