//! The stream of errors in the order of the predictions: has the model become worse at what it does? The errors of a chunk are read
//! when nine of ten of them are known: in the order in which outcomes arrive, those that are known early would come first wherever
//! traffic begins, and what is known early is seldom like what is known late.

use contract::Millis;
use stats::concept::{Adwin, Direction};

/// ADWIN over the errors, begun with those of the reference. Errors lie between 0 and 1: wrong or right, or the magnitude over
/// what is large in the reference.
pub struct Concept {
    detector: Adwin,
    /// Rows and sum of errors of the reference.
    reference: (u64, f64),
    /// The errors of the present chunk.
    open: Vec<Error>,
    /// Those of chunks that are not known yet for the most part, and when they will be.
    waiting: Vec<(Millis, Vec<Error>)>,
    /// Errors that were read with this chunk, and whether the mean has risen.
    read: Vec<f64>,
    has_risen: bool,
}

/// An error and when it becomes known; `None`: at once.
type Error = (f64, Option<Millis>);

impl Concept {
    /// Begins with the reference's errors, in the order of time.
    pub fn new(reference: &[f64]) -> Self {
        let mut detector = Adwin::default();
        for error in reference {
            detector.update(*error);
        }
        let reference = (reference.len() as u64, reference.iter().sum());
        Self { detector, reference, open: Vec::new(), waiting: Vec::new(), read: Vec::new(), has_risen: false }
    }

    /// Takes an error of the present chunk, and when it becomes known.
    pub fn add(&mut self, error: f64, arrival: Option<Millis>) {
        self.open.push((error, arrival));
    }

    /// Ends a chunk at a time: chunks that are known by then are read, without what is known of them later. The mean error now and in
    /// the reference, if errors have risen and `confirmed` says that those which were read with this chunk are still unusual: a
    /// change that is over, and the ups and downs of the day, are no alerts.
    pub fn end_chunk(&mut self, until: Option<Millis>, confirmed: impl Fn(&[f64]) -> bool) -> Option<(f64, f64)> {
        let open = std::mem::take(&mut self.open);
        let mut arrivals: Vec<Option<Millis>> = open.iter().map(|error| error.1).collect();
        arrivals.sort_unstable();
        match arrivals.get(arrivals.len() * 9 / 10).copied().flatten() {
            // Where nothing has a time, there is nothing to wait for.
            Some(known) => self.waiting.push((known, open)),
            None => self.read_all(open, until),
        }
        let is_known = |chunk: &mut (Millis, Vec<Error>)| until.is_none_or(|until| chunk.0 <= until);
        let known: Vec<_> = self.waiting.extract_if(.., is_known).collect();
        known.into_iter().for_each(|(_, errors)| self.read_all(errors, until));
        let (read, has_risen) = (std::mem::take(&mut self.read), std::mem::take(&mut self.has_risen));
        let (m, before) = self.reference;
        if !has_risen || read.is_empty() || m == 0 {
            return None;
        }
        let (now, before) = (read.iter().sum::<f64>() / read.len() as f64, before / m as f64);
        (now > before && confirmed(&read)).then_some((now, before))
    }

    fn read_all(&mut self, errors: Vec<Error>, until: Option<Millis>) {
        let is_known = |arrival: Option<Millis>| arrival.is_none_or(|at| until.is_none_or(|until| at <= until));
        for (error, _) in errors.into_iter().filter(|error| is_known(error.1)) {
            self.read.push(error);
            self.has_risen |= self.detector.update(error) == Some(Direction::Up);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stats::rng::SplitMix64;

    fn errors(rng: &mut SplitMix64, n: usize, rate: f64) -> Vec<f64> {
        (0..n).map(|_| f64::from(u8::from(rng.bernoulli(rate)))).collect()
    }

    #[test]
    fn worse_is_told_while_it_lasts_and_better_is_not() {
        let mut rng = SplitMix64::new(3);
        let mut concept = Concept::new(&errors(&mut rng, 3000, 0.1));
        let mut told = Vec::new();
        for (chunk, rate) in [0.1, 0.1, 0.35, 0.35, 0.1, 0.1, 0.02, 0.02].into_iter().enumerate() {
            errors(&mut rng, 500, rate).into_iter().for_each(|e| concept.add(e, None));
            if concept.end_chunk(None, |errors| errors.iter().sum::<f64>() / errors.len() as f64 > 0.2).is_some() {
                told.push(chunk);
            }
        }
        assert!(told.contains(&2) && told.iter().all(|c| (2..4).contains(c)), "{told:?}");
    }

    /// Chunks of an hour, eight a day. One row in seven is known after a minute and often wrong, the others after six hours.
    #[test]
    fn what_is_known_early_is_no_drift() {
        const HOUR: i64 = 3_600_000;
        let mut rng = SplitMix64::new(9);
        let mut row = |day: i64| {
            let early = rng.bernoulli(1.0 / 7.0);
            let wrong = rng.bernoulli(if early {
                0.3
            } else if day == 6 {
                0.3
            } else {
                0.02
            });
            (f64::from(u8::from(wrong)), if early { 60_000 } else { 6 * HOUR })
        };
        let mut concept = Concept::new(&(0..3_000).map(|_| row(0).0).collect::<Vec<f64>>());
        let mut told = Vec::new();
        for hour in 0..7 * 24 {
            if hour % 24 < 8 {
                for _ in 0..100 {
                    let (error, delay) = row(hour / 24);
                    concept.add(error, Some(Millis(hour * HOUR + delay)));
                }
            }
            let unusual = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64 > 0.15;
            told.extend(concept.end_chunk(Some(Millis((hour + 1) * HOUR)), unusual).map(|_| hour));
        }
        assert!(told.first().is_some_and(|hour| (6 * 24 + 5..6 * 24 + 9).contains(hour)), "{told:?}");
    }

    #[test]
    fn outcomes_count_when_they_arrive() {
        let mut concept = Concept::new(&vec![0.0; 2000]);
        for i in 0..500 {
            concept.add(1.0, Some(Millis(1_000 + i)));
        }
        assert_eq!(concept.end_chunk(Some(Millis(999)), |_| true), None);
        assert_eq!(concept.end_chunk(Some(Millis(5_000)), |_| true), Some((1.0, 0.0)));
    }
}
