//! What the demo tells a person on the terminal, and a script in `demo.json`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::Api;
use super::people::Person;

/// Writes `demo.json` into the data folder.
pub fn write(data: &Path, url: &str, people: &[Person], deployments: &[&str]) -> Result<()> {
    let users: Vec<Value> = people
        .iter()
        .map(|person| json!({ "email": person.email, "password": person.password, "role": person.role, "token": person.token, "name": person.name }))
        .collect();
    let file = data.join("demo.json");
    let text = serde_json::to_string_pretty(&json!({ "url": url, "users": users, "deployments": deployments }))?;
    // Whole or not at all: scripts wait for this file.
    let partial = data.join("demo.json.partial");
    std::fs::write(&partial, text + "\n")?;
    std::fs::rename(&partial, &file).with_context(|| file.display().to_string())
}

/// A command line that works when it is pasted. It is tried before it is shown.
pub fn curl(url: &str, deployment: &str, record: &Value) -> Result<String> {
    let body = json!({ "records": [record] });
    let path = format!("/api/v1/deployments/{deployment}/predict");
    Api::new(url, None).post(&path, &body).context("trying the sample request")?;
    Ok(format!("curl -s {url}{path} -H 'content-type: application/json' -d '{body}'"))
}

pub fn print(url: &str, people: &[Person], curl: &str, data: &Path) {
    println!("\n  Slipway is running on {url}\n");
    println!("  Sign in as");
    for person in people {
        println!("    {:<12} {:<28} {}", person.role, person.email, person.password);
    }
    println!("\n  Ask for a prediction\n    {curl}\n");
    println!("  Look at  {url}/fleet      what is served, and whether anything is wrong");
    println!("           {url}/releases   two canaries: one good, one that rolls itself back");
    println!("           {url}/inbox      what waits for a signature (as the approver)");
    println!("\n  Data is in {}; Ctrl-C stops, the same command goes on.\n", data.display());
}
