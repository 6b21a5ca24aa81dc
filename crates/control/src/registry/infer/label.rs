//! Which column of the reference data holds the truth.

use super::Known;
use contract::Problem;

/// Names under which exporters and people keep it.
const USUAL: [&str; 6] = ["label", "target", "y", "class", "outcome", "truth"];

/// The column that was said, or that the version before had, or the only one that the model does not take, or one with a usual name.
///
/// `features` are the model's, where they are known already; `width` is how many there must be otherwise.
pub fn column(known: &Known<'_>, features: Option<&[String]>, width: Option<usize>) -> Result<Option<String>, Problem> {
    let Some(table) = known.reference else {
        return Ok(known.said.label_column.clone().or_else(|| known.previous.and_then(|previous| previous.label_column.clone())));
    };
    if let Some(said) = known.said.label_column.as_ref().filter(|said| !said.trim().is_empty()) {
        if table.column(said).is_none() {
            let has: Vec<&str> = table.names().take(20).collect();
            return Err(Problem::field(
                "label_column",
                format!("The reference data has no column “{said}”. It has: {}.", has.join(", ")),
            ));
        }
        return Ok(Some(said.clone()));
    }
    if let Some(before) =
        known.previous.and_then(|previous| previous.label_column.clone()).filter(|before| table.column(before).is_some())
    {
        return Ok(Some(before));
    }
    let strangers: Vec<&str> = match features {
        Some(features) => table.names().filter(|name| !features.iter().any(|feature| feature == name)).collect(),
        // Features are not named yet: there is one column too many, or none.
        None if width.is_none_or(|width| table.columns.len() == width + 1) => table.names().collect(),
        None => Vec::new(),
    };
    let is_output = |name: &&&str| known.outputs.iter().any(|output| output.name == **name);
    let is_usual = |name: &&&str| USUAL.contains(&name.to_lowercase().as_str());
    Ok(match strangers.as_slice() {
        [] => None,
        [only] if features.is_some() => Some((*only).to_owned()),
        many => {
            let named = many.iter().find(is_output).or_else(|| many.iter().find(is_usual));
            // With names still open, the last column is where nearly everybody keeps it.
            named.or_else(|| many.last().filter(|_| features.is_none() && width.is_some())).map(|name| (*name).to_owned())
        }
    })
}
