//! Compressed copies beside the files, so that the server never compresses the same bytes twice.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Below this many bytes a compressed copy saves nothing worth a file.
const WORTHWHILE: usize = 1024;
const COMPRESSIBLE: &[&str] = &["css", "html", "js", "json", "map", "svg", "txt", "wasm", "webmanifest"];

/// Writes `.br` and `.gz` beside each file that gains by it. `best` takes several times as long for a few per cent.
pub fn beside_all(files: &[PathBuf], best: bool) -> Result<()> {
    for file in files {
        let kind = file.extension().unwrap_or_default().to_string_lossy();
        if !COMPRESSIBLE.contains(&kind.as_ref()) {
            continue;
        }
        let bytes = std::fs::read(file)?;
        if bytes.len() >= WORTHWHILE {
            beside(file, "br", &brotli(&bytes, if best { 11 } else { 7 })?)?;
            beside(file, "gz", &gzip(&bytes)?)?;
        }
    }
    Ok(())
}

fn beside(file: &Path, suffix: &str, bytes: &[u8]) -> Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    std::fs::write(&name, bytes).with_context(|| format!("writing {}", Path::new(&name).display()))
}

fn brotli(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_compressed_reads_back() {
        let text = "calm, dense, exact; ".repeat(500);
        let (br, gz) = (brotli(text.as_bytes(), 7).unwrap(), gzip(text.as_bytes()).unwrap());
        let (mut from_br, mut from_gz) = (String::new(), String::new());
        brotli::Decompressor::new(&br[..], 4096).read_to_string(&mut from_br).unwrap();
        flate2::read::GzDecoder::new(&gz[..]).read_to_string(&mut from_gz).unwrap();
        assert!(from_br == text && from_gz == text && br.len() < 200 && gz.len() < 200);
    }
}
