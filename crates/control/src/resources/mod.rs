//! What the machine and the process use: sampled every ten seconds into mergeable minutes, per node and per version.

mod gpu;
mod proc;
pub(crate) mod read;
mod sample;
mod sampler;
mod view;
mod watching;
pub(crate) mod window;

pub use sampler::Sampler;
pub use view::view;

#[cfg(test)]
mod tests;
