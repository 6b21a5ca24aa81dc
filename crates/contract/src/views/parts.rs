//! Parts that several views share: the answer at the top of a page, links, points of a series, changes.

use crate::time::Millis;
use crate::verdict::State;
use serde::{Deserialize, Serialize};

/// What a page says first: the state, one finding as a sentence, the evidence as a second, and where to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub state: State,
    pub headline: String,
    pub sentence: String,
    pub link: Option<Link>,
}

impl Answer {
    /// Without a link; an empty `sentence` is left out of the page.
    pub fn new(state: State, headline: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { state, headline: headline.into(), sentence: sentence.into(), link: None }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub text: String,
    pub url: String,
}

/// One point of a series over time; `None` where there was nothing to measure, never zero in its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: Millis,
    pub value: Option<f64>,
}

/// A named line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    pub points: Vec<Point>,
}

/// An estimate with its interval, and the number of rows it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub n: u64,
}

/// Something that happened, to be marked on charts and listed beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub at: Millis,
    /// A finished sentence.
    pub text: String,
    pub who: String,
    pub url: Option<String>,
}

/// A button: whether it may be pressed now by this person, and if not, why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Button<T> {
    pub act: T,
    pub allowed: bool,
    /// A sentence; empty where it is allowed.
    pub why_not: String,
    /// What will happen, as a sentence for the dialog that asks for the reason.
    pub effect: String,
}
