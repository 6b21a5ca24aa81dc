//! Slipway itself: started on a place of its own, with every model registered and deployed through the public interface.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::cells::Model;
use super::contestants::Line;
use crate::build::Built;
use crate::demo::api::{Api, Form};
use crate::demo::people::{self, Person};
use crate::paths::Paths;
use crate::server::{self, Place, Server};

const PATIENCE: Duration = Duration::from_secs(60);

/// The lines that are deployments of one server.
const LINES: [Line; 4] = [Line::Slipway, Line::SlipwayUnrecorded, Line::SlipwayCached, Line::SlipwayOneByOne];

/// A place with people in it.
pub struct Site {
    pub place: Place,
    people: Vec<Person>,
}

impl Site {
    pub fn make(paths: &Paths, built: &Built, place: Place) -> Result<Site> {
        std::fs::create_dir_all(&place.data)?;
        let output =
            server::command(paths, built, &place)?.args(["user", "demo", "--json"]).output().context("slipway user demo")?;
        ensure!(output.status.success(), "slipway user demo: {}", String::from_utf8_lossy(&output.stderr));
        Ok(Site { place, people: serde_json::from_slice(&output.stdout).context("slipway user demo --json")? })
    }

    /// Starts the server; registers and deploys what is not there yet.
    pub fn start(&self, paths: &Paths, built: &Built) -> Result<Server> {
        let place = Place { address: server::free_address()?, ..self.place.clone() };
        let server = Server::start(paths, built, place)?;
        let api = Api::new(&server.url(), Some(&people::with_role(&self.people, "admin")?.token));
        for model in Model::ALL {
            register(paths, &api, model)?;
            for line in LINES {
                if line == Line::Slipway || super::cells::Workload::ALL.iter().any(|w| w.model() == model && line.takes_part(*w))
                {
                    deploy(&api, line, model)?;
                }
            }
        }
        Ok(server)
    }
}

/// What is said of a model that is only here to be measured.
fn meta(model: Model) -> Value {
    match model {
        Model::Trees => json!({
            "notes": "For measuring.",
            "task": "binary",
            "label_column": "label",
            "positive": "1",
            "features": (0..20).map(|i| format!("f{i:02}")).collect::<Vec<_>>(),
        }),
        Model::Picture | Model::Layers => json!({ "notes": "For measuring.", "task": "multiclass" }),
    }
}

fn register(paths: &Paths, api: &Api, model: Model) -> Result<()> {
    let name = model.name();
    if api.find(&format!("/api/v1/models/{name}/versions/1"))?.is_some() {
        return Ok(());
    }
    let read = |file: String| std::fs::read(paths.root.join(&file)).with_context(|| file);
    let mut form = Form::default().text("meta", &meta(model).to_string()).file("file", "model.onnx", &read(model.file())?);
    if model == Model::Trees {
        for role in ["reference", "heldback"] {
            form = form.file(role, &format!("{role}.csv"), &read(format!("benches/models/trees.{role}.csv"))?);
        }
    }
    form.post(api, &format!("/api/v1/models/{name}/versions"))?;
    Ok(())
}

fn deploy(api: &Api, line: Line, model: Model) -> Result<()> {
    let name = line.deployment(model);
    if api.find(&format!("/api/v1/deployments/{name}"))?.is_none() {
        let mut settings = json!({
            "model": model.name(),
            "owner_team": "benches",
            // Room for 1,000 connections with 32 rows each.
            "queue_rows": 65_536,
        });
        match line {
            Line::SlipwayUnrecorded => settings["recording"] = "off".into(),
            Line::SlipwayCached => settings["cache"] = json!({ "ttl_ms": 60_000, "max_bytes": 64 << 20 }),
            Line::SlipwayOneByOne => settings["max_batch"] = 1.into(),
            _ => {}
        }
        api.post("/api/v1/deployments", &json!({ "name": name, "settings": settings }))?;
        let start = json!({ "deployment": name, "version": 1, "reason": "For measuring." });
        api.post("/api/v1/rollouts", &start)?;
    }
    let start = Instant::now();
    while api.get(&format!("/v2/models/{name}/ready")).is_err() {
        if start.elapsed() > PATIENCE {
            bail!("{name} was not served after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Answers that came from the cache of a deployment since the server started.
pub fn cache_hits(url: &str, deployment: &str) -> Result<u64> {
    let stats = Api::new(url, None).get(&format!("/v2/models/{deployment}/stats"))?;
    let lines = stats["model_stats"].as_array().context("no model_stats")?;
    Ok(lines.iter().filter_map(|line| line["inference_stats"]["cache_hit"]["count"].as_u64()).sum())
}

/// Records that were dropped since the server started.
pub fn dropped(url: &str) -> Result<u64> {
    let text = ureq::get(format!("{url}/metrics")).call()?.body_mut().read_to_string()?;
    let line =
        text.lines().find_map(|line| line.strip_prefix("slipway_records_dropped ")).context("no slipway_records_dropped")?;
    Ok(line.trim().parse::<f64>()? as u64)
}
