//! The site that clients and browsers are tested against: a demo of its own, on a free port, in a temporary folder.

use std::ffi::OsString;

use anyhow::Result;

use crate::build::{self, Built, Profile};
use crate::demo::{self, Demo, Scene};
use crate::paths::Paths;
use crate::server::Place;
use crate::setup::onnxruntime;

pub struct Site {
    demo: Option<Demo>,
    place: Place,
    built: Built,
    runtime: OsString,
}

impl Site {
    /// Builds what is missing, starts a server with the example models, and lets traffic flow. The story is left to the
    /// browser, which plays it by hand.
    pub fn start(paths: &Paths, no_build: bool) -> Result<Self> {
        let built = if no_build { build::last(paths, Profile::Test)? } else { build::build(paths, Profile::Test)? };
        let place = demo::temporary_place("site")?;
        let demo = Demo::start(paths, &built, place.clone(), Scene::Traffic)?;
        Ok(Self { demo: Some(demo), place, built, runtime: onnxruntime::library(paths)?.into() })
    }

    /// What the suites need to know: the address, the people, and the program itself for tests that start their own.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut environment = vec![
            ("SLIPWAY_URL", self.place.url().into()),
            ("SLIPWAY_DEMO_JSON", self.demo.as_ref().map(|demo| demo.summary.clone().into()).unwrap_or_default()),
            ("SLIPWAY_PROGRAM", self.built.program.clone().into()),
            ("ORT_DYLIB_PATH", self.runtime.clone()),
        ];
        environment.extend(self.built.environment());
        environment
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The server first: it still writes into the folder.
        self.demo = None;
        let _ = std::fs::remove_dir_all(&self.place.data);
    }
}
