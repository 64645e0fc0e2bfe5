//! Noise from a counter: sample `i` of seed `s` is the same alone, in bulk, on any thread, on the board.
//!
//! Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, doi:10.1145/2063384.2063405) with key = seed and
//! counter = (sample, block of four dimensions, step), then the Box–Muller transform in f32. One draw
//! passes no state to the next.

use libm::{logf, sqrtf};

use crate::math::sine_cosine;

/// The identity of a sample's noise: the same value always means the same noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Draw {
    /// The key; another seed is another, independent set of samples.
    pub seed: u64,
    /// The number of the sample in the seed's set.
    pub sample: u64,
}

impl Draw {
    /// Fills `out` with standard normal numbers for `step` (0 for the start of a trajectory).
    pub fn fill(self, step: u32, out: &mut [f32]) {
        for (block, chunk) in (0u32..).zip(out.chunks_mut(4)) {
            let words = self.words(block, step);
            for (pair, [radius, angle]) in chunk.chunks_mut(2).zip(words.as_chunks().0) {
                let (first, second) = normal_pair(*radius, *angle);
                if let [slot, rest @ ..] = pair {
                    *slot = first;
                    if let [slot, ..] = rest {
                        *slot = second;
                    }
                }
            }
        }
    }

    /// Fills `out` with -1 or 1 at equal probability (Rademacher), for `step`.
    ///
    /// The words are those of [`Draw::fill`] for the same step, so use a step that no noise uses.
    pub fn signs(self, step: u32, out: &mut [f32]) {
        for (block, chunk) in (0u32..).zip(out.chunks_mut(4)) {
            for (slot, word) in chunk.iter_mut().zip(self.words(block, step)) {
                *slot = if word >> 31 == 0 { 1.0 } else { -1.0 };
            }
        }
    }

    fn words(self, block: u32, step: u32) -> [u32; 4] {
        let key = [self.seed as u32, (self.seed >> 32) as u32];
        philox([self.sample as u32, (self.sample >> 32) as u32, block, step], key)
    }
}

/// Philox 4x32 with ten rounds: four random words for a counter under a key.
#[inline]
pub fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let left = u64::from(a) * 0xD251_1F53;
        let right = u64::from(c) * 0xCD9E_8D57;
        (a, b, c, d) = (
            (right >> 32) as u32 ^ b ^ k0,
            right as u32,
            (left >> 32) as u32 ^ d ^ k1,
            left as u32,
        );
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    [a, b, c, d]
}

/// Two independent standard normal numbers from two random words (Box and Muller, 1958,
/// doi:10.1214/aoms/1177706645).
///
/// The largest magnitude is 6.77: `sqrt(-2 ln 2^-33)`.
#[inline]
pub fn normal_pair(radius: u32, angle: u32) -> (f32, f32) {
    // In (0, 1], whose logarithm is in (-22.9, 0].
    let uniform = (radius as f32 + 0.5) * (1.0 / 4_294_967_296.0);
    let r = sqrtf(-2.0 * logf(uniform));
    let (sine, cosine) = sine_cosine(angle);
    (r * cosine, r * sine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_its_published_vectors() {
        // Random123's known-answer file, philox4x32 10.
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    /// Statistics of a hundred million normal numbers, collected on two threads.
    struct Gathered {
        /// Sums of the powers 1 to 4.
        sums: [f64; 4],
        /// Sum of the products of neighbours.
        products: f64,
        /// The count of numbers farther out than [`FAR`].
        far: [u32; 3],
        /// The count of numbers whose normal distribution function is in each of these equal parts of
        /// [0, 1].
        parts: Vec<u32>,
    }

    const FAR: [f64; 3] = [3.0, 4.0, 5.0];
    const PARTS: usize = 1 << 14;

    fn gather(samples: core::ops::Range<u64>) -> Gathered {
        let mut all =
            Gathered { sums: [0.0; 4], products: 0.0, far: [0; 3], parts: vec![0; PARTS] };
        let mut chunk = [0.0f32; 8];
        for sample in samples {
            Draw { seed: 7, sample }.fill(0, &mut chunk);
            for pair in chunk.windows(2) {
                all.products += f64::from(pair[0]) * f64::from(pair[1]);
            }
            for z in chunk.map(f64::from) {
                let square = z * z;
                for (sum, power) in
                    all.sums.iter_mut().zip([z, square, square * z, square * square])
                {
                    *sum += power;
                }
                for (count, limit) in all.far.iter_mut().zip(FAR) {
                    *count += u32::from(z.abs() > limit);
                }
                let below = 0.5 * libm::erfc(-z * core::f64::consts::FRAC_1_SQRT_2);
                all.parts[((below * PARTS as f64) as usize).min(PARTS - 1)] += 1;
            }
        }
        all
    }

    /// Moments, tails, neighbours and Kolmogorov-Smirnov's distance of a hundred million normal numbers.
    #[test]
    fn draws_are_standard_normal() {
        const N: u64 = 100_000_000;
        let halves = [0..N / 16, N / 16..N / 8].map(|half| std::thread::spawn(|| gather(half)));
        let [a, b] = halves.map(|half| half.join().expect("no panic in a thread"));
        let n = N as f64;
        let moments: Vec<f64> = a.sums.iter().zip(b.sums).map(|(a, b)| (a + b) / n).collect();
        // A moment's variance is E z^2k - (E z^k)^2. Five standard errors, here and below.
        let truths = [(0.0, 1.0f64), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)];
        for (power, (moment, (mean, variance))) in moments.iter().zip(truths).enumerate() {
            let error = (moment - mean) / (variance / n).sqrt();
            println!("moment {}: {moment:.6}, {error:.2} standard errors away", power + 1);
            assert!(error.abs() < 5.0, "moment {}", power + 1);
        }
        for ((a, b), limit) in a.far.iter().zip(b.far).zip(FAR) {
            let expected = n * libm::erfc(limit * core::f64::consts::FRAC_1_SQRT_2);
            println!("beyond {limit}: {} of {expected:.1} expected", a + b);
            assert!((f64::from(a + b) - expected).abs() < 5.0 * expected.sqrt(), "beyond {limit}");
        }
        // Seven pairs of neighbours among eight.
        let correlation = (a.products + b.products) / (n * 7.0 / 8.0);
        assert!(correlation.abs() < 5.0 / (n * 7.0 / 8.0).sqrt(), "neighbours {correlation}");
        let (mut below, mut distance) = (0.0, 0.0f64);
        for (part, (a, b)) in a.parts.iter().zip(&b.parts).enumerate() {
            below += f64::from(a + b) / n;
            distance = distance.max((below - (part + 1) as f64 / PARTS as f64).abs());
        }
        println!("Kolmogorov-Smirnov: {distance:.2e}, {:.2} / sqrt(n)", distance * n.sqrt());
        // Kolmogorov's distribution: 1.95 / sqrt(n) is exceeded once in a thousand times.
        assert!(distance < 1.95 / n.sqrt(), "distance {distance}");
    }

    #[test]
    fn a_draw_depends_on_its_name_alone() {
        let draw = Draw { seed: 1 << 40, sample: u64::from(u32::MAX) + 3 };
        let (mut long, mut short) = ([0.0; 11], [0.0; 3]);
        draw.fill(0, &mut long);
        draw.fill(0, &mut short);
        assert_eq!(long[..3], short);
        for other in [Draw { seed: 1, ..draw }, Draw { sample: 2, ..draw }] {
            let mut values = [0.0; 3];
            other.fill(0, &mut values);
            assert!(values.iter().zip(short).all(|(a, b)| *a != b));
        }
        let mut next = [0.0; 3];
        draw.fill(1, &mut next);
        assert!(next.iter().zip(short).all(|(a, b)| *a != b));
    }

    #[test]
    fn signs_are_even_and_have_their_own_words() {
        let mut signs = [0.0f32; 7];
        let mut sums = [0.0f32; 7];
        const N: u64 = 10_000;
        for sample in 0..N {
            Draw { seed: 3, sample }.signs(u32::MAX, &mut signs);
            assert!(signs.iter().all(|sign| sign.abs() == 1.0));
            for (sum, sign) in sums.iter_mut().zip(signs) {
                *sum += sign;
            }
        }
        // Five standard errors of a sum of 10,000 signs.
        assert!(sums.iter().all(|sum| sum.abs() < 500.0), "{sums:?}");
    }
}
