//! The stream of errors in the order in which outcomes arrive: has the model become worse at what it does?

use contract::Millis;
use stats::concept::{Adwin, Direction};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// ADWIN over the errors, begun with those of the reference. Errors lie between 0 and 1: wrong or right, or the magnitude over
/// what is large in the reference.
pub struct Concept {
    detector: Adwin,
    /// Rows and sum of errors of the reference.
    reference: (u64, f64),
    /// What has been predicted and is not known yet: by arrival, then by order.
    waiting: BinaryHeap<Reverse<(Millis, u64, u64)>>,
    order: u64,
    /// Errors that arrived in this chunk, and whether the mean has risen.
    chunk: Vec<f64>,
    has_risen: bool,
}

impl Concept {
    /// Begins with the reference's errors, in the order of time.
    pub fn new(reference: &[f64]) -> Self {
        let mut detector = Adwin::default();
        for error in reference {
            detector.update(*error);
        }
        let reference = (reference.len() as u64, reference.iter().sum());
        Self { detector, reference, waiting: BinaryHeap::new(), order: 0, chunk: Vec::new(), has_risen: false }
    }

    /// Takes an error; one that arrives later waits.
    pub fn add(&mut self, error: f64, arrival: Option<Millis>) {
        match arrival {
            Some(at) => {
                self.order += 1;
                self.waiting.push(Reverse((at, self.order, error.to_bits())));
            }
            None => self.feed(error),
        }
    }

    /// Ends a chunk at a time: what has arrived until then is read. The mean error now and in the reference, if errors have
    /// risen and `confirmed` says that those which arrived in this chunk are still unusual: a change that is over,
    /// and the ups and downs of the day, are no alerts.
    pub fn end_chunk(&mut self, until: Option<Millis>, confirmed: impl Fn(&[f64]) -> bool) -> Option<(f64, f64)> {
        while let Some(Reverse((at, _, bits))) = self.waiting.peek().copied() {
            if until.is_some_and(|until| at > until) {
                break;
            }
            self.waiting.pop();
            self.feed(f64::from_bits(bits));
        }
        let (chunk, has_risen) = (std::mem::take(&mut self.chunk), std::mem::take(&mut self.has_risen));
        let (m, before) = self.reference;
        if !has_risen || chunk.is_empty() || m == 0 {
            return None;
        }
        let (now, before) = (chunk.iter().sum::<f64>() / chunk.len() as f64, before / m as f64);
        (now > before && confirmed(&chunk)).then_some((now, before))
    }

    fn feed(&mut self, error: f64) {
        self.chunk.push(error);
        self.has_risen |= self.detector.update(error) == Some(Direction::Up);
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
