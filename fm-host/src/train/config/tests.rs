//! Tests that defaults are valid, and that refused values are reported with the option's name.

use fm_nostd::Activation;

use super::*;
use crate::objective::{LikelihoodOptions, Negatives, TimeSampler};

#[test]
fn the_defaults_are_valid_and_follow_the_data() {
    let built_in = DataShape::BUILT_IN;
    let vector = DataShape { vector: true, ..built_in };
    for objective in [Objective::Fm, Objective::MeanFlow, Objective::Mle] {
        for rows in [1, 2, 100, 10_000, 1_000_000] {
            for shape in [built_in, vector, DataShape { columns: 64, ..built_in }] {
                let shape = DataShape { rows, ..shape };
                TrainConfig::defaults(objective, shape).validate().expect("valid");
            }
        }
    }
    let coupling = |objective, shape| TrainConfig::defaults(objective, shape).coupling;
    assert_eq!(coupling(Objective::Fm, built_in), Coupling::Independent);
    assert_eq!(coupling(Objective::MeanFlow, built_in), Coupling::Ot);
    assert_eq!(coupling(Objective::MeanFlow, vector), Coupling::Independent);
}

#[test]
fn a_contrast_is_known_by_the_rows_that_carry_it() {
    use Contrast::{Conditional, Everywhere, Irreversible, None};
    let delta = TrainConfig::defaults(Objective::DeltaFm, DataShape::BUILT_IN);
    let with = |change: fn(&mut TrainConfig)| {
        let mut config = delta.clone();
        change(&mut config);
        config.contrast_of_field()
    };
    assert_eq!(with(|c| c.objective = Objective::Fm), None);
    assert_eq!(with(|c| c.contrast.lambda = 0.0), None);
    assert_eq!(with(|_| {}), Everywhere(0.05));
    assert_eq!(with(|c| c.label_dropout = 0.1), Conditional(0.05));
    assert_eq!(with(|c| c.contrast.negatives = Negatives::OtherClass), Conditional(0.05));
    assert_eq!(with(|c| c.contrast.lambda_end = Some(0.1)), Irreversible);
    let everywhere = |c: &mut TrainConfig| {
        (c.label_dropout, c.contrast.unconditional) = (0.1, true);
    };
    assert_eq!(with(everywhere), Everywhere(0.05));
    let by_class = |c: &mut TrainConfig| {
        (c.label_dropout, c.contrast.unconditional) = (0.1, true);
        c.contrast.negatives = Negatives::OtherClass;
    };
    assert_eq!(with(by_class), Irreversible);
}

#[test]
fn json_keeps_every_field() {
    let config = TrainConfig::defaults(Objective::MeanFlow, DataShape::BUILT_IN);
    let json = serde_json::to_string(&config).expect("plain fields");
    assert!(json.contains(r#""objective":"meanflow""#), "{json}");
    assert_eq!(serde_json::from_str::<TrainConfig>(&json).expect("its own output"), config);
}

fn mle() -> TrainConfig {
    TrainConfig::defaults(Objective::Mle, DataShape::BUILT_IN)
}

#[test]
fn the_likelihoods_options_are_refused_for_other_objectives() {
    let options = LikelihoodOptions { likelihood_steps: Some(3), ..LikelihoodOptions::default() };
    let base = LikelihoodSettings::default();
    let error = options.over(base, Objective::Fm).expect_err("flow matching").to_string();
    assert_eq!(error, "--likelihood-steps: this option needs `--objective mle`");
    assert_eq!(options.over(base, Objective::Mle).expect("its use").steps, 3);
    mle().validate().expect("the default activation is smooth");
}

#[test]
fn a_bad_value_names_its_option() {
    type Spoil = fn(&mut TrainConfig);
    let cases: [(&str, Spoil); 44] = [
        ("--hidden", |c| c.layers.widths.clear()),
        ("--hidden", |c| c.layers.widths = vec![64, 0]),
        ("--hidden", |c| c.layers.widths = vec![64, 32]),
        ("--steps", |c| c.schedule.steps = 0),
        ("--batch", |c| c.batch = 1),
        ("--lr", |c| c.schedule.lr = 0.0),
        ("--lr", |c| c.schedule.lr = f32::NAN),
        ("--warmup", |c| c.schedule.warmup = c.schedule.steps),
        ("--final-lr", |c| c.schedule.final_lr = 1.5),
        ("--clip", |c| c.schedule.clip = -1.0),
        ("--ema", |c| c.schedule.ema = 1.0),
        ("--label-dropout", |c| c.label_dropout = 1.0),
        ("--ot-batch", |c| c.transport.batch = 1),
        ("--condition-weight", |c| c.transport.condition_weight = -1.0),
        ("--reflow-pairs", |c| c.reflow.pairs = 0),
        ("--time-sd", |c| c.times.sd = 0.0),
        ("--lambda", |c| c.contrast.lambda = 1.0),
        ("--lambda-end", |c| c.contrast.lambda_end = Some(1.5)),
        ("--kappa", |c| c.meanflow.kappa = 1.0),
        ("--omega", |c| c.meanflow.omega = 0.0),
        ("--label-dropout", |c| c.meanflow.omega = 1.5),
        ("--teacher", |c| {
            c.objective = Objective::Reflow;
            c.coupling = Coupling::Independent;
        }),
        ("--coupling", |c| {
            c.objective = Objective::Distill;
            c.teacher = Some("runs/teacher".into());
        }),
        ("--coupling", |c| c.objective = Objective::Score),
        ("--coupling", |c| c.objective = Objective::Ddpm),
        ("--meanflow-share", |c| c.meanflow.share = -0.1),
        ("--end-share", |c| c.meanflow.end_share = f64::NAN),
        ("--weight-p", |c| c.weighting.p = 3.0),
        ("--weight-c", |c| c.weighting.c = 0.0),
        ("--weight-p", |c| {
            (c.objective, c.weighting.p, c.coupling) =
                (Objective::Ddpm, 1.0, Coupling::Independent);
        }),
        ("--teacher-guidance", |c| c.teacher_guidance = 2.0),
        ("--teacher-guidance", |c| (c.teacher, c.teacher_guidance) = (Some("run".into()), 0.0)),
        ("--teacher-guidance", |c| {
            (c.teacher, c.teacher_guidance) = (Some("run".into()), f32::INFINITY);
        }),
        ("--log-every", |c| c.log_every = 0),
        ("--checkpoint-every", |c| c.checkpoint_every = 0),
        ("--path", |c| c.path = Path::Trigonometric),
        ("--teacher", |c| {
            c.objective = Objective::Fm;
            c.teacher = Some("runs/teacher".into());
        }),
        ("--likelihood-steps", |c| c.likelihood.steps = 0),
        ("--kinetic-penalty", |c| c.likelihood.kinetic = -0.1),
        ("--jacobian-penalty", |c| c.likelihood.jacobian = f32::INFINITY),
        ("--activation", |c| {
            *c = mle();
            c.layers.activation = Activation::Relu;
        }),
        ("--coupling", |c| *c = TrainConfig { coupling: Coupling::Ot, ..mle() }),
        ("--time-sampler", |c| {
            *c = mle();
            c.times.sampler = TimeSampler::LogitNormal;
        }),
        ("--weight-p", |c| {
            *c = mle();
            c.weighting.p = 1.0;
        }),
    ];
    for (option, spoil) in cases {
        let mut config = TrainConfig::defaults(Objective::MeanFlow, DataShape::BUILT_IN);
        spoil(&mut config);
        let error = config.validate().expect_err(option).to_string();
        assert!(error.starts_with(&format!("{option}: ")), "{option}: {error}");
    }
}
