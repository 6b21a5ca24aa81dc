//! `slipway check`: the gates of a version, for continuous integration.

use super::Verdict;
use super::remote::Reach;
use super::say::Say;
use anyhow::Result;
use clap::Args;
use contract::urls;
use contract::verdict::State;
use contract::views::gates::GatesView;
use std::fmt::Write;

#[derive(Args)]
pub struct Check {
    model: String,
    version: u32,
}

impl Check {
    pub fn run(self, reach: &Reach, say: &Say) -> Result<Verdict> {
        let path = format!("/api/v1/models/{}/versions/{}/gates", urls::encode(&self.model), self.version);
        let view: GatesView = reach.connect().post(&path, &serde_json::json!({}))?;
        say.answer(&view, || table(&view))?;
        Ok(if view.state == State::Ok { Verdict::Yes } else { Verdict::No })
    }
}

fn table(view: &GatesView) -> String {
    let width = view.gates.iter().map(|gate| gate.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for gate in &view.gates {
        let advice = if gate.required { "" } else { "  (advice)" };
        // Writing to a text cannot fail.
        let _ =
            writeln!(text, "{:<16}  {:<width$}  {}  needed {}{advice}", gate.verdict_words(), gate.name, gate.value, gate.needed);
    }
    text.push_str(&view.summary);
    text
}
