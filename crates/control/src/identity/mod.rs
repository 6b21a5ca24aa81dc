//! Who somebody is: signing in, people, tokens, and the demo's made-up people.

mod actors;
mod attempts;
mod demo;
mod me;
mod password;
mod sign_in;
mod tokens;
mod users;

pub use actors::{actor_by_token, actor_by_user};
pub use demo::{DemoPerson, seed_demo};
pub use me::{me, sign_in_view};
pub use password::check_own as check_own_password;
pub use sign_in::{sign_in, sign_out};
pub use tokens::{create_token, create_token_for, list_tokens, revoke_token};
pub use users::{create_user, list_users};

#[cfg(test)]
mod tests;
