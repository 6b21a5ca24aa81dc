//! The pages: rendered complete on the server, then hydrated in the browser. A page loads one view and draws it.

pub mod charts;
pub mod components;
pub mod frame;
pub mod keys;
pub mod live;
pub mod names;
pub mod page_error;
pub mod pages;
pub mod query;
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod theme;
pub mod words;

pub use routes::App;
#[cfg(feature = "ssr")]
pub use shell::shell;

mod routes;
