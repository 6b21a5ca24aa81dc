//! `slipway push`: a file from the lab becomes a version.

use super::Verdict;
use super::form::Form;
use super::remote::Reach;
use super::say::Say;
use anyhow::{Context, Result};
use clap::Args;
use contract::inputs::RegisterVersion;
use contract::{Task, urls};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Push {
    /// Name of the model; it is made if it is new
    model: String,
    /// The ONNX file
    file: PathBuf,
    /// What it was trained on, or a sample of it: the contract and the baselines come from it
    #[arg(long, value_name = "FILE.csv")]
    reference: Option<PathBuf>,
    /// Rows that training has never seen: the gates judge by them
    #[arg(long, value_name = "FILE.csv")]
    heldback: Option<PathBuf>,
    /// Column that holds the true label
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Class that counts as yes
    #[arg(long, value_name = "CLASS")]
    positive: Option<String>,
    /// binary, multiclass or regression; read from the file and the data otherwise
    #[arg(long, value_parser = task)]
    task: Option<Task>,
    /// Column by whose values quality is reported too (may be repeated)
    #[arg(long = "segment", value_name = "COLUMN")]
    segments: Vec<String>,
    /// Columns of a matrix input, in order
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    features: Vec<String>,
    /// What is new about it
    #[arg(long, default_value = "")]
    notes: String,
    /// Where it comes from: training run, commit, data (may be repeated)
    #[arg(long = "lineage", value_name = "NAME=VALUE", value_parser = pair)]
    lineage: Vec<(String, String)>,
    /// A tag (may be repeated)
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
}

fn task(word: &str) -> Result<Task, String> {
    serde_json::from_value(word.into()).map_err(|_| "binary, multiclass or regression".into())
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "NAME=VALUE".into())
}

/// What the server answers, as far as it is told here.
#[derive(Serialize, Deserialize)]
struct Registered {
    model: String,
    version: u32,
    sha256: String,
    warnings: Vec<String>,
    gates_queued: bool,
}

impl Push {
    pub fn run(self, reach: &Reach, say: &Say) -> Result<Verdict> {
        let meta = RegisterVersion {
            notes: self.notes,
            task: self.task,
            label_column: self.label,
            positive: self.positive,
            segments: self.segments,
            features: self.features,
            tags: self.tags.into_iter().collect(),
            lineage: self.lineage.into_iter().collect(),
        };
        let mut form = Form::new();
        form.add("meta", None, serde_json::to_vec(&meta)?);
        for (name, file) in
            [("file", Some(&self.file)), ("reference", self.reference.as_ref()), ("heldback", self.heldback.as_ref())]
        {
            if let Some(file) = file {
                form.add(
                    name,
                    Some(&file_name(file)),
                    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
                );
            }
        }
        let (kind, body) = form.encode();
        let path = format!("/api/v1/models/{}/versions", urls::encode(&self.model));
        let done: Registered = reach.connect().send(&path, &kind, &body)?;
        say.answer(&done, || words(&done))?;
        Ok(Verdict::Yes)
    }
}

fn words(done: &Registered) -> String {
    let mut lines = vec![format!("{} version {} is registered (sha256 {}).", done.model, done.version, done.sha256)];
    lines.extend(done.warnings.iter().map(|warning| format!("Note: {warning}")));
    if done.gates_queued {
        lines.push(format!("Its gates run now: slipway check {} {}", done.model, done.version));
    }
    lines.join("\n")
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
