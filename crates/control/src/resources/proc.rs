//! What Linux tells of the process, the machine and the control group: pure readers of the texts of `/proc` and `/sys/fs/cgroup`.
//! proc(5) and the kernel's documentation of control groups (version 2) have the fields. Elsewhere there is nothing to read.

/// Ticks a second of the times in `/proc`: a constant of Linux's interface to programs (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Seconds of processor time of the process, from `/proc/self/stat`.
pub fn process_cpu(stat: &str) -> Option<f64> {
    // The second field is the name in brackets and may hold anything; the third, the state, is the first after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / TICKS)
}

/// Busy and all seconds of processor time of the machine, over all processors, from `/proc/stat`.
pub fn machine_cpu(stat: &str) -> Option<(f64, f64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guest times are in user and nice already.
    let all: f64 = fields.iter().take(8).sum();
    let idle = fields.get(3)? + fields.get(4)?;
    Some(((all - idle) / TICKS, all / TICKS))
}

/// The number, in bytes, of a line `Name:   123 kB` of `/proc/meminfo` or `/proc/self/status`.
pub fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(rest.split_whitespace().next()?.parse::<f64>().ok()? * 1_024.0)
}

/// Bytes that the process has read from storage and written to it, from `/proc/self/io`.
pub fn storage(io: &str) -> Option<(f64, f64)> {
    let field = |name: &str| io.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    Some((field("read_bytes:")?, field("write_bytes:")?))
}

/// The process's control group of version 2, as a path under its mount, from `/proc/self/cgroup`.
pub fn group(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| line.strip_prefix("0::"))
}

/// Processors that a group may use, from `cpu.max`; `None` where it is not bounded.
pub fn cpu_limit(max: &str) -> Option<f64> {
    let (quota, period) = max.trim().split_once(' ')?;
    let limit = quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?;
    (limit.is_finite() && limit > 0.0).then_some(limit)
}

/// Seconds of processor time of a group, from `cpu.stat`.
pub fn group_cpu(stat: &str) -> Option<f64> {
    let micros: f64 = stat.lines().find_map(|line| line.strip_prefix("usage_usec "))?.trim().parse().ok()?;
    Some(micros / 1e6)
}

/// Bytes that a group holds for good, from `memory.current` and `memory.stat`: what was read from files and is not in use is given
/// back when it is needed.
pub fn group_memory(current: &str, stat: &str) -> Option<f64> {
    let held: f64 = current.trim().parse().ok()?;
    let idle: f64 = stat.lines().find_map(|line| line.strip_prefix("inactive_file "))?.trim().parse().ok()?;
    Some((held - idle).max(0.0))
}

/// Bytes that a group may hold, from `memory.max`; `None` where it is not bounded.
pub fn memory_limit(max: &str) -> Option<f64> {
    max.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_where_linux_puts_them() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 9000 0 3 0 250 50 0 0 20 0 9 0 123456 1000000000 25000 18446744073709551615";
        assert_eq!(process_cpu(stat), Some(3.0));
        assert_eq!(process_cpu("4711 (x) S 1"), None);
        let machine = "cpu  100 20 30 800 40 5 5 0 7 0\ncpu0 1 1 1 1\nbtime 17\n";
        assert_eq!(machine_cpu(machine), Some((1.6, 10.0)));
        assert_eq!(machine_cpu("intr 1\n"), None);
        let meminfo = "MemTotal:       2000 kB\nMemFree:  10 kB\nMemAvailable:    500 kB\n";
        assert_eq!((kilobytes(meminfo, "MemTotal"), kilobytes(meminfo, "MemAvailable")), (Some(2_048_000.0), Some(512_000.0)));
        assert_eq!(kilobytes(meminfo, "Mem"), None);
        assert_eq!(
            storage("rchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n"),
            Some((4_096.0, 8_192.0))
        );
        assert_eq!(storage("rchar: 9\n"), None);
    }

    #[test]
    fn a_group_may_be_bounded_or_not() {
        assert_eq!(group("12:cpu:/x\n0::/kube/pod\n"), Some("/kube/pod"));
        assert_eq!(group("12:cpu:/x\n"), None);
        assert_eq!((cpu_limit("150000 100000\n"), cpu_limit("max 100000\n"), cpu_limit("")), (Some(1.5), None, None));
        assert_eq!(group_cpu("usage_usec 2500000\nuser_usec 1\n"), Some(2.5));
        assert_eq!(group_memory("1000\n", "anon 1\ninactive_file 300\n"), Some(700.0));
        assert_eq!((memory_limit("4096\n"), memory_limit("max\n")), (Some(4_096.0), None));
    }
}
