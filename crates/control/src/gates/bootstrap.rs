//! A paired bootstrap of the difference of two ROC AUCs: rows are drawn anew, both scores of a row together.

use super::measure::Estimate;
use stats::rng::SplitMix64;

/// Draws with up to 5,000 rows, and with more.
const DRAWS: (usize, usize) = (1_000, 300);
/// Rows beyond this are thinned evenly: the interval is then a little too wide, never too narrow.
const ROWS: usize = 50_000;

/// AUC of `a` minus AUC of `b`, with the 2.5 % and 97.5 % quantiles over the draws (Efron and Tibshirani 1993, chapter 13).
/// `None` with one class only.
pub fn auc_difference(truth: &[bool], a: &[f64], b: &[f64], seed: u64) -> Option<Estimate> {
    let step = truth.len().div_ceil(ROWS).max(1);
    let thin = |values: &[f64]| values.iter().copied().step_by(step).collect::<Vec<f64>>();
    let (truths, a, b) = (truth.iter().copied().step_by(step).collect::<Vec<bool>>(), thin(a), thin(b));
    let (order_a, order_b) = (ascending(&a), ascending(&b));
    let mut weights = vec![1u32; truths.len()];
    let difference =
        |weights: &[u32]| Some(weighted_auc(&truths, &a, &order_a, weights)? - weighted_auc(&truths, &b, &order_b, weights)?);
    let value = difference(&weights)?;
    let mut rng = SplitMix64::new(seed);
    let draws = if truths.len() <= 5_000 { DRAWS.0 } else { DRAWS.1 };
    let mut drawn = Vec::with_capacity(draws);
    for _ in 0..draws {
        weights.fill(0);
        for _ in 0..truths.len() {
            weights[rng.below(truths.len() as u64) as usize] += 1;
        }
        drawn.extend(difference(&weights));
    }
    drawn.sort_by(f64::total_cmp);
    let at = |q: f64| drawn.get(((drawn.len() as f64 * q) as usize).min(drawn.len().saturating_sub(1))).copied();
    Some(Estimate { value, low: at(0.025)?, high: at(0.975)?, n: truth.len() as u64 })
}

/// Positions from the lowest to the highest score.
fn ascending(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|i, j| scores[*i].total_cmp(&scores[*j]));
    order
}

/// Chance that a positive row scores above a negative one, ties counted half, with every row as often as its weight.
fn weighted_auc(truth: &[bool], scores: &[f64], order: &[usize], weights: &[u32]) -> Option<f64> {
    let (mut below, mut wins, mut positives, mut at) = (0.0, 0.0, 0.0, 0);
    while at < order.len() {
        let score = scores[order[at]];
        let (mut yes, mut no) = (0.0, 0.0);
        while at < order.len() && scores[order[at]] == score {
            let weight = f64::from(weights[order[at]]);
            if truth[order[at]] {
                yes += weight
            } else {
                no += weight
            }
            at += 1;
        }
        wins += yes * (below + no / 2.0);
        below += no;
        positives += yes;
    }
    (positives > 0.0 && below > 0.0).then(|| wins / (positives * below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weighted_area_is_the_area() {
        let (truth, scores) = ([false, true, false, true, true], [0.1, 0.4, 0.4, 0.8, 0.3]);
        let order = ascending(&scores);
        let plain = stats::quality::roc_auc(&truth, &scores).unwrap();
        assert!((weighted_auc(&truth, &scores, &order, &[1; 5]).unwrap() - plain).abs() < 1e-12);
        let (twice_truth, twice_scores) = ([truth, truth].concat(), [scores, scores].concat());
        let twice = stats::quality::roc_auc(&twice_truth, &twice_scores).unwrap();
        assert!((weighted_auc(&truth, &scores, &order, &[2; 5]).unwrap() - twice).abs() < 1e-12);
        assert_eq!(weighted_auc(&truth, &scores, &order, &[1, 0, 1, 0, 0]), None);
    }

    #[test]
    fn the_same_scores_differ_by_nothing_and_a_real_difference_is_found() {
        let mut rng = SplitMix64::new(7);
        let truth: Vec<bool> = (0..800).map(|_| rng.bernoulli(0.3)).collect();
        let noise = |rng: &mut SplitMix64, size: f64| {
            truth.iter().map(|yes| f64::from(u8::from(*yes)) + size * rng.normal()).collect::<Vec<f64>>()
        };
        let (good, bad) = (noise(&mut rng, 0.8), noise(&mut rng, 2.0));
        let same = auc_difference(&truth, &good, &good, 1).unwrap();
        assert_eq!((same.value, same.low, same.high), (0.0, 0.0, 0.0));
        let better = auc_difference(&truth, &good, &bad, 1).unwrap();
        assert!(better.low > 0.05 && better.low < better.value && better.value < better.high, "{better:?}");
        assert_eq!(auc_difference(&truth, &good, &bad, 1), Some(better), "a seed is a result");
        assert_eq!(auc_difference(&[true, true], &[0.1, 0.2], &[0.1, 0.2], 1), None);
    }
}
