//! Draws digits from a model file in one step each, as a microcontroller does.
//!
//! `cargo run --example sample_a_blob`

use fm_nostd::{Condition, Draw, Model, OneStep};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flash = fm_nostd::include_model!("firmware/models/digits.fm");
    let model = Model::new(flash)?;
    let mut digits = OneStep::<64, 0, 128>::new(&model)?;
    for class in [3, 1, 4] {
        digits.set_condition(Condition::Class(class))?;
        let pixels = digits.sample(Draw { seed: 2, sample: 0 });
        for row in pixels.as_chunks::<8>().0 {
            let shade = |grey: &f32| [' ', '.', ':', 'o', '#'][(grey / 16.0 * 4.99) as usize];
            println!("{}", row.iter().map(shade).collect::<String>());
        }
    }
    Ok(())
}
