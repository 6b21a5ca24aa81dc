//! `slipway trial-model`: the child's side of a trial. A model that makes ONNX Runtime crash ends this process, not the server.

use super::Verdict;
use anyhow::{Context, Result};
use clap::Args;
use serving::Runtime;
use std::io::Read;
use std::path::PathBuf;

#[derive(Args)]
pub struct TrialModel {
    /// ONNX Runtime's library
    library: PathBuf,
}

impl TrialModel {
    /// Exits with 1 and a sentence on standard output if the file on standard input is refused.
    pub fn run(self) -> Result<Verdict> {
        let runtime = Runtime::start(&self.library)?;
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read the model from standard input")?;
        let (code, said) = serving::trial::child(&runtime, &bytes);
        print!("{said}");
        Ok(if code == 0 { Verdict::Yes } else { Verdict::No })
    }
}
