//! The little of HTTP that the demo needs: what any program would send, with a bearer token.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A caller of the server's public interfaces.
#[derive(Clone)]
pub struct Api {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

impl Api {
    pub fn new(url: &str, token: Option<&str>) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        Self { agent, url: url.to_owned(), token: token.map(str::to_owned) }
    }

    pub fn get(&self, path: &str) -> Result<Value> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer("GET", path, request.call())
    }

    /// `None` where there is no such thing.
    pub fn find(&self, path: &str) -> Result<Option<Value>> {
        match self.get(path) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.downcast_ref::<Refused>().is_some_and(|refused| refused.status == 404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(path, "application/json", body.to_string().as_bytes())
    }

    pub fn send(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Value> {
        let mut request = self.agent.post(format!("{}{path}", self.url)).header("content-type", content_type);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer("POST", path, request.send(body))
    }
}

/// An answer that says no.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    said: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.said)
    }
}

impl std::error::Error for Refused {}

fn answer(method: &str, path: &str, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value> {
    let mut response = response.with_context(|| format!("{method} {path}"))?;
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().with_context(|| format!("{method} {path}"))?;
    if !response.status().is_success() {
        bail!(anyhow::Error::new(Refused { status, said: text }).context(format!("{method} {path}")));
    }
    if text.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: no JSON"))
    }
}

/// A `multipart/form-data` body, as a browser's form sends it.
#[derive(Default)]
pub struct Form {
    body: Vec<u8>,
}

/// Does not occur in any file of ours: they are ONNX, CSV and JSON.
const BOUNDARY: &str = "slipway-demo-5f0c1d7e";

impl Form {
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.part(&format!("name=\"{name}\""), "text/plain; charset=utf-8", text.as_bytes());
        self
    }

    pub fn file(mut self, name: &str, file_name: &str, bytes: &[u8]) -> Self {
        self.part(&format!("name=\"{name}\"; filename=\"{file_name}\""), "application/octet-stream", bytes);
        self
    }

    pub fn post(mut self, api: &Api, path: &str) -> Result<Value> {
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        api.send(path, &format!("multipart/form-data; boundary={BOUNDARY}"), &self.body)
    }

    fn part(&mut self, name: &str, content_type: &str, bytes: &[u8]) {
        let head = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {name}\r\ncontent-type: {content_type}\r\n\r\n");
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
    }
}
