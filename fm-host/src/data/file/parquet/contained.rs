//! Keeps a panic of the `parquet` crate inside: on a damaged page it indexes beyond the end.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use parquet::errors::{ParquetError, Result};

thread_local! {
    /// Whether this thread is inside [`contained`].
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f`, and returns an error if it panics. Nothing is printed then.
///
/// # Errors
/// Those of `f`, and its panics.
pub(super) fn contained<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                usual(info);
            }
        }));
    });
    INSIDE.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    INSIDE.set(false);
    result.unwrap_or_else(|_| Err(ParquetError::General("a page is damaged".to_owned())))
}
