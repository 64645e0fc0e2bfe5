//! Work space that is kept between steps, so that a step allocates none.

use std::sync::{Arc, Mutex, PoisonError};

/// Free work space, the last used on top because it may still be in the cache.
#[derive(Debug)]
pub struct Pool<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Pool<T> {
    /// Takes `count` items with arbitrary content; missing ones are created.
    pub fn take(&self, count: usize, new: impl FnMut() -> T) -> Vec<T> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = free.len().saturating_sub(count);
        let mut taken = free.split_off(kept);
        drop(free);
        taken.resize_with(count, new);
        taken
    }

    /// Lends one item to `work`.
    pub fn lend<R>(&self, new: impl FnMut() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        let mut taken = self.take(1, new);
        let result = work(&mut taken[0]);
        self.give(taken);
        result
    }

    /// Returns items to the pool.
    pub fn give(&self, back: impl IntoIterator<Item = T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(back);
    }
}
