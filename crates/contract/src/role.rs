//! Roles and what each may do: one table, read by every floor.

use serde::{Deserialize, Serialize};

/// What a person or a token is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything but changes nothing.
    Viewer,
    /// Reads reports, comments, objects.
    Stakeholder,
    /// Registers versions, runs gates, asks for promotion, drives rollouts.
    Engineer,
    /// Signs promotions; may stop and roll back.
    Approver,
    /// On call: sees everything, acknowledges alerts, pauses and rolls back.
    Oncall,
    Admin,
}

/// One kind of act that a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Look at models, deployments, monitoring, audit.
    View,
    /// Read a shared report.
    ReadReport,
    /// Register models and versions, upload datasets, edit contracts and deployments.
    Register,
    RunGates,
    RequestPromotion,
    /// Sign or reject an approval (never one's own version).
    Approve,
    /// Start, pause, resume, advance a rollout.
    DriveRollout,
    /// Abort, roll back: open to whoever may stop harm.
    StopRollout,
    AcknowledgeAlert,
    SendOutcomes,
    /// Tell of a change that another system has made.
    PostEvent,
    /// Open, lead, note and close incidents.
    HandleIncident,
    ShareReport,
    ManagePeople,
}

impl Role {
    pub const ALL: [Role; 6] = [Role::Viewer, Role::Stakeholder, Role::Engineer, Role::Approver, Role::Oncall, Role::Admin];

    pub fn may(self, act: Act) -> bool {
        use Act::*;
        match self {
            Role::Admin => true,
            Role::Viewer => matches!(act, View | ReadReport),
            Role::Stakeholder => matches!(act, ReadReport | View),
            Role::Engineer => matches!(
                act,
                View | ReadReport
                    | Register
                    | RunGates
                    | RequestPromotion
                    | DriveRollout
                    | StopRollout
                    | AcknowledgeAlert
                    | SendOutcomes
                    | ShareReport
                    | PostEvent
                    | HandleIncident
            ),
            Role::Approver => matches!(
                act,
                View | ReadReport | Approve | StopRollout | AcknowledgeAlert | ShareReport | PostEvent | HandleIncident
            ),
            Role::Oncall => matches!(
                act,
                View | ReadReport | StopRollout | DriveRollout | AcknowledgeAlert | SendOutcomes | PostEvent | HandleIncident
            ),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Stakeholder => "stakeholder",
            Role::Engineer => "engineer",
            Role::Approver => "approver",
            Role::Oncall => "oncall",
            Role::Admin => "admin",
        }
    }

    pub fn parse(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        for (role, act, may) in [
            (Role::Engineer, Act::Approve, false),
            (Role::Approver, Act::Approve, true),
            (Role::Approver, Act::Register, false),
            (Role::Oncall, Act::StopRollout, true),
            (Role::Viewer, Act::DriveRollout, false),
            (Role::Stakeholder, Act::ReadReport, true),
            (Role::Stakeholder, Act::StopRollout, false),
            (Role::Oncall, Act::HandleIncident, true),
            (Role::Engineer, Act::PostEvent, true),
            (Role::Viewer, Act::PostEvent, false),
            (Role::Stakeholder, Act::HandleIncident, false),
            (Role::Admin, Act::ManagePeople, true),
        ] {
            assert_eq!(role.may(act), may, "{role} {act:?}");
        }
    }

    #[test]
    fn words_round_trip() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.word()), Some(role));
        }
    }
}
