//! Who takes part, how each is started, and in which form it takes a request.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::cells::{Form, Model, Workload};
use super::process::Process;
use super::python;
use crate::paths::Paths;
use crate::server::{free_address, watched};
use crate::setup::onnxruntime;

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    Echo,
    Floor,
    Slipway,
    SlipwayUnrecorded,
    SlipwayCached,
    SlipwayOneByOne,
    FastApi,
    BentoMl,
    BentoMlBatched,
    MlServer,
}

/// What has to be running for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    Echo,
    Floor,
    Slipway,
    FastApi,
    BentoMl,
    BentoMlBatched,
    MlServer,
}

impl Line {
    pub const ALL: [Line; 10] = [
        Line::Echo,
        Line::Floor,
        Line::Slipway,
        Line::SlipwayUnrecorded,
        Line::SlipwayCached,
        Line::SlipwayOneByOne,
        Line::FastApi,
        Line::BentoMl,
        Line::BentoMlBatched,
        Line::MlServer,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Line::Echo => "bare axum echo",
            Line::Floor => "the floor",
            Line::Slipway => "**Slipway**",
            Line::SlipwayUnrecorded => "Slipway, recording off",
            Line::SlipwayCached => "Slipway, cache on",
            Line::SlipwayOneByOne => "Slipway, one by one",
            Line::FastApi => "FastAPI, 2 workers",
            Line::BentoMl => "BentoML",
            Line::BentoMlBatched => "BentoML, adaptive batching",
            Line::MlServer => "MLServer",
        }
    }

    /// What `--only` calls it.
    pub fn key(self) -> &'static str {
        match self {
            Line::Echo => "echo",
            Line::Floor => "floor",
            Line::Slipway => "slipway",
            Line::SlipwayUnrecorded => "slipway-unrecorded",
            Line::SlipwayCached => "slipway-cached",
            Line::SlipwayOneByOne => "slipway-one-by-one",
            Line::FastApi => "fastapi",
            Line::BentoMl => "bentoml",
            Line::BentoMlBatched => "bentoml-batched",
            Line::MlServer => "mlserver",
        }
    }

    pub fn program(self) -> Program {
        match self {
            Line::Echo => Program::Echo,
            Line::Floor => Program::Floor,
            Line::Slipway | Line::SlipwayUnrecorded | Line::SlipwayCached | Line::SlipwayOneByOne => Program::Slipway,
            Line::FastApi => Program::FastApi,
            Line::BentoMl => Program::BentoMl,
            Line::BentoMlBatched => Program::BentoMlBatched,
            Line::MlServer => Program::MlServer,
        }
    }

    pub fn takes_part(self, workload: Workload) -> bool {
        match self {
            Line::SlipwayUnrecorded => workload == Workload::A,
            Line::SlipwayCached => workload == Workload::D,
            Line::SlipwayOneByOne => workload == Workload::E,
            Line::Slipway | Line::Floor => true,
            Line::Echo | Line::FastApi | Line::BentoMl | Line::BentoMlBatched | Line::MlServer => {
                !matches!(workload, Workload::D | Workload::E)
            }
        }
    }

    /// The load generator's name for its form of a request; `None` where it has none.
    pub fn dialect(self, form: Form) -> Option<&'static str> {
        match (self.program(), form) {
            (Program::Echo, Form::Json) => Some("echo"),
            (Program::Echo, Form::Binary) => None,
            (Program::Floor | Program::Slipway, Form::Json) => Some("oip-json"),
            (Program::Floor | Program::Slipway, Form::Binary) => Some("oip-binary"),
            (Program::FastApi, Form::Json) => Some("rows-json"),
            (Program::FastApi, Form::Binary) => Some("raw"),
            (Program::BentoMl | Program::BentoMlBatched, Form::Json) => Some("array-json"),
            (Program::MlServer, Form::Json) => Some("oip-json"),
            // Neither reads tensors that are not text.
            (Program::BentoMl | Program::BentoMlBatched | Program::MlServer, Form::Binary) => None,
        }
    }

    pub fn path(self, workload: Workload, form: Form) -> String {
        match self.program() {
            Program::Echo | Program::Floor | Program::MlServer => "/v2/models/m/infer".to_owned(),
            Program::Slipway => format!("/v2/models/{}/infer", self.deployment(workload.model())),
            Program::FastApi if form == Form::Binary => "/predict-binary".to_owned(),
            Program::FastApi | Program::BentoMl | Program::BentoMlBatched => "/predict".to_owned(),
        }
    }

    /// The deployment that stands for a line of Slipway's own.
    pub fn deployment(self, model: Model) -> String {
        let name = model.name();
        match self {
            Line::SlipwayUnrecorded => format!("{name}-unrecorded"),
            Line::SlipwayCached => format!("{name}-cached"),
            Line::SlipwayOneByOne => format!("{name}-one-by-one"),
            _ => name.to_owned(),
        }
    }
}

/// Starts any program but Slipway with one model, and waits until it answers.
pub fn start(paths: &Paths, program: Program, model: Model, folder: &Path) -> Result<Process> {
    let address = free_address()?;
    let file = paths.root.join(model.file());
    let port = address.port().to_string();
    let (mut command, ready) = match program {
        Program::Echo => {
            let mut command = watched(&paths.target.join("release/bench-echo"));
            command.arg(address.to_string());
            (command, None)
        }
        Program::Floor | Program::Slipway => {
            let mut command = watched(&paths.target.join("release/bench-floor"));
            command.arg(onnxruntime::library(paths)?).arg(&file).args(["probabilities", &address.to_string()]);
            (command, None)
        }
        Program::FastApi => {
            let mut command = competitor(paths, "fastapi")?;
            command.args(["-m", "uvicorn", "app:app", "--workers", "2", "--port", &port, "--log-level", "warning"]);
            (command, Some("/health"))
        }
        Program::BentoMl | Program::BentoMlBatched => {
            let mut command = competitor(paths, "bentoml")?;
            command.args(["-m", "bentoml", "serve", "service:Service", "--host", "127.0.0.1", "--port", &port]);
            command.env("BENTOML_HOME", folder.join("bentoml")).env("BENTOML_DO_NOT_TRACK", "True");
            command.env("BATCHED", if program == Program::BentoMlBatched { "1" } else { "0" });
            (command, Some("/readyz"))
        }
        Program::MlServer => {
            mlserver_settings(&folder.join("mlserver"), &file, address)?;
            let mut command = competitor(paths, "mlserver")?;
            command.args(["-m", "mlserver.cli.main", "start"]).arg(folder.join("mlserver"));
            command.env("PYTHONPATH", paths.root.join("benches/competitors/mlserver"));
            (command, Some("/v2/models/m/ready"))
        }
    };
    command.env("MODEL", &file);
    Process::start(command, address, ready, &folder.join(format!("{program:?}.log")))
}

fn competitor(paths: &Paths, name: &str) -> Result<Command> {
    let mut command = watched(&python::interpreter(paths, name)?);
    command.current_dir(paths.root.join("benches/competitors").join(name)).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

fn mlserver_settings(folder: &Path, model: &Path, address: SocketAddr) -> Result<()> {
    std::fs::create_dir_all(folder.join("m"))?;
    let server = json!({
        "host": "127.0.0.1",
        "http_port": address.port(),
        "grpc_port": free_address()?.port(),
        "metrics_port": free_address()?.port(),
        // A model this small is answered faster where no other process has to be asked.
        "parallel_workers": 0,
        "debug": false,
    });
    std::fs::write(folder.join("settings.json"), server.to_string())?;
    let settings = json!({ "name": "m", "implementation": "runtime.OnnxModel", "parameters": { "uri": model } });
    std::fs::write(folder.join("m/model-settings.json"), settings.to_string())?;
    Ok(())
}
