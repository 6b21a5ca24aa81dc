//! What the live stream carries: which thing changed, so that a page that shows it fetches it again.

use crate::ids::*;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveEvent {
    pub at: Millis,
    pub topic: Topic,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Topic {
    /// Windows of this deployment have new numbers.
    Metrics {
        deployment: DeploymentName,
    },
    Rollout {
        rollout: RolloutId,
        deployment: DeploymentName,
    },
    Alert {
        alert: AlertId,
        deployment: DeploymentName,
    },
    Incident {
        incident: IncidentId,
        deployment: DeploymentName,
    },
    Approval {
        approval: ApprovalId,
        model: ModelName,
    },
    Version {
        model: ModelName,
        version: VersionNo,
    },
    Deployment {
        deployment: DeploymentName,
    },
}

impl Topic {
    /// Name of the server-sent event.
    pub fn event(&self) -> &'static str {
        match self {
            Topic::Metrics { .. } => "metrics",
            Topic::Rollout { .. } => "rollout",
            Topic::Alert { .. } => "alert",
            Topic::Incident { .. } => "incident",
            Topic::Approval { .. } => "approval",
            Topic::Version { .. } => "version",
            Topic::Deployment { .. } => "deployment",
        }
    }
}
