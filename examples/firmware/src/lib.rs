//! Shared code of the images: the board, numbers as text, and the proof that nothing panics.

#![no_std]

pub mod board;
pub mod count;
#[cfg(all(feature = "f32", feature = "q8"))]
pub mod matrix;
pub mod text;

/// Ends the program, after printing a problem if there was one.
pub fn end(outcome: Result<(), &'static core::ffi::CStr>) -> ! {
    if let Err(problem) = outcome {
        board::print(problem);
    }
    board::exit(outcome.is_ok())
}

/// Has no body in a microcontroller's release image: the linker fails if a panic is reachable.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(any(debug_assertions, panics_end))]
    board::exit(false);
    #[cfg(not(any(debug_assertions, panics_end)))]
    {
        #[expect(unsafe_code, reason = "a declaration without a definition, to fail at link time")]
        unsafe extern "C" {
            safe fn a_panic_can_be_reached() -> !;
        }
        a_panic_can_be_reached()
    }
}
