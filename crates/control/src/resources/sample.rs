//! One look at everything that is used, and what two looks say of the time between them.

use super::gpu::{Gpu, Gpus};
use super::proc;
use super::window::{Levels, measure};
use contract::Millis;
use serving::Router;
use std::path::Path;
use std::time::Duration;

/// Everything at one moment. What could not be read is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    pub at: Millis,
    /// Seconds of processor time: of the process, of its group, of the machine (busy and all).
    pub process_cpu: Option<f64>,
    pub group_cpu: Option<f64>,
    pub machine_cpu: Option<(f64, f64)>,
    /// Processors of the machine, and those that the group may use.
    pub cores: f64,
    pub cpu_limit: Option<f64>,
    pub process_memory: Option<f64>,
    pub memory_total: Option<f64>,
    pub memory_available: Option<f64>,
    pub group_memory: Option<f64>,
    pub memory_limit: Option<f64>,
    /// Bytes that the process has read and written.
    pub storage: Option<(f64, f64)>,
    /// Bytes of the disk under the data folder, and how many of them are free for this user.
    pub disk: Option<(f64, f64)>,
    pub gpus: Vec<Gpu>,
    pub versions: Vec<OfVersion>,
}

/// One version in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct OfVersion {
    pub deployment: String,
    pub version: u32,
    pub waiting_rows: usize,
    pub queue_rows: usize,
    /// In runs since it was loaded, over all its sessions.
    pub in_runs: Duration,
}

/// Looks at the process and the machine. Reads small files of the kernel; may wait for a disk that hangs.
pub fn machine(at: Millis, folder: &Path, gpus: Option<&Gpus>) -> Look {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = read("/proc/self/cgroup").as_deref().and_then(proc::group).map(str::to_owned);
    let in_group = |file: &str| read(&format!("/sys/fs/cgroup{}/{file}", group.as_deref()?.trim_end_matches('/')));
    let meminfo = read("/proc/meminfo").unwrap_or_default();
    let memory = in_group("memory.current").zip(in_group("memory.stat"));
    Look {
        at,
        process_cpu: read("/proc/self/stat").as_deref().and_then(proc::process_cpu),
        group_cpu: in_group("cpu.stat").as_deref().and_then(proc::group_cpu),
        machine_cpu: read("/proc/stat").as_deref().and_then(proc::machine_cpu),
        cores: std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64),
        cpu_limit: in_group("cpu.max").as_deref().and_then(proc::cpu_limit),
        process_memory: read("/proc/self/status").as_deref().and_then(|text| proc::kilobytes(text, "VmRSS")),
        memory_total: proc::kilobytes(&meminfo, "MemTotal"),
        memory_available: proc::kilobytes(&meminfo, "MemAvailable"),
        group_memory: memory.and_then(|(current, stat)| proc::group_memory(&current, &stat)),
        memory_limit: in_group("memory.max").as_deref().and_then(proc::memory_limit),
        storage: read("/proc/self/io").as_deref().and_then(proc::storage),
        disk: disk(folder),
        gpus: gpus.map(Gpus::look).unwrap_or_default(),
        versions: Vec::new(),
    }
}

/// Bytes of the disk that holds a folder, and those that are free for this user.
#[cfg(unix)]
fn disk(folder: &Path) -> Option<(f64, f64)> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut room = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: `path` ends with a zero and `room` is written to by the call alone; it is read only where the call has worked.
    let room = unsafe {
        if libc::statvfs(path.as_ptr(), room.as_mut_ptr()) != 0 {
            return None;
        }
        room.assume_init()
    };
    // The widths of these fields differ between systems.
    let block = room.f_frsize as f64;
    let used = (room.f_blocks as f64 - room.f_bfree as f64) * block;
    let free = room.f_bavail as f64 * block;
    // What only root may fill is neither used nor free for us, as `df` has it.
    Some((used + free, free))
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Option<(f64, f64)> {
    None
}

/// The versions that are in memory.
pub fn versions(router: &Router) -> Vec<OfVersion> {
    let mut all = Vec::new();
    for (name, route) in &router.snapshot().routes {
        for (served, _) in route.versions() {
            let stats = served.onnx.batch_stats();
            all.push(OfVersion {
                deployment: name.clone(),
                version: served.version.0,
                waiting_rows: served.onnx.waiting_rows(),
                queue_rows: route.settings.queue_rows,
                in_runs: stats.iter().map(|stats| stats.compute_input + stats.compute + stats.compute_output).sum(),
            });
        }
    }
    all
}

/// What the time between two looks says. Counters that went back (another process, another version loaded) say nothing.
pub fn between(before: &Look, after: &Look) -> Levels {
    let mut levels = Levels::default();
    let seconds = (after.at - before.at) as f64 / 1e3;
    let rate = |a: Option<f64>, b: Option<f64>| -> Option<f64> {
        let grown = b? - a?;
        (seconds > 0.0 && grown >= 0.0).then(|| grown / seconds)
    };
    let mut put = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            levels.add(name, value);
        }
    };
    put(measure::PROCESS_CPU, rate(before.process_cpu, after.process_cpu));
    let cores = after.cpu_limit.unwrap_or(after.cores);
    put(measure::CORES, Some(cores));
    let of_group = after.cpu_limit.and_then(|limit| Some(rate(before.group_cpu, after.group_cpu)? / limit));
    let of_machine = before.machine_cpu.zip(after.machine_cpu).and_then(|(before, after)| {
        let (busy, all) = (after.0 - before.0, after.1 - before.1);
        (all > 0.0 && busy >= 0.0).then(|| busy / all)
    });
    put(measure::CPU, higher(of_group, of_machine).map(|share| share.min(1.0)));

    put(measure::PROCESS_MEMORY, after.process_memory);
    let of_group = after.group_memory.zip(after.memory_limit).map(|(held, limit)| held / limit);
    let of_machine = after.memory_total.zip(after.memory_available).map(|(total, available)| (total - available) / total);
    put(measure::MEMORY, higher(of_group, of_machine).map(|share| share.clamp(0.0, 1.0)));
    put(measure::MEMORY_LIMIT, lower(after.memory_limit, after.memory_total));
    put(measure::READ, rate(before.storage.map(|io| io.0), after.storage.map(|io| io.0)));
    put(measure::WRITTEN, rate(before.storage.map(|io| io.1), after.storage.map(|io| io.1)));
    put(measure::DISK, after.disk.filter(|(total, _)| *total > 0.0).map(|(total, free)| (total - free) / total));
    put(measure::DISK_FREE, after.disk.map(|(_, free)| free));
    for (i, gpu) in after.gpus.iter().enumerate() {
        put(&measure::gpu(i, "busy"), Some(gpu.busy));
        put(&measure::gpu(i, "memory"), Some(gpu.memory));
    }
    for one in &after.versions {
        let name = |what| measure::version(what, &one.deployment, one.version);
        put(&name(measure::QUEUE), Some(one.waiting_rows as f64));
        put(&name(measure::QUEUE_SHARE), (one.queue_rows > 0).then(|| one.waiting_rows as f64 / one.queue_rows as f64));
        let was = before.versions.iter().find(|was| was.deployment == one.deployment && was.version == one.version);
        put(&name(measure::COMPUTE), rate(was.map(|was| was.in_runs.as_secs_f64()), Some(one.in_runs.as_secs_f64())));
    }
    levels
}

fn higher(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

fn lower(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(waiting_rows: usize, in_runs: f64) -> OfVersion {
        OfVersion {
            deployment: "churn".into(),
            version: 3,
            waiting_rows,
            queue_rows: 200,
            in_runs: Duration::from_secs_f64(in_runs),
        }
    }

    #[test]
    fn rates_are_of_the_time_between_and_the_tighter_limit_counts() {
        let before = Look {
            at: Millis(0),
            process_cpu: Some(100.0),
            group_cpu: Some(50.0),
            machine_cpu: Some((1_000.0, 8_000.0)),
            cores: 8.0,
            cpu_limit: Some(2.0),
            storage: Some((1e6, 2e6)),
            versions: vec![version(0, 4.0)],
            ..Look::default()
        };
        let after = Look {
            at: Millis(10_000),
            process_cpu: Some(115.0),
            group_cpu: Some(69.0),
            machine_cpu: Some((1_040.0, 8_080.0)),
            process_memory: Some(5e8),
            memory_total: Some(8e9),
            memory_available: Some(6e9),
            group_memory: Some(9e8),
            memory_limit: Some(1e9),
            storage: Some((1e6, 3e6)),
            disk: Some((100e9, 15e9)),
            gpus: vec![Gpu { busy: 0.5, memory: 0.25 }],
            versions: vec![version(150, 9.0)],
            ..before.clone()
        };
        let found = between(&before, &after);
        for (name, value) in [
            ("process_cpu", 1.5),
            ("cores", 2.0),
            // 1.9 of 2 processors of the group; the machine is half busy.
            ("cpu", 0.95),
            ("process_memory", 5e8),
            ("memory", 0.9),
            ("memory_limit", 1e9),
            ("read", 0.0),
            ("written", 1e5),
            ("disk", 0.85),
            ("disk_free", 15e9),
            ("gpu/0/busy", 0.5),
            ("gpu/0/memory", 0.25),
            ("queue/churn/3", 150.0),
            ("queue_share/churn/3", 0.75),
            ("compute/churn/3", 0.5),
        ] {
            assert!(found.mean(name).is_some_and(|mean| (mean - value).abs() < 1e-9), "{name}: {:?}", found.mean(name));
        }
    }

    #[test]
    fn what_went_back_or_is_not_there_says_nothing() {
        let before = Look { at: Millis(0), process_cpu: Some(100.0), versions: vec![version(0, 9.0)], ..Look::default() };
        let after = Look { at: Millis(10_000), process_cpu: Some(1.0), versions: vec![version(1, 0.5)], ..Look::default() };
        let found = between(&before, &after);
        for name in ["process_cpu", "cpu", "memory", "disk", "compute/churn/3"] {
            assert_eq!(found.mean(name), None, "{name}");
        }
        assert_eq!(found.mean("queue/churn/3"), Some(1.0));
        let same_moment = between(&after, &Look { process_cpu: Some(2.0), ..after.clone() });
        assert_eq!(same_moment.mean("process_cpu"), None);
    }

    #[test]
    fn this_machine_can_be_read() {
        let look = machine(Millis(0), &std::env::temp_dir(), Gpus::find().as_ref());
        let (total, free) = look.disk.expect("there is a disk under the temporary folder");
        assert!(total >= free && total > 0.0 && look.cores >= 1.0);
        if cfg!(target_os = "linux") {
            assert!(look.process_memory.is_some_and(|bytes| bytes > 1e6), "{look:?}");
            assert!(look.process_cpu.is_some() && look.machine_cpu.is_some() && look.memory_total > look.memory_available);
        }
    }
}
