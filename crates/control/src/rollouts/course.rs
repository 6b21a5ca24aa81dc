//! A rollout's row as what it means: its plan, when each step was entered, and what each guardrail has shown so far.

use crate::Outcome;
use crate::deployments::version_no;
use contract::rollout::{RolloutPlan, RolloutState, Step};
use contract::{DeploymentName, Millis, ModelName, Problem, RolloutId, VersionNo};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::rollouts::RolloutRow;

/// When a step was entered and left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    pub entered: Millis,
    pub left: Option<Millis>,
}

/// When a guardrail was first within its limit, and when it was worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub within: Option<Millis>,
    pub worse: Option<Millis>,
}

/// A rollout with its JSON read.
#[derive(Clone, Debug)]
pub struct Course {
    pub row: RolloutRow,
    pub id: RolloutId,
    pub deployment: DeploymentName,
    pub model: ModelName,
    pub stable: VersionNo,
    pub canary: VersionNo,
    pub state: RolloutState,
    pub plan: RolloutPlan,
    /// From 0.
    pub step: usize,
    pub times: Vec<StepTime>,
    /// One per guardrail of the plan.
    pub marks: Vec<Mark>,
}

impl Course {
    pub fn read(row: RolloutRow) -> Outcome<Self> {
        let plan: RolloutPlan = kept(&row.id, &row.plan)?;
        let mut marks: Vec<Mark> = kept(&row.id, &row.marks)?;
        marks.resize(plan.guardrails.len(), Mark::default());
        Ok(Self {
            id: row.id.as_str().into(),
            deployment: row.deployment.as_str().into(),
            model: row.model.as_str().into(),
            stable: version_no(row.stable),
            canary: version_no(row.canary),
            state: RolloutState::parse(&row.state).ok_or_else(|| unreadable(&row.id))?,
            step: usize::try_from(row.step).unwrap_or(0),
            times: kept(&row.id, &row.steps)?,
            marks,
            plan,
            row,
        })
    }

    pub fn current(&self) -> Option<&Step> {
        self.plan.steps.get(self.step)
    }

    /// Percent of requests for the canary now.
    pub fn weight(&self) -> f64 {
        if self.state.ended() { 0.0 } else { self.current().map_or(0.0, |step| step.weight) }
    }

    pub fn started(&self) -> Millis {
        Millis(self.row.started_at)
    }

    /// When the current step was entered.
    pub fn entered(&self) -> Millis {
        self.times.last().map_or(self.started(), |time| time.entered)
    }

    /// Goes to the next step.
    pub fn advance(&mut self, at: Millis) {
        self.leave(at);
        self.step += 1;
        self.times.push(StepTime { entered: at, left: None });
    }

    pub fn end(&mut self, state: RolloutState, at: Millis) {
        self.leave(at);
        self.state = state;
        self.row.ended_at = Some(at.0);
    }

    fn leave(&mut self, at: Millis) {
        if let Some(time) = self.times.last_mut() {
            time.left.get_or_insert(at);
        }
    }

    /// The row to write.
    pub fn to_row(&self, reason: &str, at: Millis) -> RolloutRow {
        RolloutRow {
            state: self.state.word().to_owned(),
            step: i64::try_from(self.step).unwrap_or(i64::MAX),
            reason: reason.to_owned(),
            steps: json(&self.times),
            marks: json(&self.marks),
            updated_at: at.0,
            ..self.row.clone()
        }
    }
}

/// When each step of an open rollout was entered.
pub(crate) fn entered_of(row: &RolloutRow) -> Outcome<Vec<Millis>> {
    let times: Vec<StepTime> = kept(&row.id, &row.steps)?;
    Ok(times.into_iter().map(|time| time.entered).collect())
}

pub(super) fn json<T: Serialize>(value: &T) -> String {
    // Plain structs of numbers and texts always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn kept<T: DeserializeOwned>(id: &str, json: &str) -> Outcome<T> {
    serde_json::from_str(json).map_err(|error| {
        tracing::error!(rollout = id, %error, "a stored rollout cannot be read");
        unreadable(id)
    })
}

fn unreadable(id: &str) -> Problem {
    Problem::internal(format!("The stored rollout {id} cannot be read."))
}
