//! A step's loss and gradient, computed as in `fm_host::net::fused`.

use super::descent::{Descent, SHARES, Share};
use super::packed::Packed;
use super::pool::Pool;
use super::tile::{ROWS, Tile};
use crate::net::{Architecture, Regression};

/// A network with its working memory.
pub struct Sweep {
    architecture: Architecture,
    tiles: Pool<Tile>,
    shares: Pool<Share>,
}

impl Sweep {
    /// A network of this architecture.
    pub fn new(architecture: &Architecture) -> Self {
        Self { architecture: architecture.clone(), tiles: Pool::default(), shares: Pool::default() }
    }

    /// Returns the sum of the rows' losses, and adds its gradient in `theta` to `gradient`.
    pub fn run(&self, theta: &[f32], regression: &Regression, gradient: &mut [f32]) -> f64 {
        let net = Packed::new(&self.architecture, theta);
        let count = regression.input.len().div_ceil(ROWS);
        let share = count.div_ceil(SHARES).max(1);
        let mut shares = self.shares.take(count.div_ceil(share), || Share::new(&net));
        let Self { architecture, tiles, .. } = self;
        Descent { architecture, net: &net, regression, tiles, share }.run(0, &mut shares);
        net.unpack(&shares[0].gradient, 1.0, gradient);
        let loss = shares[0].weighted;
        self.shares.give(shares);
        loss
    }
}
