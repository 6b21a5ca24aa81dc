//! `slipway rollout …` and `slipway rollback`: releasing and going back, by the deployment's name.

use super::Verdict;
use super::remote::{Reach, Remote};
use super::say::Say;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use contract::inputs::{DriveRollout, RolloutAct};
use contract::rollout::{RolloutPlan, RolloutState};
use contract::urls;
use contract::views::deployment::DeploymentSummary;
use contract::views::rollouts::{ReleaseLine, RolloutSummary, RolloutView, StepState};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Rollout {
    /// Give a version a growing share of a deployment's requests
    Start {
        deployment: String,
        version: u32,
        /// Steps and guardrails as JSON; 1, 5, 25, 50 and 100 percent otherwise
        #[arg(long, value_name = "FILE.json")]
        plan: Option<PathBuf>,
        #[arg(long)]
        reason: String,
    },
    /// Where the newest rollout of a deployment stands; exits with 1 if it was rolled back or aborted
    Status { deployment: String },
    /// Stay at the present step
    Pause(Act),
    /// Go on
    Resume(Act),
    /// Take the next step now
    Advance(Act),
    /// Give up: the stable version answers everything again
    Abort(Act),
}

#[derive(Args)]
pub struct Act {
    deployment: String,
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub struct Rollback {
    deployment: String,
    /// The version to go back to
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    #[arg(long)]
    reason: String,
}

#[derive(Deserialize)]
struct Lines {
    items: Vec<ReleaseLine>,
}

impl Rollout {
    pub fn run(self, reach: &Reach, say: &Say) -> Result<Verdict> {
        let remote = reach.connect();
        match self {
            Rollout::Start { deployment, version, plan, reason } => {
                let plan: RolloutPlan = match plan {
                    None => RolloutPlan::default(),
                    Some(file) => {
                        let text = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
                        serde_json::from_slice(&text).with_context(|| format!("{} is not a rollout plan", file.display()))?
                    }
                };
                let body = json!({ "deployment": deployment, "version": version, "plan": plan, "reason": reason });
                let started: RolloutSummary = remote.post("/api/v1/rollouts", &body)?;
                say.answer(&started, || {
                    format!(
                        "Version {} of {} starts at {}%. {}",
                        started.canary, started.deployment, started.weight, started.reason
                    )
                })?;
                Ok(Verdict::Yes)
            }
            Rollout::Status { deployment } => {
                let view = newest(&remote, &deployment)?;
                say.answer(&view, || words(&view))?;
                Ok(if matches!(view.phase, RolloutState::RolledBack | RolloutState::Aborted) {
                    Verdict::No
                } else {
                    Verdict::Yes
                })
            }
            Rollout::Pause(act) => drive(&remote, say, act, RolloutAct::Pause),
            Rollout::Resume(act) => drive(&remote, say, act, RolloutAct::Resume),
            Rollout::Advance(act) => drive(&remote, say, act, RolloutAct::Advance),
            Rollout::Abort(act) => drive(&remote, say, act, RolloutAct::Abort),
        }
    }
}

impl Rollback {
    pub fn run(self, reach: &Reach, say: &Say) -> Result<Verdict> {
        let path = format!("/api/v1/deployments/{}/rollback", urls::encode(&self.deployment));
        let now: DeploymentSummary = reach.connect().post(&path, &json!({ "to": self.to, "reason": self.reason }))?;
        say.answer(&now, || match now.stable {
            Some(version) => format!("Version {version} answers all requests of {}.", now.name),
            None => format!("{} has no stable version.", now.name),
        })?;
        Ok(Verdict::Yes)
    }
}

fn newest(remote: &Remote, deployment: &str) -> Result<RolloutView> {
    let lines: Lines = remote.get(&format!("/api/v1/rollouts?deployment={}&limit=1", urls::encode(deployment)))?;
    let Some(line) = lines.items.first() else { bail!("{deployment} has had no rollout") };
    remote.get(&format!("/api/v1/rollouts/{}", line.id))
}

fn drive(remote: &Remote, say: &Say, Act { deployment, reason }: Act, act: RolloutAct) -> Result<Verdict> {
    let rollout = newest(remote, &deployment)?;
    let view: RolloutView = remote.post(&format!("/api/v1/rollouts/{}/acts", rollout.id), &DriveRollout { act, reason })?;
    say.answer(&view, || words(&view))?;
    Ok(Verdict::Yes)
}

fn words(view: &RolloutView) -> String {
    let mut text = format!(
        "{}: version {} against {}, {}\n",
        view.deployment,
        view.canary,
        view.stable,
        view.phase.word().replace('_', " ")
    );
    for step in &view.steps {
        let mark = match step.state {
            StepState::Done => "✓",
            StepState::Current => "→",
            StepState::Todo => "·",
            StepState::Stopped => "✗",
        };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {mark} {:<8} {}", step.title, step.conditions);
    }
    for tile in &view.guardrails {
        let _ = writeln!(text, "  {:<20} {:<16} {}", tile.name, tile.verdict, tile.compared);
    }
    text.push_str(&view.answer.headline);
    text
}
