//! Stepper: an ordered course with conditions.

use super::icon::{Draw, Icon};
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepKind {
    Done,
    Now,
    #[default]
    Todo,
    /// Waits for something that is not time or traffic.
    Locked,
    Failed,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub kind: StepKind,
    /// `5%`
    pub title: String,
    /// Up to two lines: when, and how much of what is needed.
    pub lines: Vec<String>,
    /// How far the current step is, from 0 to 1.
    pub part: f64,
}

#[component]
pub fn Stepper(#[prop(into)] label: String, steps: Vec<Step>) -> impl IntoView {
    view! {
        <ol class="stepper" aria-label=label>
            {steps
                .into_iter()
                .map(|step| {
                    let (word, icon, said) = match step.kind {
                        StepKind::Done => ("done", Icon::Done, ", done"),
                        StepKind::Now => ("now", Icon::Now, ", current"),
                        StepKind::Todo => ("todo", Icon::Todo, ", to come"),
                        StepKind::Locked => ("todo", Icon::Lock, ", locked"),
                        StepKind::Failed => ("failed", Icon::Bad, ", failed"),
                    };
                    let current = matches!(step.kind, StepKind::Now | StepKind::Failed);
                    let class = if step.kind == StepKind::Now { format!("step {}", part_class(step.part)) } else { "step".into() };
                    view! {
                        <li class=class data-step=word aria-current=current.then_some("step")>
                            <Draw icon/>
                            <b>{step.title}<span class="vh">{said}</span></b>
                            {step.lines.into_iter().map(|line| view! { <span>{line}</span> }).collect_view()}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

/// A share as one of the classes `p0` to `p100`, in steps of five.
pub fn part_class(part: f64) -> String {
    let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
    format!("p{}", (part * 20.0).round() as u32 * 5)
}

/// Which of how many steps, as dots with words: in table cells.
#[component]
pub fn Dots(step: usize, steps: usize) -> impl IntoView {
    view! {
        <span class="dots" aria-hidden="true">{(0..steps).map(|i| view! { <i class=(i < step).then_some("on")></i> }).collect_view()}</span>
        {format!(" {step} of {steps}")}
    }
}

#[cfg(test)]
mod tests {
    use super::part_class;

    #[test]
    fn parts_are_classes() {
        for (part, class) in [(0.0, "p0"), (0.45, "p45"), (0.97, "p95"), (1.7, "p100"), (f64::NAN, "p0")] {
            assert_eq!(part_class(part), class);
        }
    }
}
