//! Why a model cannot be sampled so, in words that name the option and the way out.

use fm_nostd::blob::Conditioning;
use fm_nostd::{ConditionError, FieldError, Model};

use super::Method;
use super::method::Way;
use crate::Error;

pub(crate) fn field_error(error: FieldError) -> Error {
    match error {
        FieldError::NoUnconditional => Error::usage(
            "--guidance",
            "the model was trained without `--label-dropout`: there is nothing to guide away from",
        ),
        FieldError::Coupling => Error::usage(
            "--solver",
            "the model was trained on pairs that are not independent: it has no score and no SDE; \
             take an ODE solver such as `euler`, or train with `--coupling independent`",
        ),
        FieldError::OneJump => Error::usage(
            "MODEL",
            "it knows the one jump from noise to data (`--objective distill`) and no velocity: sample it \
             with `--solver meanflow --steps 1`; other solvers, guidance and likelihoods need another \
             model, such as its teacher",
        ),
        FieldError::Guidance => Error::usage(
            "--solver",
            "the model was trained with guidance in its target: it has no score and no SDE; take an ODE \
             solver such as `euler`, or train without `--omega` and `--kappa`",
        ),
        FieldError::Reweighted => Error::usage(
            "--solver",
            "the model was trained with rows weighted by their error, so its velocity is not the \
             conditional mean: it has no score and no SDE; take an ODE solver such as `euler`, or train \
             with `--weight-p 0`",
        ),
        FieldError::Contrast => Error::usage(
            "--contrast",
            "the model carries a contrast, and a contrasted field has no score and no SDE; take \
             `undo`, or an ODE solver",
        ),
        FieldError::NoSlope => Error::usage(
            "MODEL",
            "it is of 8-bit weights, which have no slope, so no likelihood: name its run, or a .fm \
             file that was exported with `--dtype f32`",
        ),
        other => Error::usage("--solver", other.to_string()),
    }
}

pub(super) fn contrast_error(method: Method) -> Error {
    let contrast = "the model carries a contrast that no affine map undoes (lambda changed during training, \
                    rows without a label were held against another class, or a contrasted teacher made its \
                    pairs)";
    if method.way() == Way::Sde {
        let problem = format!(
            "{contrast}, so it has no score and no SDE; take an ODE solver such as `euler`"
        );
        return Error::usage("--solver", problem);
    }
    let problem = format!("{contrast}; take `keep`, or train with `--objective fm`");
    Error::usage("--contrast", problem)
}

pub(crate) fn condition_error(model: &Model<'_>, error: ConditionError) -> Error {
    let takes = match model.conditioning() {
        Conditioning::None => "the model takes no condition".to_owned(),
        Conditioning::Classes(count) => {
            format!("the model takes a class from 0 to {}: `--class K`", count - 1)
        }
        Conditioning::Vector(size) => {
            format!("the model takes {size} numbers: `--condition A,B,..`")
        }
    };
    let option = match model.conditioning() {
        Conditioning::Vector(_) => "--condition",
        Conditioning::None | Conditioning::Classes(_) => "--class",
    };
    Error::usage(option, format!("{error}; {takes}"))
}
