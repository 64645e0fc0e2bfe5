//! What a model of each objective supports: each request works, or is refused with the reason.
//!
//! The device must refuse the same requests as the host, for the same files.

use clap::ValueEnum;
use fm_host::model::StoredModel;
use fm_host::objective::Objective;
use fm_nostd::divergence::Exact;
use fm_nostd::solver::Rk4;
use fm_nostd::{AverageField, Field, Guided, Jump, LogDensity, Model, TangentField};

use super::*;

/// The requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ask {
    Euler,
    Midpoint,
    Heun,
    Rk4,
    Dopri5,
    Sde,
    OneJump,
    ManyJumps,
    Loglik,
    Guidance,
    ContrastUndo,
    PlotField,
    PlotTrajectories,
    Convert,
    ReflowTeacher,
    DistillTeacher,
    MeanFlowTeacher,
}

use Ask::*;

const CANNOT_JUMP: &str = "velocities, not jumps";
const ONE_JUMP: &str = "one jump";
const SOURCE: &str = "rows of a source";
const PAIRS: &str = "trained on dependent pairs";
const LIKELIHOOD: &str = "maximum likelihood";

/// A part of the refusal's message, or `None` if the request works. A new objective must fill its row.
fn refusal(objective: Objective, ask: Ask) -> Option<&'static str> {
    match (objective, ask) {
        (Objective::Fm | Objective::DeltaFm | Objective::Reflow, OneJump | ManyJumps) => {
            Some(CANNOT_JUMP)
        }
        (Objective::Score | Objective::Ddpm, OneJump | ManyJumps) => Some(CANNOT_JUMP),
        (Objective::DeltaFm, Convert) => Some("only to rows with a condition"),
        (Objective::Score | Objective::Ddpm, Convert) => Some("predicts something else"),
        (Objective::Score | Objective::Ddpm, MeanFlowTeacher) => Some("singular at t = 0"),
        (Objective::MeanFlow | Objective::Reflow, Sde) => Some(PAIRS),
        (Objective::MeanFlow | Objective::Distill, Convert) => Some("predicts something else"),
        (Objective::Reflow, Convert) => Some("teacher's pairs"),
        (Objective::Mle, OneJump | ManyJumps) => Some(CANNOT_JUMP),
        (Objective::Mle, Sde | Convert | MeanFlowTeacher) => Some(LIKELIHOOD),
        (Objective::Distill, OneJump | ContrastUndo | PlotTrajectories) => None,
        (Objective::Distill, _) => Some(ONE_JUMP),
        (
            Objective::Fm
            | Objective::DeltaFm
            | Objective::Score
            | Objective::Ddpm
            | Objective::MeanFlow
            | Objective::Reflow
            | Objective::Mle,
            _,
        ) => None,
    }
}

/// The command line of a request to the run in `model`.
fn line(model: &str, ask: Ask) -> String {
    let sample = |rest: &str| format!("sample {model} --count 20 --out samples.csv --json {rest}");
    let train = |objective: &str| {
        let data = data(objective);
        format!(
            "train {data} --objective {objective} --teacher {model} --out taught --force {QUICK}"
        )
    };
    let paired = |objective: &str| format!("{} {PAIRED}", train(objective));
    match ask {
        Euler => sample("--solver euler --steps 4"),
        Midpoint => sample("--solver midpoint --steps 4"),
        Heun => sample("--solver heun --steps 4"),
        Rk4 => sample("--solver rk4 --steps 4"),
        Dopri5 => sample("--solver dopri5 --tolerance 0.01"),
        Sde => sample("--solver sde --steps 4"),
        OneJump => sample("--solver meanflow --steps 1"),
        ManyJumps => sample("--solver meanflow --steps 4"),
        Loglik => format!("loglik {model} --count 20 --steps 4 --json"),
        Guidance => sample("--solver euler --steps 4 --guidance 2"),
        ContrastUndo => sample("--contrast undo"),
        PlotField => format!("plot {model} --picture field --count 20 --json --out plot.svg"),
        PlotTrajectories => {
            format!("plot {model} --picture trajectories --count 20 --json --out plot.svg")
        }
        Convert => format!("convert {model} --delta-fm 0.25 --out converted.fm"),
        ReflowTeacher => paired("reflow"),
        DistillTeacher => paired("distill"),
        MeanFlowTeacher => train("meanflow"),
    }
}

/// Evaluations of the network per sample, if the solver needs a fixed number.
fn evaluations(ask: Ask) -> Option<f64> {
    match ask {
        Euler | Sde | ManyJumps => Some(4.0),
        Midpoint | Heun | Guidance => Some(8.0),
        Rk4 => Some(16.0),
        OneJump => Some(1.0),
        Dopri5 | Loglik | ContrastUndo | PlotField | PlotTrajectories | Convert => None,
        ReflowTeacher | DistillTeacher | MeanFlowTeacher => None,
    }
}

const DATA: &str = "moons --class label --label-dropout 0.2";

/// A jump model does not support dropped labels.
fn data(objective: &str) -> &'static str {
    if objective == "distill" { "moons --class label" } else { DATA }
}
/// Long enough for a teacher of scores whose pairs can be learnt from: after 40 steps they are still huge.
const QUICK: &str = "--batch 32 --steps 120 --hidden 8,8 --ot-pool 300 --ot-batch 50 --rows 600";

/// The number of pairs from a teacher, for the objectives that use them.
const PAIRED: &str = "--reflow-pairs 256";

/// Whether the device supports the request for the same model; `None` if it does not apply.
fn on_the_device(model: &Model<'_>, ask: Ask) -> Option<bool> {
    let buffers = || [vec![0.0; 8], vec![0.0; 8]];
    let field = || Field::new(model, buffers(), Vec::new());
    let plain = || field().and_then(Field::without_contrast);
    match ask {
        Euler | Midpoint | Heun | Rk4 | Dopri5 => Some(field().is_ok()),
        Sde => Some(plain().and_then(|field| field.score_path()).is_ok()),
        OneJump => Some(Jump::new(model, buffers(), Vec::new(), vec![0.0; 2]).is_ok()),
        ManyJumps => Some(field().and_then(AverageField::new).is_ok()),
        Loglik => Some(field().and_then(|field| TangentField::new(field, buffers())).is_ok()),
        Guidance => Some(plain().and_then(|field| Guided::new(field, 2.0, vec![0.0; 2])).is_ok()),
        PlotField => Some(field().is_ok()),
        ContrastUndo | PlotTrajectories | Convert => None,
        ReflowTeacher | DistillTeacher | MeanFlowTeacher => None,
    }
}

/// Models between two data sets: the same, but they have neither a score nor a density.
#[test]
fn a_model_with_a_source_can_be_asked_for_what_it_knows() {
    let d = directory();
    let source = "--source two-circles";
    let from = |objective: &str| format!("{} {source}", data(objective));
    for objective in Objective::value_variants() {
        let name = objective.name();
        let taught = format!("--teacher fm {PAIRED}");
        let teacher = if objective.takes_pairs() { &*taught } else { "" };
        let data = from(&name);
        let train = format!("train {data} --objective {name} {teacher} --out {name} {QUICK}");
        if !objective.facts().source {
            let error = bad(&d, &train);
            assert!(error.contains("--source: ") && error.contains("needs noise"), "{error}");
            continue;
        }
        good(&d, &train);
        let stored = StoredModel::load(&d.path().join(&name)).expect("a run");
        let model = stored.view();
        for &ask in Ask::value_variants() {
            let refused = match (refusal(*objective, ask), ask) {
                (None | Some(PAIRS), Sde | Loglik) => Some(SOURCE),
                (None, Convert) => Some("two data sets"),
                (refused, _) => refused,
            };
            let line = line(&name, ask).replace("moons", &format!("moons {source}"));
            match refused {
                None => {
                    let said = good(&d, &line);
                    if let Some(wanted) = evaluations(ask) {
                        assert_eq!(json(&said)["nfe"], wanted, "{line}");
                    }
                }
                Some(words) => {
                    let error = bad(&d, &line);
                    assert!(error.contains(words), "{line}: {error}");
                }
            }
            let buffers = || [vec![0.0; 8], vec![0.0; 8]];
            let on_the_device = match ask {
                OneJump => {
                    assert!(Jump::new(&model, buffers(), Vec::new(), vec![0.0; 2]).is_err());
                    Some(Jump::with_source(&model, buffers(), Vec::new(), vec![0.0; 2]).is_ok())
                }
                Loglik => {
                    let field = Field::new(&model, buffers(), Vec::new());
                    let density = field
                        .and_then(|field| TangentField::new(field, buffers()))
                        .and_then(|field| {
                            let work = [vec![0.0; 3], vec![0.0; 3], vec![0.0; 3]];
                            let exact = Exact::new(field, [vec![0.0; 2], vec![0.0; 2]]);
                            LogDensity::new(&model, exact, Rk4::new(work), vec![0.0; 3])
                        });
                    Some(density.is_ok())
                }
                ask => on_the_device(&model, ask),
            };
            if let Some(works) = on_the_device {
                assert_eq!(works, refused.is_none(), "{name} {ask:?}");
            }
        }
    }
}

#[test]
fn every_objective_can_be_asked_for_what_it_knows() {
    let d = directory();
    good(&d, &format!("train {DATA} --objective fm --out fm {QUICK}"));
    for objective in Objective::value_variants() {
        let name = objective.name();
        if *objective != Objective::Fm {
            let taught = format!("--teacher fm {PAIRED}");
            let teacher = if objective.takes_pairs() { &*taught } else { "" };
            let data = data(&name);
            good(&d, &format!("train {data} --objective {name} {teacher} --out {name} {QUICK}"));
        }
        let stored = StoredModel::load(&d.path().join(&name)).expect("a run");
        let model = stored.view();
        for &ask in Ask::value_variants() {
            let line = line(&name, ask);
            match refusal(*objective, ask) {
                None => {
                    let said = good(&d, &line);
                    if let Some(wanted) = evaluations(ask) {
                        assert_eq!(json(&said)["nfe"], wanted, "{line}");
                    }
                    if line.starts_with("sample") {
                        let samples = floats(&d.path().join("samples.csv"));
                        assert!(samples.iter().flatten().all(|x| x.is_finite()), "{line}");
                    }
                }
                Some(words) => {
                    let error = bad(&d, &line);
                    assert!(error.contains(words), "{line}: {error}");
                }
            }
            if let Some(works) = on_the_device(&model, ask) {
                assert_eq!(works, refusal(*objective, ask).is_none(), "{name} {ask:?}");
            }
        }
    }
    assert!(bad(&d, "sample fm --guidance nan --out x.csv").contains("--guidance"));
    assert!(bad(&d, "sample fm --guidance inf --out x.csv").contains("--guidance"));
    let said = json(&good(&d, "eval distill --json"));
    assert_eq!(said["rows"].as_array().map(Vec::len), Some(1), "one jump is all there is to judge");
}

/// A student inherits the properties of its teacher's training, whatever pairs it is trained on.
#[test]
fn a_model_knows_what_it_was_learnt_from() {
    let d = directory();
    let train = |rest: &str| good(&d, &format!("train {DATA} {rest} {QUICK}"));
    let inspect = |model: &str| json(&good(&d, &format!("inspect {model} --json")));
    let sde = |model: &str| format!("sample {model} --solver sde --steps 4 --out s.csv");
    train("--objective fm --coupling ot --out ot");
    let student = "--objective meanflow --coupling independent --teacher";
    train(&format!("{student} ot --out of-ot"));
    assert_eq!(inspect("of-ot")["coupling"], "ot");
    assert!(bad(&d, &sde("of-ot")).contains(PAIRS));
    train(&format!("{student} of-ot --out of-student"));
    assert!(bad(&d, &sde("of-student")).contains(PAIRS), "a teacher's teacher counts");
    good(&d, "export of-ot --out of-ot.fm");
    assert!(bad(&d, &sde("of-ot.fm")).contains(PAIRS), "the file says so too");

    train("--objective fm --out plain");
    train("--objective meanflow --teacher plain --out of-plain");
    assert_eq!(inspect("of-plain")["coupling"], "independent");
    good(&d, &sde("of-plain"));

    train("--objective delta-fm --lambda 0.25 --out delta");
    assert_eq!(inspect("delta")["contrast"], serde_json::json!({ "conditional": 0.25 }));
    train(&format!("{student} delta --out of-delta"));
    assert_eq!(inspect("of-delta")["contrast"], serde_json::json!({ "conditional": 0.25 }));
    assert!(bad(&d, &format!("{} --contrast keep", sde("of-delta"))).contains("contrast"));
    let undone = "sample of-delta --solver meanflow --contrast undo --out s.csv";
    assert!(bad(&d, undone).contains("contrast of a jump"));
    let line = format!("--objective distill --teacher delta --out jump-of-delta {PAIRED} {QUICK}");
    assert!(bad(&d, &format!("train {DATA} {line}")).contains("--label-dropout"));
    good(&d, &format!("train {} {line}", data("distill")));
    assert_eq!(inspect("jump-of-delta")["contrast"], "irreversible");

    train("--objective meanflow --coupling independent --omega 1.5 --kappa 0.25 --out guided");
    assert_eq!(inspect("guided")["trained_guidance"], 2.0);
    assert!(bad(&d, &sde("guided")).contains("trained with guidance"));
    train(&format!("{student} guided --out of-guided"));
    assert!(bad(&d, &sde("of-guided")).contains("trained with guidance"));

    train("--objective fm --weight-p 1 --out robust");
    assert!(bad(&d, &sde("robust")).contains("error-dependent weights"));
    let error = bad(&d, &format!("train {DATA} --objective ddpm --weight-p 1 --out x {QUICK}"));
    assert!(error.contains("--weight-p"), "{error}");
}

#[test]
fn a_contrast_that_changed_during_training_cannot_be_undone() {
    let d = directory();
    let train = |rest: &str| good(&d, &format!("train {DATA} --objective delta-fm {rest} {QUICK}"));
    train("--lambda 0.1 --lambda-end 0.2 --out scheduled");
    let guided = "sample scheduled --guidance 2 --steps 4 --out s.csv";
    assert!(bad(&d, guided).contains("an affine map"));
    good(&d, &format!("{guided} --contrast keep"));
    train("--negatives other-class --contrast-unconditional --out everywhere");
    assert!(bad(&d, "sample everywhere --guidance 2 --steps 4 --out s.csv").contains("affine map"));
    train("--negatives other-class --out by-class");
    for model in ["by-class", "scheduled"] {
        good(&d, &format!("sample {model} --steps 4 --out s.csv"));
    }
    good(&d, "sample by-class --guidance 2 --steps 4 --out s.csv");
    good(&d, "sample by-class --solver sde --steps 4 --out s.csv");
    assert!(bad(&d, "convert by-class --delta-fm 0.05 --inverse --out c.fm").contains("condition"));
}
