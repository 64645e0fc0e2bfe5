//! The result of a call, as a number and in words.

use core::ffi::{CStr, c_char, c_int};

use fm_nostd::{BlobError, ConditionError, FieldError, KnownError, ScoreError};

/// The result of a call. A call that does not return `FM_OK` has changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum fm_status {
    /// Done.
    FM_OK = 0,
    /// A pointer is NULL.
    FM_NULL = 1,
    /// A pointer, or the model's weights, are misaligned: `fm_model` and `fm_sampler` require 8 bytes,
    /// `float` and weights 4. Align a model to 16.
    FM_MISALIGNED = 2,
    /// The `fm_model` or `fm_sampler` was not initialised, or its initialisation failed.
    FM_NOT_READY = 3,
    /// An array has a different length than the model requires.
    FM_LENGTH = 4,
    /// The working memory is too short: see `fm_info`.
    FM_WORK = 5,
    /// Not a .fm model, or an erased flash page.
    FM_NOT_A_BLOB = 16,
    /// The model is cut short.
    FM_TRUNCATED = 17,
    /// The model is damaged.
    FM_BAD_CRC = 18,
    /// This library does not support the model's format revision: export the model again.
    FM_FORMAT = 19,
    /// The model was made for another revision of the numbers contract, so the bits would differ:
    /// export it again.
    FM_NUMBERS = 20,
    /// The model's header does not parse.
    FM_MALFORMED = 21,
    /// This build does not support the model's kind of weights.
    FM_DTYPE = 22,
    /// The model's sizes are zero, overflow or disagree.
    FM_SIZES = 23,
    /// The model predicts velocities and cannot jump. Use Euler or Heun.
    FM_NOT_AVERAGE = 32,
    /// The model predicts scores or noise, but was trained so that these imply no velocity.
    FM_NO_VELOCITY = 33,
    /// The model supports only the jump from noise to data, not a velocity. Use `fm_sample`.
    FM_ONE_JUMP = 34,
    /// The model moves rows of a source, not noise. Use `fm_transport`.
    FM_SOURCE = 35,
    /// The model moves noise, not rows of a source. Use `fm_sample`.
    FM_NO_SOURCE = 36,
    /// The model was trained without known parts.
    FM_NO_KNOWN = 37,
    /// Parts of the sample are known, but a whole row is scored. Set them to unknown first.
    FM_KNOWN = 38,
    /// The model was trained with its first numbers known (`fm_info.known_prefix`) and no others: just these must be
    /// known, and whole rows have no score.
    FM_KNOWN_PREFIX = 39,
    /// The model requires a condition.
    FM_CONDITION_REQUIRED = 48,
    /// The model has no such class.
    FM_NO_SUCH_CLASS = 49,
    /// The model accepts another kind of condition, or none.
    FM_OTHER_CONDITION = 50,
    /// A number of the condition, a known value or a value of a row is not finite; the previous condition or known
    /// parts stay.
    FM_NOT_FINITE = 51,
    /// A known value or a value of a row is none of its column's categories; the previous known parts stay.
    FM_IMPOSSIBLE = 52,
    /// An error without a code in this interface.
    FM_OTHER = 255,
}

use fm_status::*;

impl From<BlobError> for fm_status {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotABlob => FM_NOT_A_BLOB,
            BlobError::Truncated => FM_TRUNCATED,
            BlobError::BadCrc => FM_BAD_CRC,
            BlobError::Format(_) => FM_FORMAT,
            BlobError::Numbers(_) => FM_NUMBERS,
            BlobError::Malformed => FM_MALFORMED,
            BlobError::Dtype(_) => FM_DTYPE,
            BlobError::Misaligned => FM_MISALIGNED,
            BlobError::Sizes => FM_SIZES,
            _ => FM_OTHER,
        }
    }
}

impl From<FieldError> for fm_status {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::NotAverage => FM_NOT_AVERAGE,
            FieldError::OneJump => FM_ONE_JUMP,
            FieldError::NoSource => FM_NO_SOURCE,
            FieldError::NoKnown => FM_NO_KNOWN,
            FieldError::KnownPrefix => FM_KNOWN_PREFIX,
            FieldError::Coupling
            | FieldError::Likelihood
            | FieldError::Contrast
            | FieldError::Source
            | FieldError::Guidance
            | FieldError::Reweighted => FM_NO_VELOCITY,
            FieldError::Hidden | FieldError::Condition | FieldError::Work => FM_WORK,
            _ => FM_OTHER,
        }
    }
}

impl From<ConditionError> for fm_status {
    fn from(error: ConditionError) -> Self {
        match error {
            ConditionError::Required => FM_CONDITION_REQUIRED,
            ConditionError::NoSuchClass => FM_NO_SUCH_CLASS,
            ConditionError::Length => FM_LENGTH,
            ConditionError::OtherKind => FM_OTHER_CONDITION,
            ConditionError::NotFinite => FM_NOT_FINITE,
            _ => FM_OTHER,
        }
    }
}

impl From<KnownError> for fm_status {
    fn from(error: KnownError) -> Self {
        match error {
            KnownError::Length => FM_LENGTH,
            KnownError::NotFinite { .. } => FM_NOT_FINITE,
            KnownError::Impossible { .. } => FM_IMPOSSIBLE,
            KnownError::Prefix => FM_KNOWN_PREFIX,
            KnownError::NoMemory => FM_NO_KNOWN,
            _ => FM_OTHER,
        }
    }
}

impl From<ScoreError> for fm_status {
    fn from(error: ScoreError) -> Self {
        match error {
            ScoreError::Length => FM_LENGTH,
            ScoreError::NotFinite { .. } => FM_NOT_FINITE,
            ScoreError::Impossible { .. } => FM_IMPOSSIBLE,
            _ => FM_OTHER,
        }
    }
}

/// Converts the result of a function's body to its C status.
pub(crate) fn outcome(done: Result<(), fm_status>) -> fm_status {
    match done {
        Ok(()) => FM_OK,
        Err(status) => status,
    }
}

/// Returns the text of a status: a string that is terminated by a zero byte and never freed.
#[unsafe(no_mangle)]
pub extern "C" fn fm_status_text(status: c_int) -> *const c_char {
    text(status).as_ptr()
}

fn text(status: c_int) -> &'static CStr {
    const TEXTS: [(fm_status, &CStr); 27] = [
        (FM_OK, c"done"),
        (FM_NULL, c"a pointer is NULL"),
        (FM_MISALIGNED, c"a pointer or the model's weights are not aligned"),
        (FM_NOT_READY, c"the model or sampler was not initialised"),
        (FM_LENGTH, c"an array has a different length than the model requires"),
        (FM_WORK, c"the working memory is too short"),
        (FM_NOT_A_BLOB, c"not a .fm model"),
        (FM_TRUNCATED, c"the model is cut short"),
        (FM_BAD_CRC, c"the model is damaged"),
        (
            FM_FORMAT,
            c"the model has another format revision: export it with the fm of this library",
        ),
        (
            FM_NUMBERS,
            c"the model has another numbers revision: export it with the fm of this library",
        ),
        (FM_MALFORMED, c"the model's header does not parse"),
        (FM_DTYPE, c"the model's kind of weights is not in this build"),
        (FM_SIZES, c"the model's sizes are zero, overflow or disagree"),
        (FM_NOT_AVERAGE, c"the model predicts velocities: it cannot jump"),
        (FM_NO_VELOCITY, c"the model's predictions imply no velocity"),
        (FM_ONE_JUMP, c"the model supports only the jump from noise to data"),
        (FM_SOURCE, c"the model moves rows of a source, not noise"),
        (FM_NO_SOURCE, c"the model moves noise, not rows of a source"),
        (FM_NO_KNOWN, c"the model was trained without known parts"),
        (FM_KNOWN, c"parts are known, but a whole row is scored: set them to unknown first"),
        (
            FM_KNOWN_PREFIX,
            c"the model was trained with its first numbers known: just these must be known",
        ),
        (FM_CONDITION_REQUIRED, c"the model requires a condition"),
        (FM_NO_SUCH_CLASS, c"the model has no such class"),
        (FM_OTHER_CONDITION, c"the model accepts another kind of condition, or none"),
        (
            FM_NOT_FINITE,
            c"a number of the condition, a known value or a value of a row is not finite",
        ),
        (FM_IMPOSSIBLE, c"a known value or a value of a row is none of its column's categories"),
    ];
    let found = TEXTS.iter().find(|(code, _)| *code as c_int == status);
    found.map_or(c"an error without a name", |(_, text)| text)
}
