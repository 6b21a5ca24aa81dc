//! A running `slipway serve`: started for the demo, the tests and `dev`, and stopped with them.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::Built;
use crate::paths::Paths;
use crate::setup::onnxruntime;

/// How long a start may take. A debug build on a busy machine needs some of it to open its models.
const START: Duration = Duration::from_secs(60);
/// How long a server may take to finish what it has begun before it is killed.
const STOP: Duration = Duration::from_secs(10);

/// Where a server keeps its state and where it listens.
#[derive(Clone, Debug)]
pub struct Place {
    pub data: PathBuf,
    pub address: SocketAddr,
}

impl Place {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn log(&self) -> PathBuf {
        self.data.join("server.log")
    }
}

/// A server process; dropping it stops it.
pub struct Server {
    child: Child,
    place: Place,
}

/// `slipway <arguments>` with this place's database, files and runtime: for `serve` and for the commands beside it.
pub fn command(paths: &Paths, built: &Built, place: &Place) -> Result<Command> {
    let mut command = watched(&built.program);
    command
        .current_dir(&paths.root)
        .envs(built.environment())
        .env("ORT_DYLIB_PATH", onnxruntime::library(paths)?)
        .env("DATABASE_URL", format!("sqlite:{}", place.data.join("slipway.db").display()))
        .env("SLIPWAY_ARTIFACTS", format!("file:{}", place.data.join("artifacts").display()))
        .env("SLIPWAY_ADDR", place.address.to_string())
        // Sample sign-ins, and inference without a token; the program refuses this on any but a loopback address.
        .env("SLIPWAY_DEMO", "1");
    Ok(command)
}

impl Server {
    /// Starts the server and waits until it says that it is ready. Its log goes to a file in the data folder.
    pub fn start(paths: &Paths, built: &Built, place: Place) -> Result<Self> {
        std::fs::create_dir_all(&place.data).with_context(|| place.data.display().to_string())?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(place.log())?;
        let child = command(paths, built, &place)?
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", built.program.display()))?;
        let mut server = Self { child, place };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub fn url(&self) -> String {
        self.place.url()
    }

    pub fn address(&self) -> SocketAddr {
        self.place.address
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to finish what it has begun, then insists.
    pub fn stop(&mut self) {
        stop(&mut self.child, "TERM", STOP);
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let start = Instant::now();
        let ready = format!("{}/v2/health/ready", self.url());
        loop {
            if let Some(status) = self.ended()? {
                bail!("the server ended while it was starting: {status}\n{}", self.end_of_log());
            }
            // Any answer but 200 (and none at all) means: not yet.
            if ureq::get(&ready).call().is_ok() {
                return Ok(());
            }
            if start.elapsed() > START {
                bail!("the server was not ready after {} s\n{}", START.as_secs(), self.end_of_log());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn end_of_log(&self) -> String {
        let log = std::fs::read_to_string(self.place.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("{}:\n{}", self.place.log().display(), lines[lines.len().saturating_sub(20)..].join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Sends a signal and waits; kills what does not listen.
pub fn stop(child: &mut Child, signal: &str, patience: Duration) {
    if matches!(child.try_wait(), Ok(Some(_))) {
        return;
    }
    let asked = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status();
    let start = Instant::now();
    while asked.as_ref().is_ok_and(|status| status.success()) && start.elapsed() < patience {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // The process is ours and already gone if these fail.
    let _ = child.kill();
    let _ = child.wait();
}

/// A port that was free a moment ago, chosen by the kernel.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// A command that ends when this process does, however that happens (where the system can promise that).
pub fn watched(program: &Path) -> Command {
    if cfg!(target_os = "linux") && Path::new("/usr/bin/setpriv").exists() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}
