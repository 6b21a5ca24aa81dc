//! A numeric feature: frozen bins of the reference, and windows counted over them.

use serde::{Deserialize, Serialize};

use super::cuts;
use super::null::NullTable;
use super::transport;
use super::{Finder, Mismatch, share};
use crate::is_positive;

/// Bits below the standard deviation that sums are kept to: 2^-26 of it, 1.5e-8.
const UNIT_BITS: i32 = 26;
/// Values beyond this are counted as if they lay here, so that no square overflows.
const LARGEST: f64 = 1e150;

/// Frozen statistics of one numeric feature of the reference rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumericBaseline {
    /// Interior edges, ascending. Bin `i` is `[edges[i-1], edges[i])`; the first and the last bin are open and lie
    /// outside the range of the reference.
    pub edges: Vec<f64>,
    /// Rows per bin, `edges.len() + 1` of them.
    pub counts: Vec<u64>,
    /// Per bin, the sum of the distances from [`Self::anchor`], in units of 2^[`Self::unit`].
    pub sums: Vec<f64>,
    /// Positions in `edges` of the reference's deciles, where PSI, Jensen-Shannon and Hellinger regroup the bins.
    pub deciles: Vec<usize>,
    /// Rows that had a finite number.
    pub n: u64,
    /// Rows without one.
    pub missing: u64,
    /// Smallest and largest value, mean, and standard deviation (dividing by n); all 0 without rows.
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    pub std: f64,
    /// All values are the same (or within 1e-160 of each other).
    pub is_constant: bool,
    /// The kurtosis is beyond 20 (a normal variable has 3, an exponential one 9), or one row carries more than a tenth of
    /// the variance. Then rows larger than any in the reference are to be expected, the null distribution of sums cannot
    /// be known from it, and evidence has to come from ranks.
    #[serde(default)]
    pub is_heavy_tailed: bool,
    /// Origin of all sums, next to the mean.
    pub anchor: f64,
    /// Binary exponent of the unit of all sums.
    pub unit: i32,
    /// What chance alone does to the distance of a window.
    pub null: NullTable,
}

impl NumericBaseline {
    /// Freezes the reference. NaN and infinities count as missing. `bins` (default [`super::DEFAULT_BINS`]) is how many
    /// bins the reference is divided into, roughly; at least 10. The order of the values does not matter. Without
    /// values everything is 0 and every window over the baseline is empty.
    pub fn fit(values: &[f64], bins: usize) -> Self {
        let mut sorted: Vec<f64> = values.iter().filter(|x| x.is_finite()).map(|x| x.clamp(-LARGEST, LARGEST) + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let min = sorted.first().copied().unwrap_or(0.0);
        let max = sorted.last().copied().unwrap_or(0.0);
        let (mean, std) = moments(&sorted, min == max);
        // Values so close together that their squares vanish count as one value.
        let is_constant = n > 0 && !is_positive(std);
        let anchor = format!("{mean:.12e}").parse().unwrap_or(mean);
        let scale = if std > 0.0 { std } else { mean.abs().max(1.0) * 1e-3 };
        let cuts = cuts::choose(&sorted, bins.max(10));
        let mut baseline = Self {
            counts: vec![0; cuts.edges.len() + 1],
            sums: vec![0.0; cuts.edges.len() + 1],
            edges: cuts.edges,
            deciles: cuts.deciles,
            n: n as u64,
            missing: (values.len() - n) as u64,
            min,
            max,
            mean,
            std,
            is_constant,
            is_heavy_tailed: is_heavy_tailed(&sorted, mean, std),
            anchor,
            unit: (scale.log2().floor() as i32).clamp(-900, 900) - UNIT_BITS,
            null: NullTable::default(),
        };
        let mut placed = Vec::with_capacity(n);
        for &x in &sorted {
            let (bin, deviation) = (baseline.bin(x), baseline.in_units(x));
            baseline.counts[bin] += 1;
            baseline.sums[bin] += deviation;
            placed.push((bin as u32, deviation));
        }
        if !is_constant {
            let skewness = sorted.iter().map(|x| ((x - mean) / std).powi(3)).sum::<f64>() / n as f64;
            let carrier = transport::Carrier::new(&baseline.edges_in_units(), &baseline.counts, &baseline.sums);
            let std_in_units = baseline.std / baseline.unit_size();
            let mut window = NumericWindow::new(&baseline);
            baseline.null = NullTable::simulate(n, skewness, |positions| {
                window.counts.fill(0);
                window.sums.fill(0.0);
                for &position in positions {
                    let (bin, deviation) = placed[position];
                    window.counts[bin as usize] += 1;
                    window.sums[bin as usize] += deviation;
                }
                carrier.distance(&window.counts, &window.sums).unwrap_or(0.0) / std_in_units
            });
        }
        baseline
    }

    /// The bin that a value falls into.
    pub fn bin(&self, x: f64) -> usize {
        self.edges.partition_point(|edge| *edge <= x)
    }

    /// Mean of the rows that the bins hold, which may be some of those that [`Self::mean`] is of; 0 without any.
    pub fn mean_of_rows(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.anchor + self.sums.iter().sum::<f64>() * self.unit_size() / self.n as f64 }
    }

    /// Raises the null distribution so that past windows in which nothing was wrong fit under it. Random rows of the
    /// reference vary less than real hours or days do; give this the windows of a clean period, ten at least.
    pub fn calibrate(&mut self, clean: &[NumericWindow]) {
        let distances: Vec<(u64, f64)> = clean.iter().filter_map(|w| Some((w.n, self.wasserstein(w)? / self.std))).collect();
        self.null.calibrate(self.n, &distances);
    }

    /// Wasserstein-1 distance in the feature's own unit; `None` when either side has no rows or they do not fit.
    pub(crate) fn wasserstein(&self, window: &NumericWindow) -> Option<f64> {
        if window.counts.len() != self.counts.len() || window.sums.len() != self.sums.len() {
            return None;
        }
        let carrier = transport::Carrier::new(&self.edges_in_units(), &self.counts, &self.sums);
        Some(carrier.distance(&window.counts, &window.sums)? * self.unit_size())
    }

    /// Kolmogorov-Smirnov distance: the largest difference at the edges and at the two ends of the window, where the
    /// reference is taken as even within its bin; `None` when either side has no rows or they do not fit.
    pub(crate) fn kolmogorov_smirnov(&self, window: &NumericWindow) -> Option<f64> {
        if window.counts.len() != self.counts.len() {
            return None;
        }
        let at_edges = transport::kolmogorov_smirnov(&self.counts, &window.counts)?;
        let at_start = window.min.map_or(0.0, |x| self.share_below(x));
        let at_end = window.max.map_or(0.0, |x| 1.0 - self.share_below(cuts::just_above(x)));
        Some(at_edges.max(at_start).max(at_end))
    }

    /// Share of the reference below `x`, even within a bin.
    fn share_below(&self, x: f64) -> f64 {
        let bin = self.bin(x);
        let below: u64 = self.counts[..bin].iter().sum();
        let inside = match (bin.checked_sub(1).map(|i| self.edges[i]), self.edges.get(bin)) {
            // Bins as narrow as that hold one value only.
            (Some(left), Some(right)) if right - left > 1e-13 * x.abs() => (x - left) / (right - left),
            _ => 0.0,
        };
        (below as f64 + inside * self.counts[bin] as f64) / self.n.max(1) as f64
    }

    /// Sums the counts of the fine bins over the bins between the reference's deciles.
    pub(crate) fn by_decile(&self, counts: &[u64]) -> Vec<u64> {
        let mut groups = vec![0; self.deciles.len() + 1];
        for (bin, count) in counts.iter().enumerate() {
            groups[self.deciles.partition_point(|&edge| edge < bin)] += count;
        }
        groups
    }

    fn unit_size(&self) -> f64 {
        power_of_two(self.unit)
    }

    fn in_units(&self, x: f64) -> f64 {
        whole((x - self.anchor) * power_of_two(-self.unit))
    }

    fn edges_in_units(&self) -> Vec<f64> {
        self.edges.iter().map(|edge| (edge - self.anchor) / self.unit_size()).collect()
    }
}

fn is_heavy_tailed(sorted: &[f64], mean: f64, std: f64) -> bool {
    if !is_positive(std) {
        return false;
    }
    let n = sorted.len() as f64;
    let fourth = |x: &f64| ((x - mean) / std).powi(4) / n;
    let farthest = [sorted.first(), sorted.last()].into_iter().flatten().map(|x| (x - mean).abs()).fold(0.0, f64::max);
    sorted.iter().map(fourth).sum::<f64>() > 20.0 || (farthest / std).powi(2) > 0.1 * n.max(30.0)
}

/// 2^exponent, for exponents of ordinary doubles; written out, because this runs once per value.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52)
}

/// The nearest whole number, ties to even: adding 1.5 · 2^52 pushes the fraction out. Larger numbers have none.
fn whole(x: f64) -> f64 {
    const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;
    if x.abs() < (1u64 << 51) as f64 { (x + SHIFT) - SHIFT } else { x }
}

/// Mean and standard deviation (dividing by n), two passes.
fn moments(values: &[f64], is_constant: bool) -> (f64, f64) {
    let n = values.len() as f64;
    match values.first() {
        None => (0.0, 0.0),
        Some(&only) if is_constant => (only, 0.0),
        Some(_) => {
            let mean = values.iter().map(|x| x / n).sum::<f64>();
            let mean = mean + values.iter().map(|x| (x - mean) / n).sum::<f64>();
            (mean, values.iter().map(|x| (x - mean).powi(2) / n).sum::<f64>().sqrt())
        }
    }
}

/// Statistics of one numeric feature over live rows, counted over a [`NumericBaseline`].
///
/// Counts merge exactly, always. Sums are whole numbers of the baseline's unit (2^-26 of the standard deviation), kept
/// in floating point: they too merge to the bit, in any order, while their magnitude stays under 2^53 units, which is
/// 1e8 standard deviations in total; beyond that they hold to 1e-15 of the largest partial sum. Whole numbers also
/// survive JSON unchanged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NumericWindow {
    /// Rows per bin of the baseline.
    pub counts: Vec<u64>,
    /// Per bin, the sum of the distances from the baseline's anchor, in the baseline's unit.
    pub sums: Vec<f64>,
    /// Sum of the squared distances from the anchor, in units of 2^-26 of (2^26 units)².
    pub squares: f64,
    /// Rows that had a finite number.
    pub n: u64,
    /// Rows without one.
    pub missing: u64,
    /// Rows below and above everything in the reference.
    pub below_min: u64,
    pub above_max: u64,
    /// Smallest and largest value; `None` without rows.
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl NumericWindow {
    /// An empty window over the baseline.
    pub fn new(baseline: &NumericBaseline) -> Self {
        let bins = baseline.counts.len();
        Self { counts: vec![0; bins], sums: vec![0.0; bins], ..Self::default() }
    }

    /// Counts one value; NaN and infinities are missing values.
    pub fn add(&mut self, baseline: &NumericBaseline, value: f64) {
        let bin = baseline.bin(value);
        if !value.is_finite() || bin >= self.counts.len() {
            self.missing += 1;
            return;
        }
        let x = value.clamp(-LARGEST, LARGEST);
        let deviation = baseline.in_units(x);
        self.counts[bin] += 1;
        self.sums[bin] += deviation;
        let standardised = (deviation * power_of_two(-UNIT_BITS)).clamp(-1e140, 1e140);
        self.squares += whole(standardised * standardised * power_of_two(UNIT_BITS));
        self.n += 1;
        self.below_min += u64::from(x < baseline.min);
        self.above_max += u64::from(x > baseline.max);
        self.min = Some(self.min.map_or(x, |m| m.min(x)));
        self.max = Some(self.max.map_or(x, |m| m.max(x)));
    }

    /// Counts many values: the same as [`Self::add`] of each, some times quicker. `bins`, where wanted, gets the bin of
    /// every value; the number of bins for a missing one.
    pub fn add_all(&mut self, baseline: &NumericBaseline, finder: &Finder, values: &[f64], mut bins: Option<&mut Vec<u16>>) {
        let none = self.counts.len();
        if finder.bins() != none {
            self.missing += values.len() as u64;
            return;
        }
        let (scale, shrink, grow) = (power_of_two(-baseline.unit), power_of_two(-UNIT_BITS), power_of_two(UNIT_BITS));
        let (mut least, mut most) = (self.min.unwrap_or(f64::INFINITY), self.max.unwrap_or(f64::NEG_INFINITY));
        let (mut missing, mut below, mut above, mut squares) = (0u64, 0u64, 0u64, self.squares);
        let (counts, sums) = (&mut self.counts[..none], &mut self.sums[..none]);
        let mut one = |value: f64| -> usize {
            if !value.is_finite() {
                missing += 1;
                return none;
            }
            let bin = finder.find(value);
            let x = value.clamp(-LARGEST, LARGEST);
            let deviation = whole((x - baseline.anchor) * scale);
            counts[bin] += 1;
            sums[bin] += deviation;
            let standardised = (deviation * shrink).clamp(-1e140, 1e140);
            squares += whole(standardised * standardised * grow);
            below += u64::from(x < baseline.min);
            above += u64::from(x > baseline.max);
            // No NaN: the plain comparison is that of the processor.
            least = if x < least { x } else { least };
            most = if x > most { x } else { most };
            bin
        };
        match &mut bins {
            Some(bins) => bins.extend(values.iter().map(|value| one(*value) as u16)),
            None => values.iter().for_each(|value| {
                one(*value);
            }),
        }
        self.squares = squares;
        self.n += values.len() as u64 - missing;
        self.missing += missing;
        self.below_min += below;
        self.above_max += above;
        self.min = (self.n > 0).then_some(least);
        self.max = (self.n > 0).then_some(most);
    }

    /// Adds the rows of another window over the same baseline.
    pub fn merge(&mut self, other: &Self) -> Result<(), Mismatch> {
        if self.counts.len() != other.counts.len() || self.sums.len() != other.sums.len() {
            return Err(Mismatch);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.squares += other.squares;
        self.n += other.n;
        self.missing += other.missing;
        self.below_min += other.below_min;
        self.above_max += other.above_max;
        self.min = [self.min, other.min].into_iter().flatten().reduce(f64::min);
        self.max = [self.max, other.max].into_iter().flatten().reduce(f64::max);
        Ok(())
    }

    /// Mean in the feature's own unit; `None` without rows.
    pub fn mean(&self, baseline: &NumericBaseline) -> Option<f64> {
        let total: f64 = self.sums.iter().sum();
        (self.n > 0).then(|| baseline.anchor + total / self.n as f64 * baseline.unit_size())
    }

    /// Standard deviation (dividing by n) in the feature's own unit; `None` without rows.
    pub fn std(&self, baseline: &NumericBaseline) -> Option<f64> {
        let n = (self.n > 0).then_some(self.n as f64)?;
        let mean = self.sums.iter().sum::<f64>() / n * power_of_two(-UNIT_BITS);
        let mean_square = self.squares / n * power_of_two(-UNIT_BITS);
        let scale = power_of_two(baseline.unit + UNIT_BITS);
        Some((mean_square - mean * mean).max(0.0).sqrt() * scale)
    }

    /// Share of rows outside the range of the reference; `None` without rows.
    pub fn out_of_range_rate(&self) -> Option<f64> {
        share(self.below_min + self.above_max, self.n)
    }
}
