//! Blocking work, away from the threads that serve.

use std::io;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// A piece of blocking work: an fsync, the deletion of a folder.
pub type Job = Box<dyn FnOnce() + Send>;

/// Runs blocking work elsewhere. Jobs may run in any order and at the same time.
///
/// A simulation runs them as events of its own, so a job must not wait for another.
pub trait Offload: Send + Sync + 'static {
    fn run(&self, job: Job);
}

/// A fixed set of threads that live as long as this value.
pub struct ThreadOffload {
    queue: Arc<Queue>,
}

struct Queue {
    state: Mutex<State>,
    ready: Condvar,
}

struct State {
    jobs: std::collections::VecDeque<Job>,
    closed: bool,
}

impl ThreadOffload {
    /// # Errors
    /// When the operating system refuses to start a thread.
    pub fn new(threads: usize) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                jobs: std::collections::VecDeque::new(),
                closed: false,
            }),
            ready: Condvar::new(),
        });
        for index in 0..threads.max(1) {
            let queue = queue.clone();
            std::thread::Builder::new()
                .name(format!("offload-{index}"))
                .spawn(move || queue.work())?;
        }
        Ok(Self { queue })
    }
}

impl Queue {
    fn work(&self) {
        loop {
            let job = {
                let mut state = self.state.lock();
                loop {
                    if let Some(job) = state.jobs.pop_front() {
                        break job;
                    }
                    if state.closed {
                        return;
                    }
                    self.ready.wait(&mut state);
                }
            };
            job();
        }
    }
}

impl Offload for ThreadOffload {
    fn run(&self, job: Job) {
        self.queue.state.lock().jobs.push_back(job);
        self.queue.ready.notify_one();
    }
}

impl Drop for ThreadOffload {
    fn drop(&mut self) {
        self.queue.state.lock().closed = true;
        self.queue.ready.notify_all();
    }
}
