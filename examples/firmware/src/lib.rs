//! What the images share: the board, numbers as text, and the proof that nothing panics.

#![no_std]

pub mod board;
pub mod text;

/// Has no body in a release image: the linker fails if a panic can be reached.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    #[cfg(debug_assertions)]
    board::exit(false);
    #[cfg(not(debug_assertions))]
    {
        #[expect(unsafe_code, reason = "a declaration without a definition, to fail at link time")]
        unsafe extern "C" {
            safe fn a_panic_can_be_reached() -> !;
        }
        a_panic_can_be_reached()
    }
}
