//! CSV record by record, or many plain ones at once, as ranges of one buffer.

use super::scan::Marks;
use std::io::Read;

/// Longest record.
const LONGEST: usize = 16 << 20;
const BLOCK: usize = 256 << 10;

/// Reads records; quotes as RFC 4180 has them. Empty lines are passed over.
pub struct Csv {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_over: bool,
    delimiter: u8,
    /// Line of the record that was read last, from 1.
    pub line: u64,
    next_line: u64,
    /// The plain records that were found last, and where they begin.
    marks: Marks,
    base: usize,
    /// So many plain records in a row are looked for: twice as many as long as no other is met.
    reach: usize,
}

impl Csv {
    pub fn new(source: Box<dyn Read + Send>) -> Self {
        Self {
            source,
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            is_over: false,
            delimiter: b',',
            line: 0,
            next_line: 1,
            marks: Marks::default(),
            base: 0,
            reach: 1,
        }
    }

    /// The names in the first line. What separates them there separates everywhere: a comma, or else a semicolon or a tab.
    pub fn head(&mut self) -> Result<Vec<String>, String> {
        let mut fields = Vec::new();
        while memchr::memchr(b'\n', &self.buffer[self.start..self.end]).is_none() && self.more()? {}
        if self.buffer[self.start..self.end].starts_with(b"\xef\xbb\xbf") {
            self.start += 3;
        }
        let first = self.buffer[self.start..self.end].split(|b| *b == b'\n').next().unwrap_or_default();
        self.delimiter = [b',', b';', b'\t'].into_iter().find(|d| first.contains(d)).unwrap_or(b',');
        if !self.record(&mut fields)? {
            return Err("The file is empty: it has no head.".into());
        }
        let name = |&(from, to): &(usize, usize)| {
            std::str::from_utf8(&self.buffer[from..to])
                .map(|name| name.trim().to_owned())
                .map_err(|_| "Line 1: the text is not UTF-8. Save the file as UTF-8.".to_owned())
        };
        fields.iter().map(name).collect()
    }

    /// Reads the next record: where its fields lie, for [`Self::field`]. False at the end.
    pub fn record(&mut self, fields: &mut Vec<(usize, usize)>) -> Result<bool, String> {
        loop {
            fields.clear();
            self.line = self.next_line;
            let Some(length) = self.line_length()? else { return Ok(false) };
            let (from, to) = (self.start, self.start + length);
            if memchr::memchr(b'"', &self.buffer[from..to]).is_some() {
                self.quoted(fields)?;
                return Ok(true);
            }
            self.start = (to + 1).min(self.end);
            self.next_line += 1;
            let to = if length > 0 && self.buffer[to - 1] == b'\r' { to - 1 } else { to };
            if from == to {
                continue;
            }
            let mut at = from;
            for comma in memchr::memchr_iter(self.delimiter, &self.buffer[from..to]) {
                fields.push((at, from + comma));
                at = from + comma + 1;
            }
            fields.push((at, to));
            return Ok(true);
        }
    }

    /// Goes past the next records that are plain and lie in memory, up to `most` of so many fields: how many. Their fields are those of
    /// [`Self::column`]. 0 where [`Self::record`] has to look.
    pub fn plain(&mut self, fields: usize, most: usize) -> Result<usize, String> {
        // An empty line of one column would look like a record.
        if fields < 2 {
            return Ok(0);
        }
        while memchr::memchr(b'\n', &self.buffer[self.start..self.end]).is_none() {
            if !self.more()? {
                return Ok(0);
            }
        }
        let asked = most.min(self.reach);
        self.marks.find(&self.buffer[self.start..self.end], self.delimiter, fields, asked);
        let rows = self.marks.rows();
        self.reach = if self.marks.is_stopped() { rows.max(1) } else { (self.reach * 2).min(1 << 20) };
        self.base = self.start;
        self.start += if rows > 0 { self.marks.bytes() } else { 0 };
        self.line = self.next_line;
        self.next_line += rows as u64;
        Ok(rows)
    }

    /// One field of the plain records, from where to where in [`Self::buffer`].
    pub fn column(&self, field: usize) -> impl Iterator<Item = (usize, usize)> {
        self.marks.column(field).map(|(from, to)| (self.base + from, self.base + to))
    }

    /// What ranges are of.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The bytes of a field, without spaces around it.
    pub fn field(&self, (from, to): (usize, usize)) -> &[u8] {
        self.buffer[from..to].trim_ascii()
    }

    /// Bytes up to the end of the line; `None` at the end of the file.
    fn line_length(&mut self) -> Result<Option<usize>, String> {
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr(b'\n', &rest[searched..]) {
                return Ok(Some(searched + at));
            }
            searched = rest.len();
            if !self.more()? {
                return Ok((self.end > self.start).then_some(self.end - self.start));
            }
        }
    }

    /// A record with quotes, which may hold delimiters, quotes and line breaks. The quotes are taken out in place.
    fn quoted(&mut self, fields: &mut Vec<(usize, usize)>) -> Result<(), String> {
        let (mut read, mut write, mut field) = (0usize, 0usize, 0usize);
        let mut inside = false;
        loop {
            if self.start + read >= self.end && !self.more()? {
                if inside {
                    return Err(format!("Line {}: a quote is never closed.", self.line));
                }
                break;
            }
            let byte = self.buffer[self.start + read];
            read += 1;
            match byte {
                b'"' if inside => {
                    if self.start + read >= self.end {
                        self.more()?;
                    }
                    if self.start + read < self.end && self.buffer[self.start + read] == b'"' {
                        self.buffer[self.start + write] = b'"';
                        (read, write) = (read + 1, write + 1);
                    } else {
                        inside = false;
                    }
                }
                b'"' if self.buffer[self.start + field..self.start + write].trim_ascii().is_empty() => {
                    inside = true;
                    write = field;
                }
                b'\n' if !inside => break,
                byte if byte == self.delimiter && !inside => {
                    fields.push((field, write));
                    // A byte between the fields, so that they stay apart.
                    write += 1;
                    field = write;
                }
                byte => {
                    self.next_line += u64::from(byte == b'\n');
                    self.buffer[self.start + write] = byte;
                    write += 1;
                }
            }
        }
        if write > field && self.buffer[self.start + write - 1] == b'\r' {
            write -= 1;
        }
        fields.push((field, write));
        let start = self.start;
        fields.iter_mut().for_each(|(from, to)| (*from, *to) = (*from + start, *to + start));
        self.start += read;
        self.next_line += 1;
        Ok(())
    }

    /// Reads on; false at the end of the file.
    fn more(&mut self) -> Result<bool, String> {
        if self.is_over {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            if self.end >= LONGEST {
                return Err(format!("Line {}: a row of more than {} MiB.", self.line, LONGEST >> 20));
            }
            self.buffer.resize(self.end * 2, 0);
        }
        let read =
            self.source.read(&mut self.buffer[self.end..]).map_err(|error| format!("The file cannot be read: {error}."))?;
        self.end += read;
        self.is_over = read == 0;
        Ok(read > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time: every boundary is met.
    struct Drops(Vec<u8>, usize);

    impl Read for Drops {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let Some(byte) = self.0.get(self.1) else { return Ok(0) };
            out[0] = *byte;
            self.1 += 1;
            Ok(1)
        }
    }

    fn all(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut csv = Csv::new(Box::new(Drops(text.as_bytes().to_vec(), 0)));
        let mut rows = vec![csv.head()?];
        let mut fields = Vec::new();
        while csv.record(&mut fields)? {
            rows.push(fields.iter().map(|f| String::from_utf8_lossy(csv.field(*f)).into_owned()).collect());
        }
        Ok(rows)
    }

    /// The same by plain records wherever they are.
    fn all_at_once(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut csv = Csv::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())));
        let mut rows = vec![csv.head()?];
        let fields = rows[0].len();
        let mut found = Vec::new();
        loop {
            let n = csv.plain(fields, 7)?;
            let cell = |range| String::from_utf8_lossy(csv.field(range)).into_owned();
            let columns: Vec<Vec<String>> = (0..fields).map(|field| csv.column(field).map(cell).collect()).collect();
            rows.extend((0..n).map(|row| columns.iter().map(|column| column[row].clone()).collect()));
            if n == 0 {
                if !csv.record(&mut found)? {
                    return Ok(rows);
                }
                rows.push(found.iter().map(|f| String::from_utf8_lossy(csv.field(*f)).into_owned()).collect());
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_records_are_the_same_records(text in "a,b\n([x .]{0,9}(,|\n|\r\n|\"|,y\n)){0,60}") {
            proptest::prop_assert_eq!(all(&text), all_at_once(&text));
        }
    }

    #[test]
    fn what_people_send() {
        let cases: [(&str, &[&[&str]]); 7] = [
            ("a,b\n1,2\n3,4", &[&["a", "b"], &["1", "2"], &["3", "4"]]),
            ("\u{feff}a;b\r\n1;2\r\n\r\n", &[&["a", "b"], &["1", "2"]]),
            ("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n,\n", &[&["a", "b"], &["x, \"y\"", "two\nlines"], &["", ""]]),
            ("a,b\n \"q\" , 2 \r\n", &[&["a", "b"], &["q", "2"]]),
            ("a\tb\n1\t\n", &[&["a", "b"], &["1", ""]]),
            ("\"a\",b\n5' 3\",2\n", &[&["a", "b"], &["5' 3\"", "2"]]),
            ("a\n\"\"\n", &[&["a"], &[""]]),
        ];
        for (text, expected) in cases {
            assert_eq!(all(text).unwrap(), expected, "{text:?}");
            assert_eq!(all_at_once(text).unwrap(), expected, "{text:?}");
        }
        assert!(all("").is_err());
        assert!(all("a,b\n\"1,2\n").unwrap_err().contains("Line 2"));
    }
}
