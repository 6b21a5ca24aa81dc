//! The pages, in the order in which the navigation lists them.

mod sign_in;
mod not_found;
mod styleguide;

pub use not_found::NotFound;
pub use sign_in::SignInPage;
pub use styleguide::StyleguidePage;
