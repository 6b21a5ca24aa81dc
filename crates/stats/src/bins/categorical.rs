//! Categories of a reference, and windows counted over them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Mismatch;

/// Categories a baseline keeps by name; rarer ones are summed up as `other`.
pub const CATEGORIES_KEPT: usize = 200;
/// New values that a window keeps by name.
pub const UNSEEN_NAMED: usize = 50;
/// Longest name of a new value, in bytes; longer ones are cut, so that a hostile client cannot fill the memory.
const NAME_BYTES: usize = 120;

/// Frozen category counts of one feature of the reference rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CategoricalBaseline {
    /// Names and counts, the most frequent first, equal counts by name; at most [`CATEGORIES_KEPT`].
    pub categories: Vec<(String, u64)>,
    /// Rows of the categories that are not kept by name.
    pub other: u64,
    /// Rows that had a value.
    pub n: u64,
    /// Rows without a value.
    pub missing: u64,
    /// Positions in `categories`, sorted by name: a search instead of a map that would have to be rebuilt on load.
    by_name: Vec<u32>,
}

impl CategoricalBaseline {
    /// Counts the values of the reference rows; `None` is a missing value. Without rows all counts are 0.
    pub fn fit<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        let mut baseline = Self::default();
        for value in values {
            match value {
                Some(name) => {
                    *counts.entry(name).or_default() += 1;
                    baseline.n += 1;
                }
                None => baseline.missing += 1,
            }
        }
        let mut sorted: Vec<(&str, u64)> = counts.into_iter().collect();
        sorted.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        baseline.other = sorted.iter().skip(CATEGORIES_KEPT).map(|(_, count)| count).sum();
        baseline.categories = sorted.into_iter().take(CATEGORIES_KEPT).map(|(name, count)| (name.to_owned(), count)).collect();
        baseline.sort_by_name();
        baseline
    }

    /// Gives every category another name, each in its place: windows over the baseline stay comparable.
    pub fn rename(&mut self, name: impl Fn(&str) -> String) {
        for (old, _) in &mut self.categories {
            *old = name(old);
        }
        self.sort_by_name();
    }

    fn sort_by_name(&mut self) {
        let categories = &self.categories;
        self.by_name = (0..categories.len() as u32).collect();
        self.by_name.sort_unstable_by(|&a, &b| categories[a as usize].0.cmp(&categories[b as usize].0));
    }

    /// Position of a category among [`Self::categories`], `None` for one that is not kept by name.
    pub fn index(&self, name: &str) -> Option<usize> {
        let name_at = |position: u32| self.categories.get(position as usize).map_or("", |c| c.0.as_str());
        let found = self.by_name.binary_search_by(|&position| name_at(position).cmp(name)).ok()?;
        Some(self.by_name[found] as usize)
    }

    /// True when the reference had only one category.
    pub fn is_constant(&self) -> bool {
        self.categories.len() == 1 && self.other == 0
    }

    /// True when every category of the reference is kept by name, so that a name that is not found is truly new.
    pub fn is_complete(&self) -> bool {
        self.other == 0
    }
}

/// Category counts of live rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CategoricalWindow {
    /// Counts in the order of the baseline's categories.
    pub counts: Vec<u64>,
    /// Rows with a value that the baseline does not keep by name.
    pub unseen_total: u64,
    /// The first [`UNSEEN_NAMED`] of those values by name (not by time, so that any order of rows keeps the same).
    pub unseen: BTreeMap<String, u64>,
    /// Rows that had a value.
    pub n: u64,
    /// Rows without a value.
    pub missing: u64,
}

impl CategoricalWindow {
    /// An empty window over the baseline.
    pub fn new(baseline: &CategoricalBaseline) -> Self {
        Self { counts: vec![0; baseline.categories.len()], ..Self::default() }
    }

    /// Counts one value; `None` is a missing value.
    pub fn add(&mut self, baseline: &CategoricalBaseline, value: Option<&str>) {
        let Some(name) = value else {
            self.missing += 1;
            return;
        };
        self.n += 1;
        match baseline.index(name).and_then(|i| self.counts.get_mut(i)) {
            Some(count) => *count += 1,
            None => {
                self.unseen_total += 1;
                self.add_unseen(name, 1);
            }
        }
    }

    /// Counts a value that `rows` rows have: the same as so many times [`Self::add`].
    pub fn add_many(&mut self, baseline: &CategoricalBaseline, name: &str, rows: u64) {
        if rows == 0 {
            return;
        }
        self.n += rows;
        match baseline.index(name).and_then(|i| self.counts.get_mut(i)) {
            Some(count) => *count += rows,
            None => {
                self.unseen_total += rows;
                self.add_unseen(name, rows);
            }
        }
    }

    /// Adds the rows of another window over the same baseline. Exact in any order: counts are integers, and the names
    /// kept are the smallest of the union.
    pub fn merge(&mut self, other: &Self) -> Result<(), Mismatch> {
        if self.counts.len() != other.counts.len() {
            return Err(Mismatch);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.unseen_total += other.unseen_total;
        self.n += other.n;
        self.missing += other.missing;
        for (name, count) in &other.unseen {
            self.add_unseen(name, *count);
        }
        Ok(())
    }

    fn add_unseen(&mut self, name: &str, count: u64) {
        let name = &name[..name.floor_char_boundary(NAME_BYTES)];
        if let Some(known) = self.unseen.get_mut(name) {
            *known += count;
            return;
        }
        let full = self.unseen.len() >= UNSEEN_NAMED;
        if full && self.unseen.last_key_value().is_some_and(|(last, _)| last.as_str() < name) {
            return;
        }
        self.unseen.insert(name.to_owned(), count);
        if full {
            self.unseen.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(baseline: &CategoricalBaseline, values: &[Option<String>]) -> CategoricalWindow {
        let mut window = CategoricalWindow::new(baseline);
        values.iter().for_each(|v| window.add(baseline, v.as_deref()));
        window
    }

    fn value() -> impl Strategy<Value = Option<String>> {
        prop_oneof![
            1 => Just(None),
            5 => (0u32..5).prop_map(|i| Some(format!("c{i}"))),
            5 => (0u32..200).prop_map(|i| Some(format!("new{i}"))),
        ]
    }

    proptest! {
        #[test]
        fn any_split_in_any_order_counts_the_same(
            values in prop::collection::vec(value(), 0..400),
            order in any::<u64>(),
            cuts in prop::collection::vec(0usize..400, 0..5),
        ) {
            let baseline = CategoricalBaseline::fit([Some("c0"), Some("c1"), Some("c1"), None]);
            let whole = counted(&baseline, &values);
            let mut by_name: BTreeMap<&str, u64> = BTreeMap::new();
            values.iter().flatten().for_each(|name| *by_name.entry(name).or_default() += 1);
            let mut at_once = CategoricalWindow { missing: whole.missing, ..CategoricalWindow::new(&baseline) };
            by_name.iter().for_each(|(name, rows)| at_once.add_many(&baseline, name, *rows));
            prop_assert_eq!(&at_once, &whole);
            let mut shuffled = values.clone();
            crate::rng::SplitMix64::new(order).shuffle(&mut shuffled);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(values.len())).collect();
            cuts.extend([0, values.len()]);
            cuts.sort_unstable();
            let mut merged = CategoricalWindow::new(&baseline);
            for pair in cuts.windows(2).rev() {
                merged.merge(&counted(&baseline, &shuffled[pair[0]..pair[1]])).unwrap();
            }
            prop_assert_eq!(&merged, &whole);
            let stored: CategoricalWindow =
                serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
            prop_assert_eq!(stored, whole);
        }
    }

    #[test]
    fn frequent_first_and_the_rest_is_other() {
        let names: Vec<String> = (0..300).flat_map(|i| std::iter::repeat_n(format!("k{i}"), 301 - i)).collect();
        let baseline = CategoricalBaseline::fit(names.iter().map(|n| Some(n.as_str())).chain([None]));
        assert_eq!(baseline.categories.len(), CATEGORIES_KEPT);
        assert_eq!(baseline.categories[0], ("k0".to_owned(), 301));
        assert_eq!(baseline.other, (200..300).map(|i| 301 - i).sum::<u64>());
        assert_eq!((baseline.n, baseline.missing), (names.len() as u64, 1));
        for (position, (name, _)) in baseline.categories.iter().enumerate() {
            assert_eq!(baseline.index(name), Some(position));
        }
        assert_eq!(baseline.index("k250"), None);
        assert!(!baseline.is_complete());
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        let baseline = CategoricalBaseline::fit([Some("a")]);
        let mut window = CategoricalWindow::new(&baseline);
        window.add(&baseline, Some(&"é".repeat(1000)));
        assert_eq!(window.unseen.keys().next().map(String::len), Some(120));
    }

    #[test]
    fn different_baselines_do_not_merge() {
        let one = CategoricalWindow::new(&CategoricalBaseline::fit([Some("a")]));
        let two = CategoricalWindow::new(&CategoricalBaseline::fit([Some("a"), Some("b")]));
        assert_eq!(one.clone().merge(&two), Err(Mismatch));
    }
}
