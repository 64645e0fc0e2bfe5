//! The real rows that samples are compared with: the evaluation rows, and draws of other real rows, in
//! equal numbers and with the same conditions, whose scores are those of a perfect model.
//!
//! Equal numbers matter: finite samples of one law have a distance that shrinks with their number, and
//! samples with the evaluation rows' class counts are closer than draws with other counts.

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::data::{Builtin, Dataset, Rows, Split, Standardisation, groups, stratified};
use crate::random::{Purpose, stream};

/// The largest number of evaluation rows.
const MOST: usize = 4096;
/// The largest number of multiplications for all pairs of evaluation rows: allows 4096 rows up to 16
/// columns, 1024 at 256 columns.
const PAIRS: usize = 1 << 28;
/// The largest number of training rows used per evaluation row.
const TRAINING: usize = 16;

/// The real rows of one split, all in standardised units.
pub(super) struct Reference {
    /// The evaluation rows: all held-out rows, or a random share of every class.
    pub evaluation: Dataset,
    /// The number of held-out rows.
    pub held_out: usize,
    /// The training rows used: all, or at most 16 per evaluation row.
    pub train: Dataset,
    /// The law of the data, if it is a built-in one.
    pub law: Option<Builtin>,
    standardisation: Standardisation,
    halves: Vec<Halves>,
}

/// One class's training rows in two random halves: one to fit to, the other to measure on.
struct Halves {
    fitted: Vec<usize>,
    drawn: Vec<usize>,
}

impl Reference {
    /// Chooses the rows that are used.
    ///
    /// # Panics
    /// If a part of the split is empty, or a class of the held-out rows has no training row.
    pub fn new(split: &Split, standardisation: &Standardisation) -> Self {
        let Split { train, held_out, .. } = split;
        assert!(!train.is_empty() && !held_out.is_empty(), "a split with an empty part");
        let standardised =
            |data: Dataset| Dataset { values: standardisation.apply(&data.values), ..data };
        let chosen = |data: &Dataset, wanted, part| {
            let mut rng = stream(0, Purpose::Evaluation, part);
            let rows = stratified(data.len(), data.labels(), wanted, &mut rng);
            standardised(data.select(&rows))
        };
        // Using more than half of the training rows would leave too few for independent draws of real data.
        let choice = match held_out.law() {
            Some(_) => usize::MAX,
            None => (train.len() / 2).max(2),
        };
        let most = MOST.min((PAIRS / train.values.dim().max(1)).isqrt()).min(choice);
        let evaluation = chosen(held_out, most, 0);
        let train = chosen(train, TRAINING * evaluation.len(), 1);
        let mut rng = stream(0, Purpose::Evaluation, 2);
        let halves = groups(train.len(), train.labels()).into_iter().map(|mut rows| {
            rows.shuffle(&mut rng);
            let fitted = rows.split_off(rows.len() / 2);
            Halves { fitted, drawn: rows }
        });
        let halves: Vec<Halves> = halves.collect();
        let known = |&k: &u32| halves.get(k as usize).is_some_and(|half| !half.fitted.is_empty());
        let labels = evaluation.labels().unwrap_or_default();
        assert!(labels.iter().all(known), "a class was held out that has no training row");
        Self {
            held_out: held_out.len(),
            law: held_out.law(),
            standardisation: standardisation.clone(),
            evaluation,
            train,
            halves,
        }
    }

    /// Draws as many real rows as there are evaluation rows, none of them held out; row `i` has the
    /// class of evaluation row `i`.
    ///
    /// The rows are fresh samples of a built-in law. For other data they are training rows with their
    /// own condition vectors: without replacement if the class has enough rows, and only from the half
    /// that nothing was fitted to if that has twice as many as needed.
    pub fn draw(&self, index: u64) -> Dataset {
        let mut rng = stream(0, Purpose::Floor, index);
        let count = self.evaluation.len();
        if let Some(law) = self.law
            && self.evaluation.condition.vector.is_none()
        {
            let rows = match self.evaluation.labels() {
                None => law.sample(count, &mut rng).0,
                Some(labels) => law.sample_of(labels, &mut rng),
            };
            return Dataset {
                values: self.standardisation.apply(&rows),
                ..self.evaluation.clone()
            };
        }
        let mut needed = vec![0; self.halves.len()];
        let class = |i: usize| self.evaluation.labels().map_or(0, |labels| labels[i] as usize);
        (0..count).for_each(|i| needed[class(i)] += 1);
        let mut hats: Vec<Vec<usize>> = Vec::new();
        for (half, &needed) in self.halves.iter().zip(&needed) {
            let mut hat = half.drawn.clone();
            // From fewer than twice as many rows, all draws would be nearly the same.
            if hat.len() < 2 * needed {
                hat.extend_from_slice(&half.fitted);
            }
            hat.shuffle(&mut rng);
            // If there are still too few, some rows are repeated.
            let rows = hat.len();
            hat.extend((rows..needed).map(|_| half.fitted[rng.random_range(0..half.fitted.len())]));
            hats.push(hat);
        }
        let drawn: Vec<usize> = (0..count).filter_map(|i| hats[class(i)].pop()).collect();
        self.train.select(&drawn)
    }

    /// Returns every class's training rows that draws avoid if there are enough others.
    pub fn fitted(&self) -> impl Iterator<Item = Rows> + '_ {
        self.halves.iter().map(|half| self.train.values.select(&half.fitted))
    }

    /// Returns rows in the data's own units.
    pub fn undo(&self, rows: &Rows) -> Rows {
        self.standardisation.undo(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::normal;
    use super::*;
    use crate::data::{ClassData, DataSpec, VectorData, load};

    /// Rows whose values are their index, of three classes in shares of 1/2, 1/3 and 1/6.
    fn numbered(count: usize, from: usize, dim: usize) -> Dataset {
        let numbers = (0..count * dim).map(|i| (from + i / dim) as f32).collect();
        Dataset::new(
            "numbers",
            (0..dim).map(|i| format!("c{i}")).collect(),
            Rows::from_vec(dim, numbers),
            ClassData {
                column: "class".to_owned(),
                names: ["a", "b", "c"].map(str::to_owned).into(),
                labels: (0..count).map(|i| [0, 1, 0, 1, 0, 2][i % 6]).collect(),
            },
        )
    }

    fn plain(dim: usize) -> Standardisation {
        Standardisation { transforms: Vec::new(), mean: vec![0.0; dim], std: vec![1.0; dim] }
    }

    #[test]
    fn draws_have_the_evaluation_rows_classes_and_come_from_training() {
        let split =
            Split { train: numbered(240, 1000, 1), held_out: numbered(60, 0, 1), source: None };
        let reference = Reference::new(&split, &plain(1));
        assert_eq!((reference.evaluation.len(), reference.train.len()), (60, 240));
        let draw = reference.draw(3);
        assert_eq!(draw.labels(), split.held_out.labels());
        assert!(draw.values.as_slice().iter().all(|&x| x >= 1000.0));
        let mut once = draw.values.as_slice().to_vec();
        once.sort_by(f32::total_cmp);
        once.dedup();
        assert_eq!(once.len(), 60, "without replacement");
        // Half of 120 rows for the 30 needed of class 0, and so on: no fitted row is drawn.
        let fitted: Vec<f32> = reference.fitted().flat_map(Rows::into_vec).collect();
        assert_eq!(fitted.len(), 120);
        assert!(once.iter().all(|x| !fitted.contains(x)));
        assert_eq!(draw, reference.draw(3));
        assert_ne!(draw, reference.draw(4));
    }

    #[test]
    fn a_class_with_few_training_rows_gives_some_twice() {
        let all = numbered(60, 1000, 1);
        let labels = all.labels().unwrap().to_vec();
        // Two rows of class 2, for four evaluation rows of that class.
        let few = (0..60).filter(|&i| labels[i] != 2 || i < 12).collect::<Vec<_>>();
        let split = Split { train: all.select(&few), held_out: numbered(60, 0, 1), source: None };
        let reference = Reference::new(&split, &plain(1));
        let draw = reference.draw(0);
        assert_eq!((draw.len(), draw.labels()), (26, reference.evaluation.labels()));
        assert_eq!(draw.labels().unwrap().iter().filter(|&&label| label == 2).count(), 4);
        let own = |(&x, &k): (&f32, &u32)| labels[x as usize - 1000] == k;
        assert!(draw.values.as_slice().iter().zip(draw.labels().unwrap()).all(own));
    }

    #[test]
    fn fresh_rows_of_a_law_have_the_evaluation_rows_classes() {
        let source =
            DataSpec { class: Some("label".to_owned()), rows: 64, ..DataSpec::new("8gaussians") };
        let split = load(&source).unwrap();
        let reference = Reference::new(&split, &plain(2));
        let draw = reference.draw(0);
        let labels = split.held_out.labels().unwrap();
        let found = draw.values.iter().zip(labels).filter(|(row, label)| {
            Builtin::EightGaussians.cell([row[0], row[1]]).is_none_or(|cell| cell == **label)
        });
        assert_eq!((found.count(), draw.len()), (4096, 4096));
    }

    #[test]
    fn of_large_sets_a_share_of_every_class_is_evaluated() {
        let split = Split {
            train: numbered(30_000, 0, 256),
            held_out: numbered(6000, 0, 256),
            source: None,
        };
        let reference = Reference::new(&split, &plain(256));
        assert_eq!((reference.evaluation.len(), reference.held_out), (1024, 6000));
        assert_eq!(reference.train.len(), 16 * 1024);
        let labels = reference.evaluation.labels().unwrap();
        let count = |k| labels.iter().filter(|&&label| label == k).count();
        assert_eq!([count(0), count(1), count(2)], [512, 341, 171]);
    }

    #[test]
    fn vectors_stay_with_their_rows() {
        let pairs = |count, seed| {
            let values = normal(count, 2, seed);
            let columns = vec!["c".to_owned(), "d".to_owned()];
            let condition = VectorData { columns: columns.clone(), values: values.clone() };
            Dataset::new("pairs", columns, values, condition)
        };
        let split = Split { train: pairs(500, 1), held_out: pairs(100, 2), source: None };
        let draw = Reference::new(&split, &plain(2)).draw(0);
        assert_eq!(draw.len(), 100);
        assert_eq!(draw.condition.vector.expect("vectors").values, draw.values);
    }
}
