//! What was counted can be taken back: then the record is the one without it.

use proptest::prelude::*;
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};

type Row = (usize, usize, f64, f64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..3usize, 0..3usize, 0.0..1.0f64, -50.0..50.0f64), 0..40)
}

fn binary(rows: &[Row]) -> BinaryQuality {
    let mut quality = BinaryQuality::default();
    rows.iter().for_each(|(truth, said, score, _)| quality.add(*truth > 0, *said > 0, (*said < 2).then_some(*score)));
    quality
}

fn multiclass(rows: &[Row]) -> MulticlassQuality {
    let (mut quality, name) = (MulticlassQuality::default(), |class: usize| ["a", "b", "c"][class]);
    for (truth, said, score, _) in rows {
        quality.add(name(*truth), name(*said), (truth == said).then_some(*score));
        quality.add_confidence(truth == said, *score);
        let rest = (1.0 - score) / 2.0;
        quality.add_scores(name(*truth), (0..3).map(|class| (name(class), if class == *said { *score } else { rest })));
    }
    quality
}

fn regression(rows: &[Row]) -> RegressionQuality {
    let mut quality = RegressionQuality::default();
    rows.iter().for_each(|(_, _, said, truth)| quality.add(1e3 + *truth, 1e3 + *truth + *said));
    quality
}

proptest! {
    #[test]
    fn taking_back_leaves_the_rest(all in rows(), cut in 0.0..1.0f64) {
        let (rest, part) = all.split_at((cut * all.len() as f64) as usize);
        let mut sum = binary(&all);
        prop_assert!(sum.take(&binary(part)));
        prop_assert_eq!(&sum, &binary(rest));
        let mut sum = multiclass(&all);
        prop_assert!(sum.take(&multiclass(part)));
        prop_assert_eq!(&sum, &multiclass(rest));
        let (mut sum, rest) = (regression(&all), regression(rest));
        prop_assert!(sum.take(&regression(part)));
        prop_assert_eq!(sum.n, rest.n);
        for (a, b) in [
            (sum.error_sum, rest.error_sum),
            (sum.absolute_sum, rest.absolute_sum),
            (sum.squared_sum, rest.squared_sum),
            (sum.outcome_mean, rest.outcome_mean),
            (sum.outcome_squares, rest.outcome_squares),
        ] {
            prop_assert!((a - b).abs() <= 1e-7 * (1.0 + b.abs()), "{} {}", a, b);
        }
    }

    #[test]
    fn what_was_not_counted_cannot_be_taken_back(all in rows()) {
        let more = [&all[..], &[(1, 1, 0.5, 0.0)]].concat();
        let (mut two, mut three, mut values) = (binary(&all), multiclass(&all), regression(&all));
        prop_assert!(!two.take(&binary(&more)) && !three.take(&multiclass(&more)) && !values.take(&regression(&more)));
        prop_assert_eq!((two, three, values), (binary(&all), multiclass(&all), regression(&all)));
    }
}
