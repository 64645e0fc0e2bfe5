//! The program of a project: how its model is sampled.

use std::fmt::Write;

use fm_nostd::Model;
use fm_nostd::net::Weights;
use fm_nostd::prediction::Reach;

/// The steps of a model that needs a solver.
const STEPS: u32 = 16;

/// The features of `fm-nostd` that a model needs, as an array's items.
pub(super) fn features(model: &Model<'_>) -> String {
    let weights = match model.network().weights() {
        Weights::F32(_) => "f32",
        Weights::Q8(_) => "q8",
    };
    let mut features = vec![weights];
    if model.transforms().next().is_some() {
        features.push("columns");
    }
    if model.has_known() {
        features.push("known");
    }
    features.iter().map(|feature| format!("{feature:?}")).collect::<Vec<_>>().join(", ")
}

/// The text of `main.rs`.
pub(super) fn main(model: &Model<'_>, count: u64) -> String {
    let jumps = model.prediction().reach() != Reach::Velocity;
    let conditioning = model.conditioning();
    let known = model.has_known();
    let dim = model.dim();
    let mut constants = String::new();
    let mut imports = vec!["Draw"];
    let mut sampler = String::new();
    let columns: Vec<&str> = model.columns().collect();
    // Writing to a string cannot fail.
    let _ = writeln!(constants, "const COLUMNS: &str = {:?};", columns.join(","));
    let (sampling, receiver) = match jumps {
        true => ("sampler", "let mut sampler = model::Sampler::new(&model)"),
        false => ("network", "let mut network = model::Network::new(&model)"),
    };
    let mut conditions = Vec::new();
    if conditioning.classes > 0 {
        conditions.push("Condition::Class(CLASS)");
        let last = conditioning.classes - 1;
        let _ = writeln!(
            constants,
            "/// The class to draw, from 0 to {last}.\nconst CLASS: usize = 0;"
        );
    }
    if conditioning.vector > 0 {
        conditions.push("Condition::Vector(&CONDITION)");
        let length = conditioning.vector;
        let _ = writeln!(
            constants,
            "/// The condition vector, in the data's units.\nconst CONDITION: [f32; {length}] = [0.0; {length}];"
        );
    }
    let mutable = !conditions.is_empty() || jumps;
    let receiver = if mutable { receiver.to_owned() } else { receiver.replace("let mut", "let") };
    let _ = writeln!(
        sampler,
        "    {receiver}\n        .map_err(|_| c\"error: the model has other sizes\\n\")?;"
    );
    if !conditions.is_empty() {
        imports.insert(0, "Condition");
    }
    for condition in conditions {
        let _ = writeln!(
            sampler,
            "    {sampling}\n        .set_condition({condition})\n        .map_err(|_| c\"error: no such \
             condition\\n\")?;"
        );
    }
    if known {
        let prefix = model.known_prefix();
        let flags: Vec<String> = (0..dim).map(|d| (d < prefix).to_string()).collect();
        let _ = writeln!(
            constants,
            "/// The columns that are known, and their values; the others are drawn.\n\
             const KNOWN: [bool; {dim}] = [{}];\nconst VALUES: [f32; {dim}] = [0.0; {dim}];",
            flags.join(", ")
        );
    }
    let set_known = |of: &str| {
        format!(
            "    {of}\n        .set_known(&VALUES, &KNOWN)\n        .map_err(|_| c\"error: values that cannot be \
             known\\n\")?;\n"
        )
    };
    let draw = if jumps {
        if known {
            sampler.push_str(&set_known("sampler"));
        }
        "x = sampler.sample(draw)"
    } else {
        imports.push("solver::Euler");
        let _ = writeln!(
            constants,
            "/// Steps of Euler's method per sample: more are slower and closer to the data.\n\
             const STEPS: u32 = {STEPS};"
        );
        let _ = writeln!(
            sampler,
            "    let mut sampler = network\n        .sampler(Euler::new([0.0; {dim}]))\n        .map_err(|_| \
             c\"error: too little memory\\n\")?;"
        );
        if known {
            sampler.push_str(&set_known("sampler"));
        }
        "sampler.sample(draw, STEPS, &mut x)"
    };
    let imports = match imports[..] {
        [one] => one.to_owned(),
        _ => format!("{{{}}}", imports.join(", ")),
    };
    let fields = [
        ("@imports", imports),
        ("@count", count.to_string()),
        ("@constants", constants),
        ("@sampler", sampler),
        ("@dim", dim.to_string()),
        ("@draw", draw.to_owned()),
    ];
    let template = include_str!("template/main.rs").to_owned();
    fields.iter().fold(template, |text, (field, value)| text.replace(field, value))
}
