//! Every distance of one feature between a window and the training data, in words for people and for scripts. Pure.

use contract::views::drift::DistanceLine;
use stats::bins::{Baseline, Window};
use stats::distance::{categorical_distances, numeric_distances};

/// From the bins, over the rows of the window that have a value; empty where there are none.
pub fn distances(reference: Option<&Baseline>, current: Option<&Window>) -> Vec<DistanceLine> {
    let line = |distance: &str, name: &str, value: f64, scale: &str| DistanceLine {
        distance: distance.into(),
        name: name.into(),
        value,
        scale: scale.into(),
    };
    let psi = |value| line("psi", "Population stability index", value, "from 0 on; 0.1 and 0.25 are the usual marks");
    let shannon = |value| line("jensen_shannon", "Jensen-Shannon distance", value, "0 to 1, base 2");
    let hellinger = |value| line("hellinger", "Hellinger distance", value, "0 to 1");
    match (reference, current) {
        (Some(Baseline::Numeric(baseline)), Some(Window::Numeric(window))) => {
            let Some(all) = numeric_distances(baseline, window) else { return Vec::new() };
            let scaled = all.wasserstein_over_std.map(|value| {
                line("wasserstein_over_std", "Wasserstein distance, scaled", value, "standard deviations of the training data")
            });
            let mut lines: Vec<DistanceLine> = scaled.into_iter().collect();
            lines.extend([
                line("wasserstein", "Wasserstein distance", all.wasserstein, "in the unit of the feature"),
                line("ks", "Kolmogorov-Smirnov distance", all.ks, "0 to 1"),
                psi(all.psi),
                shannon(all.jensen_shannon),
                hellinger(all.hellinger),
            ]);
            lines
        }
        (Some(Baseline::Categorical(baseline)), Some(Window::Categorical(window))) => {
            let Some(all) = categorical_distances(baseline, window) else { return Vec::new() };
            let mut lines = vec![shannon(all.jensen_shannon)];
            lines.extend(all.chi_square.map(|test| {
                let degrees = format!("from 0 on, with {} degrees of freedom", test.dof);
                line("chi_square", "Chi-square statistic", test.statistic, &degrees)
            }));
            lines.extend([
                line("l_infinity", "Largest change of a share (L-infinity)", all.l_infinity, "0 to 1"),
                line("total_variation", "Total variation", all.total_variation, "0 to 1: the share of rows that changed"),
                psi(all.psi),
                hellinger(all.hellinger),
            ]);
            lines
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stats::bins::{CategoricalBaseline, Cell, NumericBaseline};

    fn counted<'a>(baseline: &Baseline, cells: impl IntoIterator<Item = Cell<'a>>) -> Window {
        let mut window = Window::new(baseline);
        cells.into_iter().for_each(|cell| window.add(baseline, cell).unwrap());
        window
    }

    fn of(lines: &[DistanceLine], distance: &str) -> f64 {
        lines.iter().find(|line| line.distance == distance).unwrap_or_else(|| panic!("{distance} in {lines:?}")).value
    }

    #[test]
    fn a_number_has_all_six() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let baseline = Baseline::Numeric(NumericBaseline::fit(&values, 64));
        let same = distances(Some(&baseline), Some(&counted(&baseline, values.iter().map(|x| Cell::Number(*x)))));
        assert_eq!(same.len(), 6);
        assert!(same.iter().all(|line| line.value.abs() < 0.01), "{same:?}");
        let moved = distances(Some(&baseline), Some(&counted(&baseline, values.iter().map(|x| Cell::Number(x + 100.0)))));
        assert!((of(&moved, "wasserstein") - 100.0).abs() < 2.0 && (of(&moved, "ks") - 0.1).abs() < 0.01, "{moved:?}");
        assert!((of(&moved, "wasserstein_over_std") - 100.0 / 288.7).abs() < 0.01, "{moved:?}");
        assert!(of(&moved, "psi") > 0.1 && of(&moved, "jensen_shannon") > 0.1 && of(&moved, "hellinger") > 0.1, "{moved:?}");
    }

    #[test]
    fn a_category_has_chi_square_and_the_largest_change() {
        let names: Vec<&str> = (0..100).map(|i| if i < 88 { "no" } else { "yes" }).collect();
        let baseline = Baseline::Categorical(CategoricalBaseline::fit(names.iter().map(|name| Some(*name))));
        let now = (0..100).map(|i| Cell::Text(if i < 55 { "no" } else { "yes" }));
        let lines = distances(Some(&baseline), Some(&counted(&baseline, now)));
        assert!((of(&lines, "l_infinity") - 0.33).abs() < 1e-9 && (of(&lines, "total_variation") - 0.33).abs() < 1e-9);
        assert!((of(&lines, "jensen_shannon") - 0.317_973).abs() < 1e-6 && (of(&lines, "psi") - 0.591).abs() < 1e-3);
        assert!(of(&lines, "chi_square") > 20.0 && of(&lines, "hellinger") > 0.2, "{lines:?}");
    }

    #[test]
    fn without_rows_there_is_none() {
        let baseline = Baseline::Numeric(NumericBaseline::fit(&[1.0, 2.0], 10));
        assert!(distances(Some(&baseline), Some(&Window::new(&baseline))).is_empty());
        assert!(distances(Some(&baseline), None).is_empty() && distances(None, None).is_empty());
    }
}
