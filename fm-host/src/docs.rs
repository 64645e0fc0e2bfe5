//! Pages of documentation: the mathematics, the manual of `fm`, and measured results.
//!
//! Start with [`conventions`]. The other pages of mathematics are [`flow_matching`],
//! [`average_velocity`], [`contrast`], [`couplings`], [`known_parts`], [`sampling`], [`likelihood`], [`anomalies`],
//! [`metrics`] and
//! [`quantisation`]; each formula names the function that computes it. [`objectives`],
//! [`columns`] and [`program`] are for users of `fm`, [`library`] is for users of this crate; [`results`] and [`costs`] are
//! measurements. `fm plot` drew the pictures. The format of model files is described in
//! [`fm_nostd::docs::format`].

// A page's picture comes before its text, because rustdoc uses the first place that a link's name has: the
// picture itself. Readers of the repository see the file that the page names at its end.

#[doc = include_str!("../docs/anomalies.md")]
pub mod anomalies {}

#[doc = embed_doc_image::embed_image!("trajectories", "docs/pictures/trajectories.png")]
#[doc = include_str!("../docs/average_velocity.md")]
pub mod average_velocity {}

#[doc = embed_doc_image::embed_image!("classes", "docs/pictures/classes.png")]
#[doc = include_str!("../docs/contrast.md")]
pub mod contrast {}

#[doc = include_str!("../docs/columns.md")]
pub mod columns {}

#[doc = include_str!("../docs/conventions.md")]
pub mod conventions {}

#[doc = include_str!("../docs/costs.md")]
pub mod costs {}

#[doc = include_str!("../docs/couplings.md")]
pub mod couplings {}

#[doc = embed_doc_image::embed_image!("field", "docs/pictures/field.png")]
#[doc = include_str!("../docs/flow_matching.md")]
pub mod flow_matching {}

#[doc = include_str!("../docs/known_parts.md")]
pub mod known_parts {}

#[doc = include_str!("../docs/library.md")]
pub mod library {}

#[doc = include_str!("../docs/likelihood.md")]
pub mod likelihood {}

#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}

#[doc = include_str!("../docs/objectives.md")]
pub mod objectives {}

#[doc = include_str!("../docs/program.md")]
pub mod program {}

#[doc = include_str!("../docs/quantisation.md")]
pub mod quantisation {}

#[doc = include_str!("../docs/results.md")]
pub mod results {}

#[doc = embed_doc_image::embed_image!("animation", "docs/pictures/animation.gif")]
#[doc = include_str!("../docs/sampling.md")]
pub mod sampling {}
