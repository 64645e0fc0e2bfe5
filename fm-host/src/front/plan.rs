//! Which models a front compares.

use crate::objective::Objective;
use crate::train::TrainConfig;

/// Hidden layers of every model.
const LAYERS: usize = 3;
/// Steps, pairs by optimal transport and pairs of a teacher where a look is enough.
const QUICK: (u64, usize, usize) = (1000, 16_384, 8192);

/// A model to train.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The name of its run, as `meanflow-64`.
    pub name: String,
    /// The objective's defaults at its width; what is learnt from a teacher still needs one.
    pub train: TrainConfig,
}

/// Every objective at every width once, those first that learn from the data alone.
///
/// Of rows of `dim` numbers; `vector` says that the condition is a vector. `quick` trains for few
/// steps.
pub fn plan(
    objectives: &[Objective],
    widths: &[usize],
    (dim, vector): (usize, bool),
    seed: u64,
    quick: bool,
) -> Vec<Planned> {
    let mut objectives = objectives.to_vec();
    objectives.sort_by_key(|objective| objective.takes_pairs());
    let one = |(objective, width): (Objective, usize)| {
        let mut train = TrainConfig::defaults(objective, dim, vector);
        train.hidden = vec![width; LAYERS];
        train.seed = seed;
        if quick {
            (train.steps, train.ot_pool, train.reflow_pairs) = QUICK;
            train.warmup = TrainConfig::default_warmup(train.steps);
        }
        Planned { name: format!("{}-{width}", objective.name()), train }
    };
    let all = objectives.iter().flat_map(|&objective| widths.iter().map(move |&w| (objective, w)));
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

    #[test]
    fn teachers_come_before_those_who_learn_from_them() {
        let objectives = [Objective::Distill, Objective::MeanFlow, Objective::Fm];
        let planned = plan(&objectives, &[16, 32, 16], (2, false), 7, true);
        let names: Vec<&str> = planned.iter().map(|planned| planned.name.as_str()).collect();
        let wanted = ["meanflow-16", "meanflow-32", "fm-16", "fm-32", "distill-16", "distill-32"];
        assert_eq!(names, wanted);
        assert!(planned.iter().all(|planned| planned.train.seed == 7));
        assert_eq!(planned[1].train.hidden, [32; 3]);
        planned[0].train.validate().expect("quick settings hold");
    }
}
