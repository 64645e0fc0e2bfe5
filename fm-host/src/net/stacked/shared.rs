//! Learners that share a stack: each is the learner of one training, which knows nothing of the others.
//!
//! One thread has the device. It waits until every training requests a step and takes them all at
//! once; a training that ended, stopped or diverged has left, and the others continue without it. So
//! each training keeps its own loop, log and checkpoints, and its steps are the same as alone.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use dfdx::prelude::*;

use super::Stack;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::net::architecture::Architecture;
use crate::net::regression::{Learner, Loss, Regression, State, Update};

/// One training's share of the stack. It joins with [`SharedLearner::join`] and leaves when it is
/// dropped, joined or not.
#[derive(Debug)]
pub struct SharedLearner {
    number: usize,
    requests: Sender<(usize, Request)>,
    name: String,
}

/// What a learner requests; the answer goes where it says.
enum Request {
    Join(State, Sender<Result<()>>),
    Step(Regression, Update, Sender<Result<Loss>>),
    Evaluate(Rows, Sender<Result<Rows>>),
    State(Sender<Result<State>>),
    Leave,
}

/// `count` learners on one device, which `open` makes, with its name, on the thread that will use it.
///
/// # Errors
/// What `open` says, or if the system starts no thread.
pub fn shared_learners<E: Device<f32>>(
    architecture: &Architecture,
    count: usize,
    open: impl FnOnce() -> Result<(E, String)> + Send + 'static,
) -> Result<Vec<SharedLearner>> {
    let architecture = architecture.clone();
    let (requests, received) = channel();
    let (opened, ready) = channel();
    let work = move || match open() {
        Ok((device, name)) => {
            // Else nobody waits for it any more.
            if opened.send(Ok(name)).is_ok() {
                Shared::new(architecture, device, count).serve(&received);
            }
        }
        Err(error) => drop(opened.send(Err(error))),
    };
    let thread = Builder::new()
        .name("device".to_owned())
        .spawn(work)
        .map_err(|e| Error::device(format!("cannot start a thread for the device: {e}")))?;
    let name = match ready.recv() {
        Ok(name) => name?,
        Err(_) => match thread.join() {
            Ok(()) => return Err(gone()),
            Err(panic) => resume_unwind(panic),
        },
    };
    let learner = |number| SharedLearner { number, requests: requests.clone(), name: name.clone() };
    Ok((0..count).map(learner).collect())
}

fn gone() -> Error {
    Error::device("the thread of the compute device has ended; `--resume` continues the training")
}

impl SharedLearner {
    /// Joins the stack with a model that begins, or continues, from `state`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn join(self, state: State) -> Result<Box<dyn Learner>> {
        self.request(|answer| Request::Join(state, answer))?;
        Ok(Box::new(self))
    }

    fn request<T>(&self, request: impl FnOnce(Sender<Result<T>>) -> Request) -> Result<T> {
        let (answer, told) = channel();
        let sent = self.requests.send((self.number, request(answer)));
        sent.map_err(|_| gone())?;
        told.recv().map_err(|_| gone())?
    }
}

impl Learner for SharedLearner {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        self.request(|answer| Request::Step(regression.clone(), *update, answer))
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        self.request(|answer| Request::Evaluate(input.clone(), answer))
    }

    fn state(&self) -> Result<State> {
        self.request(Request::State)
    }

    fn device_name(&self) -> &str {
        &self.name
    }
}

impl Drop for SharedLearner {
    fn drop(&mut self) {
        // Where the thread has ended there is nobody to tell.
        let _ = self.requests.send((self.number, Request::Leave));
    }
}

/// The device and the learners that share it.
struct Shared<E: Storage<f32>> {
    architecture: Architecture,
    device: E,
    /// How many learners have neither joined nor left yet: the others wait for them.
    expected: usize,
    /// The learners of the stack's models, in its order.
    joined: Vec<usize>,
    stack: Option<Stack<E>>,
    /// Steps that wait for the others'.
    waiting: Vec<Waiting>,
}

/// A step that was requested.
struct Waiting {
    number: usize,
    regression: Regression,
    update: Update,
    answer: Sender<Result<Loss>>,
}

impl<E: Device<f32>> Shared<E> {
    fn new(architecture: Architecture, device: E, count: usize) -> Self {
        Self {
            architecture,
            device,
            expected: count,
            joined: Vec::new(),
            stack: None,
            waiting: Vec::new(),
        }
    }

    /// Answers until all have left. A learner that has left listens to no answer, so none need arrive.
    fn serve(mut self, received: &Receiver<(usize, Request)>) {
        while self.expected + self.joined.len() > 0 {
            let Ok((number, request)) = received.recv() else { return };
            match request {
                Request::Join(state, answer) => drop(answer.send(self.join(number, state))),
                Request::Step(regression, update, answer) => {
                    self.waiting.push(Waiting { number, regression, update, answer });
                }
                Request::Evaluate(input, answer) => {
                    let rows =
                        self.model(number).and_then(|(at, stack)| stack.evaluate(at, &input));
                    drop(answer.send(rows));
                }
                Request::State(answer) => {
                    let state = self.model(number).and_then(|(at, stack)| stack.state(at));
                    drop(answer.send(state));
                }
                Request::Leave => self.leave(number),
            }
            if self.expected == 0 && self.waiting.len() == self.joined.len() {
                self.step();
            }
        }
    }

    fn model(&self, number: usize) -> Result<(usize, &Stack<E>)> {
        let at = self.joined.iter().position(|&joined| joined == number);
        at.zip(self.stack.as_ref()).ok_or_else(gone)
    }

    fn join(&mut self, number: usize, state: State) -> Result<()> {
        let states = self.states();
        self.expected -= 1;
        self.joined.push(number);
        let mut states = states?;
        states.push(state);
        self.set(&states)
    }

    fn leave(&mut self, number: usize) {
        let Some(at) = self.joined.iter().position(|&joined| joined == number) else {
            self.expected -= 1;
            return;
        };
        let states = self.states().map(|mut states| {
            states.remove(at);
            states
        });
        self.joined.remove(at);
        if let Err(error) = states.and_then(|states| self.set(&states)) {
            self.fail(&error);
        }
    }

    fn states(&self) -> Result<Vec<State>> {
        match &self.stack {
            Some(stack) => (0..self.joined.len()).map(|model| stack.state(model)).collect(),
            None => Ok(Vec::new()),
        }
    }

    fn set(&mut self, states: &[State]) -> Result<()> {
        self.stack = None;
        if !states.is_empty() {
            self.stack = Some(Stack::new(&self.architecture, self.device.clone(), states)?);
        }
        Ok(())
    }

    /// Takes the step of all that have joined, each of which waits for it.
    fn step(&mut self) {
        let Some(stack) = &mut self.stack else { return self.fail(&gone()) };
        let place = |waiting: &Waiting| self.joined.iter().position(|&s| s == waiting.number);
        self.waiting.sort_by_key(place);
        let mut regressions = Vec::with_capacity(self.waiting.len());
        let mut updates = Vec::with_capacity(self.waiting.len());
        let mut answers = Vec::with_capacity(self.waiting.len());
        for waiting in self.waiting.drain(..) {
            regressions.push(waiting.regression);
            updates.push(waiting.update);
            answers.push(waiting.answer);
        }
        match stack.step(&regressions, &updates) {
            Ok(losses) => {
                for (answer, loss) in answers.into_iter().zip(losses) {
                    drop(answer.send(Ok(loss)));
                }
            }
            Err(error) => {
                for answer in answers {
                    drop(answer.send(Err(Error::device(error.to_string()))));
                }
            }
        }
    }

    /// Tells all that wait.
    fn fail(&mut self, error: &Error) {
        for waiting in self.waiting.drain(..) {
            drop(waiting.answer.send(Err(Error::device(error.to_string()))));
        }
    }
}
