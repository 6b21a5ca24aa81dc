//! Attribution of one value to its inputs, from a black box: Shapley values by enumeration or by sampling orders.

use crate::rng::SplitMix64;

/// Up to this many inputs every coalition is evaluated and the values are exact.
const EXACT: usize = 8;
/// Coalitions handed over at once, about.
const BATCH: usize = 256;

/// Shapley values of a game of `n` inputs.
///
/// `eval` gives the value of each coalition it is handed (`true` = the input is in it). For `n` ≤ 8 all 2ⁿ coalitions are
/// evaluated and the values are exact (Shapley 1953); above, `permutations` random orders are walked forwards and backwards
/// (antithetic) and the marginal contributions averaged (Štrumbelj and Kononenko 2014). In both cases the values add up to
/// v(all) − v(none) up to rounding. `n` = 0 gives nothing; values of `eval` that are missing count as 0.
pub fn shapley(n: usize, permutations: usize, seed: u64, mut eval: impl FnMut(&[Vec<bool>]) -> Vec<f64>) -> Vec<f64> {
    if n == 0 {
        return Vec::new();
    }
    if n <= EXACT { exact(n, &mut eval) } else { sampled(n, permutations.max(1), seed, &mut eval) }
}

fn exact(n: usize, eval: &mut impl FnMut(&[Vec<bool>]) -> Vec<f64>) -> Vec<f64> {
    let coalitions: Vec<Vec<bool>> = (0..1_usize << n).map(|set| (0..n).map(|i| set >> i & 1 == 1).collect()).collect();
    let values = eval(&coalitions);
    let value = |set: usize| values.get(set).copied().unwrap_or(0.0);
    // |S|! (n − |S| − 1)! / n!
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let weight: Vec<f64> = (0..n).map(|size| factorial(size) * factorial(n - size - 1) / factorial(n)).collect();
    (0..n)
        .map(|i| {
            let without = (0..1_usize << n).filter(|set| set >> i & 1 == 0);
            without.map(|set| weight[set.count_ones() as usize] * (value(set | 1 << i) - value(set))).sum()
        })
        .collect()
}

fn sampled(n: usize, permutations: usize, seed: u64, eval: &mut impl FnMut(&[Vec<bool>]) -> Vec<f64>) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    let mut sums = vec![0.0; n];
    let mut order: Vec<usize> = (0..n).collect();
    // Models are asked in large batches, but never for more coalitions at once than fit in memory with their rows.
    let walks_at_once = (BATCH / (n + 1)).max(1);
    let mut walked = 0;
    while walked < permutations {
        let mut coalitions = Vec::new();
        let mut orders = Vec::new();
        for walk in walked..permutations.min(walked + walks_at_once) {
            // Every second walk goes the last order backwards, which cancels much of the noise.
            if walk % 2 == 0 {
                rng.shuffle(&mut order);
            } else {
                order.reverse();
            }
            let mut known = vec![false; n];
            coalitions.push(known.clone());
            for i in &order {
                known[*i] = true;
                coalitions.push(known.clone());
            }
            orders.push(order.clone());
        }
        let values = eval(&coalitions);
        let value = |at: usize| values.get(at).copied().unwrap_or(0.0);
        for (walk, order) in orders.iter().enumerate() {
            let start = walk * (n + 1);
            for (step, i) in order.iter().enumerate() {
                sums[*i] += value(start + step + 1) - value(start + step);
            }
        }
        walked += orders.len();
    }
    sums.iter_mut().for_each(|sum| *sum /= permutations as f64);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A linear game with one interaction between the first two inputs.
    fn game(weights: &[f64]) -> impl Fn(&[Vec<bool>]) -> Vec<f64> + '_ {
        move |coalitions| {
            let value = |known: &Vec<bool>| {
                let linear: f64 = known.iter().zip(weights).filter(|(in_it, _)| **in_it).map(|(_, weight)| weight).sum();
                linear + if known.len() > 1 && known[0] && known[1] { 4.0 } else { 0.0 }
            };
            coalitions.iter().map(value).collect()
        }
    }

    #[test]
    fn exact_values_of_a_known_game() {
        let weights = [1.0, -2.0, 0.0, 3.0];
        let values = shapley(4, 1, 0, game(&weights));
        for (value, expected) in values.iter().zip([3.0, 0.0, 0.0, 3.0]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        assert!(shapley(0, 5, 0, |_| Vec::new()).is_empty());
    }

    #[test]
    fn sampling_comes_close_to_the_exact_values() {
        let weights: Vec<f64> = (0..12).map(f64::from).collect();
        let values = shapley(12, 400, 7, game(&weights));
        for (i, value) in values.iter().enumerate() {
            let exact = weights[i] + if i < 2 { 2.0 } else { 0.0 };
            assert!((value - exact).abs() < 0.3, "{i}: {value} against {exact}");
        }
    }

    proptest! {
        #[test]
        fn values_add_up(weights in proptest::collection::vec(-5.0..5.0_f64, 1..14), seed: u64) {
            let n = weights.len();
            let play = game(&weights);
            let ends = play(&[vec![false; n], vec![true; n]]);
            let sum: f64 = shapley(n, 5, seed, &play).iter().sum();
            prop_assert!((sum - (ends[1] - ends[0])).abs() < 1e-9);
        }
    }
}
