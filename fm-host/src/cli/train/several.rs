//! Several trainings at once, with one progress bar.

use super::long::why_long;
use crate::Result;
use crate::cli::progress::Steps;
use crate::cli::{say, stop};
use crate::data::Split;
use crate::net::DeviceChoice;
use crate::train::{Member, News, RunRows, Start, Together, Trained};

/// Trains all members; Ctrl-C stops them and writes checkpoints. `finish` is called for each on the thread
/// that trained it, and its result is returned with the training.
///
/// # Errors
/// The first error of a member, after the others have ended.
pub fn train_all<T: Send>(
    members: &[Member],
    split: &Split,
    device: DeviceChoice,
    start: Start,
    finish: impl Fn(&Trained) -> Result<T> + Sync,
) -> Result<Vec<(Trained, T)>> {
    let Some(first) = members.first() else { return Ok(Vec::new()) };
    let (rows, stop) = (RunRows::of(&first.config, split), stop::asked()?);
    let set = Together { members, rows, device, start, stop };
    let count = members.len();
    let steps = members.iter().map(|member| member.config.train.schedule.steps).sum();
    let progress = Steps::new(format!("{count} models"), steps, why_long(&first.config));
    let tell = |news: News| match news {
        News::Begin(at_once) => say(&format!("training {count} models, {at_once} at a time")),
        News::Ready(session) => {
            for notice in &session.notices {
                say(&format!("note: {notice}"));
            }
            progress.skip(session.trainer.steps_done());
        }
        News::Progress(told) => progress.tell(told),
    };
    let trained = set.train(tell, finish);
    progress.end();
    trained
}
