//! What a person sees while a long step runs: its name, the time it has taken, and the end of its output if it fails.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a log that is not a terminal is told that a quiet step is still going.
const REMINDER: Duration = Duration::from_secs(20);
/// How many lines of a failed command's output are shown.
const TAIL: usize = 40;

/// Runs `work` under a heading and says how long it took. For steps whose programs show their own progress.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("▸ {name}");
    let start = Instant::now();
    let result = work();
    match &result {
        Ok(_) => println!("✓ {name} ({})", elapsed(start.elapsed())),
        Err(_) => println!("✗ {name} ({})", elapsed(start.elapsed())),
    }
    result
}

/// Runs a command that prints for itself; fails if it does.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a command whose output matters only if it fails, with a running clock. Returns what it wrote to both streams.
pub fn quiet(name: &str, command: &mut Command) -> Result<String> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", shown(command)))?;
    let output = Arc::new(Mutex::new(String::new()));
    let readers: Vec<_> = [
        child.stdout.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
        child.stderr.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
    ]
    .into_iter()
    .flatten()
    .map(|stream| collect(stream, Arc::clone(&output)))
    .collect();

    let mut clock = Clock::new(name);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        clock.tick();
        std::thread::sleep(Duration::from_millis(100));
    };
    for reader in readers {
        // A reader can only fail by panicking; its lines are then simply missing from the report.
        let _ = reader.join();
    }
    let output = output.lock().map(|text| text.clone()).unwrap_or_default();
    clock.finish(status.success(), start.elapsed());
    if !status.success() {
        bail!("{} failed: {status}\n{}", shown(command), tail(&output));
    }
    Ok(output)
}

/// A line that shows how long something has been going: rewritten in place on a terminal, repeated now and then in a log.
pub struct Clock {
    name: String,
    start: Instant,
    last: Instant,
    terminal: bool,
}

impl Clock {
    pub fn new(name: &str) -> Self {
        let terminal = std::io::stdout().is_terminal();
        if !terminal {
            println!("▸ {name}");
        }
        let now = Instant::now();
        Self { name: name.to_owned(), start: now, last: now, terminal }
    }

    pub fn tick(&mut self) {
        let every = if self.terminal { Duration::from_secs(1) } else { REMINDER };
        if self.last.elapsed() < every {
            return;
        }
        self.last = Instant::now();
        let time = elapsed(self.start.elapsed());
        if self.terminal {
            print!("\r\x1b[K▸ {} … {time}", self.name);
            let _ = std::io::stdout().flush();
        } else {
            println!("  … {} is still going ({time})", self.name);
        }
    }

    pub fn finish(&self, good: bool, took: Duration) {
        let mark = if good { '✓' } else { '✗' };
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        println!("{clear}{mark} {} ({})", self.name, elapsed(took));
    }
}

/// `75 s` up to two minutes, then `2 min 05 s`.
pub fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 10 {
        format!("{:.1} s", time.as_secs_f64())
    } else if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

fn collect(stream: Box<dyn Read + Send>, into: Arc<Mutex<String>>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Ok(mut text) = into.lock() {
                text.push_str(&line);
                text.push('\n');
            }
        }
    })
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].join("\n")
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_person_would_say_them() {
        for (seconds, text) in [(0.25, "0.2 s"), (9.0, "9.0 s"), (75.0, "75 s"), (125.0, "2 min 05 s")] {
            assert_eq!(elapsed(Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn a_failing_command_reports_the_end_of_its_output() {
        let error = quiet("fail", Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("exit status: 3"), "{text}");
        assert!(text.contains("one") && text.contains("two"), "{text}");
    }
}
