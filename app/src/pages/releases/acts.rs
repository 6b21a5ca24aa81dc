//! What one can do with a rollout: each act says what will happen and asks why.

use crate::components::prelude::*;
use contract::RolloutId;
use contract::inputs::RolloutAct;
use contract::views::rollouts::RolloutView;

#[server]
pub async fn drive(csrf: String, id: RolloutId, act: RolloutAct, reason: String) -> Outcome<()> {
    let (cx, who) = crate::session::act(&csrf).await?;
    control::rollouts::drive(&cx, &who, &id, contract::inputs::DriveRollout { act, reason }).await?;
    leptos_axum::redirect(&contract::urls::rollout(&id));
    Ok(())
}

/// Word in `?dialog=` and in the form.
fn word(act: RolloutAct) -> &'static str {
    match act {
        RolloutAct::Pause => "pause",
        RolloutAct::Resume => "resume",
        RolloutAct::Advance => "advance",
        RolloutAct::RollBack => "roll_back",
        RolloutAct::Abort => "abort",
    }
}

fn icon(act: RolloutAct) -> Icon {
    match act {
        RolloutAct::Pause => Icon::Pause,
        RolloutAct::Resume => Icon::Play,
        RolloutAct::Advance => Icon::Advance,
        RolloutAct::RollBack => Icon::Undo,
        RolloutAct::Abort => Icon::Stop,
    }
}

#[component]
pub fn Acts(view: RolloutView, action: ServerAction<Drive>) -> impl IntoView {
    let label = {
        let next = view
            .steps
            .iter()
            .find(|step| step.state == contract::views::rollouts::StepState::Todo)
            .map(|step| step.title.clone());
        let stable = view.stable;
        move |act: RolloutAct| match act {
            RolloutAct::Pause => "Pause".to_string(),
            RolloutAct::Resume => "Resume".to_string(),
            RolloutAct::Advance => next.as_ref().map_or("Advance".into(), |step| format!("Advance to {step}")),
            RolloutAct::RollBack => format!("Roll back to version {stable}"),
            RolloutAct::Abort => "Abort".to_string(),
        }
    };
    let tone = |act| match act {
        RolloutAct::RollBack => (Tone::Danger, Tone::DangerSolid),
        RolloutAct::Abort => (Tone::Quiet, Tone::DangerSolid),
        _ => (Tone::Plain, Tone::Primary),
    };
    let ended = view.phase.ended();
    let buttons = if ended { Vec::new() } else { view.buttons.clone() };
    let openers = buttons
        .iter()
        .map(|button| {
            let act = button.act;
            view! { <OpenDialog name=word(act) label=label(act) tone=tone(act).0 icon=icon(act) why_not=button.why_not.clone()/> }
        })
        .collect_view();
    let id = view.id.clone();
    let dialogs = buttons
        .into_iter()
        .filter(|button| button.allowed)
        .map(|button| {
            let (act, id) = (button.act, id.0.clone());
            let name = label(act);
            view! {
                <ActDialog action name=word(act) title=format!("{name}?") consequences=vec![button.effect] confirm=name tone=tone(act).1>
                    <Hidden name="id" value=id.clone()/>
                    <Hidden name="act" value=word(act)/>
                </ActDialog>
            }
        })
        .collect_view();
    view! {
        <Answer answer=view.answer>{openers}</Answer>
        {dialogs}
    }
}
