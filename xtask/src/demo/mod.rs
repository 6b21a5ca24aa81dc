//! `cargo xtask demo`: from nothing to a running site with real models, real data and live traffic.
//!
//! Everything goes in through the public interfaces, as any team's programs would send it.

pub mod api;
mod example;
mod outcomes;
pub mod people;
mod seed;
mod story;
mod summary;
mod traffic;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::build::{self, Built, Profile};
use crate::paths::Paths;
use crate::progress;
use crate::server::{self, Place, Server};
use crate::setup::{self, Purpose};

use api::Api;
use example::Example;
use outcomes::Late;
use people::Person;
use seed::Desk;
use traffic::{Share, Stream};

#[derive(clap::Args)]
pub struct Options {
    /// Where to keep the database and the files [default: data/demo in the repository]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    /// Only the models, nothing that happens
    #[arg(long)]
    no_traffic: bool,
    /// Live traffic, but no releases and no drift: those are left to you
    #[arg(long)]
    no_story: bool,
    /// How it is built: `dev` where the tests have built it already
    #[arg(long, value_enum, default_value_t = Profile::Demo)]
    profile: Profile,
    /// Run what the last build left
    #[arg(long)]
    no_build: bool,
}

/// An example that the demo deploys: how many versions are there at the start, which one serves, and its traffic.
struct Cast {
    example: &'static str,
    deployment: &'static str,
    versions: u64,
    serves: u64,
    /// Requests per second, and how many callers send them.
    rate: f64,
    callers: usize,
    /// How many seconds of the demo stand for a day of the data, when it comes to outcomes.
    seconds_per_day: f64,
}

const CAST: &[Cast] = &[
    Cast { example: "churn", deployment: "churn", versions: 2, serves: 2, rate: 100.0, callers: 4, seconds_per_day: 1.0 },
    Cast { example: "flights", deployment: "flights", versions: 2, serves: 2, rate: 10.0, callers: 1, seconds_per_day: 60.0 },
    Cast { example: "bikes", deployment: "bikes", versions: 2, serves: 2, rate: 5.0, callers: 1, seconds_per_day: 120.0 },
    Cast { example: "digits", deployment: "digits", versions: 2, serves: 1, rate: 5.0, callers: 1, seconds_per_day: 3_600.0 },
    Cast {
        example: "churn_matrix",
        deployment: "churn-matrix",
        versions: 2,
        serves: 2,
        rate: 2.0,
        callers: 1,
        seconds_per_day: 1.0,
    },
];

/// Everything in `examples/` that can be deployed.
#[cfg(test)]
pub const EXAMPLES: [&str; 5] = ["churn", "flights", "bikes", "digits", "churn_matrix"];

/// What happens after the models are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    Still,
    Traffic,
    Story,
}

pub fn main(paths: &Paths, options: Options) -> Result<ExitCode> {
    setup::ensure(paths, Purpose::Demo)?;
    let built = if options.no_build { build::last(paths, options.profile)? } else { build::build(paths, options.profile)? };
    let scene = match (options.no_traffic, options.no_story) {
        (true, _) => Scene::Still,
        (false, true) => Scene::Traffic,
        (false, false) => Scene::Story,
    };
    let data = options.data.map_or_else(|| Ok(paths.root.join("data/demo")), std::path::absolute)?;
    let place = Place { data, address: options.addr };
    let mut demo = Demo::start(paths, &built, place, scene)?;
    let status = loop {
        if let Some(status) = demo.server.ended()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    println!("the server ended: {status}");
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A running demo; dropping it stops the server.
pub struct Demo {
    pub server: Server,
    /// `demo.json`, for scripts.
    pub summary: PathBuf,
}

impl Demo {
    pub fn start(paths: &Paths, built: &Built, place: Place, scene: Scene) -> Result<Self> {
        std::fs::create_dir_all(&place.data)?;
        let people = people(paths, built, &place)?;
        let server = progress::step("Starting the server", || Server::start(paths, built, place.clone()))?;
        let url = server.url();
        let desk = Desk::new(&url, people::with_role(&people, "engineer")?, people::with_role(&people, "approver")?);
        let examples = progress::step("Loading the example models and their data", || seed(paths, &desk))?;

        let deployments: Vec<&str> = CAST.iter().map(|cast| cast.deployment).collect();
        let curl = summary::curl(&url, CAST[0].deployment, &sample(&examples[0])?)?;
        summary::write(&place.data, &url, &people, &deployments)?;
        summary::print(&url, &people, &curl, &place.data);
        if scene != Scene::Still {
            play(&url, desk, &people, examples, scene)?;
        }
        Ok(Self { server, summary: place.data.join("demo.json") })
    }
}

/// The people of the demo, made by the program's own command the first time and the same ever after.
fn people(paths: &Paths, built: &Built, place: &Place) -> Result<Vec<Person>> {
    let mut command = server::command(paths, built, place)?;
    let output = command.args(["user", "demo", "--json"]).output().context("slipway user demo")?;
    anyhow::ensure!(output.status.success(), "slipway user demo: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("slipway user demo --json")
}

/// Registers and deploys whatever of the cast is not there yet.
fn seed(paths: &Paths, desk: &Desk) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for cast in CAST {
        let example = Example::read(&paths.root, cast.example)?;
        let mut clock = progress::Clock::new(&format!("  {}", cast.deployment));
        let start = std::time::Instant::now();
        desk.model(&example)?;
        for version in 1..=cast.versions {
            desk.version(&example, version)?;
            clock.tick();
        }
        desk.deployment(&example, cast.deployment)?;
        if !desk.served(cast.deployment) {
            let approval = desk.ask(&example, cast.deployment, cast.serves, "The first version to go live.", None)?;
            desk.approve(&approval, "Gates passed; first version, nothing to compare with.")?;
            desk.wait_until_served(cast.deployment)?;
        }
        clock.finish(true, start.elapsed());
        examples.push(example);
    }
    Ok(examples)
}

/// Starts the threads that send traffic, send outcomes, and tell the story. They end with the process.
fn play(url: &str, desk: Desk, people: &[Person], examples: Vec<Example>, scene: Scene) -> Result<()> {
    let engineer = people::with_role(people, "engineer")?;
    let (late, incoming) = mpsc::channel::<Late>();
    let api = Api::new(url, Some(&engineer.token));
    std::thread::spawn(move || outcomes::run(&api, &incoming));

    let mut streams = Vec::new();
    for (cast, example) in CAST.iter().zip(&examples) {
        let stream = Stream::new(cast.deployment, cast.rate, cast.seconds_per_day);
        for number in 0..cast.callers {
            let share = Share { number, of: cast.callers };
            spawn_traffic(Api::new(url, None), example.clone(), Arc::clone(&stream), share, late.clone());
        }
        streams.push(stream);
    }
    if scene == Scene::Story {
        let churn = examples.into_iter().next().context("an empty cast")?;
        let stream = Arc::clone(&streams[0]);
        std::thread::spawn(move || {
            if let Err(error) = story::tell(&desk, &churn, CAST[0].deployment, &stream) {
                story::say(&format!("the story stopped: {error:#}"));
            }
        });
    }
    Ok(())
}

fn spawn_traffic(api: Api, example: Example, stream: Arc<Stream>, share: Share, late: Sender<Late>) {
    std::thread::spawn(move || {
        if let Err(error) = traffic::run(&api, &example, &stream, share, &late) {
            story::say(&format!("no traffic for {}: {error:#}", stream.deployment));
        }
    });
}

/// The first complete row of the example, as a record.
fn sample(example: &Example) -> Result<Value> {
    let rows = example.requests(&example.data.live)?;
    let row = rows.iter().find(|row| row.iter().all(Option::is_some)).context("no complete row")?;
    let fields = example.columns().into_iter().zip(row).map(|(column, value)| {
        let text = value.clone().unwrap_or_default();
        let value = text.parse::<f64>().map_or(Value::String(text), |number| serde_json::json!(number));
        (column, value)
    });
    Ok(Value::Object(fields.collect()))
}

/// A new place in the temporary folder, on a free port.
pub fn temporary_place(name: &str) -> Result<Place> {
    let data = std::env::temp_dir().join(format!("slipway-{name}-{}", std::process::id()));
    if Path::new(&data).exists() {
        std::fs::remove_dir_all(&data)?;
    }
    Ok(Place { data, address: server::free_address()? })
}
