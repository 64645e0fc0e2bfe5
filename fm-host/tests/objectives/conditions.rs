//! A class and a condition vector together, on data whose mean depends on both.

use fm_host::coupling::{Coupling, Transport};
use fm_host::data::{ClassData, ConditionData, Dataset, Rows, VectorData};
use fm_host::model::AlignedBytes;
use fm_host::objective::Objective;
use fm_host::random::{Purpose, fill_normal, stream};
use fm_host::sample::{self, Conditions, Method, Request};
use fm_host::train::TrainConfig;
use fm_nostd::Model;

use crate::trained::{recipe, trained_blob};

/// The mean under a class and a number: they rise together in class 0, and in class 1 one falls.
fn mean(class: usize, c: f32) -> f32 {
    [1.0 + 0.5 * c, -1.0 - c][class]
}

/// Rows around [`mean`] with standard deviation 0.2, for numbers about 10 with standard deviation 2.
fn data(n: usize) -> Dataset {
    let mut normal = vec![0.0; 2 * n];
    fill_normal(&mut stream(8, Purpose::Train, 0), &mut normal);
    let (c, noise) = normal.split_at(n);
    let labels: Vec<u32> = (0..n as u32).map(|i| u32::from(i % 3 == 0)).collect();
    let row = |i: usize| mean(labels[i] as usize, c[i]) + 0.2 * noise[i];
    let names = vec!["up".to_owned(), "down".to_owned()];
    let values = Rows::from_vec(1, c.iter().map(|c| 10.0 + 2.0 * c).collect());
    Dataset::new(
        "slopes",
        vec!["x".to_owned()],
        Rows::from_vec(1, (0..n).map(row).collect()),
        ConditionData {
            classes: Some(ClassData { column: "slope".to_owned(), names, labels }),
            vector: Some(VectorData { columns: vec!["c".to_owned()], values }),
        },
    )
}

#[test]
fn samples_follow_the_class_and_the_vector() {
    let data = data(30_000);
    for (objective, coupling, label_dropout) in [
        (Objective::Fm, Coupling::Independent, 0.0),
        (Objective::Fm, Coupling::C2ot, 0.2),
        (Objective::MeanFlow, Coupling::Independent, 0.2),
        (Objective::MeanFlow, Coupling::C2ot, 0.0),
    ] {
        let recipe = recipe(objective);
        let transport = Transport { batch: 256, pool: 16_384, ..recipe.transport };
        let config = TrainConfig { coupling, transport, label_dropout, ..recipe };
        let blob = AlignedBytes::new(&trained_blob(&data, config));
        let model = Model::new(blob.bytes()).expect("its own bytes");
        let ways = [(Method::Euler, 32), (Method::Meanflow, 1)];
        for (method, steps) in ways.into_iter().take(1 + usize::from(objective.average())) {
            for (class, c) in [(0, -1.5), (0, 1.0), (1, -1.0), (1, 1.5)] {
                let vector = Conditions::vectors(Rows::from_vec(1, vec![10.0 + 2.0 * c]));
                let conditions = Conditions::classes(vec![class]).or(vector);
                let request = Request { conditions, ..Request::new(method, steps, 1000) };
                let drawn = sample::draw(&model, &request).expect("it can be drawn").into_vec();
                let found = drawn.iter().sum::<f32>() / 1000.0;
                let spread = drawn.iter().map(|x| (x - found).powi(2)).sum::<f32>() / 1000.0;
                let (wanted, spread) = (mean(class, c), spread.sqrt());
                eprintln!(
                    "{objective:?} {coupling:?} {method:?} {class} {c}: {found:.3} {spread:.3}, {wanted}"
                );
                // Half of the standard deviation of the noise; the means are up to 5 apart.
                assert!(
                    (found - wanted).abs() < 0.1,
                    "{objective:?} {coupling:?} {method:?}: {found}"
                );
                assert!(
                    (0.1..0.35).contains(&spread),
                    "{objective:?} {coupling:?} {method:?}: {spread}"
                );
            }
        }
    }
}
