//! Learning what is usual from the reference's own stretches.

use serde::{Deserialize, Serialize};

use super::dispersion::{Dispersion, Pair};
use super::evidence::{Null, two_sided};
use super::{Evidence, Season, Shape, Stretch};

/// Neighbouring stretches are also taken together by so many, to see what varies slowly.
const LEVELS: [usize; 3] = [1, 4, 16];
/// Stretches (or groups of them) from which something is learnt.
const FEWEST: usize = 8;
/// Stretches of every time from which times are told apart.
const FEWEST_OF_SEASON: usize = 2;
/// Times are told apart when less than this much of the noise is left.
const LEFT_OVER: f64 = 0.9;
/// In milliseconds.
const DAY: i64 = 86_400_000;
/// Rows of a stretch from which it is looked at, and of a time from which another is compared with it.
const FEWEST_ROWS: u64 = 5;
const FEWEST_OF_TIME: u64 = 48;
/// Rows that a stretch is thought to have at least when nulls are compared: what will be judged is often larger than the
/// stretches of a thinned reference.
const JUDGED: u64 = 500;

/// A moment, in milliseconds since 1970 UTC, and rows of about then; `None` where the moment is not known.
pub type At = (Option<i64>, u64);

/// What is usual for one feature: the reference rows and how its stretches differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    shape: Shape,
    reference: Stretch,
    null: Null,
    seasonal: Option<Seasonal>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Seasonal {
    season: Season,
    /// Reference rows by time.
    rows: Vec<Stretch>,
    null: Null,
}

impl Usual {
    /// Learns from the `reference` and from the `stretches` that it was cut into, in the order of time. `alpha` is the level
    /// that evidence will be held against. Without stretches only chance is known.
    ///
    /// The null is raised until the stretches themselves, each against all others, look like nothing more than what so many
    /// would show by chance.
    pub fn fit(shape: Shape, reference: Stretch, stretches: &[Stretch], alpha: f64) -> Self {
        Self::fit_by(&Season::ALL, shape, reference, stretches, alpha)
    }

    /// The same, where only some kinds of times are told apart.
    pub fn fit_by(seasons: &[Season], shape: Shape, reference: Stretch, stretches: &[Stretch], alpha: f64) -> Self {
        let stretches: Vec<Stretch> = stretches.iter().filter(|s| s.n >= FEWEST_ROWS).cloned().collect();
        let mut sets: Vec<Vec<Pair>> = Vec::new();
        for size in LEVELS.into_iter().take_while(|size| stretches.len() / size >= FEWEST) {
            sets.push(stretches.chunks_exact(size).map(|group| held_back(&reference, group.iter())).collect());
        }
        if !sets.is_empty() {
            // Times of which each single stretch is too small to show that they differ.
            sets.extend(Season::ALL.into_iter().filter_map(|season| by_season(season, &reference, &stretches)));
        }
        let found = sets.iter().map(|pairs| Dispersion::of(&shape, pairs, alpha));
        let dispersion = found.reduce(|all, one| all.max(&one)).unwrap_or_default();
        let null = settled(&shape, dispersion, &sets);
        let pairs = sets.first().map_or(&[][..], Vec::as_slice);
        // With nothing to explain there is nothing to gain.
        let seasonal =
            if null.dispersion.is_none() { None } else { Seasonal::fit(seasons, &shape, pairs, noise(&null, pairs), alpha) };
        Self { shape, reference, null, seasonal }
    }

    /// How the cells of the feature are read.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The times that stretches are told apart by, if any.
    pub fn season(&self) -> Option<Season> {
        self.seasonal.as_ref().map(|s| s.season)
    }

    /// The evidence that stretches, taken together, differ from the reference; or from the reference at the same times, where
    /// that matters and the times are known.
    pub fn evidence(&self, seen: &[&Stretch]) -> Evidence {
        let mut sum = Stretch::default();
        seen.iter().for_each(|stretch| sum.add(stretch));
        self.evidence_of(&sum, &times_of(seen))
    }

    /// The same for a sum of which only the times of its rows are known.
    pub fn evidence_of(&self, sum: &Stretch, times: &[At]) -> Evidence {
        let pooled = self.null.evidence(&self.shape, sum, &self.reference);
        // A time that the reference knows too little of is compared with all of them, and with how much they differ.
        let Some((seasonal, others)) = self.seasonal.as_ref().and_then(|s| Some((s, s.mixed(times)?))) else { return pooled };
        let same_time = seasonal.null.evidence(&self.shape, sum, &others);
        // What the reference never had, it never had at any time; and what is never missing is missing at no time.
        let missing = if self.null.dispersion.missing > 0.0 { &same_time } else { &pooled };
        Evidence {
            missing_p: missing.missing_p,
            missing_rise: missing.missing_rise,
            new_p: pooled.new_p,
            new_rise: pooled.new_rise,
            ..same_time
        }
    }

    /// The reference rows of these times, where they are told apart and known; `None` where all of the reference stands for them.
    pub fn same_times(&self, times: &[At]) -> Option<Stretch> {
        self.seasonal.as_ref()?.mixed(times)
    }

    /// P-value, two-sided, of `k` of `n` rows in one cell at these times, with the reference rows that it is held against.
    pub fn share(&self, cell: usize, (k, n): (u64, u64), times: &[At]) -> (f64, (u64, u64)) {
        let (null, others) = match self.seasonal.as_ref().and_then(|s| Some((s, s.mixed(times)?))) {
            Some((seasonal, others)) => (&seasonal.null, others),
            None => (&self.null, self.reference.clone()),
        };
        let reference = (others.counts.get(cell).copied().unwrap_or(0), others.n);
        (two_sided((k, n), reference, null.phi(cell)), reference)
    }
}

/// When the rows of stretches were.
fn times_of(stretches: &[&Stretch]) -> Vec<At> {
    stretches.iter().map(|stretch| (stretch.at, stretch.rows())).collect()
}

impl Seasonal {
    /// All stretches of a time of another kind together, and the rows that they are compared with by this one.
    fn by_other(&self, other: Season, pairs: &[Pair]) -> Option<Vec<Pair>> {
        let mut times: Vec<Vec<&Stretch>> = vec![Vec::new(); other.count()];
        for pair in pairs {
            times[other.of(pair.seen.at?)].push(&pair.seen);
        }
        let pair = |time: &Vec<&Stretch>| {
            let mut seen = Stretch::default();
            time.iter().for_each(|stretch| seen.add(stretch));
            Some(Pair { seen, others: self.mixed(&times_of(time))? })
        };
        let found: Vec<Pair> = times.iter().filter(|time| time.len() >= FEWEST_OF_SEASON).filter_map(pair).collect();
        (found.len() >= FEWEST.min(other.count())).then_some(found)
    }

    /// Reference rows of the times of the stretches, mixed as the stretches mix them: of each time as many as keep the
    /// proportions, so that the time with the fewest rows decides how many there are. `None` when a time is not known.
    fn mixed(&self, times: &[At]) -> Option<Stretch> {
        let of = |at: Option<i64>| Some(&self.rows[self.season.of(at?)]);
        let seen = || times.iter().copied().filter(|(_, rows)| *rows > 0);
        let total: u64 = seen().map(|(_, rows)| rows).sum();
        let mut most = f64::INFINITY;
        for (at, rows) in seen() {
            let others = of(at)?;
            if others.n < FEWEST_OF_TIME {
                return None;
            }
            most = most.min(others.rows() as f64 * total as f64 / rows as f64);
        }
        if let [(only, _)] = times {
            return of(*only).cloned();
        }
        if total == 0 {
            return None;
        }
        // Rounded once, at the end: rare values would vanish otherwise.
        let (mut counts, mut missing) = (vec![0.0; self.rows.iter().map(|r| r.counts.len()).max()?], 0.0);
        for (at, rows) in seen() {
            let others = of(at)?;
            let weight = most * rows as f64 / total as f64 / others.rows() as f64;
            counts.iter_mut().zip(&others.counts).for_each(|(sum, rows)| *sum += *rows as f64 * weight);
            missing += others.missing as f64 * weight;
        }
        let counts: Vec<u64> = counts.into_iter().map(|rows: f64| rows.round() as u64).collect();
        let mixed = Stretch { n: counts.iter().sum(), counts, missing: f64::round(missing) as u64, at: None };
        Some(mixed)
    }

    /// The times by which stretches can be told best, if by any better than by none: `pooled` is the noise without.
    fn fit(seasons: &[Season], shape: &Shape, pairs: &[Pair], pooled: f64, alpha: f64) -> Option<Self> {
        let mut best = (LEFT_OVER * pooled, None);
        let nothing = Null { dispersion: Dispersion::default(), whole: None };
        for &season in seasons {
            let Some((rows, held_back)) = by_time(season, pairs) else { continue };
            let mut candidate = Self { season, rows, null: nothing.clone() };
            // What these times leave unexplained may follow others: days of the week, say, where hours of the day are told apart.
            let others = Season::ALL.into_iter().filter(|other| *other != season);
            let mut sets = vec![held_back];
            sets.extend(others.filter_map(|other| candidate.by_other(other, pairs)));
            let found = sets.iter().map(|pairs| Dispersion::of(shape, pairs, alpha));
            let dispersion = found.reduce(|all, one| all.max(&one)).unwrap_or_default();
            candidate.null = settled(shape, dispersion, &sets);
            let noise = noise(&candidate.null, &sets[0]);
            if noise < best.0 {
                best = (noise, Some(candidate));
            }
        }
        best.1
    }
}

/// Stretches together, and the rest of the reference.
fn held_back<'a>(reference: &Stretch, group: impl Iterator<Item = &'a Stretch>) -> Pair {
    let mut seen = Stretch::default();
    for stretch in group {
        seen.at = seen.at.or(stretch.at);
        seen.add(stretch);
    }
    Pair { others: reference.without(&seen), seen }
}

/// All stretches of a time together, for every time; `None` when there are too few times, or too few stretches of them.
fn by_season(season: Season, reference: &Stretch, stretches: &[Stretch]) -> Option<Vec<Pair>> {
    let mut times: Vec<Vec<&Stretch>> = vec![Vec::new(); season.count()];
    for stretch in stretches {
        times[season.of(stretch.at?)].push(stretch);
    }
    let used: Vec<&Vec<&Stretch>> = times.iter().filter(|time| time.len() >= FEWEST_OF_SEASON).collect();
    (used.len() >= FEWEST && used.len() * 2 >= season.count())
        .then(|| used.into_iter().map(|time| held_back(reference, time.iter().copied())).collect())
}

/// The rows by time, and each stretch with the others of its time; `None` when a time has too few stretches.
fn by_time(season: Season, pairs: &[Pair]) -> Option<(Vec<Stretch>, Vec<Pair>)> {
    let mut rows = vec![Stretch::default(); season.count()];
    let mut days = vec![std::collections::BTreeSet::new(); season.count()];
    for pair in pairs {
        let at = pair.seen.at?;
        rows[season.of(at)].add(&pair.seen);
        days[season.of(at)].insert(at.div_euclid(DAY));
    }
    // Hours of one day are no proof of what such a day is like.
    let counts: Vec<usize> = days.iter().map(std::collections::BTreeSet::len).collect();
    let used: Vec<usize> = counts.iter().copied().filter(|count| *count > 0).collect();
    let thin = used.iter().filter(|count| **count < FEWEST_OF_SEASON).count();
    if used.len() * 2 < season.count() || thin * 4 > used.len() {
        return None;
    }
    let held_back = pairs
        .iter()
        .filter(|pair| pair.seen.at.is_some_and(|at| counts[season.of(at)] >= FEWEST_OF_SEASON))
        .map(|pair| {
            let time = season.of(pair.seen.at.unwrap_or_default());
            Pair { seen: pair.seen.clone(), others: rows[time].without(&pair.seen) }
        })
        .collect();
    Some((rows, held_back))
}

/// Variance of a share, over `p(1 − p)`, that a change has to stand out from: chance on both sides and dispersion.
fn noise(null: &Null, pairs: &[Pair]) -> f64 {
    let spread = |pair: &Pair| 1.0 / pair.seen.n.max(JUDGED) as f64 + 1.0 / pair.others.n.max(1) as f64;
    let chance = pairs.iter().map(spread).sum::<f64>() / pairs.len().max(1) as f64;
    let groups = &null.dispersion.groups;
    let scale = null.whole.map_or(1.0, |whole| whole.0 / whole.1);
    (chance + groups.iter().sum::<f64>() / groups.len().max(1) as f64) * scale
}

/// Raises the dispersion until the stretches of every set fit under it.
fn settled(shape: &Shape, dispersion: Dispersion, sets: &[Vec<Pair>]) -> Null {
    let mut null = Null { dispersion, whole: None };
    let Some(first) = sets.first().filter(|pairs| pairs.len() >= FEWEST) else { return null };
    let rows = first.iter().map(|pair| pair.seen.n).sum::<u64>() as f64 / first.len() as f64;
    for step in 0..30 {
        if !null.dispersion.is_none() {
            null.whole = whole(shape, &null, first);
        }
        let fits = |pairs: &Vec<Pair>| {
            let spare = pairs.len() / 100;
            let mut p: Vec<f64> = pairs.iter().map(|pair| null.evidence(shape, &pair.seen, &pair.others).p).collect();
            p.sort_unstable_by(f64::total_cmp);
            // The least of so many is as small as this in one of ten references by chance.
            p[spare] * pairs.len() as f64 >= 0.1 * (spare + 1) as f64
        };
        if sets.iter().all(fits) {
            break;
        }
        null.dispersion = null.dispersion.raised(1.25, if step % 2 == 0 { 0.05 / rows } else { 0.0 });
    }
    null
}

/// Mean of the chi-square over that by chance, and the free part of its degrees of freedom, as the variance shows it
/// (Satterthwaite): when shares move together, fewer of them are free.
fn whole(shape: &Shape, null: &Null, pairs: &[Pair]) -> Option<(f64, f64)> {
    let found: Vec<(f64, f64)> = pairs.iter().filter_map(|pair| null.whole(shape, &pair.seen, &pair.others)).collect();
    if found.len() < FEWEST {
        return None;
    }
    let n = found.len() as f64;
    let (mean, free) = (found.iter().map(|f| f.0).sum::<f64>() / n, found.iter().map(|f| f.1).sum::<f64>() / n);
    let variance = found.iter().map(|f| (f.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if !(mean > 0.0 && variance > 0.0) {
        return None;
    }
    let dof = (2.0 * mean * mean / variance).clamp(1.0, free);
    // Never less than by chance: the mean of a chi-square is its degrees of freedom.
    Some(((mean / free).max(1.0), dof / free))
}
