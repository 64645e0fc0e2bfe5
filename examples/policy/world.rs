//! The task: a robot on a plane must pass a pillar on either side to reach a goal behind it.
//!
//! This file is used on the board and on the workstation: it does not use std, and only adds, multiplies,
//! divides and compares, so an episode has the same bits on both. Lengths are in metres, the robot drives
//! along x, and left is where y is positive.

use fm_nostd::Draw;

/// A policy's observation: the robot's position.
pub type Place = [f32; 2];
/// Displacements per action; the robot observes again after the last one.
///
/// A policy that chose a side again at every tick would waver before the pillar. Here it chooses the side
/// once, and at the end of the action only one side is still reachable ("action chunks": Chi et al.,
/// Diffusion Policy, 2023, arXiv:2303.04137).
const CHUNK: usize = 4;
/// Numbers in an action: x and y of each displacement.
pub const ACTION: usize = 2 * CHUNK;
/// A policy's action: displacements, one per tick.
pub type Action = [f32; ACTION];

/// The middle of the goal.
pub const GOAL: Place = [1.0, 0.0];
/// The distance from the middle at which the goal is reached.
const NEAR: f32 = 0.15;
/// The radius of the pillar at the origin.
pub const PILLAR: f32 = 0.3;
/// Actions after which a robot is lost; the expert takes three or four.
const PATIENCE: u32 = 16;
/// The seed of the episodes' starts.
const STARTS: u64 = 11;
/// The seed of the policies' noise.
const ACTS: u64 = 12;

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// In the goal, with the pillar passed on its left.
    Left,
    /// In the goal, with the pillar passed on its right.
    Right,
    /// In the pillar.
    Crashed,
    /// Not in time.
    Lost,
}

/// A finished episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// How it ended.
    pub outcome: Outcome,
    /// Where it ended.
    pub place: Place,
    /// The number of actions.
    pub actions: u32,
}

/// The start of an episode: on a line across the way, some centimetres from the middle.
pub fn start(number: u32) -> Place {
    let mut across = [0.0];
    Draw { seed: STARTS, sample: u64::from(number) }.fill(0, &mut across);
    let [across] = across;
    [-1.0, 0.1 * across]
}

/// Runs an episode; `seen` receives every position on the way.
///
/// `act` receives the position and the noise for its action, which differs every time; without an action
/// the robot is lost.
pub fn episode(
    number: u32,
    mut act: impl FnMut(&Place, Draw) -> Option<Action>,
    mut seen: impl FnMut(Place),
) -> Episode {
    let mut place = start(number);
    let mut left = false;
    seen(place);
    for actions in 1..=PATIENCE {
        let sample = u64::from(number) * u64::from(PATIENCE) + u64::from(actions);
        let over = |outcome, place| Episode { outcome, place, actions };
        let Some(action) = act(&place, Draw { seed: ACTS, sample }) else {
            return over(Outcome::Lost, place);
        };
        for step in action.as_chunks::<2>().0 {
            let ([x, y], [dx, dy]) = (place, *step);
            place = [x + dx, y + dy];
            seen(place);
            if hits([x, y], *step) {
                return over(Outcome::Crashed, place);
            }
            // The side is the one on which it passes the pillar's middle.
            if x < 0.0 && x + dx >= 0.0 {
                left = y + dy > 0.0;
            }
            if within(NEAR, GOAL, place) {
                return over(if left { Outcome::Left } else { Outcome::Right }, place);
            }
        }
    }
    Episode { outcome: Outcome::Lost, place, actions: PATIENCE }
}

/// Whether a straight step from a position leads into the pillar.
pub fn hits([x, y]: Place, [dx, dy]: Place) -> bool {
    // The point of the step nearest to the pillar's middle. For a step of length zero it is NaN.
    let share = (-(x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    within(PILLAR, [0.0; 2], [x + share * dx, y + share * dy])
}

/// Whether two positions are less than `radius` apart.
fn within(radius: f32, [ax, ay]: Place, [bx, by]: Place) -> bool {
    let (dx, dy) = (bx - ax, by - ay);
    dx * dx + dy * dy < radius * radius
}
