//! Real cases told as stories: what it said, why, what was true, what would have changed it.

use crate::components::prelude::*;
use contract::views::report::Case;

#[component]
pub fn Cases(typical: Vec<Case>, hard: Vec<Case>, share: bool) -> impl IntoView {
    let count = |n: usize, word: &str| match n {
        1 => format!("one {word} case"),
        3 => format!("three {word} cases"),
        n => format!("{n} {word} cases"),
    };
    let title = match (typical.len(), hard.len()) {
        (0, 0) => "Cases".to_string(),
        (3, 3) => "Three typical and three hard cases".to_string(),
        (a, b) => {
            let both = format!("{}, {}", count(a, "typical"), count(b, "hard"));
            both[..1].to_uppercase() + &both[1..]
        }
    };
    let intro = if share {
        "Real cases of the data it was judged on. The points say how far each fact moved the score from the average; they add up to the score."
    } else {
        "Real cases of the data it was judged on. The numbers say how far each fact moved the answer from the average; they add up to it."
    };
    view! {
        <section>
            <h2><span class="no">"3"</span>{title}</h2>
            <p class="intro">{intro}</p>
            <div class="stories">
                {typical.into_iter().map(|case| view! { <Story case share kind="typical"/> }).collect_view()}
                {hard.into_iter().map(|case| view! { <Story case share kind="hard"/> }).collect_view()}
            </div>
        </section>
    }
}

/// One case.
#[component]
pub fn Story(
    case: Case,
    /// The score is a share from 0 to 1, told in points.
    share: bool,
    #[prop(optional, into)] kind: String,
) -> impl IntoView {
    let Case { title, story, score, predicted, actual, base, reasons, counterfactual, .. } = case;
    let whole = |value: f64| if share { words::percent(value, 0) } else { words::number(value, 2) };
    let bare = |value: f64| if share { words::number(value * 100.0, 0) } else { words::number(value, 2) };
    let step = |value: f64| if share { words::Unit::Points.signed(value, 0) } else { words::Unit::Plain.signed(value, 2) };
    let answer = match &actual {
        Some(actual) => format!("Score {}, answer “{predicted}”. In truth: “{actual}”.", whole(score)),
        None => format!("Score {}, answer “{predicted}”.", whole(score)),
    };
    view! {
        <article class="story">
            <h3>{title} {(!kind.is_empty()).then(|| view! { " "<span class="quiet kind">{kind}</span> })}</h3>
            <p>{story}</p>
            <p class="strong">{answer}</p>
            <dl class="reasons">
                <div><dt>"The average"</dt><dd>{bare(base)}</dd></div>
                {reasons.into_iter().map(|reason| view! { <div><dt>{reason.text}</dt><dd>{step(reason.contribution)}</dd></div> }).collect_view()}
                <div class="tot"><dt>"Score"</dt><dd>{whole(score)}</dd></div>
            </dl>
            {(!counterfactual.is_empty()).then(|| view! { <p class="soft"><b>"What would have changed it. "</b>{counterfactual}</p> })}
        </article>
    }
}
