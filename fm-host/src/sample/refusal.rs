//! The errors for requests that a model does not support, which name the option and the way out.

use fm_nostd::blob::Conditioning;
use fm_nostd::{ConditionError, FieldError, Model};

use super::Method;
use super::method::Way;
use crate::Error;
use crate::counted::counted;

pub(crate) fn field_error(error: FieldError) -> Error {
    match error {
        FieldError::NoUnconditional => Error::usage(
            "--guidance",
            "guidance needs a model that was trained with `--label-dropout`; omit this option, or train \
             such a model",
        ),
        FieldError::Coupling => Error::usage(
            "--solver",
            "the SDE needs a score, and a model that was trained on dependent pairs has none; use an \
             ODE solver such as `euler`, or train with `--coupling independent`",
        ),
        FieldError::Likelihood => Error::usage(
            "--solver",
            "the SDE needs a score, and a model that was trained by maximum likelihood has none, because its \
             velocity is not the conditional mean; use an ODE solver such as `euler`, or train with \
             `--objective fm`",
        ),
        FieldError::OneJump => Error::usage(
            "MODEL",
            "it predicts only one jump from noise to data (`--objective distill`), not a velocity; sample \
             it with `--solver meanflow --steps 1`, or use its teacher for other solvers, guidance and \
             likelihoods",
        ),
        FieldError::Guidance => Error::usage(
            "--solver",
            "the SDE needs a score, and a model that was trained with guidance has none; use an ODE \
             solver such as `euler`, or train without guidance (`--omega`, `--kappa`, `--teacher-guidance`)",
        ),
        FieldError::Reweighted => Error::usage(
            "--solver",
            "the SDE needs a score, and a model that was trained with error-dependent weights has none, \
             because its velocity is not the conditional mean; use an ODE solver such as `euler`, or \
             train with `--weight-p 0`",
        ),
        FieldError::Contrast => Error::usage(
            "--contrast",
            "the SDE needs a score, and a contrasted velocity has none; use `undo`, or an ODE solver",
        ),
        FieldError::Source => Error::usage(
            "MODEL",
            "it moves rows of a source, whose density is not known, so it has no score and no likelihood; \
             sample it with an ODE solver such as `euler`, or train a model without `--source`",
        ),
        FieldError::Tied => Error::usage(
            "MODEL",
            "some of its columns have categories or repeated values, which have no density; use `fm loglik`, \
             which bounds their probability",
        ),
        FieldError::NoSlope => Error::usage(
            "MODEL",
            "a likelihood needs derivatives, which 8-bit weights do not have; name the run, or a .fm \
             file that was exported with `--dtype f32`",
        ),
        other => Error::usage("--solver", other.to_string()),
    }
}

pub(super) fn contrast_error(method: Method) -> Error {
    let contrast = "the model's contrast cannot be undone by an affine map (lambda changed during training, \
                    rows without a label were contrasted with another class, or a contrasted teacher made \
                    its pairs)";
    if method.way() == Way::Sde {
        let problem = format!(
            "{contrast}, so it has no score for the SDE; use an ODE solver such as `euler`"
        );
        return Error::usage("--solver", problem);
    }
    let problem = format!("{contrast}; use `keep`, or train with `--objective fm`");
    Error::usage("--contrast", problem)
}

pub(crate) fn condition_error(model: &Model<'_>, error: ConditionError) -> Error {
    let Conditioning { classes, vector } = model.conditioning();
    let class = || format!("a class from 0 to {}: `--class K`", classes - 1);
    let numbers = || format!("{}: `--condition A,B,..`", counted(vector, "number"));
    let takes = match (classes, vector) {
        (0, 0) => "the model has no condition".to_owned(),
        (_, 0) => format!("the model needs {}", class()),
        (0, _) => format!("the model needs {}", numbers()),
        _ => format!("the model needs {}, and {}", class(), numbers()),
    };
    let of_vector = matches!(error, ConditionError::Length | ConditionError::NotFinite);
    let option = if vector > 0 && (classes == 0 || of_vector) { "--condition" } else { "--class" };
    Error::usage(option, format!("{error}; {takes}"))
}
