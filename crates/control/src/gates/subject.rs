//! What is judged: held-back rows with their truth, and somebody's answers to them.

use crate::datasets::Table;
use contract::{Contract, Task};
use serving::{Label, RowAnswer, Value};

/// Held-back rows whose truth is known.
pub struct Subject {
    pub table: Table,
    /// As the candidate takes them.
    pub records: Vec<Vec<Value>>,
    pub truth: Truth,
    /// Rows that were left out because their label is missing.
    pub unlabelled: u64,
}

/// The true label of every row.
pub enum Truth {
    Classes { names: Vec<String>, positive: Option<String> },
    Values(Vec<f64>),
}

/// One answer per row, by a version or by the simple rule.
pub struct Answers {
    labels: Vec<Label>,
    scores: Vec<Option<f64>>,
    pub invalid: u64,
}

impl Subject {
    /// Rows with a label. `None` if the table does not have the label's column.
    pub fn new(contract: &Contract, table: Table) -> Option<Subject> {
        let label = contract.label_column.as_ref()?;
        let column = table.column(label)?;
        let known = |row: &usize| match contract.task {
            Task::Regression => column.number(*row).is_some(),
            _ => !column.is_missing(*row),
        };
        let rows: Vec<usize> = (0..table.rows).filter(known).collect();
        let truth = match contract.task {
            Task::Regression => Truth::Values(rows.iter().filter_map(|row| column.number(*row)).collect()),
            _ => Truth::Classes {
                names: rows.iter().filter_map(|row| column.text(*row)).collect(),
                positive: contract.positive.clone(),
            },
        };
        let unlabelled = (table.rows - rows.len()) as u64;
        let table = if unlabelled == 0 { table } else { table.only(&rows) };
        let records = table.records(contract);
        Some(Subject { table, records, truth, unlabelled })
    }

    pub fn rows(&self) -> usize {
        self.table.rows
    }

    /// The same with these rows only.
    pub fn only(&self, contract: &Contract, rows: &[usize]) -> Option<Subject> {
        Subject::new(contract, self.table.only(rows))
    }
}

impl Truth {
    pub fn len(&self) -> usize {
        match self {
            Truth::Classes { names, .. } => names.len(),
            Truth::Values(values) => values.len(),
        }
    }

    pub fn class(&self, row: usize) -> Option<&str> {
        match self {
            Truth::Classes { names, .. } => names.get(row).map(String::as_str),
            Truth::Values(_) => None,
        }
    }

    pub fn value(&self, row: usize) -> Option<f64> {
        match self {
            Truth::Classes { .. } => None,
            Truth::Values(values) => values.get(row).copied(),
        }
    }

    pub fn is_positive(&self, row: usize) -> bool {
        match self {
            Truth::Classes { names, positive } => positive.is_some() && names.get(row) == positive.as_ref(),
            Truth::Values(_) => false,
        }
    }

    /// Rows of the positive class, and the others.
    pub fn balance(&self) -> (u64, u64) {
        let yes = (0..self.len()).filter(|row| self.is_positive(*row)).count() as u64;
        (yes, self.len() as u64 - yes)
    }
}

impl Answers {
    pub fn new(answers: Vec<RowAnswer>) -> Self {
        let invalid = answers.iter().filter(|answer| !answer.valid).count() as u64;
        let (labels, scores) = answers.into_iter().map(|answer| (answer.label, answer.score)).unzip();
        Self { labels, scores, invalid }
    }

    pub fn label(&self, row: usize) -> Option<&str> {
        match self.labels.get(row)? {
            Label::Class(class) => Some(class),
            Label::Value(_) => None,
        }
    }

    pub fn value(&self, row: usize) -> Option<f64> {
        self.labels.get(row)?.value()
    }

    pub fn score(&self, row: usize) -> Option<f64> {
        self.scores.get(row).copied().flatten()
    }
}
