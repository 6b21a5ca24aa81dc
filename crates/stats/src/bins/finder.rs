//! Finding the bin of a number without searching all edges.

use super::NumericBaseline;

/// Cells of the table per bin.
const FINENESS: usize = 8;

/// A table over the range of the edges, evenly divided: for each part the first bin that a value in it may have. Then a few
/// steps remain. The bins are exactly those of [`NumericBaseline::bin`].
#[derive(Debug, Clone, PartialEq)]
pub struct Finder {
    low: f64,
    scale: f64,
    first: Vec<u16>,
    /// The baseline's edges, and one that no value reaches.
    edges: Vec<f64>,
}

impl Finder {
    /// Of a baseline's edges.
    pub fn new(baseline: &NumericBaseline) -> Self {
        let edges = &baseline.edges;
        let parts = (edges.len() * FINENESS).max(1);
        // The middle nine tenths of the edges are divided: one far edge would else put all others into one part.
        let at = |share: f64| edges.get(((edges.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0.0);
        let (low, high) = (at(0.02), at(0.98));
        let scale = parts as f64 / (high - low);
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 0.0 };
        let padded = edges.iter().copied().chain([f64::INFINITY]).collect();
        let mut finder = Self { low, scale, first: vec![0; parts], edges: padded };
        // The first bin of a part is that of the first edge which the same arithmetic puts into it or into a later one.
        let mut edge = 0;
        for part in 0..parts {
            while edge < edges.len() && finder.part(edges[edge]) < part {
                edge += 1;
            }
            finder.first[part] = edge as u16;
        }
        finder
    }

    /// Bins of the baseline that it was made for.
    pub fn bins(&self) -> usize {
        self.edges.len()
    }

    #[inline]
    fn part(&self, x: f64) -> usize {
        // A cast saturates: what lies below is in the first part.
        (((x - self.low) * self.scale) as usize).min(self.first.len() - 1)
    }

    /// The bin of a finite value.
    #[inline]
    pub fn find(&self, x: f64) -> usize {
        let first = usize::from(self.first[self.part(x)]);
        // Nearly every part has one edge at most: a step without a branch, which could not be foretold.
        let bin = first + usize::from(self.edges[first] <= x);
        if self.edges[bin] > x { bin } else { self.search(bin, x) }
    }

    #[cold]
    fn search(&self, from: usize, x: f64) -> usize {
        let near = self.edges[from..].iter().take(16).position(|edge| *edge > x);
        from + near.unwrap_or_else(|| self.edges[from..].partition_point(|edge| *edge <= x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::NumericWindow;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -10.0..10.0f64,
            2 => (-3i32..4).prop_map(f64::from),
            1 => prop::num::f64::ANY,
            1 => Just(1e300),
        ]
    }

    proptest! {
        #[test]
        fn counts_the_same_as_one_by_one(reference in prop::collection::vec(value(), 0..600), values in prop::collection::vec(value(), 0..300)) {
            let baseline = NumericBaseline::fit(&reference, 200);
            let finder = Finder::new(&baseline);
            let (mut one, mut all, mut bins) = (NumericWindow::new(&baseline), NumericWindow::new(&baseline), Vec::new());
            values.iter().for_each(|x| one.add(&baseline, *x));
            all.add_all(&baseline, &finder, &values, Some(&mut bins));
            prop_assert_eq!(&one, &all);
            for (x, bin) in values.iter().zip(bins) {
                let expected = if x.is_finite() { baseline.bin(*x) } else { baseline.counts.len() };
                prop_assert_eq!(usize::from(bin), expected);
            }
        }
    }
}
