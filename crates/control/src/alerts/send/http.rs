//! Posting JSON to where somebody else has written the address: names are looked up once and checked, redirects are not followed,
//! time and answer are bounded, nothing goes by a proxy of the environment.

use super::{KEPT, LIMIT, Outbound, Said, guard};
use std::io::Read;
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// Looks up names and leaves out the addresses that must not be reached. What is connected to is what was checked.
#[derive(Debug)]
struct Guarded {
    outbound: Outbound,
    names: DefaultResolver,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        let mut refused = None;
        for address in found.iter() {
            match guard::check(address.ip(), self.outbound) {
                Ok(()) => allowed.push(*address),
                Err(why) => refused = Some(why),
            }
        }
        match refused {
            Some(why) if allowed.is_empty() => Err(Error::Other(
                format!("{} leads to {why}, where messages are not sent", uri.host().unwrap_or("the address")).into(),
            )),
            _ => Ok(allowed),
        }
    }
}

fn agent(outbound: Outbound) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(!guard::is_plain_text_allowed(outbound))
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .timeout_global(Some(LIMIT))
        .timeout_connect(Some(Duration::from_secs(5)))
        .user_agent(concat!("Slipway/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Guarded { outbound, names: DefaultResolver::default() })
}

/// Posts it. Every 2xx is delivered; a redirect is not.
pub fn post(outbound: Outbound, url: &str, headers: &[(&str, &str)], body: &str) -> Said {
    let mut request = agent(outbound).post(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match request.send(body) {
        Err(error) => refused(&error),
        Ok(mut response) => {
            let status = response.status();
            let retry_after_s = response
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok())
                .and_then(|text| text.trim().parse().ok());
            let mut first = Vec::with_capacity(KEPT);
            // An answer that breaks off is no reason to send it again: the status has been read.
            let _ = response.body_mut().as_reader().take(KEPT as u64).read_to_end(&mut first);
            let answer = if status.is_redirection() {
                "It leads elsewhere, and redirects are not followed: write the address that it leads to.".into()
            } else {
                String::from_utf8_lossy(&first).into_owned()
            };
            Said {
                delivered: status.is_success(),
                status: status.to_string(),
                answer: super::shortened(&answer),
                gone: status.as_u16() == 410,
                retry_after_s,
            }
        }
    }
}

fn refused(error: &Error) -> Said {
    let status = match error {
        Error::Timeout(_) => "timed out",
        Error::HostNotFound => "no such host",
        Error::ConnectionFailed | Error::Io(_) => "not reached",
        Error::Tls(_) | Error::Rustls(_) => "TLS failed",
        Error::Other(_) | Error::RequireHttpsOnly(_) => "not allowed",
        _ => "no answer",
    };
    Said::failed(status, format!("{error}."))
}
