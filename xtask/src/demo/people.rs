//! The people of the demo. The server makes them, and only in a demo; here they are read and remembered.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    pub email: String,
    pub password: String,
    pub role: String,
    pub token: String,
}

/// The person of a role.
pub fn with_role<'a>(people: &'a [Person], role: &str) -> Result<&'a Person> {
    people.iter().find(|person| person.role == role).with_context(|| format!("the demo has no {role}"))
}
