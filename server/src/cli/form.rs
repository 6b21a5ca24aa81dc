//! A `multipart/form-data` body, as RFC 7578 has it.

use std::fmt::Write;

/// Parts are appended; the boundary occurs in none of them.
pub struct Form {
    parts: Vec<(String, Option<String>, Vec<u8>)>,
}

impl Form {
    pub fn new() -> Self {
        Self { parts: Vec::new() }
    }

    pub fn add(&mut self, name: &str, file_name: Option<&str>, bytes: Vec<u8>) {
        // A quote or a line break would end the header early.
        let plain = |text: &str| text.replace(['"', '\r', '\n'], "_");
        self.parts.push((plain(name), file_name.map(plain), bytes));
    }

    /// The Content-Type and the body.
    pub fn encode(self) -> (String, Vec<u8>) {
        let mut n = 0_u32;
        let mut boundary = "slipway-form-0".to_owned();
        while self.parts.iter().any(|(_, _, bytes)| contains(bytes, boundary.as_bytes())) {
            n += 1;
            boundary = format!("slipway-form-{n}");
        }
        let mut body = Vec::new();
        for (name, file_name, bytes) in self.parts {
            let mut head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
            if let Some(file_name) = file_name {
                // Writing to a text cannot fail.
                let _ = write!(head, "; filename=\"{file_name}\"");
            }
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(&bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_in_no_part() {
        let mut form = Form::new();
        form.add("file", Some("a\"b.onnx"), b"xx slipway-form-0 xx".to_vec());
        let (kind, body) = form.encode();
        assert_eq!(kind, "multipart/form-data; boundary=slipway-form-1");
        let text = String::from_utf8(body).unwrap();
        assert!(
            text.starts_with(
                "--slipway-form-1\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a_b.onnx\"\r\n\r\nxx "
            )
        );
        assert!(text.ends_with("\r\n--slipway-form-1--\r\n"));
    }
}
