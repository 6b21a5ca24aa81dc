//! What the approver is shown: made once, frozen, hashed. Pure.

use super::sections;
use crate::deployments::Brief;
use crate::gates::Report;
use crate::registry::Version;
use contract::Millis;
use contract::rollout::RolloutPlan;
use contract::verdict::State;
use contract::views::approvals::{Evidence, TwoMinutes};
use contract::views::gates::GatesView;

/// What the evidence is made of.
pub struct Known<'a> {
    pub now: Millis,
    pub version: &'a Version,
    /// The stable version that it would replace.
    pub before: Option<&'a Version>,
    pub target: &'a Brief,
    pub report: &'a Report,
    pub gates: GatesView,
    pub plan: &'a RolloutPlan,
    pub reason: &'a str,
    pub has_report: bool,
}

pub fn build(known: &Known<'_>) -> Evidence {
    let changes = sections::changes(known);
    let (better, better_state) = sections::better(known);
    let (hurts, hurts_state) = sections::hurts(known);
    let reasons = sections::reasons(known);
    let way_out = sections::way_out(known);
    let paper = sections::paper(known);
    let open = paper.iter().filter(|line| matches!(line.state, State::Watch | State::Bad)).count();
    let line = |question: &str, answer: &str, state| TwoMinutes { question: question.into(), answer: answer.into(), state };
    let two_minutes = vec![
        line("What changes", &changes.sentence, State::Info),
        line("Is it better", &format!("{} {}", better.answer, sections::first(&better.sentence)), better_state),
        line("Whom does it hurt", sections::first(&hurts.sentence), hurts_state),
        line("Why it decides so", sections::first(&reasons.sentence), State::Info),
        line("Gates", &known.gates.summary, known.gates.state),
        line("How we get out", sections::first(&way_out.sentence), State::Ok),
        match open {
            0 => line("Paper", "Complete.", State::Ok),
            1 => line("Paper", "One thing is open, listed below.", State::Watch),
            n => line("Paper", &format!("{n} things are open, listed below."), State::Watch),
        },
    ];
    Evidence {
        frozen_at: known.now,
        frozen_words: format!("{} {} UTC", known.now.date_words(), known.now.hm()),
        lede: lede(known),
        two_minutes,
        changes,
        better,
        hurts,
        reasons,
        gates: known.gates.clone(),
        way_out,
        paper,
    }
}

/// The sentence that is signed.
pub fn statement(version: &Version, target: &Brief, evidence: &Evidence) -> String {
    let (no, model, name) = (version.version, &version.model.name, &target.name);
    let what = match target.stable {
        Some(stable) => format!(
            "version {no} of {model} replaces version {stable} in {name}, step by step, with automatic rollback to version {stable}"
        ),
        None => format!("version {no} of {model} answers all requests of {name}, as its first version"),
    };
    format!("I have seen the evidence of {} and approve that {what}.", evidence.frozen_words)
}

fn lede(known: &Known<'_>) -> String {
    let of = &known.version.model;
    let does = match (of.purpose.as_str(), of.description.as_str()) {
        ("", "") => "What this model decides, and for whom, has not been written down yet.",
        ("", description) => description,
        (purpose, _) => purpose,
    };
    match of.not_for.as_str() {
        "" => does.to_owned(),
        not_for => format!("{does} It must not be used for: {}", not_for.trim_end_matches('.')).trim_end().to_owned() + ".",
    }
}
