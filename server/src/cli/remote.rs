//! Talking to a running server: where it is, with which token, and how its refusals are told.

use crate::config::remote_from_environment;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

/// Gates and large uploads take their time.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(clap::Args)]
pub struct Reach {
    /// The server (otherwise SLIPWAY_URL, otherwise http://127.0.0.1:3000)
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    /// Token of the caller (otherwise SLIPWAY_TOKEN)
    #[arg(long, value_name = "slp_…", global = true)]
    token: Option<String>,
}

/// A server that can be asked.
pub struct Remote {
    agent: Agent,
    url: String,
    token: Option<String>,
}

/// What it answered: any status, with the body as JSON (null if it is none).
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Reach {
    pub fn connect(&self) -> Remote {
        let (url, token) = remote_from_environment();
        let url = self.url.clone().or(url).unwrap_or_else(|| "http://127.0.0.1:3000".into());
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().new_agent();
        Remote { agent, url: url.trim_end_matches('/').to_owned(), token: self.token.clone().or(token) }
    }
}

impl Remote {
    /// Asks, and fails unless the answer is a success.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.read(request.call())?;
        self.success(answer)
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.send(path, "application/json", &serde_json::to_vec(body)?)
    }

    pub fn send<T: DeserializeOwned>(&self, path: &str, kind: &str, body: &[u8]) -> Result<T> {
        let mut request = self.agent.post(format!("{}{path}", self.url)).content_type(kind);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.read(request.send(body))?;
        self.success(answer)
    }

    fn read(&self, sent: Result<Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
        let mut response = sent.with_context(|| format!("{} does not answer", self.url))?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(1 << 30).read_to_vec().context("the answer broke off")?;
        Ok(Answer { status, body: serde_json::from_slice(&text).unwrap_or_default() })
    }

    fn success<T: DeserializeOwned>(&self, Answer { status, body }: Answer) -> Result<T> {
        if (200..300).contains(&status) {
            return serde_json::from_value(body)
                .context("the server answered something else than this program expects; are both of the same version?");
        }
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let detail = text("detail").or_else(|| text("error")).unwrap_or("it gave no reason");
        let id = text("request_id").map(|id| format!(" (request {id})")).unwrap_or_default();
        let hint = if status == 401 && self.token.is_none() { " Set SLIPWAY_TOKEN." } else { "" };
        bail!("{} answered {status}: {detail}{hint}{id}", self.url)
    }
}
