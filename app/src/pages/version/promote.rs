//! Asking for promotion: where to, how fast, and why.

use super::load::RequestPromotion;
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
        "With the last signature the rollout starts by itself; a deployment without a stable version serves it at once.".to_string(),
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
