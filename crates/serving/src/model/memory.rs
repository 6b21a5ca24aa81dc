//! What a model's sessions take: the process is measured before and after they are made, one load at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Two loads at once would count each other's memory.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A load that is being measured.
pub struct Growth {
    before: Option<u64>,
    _turn: MutexGuard<'static, ()>,
}

impl Growth {
    /// Waits for its turn.
    pub fn begin() -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self { before: resident(), _turn: turn }
    }

    /// Bytes that were taken for `sessions` sessions of a file of `size` bytes.
    pub fn end(self, size: u64, sessions: usize) -> u64 {
        taken(self.before, resident(), size, sessions)
    }
}

/// What the process grew by, and at least the file's size: allocators hand out memory that they had before, and then it does not grow.
/// Where the system does not say it, the file's bytes once per session.
fn taken(before: Option<u64>, after: Option<u64>, size: u64, sessions: usize) -> u64 {
    match (before, after) {
        (Some(before), Some(after)) => after.saturating_sub(before).max(size),
        _ => size * sessions as u64,
    }
}

/// Resident memory of this process, bytes; `None` where there is no /proc.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_counts_and_the_file_is_the_least() {
        for (before, after, taken_bytes) in [
            (Some(100), Some(900), 800),
            (Some(100), Some(110), 50),
            (Some(900), Some(100), 50),
            (None, Some(900), 100),
            (None, None, 100),
        ] {
            assert_eq!(taken(before, after, 50, 2), taken_bytes, "{before:?} {after:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_that_is_touched_is_seen() {
        let before = resident().expect("Linux says it");
        let filled = vec![7_u8; 64 << 20];
        assert!(resident().expect("as before") >= before + (32 << 20), "{} bytes were touched", filled.len());
    }
}
