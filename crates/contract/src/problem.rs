//! One cause type for everything that can go wrong; each protocol's edge words it in its own dialect.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why something was refused or failed. The stable part of an error: its `type` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The input is wrong; `errors` names the fields.
    Invalid,
    /// The input is right, but not in this state.
    Conflict,
    /// Nobody is signed in, or the token is not valid.
    Unauthenticated,
    /// Signed in, without the role.
    Forbidden,
    /// A policy asks for sign-offs first.
    NeedsApproval,
    /// Larger than the limit.
    TooLarge,
    /// Overloaded, or not ready; worth another try.
    Busy,
    /// The caller's own deadline has passed.
    TooLate,
    /// Our fault; the detail stays in the log.
    Internal,
}

impl ProblemKind {
    /// HTTP status that says the same.
    pub fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Invalid => 400,
            Self::Conflict => 409,
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::NeedsApproval => 403,
            Self::TooLarge => 413,
            Self::Busy => 503,
            Self::TooLate => 504,
            Self::Internal => 500,
        }
    }

    /// Last segment of the stable `type` URI.
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NeedsApproval => "needs-approval",
            Self::TooLarge => "too-large",
            Self::Busy => "busy",
            Self::TooLate => "too-late",
            Self::Internal => "internal",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Invalid => "The input is not valid",
            Self::Conflict => "Not possible in this state",
            Self::Unauthenticated => "Sign in first",
            Self::Forbidden => "Your role does not allow this",
            Self::NeedsApproval => "Sign-offs are needed first",
            Self::TooLarge => "Too large",
            Self::Busy => "Busy, try again",
            Self::TooLate => "The deadline has passed",
            Self::Internal => "Something failed on our side",
        }
    }
}

/// What is wrong with one field of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// A failure as people and programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// A sentence: what is wrong, with the values, and the next step.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds after which another try is worth it; only with `Busy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), request_id: None, retry_after: None }
    }
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Invalid, detail)
    }
    /// Invalid because of one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::invalid(message.clone());
        problem.errors.push(FieldError { field: field.into(), message });
        problem
    }
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Conflict, detail)
    }
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unauthenticated, detail)
    }
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Forbidden, detail)
    }
    pub fn needs_approval(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NeedsApproval, detail)
    }
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::TooLarge, detail)
    }
    pub fn busy(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Busy, detail)
    }
    /// Busy, and worth another try after so many seconds.
    pub fn later(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::busy(detail) }
    }
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Internal, detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)
    }
}

impl std::error::Error for Problem {}
