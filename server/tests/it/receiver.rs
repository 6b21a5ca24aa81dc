//! A web server for tests that takes alerts: it answers as it was told and keeps what it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// One request: its headers with names in lower case, and its body.
#[derive(Clone, Debug)]
pub struct Got {
    pub headers: Vec<(String, String)>,
    pub body: serde_json::Value,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

pub struct Receiver {
    pub url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    /// On a free port, or at `address`. Fails the first `failures` requests.
    pub fn start(address: Option<&str>, failures: usize) -> Receiver {
        let listener = TcpListener::bind(address.unwrap_or("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = got.clone();
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.expect("a connection"));
                let Some(request) = read(&mut stream) else { continue };
                let mut kept = kept.lock().expect("whole");
                kept.push(request);
                let status = if kept.len() <= failures { "503 Service Unavailable" } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                // Whoever asked may have been killed.
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        });
        Receiver { url, got }
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("whole").clone()
    }
}

fn read(stream: &mut BufReader<std::net::TcpStream>) -> Option<Got> {
    let mut headers = Vec::new();
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        if line.trim_end().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Got { headers, body: serde_json::from_slice(&body).ok()? })
}
