//! Seats around a stack: each is the learner of one training, which knows nothing of the others.
//!
//! One thread has the device. It waits until every training asks for a step and takes them all at
//! once; who has ended, stopped or diverged has left, and the others go on without it. So each
//! training keeps its own loop, log and checkpoints, and its steps are the same as alone.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use dfdx::prelude::*;

use super::Stack;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::net::architecture::Architecture;
use crate::net::regression::{Learner, Loss, Regression, State, Update};

/// The place of one training, which it takes with [`Seat::take`] or leaves when it is dropped.
#[derive(Debug)]
pub struct Seat {
    number: usize,
    requests: Sender<(usize, Request)>,
    name: String,
}

/// What a seat asks; the answer goes where it says.
enum Request {
    Take(State, Sender<Result<()>>),
    Step(Regression, Update, Sender<Result<Loss>>),
    Evaluate(Rows, Sender<Result<Rows>>),
    State(Sender<Result<State>>),
    Leave,
}

/// `count` seats around a device that `open` makes, with its name, on the thread that will use it.
///
/// # Errors
/// What `open` says, or if the system starts no thread.
pub fn seats<E: Device<f32>>(
    architecture: &Architecture,
    count: usize,
    open: impl FnOnce() -> Result<(E, String)> + Send + 'static,
) -> Result<Vec<Seat>> {
    let architecture = architecture.clone();
    let (requests, asked) = channel();
    let (opened, ready) = channel();
    let work = move || match open() {
        Ok((device, name)) => {
            // Else nobody waits for it any more.
            if opened.send(Ok(name)).is_ok() {
                Table::new(architecture, device, count).serve(&asked);
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
    let seat = |number| Seat { number, requests: requests.clone(), name: name.clone() };
    Ok((0..count).map(seat).collect())
}

fn gone() -> Error {
    Error::device("the thread of the compute device has ended; `--resume` goes on")
}

impl Seat {
    /// Begins, or goes on, from `state`.
    ///
    /// # Errors
    /// If the device fails.
    pub fn take(self, state: State) -> Result<Box<dyn Learner>> {
        self.ask(|answer| Request::Take(state, answer))?;
        Ok(Box::new(self))
    }

    fn ask<T>(&self, request: impl FnOnce(Sender<Result<T>>) -> Request) -> Result<T> {
        let (answer, told) = channel();
        let sent = self.requests.send((self.number, request(answer)));
        sent.map_err(|_| gone())?;
        told.recv().map_err(|_| gone())?
    }
}

impl Learner for Seat {
    fn step(&mut self, regression: &Regression, update: &Update) -> Result<Loss> {
        self.ask(|answer| Request::Step(regression.clone(), *update, answer))
    }

    fn evaluate(&self, input: &Rows) -> Result<Rows> {
        self.ask(|answer| Request::Evaluate(input.clone(), answer))
    }

    fn state(&self) -> Result<State> {
        self.ask(Request::State)
    }

    fn device_name(&self) -> &str {
        &self.name
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Where the thread has ended there is nobody to tell.
        let _ = self.requests.send((self.number, Request::Leave));
    }
}

/// The device and who sits around it.
struct Table<E: Storage<f32>> {
    architecture: Architecture,
    device: E,
    /// Seats that were neither taken nor left yet: the others wait for them.
    expected: usize,
    /// The seats of the stack's models, in its order.
    seated: Vec<usize>,
    stack: Option<Stack<E>>,
    /// Steps that wait for the others'.
    waiting: Vec<Waiting>,
}

/// A step that was asked for.
struct Waiting {
    number: usize,
    regression: Regression,
    update: Update,
    answer: Sender<Result<Loss>>,
}

impl<E: Device<f32>> Table<E> {
    fn new(architecture: Architecture, device: E, count: usize) -> Self {
        Self {
            architecture,
            device,
            expected: count,
            seated: Vec::new(),
            stack: None,
            waiting: Vec::new(),
        }
    }

    /// Answers until all have left. Who has left listens to no answer, so none need arrive.
    fn serve(mut self, asked: &Receiver<(usize, Request)>) {
        while self.expected + self.seated.len() > 0 {
            let Ok((number, request)) = asked.recv() else { return };
            match request {
                Request::Take(state, answer) => drop(answer.send(self.sit(number, state))),
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
            if self.expected == 0 && self.waiting.len() == self.seated.len() {
                self.step();
            }
        }
    }

    fn model(&self, number: usize) -> Result<(usize, &Stack<E>)> {
        let at = self.seated.iter().position(|&seated| seated == number);
        at.zip(self.stack.as_ref()).ok_or_else(gone)
    }

    fn sit(&mut self, number: usize, state: State) -> Result<()> {
        let states = self.states();
        self.expected -= 1;
        self.seated.push(number);
        let mut states = states?;
        states.push(state);
        self.set(&states)
    }

    fn leave(&mut self, number: usize) {
        let Some(at) = self.seated.iter().position(|&seated| seated == number) else {
            self.expected -= 1;
            return;
        };
        let states = self.states().map(|mut states| {
            states.remove(at);
            states
        });
        self.seated.remove(at);
        if let Err(error) = states.and_then(|states| self.set(&states)) {
            self.fail(&error);
        }
    }

    fn states(&self) -> Result<Vec<State>> {
        match &self.stack {
            Some(stack) => (0..self.seated.len()).map(|model| stack.state(model)).collect(),
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

    /// Takes the step of all who sit here, each of whom waits for it.
    fn step(&mut self) {
        let Some(stack) = &mut self.stack else { return self.fail(&gone()) };
        let place = |waiting: &Waiting| self.seated.iter().position(|&s| s == waiting.number);
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

    /// Tells all who wait.
    fn fail(&mut self, error: &Error) {
        for waiting in self.waiting.drain(..) {
            drop(waiting.answer.send(Err(Error::device(error.to_string()))));
        }
    }
}
