//! Shared code of the fuzzers: inputs that pass the checksum, and the files to start from.

use fm_host::data::{self, DataSpec};
use fm_host::net::{HiddenLayers, State};
use fm_host::objective::Objective;
use fm_host::train::{Checkpoint, DataShape, LogRow, RunConfig, TrainConfig};

/// The bytes after a checkpoint's magic and checksum, with both corrected.
pub fn sealed(bytes: &[u8]) -> Vec<u8> {
    let message = bytes.get(12..).unwrap_or_default();
    let sum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(message);
    [b"FMCKPT06", &sum.to_le_bytes()[..], message].concat()
}

const TABLES: [&str; 7] = [
    "x,c\n1,2\n-3e2,4\n5,0.5\n",
    "\u{feff}x,\"y\",c\r\n1,\"2\",red\r\n\r\n3,4,\"bl\"\"ue\"\r\n",
    "name,x,c\n\"two\nlines\",1,7\nu, 2 ,8\n",
    "x;day;c\r\n1,5;2026-01-02;red\r\n-0,25;2025-12-31T09:30;?\r\n2,5;2026-02-01;red\r\n",
    "x\tc\n1\tNA\n2\t3\n\"4\t5\"\t6\n",
    "1|a\n2|b\n3|a\n",
    "x,,c\n1,,0\n2,nan,1\n3,inf,2\n",
];

/// A small file of each kind, with its name.
///
/// # Panics
/// If a file cannot be created, in which case fuzzing cannot start.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (i, table) in TABLES.into_iter().enumerate() {
        seeds.push((format!("{i}.csv"), table.as_bytes().to_vec()));
    }
    for objective in [Objective::Fm, Objective::MeanFlow] {
        let source = DataSpec { class: Some("c".to_owned()), ..DataSpec::new("a.csv") };
        let table = data::read_table(&source, TABLES[0].as_bytes()).expect("a table");
        let train = TrainConfig {
            layers: HiddenLayers::new(2, 1),
            ..TrainConfig::defaults(
                objective,
                DataShape { rows: 4, columns: 1, vector: true, ..DataShape::BUILT_IN },
            )
        };
        let config = RunConfig::new(train, source, &table).expect("a configuration");
        let json = serde_json::to_vec(&config).expect("plain fields");
        let state = State::fresh(&config.architecture, 1);
        let checkpoint = Checkpoint {
            config,
            state,
            selected: None,
            step: 7,
            seconds: 1.5,
            arithmetic: String::new(),
        };
        let bytes = checkpoint.to_bytes().expect("plain fields");
        seeds.push((format!("{}.json", objective.name()), json));
        seeds.push((format!("{}.bin", objective.name()), bytes));
    }
    let row = |step| {
        let (loss, weighted, lr) = (0.5, 0.25, 0.01);
        let (gradient_norm, seconds, steps_per_second) = (1.0, 2.0, 3.0);
        let row = LogRow { step, loss, weighted, lr, gradient_norm, seconds, steps_per_second };
        serde_json::to_string(&row).expect("plain fields") + "\n"
    };
    seeds.push(("log.jsonl".to_owned(), (row(10) + &row(200)).into_bytes()));
    seeds
}
