//! `examples/policy` on the board: three policies steer a robot past a pillar, episode by episode.
//!
//! The world is simulated here too, so that the loop is closed on the device.

#![no_std]
#![no_main]

use core::ffi::CStr;

use firmware::board::{entry, print};
use firmware::count::count;
use firmware::text;
use fm_nostd::{FieldError, Model, include_model};
use policies::Policy;
use world::{Episode, Outcome};

#[path = "../../../policy/policies.rs"]
mod policies;
#[path = "../../../policy/world.rs"]
mod world;

/// Episodes per policy; with soft floats, as many as take about a second.
const EPISODES: u32 = if cfg!(target_abi = "eabihf") { 256 } else { 8 };

#[entry]
fn main() -> ! {
    count(|| ());
    firmware::end(run())
}

fn run() -> Result<(), &'static CStr> {
    let open = |flash| Model::new(flash).map_err(|_| c"policy: no valid model\n");
    let average = open(include_model!(concat!(env!("FM_POLICY_MODELS"), "/policy-meanflow.fm")))?;
    let velocity = open(include_model!(concat!(env!("FM_POLICY_MODELS"), "/policy-fm.fm")))?;
    let mean = open(include_model!(concat!(env!("FM_POLICY_MODELS"), "/policy-mean.fm")))?;
    for (name, policy, model) in [
        (c"meanflow-1", Policy::MeanFlow(1), &average),
        (c"euler-16", Policy::Euler(16), &velocity),
        (c"regression-1", Policy::Mean, &mean),
    ] {
        for number in 0..EPISODES {
            let Episode { outcome, place, actions } =
                count(|| episode(policy, model, number)).map_err(|_| c"policy: other sizes\n")?;
            print(c"bits policy=");
            print(name);
            print(c" episode=");
            text::decimal(number);
            print(match outcome {
                Outcome::Left => c" outcome=left",
                Outcome::Right => c" outcome=right",
                Outcome::Crashed => c" outcome=crashed",
                Outcome::Lost => c" outcome=lost",
            });
            print(c" actions=");
            text::decimal(actions);
            print(c":");
            text::bits(&place);
        }
    }
    Ok(())
}

/// The counted region: the actions of an episode and the world between them.
#[inline(never)]
fn episode(policy: Policy, model: &Model<'_>, number: u32) -> Result<Episode, FieldError> {
    policy.episode(model, number, |_| ())
}
