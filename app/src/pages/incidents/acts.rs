//! What one can do with an incident: roll back, mitigate, resolve, open again. Each says what will happen and asks why.

use crate::components::prelude::*;
use contract::IncidentId;
use contract::inputs::IncidentAct;
use contract::views::incidents::{IncidentState, IncidentView};

#[server]
pub async fn drive_incident(csrf: String, id: IncidentId, act: IncidentAct, reason: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::incidents::drive(&cx, &who, &id, contract::inputs::DriveIncident { act, reason }).await?;
    leptos_axum::redirect(&contract::urls::incident(&id));
    Ok(())
}

/// One button with its dialog.
struct Choice {
    act: &'static str,
    label: String,
    icon: Icon,
    tones: (Tone, Tone),
    why_not: String,
    effects: Vec<String>,
}

fn choices(view: &IncidentView) -> Vec<Choice> {
    let may = |allowed: &contract::views::common::Allowed| allowed.why_not.clone().unwrap_or_default();
    let kept = || "The act and your reason are kept in the audit log.".to_string();
    let mut all = Vec::new();
    if view.line.phase != IncidentState::Resolved && (view.rollback_to.is_some() || !view.may_roll_back.ok) {
        let label = view.rollback_to.map_or("Roll back".to_string(), |to| format!("Roll back to version {to}"));
        let effects = vec![view.rollback_effect.clone(), "The incident stays open until nothing fires.".into(), kept()];
        all.push(Choice {
            act: "roll_back",
            label,
            icon: Icon::Undo,
            tones: (Tone::Danger, Tone::DangerSolid),
            why_not: may(&view.may_roll_back),
            effects,
        });
    }
    if view.line.phase == IncidentState::Open {
        let effects = vec![
            "The harm has ended; why it happened is still to be found.".into(),
            "A new alert opens it again.".into(),
            kept(),
        ];
        all.push(Choice {
            act: "mitigate",
            label: "Mark as mitigated".into(),
            icon: Icon::Check,
            tones: (Tone::Plain, Tone::Primary),
            why_not: may(&view.may_handle),
            effects,
        });
    }
    if view.line.phase == IncidentState::Resolved {
        let effects = vec!["It is open again; alerts join it again.".into(), kept()];
        all.push(Choice {
            act: "reopen",
            label: "Open again".into(),
            icon: Icon::Retry,
            tones: (Tone::Plain, Tone::Primary),
            why_not: may(&view.may_handle),
            effects,
        });
    } else {
        let effects = vec!["The incident is over. Notes can still be added, and the post-mortem be written.".into(), kept()];
        all.push(Choice {
            act: "resolve",
            label: "Resolve".into(),
            icon: Icon::Flag,
            tones: (Tone::Plain, Tone::Primary),
            why_not: may(&view.may_resolve),
            effects,
        });
    }
    all
}

#[component]
pub fn Acts(view: IncidentView, action: ServerAction<DriveIncident>) -> impl IntoView {
    let choices = choices(&view);
    let openers = choices
        .iter()
        .map(|choice| view! { <OpenDialog name=choice.act label=choice.label.clone() tone=choice.tones.0 icon=choice.icon why_not=choice.why_not.clone()/> })
        .collect_view();
    let id = view.line.id.0.clone();
    let dialogs = choices
        .into_iter()
        .filter(|choice| choice.why_not.is_empty())
        .map(|choice| {
            let (id, name) = (id.clone(), choice.label);
            view! {
                <ActDialog action name=choice.act title=format!("{name}?") consequences=choice.effects confirm=name tone=choice.tones.1>
                    <Hidden name="id" value=id.clone()/>
                    <Hidden name="act" value=choice.act/>
                </ActDialog>
            }
        })
        .collect_view();
    let file = contract::urls::post_mortem(&view.line.id);
    view! {
        <Answer answer=view.answer>
            {openers}
            <ButtonLink href=file label="Post-mortem, Markdown" icon=Icon::Download tone=Tone::Quiet download=true/>
        </Answer>
        {dialogs}
    }
}
