//! The postcard message: flat codes, numbers and slices, so that reading it costs little code.

/// The message as it is on the wire, field by field; postcard writes fields in this order.
///
/// `format` and `numbers` are its first two bytes in every revision.
#[cfg_attr(test, derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize))]
pub(crate) struct Header<'a> {
    pub format: u8,
    pub numbers: u8,
    pub dtype: u8,
    pub block: u8,
    pub prediction: u8,
    pub activation: u8,
    pub path: u8,
    pub coupling: u8,
    /// The kind of condition: 0 none, 1 classes, 2 vector.
    pub conditioning: u8,
    /// 1 where the network also has a row for "no condition".
    pub unconditional: u8,
    pub dim: u32,
    pub condition: u32,
    pub hidden: u32,
    pub layers: u32,
    pub id: u64,
    /// Where sampling starts, `f32` bits: 0 but for fields that are singular there.
    pub start: u32,
    /// The contrast lambda that the field still carries, `f32` bits: 0 for a plain one.
    pub contrast: u32,
    #[cfg_attr(test, serde(borrow))]
    pub name: &'a [u8],
    pub mean: &'a [u8],
    pub std: &'a [u8],
    /// Nothing, or the least values of the outputs, then the greatest.
    pub clamp: &'a [u8],
    pub condition_mean: &'a [u8],
    /// Reciprocals of the standard deviations: the device multiplies.
    pub condition_scale: &'a [u8],
    pub padding: &'a [u8],
    pub weights: &'a [u8],
}

/// `f32` weights.
pub(crate) const DTYPE_F32: u8 = 0;

/// 8-bit weights, 16-bit activations.
pub(crate) const DTYPE_Q8: u8 = 1;

/// What the network's output means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Prediction {
    /// `v(t, x)`, the velocity (flow matching).
    Velocity = 0,
    /// `u(t, r, x)`, the average velocity from `t` to `r` (MeanFlow).
    AverageVelocity = 1,
    /// `s(t, x)`, the gradient of the log density of `x_t` (denoising score matching).
    Score = 2,
    /// `eps(t, x)`, the noise in `x_t` (DDPM).
    Noise = 3,
    /// `x + v(t, x)`, where a unit of time at that velocity leads.
    Endpoint = 4,
    /// `x + u(t, r, x)`: from `t = 0` to `r = 1`, the sample itself.
    AverageEndpoint = 5,
}

/// The Gaussian path that the field was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Path {
    /// `x_t = t x1 + (1 - t) eps`
    Linear = 0,
    /// `x_t = sin(pi t / 2) x1 + cos(pi t / 2) eps`
    Trigonometric = 1,
}

/// How noise and data were paired in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Coupling {
    /// Independently: the field has a score and a noise prediction too.
    Independent = 0,
    /// By optimal transport inside batches.
    OptimalTransport = 1,
    /// By a teacher's flow.
    Reflow = 2,
}

/// What a sample can be conditioned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Conditioning {
    /// Nothing.
    None,
    /// One of so many classes.
    Classes(usize),
    /// So many numbers.
    Vector(usize),
}

impl Prediction {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Velocity),
            1 => Some(Self::AverageVelocity),
            2 => Some(Self::Score),
            3 => Some(Self::Noise),
            4 => Some(Self::Endpoint),
            5 => Some(Self::AverageEndpoint),
            _ => None,
        }
    }

    /// Whether the network takes the gap `r - t` too, and so can jump.
    pub const fn average(self) -> bool {
        // Two bits of the code: a compiler that knows them leaves out what scores and noise need.
        self as u8 & 3 == Self::AverageVelocity as u8
    }
}

impl Path {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Linear),
            1 => Some(Self::Trigonometric),
            _ => None,
        }
    }
}

impl Coupling {
    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Independent),
            1 => Some(Self::OptimalTransport),
            2 => Some(Self::Reflow),
            _ => None,
        }
    }
}

impl Conditioning {
    pub(crate) const fn from_code(code: u8, size: usize) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::Classes(size)),
            2 => Some(Self::Vector(size)),
            _ => None,
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Classes(_) => 1,
            Self::Vector(_) => 2,
        }
    }

    /// How long the condition vector is: 0 where the condition is none or a class.
    pub const fn vector(self) -> usize {
        if let Self::Vector(size) = self { size } else { 0 }
    }

    /// How many inputs of the network the condition takes, the "no condition" one aside.
    pub const fn size(self) -> usize {
        match self {
            Self::None => 0,
            Self::Classes(size) | Self::Vector(size) => size,
        }
    }
}
