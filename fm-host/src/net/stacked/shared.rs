//! Learners that share a stack. Each is the learner of one training, which does not depend on the others.
//!
//! One thread owns the device. It waits until every training requests a step and takes all steps at once.
//! A training that ended, stopped or diverged leaves, and the others continue without it. So each training
//! keeps its own loop, log and checkpoints, and takes the same steps as it would alone.
//!
//! The last learner to go waits for the thread to end: CUDA's driver shuts down with the program, and must
//! not find a thread that still frees memory.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use dfdx::prelude::*;

use super::Stack;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::net::architecture::Architecture;
use crate::net::regression::{Learner, Loss, Regression, State, Update};

/// One training's place in the stack. It joins with [`SharedLearner::join`] and leaves when it is dropped,
/// whether it joined or not.
#[derive(Debug)]
pub struct SharedLearner {
    number: usize,
    requests: Sender<(usize, Request)>,
    name: String,
    /// Dropped after [`Request::Leave`] was sent.
    _thread: Arc<DeviceThread>,
}

/// The thread that owns the device; its end is awaited when it is dropped.
#[derive(Debug)]
struct DeviceThread(Option<JoinHandle<()>>);

impl Drop for DeviceThread {
    fn drop(&mut self) {
        // If it panicked, its learners have received errors.
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// A learner's request, with the channel for the answer.
enum Request {
    Join(State, Sender<Result<()>>),
    Step(Regression, Update, Sender<Result<Loss>>),
    Evaluate(Rows, Sender<Result<Rows>>),
    State(Sender<Result<State>>),
    Leave,
}

/// Makes `count` learners on one device. `open` opens the device, and returns its name, on the thread that
/// will use it.
///
/// # Errors
/// The error of `open`, or if the system cannot start a thread.
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
            // If this fails, the caller has stopped waiting.
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
    let thread = Arc::new(DeviceThread(Some(thread)));
    let learner = |number| {
        let (requests, name, _thread) = (requests.clone(), name.clone(), thread.clone());
        SharedLearner { number, requests, name, _thread }
    };
    Ok((0..count).map(learner).collect())
}

fn gone() -> Error {
    Error::device("the thread of the compute device has ended; `--resume` continues the training")
}

impl SharedLearner {
    /// Joins the stack with a model that continues from `state`.
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
        // If the thread has ended, the message has no receiver.
        let _ = self.requests.send((self.number, Request::Leave));
    }
}

/// The device and the state of its learners.
struct Shared<E: Storage<f32>> {
    architecture: Architecture,
    device: E,
    /// The number of learners that have neither joined nor left yet: the others wait for them.
    expected: usize,
    /// The numbers of the learners whose models are in the stack, in the stack's order.
    joined: Vec<usize>,
    stack: Option<Stack<E>>,
    /// Requested steps that wait for the other learners.
    waiting: Vec<Waiting>,
}

/// A requested step.
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

    /// Answers requests until all learners have left. A learner that has left receives no answers, so
    /// failed sends are ignored.
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

    /// Takes the step of all learners that have joined; each of them is waiting for it.
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

    /// Sends an error to all learners that wait.
    fn fail(&mut self, error: &Error) {
        for waiting in self.waiting.drain(..) {
            drop(waiting.answer.send(Err(Error::device(error.to_string()))));
        }
    }
}
