//! What a model has and its sizes, as the fragments ask for them.

use fm_nostd::net::Weights;
use fm_nostd::path::Path;
use fm_nostd::{Activation, Form, Model, Prediction};

use super::reach;
use super::tables::Tables;
use crate::export::names::{c_names, plain};
use crate::export::source::literal;

/// Flags and values by name.
pub(super) struct Facts {
    flags: Vec<(&'static str, bool)>,
    values: Vec<(&'static str, String)>,
}

impl Facts {
    /// Collects the facts of a model.
    pub fn of(model: &Model<'_>, prefix: &str, header: &str, tables: &Tables) -> Self {
        Self { flags: flags(model), values: values(model, prefix, header, tables) }
    }

    /// Whether the model has what the flag names.
    pub fn has(&self, flag: &str) -> bool {
        let found = self.flags.iter().find(|(name, _)| *name == flag);
        debug_assert!(found.is_some(), "no flag {flag}");
        found.is_some_and(|(_, has)| *has)
    }

    /// The value of that name.
    pub fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == name);
        debug_assert!(found.is_some(), "no value {name}");
        found.map_or("", |(_, value)| value)
    }
}

fn flags(model: &Model<'_>) -> Vec<(&'static str, bool)> {
    let network = model.network();
    let (ode, jump) = reach(model);
    let conditioning = model.conditioning();
    let (classes, vector) = (conditioning.classes > 0, conditioning.vector > 0);
    let (none, known) = (model.unconditional(), model.has_known());
    let f32 = matches!(network.weights(), Weights::F32(_));
    let is = |activation| network.activation() == activation;
    let forms = |form| model.transforms().any(|column| column.form == form);
    let columns = model.transforms().next().is_some();
    let noise = !model.has_source();
    let path = ode && model.prediction().needs_path();
    let trig = path && model.path() == Path::Trigonometric;
    let gains = super::tables::has_gains(model);
    let column_exp = forms(Form::Log);
    let column_log = forms(Form::YeoJohnson) || known && column_exp;
    let exp = f32 && !is(Activation::Relu) || column_exp || forms(Form::YeoJohnson);
    let log = noise || column_log;
    vec![
        ("ALWAYS", true),
        ("HAS_F32", f32),
        ("HAS_Q8", !f32),
        ("HAS_RELU", is(Activation::Relu)),
        ("HAS_SILU", is(Activation::Silu)),
        ("HAS_GELU", is(Activation::Gelu)),
        ("HAS_TANH", is(Activation::Tanh)),
        ("HAS_ACTIVATION", f32),
        ("HAS_DENSE", f32 || gains),
        ("HAS_GAINS", gains),
        ("HAS_CLASSES", classes),
        ("HAS_VECTOR", vector),
        ("HAS_NONE", none),
        ("HAS_ROW", classes || none),
        ("HAS_KNOWN", known),
        ("HAS_PREFIX", model.known_prefix() > 0),
        ("HAS_MEMORY", vector || known),
        ("HAS_CONDITIONING", classes || vector || known),
        ("HAS_COLUMNS", columns),
        ("HAS_POWER", forms(Form::YeoJohnson)),
        ("HAS_KNOTS", forms(Form::Knots)),
        ("HAS_COLUMN_EXP", column_exp),
        ("HAS_COLUMN_LOG", column_log),
        ("HAS_EXP", exp),
        ("HAS_LOG", log),
        ("HAS_OF_BITS", exp || log || columns),
        ("HAS_SINE", noise || trig),
        ("HAS_NOISE", noise),
        ("HAS_SOURCE", !noise),
        ("HAS_PATH", path),
        ("HAS_TRIG", trig),
        ("HAS_SCORE", model.prediction() == Prediction::Score),
        ("HAS_JUMP", jump),
        ("HAS_JUMPS", jump && ode),
        ("HAS_ODE", ode),
    ]
}

fn values(
    model: &Model<'_>,
    prefix: &str,
    header: &str,
    tables: &Tables,
) -> Vec<(&'static str, String)> {
    let conditioning = model.conditioning();
    let shape = model.network().shape();
    let inputs = shape.times + shape.condition + shape.dim;
    let parts = conditioning.vector + usize::from(model.unconditional());
    let upper = prefix.to_uppercase();
    let weights = match model.network().weights() {
        Weights::F32(_) => "single-precision weights",
        Weights::Q8(_) => "8-bit weights",
    };
    let (row, initial) = match (model.unconditional(), conditioning.classes) {
        (true, _) => {
            (format!("{upper}_NONE_ROW"), " Its samples have no condition until one is set.")
        }
        (false, 0) => ("0".to_owned(), ""),
        (false, _) => ("0".to_owned(), " Its class is 0 until another is set."),
    };
    let number = |number: usize| number.to_string();
    vec![
        ("title", plain(model.name())),
        ("weights", weights.to_owned()),
        ("name", literal(model.name())),
        ("id", format!("{:016x}", model.id())),
        ("header", header.to_owned()),
        ("dim", number(shape.dim)),
        ("classes", number(conditioning.classes)),
        ("condition", number(conditioning.vector)),
        ("hidden", number(shape.hidden)),
        ("widest", number(inputs.max(shape.hidden))),
        ("parts", number(parts)),
        ("known_prefix", number(model.known_prefix())),
        ("bytes", number(tables.bytes)),
        ("largest", number(tables.largest)),
        ("names", c_names(model, &upper)),
        ("initial", initial.to_owned()),
        ("initial_row", row),
        ("start", format!("{:?}f", model.start())),
        ("times", number(shape.times)),
        ("inputs", number(inputs)),
        ("layers", number(shape.layers)),
    ]
}
