//! A server that is being measured: started, waited for, watched, stopped.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::server::stop;

/// Python servers take their time to import what they need.
const START: Duration = Duration::from_secs(90);
const STOP: Duration = Duration::from_secs(10);

pub struct Process {
    child: Child,
    pub address: SocketAddr,
    log: PathBuf,
}

impl Process {
    /// Starts it and waits until `ready` (any path) is answered with 200, or the port is taken where there is no such path.
    pub fn start(mut command: Command, address: SocketAddr, ready: Option<&str>, log: &Path) -> Result<Process> {
        let file = std::fs::File::create(log).with_context(|| log.display().to_string())?;
        let child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn()?;
        let mut process = Process { child, address, log: log.to_owned() };
        let start = Instant::now();
        loop {
            if let Some(status) = process.child.try_wait()? {
                bail!("it ended while it was starting: {status}\n{}", process.end_of_log());
            }
            let up = match ready {
                Some(path) => ureq::get(format!("http://{address}{path}")).call().is_ok(),
                None => TcpStream::connect(address).is_ok(),
            };
            if up {
                return Ok(process);
            }
            if start.elapsed() > START {
                bail!("it was not ready after {} s\n{}", START.as_secs(), process.end_of_log());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        stop(&mut self.child, "TERM", STOP);
    }
}

/// What a process and everything that it started have used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    pub cpu: Duration,
    /// The most memory that each has held, added up; bytes.
    pub memory: u64,
}

/// Reads `/proc`; all zero where there is none.
pub fn used(id: u32) -> Used {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut ticks: BTreeMap<u32, u64> = BTreeMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some((parent, own)) = parse_stat(&stat) else { continue };
        children.entry(parent).or_default().push(pid);
        ticks.insert(pid, own);
    }
    let mut used = Used::default();
    let mut open = vec![id];
    while let Some(pid) = open.pop() {
        // A hundredth of a second each, on every Linux that there is.
        used.cpu += Duration::from_millis(10 * ticks.get(&pid).copied().unwrap_or(0));
        used.memory += peak(pid).unwrap_or(0);
        open.extend(children.get(&pid).into_iter().flatten());
    }
    used
}

/// Parent, and ticks of user and system time.
fn parse_stat(stat: &str) -> Option<(u32, u64)> {
    // The name in brackets may hold anything, blanks too.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?))
}

fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read_past_any_name() {
        let stat = "42 (a) b (c)) S 7 42 42 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 4 0 1 2 3";
        assert_eq!(parse_stat(stat), Some((7, 42)));
        assert_eq!(parse_stat("nonsense"), None);
    }
}
