//! The task: a robot on a plane, a pillar in its way and a goal behind it, to be passed on either side.
//!
//! One file for the board and the workstation: it needs no std, and adds, multiplies, divides and
//! compares only, so an episode has the same bits on both. Lengths are in metres, the robot drives
//! along x, and left is where y is positive.

use fm_nostd::Draw;

/// What a policy sees: the robot's place.
pub type Place = [f32; 2];
/// Displacements that are decided at once; the robot looks again after the last one.
///
/// A policy that drew a side anew at every tick would waver before the pillar. In a chunk it is drawn
/// once, and where the chunk ends only one side is left ("action chunks": Chi et al., Diffusion
/// Policy, 2023, arXiv:2303.04137).
const CHUNK: usize = 4;
/// Numbers in an action: x and y of each displacement.
pub const ACTION: usize = 2 * CHUNK;
/// What a policy does: displacements, one a tick.
pub type Action = [f32; ACTION];

/// The middle of the goal.
pub const GOAL: Place = [1.0, 0.0];
/// How near to that is there.
const NEAR: f32 = 0.15;
/// The radius of the pillar, which stands in the origin.
pub const PILLAR: f32 = 0.3;
/// Actions after which a robot is lost; an expert takes three or four.
const PATIENCE: u32 = 16;
/// The seed of where episodes start.
const STARTS: u64 = 11;
/// The seed of what policies draw.
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
    /// Neither in time.
    Lost,
}

/// An episode that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// How it ended.
    pub outcome: Outcome,
    /// Where it ended.
    pub place: Place,
    /// How often the policy was asked.
    pub actions: u32,
}

/// Where an episode starts: on a line across the way, some centimetres beside the middle.
pub fn start(number: u32) -> Place {
    let mut across = [0.0];
    Draw { seed: STARTS, sample: u64::from(number) }.fill(0, &mut across);
    let [across] = across;
    [-1.0, 0.1 * across]
}

/// Runs an episode; `seen` is told every place on the way.
///
/// `act` gets the place and the noise to act by, which is another one every time; without an action
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
            // The side is the one on which it comes past the pillar's middle.
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

/// Whether a straight step from a place leads into the pillar.
pub fn hits([x, y]: Place, [dx, dy]: Place) -> bool {
    // Where the step comes nearest to the pillar's middle. A step of no length comes nowhere: NaN.
    let share = (-(x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    within(PILLAR, [0.0; 2], [x + share * dx, y + share * dy])
}

/// Whether two places are less than `radius` apart.
fn within(radius: f32, [ax, ay]: Place, [bx, by]: Place) -> bool {
    let (dx, dy) = (bx - ax, by - ay);
    dx * dx + dy * dy < radius * radius
}
