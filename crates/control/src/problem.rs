//! From what failed to what is said: the store's errors become the one cause type.

use contract::Problem;

pub type Outcome<T> = Result<T, Problem>;

/// Turns an internal error into a problem; the cause goes to the log, not to the caller.
pub trait IntoProblem<T> {
    fn or_problem(self, doing: &'static str) -> Outcome<T>;
}

impl<T> IntoProblem<T> for store::Result<T> {
    fn or_problem(self, doing: &'static str) -> Outcome<T> {
        self.map_err(|error| match error {
            store::Error::Conflict(message) => {
                tracing::info!(doing, message, "conflict");
                Problem::conflict(format!("{doing}: somebody else was first, or what it refers to is gone."))
            }
            store::Error::Corrupt(what) => {
                tracing::error!(doing, what, "stored data are damaged");
                Problem::internal(format!("{doing} failed: what is stored is damaged ({what}). Nothing was changed."))
            }
            error => {
                tracing::error!(doing, %error, "store failed");
                Problem::internal(format!("{doing} failed in the store. Nothing was changed."))
            }
        })
    }
}
