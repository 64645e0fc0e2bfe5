//! Options whose value is a list.

use std::str::FromStr;

use crate::lists;

/// The items of a list, as [`lists::split`] takes it apart. An option that is repeated has several lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T = String>(Vec<T>);

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(list: &str) -> Result<Self, T::Err> {
        lists::split(list).iter().map(|item| item.parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// The items of all lists.
pub fn items<T: Clone>(lists: &[List<T>]) -> Vec<T> {
    lists.iter().flat_map(|list| list.0.iter().cloned()).collect()
}

/// The items of all lists; `None` if the option is not given.
pub fn given<T: Clone>(lists: &[List<T>]) -> Option<Vec<T>> {
    Some(items(lists)).filter(|_| !lists.is_empty())
}
