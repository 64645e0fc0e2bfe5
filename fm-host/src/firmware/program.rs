//! The program of a project: how its model is sampled.

use fm_nostd::Model;
use fm_nostd::blob::Conditioning;
use fm_nostd::net::Weights;
use fm_nostd::prediction::Reach;

use crate::model::StoredModel;
use crate::template::fill;

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

/// The text of `main.rs`, for a program that prints `count` samples.
pub(super) fn main(stored: &StoredModel, count: &str) -> String {
    let model = stored.view();
    let jumps = model.prediction().reach() != Reach::Velocity;
    let dim = model.dim().to_string();
    let conditions = conditions(&model);
    let (mut imports, mut constants, mut sampler) = (Vec::new(), String::new(), String::new());
    let mut constant = |text: String| constants.push_str(&(text + "\n"));
    let mut call = |call: &str, problem: &str| {
        sampler
            .push_str(&format!("    {call}\n        .map_err(|_| c\"error: {problem}\\n\")?;\n"));
    };
    constant(format!("const COLUMNS: &str = {:?};", stored.columns().join(",")));
    // Only what is changed or moved later is `mut`.
    let (name, receiver) = match (jumps, conditions.is_empty()) {
        (true, _) => ("sampler", "let mut sampler = model::Sampler::new(&model)"),
        (false, true) => ("network", "let network = model::Network::new(&model)"),
        (false, false) => ("network", "let mut network = model::Network::new(&model)"),
    };
    call(receiver, "the model has other sizes");
    if !conditions.is_empty() {
        imports.push("Condition");
    }
    imports.push("Draw");
    for (condition, text) in conditions {
        constant(text);
        call(&format!("{name}.set_condition({condition})"), "no such condition");
    }
    if !jumps {
        imports.push("solver::Euler");
        constant(format!(
            "/// Steps of Euler's method per sample: more are slower and closer to the data.\n\
             const STEPS: u32 = {STEPS};"
        ));
        let solver = format!("let mut sampler = network.sampler(Euler::new([0.0; {dim}]))");
        call(&solver, "too little memory");
    }
    if model.has_known() {
        let flag = |d: usize| (d < model.known_prefix()).to_string();
        let flags: Vec<String> = (0..model.dim()).map(flag).collect();
        constant(format!(
            "/// The columns that are known, and their values; the others are drawn.\n\
             const KNOWN: [bool; {dim}] = [{}];\nconst VALUES: [f32; {dim}] = [0.0; {dim}];",
            flags.join(", ")
        ));
        call("sampler.set_known(&VALUES, &KNOWN)", "values that cannot be known");
    }
    let imports = match imports[..] {
        [one] => one.to_owned(),
        _ => format!("{{{}}}", imports.join(", ")),
    };
    fill(include_str!("template/main.rs"), |field| match field {
        "imports" => &imports,
        "count" => count,
        "constants" => &constants,
        "sampler" => &sampler,
        "dim" => &dim,
        "draw" if jumps => "x = sampler.sample(draw)",
        "draw" => "sampler.sample(draw, STEPS, &mut x)",
        _ => "",
    })
}

/// The conditions that a model takes, and the constants that they name.
fn conditions(model: &Model<'_>) -> Vec<(&'static str, String)> {
    let Conditioning { classes, vector } = model.conditioning();
    let class = classes
        .checked_sub(1)
        .map(|last| format!("/// The class to draw, from 0 to {last}.\nconst CLASS: usize = 0;"));
    let values = (vector > 0).then(|| {
        format!(
            "/// The condition vector, in the data's units.\n\
             const CONDITION: [f32; {vector}] = [0.0; {vector}];"
        )
    });
    let class = class.map(|text| ("Condition::Class(CLASS)", text));
    let values = values.map(|text| ("Condition::Vector(&CONDITION)", text));
    class.into_iter().chain(values).collect()
}
