//! Content codings of `/infer`: gzip and deflate (zlib framing) in, and out only when asked; nothing else, ever.
//!
//! The asyncio client of Triton announces `br` without being able to read it, and cannot read compressed metadata at all: that is
//! why there is no compression layer over the whole protocol.

use super::refusal::Refusal;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{Read, Write};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    pub fn word(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
        }
    }
}

/// Undoes the request's `Content-Encoding`. `limit` holds for the decompressed size, so that a bomb ends early.
pub fn unpack(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes, Refusal> {
    let Some(coding) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(body);
    };
    let coding = coding.to_str().unwrap_or("?").trim().to_ascii_lowercase();
    let mut out = Vec::new();
    let most = limit as u64 + 1;
    let read = match coding.as_str() {
        "" | "identity" => return Ok(body),
        "gzip" | "x-gzip" => GzDecoder::new(body.as_ref()).take(most).read_to_end(&mut out),
        "deflate" => ZlibDecoder::new(body.as_ref()).take(most).read_to_end(&mut out),
        other => return Err(Refusal::new(415, format!("Content-Encoding '{other}' is not supported; use gzip or deflate"))),
    };
    read.map_err(|_| Refusal::bad(format!("the body is not valid {coding}")))?;
    if out.len() > limit {
        return Err(Refusal::too_large(limit));
    }
    Ok(out.into())
}

/// The coding to answer in: gzip before deflate, none unless the caller named one of them with a weight above zero.
pub fn wanted(headers: &HeaderMap) -> Option<Coding> {
    let mut best: Option<(Coding, f32)> = None;
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for offer in value.to_str().unwrap_or("").split(',') {
            let mut parts = offer.split(';').map(str::trim);
            let coding = match parts.next() {
                Some(word) if word.eq_ignore_ascii_case("gzip") => Coding::Gzip,
                Some(word) if word.eq_ignore_ascii_case("deflate") => Coding::Deflate,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let better = match best {
                None => weight > 0.0,
                Some((chosen, most)) => weight > most || (weight == most && chosen == Coding::Deflate && coding == Coding::Gzip),
            };
            if better {
                best = Some((coding, weight));
            }
        }
    }
    best.map(|(coding, _)| coding)
}

pub fn pack(coding: Coding, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(body.len() / 2);
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::fast());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(room, Compression::fast());
            encoder.write_all(body)?;
            encoder.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let body = b"[1,2,3]".repeat(100);
        for coding in [Coding::Gzip, Coding::Deflate] {
            let packed = Bytes::from(pack(coding, &body).unwrap());
            assert!(packed.len() < body.len());
            let named = headers(header::CONTENT_ENCODING, coding.word());
            assert_eq!(unpack(&named, packed.clone(), 1_000).unwrap(), body);
            assert_eq!(unpack(&named, packed, 699).unwrap_err().status, 413);
            assert_eq!(unpack(&named, Bytes::from_static(b"nonsense"), 99).unwrap_err().status, 400);
        }
        assert_eq!(unpack(&headers(header::CONTENT_ENCODING, "br"), Bytes::new(), 9).unwrap_err().status, 415);
    }

    #[test]
    fn answers_are_packed_only_when_asked_and_never_as_br() {
        for (accept, coding) in [
            ("gzip, deflate, br", Some(Coding::Gzip)),
            ("deflate, gzip", Some(Coding::Gzip)),
            ("deflate", Some(Coding::Deflate)),
            ("gzip;q=0.1, deflate", Some(Coding::Deflate)),
            ("gzip;q=0", None),
            ("br", None),
            ("*", None),
            ("identity", None),
        ] {
            assert_eq!(wanted(&headers(header::ACCEPT_ENCODING, accept)), coding, "{accept}");
        }
        assert_eq!(wanted(&HeaderMap::new()), None);
    }
}
