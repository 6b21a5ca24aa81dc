//! Says what a file that is not ONNX looks like, so that the person who chose it sees the mistake.

/// What the first bytes look like, as it fits into “This is …”; with what to do about it where there is a usual mistake.
pub fn looks_like(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const EXPORT: &str = "Export the model to ONNX first (torch.onnx.export, skl2onnx, tf2onnx) and upload that file.";
    const ONNX: &str = "Choose the .onnx file.";
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    Some(match bytes {
        _ if starts(b"\x89PNG\r\n") => ("a PNG image", ONNX),
        _ if starts(b"\xff\xd8\xff") => ("a JPEG image", ONNX),
        _ if starts(b"GIF8") => ("a GIF image", ONNX),
        _ if starts(b"%PDF") => ("a PDF document", ONNX),
        _ if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => (
            "a ZIP archive (a PyTorch checkpoint or a Keras file is one)",
            "Unpack it, or export the model to ONNX, and upload the .onnx file.",
        ),
        _ if starts(b"\x1f\x8b") => ("gzip-compressed data", "Unpack it and upload the .onnx file."),
        _ if starts(b"BZh") => ("bzip2-compressed data", "Unpack it and upload the .onnx file."),
        _ if starts(b"\x28\xb5\x2f\xfd") => ("zstd-compressed data", "Unpack it and upload the .onnx file."),
        _ if starts(b"7z\xbc\xaf\x27\x1c") => ("a 7-Zip archive", "Unpack it and upload the .onnx file."),
        _ if starts(b"\xfd7zXZ") => ("xz-compressed data", "Unpack it and upload the .onnx file."),
        _ if starts(b"\x89HDF") => ("an HDF5 file (a Keras model is one)", EXPORT),
        _ if bytes.len() > 2 && bytes[0] == 0x80 && (2..=5).contains(&bytes[1]) => ("a Python pickle", EXPORT),
        _ if at(4, b"TFL3") => ("a TensorFlow Lite model", EXPORT),
        _ if at(4, b"ORTM") => ("an ONNX Runtime .ort file", "Upload the .onnx file that it was made from."),
        _ if starts(b"PAR1") => ("a Parquet file", "Upload it as data; here the .onnx file is wanted."),
        _ if starts(b"version https://git-lfs") => {
            ("a Git LFS pointer, not the file itself", "Run `git lfs pull` and upload the file again.")
        }
        _ if starts(b"\x7fELF") => ("a Linux program or library", ONNX),
        _ if starts(b"MZ") => ("a Windows program or library", ONNX),
        _ if starts(b"<") => ("an HTML or XML document", "A download may have failed: open the file to see what it says."),
        _ if at(257, b"ustar") => ("a tar archive", "Unpack it and upload the .onnx file."),
        _ if is_text(bytes) => match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => ("JSON text", ONNX),
            _ => ("plain text", ONNX),
        },
        _ => return None,
    })
}

/// Whether the first kilobyte is printable text.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1_024)];
    head.len() > 3 && head.iter().all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn usual_mistakes_are_recognised() {
        for (bytes, words) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "PNG"),
            (b"PK\x03\x04rest", "ZIP"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\x80\x04\x95", "pickle"),
            (b"version https://git-lfs.github.com/spec/v1", "LFS"),
            (b"{\"a\": 1}", "JSON"),
            (b"age,plan\n1,gold\n", "plain text"),
            (b"<html>", "HTML"),
        ] {
            let (what, then) = looks_like(bytes).unwrap_or_else(|| panic!("{words} is not recognised"));
            assert!(what.contains(words), "{what}");
            assert!(then.ends_with('.'));
        }
        assert_eq!(looks_like(&[0x08, 0x0a, 0x12, 0x00]), None);
    }
}
