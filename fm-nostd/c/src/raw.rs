//! Pointers from C, checked before use.

use core::slice;

use crate::status::fm_status;

/// Whether a pointer is neither NULL nor misaligned for `T`.
fn check<T>(pointer: *const T) -> Result<(), fm_status> {
    if pointer.is_null() {
        Err(fm_status::FM_NULL)
    } else if !pointer.is_aligned() {
        Err(fm_status::FM_MISALIGNED)
    } else {
        Ok(())
    }
}

/// Borrows the target of a pointer for reading.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to a `T` that nobody writes during `'a`.
pub unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the caller guarantees the rest.
    Ok(unsafe { &*pointer })
}

/// Borrows the target of a pointer for reading and writing.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to a `T` that nobody else uses during `'a`.
pub unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the caller guarantees the rest.
    Ok(unsafe { &mut *pointer })
}

/// Writes `value` to the target of a pointer, without reading or dropping the previous contents.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to memory for a `T` that nobody else uses.
pub unsafe fn put<T>(pointer: *mut T, value: T) -> Result<(), fm_status> {
    check(pointer)?;
    // SAFETY: not NULL, aligned; the caller guarantees the rest.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Borrows an array of `len` for reading; with a length of 0 any pointer is accepted.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to `len` of `T` that nobody writes during `'a`.
pub unsafe fn array<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], fm_status> {
    if len == 0 {
        return Ok(&[]);
    }
    fits::<T>(len)?;
    check(pointer)?;
    // SAFETY: not NULL, aligned, no longer than memory can be; the caller guarantees the rest.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// Borrows an array of `len` for reading and writing; with a length of 0 any pointer is accepted.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned points to `len` of `T` that nobody else uses during
/// `'a`.
pub unsafe fn array_mut<'a, T>(pointer: *mut T, len: usize) -> Result<&'a mut [T], fm_status> {
    if len == 0 {
        return Ok(&mut []);
    }
    fits::<T>(len)?;
    check(pointer)?;
    // SAFETY: not NULL, aligned, no longer than memory can be; the caller guarantees the rest.
    Ok(unsafe { slice::from_raw_parts_mut(pointer, len) })
}

/// Whether memory can contain this many `T`: no object is larger than half of the address space.
fn fits<T>(len: usize) -> Result<(), fm_status> {
    match len.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => Err(fm_status::FM_LENGTH),
    }
}
