//! The expert, who demonstrates both sides from every start and steers with a slightly unsteady hand.

use std::fmt::Write;

use fm_nostd::Draw;

use super::world::{ACTION, GOAL, Place, start};

/// The seed of the expert's hand.
const HAND: u64 = 2;
/// Demonstrations have starts that no episode of a policy has.
const FIRST: u32 = 1_000_000;
/// Metres per tick.
const SPEED: f32 = 0.2;
/// The hand's standard deviation, as a share of a step.
const UNSTEADY: f32 = 0.15;
/// How far from the pillar's middle the expert aims.
const ASIDE: f32 = 0.6;

/// The positions of a demonstration, tick by tick, from the start to the goal: on the left for even
/// numbers, on the right from the same start for odd numbers.
pub fn demonstration(number: u32) -> Vec<Place> {
    let side = if number.is_multiple_of(2) { ASIDE } else { -ASIDE };
    let mut places = vec![start(FIRST + number / 2)];
    for tick in 0.. {
        let [x, y] = places[places.len() - 1];
        let aim = if x < -0.5 * SPEED { [0.0, side] } else { GOAL };
        let [dx, dy] = [aim[0] - x, aim[1] - y];
        let way = (dx * dx + dy * dy).sqrt();
        if aim == GOAL && way < SPEED {
            places.push(GOAL);
            break;
        }
        let mut hand = [0.0; 2];
        Draw { seed: HAND, sample: u64::from(number) }.fill(tick, &mut hand);
        let step = |d: f32, hand: f32| SPEED * (d / way + UNSTEADY * hand);
        places.push([x + step(dx, hand[0]), y + step(dy, hand[1])]);
    }
    places
}

/// Demonstrations as CSV: for every tick the position, `x` and `y`, and the next displacements, `dx1`,
/// `dy1` and so on. In the goal the displacements are zero.
pub fn csv(demonstrations: u32) -> String {
    let chunk = ACTION / 2;
    let mut text = "x,y".to_owned();
    for k in 1..=chunk {
        let _ = write!(text, ",dx{k},dy{k}");
    }
    for places in (0..demonstrations).map(demonstration) {
        let place = |tick: usize| places[tick.min(places.len() - 1)];
        for tick in 0..places.len() - 1 {
            // Rounded to a tenth of a millimetre.
            let _ = write!(text, "\n{:.4},{:.4}", place(tick)[0], place(tick)[1]);
            for k in tick..tick + chunk {
                let ([x, y], [next_x, next_y]) = (place(k), place(k + 1));
                let _ = write!(text, ",{:.4},{:.4}", next_x - x, next_y - y);
            }
        }
    }
    text + "\n"
}
