//! Incidents: all of them in a list, and one with its timeline, suspects, people and post-mortem.

mod acts;
mod incident;
mod list;
mod people;
mod words;

pub use incident::IncidentPage;
pub use list::IncidentsPage;
