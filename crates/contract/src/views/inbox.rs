//! The inbox: what waits for the reader, what they asked for, what is done, and what is happening elsewhere.

use crate::verdict::State;
use crate::views::common::When;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxView {
    /// The page's title is the answer: `Two things wait for you`.
    pub title: String,
    pub sentence: String,
    pub waits: Vec<InboxLine>,
    pub asked: Vec<InboxLine>,
    pub done: Vec<InboxLine>,
    /// Not the reader's, but happening: rollouts that run, alerts that fire.
    pub happening: Vec<InboxLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxLine {
    /// `Today`, `This week`, `Later`.
    pub due: String,
    /// `Sign: version 3 of churn for churn`
    pub title: String,
    pub detail: String,
    pub state: State,
    pub state_words: String,
    pub at: When,
    /// `expires 24 March, 09:12`; empty where nothing expires.
    pub until: String,
    pub href: String,
}
