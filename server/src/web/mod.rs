//! What is around every handler: who asks, from where, under which request id, and how an answer is dressed.

pub mod refused;
pub mod request_id;
pub mod headers;
pub mod origin;
pub mod sessions;
pub mod tokens;
pub mod who;
pub mod pages;
pub mod upload;
pub mod site;
