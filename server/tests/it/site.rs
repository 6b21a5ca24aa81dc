//! A running server for tests, with the demo's people, the churn model and a deployment of it; and how to ask it.

use crate::form::version_form;
use serde_json::{Value, json};
use server::{Server, Settings};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// Where a server is, and who may ask it what.
pub struct Site {
    pub url: String,
    pub dir: TempDir,
    tokens: HashMap<String, String>,
    agent: Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{} is no JSON: {}", self.status, self.text()))
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }
    /// The JSON of an answer with this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }
    /// The problem of an answer with this slug.
    #[track_caller]
    pub fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.expect(status);
        assert_eq!(problem["type"], format!("urn:slipway:problem:{slug}"), "{problem}");
        assert_eq!(problem["status"], status);
        problem
    }
}

/// The ONNX Runtime of this machine.
#[expect(clippy::disallowed_methods, reason = "tests are told where the library is as the server is")]
pub fn dylib() -> PathBuf {
    std::env::var("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH names ONNX Runtime's library; `cargo xtask test` sets it").into()
}

/// Settings of a demo in a folder of its own.
pub fn settings(dir: &TempDir) -> Settings {
    Settings {
        addr: Some("127.0.0.1:0".into()),
        data: Some(dir.path().to_owned()),
        ort_dylib: Some(dylib()),
        demo: Some(true),
        ..Settings::default()
    }
}

impl Site {
    /// A site at an address, for the demo's people.
    pub fn at(url: String, dir: TempDir, people: &Value) -> Site {
        let tokens =
            people.as_array().expect("people").iter().map(|person| (word(&person["role"]), word(&person["token"]))).collect();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        Site { url, dir, tokens, agent }
    }

    pub fn token(&self, role: &str) -> &str {
        &self.tokens[role]
    }

    /// Asks as a role (`""` for nobody), with headers and a body of any kind.
    pub fn send(&self, role: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !role.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token(role)));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = match method {
            "POST" | "PUT" | "PATCH" => self.agent.run(request.body(body).expect("a request")),
            _ => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let bytes = response.body_mut().read_to_vec().expect("a whole answer");
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), bytes }
    }

    pub fn get(&self, role: &str, path: &str) -> Reply {
        self.send(role, "GET", path, &[], Vec::new())
    }

    pub fn post(&self, role: &str, path: &str, body: &Value) -> Reply {
        self.send(role, "POST", path, &[("content-type", "application/json")], body.to_string().into_bytes())
    }

    pub fn put(&self, role: &str, path: &str, body: &Value) -> Reply {
        self.send(role, "PUT", path, &[("content-type", "application/json")], body.to_string().into_bytes())
    }

    /// Registers a version of an example under a name.
    #[track_caller]
    pub fn register(&self, model: &str, example: &str, version: u32) -> u64 {
        let (kind, body) = version_form(example, version);
        let made = self
            .send("engineer", "POST", &format!("/api/v1/models/{model}/versions"), &[("content-type", &kind)], body)
            .expect(201);
        made["version"].as_u64().expect("a version")
    }

    /// Runs the gates, asks for promotion and signs it: the approval afterwards.
    #[track_caller]
    pub fn promote(&self, model: &str, version: u64, deployment: &str, plan: Option<Value>) -> Value {
        self.post("engineer", &format!("/api/v1/models/{model}/versions/{version}/gates"), &json!({})).expect(200);
        let mut request = json!({ "model": model, "version": version, "deployment": deployment, "reason": "A test." });
        if let Some(plan) = plan {
            request["plan"] = plan;
        }
        let asked = self.post("engineer", "/api/v1/approvals", &request).expect(201);
        let path = format!("/api/v1/approvals/{}", word(&asked["id"]));
        let shown = self.get("approver", &path).expect(200);
        let decision = json!({ "decision": "approve", "comment": "Seen.", "evidence_hash": shown["evidence_hash"], "password": "approver-demo" });
        self.post("approver", &format!("{path}/decisions"), &decision).expect(200)
    }

    /// Waits until a question is answered with 200.
    #[track_caller]
    pub fn wait_for(&self, path: &str) {
        self.wait_until(path, |reply| reply.status == 200);
    }

    #[track_caller]
    pub fn wait_until(&self, path: &str, done: impl Fn(&Reply) -> bool) -> Reply {
        let started = Instant::now();
        loop {
            let reply = self.get("admin", path);
            if done(&reply) {
                return reply;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "{path} after a minute: {} {}", reply.status, reply.text());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A JSON text as text.
pub fn word(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Starts a server in this process and returns where it is. It lives until the process ends.
pub fn start(dir: TempDir) -> Site {
    start_with(dir, |settings| settings)
}

/// The same with some settings of its own.
pub fn start_with(dir: TempDir, change: impl FnOnce(Settings) -> Settings) -> Site {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));
    let config = change(settings(&dir)).complete().expect("settings");
    let (server, people) = runtime.block_on(async {
        let people = server::server::open_ctx(&config).await.expect("a store");
        let people = control::identity::seed_demo(&people).await.expect("people");
        (Server::build(config).await.expect("a server"), people)
    });
    let site = Site::at(server.url().to_owned(), dir, &serde_json::to_value(people).expect("people"));
    runtime.spawn(server.run_until(std::future::pending()));
    site.wait_for("/v2/health/ready");
    site
}

/// The site that most tests share: `churn` with versions 1 (a tree) and 2 (boosted trees), version 1 in service.
pub fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    SITE.get_or_init(|| {
        let site = start(tempfile::tempdir().expect("a folder"));
        site.register("churn", "churn", 2);
        site.register("churn", "churn", 3);
        site.post(
            "engineer",
            "/api/v1/deployments",
            &json!({ "name": "churn", "settings": { "model": "churn", "drift_window_s": 120 } }),
        )
        .expect(201);
        site.promote("churn", 1, "churn", None);
        site.wait_for("/v2/models/churn/ready");
        site
    })
}
