//! Data files, good and bad.

use super::*;
use bytes::Bytes;
use std::io::Write;

fn numbers(table: &Table, name: &str) -> Vec<Option<f64>> {
    let column = table.column(name).unwrap();
    (0..table.rows).map(|row| column.number(row)).collect()
}

fn texts(table: &Table, name: &str) -> Vec<Option<String>> {
    let column = table.column(name).unwrap();
    (0..table.rows).map(|row| column.text(row)).collect()
}

#[test]
fn columns_are_numbers_where_all_that_is_there_are_numbers() {
    let table = parse(b"a,b,zip,note\n1,x,01234,\n2.5,None,04321,\"two, and\nmore\"\nNA,,99999,z\n").unwrap();
    assert_eq!(numbers(&table, "a"), [Some(1.0), Some(2.5), None]);
    assert_eq!(texts(&table, "b"), [Some("x".into()), Some("None".into()), None]);
    assert_eq!(texts(&table, "zip")[0].as_deref(), Some("01234"), "codes keep their zeros");
    assert_eq!(texts(&table, "note")[1].as_deref(), Some("two, and\nmore"));
    assert_eq!(texts(&table, "a")[0].as_deref(), Some("1"));
}

#[test]
fn semicolons_tabs_marks_and_gzip_are_read_too() {
    let expected = parse(b"a,b\n1,x\n").unwrap();
    assert_eq!(parse(b"a;b\n1;x\n").unwrap(), expected);
    assert_eq!(parse(b"a\tb\r\n1\tx\r\n").unwrap(), expected);
    assert_eq!(parse(b"\xef\xbb\xbfa,b\n1,x\n").unwrap(), expected);
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zip.write_all(b"a,b\n1,x\n").unwrap();
    assert_eq!(parse(&zip.finish().unwrap()).unwrap(), expected);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (bytes, words) in [
        (&b""[..], "0 bytes"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1\n", "Line 2 has 1 values"),
        (b"a,a\n1,2\n", "Two columns are called"),
        (b"a,,c\n1,2,3\n", "Column 2 has no name"),
        (b"a,b\n1,\xff\xfe\n", "Line 2, column 2"),
        (b"PK\x03\x04abcdef", "ZIP"),
        (b"<html></html>", "web page"),
        (b"PAR1 and then nothing", "Parquet"),
        (b"\x1f\x8b\x08broken", "gzip"),
    ] {
        let said = parse(bytes).unwrap_err();
        assert!(said.contains(words), "{bytes:?}: {said}");
    }
    let wide = (0..3_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    assert!(parse(format!("{wide}\n").as_bytes()).unwrap_err().contains("3000 columns"));
}

#[test]
fn a_small_file_that_unpacks_to_a_large_one_is_stopped() {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let line = vec![b'0'; 1 << 20];
    for _ in 0..300 {
        zip.write_all(&line).unwrap();
    }
    let bomb = zip.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    assert!(parse(&bomb).unwrap_err().contains("more than 256 MiB"));
}

#[test]
fn parquet_is_read_as_csv_is() {
    use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType};
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    let schema = parse_message_type("message t { optional double a; required binary b (UTF8); }").unwrap();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema.into(), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[1.0, 2.5], Some(&[1, 1, 0]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let words: Vec<ByteArray> = ["x", "y", "z"].map(ByteArray::from).into();
    column.typed::<ByteArrayType>().write_batch(&words, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    // As text, because a missing number is not equal to itself.
    assert_eq!(format!("{:?}", parse(&out).unwrap()), format!("{:?}", parse(b"a,b\n1,x\n2.5,y\n,z\n").unwrap()));
    // Damaged in any one place it is an error or another table, never a panic.
    for at in (0..out.len()).step_by(7) {
        let mut broken = out.clone();
        broken[at] ^= 0xff;
        let _ = parse(&Bytes::from(broken));
    }
}

#[test]
fn a_profile_counts_what_is_there() {
    let table = parse(b"a,b\n1,x\n3,x\n,y\n").unwrap();
    let [a, b] = &profile(&table)[..] else { panic!("two columns") };
    assert_eq!(
        (a.numeric, a.whole, a.missing, a.distinct, a.min, a.max, a.mean),
        (true, true, 1, 2, Some(1.0), Some(3.0), Some(2.0))
    );
    assert_eq!((b.numeric, b.frequent.clone()), (false, vec![("x".into(), 2), ("y".into(), 1)]));
}

#[test]
fn a_contract_is_kept_or_what_breaks_it_is_counted() {
    let feature = |name: &str, kind: &str, more: serde_json::Value| {
        let mut feature = serde_json::json!({ "name": name, "kind": kind, "nullable": false, "pii": "none" });
        feature.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        feature
    };
    let contract: contract::Contract = serde_json::from_value(serde_json::json!({
        "task": "binary", "layout": { "kind": "columns" }, "inputs": [], "outputs": [], "batched": true,
        "features": [
            feature("age", "integer", serde_json::json!({ "min": 18.0, "max": 90.0 })),
            feature("plan", "category", serde_json::json!({ "categories": ["blue", "gold"] })),
            feature("paid", "boolean", serde_json::json!({ "nullable": true })),
            feature("wage", "number", serde_json::json!({})),
        ],
    }))
    .unwrap();
    let good = parse(b"age,plan,paid,wage,more\n20,gold,yes,1.5,x\n90,blue,,2,y\n").unwrap();
    assert!(check(&good, &contract).iter().all(Kept::is_kept), "{:?}", check(&good, &contract));
    let bad = parse(b"age,plan,paid\n17,gold,maybe\n91,red,yes\n20.5,,no\n,zinc,1\n").unwrap();
    let [age, plan, paid, wage] = &check(&bad, &contract)[..] else { panic!("four features") };
    assert_eq!((age.below_min, age.above_max, age.wrong_type, age.missing), (1, 1, 1, 1));
    assert_eq!((plan.unknown, &plan.unknown_names[..], plan.missing), (2, &["red".to_owned(), "zinc".to_owned()][..], 1));
    assert_eq!((paid.wrong_type, paid.missing, wage.absent), (1, 0, true));
    assert!([age, plan, paid, wage].iter().all(|kept| !kept.is_kept()));
}
