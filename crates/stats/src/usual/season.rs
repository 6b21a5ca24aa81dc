//! Times that come again.

use serde::{Deserialize, Serialize};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// A way to tell stretches apart by their time, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Season {
    HourOfDay,
    /// Hours of a working day and of a weekend day.
    HourOfDayType,
    HourOfWeek,
    DayOfWeek,
}

impl Season {
    /// All of them, the coarse ones first.
    pub const ALL: [Self; 4] = [Self::DayOfWeek, Self::HourOfDay, Self::HourOfDayType, Self::HourOfWeek];

    /// How many different times there are.
    pub fn count(self) -> usize {
        match self {
            Self::HourOfDay => 24,
            Self::HourOfDayType => 48,
            Self::HourOfWeek => 168,
            Self::DayOfWeek => 7,
        }
    }

    /// Which of them a moment belongs to, below [`Self::count`]; milliseconds since 1970 UTC.
    pub fn of(self, at: i64) -> usize {
        let hour = at.rem_euclid(DAY) / HOUR;
        // 1970-01-01 was a Thursday; Monday is 0.
        let day = (at.div_euclid(DAY) + 3).rem_euclid(7);
        let index = match self {
            Self::HourOfDay => hour,
            Self::HourOfDayType => hour + if day >= 5 { 24 } else { 0 },
            Self::HourOfWeek => day * 24 + hour,
            Self::DayOfWeek => day,
        };
        index as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        // 2026-01-05 was a Monday.
        let monday = 1_767_571_200_000;
        assert_eq!((Season::DayOfWeek.of(monday), Season::HourOfWeek.of(monday + 5 * HOUR)), (0, 5));
        assert_eq!((Season::HourOfDayType.of(monday - HOUR), Season::HourOfDay.of(monday - HOUR)), (47, 23));
        assert_eq!(Season::DayOfWeek.of(0), 3, "before and at the epoch too");
        for season in Season::ALL {
            assert!((0..400).all(|hour| season.of((hour - 200) * HOUR) < season.count()));
        }
    }
}
