//! Waiting requests by priority: the highest goes first, and none waits for ever.

use super::job::Job;
use std::collections::VecDeque;

/// Times that a lane may be passed over while it has something; then it goes first once.
const PATIENCE: u32 = 8;

#[derive(Default)]
struct Lane {
    jobs: VecDeque<Job>,
    rows: usize,
    passed: u32,
}

/// Lane 0 is the most urgent one. The bound of each lane is the caller's to hold, by [`Lanes::ahead`].
pub struct Lanes(Vec<Lane>);

impl Lanes {
    pub fn new(levels: usize) -> Self {
        Self((0..levels.max(1)).map(|_| Lane::default()).collect())
    }

    pub fn levels(&self) -> usize {
        self.0.len()
    }

    /// What waits in other lanes than there are now goes into the last one.
    pub fn set_levels(&mut self, levels: usize) {
        let levels = levels.max(1);
        while self.0.len() < levels {
            self.0.push(Lane::default());
        }
        let gone: Vec<Job> = self.0.drain(levels..).flat_map(|lane| lane.jobs).collect();
        gone.into_iter().for_each(|job| self.push(levels - 1, job));
    }

    pub fn push(&mut self, lane: usize, job: Job) {
        let last = self.0.len() - 1;
        let lane = &mut self.0[lane.min(last)];
        lane.rows += job.rows.max(1);
        lane.jobs.push_back(job);
    }

    /// Rows and requests that go before a newcomer in this lane.
    pub fn ahead(&self, lane: usize) -> (usize, usize) {
        self.0.iter().take(lane + 1).fold((0, 0), |(rows, jobs), lane| (rows + lane.rows, jobs + lane.jobs.len()))
    }

    pub fn rows(&self) -> usize {
        self.0.iter().map(|lane| lane.rows).sum()
    }

    /// The lane whose turn it is.
    pub fn turn(&self) -> Option<usize> {
        turn(self.0.iter().map(|lane| (!lane.jobs.is_empty(), lane.passed)))
    }

    /// A batch was begun with this lane.
    pub fn took(&mut self, taken: usize) {
        for (i, lane) in self.0.iter_mut().enumerate() {
            lane.passed = if i == taken || lane.jobs.is_empty() { 0 } else { lane.passed + 1 };
        }
    }

    pub fn front(&self, lane: usize) -> Option<&Job> {
        self.0.get(lane)?.jobs.front()
    }

    pub fn pop(&mut self, lane: usize) -> Option<Job> {
        let lane = self.0.get_mut(lane)?;
        let job = lane.jobs.pop_front()?;
        lane.rows -= job.rows.max(1);
        Some(job)
    }
}

/// Of (has something, times passed over): the lane that has been passed over too often, or else the first that has something.
fn turn(lanes: impl Iterator<Item = (bool, u32)>) -> Option<usize> {
    let waiting = lanes.enumerate().filter(|(_, (has, _))| *has);
    // Of two that are overdue the one that has waited longer; `max_by_key` takes the last of equals, hence the place.
    waiting
        .map(|(i, (_, passed))| (i, passed))
        .max_by_key(|(i, passed)| (if *passed >= PATIENCE { *passed } else { 0 }, usize::MAX - i))
        .map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_urgent_goes_first_and_nobody_starves() {
        let cases: [(&[(bool, u32)], Option<usize>); 7] = [
            (&[], None),
            (&[(false, 0), (false, 0)], None),
            (&[(true, 0), (true, 7)], Some(0)),
            (&[(false, 0), (true, 0), (true, 3)], Some(1)),
            (&[(true, 0), (true, 8)], Some(1)),
            (&[(true, 0), (true, 8), (true, 9)], Some(2)),
            (&[(true, 0), (true, 8), (true, 8)], Some(1)),
        ];
        for (lanes, expected) in cases {
            assert_eq!(turn(lanes.iter().copied()), expected, "{lanes:?}");
        }
    }

    /// With three lanes that are never empty, each is served, the first most of all.
    #[test]
    fn shares_under_lasting_overload() {
        let (mut passed, mut served) = ([0u32; 3], [0u32; 3]);
        for _ in 0..1_000 {
            let at = turn(passed.iter().map(|p| (true, *p))).expect("all of them wait");
            served[at] += 1;
            passed.iter_mut().enumerate().for_each(|(i, p)| *p = if i == at { 0 } else { *p + 1 });
        }
        assert!(served[0] > 700 && served[1] > 90 && served[2] > 90, "{served:?}");
    }
}
