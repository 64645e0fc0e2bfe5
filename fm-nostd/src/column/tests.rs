//! Transforms in both directions, at their limits, and as bytes.

use super::*;

fn bytes<const N: usize>(numbers: [f32; N]) -> [[u8; 4]; N] {
    numbers.map(f32::to_le_bytes)
}

fn power(lambda: f32) -> [[u8; 4]; 4] {
    let over = |x: f32| if x == 0.0 { 0.0 } else { 1.0 / x };
    bytes([lambda, over(lambda), 2.0 - lambda, over(2.0 - lambda)])
}

/// Both directions of a column at points of the data, and the slope by central differences.
fn there_and_back(column: &Column<'_>, points: impl Iterator<Item = f64>) {
    for x in points {
        let y = column.apply(x as f32);
        let back = f64::from(column.invert(y));
        // An error of one unit in the last place of y moves x by the slope.
        let slope = f64::from(column.log_slope(y)).exp();
        let error =
            4e-7 * (x.abs() + f64::from(column.scale) + slope * f64::from(y).abs().max(1.0));
        assert!((back - x).abs() < error, "{column:?}: {x} became {y}, then {back}");
        let [above, below] = [y + 0.01, y - 0.01].map(|y| f64::from(column.invert(y)));
        let found = (above - below) / f64::from((y + 0.01) - (y - 0.01));
        // The third derivative adds at most a few parts in a thousand at this distance.
        assert!((found / slope - 1.0).abs() < 5e-3, "{column:?} at {x}: {found}, {slope}");
    }
}

#[test]
fn smooth_columns_go_both_ways_with_their_slope() {
    let log = Column { form: Form::Log, shift: -2.0, scale: 3.0, ..Column::PLAIN };
    there_and_back(&log, (0..200).map(|i| -1.9 + f64::from(i * i) * 0.05));
    there_and_back(&Column { shift: 5.0, scale: 0.25, ..Column::PLAIN }, (-9..9).map(f64::from));
    for lambda in [-1.5, -0.25, 0.0, 0.5, 1.0, 2.0, 3.0] {
        let parameters = power(lambda);
        let form = Form::YeoJohnson;
        let parameters = parameters.as_flattened();
        let column = Column { form, shift: 10.0, scale: 2.0, parameters, ..Column::PLAIN };
        there_and_back(&column, (-20..=20).map(|i| 10.0 + 0.2 * f64::from(i)));
        assert!(!column.is_tied());
    }
}

/// Values of equation 2.1 of Yeo and Johnson (2000) by hand.
#[test]
fn power_transforms_are_the_published_ones() {
    let cases = [
        (0.5, 3.0, 2.0),
        (0.5, -3.0, -4.666_667),
        (0.0, 3.0, 1.386_294_4),
        (2.0, -3.0, -1.386_294_4),
        (-1.0, 1.0, 0.5),
    ];
    for (lambda, x, y) in cases {
        let parameters = power(lambda);
        let parameters = parameters.as_flattened();
        let column = Column { form: Form::YeoJohnson, parameters, ..Column::PLAIN };
        assert!((column.apply(x) - y).abs() < 2e-6, "{lambda} {x}: {}", column.apply(x));
    }
}

/// Zeros for half of the rows, a slope from there to 10 at y = 1, and a steeper one.
const INCOME: [f32; 12] = [-9.0, 0.0, 0.0, -0.75, 0.0, 0.0, 10.0, 0.0, 1.0, 10.0, 100.0, 1.0];

#[test]
fn a_value_that_occurs_often_owns_an_interval() {
    let parameters = bytes(INCOME);
    let parameters = parameters.as_flattened();
    let column = Column { form: Form::Knots, low: 0.0, high: 500.0, parameters, ..Column::PLAIN };
    assert!(column.is_tied());
    for (y, x) in [(-20.0, 0.0), (-0.001, 0.0), (0.0, 0.0), (0.5, 5.0), (1.0, 10.0), (2.0, 110.0)] {
        assert_eq!(column.invert(y), x, "{y}");
    }
    assert_eq!([column.invert(50.0), column.invert(f32::INFINITY)], [500.0; 2]);
    // 0 is the value of two knots, and the first one stands for it.
    for (x, y) in [(0.0, -0.75), (5.0, 0.5), (10.0, 1.0), (110.0, 2.0)] {
        assert_eq!(column.apply(x), y, "{x}");
    }
}

#[test]
fn categories_come_back_exactly() {
    let knots = [-9.0, 0.0, 0.0, -1.0, -0.5, 1.0, 0.0, 0.0, 0.5, 2.0, 0.0, 1.0];
    let parameters = bytes(knots);
    let parameters = parameters.as_flattened();
    let (meaning, form) = (Meaning::Category, Form::Knots);
    let column = Column { meaning, form, high: 2.0, low: 0.0, parameters, ..Column::PLAIN };
    for (x, y) in [(0.0, -1.0), (1.0, 0.0), (2.0, 1.0)] {
        assert_eq!((column.apply(x), column.invert(y)), (y, x));
    }
    assert_eq!(column.names(), 3);
    assert_eq!([-0.51, -0.5, 0.49, 0.5].map(|y| column.invert(y)), [0.0, 1.0, 1.0, 2.0]);
}

#[test]
fn numbers_with_a_step_are_exactly_as_in_the_file() {
    let tenths = Column { low: -40.0, high: 40.0, per: 10.0, ..Column::PLAIN };
    for i in -400..=400i16 {
        let x = f32::from(i) / 10.0;
        assert_eq!(tenths.invert(x + 0.04).to_bits(), (x + 0.0).to_bits());
        assert_eq!(tenths.invert(x - 0.04), x);
    }
    let fives = Column { step: 5.0, per: 1.0, low: 0.0, high: 100.0, ..Column::PLAIN };
    assert_eq!([12.4, 12.6, 170.0, -3.0].map(|y| fives.invert(y)), [10.0, 15.0, 100.0, 0.0]);
    assert!(fives.is_tied());
}

#[test]
fn any_input_gives_a_number_within_the_limits() {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38, 0.0];
    let parameters = power(-1.0);
    let (low, high, per) = (-3.0, 7.0, 2.0);
    for form in [Form::Plain, Form::Log, Form::YeoJohnson, Form::Knots] {
        let parameters = parameters.as_flattened();
        let column = Column { form, low, high, per, parameters, ..Column::PLAIN };
        for y in odd {
            let x = column.invert(y);
            assert!((low..=high).contains(&x), "{form:?} {y}: {x}");
        }
    }
}

#[test]
fn only_whole_columns_are_read() {
    let parameters = bytes(INCOME);
    let parameters = parameters.as_flattened();
    let (form, meaning) = (Form::Knots, Meaning::Category);
    let knots = Column { form, meaning, low: 0.0, high: 1.0, parameters, ..Column::PLAIN };
    let mut message = [0u8; 2 * HEAD + 48];
    let words = [knots.words(), Column::PLAIN.words()].map(|words| words.map(u32::to_le_bytes));
    message[..HEAD].copy_from_slice(words[0].as_flattened());
    message[HEAD..HEAD + 48].copy_from_slice(parameters);
    message[HEAD + 48..].copy_from_slice(words[1].as_flattened());
    assert!(columns(&message).eq([knots, Column::PLAIN]));
    assert_eq!([1, 2, 3].map(|dim| check(&message, dim)), [None, Some(3), None]);
    assert_eq!(check(&[], 9), Some(0));
    for end in 1..message.len() {
        let whole = end == HEAD + 48;
        assert_eq!(check(&message[..end], 1).is_some(), whole, "{end}");
    }
    // Form, meaning, and a count that is not one of whole knots.
    for (at, byte) in [(0, 4), (0, 0), (1, 3), (2, 11), (2, 0)] {
        let mut bad = message;
        bad[at] = byte;
        assert_eq!(check(&bad, 2), None, "{byte} at {at}");
    }
}

/// The values 0, 10 and 12, with their points at -1, 0 and 1.
const VALUES: [f32; 12] = [-9.0, 0.0, 0.0, -1.0, -0.5, 10.0, 0.0, 0.0, 0.5, 12.0, 0.0, 1.0];

#[test]
fn numbers_beside_the_values_lie_on_the_line_through_their_points() {
    let parameters = bytes(VALUES);
    let parameters = parameters.as_flattened();
    let column = Column { form: Form::Knots, low: 0.0, high: 12.0, parameters, ..Column::PLAIN };
    for (x, y) in [(0.0, -1.0), (2.5, -0.75), (10.0, 0.0), (11.0, 0.5), (12.0, 1.0)] {
        assert_eq!(column.apply(x), y, "{x}");
    }
    // Beyond them, the farther the stranger.
    for (x, y) in [(-10.0, -2.0), (-100.0, -11.0), (14.0, 2.0), (112.0, 51.0)] {
        assert_eq!(column.apply(x), y, "{x}");
    }
    let constant = Column { parameters: &parameters[..16], low: 0.0, high: 0.0, ..column };
    assert_eq!([-1e-3, 0.0, 1e-3].map(|x| constant.apply(x)), [-17.0, -1.0, 15.0]);
    // Below the zeros of an income, whose line begins at 0 too, it has the slope of the line.
    let parameters = bytes(INCOME);
    let income = Column { parameters: parameters.as_flattened(), ..column };
    assert_eq!([-5.0, -1000.0].map(|x| income.apply(x)), [-1.25, -100.75]);
}

#[test]
fn a_known_number_stands_for_the_nearest_one_of_training() {
    let parameters = bytes(VALUES);
    let parameters = parameters.as_flattened();
    let values = Column { form: Form::Knots, low: 0.0, high: 12.0, parameters, ..Column::PLAIN };
    for (x, near) in [(-3.0, 0.0), (4.9, 0.0), (5.1, 10.0), (10.9, 10.0), (11.1, 12.0), (1e9, 12.0)]
    {
        assert_eq!(values.nearest(x), near, "{x}");
    }
    let stored = bytes([20.0, 90.0]);
    let parameters = stored.as_flattened();
    for form in [Form::Plain, Form::Log] {
        let column = Column { form, low: 0.0, high: 900.0, parameters, ..Column::PLAIN };
        assert_eq!([0.0, 33.3, 91.0].map(|x| column.nearest(x)), [20.0, 33.3, 90.0]);
        assert_eq!(column.limit(91.0), 91.0, "samples go further");
        let without = Column { parameters: &[], ..column };
        assert_eq!([-1.0, 901.0].map(|x| without.nearest(x)), [0.0, 900.0]);
    }
    let mut stored = [[0; 4]; 6];
    stored[..4].copy_from_slice(&power(0.5));
    let column =
        Column { form: Form::YeoJohnson, parameters: stored.as_flattened(), ..Column::PLAIN };
    assert_eq!((column.range(), column.apply(3.0)), ([0.0; 2], 2.0));
    let words = column.words().map(u32::to_le_bytes);
    let message = [words.as_flattened(), stored.as_flattened()].concat();
    assert!(columns(&message).eq([column]));
}

#[test]
fn a_column_has_the_numbers_that_its_samples_can_be() {
    let parameters = bytes(INCOME);
    let parameters = parameters.as_flattened();
    let income = Column { form: Form::Knots, low: 0.0, high: 500.0, parameters, ..Column::PLAIN };
    let gap = bytes([-9.0, 0.0, 0.0, -1.0, 0.0, 5.0, 1.0, 0.0, 2.0, 9.0, 0.0, 3.0]);
    let gap = Column { parameters: gap.as_flattened(), ..income };
    let tenths = Column { per: 10.0, ..Column::PLAIN };
    let log = Column { form: Form::Log, shift: 1.0, ..Column::PLAIN };
    let cases: [(&Column<'_>, &[f32], &[f32]); 5] = [
        (&income, &[0.0, 1e-3, 10.0, 499.0], &[-1e-3, -4.0, f32::NAN]),
        // A line from 5 to 7 between the values 0 and 9.
        (&gap, &[0.0, 5.0, 6.5, 7.0, 9.0], &[-1.0, 1.0, 4.9, 7.1, 8.9, 9.1]),
        (&tenths, &[0.1, -7.3, 250.0], &[0.15, 0.1001, f32::INFINITY]),
        (&log, &[1.5, 1e9], &[1.0, 0.0, -3.0]),
        (&Column::PLAIN, &[0.3, -1e30], &[f32::NAN]),
    ];
    for (column, possible, impossible) in cases {
        assert!(possible.iter().all(|&x| column.has(x)), "{column:?}");
        assert!(!impossible.iter().any(|&x| column.has(x)), "{column:?}");
    }
}
