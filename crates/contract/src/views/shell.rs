//! What every page knows of the reader, and the page on which one signs in.

use crate::ids::UserId;
use crate::role::Role;
use serde::{Deserialize, Serialize};

/// The signed-in person, as the frame of every page shows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// Goes into every form; the server refuses a form without it.
    pub csrf: String,
    /// Things that wait for this person.
    pub inbox_count: u32,
    /// Alerts that fire now, over all deployments.
    pub alerts_count: u32,
    /// `demo`, `staging`, `production` …, as configured.
    pub environment: String,
}

/// The sign-in page. `accounts` is empty outside the demo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInView {
    pub environment: String,
    pub accounts: Vec<DemoAccount>,
}

/// A made-up person of the demo, with a password that no other server accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    pub name: String,
    pub email: String,
    pub password: String,
    pub role: Role,
    /// What to try as this person, one sentence.
    pub does: String,
}
