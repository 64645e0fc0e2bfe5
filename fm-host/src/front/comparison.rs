//! All points of a front, their Pareto sets, and the files that show them.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::pareto::pareto;
use super::table::table;
use super::{Cost, Measure, Point, look};
use crate::report;
use crate::{Error, Result, files};

/// The text below a table.
const FOOT: &str = "`!`: worse than real data by three of its standard deviations or more.";

/// A front of quality against cost.
pub struct Front {
    /// The data's name.
    pub data: String,
    /// The figure that measures quality.
    pub by: Measure,
    /// Samples per draw.
    pub samples: usize,
    /// Draws of noise per figure.
    pub draws: u64,
    /// The clock rate for the estimated times, in MHz.
    pub mhz: f64,
    /// Whether this is a preview with short trainings.
    pub quick: bool,
    /// Every measured point.
    pub points: Vec<Point>,
}

impl Front {
    /// Whether each point is in the Pareto set for `cost` and [`Point::rank`]: of equally good points, only
    /// the cheapest is. Shape: as the points.
    pub fn pareto(&self, cost: Cost) -> Vec<bool> {
        let place = |p: &Point| (p.cost(cost), p.rank(self.by));
        pareto(&self.points.iter().map(place).collect::<Vec<_>>())
    }

    /// The smallest network that comes close to real data in one evaluation: the one with the fewest
    /// parameters, then multiply-accumulates, then bytes of flash.
    pub fn smallest(&self) -> Option<&Point> {
        let close = self.points.iter().filter(|point| self.is_close_at_once(point));
        close.min_by_key(|point| (point.parameters, point.macs, point.flash_bytes))
    }

    /// Whether a point comes close to real data in one evaluation.
    pub(super) fn is_close_at_once(&self, point: &Point) -> bool {
        let figure = point.figure(&self.by.name());
        point.evaluations == 1 && figure.is_some_and(|figure| self.by.is_close(&figure.score))
    }

    /// Everything as JSON.
    pub fn json(&self) -> Value {
        json!({
            "smallest_one_step": self.smallest().map(|point| Map::from_iter(point.fields())),
            "data": self.data, "by": self.by.name(), "samples": self.samples, "draws": self.draws,
            "mhz": self.mhz, "quick": self.quick,
            "points": self.rows().into_iter().map(Map::from_iter).collect::<Vec<_>>(),
        })
    }

    /// The Pareto set for time as a Markdown table, the cheapest first; then the conclusion, the smallest
    /// network that comes close to real data and, for a preview, a note that it is one.
    pub fn best(&self) -> String {
        let on = self.pareto(Cost::Time);
        let mut best: Vec<&Point> =
            self.points.iter().zip(on).filter(|(_, on)| *on).map(|(point, _)| point).collect();
        best.sort_by(|a, b| a.m4f_ms.total_cmp(&b.m4f_ms));
        let none = vec![String::new(); best.len()];
        let mut paragraphs = vec![table(&best, &none, self.by).to_string(), FOOT.to_owned()];
        let message = self.message();
        paragraphs.extend((!message.is_empty()).then(|| message.join(" ")));
        paragraphs.push(self.smallest_in_words());
        paragraphs.extend(self.quick.then(look));
        paragraphs.join("\n\n")
    }

    fn smallest_in_words(&self) -> String {
        let by = self.by;
        let found = self.smallest().map_or("none of these.".to_owned(), |point| {
            let Point { model, dtype, parameters, macs, flash_bytes, .. } = point;
            let score =
                point.figure(&by.name()).map_or(String::new(), |figure| by.told(&figure.score));
            let faults = point.faults().map_or(String::new(), |faults| format!(" {faults}"));
            format!(
                "{model} in {dtype}, {parameters} parameters, {macs} multiply-accumulates, \
                 {flash_bytes} bytes of flash ({score}).{faults}"
            )
        });
        format!("The smallest network that samples in one evaluation {}: {found}", by.closeness())
    }

    /// Writes `front.csv`, `front.json`, `front.md`, `front.png` and `front.svg` into `folder`.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let json = format!("{:#}\n", self.json());
        files::replace(&folder.join("front.json"), json.as_bytes())?;
        files::replace(&folder.join("front.md"), self.markdown().as_bytes())?;
        let path = folder.join("front.csv");
        let csv = self.csv().map_err(|e| Error::model(&path, e.to_string()))?;
        files::replace(&path, &csv)?;
        let costs = self.picture();
        report::costs(&folder.join("front.png"), &costs)?;
        report::costs(&folder.join("front.svg"), &costs)
    }

    /// Every point with its fields, and whether it is in each Pareto set.
    fn rows(&self) -> Vec<Vec<(String, Value)>> {
        let fronts = Cost::ALL.map(|cost| (cost, self.pareto(cost)));
        let row = |(i, point): (usize, &Point)| {
            let mark =
                |(cost, on): &(Cost, Vec<bool>)| (format!("pareto_{}", cost.name()), json!(on[i]));
            point.fields().into_iter().chain(fronts.iter().map(mark)).collect()
        };
        self.points.iter().enumerate().map(row).collect()
    }

    fn csv(&self) -> csv::Result<Vec<u8>> {
        let rows = self.rows();
        let mut out = csv::Writer::from_writer(Vec::new());
        if let Some(first) = rows.first() {
            out.write_record(first.iter().map(|(name, _)| name))?;
        }
        for row in rows {
            let cell = |(_, value): &(String, Value)| {
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            };
            out.write_record(row.iter().map(cell))?;
        }
        out.into_inner().map_err(|e| csv::Error::from(e.into_error()))
    }

    fn markdown(&self) -> String {
        let fronts = Cost::ALL.map(|cost| self.pareto(cost));
        let marks: Vec<String> = (0..self.points.len())
            .map(|i| {
                let on = fronts.iter().zip("emtf".chars()).filter(|(front, _)| front[i]);
                on.map(|(_, letter)| letter).collect()
            })
            .collect();
        let all = table(&self.points.iter().collect::<Vec<_>>(), &marks, self.by);
        format!(
            "# {data}: {by} against cost\n\n{quick}{samples} samples per draw, {draws} draws of noise per \
             figure. The standard deviation over draws follows `±`. `sd away`: how many standard deviations \
             of real data's score {by} is worse than real data's; models are ranked by it, rounded to \
             halves. `M4F ms`: estimated from counted instructions of only the network, on a Cortex-M4F at \
             {mhz} MHz without flash wait states. `flash`: bytes of the model, without code.\n\n## Pareto \
             set for time\n\n{best}\n\n## All\n\n`front`: no other point is as good with fewer evaluations \
             (e), multiply-accumulates (m), milliseconds (t) or bytes of flash (f).\n\n{all}\n",
            data = self.data,
            quick = if self.quick { look() + "\n\n" } else { String::new() },
            by = self.by.name(),
            samples = self.samples,
            draws = self.draws,
            mhz = self.mhz,
            best = self.best(),
        )
    }
}
