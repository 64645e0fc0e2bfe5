//! Samples through the C interface, in memory of exactly the required length: the sanitizer sees every
//! read and write outside it.

#![no_main]
#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use fm::model::{fm_info, fm_label, fm_model, fm_model_info, fm_model_init, fm_peek};
use fm::sample::*;
use fm::sampler::*;
use fm::status::fm_status::*;
use fm_nostd_fuzz::{Slot, Steer, parts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let (blob, steer) = parts(input);
    let slot = Slot::sealed(blob);
    // SAFETY: every pointer below is to memory of the matching length, which outlives its use.
    unsafe { run(slot.bytes(), &mut Steer(steer)) }
});

/// # Safety
/// None beyond those of the slice.
unsafe fn run(bytes: &[u8], steer: &mut Steer<'_>) {
    let mut label = MaybeUninit::<fm_label>::uninit();
    let mut model = Box::new(MaybeUninit::<fm_model>::zeroed());
    let mut sampler = Box::new(MaybeUninit::<fm_sampler>::zeroed());
    let mut info = MaybeUninit::<fm_info>::uninit();
    // SAFETY: guaranteed by the caller of `run`.
    unsafe {
        let peeked = fm_peek(bytes.as_ptr(), bytes.len(), label.as_mut_ptr());
        let status = fm_model_init(model.as_mut_ptr(), bytes.as_ptr(), bytes.len());
        assert!(status != FM_OK || peeked == FM_OK);
        if status != FM_OK {
            assert_eq!(fm_model_info(model.as_ptr(), info.as_mut_ptr()), FM_NOT_READY);
            return;
        }
        assert_eq!(fm_model_info(model.as_ptr(), info.as_mut_ptr()), FM_OK);
        let info = info.assume_init();
        let work_len = [info.work, info.work_heun][usize::from(steer.bytes::<1>()[0] % 2)];
        let mut work = vec![0.0; work_len];
        let short =
            fm_sampler_init(sampler.as_mut_ptr(), model.as_ptr(), work.as_mut_ptr(), info.work - 1);
        assert_eq!(short, FM_WORK);
        let sampler = sampler.as_mut_ptr();
        let init = fm_sampler_init(sampler, model.as_ptr(), work.as_mut_ptr(), work_len);
        if init != FM_OK {
            assert_eq!(init, FM_NO_VELOCITY);
            return;
        }
        let _ = fm_set_none(sampler);
        let _ = fm_set_class(sampler, usize::from(steer.bytes::<1>()[0]));
        let values: Vec<f32> = (0..info.condition).map(|_| steer.float()).collect();
        let set = fm_set_vector(sampler, values.as_ptr(), values.len());
        assert!(info.condition == 0 || set == FM_OK || set == FM_NOT_FINITE);
        let values: Vec<f32> = (0..info.dim).map(|_| steer.float()).collect();
        let known: Vec<bool> = (0..info.dim).map(|_| steer.bytes::<1>()[0] % 2 == 1).collect();
        let set = fm_set_known(sampler, values.as_ptr(), known.as_ptr(), values.len());
        let refused = [FM_NOT_FINITE, FM_IMPOSSIBLE, FM_KNOWN_PREFIX];
        assert!(if info.known {
            set == FM_OK || refused.contains(&set)
        } else {
            set == FM_NO_KNOWN
        });
        let steps = u32::from(steer.bytes::<1>()[0] % 4);
        let seed = u64::from_le_bytes(steer.bytes());
        let mut x = vec![0.0; info.dim];
        let (x, len) = (x.as_mut_ptr(), x.len());
        let noise = info.jumps && !info.source;
        assert_eq!(fm_sample(sampler, seed, 1, x, len) == FM_OK, noise);
        assert_eq!(fm_transport(sampler, x, len) == FM_OK, info.jumps && info.source);
        assert_eq!(fm_standardise_source(sampler, x, len) == FM_OK, info.source);
        assert_eq!(fm_noise(seed, 1, x, len), FM_OK);
        let _ = fm_jump(sampler, steps, x, len);
        let ode = if info.velocity { FM_OK } else { FM_ONE_JUMP };
        assert_eq!(fm_euler(sampler, steps, x, len), ode);
        let heun = info.velocity && work_len == info.work_heun;
        assert_eq!(fm_heun(sampler, steps, x, len) == FM_OK, heun);
        let (t, r) = (steer.float(), steer.float());
        let _ = fm_jump_step(sampler, t, r, x, len);
        assert_eq!(fm_euler_step(sampler, t, r, x, len), ode);
        let _ = fm_heun_step(sampler, t, r, x, len);
        assert_eq!(fm_finish(sampler, x, len), FM_OK);
        assert_eq!(fm_finish(sampler, x, len - 1), FM_LENGTH);
    }
}
