//! Tests with sounds that SciPy wrote.

use super::*;
use crate::data::file::testing::{numbers, rows, sample, says, survives};

#[test]
fn every_channel_is_a_column_from_minus_one_to_one() {
    let stereo = Wav::open(&sample("stereo.wav")).unwrap();
    assert_eq!(stereo.names(), ["left", "right"]);
    assert!(stereo.notes()[0].contains("8000 rows per second"));
    assert_eq!(numbers(stereo), [[0.0, -1.0], [0.5, 32767.0 / 32768.0]]);
    let float = Wav::open(&sample("float.wav")).unwrap();
    assert_eq!(float.names(), ["amplitude"]);
    assert_eq!(numbers(float), [[0.25], [-1.0], [0.5]]);
    let bytes = numbers(Wav::open(&sample("bytes.wav")).unwrap());
    assert_eq!(bytes, [[-1.0], [0.0], [127.0 / 128.0]]);
    let five = Wav::open(&sample("five.wav")).unwrap();
    assert_eq!(five.names(), ["ch0", "ch1", "ch2", "ch3", "ch4"]);
    assert_eq!(numbers(five), [[1.0, 2.0, 3.0, 4.0, 5.0].map(|x| x / 128.0)]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    says(Wav::open(&sample("wide.wav")), &["wide.wav", "32-bit floats"]);
    let mut bytes = std::fs::read(sample("stereo.wav")).unwrap();
    bytes.truncate(bytes.len() - 3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torn.wav");
    std::fs::write(&path, bytes).unwrap();
    says(Wav::open(&path).and_then(rows), &["torn.wav", "row 2", "ends too early"]);
}

#[test]
fn damage_is_an_error_or_other_rows() {
    for name in ["stereo.wav", "float.wav", "bytes.wav", "five.wav"] {
        survives(name, Wav::open);
    }
}
