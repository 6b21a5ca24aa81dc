//! What kind of question the model answers, and which answer is "yes".

use crate::compare::columns::Columns;
use crate::compare::options::Options;
use crate::compare::rows::{Dictionary, Input, NONE, Rows, Wanted, number};
use contract::Task;

/// Rows that the problem is guessed from.
const SAMPLE: usize = 8_000;
/// A number with more distinct values is a quantity.
const CLASSES: usize = 20;
/// Answers that mean "yes", the likeliest first.
const YES: [&str; 10] = ["1", "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "positive"];

/// The problem as it was said, or as the reference's labels or predictions look. `None` where there is neither.
pub fn problem(options: &Options, reference: &Input) -> Result<Option<Task>, String> {
    if options.problem.is_some() {
        return Ok(options.problem);
    }
    let head = Rows::open(reference)?;
    let Some(column) = [&options.label, &options.prediction].into_iter().flatten().find(|name| head.names.contains(name)) else {
        return Ok(None);
    };
    let mut dictionaries = [Dictionary::default()];
    head.first(std::slice::from_ref(column), &[Wanted::Code], &mut dictionaries, SAMPLE)?;
    let names: Vec<&str> = (0..dictionaries[0].len()).filter_map(|code| dictionaries[0].name(code as u32)).collect();
    let are_numbers = names.iter().all(|name| number(name.as_bytes()).is_some());
    Ok(Some(match names.len() {
        n if n > CLASSES && are_numbers => Task::Regression,
        0..=2 => Task::Binary,
        _ => Task::Multiclass,
    }))
}

/// The classes of a classifier. Predictions and labels have a dictionary each: these map their codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// By name; of a binary model the positive one is the second.
    pub names: Vec<String>,
    /// For every score column, the class that it is of.
    pub of_scores: Vec<usize>,
    /// Labels and predictions write the same two answers differently: `True` is 1.
    are_truths: bool,
}

/// `1` and `0` for truths in words.
fn truth(name: &str) -> &str {
    match name {
        "true" | "True" | "TRUE" => "1",
        "false" | "False" | "FALSE" => "0",
        other => other,
    }
}

impl Classes {
    /// From the names that labels and predictions have in the reference.
    pub fn find(options: &Options, columns: &Columns, dictionaries: &[Dictionary], is_binary: bool) -> Result<Self, String> {
        let mut names: Vec<String> = [columns.label, columns.prediction]
            .into_iter()
            .flatten()
            .flat_map(|column| (0..dictionaries[column].len()).filter_map(move |code| dictionaries[column].name(code as u32)))
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        let are_truths = is_binary && names.len() > 2 && names.iter().all(|name| matches!(truth(name), "0" | "1"));
        if are_truths {
            names = vec!["0".into(), "1".into()];
        }
        if is_binary {
            let positive = match &options.positive {
                Some(said) if are_truths => Some(truth(said).to_owned()),
                Some(said) => Some(said.clone()),
                None => {
                    YES.iter().find(|yes| names.iter().any(|n| n == *yes)).map(|yes| (*yes).to_owned()).or(names.last().cloned())
                }
            };
            let positive = positive.unwrap_or_else(|| "1".to_owned());
            if !names.is_empty() && !names.contains(&positive) {
                return Err(format!("--positive: no label and no prediction is “{positive}”. There are: {}.", names.join(", ")));
            }
            if names.len() > 2 {
                return Err(format!(
                    "--problem binary: labels and predictions have {} values: {}. Name the problem: multiclass.",
                    names.len(),
                    names.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
                ));
            }
            names.retain(|name| *name != positive);
            let negative = names.pop().unwrap_or_else(|| if positive == "0" { "1".into() } else { "0".into() });
            names = vec![negative, positive];
        }
        // A score column is that of the class whose name it ends with; else they are in the order of the names.
        let columns_of = &options.scores;
        let by_suffix: Option<Vec<usize>> = columns_of
            .iter()
            .map(|column| {
                let fits = |name: &&String| {
                    column.strip_suffix(name.as_str()).is_some_and(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()))
                };
                let best = names.iter().filter(fits).max_by_key(|name| name.len())?;
                names.iter().position(|name| name == best)
            })
            .collect();
        let of_scores = match by_suffix {
            Some(found) if columns_of.len() > 1 => found,
            _ if columns_of.is_empty() => Vec::new(),
            _ if columns_of.len() == 1 => vec![names.len().saturating_sub(1)],
            _ if columns_of.len() == names.len() => (0..names.len()).collect(),
            _ => {
                return Err(format!(
                    "--score: {} columns for {} classes ({}). Name one per class, each ending with the name of its class.",
                    columns_of.len(),
                    names.len(),
                    names.join(", ")
                ));
            }
        };
        Ok(Self { names, of_scores, are_truths })
    }

    /// The class behind a code of one dictionary; `None` for a missing value or an unknown class.
    pub fn of(&self, code: u32, dictionary: &Dictionary) -> Option<usize> {
        if code == NONE {
            return None;
        }
        let name = dictionary.name(code).map(|name| if self.are_truths { truth(name) } else { name })?;
        let same = self.names.iter().position(|class| class == name);
        // The current rows may write them otherwise than the reference.
        same.or_else(|| self.names.iter().position(|class| truth(class) == truth(name)))
    }

    /// The class of every code.
    pub fn table(&self, dictionary: &Dictionary) -> Vec<Option<usize>> {
        (0..dictionary.len()).map(|code| self.of(code as u32, dictionary)).collect()
    }
}
