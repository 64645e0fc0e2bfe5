//! Changes to a trained field, and the quality of the samples, class by class.

use fm_host::Result;
use fm_host::data::{Rows, Split, Standardisation};
use fm_host::metrics::{accuracy, energy};
use fm_host::model::StoredModel;
use fm_host::random::{Purpose, fill_normal, stream};
use fm_nostd::solver::{Euler, Solver};
use fm_nostd::{Condition, Conditional, Draw, Velocity, grid};

/// The most samples per class.
const MOST: usize = 400;
/// Draws of real rows for the floor.
pub const DRAWS: u64 = 16;

/// The changes to a trained velocity `v_c`, in this order.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Maps a ΔFM field back: `(1 - undo) v`.
    pub undo: f32,
    /// Multiplies the conditional velocity by a gain, before it is guided.
    pub conditional_gain: f32,
    /// Classifier-free guidance: `v_null + w (v_c - v_null)`.
    pub guidance: Option<f32>,
    /// Subtracts `lambda` times the other classes' mean velocity.
    pub lambda_offset: f32,
    /// Multiplies by a gain.
    pub gain: f32,
}

/// The quality of samples.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The mean over classes of the energy distance to that class's held-out rows.
    pub energy: f64,
    /// The share that a nearest-neighbour classifier assigns to the requested class.
    pub accuracy: f64,
}

/// One data set's rows by class, standardised.
pub struct Judge {
    train: Rows,
    labels: Vec<u32>,
    held_out: Vec<Rows>,
    /// Training rows of each class.
    of_class: Vec<Rows>,
    /// The mean of all rows of other classes, for each class.
    others: Vec<Vec<f32>>,
}

impl Judge {
    /// Prepares to evaluate samples of this data.
    pub fn new(split: &Split) -> Self {
        let standardisation = Standardisation::fit(&split.train.values);
        let train = standardisation.apply(&split.train.values);
        let labels = split.train.labels().unwrap_or_default().to_vec();
        let held_out_labels = split.held_out.labels().unwrap_or_default();
        let all = standardisation.apply(&split.held_out.values);
        let classes = labels.iter().max().map_or(0, |last| last + 1);
        let of = |rows: &Rows, labels: &[u32], keep: &dyn Fn(u32) -> bool| {
            let kept: Vec<usize> = (0..rows.len()).filter(|&i| keep(labels[i])).collect();
            rows.select(&kept)
        };
        let held_out = (0..classes).map(|k| of(&all, held_out_labels, &|label| label == k));
        let others = (0..classes).map(|k| mean(&of(&train, &labels, &|label| label != k)));
        let of_class = (0..classes).map(|k| of(&train, &labels, &|label| label == k)).collect();
        let (held_out, others) = (held_out.collect(), others.collect());
        // A few thousand rows suffice for the classifier.
        let few: Vec<usize> = (0..train.len().min(8000)).collect();
        let (train, labels) = (train.select(&few), few.iter().map(|&i| labels[i]).collect());
        Self { train, labels, held_out, of_class, others }
    }

    /// The number of samples of a class: half of its training rows, so that the floor can draw as many of
    /// them in many ways.
    pub fn each(&self, class: usize) -> usize {
        MOST.min(self.of_class[class].len() / 2)
    }

    /// Draws samples with `steps` Euler steps along the changed field and scores them.
    ///
    /// # Errors
    /// If the model cannot be sampled.
    pub fn score(&self, stored: &StoredModel, change: Field, steps: u32) -> Result<Score> {
        let classes = 0..self.held_out.len();
        let samples: Vec<Rows> =
            classes.map(|class| self.draw(stored, change, steps, class)).collect();
        Ok(Score { energy: self.energy(&samples), accuracy: self.accuracy(&samples) })
    }

    /// Scores as many training rows of each class as there are samples, drawn without replacement. The
    /// accuracy is that of the held-out rows, because training rows would vote on themselves.
    pub fn floor(&self, draw: u64) -> Score {
        let drawn = self.of_class.iter().enumerate().map(|(class, rows)| {
            let mut keys = vec![0.0; rows.len()];
            fill_normal(&mut stream(draw, Purpose::Floor, class as u64), &mut keys);
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]));
            rows.select(&order[..self.each(class)])
        });
        let drawn: Vec<Rows> = drawn.collect();
        Score { energy: self.energy(&drawn), accuracy: self.accuracy(&self.held_out) }
    }

    /// The mean over classes of the energy distance to the class's held-out rows. Shape: `[classes]`.
    fn energy(&self, rows: &[Rows]) -> f64 {
        let sum: f64 = rows.iter().zip(&self.held_out).map(|(a, b)| energy(a, b)).sum();
        sum / rows.len() as f64
    }

    /// The mean over classes of the share of rows that the classifier assigns to the class. Shape:
    /// `[classes]`.
    fn accuracy(&self, rows: &[Rows]) -> f64 {
        let share = |(class, rows): (usize, &Rows)| {
            accuracy(rows, &vec![class as u32; rows.len()], &self.train, &self.labels)
        };
        rows.iter().enumerate().map(share).sum::<f64>() / rows.len() as f64
    }

    fn draw(&self, stored: &StoredModel, change: Field, steps: u32, class: usize) -> Rows {
        let model = stored.view();
        let shape = model.network().shape();
        let hidden = || vec![0.0; shape.hidden];
        let mut network = fm_nostd::Field::new(&model, [hidden(), hidden()], [])
            .expect("the memory is as long as the layers");
        let mut null = vec![0.0; shape.dim];
        let mut field = |t: f32, x: &[f32], out: &mut [f32]| {
            if let Some(scale) = change.guidance {
                network.set_condition(Condition::None).expect("labels were dropped");
                network.velocity(t, x, &mut null);
                network.set_condition(Condition::Class(class)).expect("a class of the data");
                network.velocity(t, x, out);
                let gain = change.conditional_gain;
                for (v, null) in out.iter_mut().zip(&null) {
                    *v = null + scale * (gain * *v - null);
                }
            } else {
                network.set_condition(Condition::Class(class)).expect("a class of the data");
                network.velocity(t, x, out);
            }
            let offset = &self.others[class];
            for (v, mean) in out.iter_mut().zip(offset) {
                *v = change.gain * ((1.0 - change.undo) * *v - change.lambda_offset * mean);
            }
        };
        let mut solver = Euler::new(vec![0.0; shape.dim]);
        let times: Vec<f32> = grid::uniform(0.0, steps).collect();
        let each = self.each(class);
        let mut samples = Rows::from_vec(shape.dim, vec![0.0; each * shape.dim]);
        for i in 0..each {
            let x = samples.row_mut(i);
            Draw { seed: 7, sample: (class * MOST + i) as u64 }.fill(0, x);
            for pair in times.windows(2) {
                solver.step(&mut field, pair[0], pair[1], x);
            }
        }
        samples
    }
}

fn mean(rows: &Rows) -> Vec<f32> {
    let sum = |d: usize| rows.iter().map(|row| f64::from(row[d])).sum::<f64>();
    (0..rows.dim()).map(|d| (sum(d) / rows.len() as f64) as f32).collect()
}
