//! The whole way of a promotion, on both engines.
