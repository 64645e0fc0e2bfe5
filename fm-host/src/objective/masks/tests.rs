//! Tests of the masks of known columns.

use fm_nostd::blob::KnownInputs;

use super::*;
use crate::coupling::{Examples, Pairs};
use crate::objective::{Objective, Recipe, fixtures};
use crate::path::Path;
use crate::random::{Purpose, fill_normal, stream};

const DIM: usize = 5;

/// Rows of which some cells are missing.
fn examples(missing: bool) -> Examples {
    let mut values = vec![0.0; DIM * 400];
    fill_normal(&mut stream(3, Purpose::Block, 0), &mut values);
    if missing {
        values.iter_mut().step_by(7).for_each(|x| *x = f32::NAN);
    }
    Examples::with_classes(Rows::from_vec(DIM, values), (0..400).map(|i| i % 2).collect(), 2, true)
}

const ANY: Masks = Masks { masked: true, known_prefix: None };

#[test]
fn every_number_of_columns_and_every_kind_is_drawn() {
    let n = 20_000;
    let rows = Rows::from_vec(DIM, vec![1.0; DIM * n]);
    let drawn = ANY.draw(&rows, &mut stream(1, Purpose::Batch, 0));
    let mut counts = [0; DIM + 1];
    let mut first_alone = 0;
    for known in drawn.iter() {
        assert!(known.iter().all(|known| [0.0, 1.0].contains(known)));
        counts[known.iter().sum::<f32>() as usize] += 1;
        first_alone += u32::from(known == [1.0, 0.0, 0.0, 0.0, 0.0]);
    }
    assert_eq!(counts[DIM], 0, "a column is always drawn");
    // Six tenths of the rows are uniform over 0 to 5 columns, and those of 5 become rows of 4; nothing is asked
    // in another tenth, and by 1 of the 25 blocks with the complement of all.
    let nothing = 0.6 / 6.0 + 0.1 + 0.1 * 0.5 * (2.0 / 25.0);
    // Five standard deviations of a share of one half are 0.018.
    assert!((f64::from(counts[0]) / n as f64 - nothing).abs() < 0.018, "{counts:?}");
    assert!(counts[..DIM].iter().all(|&count| f64::from(count) / n as f64 > 0.1), "{counts:?}");
    // The first column alone is a prefix, a block, a single column and one of five choices of one column.
    let share = 0.1 / 4.0 + 0.1 * 0.5 / 25.0 + 0.1 * 0.5 / 5.0 + 0.6 / 6.0 / 5.0;
    assert!((f64::from(first_alone) / n as f64 - share).abs() < 0.02, "{first_alone}");
}

#[test]
fn missing_cells_are_never_known_and_a_prefix_is_all_there_is() {
    let examples = examples(true);
    for masks in [ANY, Masks { known_prefix: Some(2), ..ANY }] {
        let drawn = masks.draw(examples.x1(), &mut stream(1, Purpose::Batch, 0));
        for (known, x1) in drawn.iter().zip(examples.x1().iter()) {
            for d in 0..DIM {
                assert!(known[d] == 0.0 || !x1[d].is_nan());
                let prefix = masks
                    .known_prefix
                    .is_none_or(|n| known[d] == f32::from(u8::from(d < n && !x1[d].is_nan())));
                assert!(prefix, "{known:?}");
            }
            let unknown = known.iter().zip(x1).any(|(known, x1)| *known == 0.0 && !x1.is_nan());
            assert!(unknown, "{known:?} of {x1:?}");
        }
    }
}

#[test]
fn masks_without_a_column_to_draw_are_refused() {
    ANY.check(2).expect("one column is left");
    assert!(ANY.check(1).unwrap_err().to_string().starts_with("--masked: "));
    for (prefix, columns) in [(0, 3), (3, 3)] {
        let masks = Masks { known_prefix: Some(prefix), ..ANY };
        let error = masks.check(columns).unwrap_err().to_string();
        assert!(error.starts_with("--known-prefix: must be from 1 to 2"), "{error}");
    }
    let options = MaskOptions { masked: false, known_prefix: Some(2) };
    assert_eq!(options.over(Masks::default()), Masks { masked: true, known_prefix: Some(2) });
}

/// What a row tells about its columns, in every objective and on every path that can have known columns.
#[test]
fn known_and_absent_cells_stand_still_and_do_not_count() {
    for objective in [Objective::Fm, Objective::MeanFlow, Objective::Distill] {
        for &path in objective.facts().paths {
            for missing in [false, true] {
                check_rows(objective, path, missing);
            }
        }
    }
}

fn check_rows(objective: Objective, path: Path, missing: bool) {
    let known = if missing { KnownInputs::ValuesAndAbsent } else { KnownInputs::Values };
    let recipe =
        Recipe { path, known, masks: ANY, label_dropout: 0.2, ..fixtures::recipe(objective) };
    let plain = Recipe { known: KnownInputs::None, label_dropout: 0.0, ..recipe.clone() };
    let batch = Pairs::independent(examples(missing)).draw(300, &mut stream(2, Purpose::Batch, 0));
    let draw = |recipe: &Recipe| recipe.regression(&batch, 0, &mut stream(4, Purpose::Batch, 0));
    let (masked, plain, layout) = (draw(&recipe), draw(&plain), recipe.layout(&batch));
    let start = 1 + usize::from(objective.average()) + 3;
    assert_eq!(layout.inputs(), start + (if missing { 4 } else { 3 }) * DIM);
    let mut kinds = [0; 3];
    for i in 0..300 {
        let (row, x1) = (masked.input.row(i), batch.x1.row(i));
        let part = |index: usize| &row[start + index * DIM..][..DIM];
        let (flags, values, x) = (part(0), part(1), &row[layout.x()]);
        let unknown =
            flags.iter().zip(x1).filter(|(flag, x1)| **flag == 0.0 && !x1.is_nan()).count();
        assert_eq!(masked.weight[i], DIM as f32 / unknown as f32);
        // A dropped label hides the condition alone.
        let condition = &row[layout.condition()];
        assert!(condition == batch.condition.row(i) || condition == [0.0, 0.0, 1.0]);
        for d in 0..DIM {
            let velocity = masked.velocity.row(i)[d];
            let along = masked.tangent.iter().nth(i).map(|tangent| tangent[layout.x().start + d]);
            let told = (flags[d], values[d], if missing { part(2)[d] } else { 0.0 });
            let counts = masked.mask.row(i)[d];
            if flags[d] == 1.0 {
                assert_eq!((told, x[d], velocity, counts), ((1.0, x1[d], 0.0), x1[d], 0.0, 0.0));
                assert_eq!(along.unwrap_or(0.0), 0.0);
                kinds[0] += 1;
            } else if x1[d].is_nan() {
                assert_eq!((told, x[d], velocity, counts), ((0.0, 0.0, 1.0), 0.0, 0.0, 0.0));
                assert_eq!(along.unwrap_or(0.0), 0.0);
                kinds[1] += 1;
            } else {
                let usual = plain.input.row(i)[start + d];
                assert_eq!((told, x[d], counts), ((0.0, 0.0, 0.0), usual, 1.0));
                assert_eq!(velocity, plain.velocity.row(i)[d]);
                assert!(along.is_none_or(|along| along == velocity));
                kinds[2] += 1;
            }
        }
    }
    assert!(kinds[0] > 300 && kinds[2] > 300 && (kinds[1] > 100) == missing, "{kinds:?}");
}
