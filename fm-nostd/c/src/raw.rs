//! Pointers from C, looked at before they are used.

use core::slice;

use crate::status::fm_status;

/// Whether a pointer can be one to `T`.
fn check<T>(pointer: *const T) -> Result<(), fm_status> {
    if pointer.is_null() {
        Err(fm_status::FM_NULL)
    } else if !pointer.is_aligned() {
        Err(fm_status::FM_MISALIGNED)
    } else {
        Ok(())
    }
}

/// What a pointer leads to, for reading.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to a `T` that nobody writes while `'a` lasts.
pub unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the rest is the caller's promise.
    Ok(unsafe { &*pointer })
}

/// What a pointer leads to, for reading and writing.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to a `T` that nobody else uses while `'a`
/// lasts.
pub unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the rest is the caller's promise.
    Ok(unsafe { &mut *pointer })
}

/// Writes `value` where a pointer leads to, whatever was there.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to memory for a `T` that nobody else uses.
pub unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the rest is the caller's promise.
    unsafe { pointer.write(value) };
    Ok(())
}

/// An array of `len` for reading; a length of 0 needs no pointer.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to `len` of `T` that nobody writes while `'a`
/// lasts.
pub unsafe fn array<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], fm_status> {
    if len == 0 {
        return Ok(&[]);
    }
    fits::<T>(len)?;
    check(pointer)?;
    // SAFETY: not NULL, aligned, no longer than memory can be; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// An array of `len` for reading and writing; a length of 0 needs no pointer.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned leads to `len` of `T` that nobody else uses while
/// `'a` lasts.
pub unsafe fn array_mut<'a, T>(pointer: *mut T, len: usize) -> Result<&'a mut [T], fm_status> {
    if len == 0 {
        return Ok(&mut []);
    }
    fits::<T>(len)?;
    check(pointer)?;
    // SAFETY: not NULL, aligned, no longer than memory can be; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, len) })
}

/// Whether so many `T` can be in memory at all: no object is larger than half of it.
fn fits<T>(len: usize) -> Result<(), fm_status> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => Err(fm_status::FM_LENGTH),
    }
}
