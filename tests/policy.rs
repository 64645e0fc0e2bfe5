//! `examples/policy`: its demonstrations, and the behaviour of a policy that is learnt from them.
//!
//! `firmware.rs` tests that the firmware computes the same bits.

/// Some of it is only for the example.
#[allow(dead_code)]
#[path = "../examples/policy/expert.rs"]
mod expert;
#[path = "../examples/policy/learn.rs"]
mod learn;
#[path = "../examples/policy/policies.rs"]
mod policies;
#[allow(dead_code)]
#[path = "../examples/policy/world.rs"]
mod world;

use std::path::Path;

use fm_host::coupling::Coupling::Independent;
use fm_host::data;
use fm_host::model::StoredModel;
use fm_host::objective::Objective::MeanFlow;
use learn::Learnt;
use policies::Policy;
use world::{Outcome, Place};

/// The numbers of `episodes` that ended on the left, on the right, and in the pillar.
fn outcomes(policy: Policy, model: &StoredModel, episodes: u32) -> [u32; 3] {
    let mut counts = [0; 3];
    for number in 0..episodes {
        let episode = policy.episode(&model.view(), number, |_| ()).expect("the sizes");
        match episode.outcome {
            Outcome::Left => counts[0] += 1,
            Outcome::Right => counts[1] += 1,
            Outcome::Crashed => counts[2] += 1,
            Outcome::Lost => {}
        }
    }
    counts
}

fn committed(name: &str) -> StoredModel {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/firmware/models");
    StoredModel::load(&models.join(name)).expect("a model")
}

/// A thousand episodes: the standard error of a share is at most 1.6 %.
#[test]
fn flows_take_both_ways_and_the_mean_none() {
    let [left, right, _] = outcomes(Policy::MeanFlow(1), &committed("policy-meanflow.fm"), 1000);
    assert!(left + right > 930 && left > 400 && right > 400, "{left} {right}");
    let [left, right, _] = outcomes(Policy::Euler(16), &committed("policy-fm.fm"), 1000);
    assert!(left + right > 980 && left > 400 && right > 400, "{left} {right}");
    let [left, right, crashed] = outcomes(Policy::Mean, &committed("policy-mean.fm"), 1000);
    assert!(left + right < 100 && crashed > 900, "{left} {right} {crashed}");
}

/// The README's training with fewer steps.
#[test]
fn a_policy_is_learnt_from_demonstrations() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("demonstrations.csv");
    std::fs::write(&csv, expert::csv(1000)).expect("room");
    let source = learn::source(&csv);
    let split = data::load(&source).expect("a table");
    assert_eq!((split.train.columns.len(), split.train.len() > 5000), (world::ACTION, true));
    let train = |learnt| learn::train(learnt, 5, Some(4000), &source, &split).expect("it trains");
    let flow = train(Learnt::Flow(MeanFlow, Independent));
    let [left, right, _] = outcomes(Policy::MeanFlow(1), &flow, 400);
    assert!(left + right > 340 && left > 100 && right > 100, "{left} {right}");
    let [left, right, crashed] = outcomes(Policy::Mean, &train(Learnt::Mean), 400);
    assert!(left + right < 60 && crashed > 340, "{left} {right} {crashed}");
}

#[test]
fn the_expert_shows_both_ways_from_every_start() {
    for number in 0..200 {
        let [left, right] = [2 * number, 2 * number + 1].map(expert::demonstration);
        assert_eq!(left[0], right[0]);
        for (path, side) in [(&left, 1.0), (&right, -1.0)] {
            assert_eq!(path.last(), Some(&world::GOAL));
            let passing = path.iter().filter(|[x, _]| x.abs() < 0.2);
            assert!(passing.clone().count() > 0 && passing.clone().all(|[_, y]| side * y > 0.0));
            for pair in path.windows(2) {
                let [[x, y], [next_x, next_y]]: [Place; 2] = [pair[0], pair[1]];
                assert!(!world::hits([x, y], [next_x - x, next_y - y]), "{number}: {pair:?}");
            }
        }
    }
}

#[test]
fn a_step_hits_the_pillar_where_it_crosses_it() {
    let radius = world::PILLAR;
    // Across the middle, from edge to edge, though neither end is inside.
    assert!(world::hits([-1.0, 0.0], [2.0, 0.0]));
    // Past the pillar, and short of it.
    assert!(!world::hits([-1.0, radius + 0.01], [2.0, 0.0]));
    assert!(!world::hits([-1.0, 0.0], [0.99 - radius, 0.0]));
    assert!(world::hits([-1.0, 0.0], [1.01 - radius, 0.0]));
    // A step of length zero.
    assert!(!world::hits([-1.0, 0.0], [0.0, 0.0]));
}

#[test]
fn episodes_end_as_they_should() {
    /// A policy that goes the same way at every tick.
    fn always([dx, dy]: Place) -> world::Action {
        std::array::from_fn(|k| if k % 2 == 0 { dx } else { dy })
    }
    let end = |act: &dyn Fn(&Place) -> Option<world::Action>| {
        world::episode(3, |place, _| act(place), |_| ())
    };
    assert_eq!(end(&|_| Some(always([0.1, 0.0]))).outcome, Outcome::Crashed);
    assert_eq!(end(&|_| Some(always([-0.1, 0.0]))).outcome, Outcome::Lost);
    assert_eq!(end(&|_| None).outcome, Outcome::Lost);
    // First sideways, then along, then back.
    let round = |side: f32| {
        let episode = end(&|&[x, y]| {
            Some(always(match () {
                () if x < 0.9 && side * y < 0.5 => [0.0, 0.05 * side],
                () if x < 0.9 => [0.1, 0.0],
                () => [0.0, -0.05 * side],
            }))
        });
        episode.outcome
    };
    assert_eq!((round(1.0), round(-1.0)), (Outcome::Left, Outcome::Right));
}
