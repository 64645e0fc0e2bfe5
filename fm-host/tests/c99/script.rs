//! Calls of an exported model, run by `fm-nostd` and written in C: what both print must be equal.

use std::fmt::Write;

use fm_nostd::noise::philox;
use fm_nostd::prediction::Reach;
use fm_nostd::solver::{Euler, Heun, MeanFlow, Solver};
use fm_nostd::{
    AverageField, Condition, ConditionMemory, Conditional, Draw, Field, FieldError, Jump, Known,
    KnownError, KnownParts, KnownSampler, Model, Sampler, grid,
};

/// One call.
#[derive(Clone, Debug)]
enum Call {
    Class(usize),
    Vector(Vec<f32>),
    NoCondition,
    Known(Vec<f32>, Vec<bool>),
    Sample(Way),
}

/// A way to draw a sample, with its number of steps.
#[derive(Clone, Copy, Debug)]
enum Way {
    Jump,
    Jumps(u32),
    Euler(u32),
    Heun(u32),
}

/// What a call prints.
#[derive(Debug, PartialEq)]
pub enum Line {
    /// The result of setting a condition or known parts.
    Code(i32),
    /// A sample's bits.
    Bits(Vec<u32>),
}

/// A model's calls in C, and the lines that they must print.
pub struct Script {
    pub source: String,
    pub lines: Vec<Line>,
}

impl Script {
    /// Calls everything that the model has; `name` prefixes its functions in C.
    pub fn new(model: &Model<'_>, name: &str) -> Self {
        let mut source = format!(
            "#include \"{name}.h\"\n#include \"harness.h\"\n\nvoid run_{name}(void);\nvoid run_{name}(void) {{\n    \
             static {name}_sampler s;\n    float x[{}];\n    {name}_init(&s);\n",
            model.dim()
        );
        let (mut lines, mut set, mut last) = (Vec::new(), Vec::new(), vec![0.0; model.dim()]);
        for round in 0..6 {
            for call in calls(model, round, &last) {
                let c = Code { model, name, round };
                c.write(&call, &mut source);
                let run = Run { model, set: &set, round };
                match &call {
                    Call::Sample(way) => {
                        last = run.sample(*way).expect("a way that the model has");
                        lines.push(Line::Bits(last.iter().map(|x| x.to_bits()).collect()));
                    }
                    call => {
                        lines.push(Line::Code(run.code(call)));
                        set.push(call.clone());
                    }
                }
            }
        }
        source += "}\n";
        Self { source, lines }
    }
}

/// The calls of a round; `last` is the last sample.
fn calls(model: &Model<'_>, round: u32, last: &[f32]) -> Vec<Call> {
    let number = |i: u32| super::models::number(1000 + round, i);
    let (classes, vector) = (model.conditioning().classes, model.conditioning().vector);
    let mut calls = Vec::new();
    if classes > 0 && round % 2 == 1 {
        calls.push(Call::Class(round as usize % classes));
        calls.push(Call::Class(classes));
    }
    if vector > 0 && round % 3 == 2 {
        let values: Vec<f32> = (0..vector as u32).map(number).collect();
        calls.push(Call::Vector(values.clone()));
        let broken = if round == 2 { f32::NAN } else { f32::INFINITY };
        calls.push(Call::Vector([&values[1..], &[broken]].concat()));
    }
    if model.unconditional() && round == 4 {
        calls.push(Call::NoCondition);
    }
    if model.has_known() && round > 0 {
        let prefix = model.known_prefix();
        let known = |d: usize| match prefix > 0 && round.is_multiple_of(2) {
            true => d < prefix,
            false => (d as u32 + round).is_multiple_of(2),
        };
        let known: Vec<bool> = (0..model.dim()).map(known).collect();
        calls.push(Call::Known(last.to_vec(), known.clone()));
        // Beyond every limit, between categories, and not a number at all.
        for broken in [1e9, 0.5, f32::NAN] {
            let mut values = last.to_vec();
            values[round as usize % model.dim()] = broken;
            calls.push(Call::Known(values, known.clone()));
        }
    }
    let reach = model.prediction().reach();
    if reach.jumps() {
        calls.push(Call::Sample(Way::Jump));
    }
    if reach == Reach::AnyJump {
        calls.push(Call::Sample(Way::Jumps(round)));
    }
    if reach != Reach::OneJump {
        calls.push(Call::Sample(Way::Euler(2 * round)));
        calls.push(Call::Sample(Way::Heun(round)));
    }
    calls
}

/// The draw of a round: seeds and numbers of more than 32 bits.
fn draw(round: u32) -> Draw {
    let [a, b, c, d] = philox([round, 0, 0, 9], [1, 0]);
    let wide = |high, low| u64::from(high) << 32 | u64::from(low);
    Draw { seed: wide(a, b), sample: wide(c, d) }
}

/// A row of the model's source.
fn row(model: &Model<'_>, round: u32) -> Vec<f32> {
    (0..model.dim() as u32).map(|d| 3.0 * super::models::number(2000 + round, d)).collect()
}

/// The calls in C.
struct Code<'m> {
    model: &'m Model<'m>,
    name: &'m str,
    round: u32,
}

impl Code<'_> {
    fn write(&self, call: &Call, out: &mut String) {
        let name = self.name;
        // Writing to a string cannot fail.
        let _ = match call {
            Call::Class(number) => writeln!(out, "    code({name}_set_class(&s, {number}));"),
            Call::Vector(values) => {
                let set = floats("v", values);
                writeln!(out, "    {{ {set} code({name}_set_condition(&s, v)); }}")
            }
            Call::NoCondition => writeln!(out, "    {name}_set_no_condition(&s); code(0);"),
            Call::Known(values, known) => {
                let set = floats("v", values);
                let flags: String =
                    known.iter().map(|known| format!("{}, ", u8::from(*known))).collect();
                writeln!(
                    out,
                    "    {{ {set} const uint8_t k[] = {{{flags}}}; code({name}_set_known(&s, v, k)); }}"
                )
            }
            Call::Sample(way) => self.sample(*way, out),
        };
    }

    fn sample(&self, way: Way, out: &mut String) -> std::fmt::Result {
        let Self { model, name, round } = self;
        let (way, steps) = match way {
            Way::Jump => ("", String::new()),
            Way::Jumps(steps) => ("_jumps", format!("{steps}, ")),
            Way::Euler(steps) => ("_euler", format!("{steps}, ")),
            Way::Heun(steps) => ("_heun", format!("{steps}, ")),
        };
        if model.has_source() {
            let set = floats("v", &row(model, *round));
            writeln!(
                out,
                "    {{ {set} copy(x, v, {}); {name}_transport{way}(&s, {steps}x); bits(x, {0}); }}",
                model.dim()
            )
        } else {
            let Draw { seed, sample } = draw(*round);
            let draw = format!("UINT64_C({seed}), UINT64_C({sample})");
            writeln!(out, "    {name}_sample{way}(&s, {draw}, {steps}x); bits(x, {});", model.dim())
        }
    }
}

/// An array of C with the bits of the numbers.
fn floats(name: &str, values: &[f32]) -> String {
    let words: String =
        values.iter().map(|value| format!("number({:#x}u), ", value.to_bits())).collect();
    format!("const float {name}[] = {{{words}}};")
}

/// The calls by `fm-nostd`, after those that set something.
struct Run<'m> {
    model: &'m Model<'m>,
    set: &'m [Call],
    round: u32,
}

impl<'m> Run<'m> {
    /// What C returns for a call that sets something.
    fn code(&self, call: &Call) -> i32 {
        match (self.model.prediction().reach().jumps(), self.model.has_known()) {
            (true, true) => set(&mut self.jump(self.known()).expect("a jump"), call),
            (true, false) => set(&mut self.jump(self.plain()).expect("a jump"), call),
            (false, true) => set(&mut self.field(self.known()).expect("a field"), call),
            (false, false) => set(&mut self.field(self.plain()).expect("a field"), call),
        }
    }

    fn sample(&self, way: Way) -> Result<Vec<f32>, FieldError> {
        match self.model.has_known() {
            true => self.sample_in(way, self.known()),
            false => self.sample_in(way, self.plain()),
        }
    }

    fn known(&self) -> Known<Vec<f32>> {
        Known(vec![0.0; self.model.known_memory()])
    }

    fn plain(&self) -> Vec<f32> {
        vec![0.0; self.model.conditioning().vector]
    }

    fn hidden(&self) -> [Vec<f32>; 2] {
        [(); 2].map(|()| vec![0.0; self.model.network().shape().hidden])
    }

    fn work(&self) -> Vec<f32> {
        vec![0.0; self.model.dim()]
    }

    fn field<C: ConditionMemory>(&self, memory: C) -> Result<Field<'m, Vec<f32>, C>, FieldError> {
        let mut field = Field::new(self.model, self.hidden(), memory)?;
        for call in self.set {
            set(&mut field, call);
        }
        Ok(field)
    }

    fn jump<C: ConditionMemory>(
        &self,
        memory: C,
    ) -> Result<Jump<'m, Vec<f32>, C, Vec<f32>>, FieldError> {
        let mut jump = match self.model.has_source() {
            true => Jump::with_source(self.model, self.hidden(), memory, self.work())?,
            false => Jump::new(self.model, self.hidden(), memory, self.work())?,
        };
        for call in self.set {
            set(&mut jump, call);
        }
        Ok(jump)
    }

    fn sample_in<C: ConditionMemory>(&self, way: Way, memory: C) -> Result<Vec<f32>, FieldError> {
        let mut x = row(self.model, self.round);
        match way {
            Way::Jump => {
                let mut jump = self.jump(memory)?;
                match self.model.has_source() {
                    true => jump.transport(&mut x),
                    false => jump.sample(draw(self.round), &mut x),
                }
            }
            Way::Jumps(steps) => {
                let field = AverageField::new(self.field(memory)?)?;
                self.solve(field, MeanFlow::new(self.work()), steps, &mut x)?;
            }
            Way::Euler(steps) => {
                self.solve(self.field(memory)?, Euler::new(self.work()), steps, &mut x)?;
            }
            Way::Heun(steps) => {
                let work = [self.work(), self.work()];
                self.solve(self.field(memory)?, Heun::new(work), steps, &mut x)?;
            }
        }
        Ok(x)
    }

    fn solve<F: KnownParts, S: Solver<F>>(
        &self,
        field: F,
        solver: S,
        steps: u32,
        x: &mut [f32],
    ) -> Result<(), FieldError> {
        if self.model.has_source() {
            let times = grid::uniform(self.model.start(), steps);
            Sampler::with_source(self.model, field, solver)?.transport(times, x);
        } else {
            KnownSampler::new(self.model, field, solver)?.sample(draw(self.round), steps, x);
        }
        Ok(())
    }
}

/// Sets something, and returns what C returns.
fn set(sampler: &mut (impl Conditional + KnownParts), call: &Call) -> i32 {
    let condition = match call {
        Call::Class(class) => sampler.set_condition(Condition::Class(*class)),
        Call::Vector(values) => sampler.set_condition(Condition::Vector(values)),
        Call::NoCondition => sampler.set_condition(Condition::None),
        Call::Known(values, known) => {
            return match sampler.set_known(values, known) {
                Ok(()) => 0,
                Err(KnownError::NotFinite { column } | KnownError::Impossible { column }) => {
                    column as i32 + 1
                }
                Err(KnownError::Prefix) => -1,
                Err(error) => panic!("{error}"),
            };
        }
        Call::Sample(_) => return 0,
    };
    if condition.is_ok() { 0 } else { -1 }
}
