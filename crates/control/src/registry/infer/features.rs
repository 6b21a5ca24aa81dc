//! Names, types, ranges and categories of the features.

use super::{Known, pii};
use crate::datasets::ColumnProfile;
use crate::words;
use contract::spec::{OnViolation, Pii};
use contract::{DataType, Feature, FeatureKind, Layout, Problem};

/// More distinct texts than this are free text, not categories.
const CATEGORIES: u64 = 50;
/// Elements of a tensor beyond this are not named.
const NAMED: usize = 512;

/// The names as the file, somebody, or the version before give them; `None` if only the reference data can tell.
pub fn declared(known: &Known<'_>, layout: &Layout, width: Option<usize>) -> Result<Option<Vec<String>>, Problem> {
    if *layout == Layout::Columns {
        return Ok(Some(known.inputs.iter().map(|input| input.name.clone()).collect()));
    }
    let said = &known.said.features;
    if !said.is_empty() {
        if let Some(width) = width.filter(|width| *width != said.len()) {
            return Err(Problem::field(
                "features",
                format!("{} names for an input that takes {width} values a row.", said.len()),
            ));
        }
        if let Some(twice) = said.iter().enumerate().find(|(i, name)| said[..*i].contains(name)) {
            return Err(Problem::field("features", format!("“{}” is named twice.", twice.1)));
        }
        return Ok(Some(said.clone()));
    }
    let previous = known
        .previous
        .filter(|previous| previous.layout == *layout && Some(previous.features.len()) == width && !previous.features.is_empty());
    Ok(previous.map(|previous| previous.features.iter().map(|feature| feature.name.clone()).collect()))
}

/// The columns of the reference data but the label, in order; numbered names without any. Empty for a tensor too large to name.
pub fn from_reference(
    known: &Known<'_>,
    layout: &Layout,
    width: Option<usize>,
    label: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let is_tensor = matches!(layout, Layout::Tensor { .. });
    if is_tensor && width.is_none_or(|width| width > NAMED) {
        return Ok(Vec::new());
    }
    let Some(table) = known.reference else {
        return match width {
            Some(width) => Ok((1..=width).map(|n| format!("x{n}")).collect()),
            None => Err(Problem::field(
                "features",
                "The file does not say how many values a row has. Name the features, or send reference data.",
            )),
        };
    };
    let mut names: Vec<String> = table.names().filter(|name| Some(*name) != label).map(str::to_owned).collect();
    // When rows were is no feature where the model takes one value less.
    if width == Some(names.len().wrapping_sub(1))
        && let Some((clock, _)) = super::super::usual::clock(table, |name| Some(name) == label)
    {
        names.retain(|name| name != clock);
    }
    match width {
        Some(width) if names.len() != width => Err(Problem::field(
            "reference",
            format!(
                "The model takes {width} values a row; the reference data has {} columns{}. Name the features in order, or the label column.",
                names.len(),
                label.map(|label| format!(" besides the label “{label}”")).unwrap_or_default()
            ),
        )),
        _ => Ok(names),
    }
}

/// Whether the reference data has every feature.
pub fn check_reference(known: &Known<'_>, names: &[String]) -> Result<(), Problem> {
    let Some(table) = known.reference else { return Ok(()) };
    let missing: Vec<String> = names.iter().filter(|name| table.column(name).is_none()).map(|name| format!("“{name}”")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let has: Vec<String> = table.names().take(20).map(str::to_owned).collect();
    Err(Problem::field(
        "reference",
        format!("The reference data lacks {}, which the model takes. It has: {}.", words::listed(&missing), has.join(", ")),
    ))
}

/// One feature: its type from the file, its range from the reference data, the rest from the version before.
pub fn feature(name: &str, known: &Known<'_>, layout: &Layout, profile: Option<&ColumnProfile>) -> Feature {
    let before = known.previous.and_then(|previous| previous.feature(name));
    let input = match layout {
        Layout::Columns => known.inputs.iter().find(|input| input.name == name),
        Layout::Matrix { input } | Layout::Tensor { input } => known.inputs.iter().find(|spec| spec.name == *input),
    };
    let kind = kind(input.map_or(DataType::Fp32, |input| input.datatype), profile, before);
    let is_number = matches!(kind, FeatureKind::Number | FeatureKind::Integer);
    let categories = (kind == FeatureKind::Category).then(|| categories(profile, before)).flatten();
    let pii = before.filter(|before| before.pii_confirmed).map_or_else(|| pii::guess(name, profile), |before| before.pii);
    Feature {
        name: name.to_owned(),
        kind,
        nullable: profile.map_or(before.is_none_or(|before| before.nullable), |profile| profile.missing > 0),
        min: profile.filter(|_| is_number).map_or(before.and_then(|before| before.min), |profile| profile.min),
        max: profile.filter(|_| is_number).map_or(before.and_then(|before| before.max), |profile| profile.max),
        categories,
        pii,
        pii_confirmed: before.is_some_and(|before| before.pii_confirmed && before.pii == pii)
            || (pii == Pii::None && before.is_some_and(|b| b.pii_confirmed)),
        unit: before.and_then(|before| before.unit.clone()),
        description: before.and_then(|before| before.description.clone()),
        on_violation: before.map_or(OnViolation::Count, |before| before.on_violation),
    }
}

fn kind(datatype: DataType, profile: Option<&ColumnProfile>, before: Option<&Feature>) -> FeatureKind {
    match datatype {
        DataType::Fp16 | DataType::Bf16 | DataType::Fp32 | DataType::Fp64 => FeatureKind::Number,
        DataType::Bool => FeatureKind::Boolean,
        DataType::Bytes => match profile {
            // Nearly as many texts as rows are free text, however few the rows.
            Some(p) if p.distinct <= CATEGORIES && (p.distinct <= 2 || p.distinct * 2 <= p.rows - p.missing) => {
                FeatureKind::Category
            }
            Some(_) => FeatureKind::Text,
            None => before.map_or(FeatureKind::Text, |before| before.kind),
        },
        _ => FeatureKind::Integer,
    }
}

/// In alphabetical order.
fn categories(profile: Option<&ColumnProfile>, before: Option<&Feature>) -> Option<Vec<String>> {
    match profile {
        Some(profile) => {
            let mut names: Vec<String> = profile.frequent.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            Some(names)
        }
        None => before.and_then(|before| before.categories.clone()),
    }
}
