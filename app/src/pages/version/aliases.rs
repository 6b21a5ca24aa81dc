//! Aliases of a version: movable names. The champion moves by a promotion only.

use super::head::Acts;
use crate::components::prelude::*;
use contract::role::Act;
use contract::views::version::AliasLine;
use contract::{ModelName, VersionNo};

#[component]
pub fn Aliases(model: ModelName, version: VersionNo, aliases: Vec<AliasLine>, acts: Acts) -> impl IntoView {
    let may = me().is_some_and(|me| me.role.may(Act::Register));
    let none = aliases.is_empty();
    let title = format!("Name version {version}?");
    let removable: Vec<AliasLine> = aliases.iter().filter(|line| line.alias != "champion").cloned().collect();
    let owner = model.clone();
    let dialog = may.then(|| {
        let consequences = vec![
            "The name moves here from the version that has it now; whoever asks by this name gets this version from then on."
                .to_string(),
            "The name “champion” moves only by a promotion.".to_string(),
        ];
        view! {
            <ActDialog action=acts.set_alias name="alias" title consequences confirm="Set the alias" why=false>
                <Hidden name="model" value=owner.0/>
                <Hidden name="version" value=version.to_string()/>
                <Field name="alias" label="Alias" required=true placeholder="challenger" scope="alias-"/>
            </ActDialog>
        }
    });
    view! {
        {none.then(|| view! { <span class="quiet">"none "</span> })}
        {aliases.into_iter().map(|line| view! { <span title=format!("since {} by {}", line.since.words, line.by)><Tag word=line.alias/></span>" " }).collect_view()}
        {may.then(|| view! { <SetLink/> })}
        {may.then(|| removable.into_iter().map(|line| view! { <Remove model=model.clone() version line acts/> }).collect_view())}
        {dialog}
    }
}

#[component]
fn SetLink() -> impl IntoView {
    let here = here();
    view! { <a class="small" role="button" aria-haspopup="dialog" href=move || here.with(&[("dialog", Some("alias"))])>"Set an alias"</a> }
}

#[component]
fn Remove(model: ModelName, version: VersionNo, line: AliasLine, acts: Acts) -> impl IntoView {
    let label = format!("Remove {}", line.alias);
    view! {
        <ActForm action=acts.delete_alias>
            <Hidden name="model" value=model.0/>
            <Hidden name="version" value=version.to_string()/>
            <Hidden name="alias" value=line.alias/>
            <FormProblem/>
            <button class="btn btn-quiet btn-small" type="submit"><Draw icon=Icon::Cross/>{label}</button>
        </ActForm>
    }
}
