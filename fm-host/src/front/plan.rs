//! The models that a front compares.

use super::Kind;
use crate::train::{DataShape, TrainConfig};

/// Steps, pairs by optimal transport, and pairs of a teacher for a preview.
const QUICK: (u64, usize, usize) = (1000, 16_384, 8192);

/// Rows per assignment for a preview.
const QUICK_BLOCK: usize = 256;

/// The note on a preview.
pub fn look() -> String {
    format!(
        "This is a preview (`--quick`), not a result: models train for only {} steps, and few numbers of \
         sampling steps are tried.",
        QUICK.0
    )
}

/// A model to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The name of its run, such as `meanflow-64x3`.
    pub name: String,
    /// The objective's defaults at its size; a teacher is not set yet.
    pub train: TrainConfig,
}

/// Formats the hidden layers, all of one width, for a name: `64x3`.
pub fn size(width: usize, layers: usize) -> String {
    format!("{width}x{layers}")
}

/// The default widths for rows of `dim` numbers: the usual width and two smaller ones. Images need larger
/// widths than points on a plane.
pub fn usual_widths(dim: usize) -> Vec<usize> {
    if dim > 8 { vec![32, 64, 128] } else { vec![16, 32, 64] }
}

/// Plans every kind at every width and depth, without duplicates; kinds without a teacher come first.
///
/// The data has this `shape`. `quick` trains for few steps.
pub fn plan(
    kinds: &[Kind],
    widths: &[usize],
    depths: &[usize],
    shape: DataShape,
    seed: u64,
    quick: bool,
) -> Vec<Planned> {
    let mut kinds = kinds.to_vec();
    kinds.sort_by_key(|kind| kind.objective.takes_pairs());
    let one = |(kind, width, layers): (Kind, usize, usize)| {
        let mut train = TrainConfig::defaults(kind.objective, shape);
        train.layers.widths = vec![width; layers];
        train.coupling = kind.coupling.unwrap_or(train.coupling);
        train.seed = seed;
        if quick {
            let (steps, pool, pairs) = QUICK;
            train.schedule = train.schedule.with_steps(steps);
            (train.transport.pool, train.transport.batch) = (pool, QUICK_BLOCK);
            train.reflow.pairs = pairs;
        }
        Planned { name: format!("{}-{}", kind.name(), size(width, layers)), train }
    };
    let sizes = || widths.iter().flat_map(|&width| depths.iter().map(move |&n| (width, n)));
    let all = kinds.iter().flat_map(|&kind| sizes().map(move |(width, n)| (kind, width, n)));
    let mut planned: Vec<Planned> = Vec::new();
    for model in all.map(one) {
        if planned.iter().all(|other| other.name != model.name) {
            planned.push(model);
        }
    }
    planned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::Coupling;

    #[test]
    fn teachers_come_before_those_who_learn_from_them() {
        let kinds = ["distill", "meanflow", "fm:ot"].map(|name| name.parse().expect("a kind"));
        let planned = plan(&kinds, &[16, 32, 16], &[2], DataShape::BUILT_IN, 7, true);
        let names: Vec<&str> = planned.iter().map(|planned| planned.name.as_str()).collect();
        let wanted = ["meanflow-16x2", "meanflow-32x2", "fm-ot-16x2", "fm-ot-32x2"];
        assert_eq!(names[..4], wanted);
        assert_eq!(names[4..], ["distill-16x2", "distill-32x2"]);
        assert!(planned.iter().all(|planned| planned.train.seed == 7));
        assert_eq!(planned[1].train.layers.widths, [32; 2]);
        assert_eq!(planned[2].train.coupling, Coupling::Ot);
        planned[0].train.validate().expect("quick settings hold");
    }
}
