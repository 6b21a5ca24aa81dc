//! A PostgreSQL server of the tests' own: a new data folder, a port from the kernel, gone when the tests are.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::progress;
use crate::server::{free_address, stop, watched};
use crate::setup::postgres::{is_root, programs};

const USER: &str = "slipway";
const START: Duration = Duration::from_secs(30);

pub struct Postgres {
    child: Child,
    folder: PathBuf,
    pub url: String,
}

impl Postgres {
    pub fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let folder = std::env::temp_dir().join(format!("slipway-postgres-{}", std::process::id()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        // PostgreSQL refuses to run as root, and its data must be its own user's alone.
        let owner = if is_root() { Some(unprivileged()?) } else { None };
        if let Some(owner) = owner {
            progress::run(Command::new("chown").arg(owner).arg(&folder))?;
        }
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;

        let data = folder.join("data");
        progress::quiet(
            "Creating a PostgreSQL cluster",
            as_user(owner, &programs.join("initdb"))
                .current_dir("/")
                .args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", USER, "--pgdata"])
                .arg(&data),
        )?;

        let port = free_address()?.port();
        let log = std::fs::File::create(folder.join("log"))?;
        let child = as_user(owner, &programs.join("postgres"))
            .current_dir("/")
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.display()))
            // The data lives for minutes: durability would only make the tests slower.
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting postgres")?;
        let mut postgres = Self { child, folder, url: format!("postgres://{USER}@127.0.0.1:{port}/postgres") };
        postgres.wait(port)?;
        Ok(postgres)
    }

    fn wait(&mut self, port: u16) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                bail!("postgres ended while it was starting: {status}\n{}", self.log());
            }
            // The port opens before the server takes queries; the file tells that it does.
            let ready = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).is_ok_and(|text| text.contains("ready"));
            if ready && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("postgres was not ready after {} s\n{}", START.as_secs(), self.log())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop(&mut self.child, "INT", Duration::from_secs(10));
        // A folder left behind is only litter in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The account that Debian's package made, else the one that owns nothing.
fn unprivileged() -> Result<&'static str> {
    let accounts = std::fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    let known = |name: &&str| accounts.lines().any(|line| line.starts_with(&format!("{name}:")));
    ["postgres", "nobody"].into_iter().find(known).context("neither `postgres` nor `nobody` is an account here")
}

fn as_user(owner: Option<&str>, program: &Path) -> Command {
    match owner {
        None => watched(program),
        Some(owner) => {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", owner, "--regid"])
                .arg(group_of(owner))
                .args(["--clear-groups", "--pdeathsig", "INT", "--"])
                .arg(program);
            command
        }
    }
}

fn group_of(owner: &str) -> String {
    let output = Command::new("id").args(["-g", owner]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_else(|_| owner.to_owned())
}
