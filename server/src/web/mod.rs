//! What is around every handler: who asks, from where, under which request id, and how an answer is dressed.

pub mod headers;
pub mod origin;
pub mod pages;
pub mod refused;
pub mod request_id;
pub mod sessions;
pub mod site;
pub mod tokens;
pub mod typed;
pub mod upload;
pub mod who;
