//! Samplers as C has them, which are ready to draw.

use fm::model::*;
use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status;
use fm::status::fm_status::*;

pub fn empty_model() -> fm_model {
    // SAFETY: static memory in C is zero; the type is integers.
    unsafe { std::mem::zeroed() }
}

pub fn empty_sampler() -> fm_sampler {
    // SAFETY: as above.
    unsafe { std::mem::zeroed() }
}

/// An initialised sampler over a model, with enough working memory for Heun.
pub struct Ready {
    pub model: Box<fm_model>,
    pub sampler: fm_sampler,
    _work: Vec<f32>,
}

impl Ready {
    pub fn new(blob: &'static [u8]) -> Self {
        let (mut model, mut sampler) = (Box::new(empty_model()), empty_sampler());
        // SAFETY: the model stays in its box, the working memory in its vector.
        unsafe {
            assert_eq!(fm_model_init(&mut *model, blob.as_ptr(), blob.len()), FM_OK);
            let mut work = vec![0.0; info(&model).work_heun];
            assert_eq!(
                fm_sampler_init(&mut sampler, &*model, work.as_mut_ptr(), work.len()),
                FM_OK
            );
            Self { model, sampler, _work: work }
        }
    }

    pub fn run(
        &mut self,
        mut x: Vec<f32>,
        call: impl FnOnce(*mut fm_sampler, *mut f32, usize) -> fm_status,
    ) -> Vec<f32> {
        assert_eq!(call(&mut self.sampler, x.as_mut_ptr(), x.len()), FM_OK);
        x
    }
}

pub fn info(model: &fm_model) -> fm_info {
    let mut info = std::mem::MaybeUninit::uninit();
    // SAFETY: an initialised model, and memory for its facts.
    unsafe {
        assert_eq!(fm_model_info(model, info.as_mut_ptr()), FM_OK);
        info.assume_init()
    }
}

pub fn noise(seed: u64, sample: u64, dim: usize) -> Vec<f32> {
    let mut x = vec![f32::NAN; dim];
    // SAFETY: this many numbers.
    unsafe { assert_eq!(fm_noise(seed, sample, x.as_mut_ptr(), dim), FM_OK) };
    x
}
