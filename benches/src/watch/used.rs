//! Time and memory of this process, and the core that it may run on.

use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// What a piece of work took: by the clock, and of all threads together.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
}

impl Took {
    pub fn wall_ms(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3
    }

    pub fn cpu_ms(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3
    }
}

pub async fn measured<T>(work: impl Future<Output = T>) -> (Took, T) {
    let (start, before) = (Instant::now(), cpu());
    let done = work.await;
    (Took { wall: start.elapsed(), cpu: cpu().saturating_sub(before) }, done)
}

fn cpu() -> Duration {
    // SAFETY: a plain structure that the call fills, valid as all zeros.
    let used = unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut used);
        used
    };
    let of = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000);
    of(used.ru_utime) + of(used.ru_stime)
}

/// Resident memory now, bytes.
pub fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// Every thread that there is, and every one that they start, runs on the first core only.
pub fn one_core() -> Result<()> {
    for entry in std::fs::read_dir("/proc/self/task")? {
        let Ok(thread) = entry?.file_name().to_string_lossy().parse::<libc::pid_t>() else { continue };
        // SAFETY: a set of processors is plain bits; the call reads it and keeps nothing.
        let done = unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(0, &mut set);
            libc::sched_setaffinity(thread, size_of::<libc::cpu_set_t>(), &set)
        };
        ensure!(done == 0, "thread {thread} could not be bound to a core: {}", std::io::Error::last_os_error());
    }
    Ok(())
}
