//! The colours of samples: one per class.

use std::collections::BTreeSet;

use plotters::prelude::*;

use super::{Key, Subject, Symbol};
use crate::report::style::COLOURS;

/// The most classes in the legend.
const MOST: usize = 12;

/// The colour of every sample.
pub struct Palette {
    names: Vec<String>,
    colours: Vec<RGBColor>,
    /// The index of each sample's class. Shape: `[subjects][count]`.
    groups: Vec<Vec<usize>>,
}

impl Palette {
    /// Gives each class that is drawn a colour; classes of the same name share it.
    pub fn of(subjects: &[Subject]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for subject in subjects {
            let classes: BTreeSet<Option<usize>> = subject.classes().collect();
            for name in classes.into_iter().map(|class| subject.class_name(class)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let number = |name: String| names.iter().position(|other| *other == name);
        let groups = subjects.iter().map(|subject| {
            let of = |class| number(subject.class_name(class)).unwrap_or_default();
            subject.classes().map(of).collect()
        });
        Self { groups: groups.collect(), colours: colours(names.len()), names }
    }

    /// The index of the class of each sample of a subject.
    pub fn groups(&self, subject: usize) -> &[usize] {
        &self.groups[subject]
    }

    /// Whether all samples have one colour.
    pub fn is_plain(&self) -> bool {
        self.colours.len() == 1
    }

    /// The colour of a class.
    pub fn colour(&self, group: usize) -> RGBColor {
        self.colours[group]
    }

    /// The legend of the classes.
    pub fn keys(&self) -> Vec<Key> {
        let shown = if self.names.len() > MOST { MOST - 1 } else { self.names.len() };
        let named = self.names.iter().zip(&self.colours).take(shown);
        let key = |(name, colour): (&String, &RGBColor)| Key {
            symbol: Symbol::Dot(*colour),
            text: name.clone(),
        };
        let mut keys: Vec<Key> = named.map(key).collect();
        if let (Some(colour), more @ 1..) = (self.colours.get(shown), self.names.len() - shown) {
            keys.push(Key { symbol: Symbol::Dot(*colour), text: format!("and {more} more") });
        }
        keys
    }
}

/// `n` colours: those of all plots if there are enough, else hues around the circle, alternately darker and
/// lighter.
fn colours(n: usize) -> Vec<RGBColor> {
    if n <= COLOURS.len() {
        return COLOURS[..n].to_vec();
    }
    let hue = |i: usize| {
        let lightness = if i.is_multiple_of(2) { 0.40 } else { 0.62 };
        let (r, g, b) = HSLColor(i as f64 / n as f64, 0.68, lightness).rgb();
        RGBColor(r, g, b)
    };
    (0..n).map(hue).collect()
}

/// A lighter colour: opaque, so that a picture has few colours.
pub fn tint(RGBColor(r, g, b): RGBColor) -> RGBColor {
    let light = |x: u8| (f32::from(x) * 0.42 + 255.0 * 0.58).round() as u8;
    RGBColor(light(r), light(g), light(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_colour_of_its_own() {
        for n in [1, 6, 7, 12, 40] {
            let colours = colours(n);
            let mut seen: Vec<_> = colours.iter().map(|c| (c.0, c.1, c.2)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), n);
        }
        assert_eq!(tint(RGBColor(0, 255, 100)), RGBColor(148, 255, 190));
    }
}
