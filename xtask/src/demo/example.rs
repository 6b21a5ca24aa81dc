//! An example as it lies in `examples/`: what `model.json` says, and the tables beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// `model.json`, as far as the demo reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct Example {
    pub name: String,
    pub task: String,
    pub label: String,
    #[serde(default)]
    pub positive_class: Option<serde_json::Value>,
    pub owner_team: String,
    pub description: String,
    pub intended_use: String,
    pub must_not_be_used_for: Vec<String>,
    #[serde(default)]
    pub limitations: Vec<String>,
    #[serde(default)]
    pub segments: Vec<String>,
    pub features: Vec<Feature>,
    pub data: Data,
    pub versions: Vec<Version>,
    /// The folder that it was read from.
    #[serde(skip)]
    pub folder: PathBuf,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Feature {
    pub name: String,
    /// Columns that together are this feature: the pixels of an image, say. Itself otherwise.
    #[serde(default)]
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Data {
    pub reference: String,
    pub heldback: String,
    pub live: Traffic,
    #[serde(default)]
    pub live_drifted: Option<Traffic>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Traffic {
    pub requests: String,
    pub outcomes: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Version {
    pub version: u64,
    pub file: String,
    pub notes: String,
    pub training_data: String,
    #[serde(default)]
    pub training_data_sha256: String,
    #[serde(default)]
    pub code_sha256: String,
}

impl Example {
    pub fn read(root: &Path, name: &str) -> Result<Self> {
        let folder = root.join("examples").join(name);
        let file = folder.join("model.json");
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let mut example: Example = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        example.folder = folder;
        Ok(example)
    }

    pub fn bytes(&self, file: &str) -> Result<Vec<u8>> {
        let path = self.folder.join(file);
        std::fs::read(&path).with_context(|| path.display().to_string())
    }

    pub fn version(&self, number: u64) -> Result<&Version> {
        let found = self.versions.iter().find(|version| version.version == number);
        found.with_context(|| format!("examples/{}/model.json has no version {number}", self.name))
    }

    /// Every column that a request carries, in the order of the contract.
    pub fn columns(&self) -> Vec<String> {
        let of =
            |feature: &Feature| if feature.columns.is_empty() { vec![feature.name.clone()] } else { feature.columns.clone() };
        self.features.iter().flat_map(of).collect()
    }

    /// The rows of a traffic file: one value per column of [`Self::columns`], `None` where it is missing.
    pub fn requests(&self, traffic: &Traffic) -> Result<Vec<Vec<Option<String>>>> {
        let mut reader = csv::Reader::from_path(self.folder.join(&traffic.requests))?;
        let header = reader.headers()?.clone();
        let places: Vec<usize> = self
            .columns()
            .iter()
            .map(|column| {
                header.iter().position(|name| name == column).with_context(|| format!("{}: no column {column}", traffic.requests))
            })
            .collect::<Result<_>>()?;
        reader
            .records()
            .map(|record| {
                let record = record?;
                Ok(places.iter().map(|place| record.get(*place).filter(|text| !text.is_empty()).map(str::to_owned)).collect())
            })
            .collect()
    }

    /// For each row of a traffic file its true label and after how many seconds it became known, if it ever did.
    pub fn outcomes(&self, traffic: &Traffic, rows: usize) -> Result<Vec<Option<Known>>> {
        let mut known: Vec<Option<Known>> = vec![None; rows];
        let mut reader = csv::Reader::from_path(self.folder.join(&traffic.outcomes))?;
        for record in reader.records() {
            let record = record?;
            let text = |at: usize| record.get(at).with_context(|| format!("{}: a row with too few columns", traffic.outcomes));
            let (row, label, delay_s) = (text(0)?.parse::<usize>()?, text(1)?.to_owned(), text(2)?.parse::<f64>()?);
            if let Some(place) = known.get_mut(row) {
                *place = Some(Known { label, delay_s });
            }
        }
        Ok(known)
    }
}

/// The truth about one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub label: String,
    pub delay_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    #[test]
    fn every_example_reads_and_its_tables_fit_together() {
        for name in crate::demo::EXAMPLES {
            let example = Example::read(&root(), name).unwrap();
            for traffic in std::iter::once(&example.data.live).chain(&example.data.live_drifted) {
                let rows = example.requests(traffic).unwrap();
                let known = example.outcomes(traffic, rows.len()).unwrap();
                assert!(rows.iter().all(|row| row.len() == example.columns().len()), "{name}");
                assert!(known.iter().flatten().count() > rows.len() / 4, "{name}: too few outcomes to show");
            }
            for version in &example.versions {
                assert!(!example.bytes(&version.file).unwrap().is_empty(), "{name} {}", version.version);
            }
        }
    }

    #[test]
    fn pixels_are_columns_of_one_feature() {
        let digits = Example::read(&root(), "digits").unwrap();
        assert_eq!((digits.features.len(), digits.columns().len()), (1, 64));
    }
}
