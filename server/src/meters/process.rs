//! The process as Prometheus knows every process: memory, processor time, open files, when it started. Linux only.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Ticks a second of the times in `/proc`: a constant of Linux's interface to programs (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Reads `/proc` at each scrape. Where there is none, nothing is shown.
#[derive(Debug)]
pub struct Process;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Numbers {
    resident_bytes: i64,
    cpu_seconds: f64,
    /// Since 1970.
    started: f64,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let read = |path| std::fs::read_to_string(path).ok();
        let texts = (read("/proc/self/stat"), read("/proc/self/status"), read("/proc/stat"));
        let (Some(stat), Some(status), Some(machine)) = texts else { return Ok(()) };
        let Some(numbers) = numbers(&stat, &status, &machine) else { return Ok(()) };
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit, gauge.metric_type())?)
        };
        gauge("process_resident_memory", "Memory that is resident", Some(&Unit::Bytes), numbers.resident_bytes as f64)?;
        gauge("process_start_time", "When the process started, since 1970", Some(&Unit::Seconds), numbers.started)?;
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the folder that is being read.
            gauge("process_open_fds", "Open files and connections", None, files.count().saturating_sub(1) as f64)?;
        }
        let cpu = ConstCounter::new(numbers.cpu_seconds);
        let help = "Processor time in the program and in the system for it";
        cpu.encode(encoder.encode_descriptor("process_cpu", help, Some(&Unit::Seconds), cpu.metric_type())?)
    }
}

/// From the texts of `/proc/self/stat`, `/proc/self/status` and `/proc/stat`; proc(5) has the fields.
fn numbers(stat: &str, status: &str, machine: &str) -> Option<Numbers> {
    // The second field is the name in brackets and may hold anything; the third, the state, is the first after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let line = |text: &str, name: &str| -> Option<i64> {
        text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    };
    Some(Numbers {
        resident_bytes: line(status, "VmRSS:")? * 1_024,
        cpu_seconds: (ticks(14)? + ticks(15)?) as f64 / TICKS,
        started: line(machine, "btime ")? as f64 + ticks(22)? as f64 / TICKS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_where_linux_puts_them() {
        let stat = "4711 (a) b (c) S 1 4711 4711 0 -1 4194560 9000 0 3 0 250 50 0 0 20 0 9 0 123456 1000000000 25000 18446744073709551615";
        let status = "Name:\tslipway\nVmHWM:\t  99999 kB\nVmRSS:\t  10240 kB\nThreads:\t9\n";
        let found = numbers(stat, status, "cpu  1 2 3\nbtime 1700000000\nprocesses 3\n");
        assert_eq!(found, Some(Numbers { resident_bytes: 10_485_760, cpu_seconds: 3.0, started: 1_700_001_234.56 }));
        assert_eq!(numbers("4711 (x) S 1", status, "btime 1\n"), None);
        assert_eq!(numbers(stat, "", "btime 1\n"), None);
    }
}
