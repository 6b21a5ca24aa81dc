//! The server: HTTP at the edge, assembled from the floors below.

pub mod oip;
