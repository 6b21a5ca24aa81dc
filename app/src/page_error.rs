//! The error of every server function: a problem, as people and programs see it.

use contract::{Problem, ProblemKind};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// A [`Problem`] on its way from a server function to a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageError(pub Problem);

/// What loading and acting give.
pub type Outcome<T> = Result<T, PageError>;

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        #[cfg(feature = "ssr")]
        crate::session::answer_with(problem.kind);
        Self(problem)
    }
}

impl std::fmt::Display for PageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for PageError {}

impl FromServerFnError for PageError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::*;
        let problem = match error {
            Request(_) | Response(_) => Problem::new(
                ProblemKind::Busy,
                "The server did not answer. Serving is not affected by this page; try again in a moment.",
            ),
            Args(detail) | MissingArg(detail) => Problem::invalid(format!("The form could not be read: {detail}")),
            Deserialization(_) | Serialization(_) => {
                Problem::new(ProblemKind::Conflict, "The page and the server do not speak the same version. Load the page again.")
            }
            other => Problem::internal(other.to_string()),
        };
        Self(problem)
    }
}
