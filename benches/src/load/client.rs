//! One connection that speaks just enough HTTP/1.1: it sends bytes that are ready and reads one answer.

use crate::Plan;
use benches::cases::CASES;
use benches::dialect::{self, Dialect, Request};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long people's clients usually wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// One answer in so many is compared with the right one.
const CHECK_EVERY: u64 = 128;

/// What can go wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Connect(std::io::ErrorKind),
    Broken(std::io::ErrorKind),
    Closed,
    TimedOut,
    Status(u16),
    NotHttp,
    WrongAnswer,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Connect(kind) => write!(f, "no connection: {kind}"),
            Failure::Broken(kind) => write!(f, "broken connection: {kind}"),
            Failure::Closed => f.write_str("closed without an answer"),
            Failure::TimedOut => write!(f, "no answer in {} s", PATIENCE.as_secs()),
            Failure::Status(status) => write!(f, "status {status}"),
            Failure::NotHttp => f.write_str("not HTTP"),
            Failure::WrongAnswer => f.write_str("wrong answer"),
        }
    }
}

pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
    requests: Vec<Request>,
    number: u64,
    sent_unique: u32,
    step: u64,
}

/// Where things are in the bytes of an answer.
struct Answer {
    status: u16,
    body: std::ops::Range<usize>,
    json_length: Option<usize>,
    keep: bool,
}

impl Client {
    /// `index` of `of` connections: each sends other requests first, and other unique ones.
    pub async fn connect(plan: &Plan, index: usize, of: usize) -> Result<Client, Failure> {
        let unique = plan.options.unique > 0;
        // Only requests that are changed need a copy of their own; the large ones are never.
        let requests = if unique { plan.requests.clone() } else { Vec::new() };
        let mut client = Client {
            address: plan.options.address,
            stream: None,
            read: Vec::with_capacity(16 << 10),
            requests,
            number: index as u64,
            sent_unique: index as u32,
            step: of as u64,
        };
        client.open().await?;
        Ok(client)
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let connecting = tokio::time::timeout(PATIENCE, TcpStream::connect(self.address));
        let stream = connecting.await.map_err(|_| Failure::TimedOut)?.map_err(|error| Failure::Connect(error.kind()))?;
        stream.set_nodelay(true).map_err(|error| Failure::Connect(error.kind()))?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Sends the next request and reads its answer. `Ok(true)` if the answer was compared with the right one.
    pub async fn exchange(&mut self, plan: &Plan) -> Result<bool, Failure> {
        let outcome = match tokio::time::timeout(PATIENCE, self.attempt(plan)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TimedOut),
        };
        if outcome.as_ref().is_err_and(|failure| !matches!(failure, Failure::Status(_) | Failure::WrongAnswer)) {
            self.stream = None;
        }
        outcome
    }

    async fn attempt(&mut self, plan: &Plan) -> Result<bool, Failure> {
        if self.stream.is_none() {
            self.open().await?;
        }
        let Client { stream: Some(stream), read, requests, number, sent_unique, step, .. } = self else {
            return Err(Failure::Closed);
        };
        *number += 1;
        let case = (*number % u64::from(CASES)) as u32;
        // Spread evenly: with 10 percent, one in ten.
        let percent = u64::from(plan.options.unique);
        let unique = percent > 0 && (*number * percent) % 100 < percent;
        let request = if unique {
            *sent_unique = sent_unique.wrapping_add(*step as u32);
            requests[case as usize].make_unique(*sent_unique);
            let request = &requests[case as usize];
            stream.write_all(&request.bytes).await
        } else {
            stream.write_all(&plan.requests[case as usize].bytes).await
        };
        request.map_err(|error| Failure::Broken(error.kind()))?;
        read.clear();
        let answer = loop {
            let n = stream.read_buf(read).await.map_err(|error| Failure::Broken(error.kind()))?;
            if n == 0 {
                return Err(Failure::Closed);
            }
            if let Some(answer) = parse(read)? {
                break answer;
            }
        };
        if !answer.keep {
            self.stream = None;
        }
        if answer.status != 200 {
            return Err(Failure::Status(answer.status));
        }
        let checks = !unique && plan.options.dialect != Dialect::Echo && self.number.is_multiple_of(CHECK_EVERY);
        if checks {
            let body = self.read.get(answer.body).unwrap_or_default();
            let scores = dialect::scores(plan.options.dialect, &plan.workload, body, answer.json_length);
            if !scores.is_ok_and(|scores| plan.workload.is_right(case, &scores)) {
                return Err(Failure::WrongAnswer);
            }
        }
        Ok(checks)
    }
}

/// A whole answer, or `None` while it is not all there.
fn parse(read: &[u8]) -> Result<Option<Answer>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(read) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Failure::NotHttp),
    };
    let (mut length, mut json_length, mut keep, mut chunked) = (None, None, true, false);
    for header in response.headers.iter() {
        let number = || std::str::from_utf8(header.value).ok().and_then(|text| text.trim().parse::<usize>().ok());
        if header.name.eq_ignore_ascii_case("content-length") {
            length = number();
        } else if header.name.eq_ignore_ascii_case("inference-header-content-length") {
            json_length = number();
        } else if header.name.eq_ignore_ascii_case("connection") {
            keep = !header.value.eq_ignore_ascii_case(b"close");
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = true;
        }
    }
    let status = response.code.unwrap_or(0);
    if chunked {
        // Bodies in chunks are counted but not looked at: no server here sends one with 200.
        return Ok(read.ends_with(b"0\r\n\r\n").then_some(Answer { status, body: head..read.len(), json_length, keep }));
    }
    let end = head + length.ok_or(Failure::NotHttp)?;
    Ok((read.len() >= end).then_some(Answer { status, body: head..end, json_length, keep }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_not_yet() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nInference-Header-Content-Length: 2\r\n\r\nabc";
        for cut in 1..whole.len() {
            assert!(parse(&whole[..cut]).is_ok_and(|answer| answer.is_none()), "{cut}");
        }
        let answer = parse(whole).unwrap().unwrap();
        assert_eq!((answer.status, &whole[answer.body], answer.json_length, answer.keep), (200, &b"abc"[..], Some(2), true));
        assert!(parse(b"SSH-2.0\r\n\r\n").is_err_and(|failure| failure == Failure::NotHttp));
        let closing = b"HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert!(parse(closing).unwrap().is_some_and(|answer| !answer.keep && answer.status == 503));
    }
}
