//! Many runs in virtual time, several side by side, each on one thread.
//!
//! Of a run only what the caller keeps is kept, so that memory does not grow with their number.

use crate::cancellation::Cancellation;
use crate::console;
use crate::exit::bad_input;
use crate::progress::Progress;
use crate::signals::stop_at_first;
use crate::virtual_run::{self, VirtualRun};
use secnet_engine::{Pace, Watch};
use secnet_model::{SimDuration, SimTime};
use secnet_results::{RunOutcome, RunReport};
use secnet_topology::{Estimate, Scenario, World};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const LOOK: Duration = Duration::from_millis(100);
/// The weight of a run that is estimated to take no time: building its world does.
const WEIGHT_MIN: f64 = 0.05;

/// A run to be made.
#[derive(Clone, Debug)]
pub struct Job {
    pub scenario: Scenario,
    /// As a line about it says.
    pub what: String,
}

/// As many threads as were asked for, or as there are cores, and no more than there are runs.
pub fn threads(asked: Option<u16>, runs: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get());
    asked.map_or_else(cores, usize::from).min(runs).max(1)
}

/// Makes all the runs; what `keep` made of each, in their order. `None` when it was stopped by hand.
pub fn run_all<T: Send>(
    jobs: &[Job],
    threads: usize,
    keep: impl Fn(usize, &RunOutcome, &RunReport, Duration) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Option<Vec<T>>> {
    let runs = Runs::new(jobs)?;
    let cancellation = runs.cancellation.clone();
    stop_at_first(move || cancellation.stop());
    let progress = Progress::new(SimTime(micros(runs.weights.iter().sum())));
    let kept = Mutex::new(jobs.iter().map(|_| None).collect::<Vec<Option<T>>>());
    let result = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| runs.work(&progress, &kept, &keep)))
            .collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            runs.show(&progress);
            std::thread::sleep(LOOK);
        }
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect::<anyhow::Result<Vec<()>>>()
    });
    progress.finish();
    result?;
    if runs.cancellation.is_stopped() {
        return Ok(None);
    }
    let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Some(kept.into_iter().flatten().collect()))
}

struct Runs<'a> {
    jobs: &'a [Job],
    /// By run, in seconds it is estimated to take.
    weights: Vec<f64>,
    start: Instant,
    next: AtomicUsize,
    /// Of the runs that go on; the first Ctrl-C stops them all.
    cancellation: Cancellation,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    weight_done: f64,
    under_way: Vec<UnderWay>,
}

struct UnderWay {
    job: usize,
    end: SimTime,
    watch: Arc<Watch>,
}

impl Runs<'_> {
    fn new(jobs: &[Job]) -> anyhow::Result<Runs<'_>> {
        let estimates = estimates(jobs)?;
        let weights = estimates.iter().map(|estimate| estimate.seconds.max(WEIGHT_MIN));
        Ok(Runs {
            jobs,
            weights: weights.collect(),
            start: Instant::now(),
            next: AtomicUsize::new(0),
            cancellation: Cancellation::default(),
            state: Mutex::default(),
        })
    }

    fn work<T>(
        &self,
        progress: &Progress,
        kept: &Mutex<Vec<Option<T>>>,
        keep: &(impl Fn(usize, &RunOutcome, &RunReport, Duration) -> anyhow::Result<T> + Sync),
    ) -> anyhow::Result<()> {
        while !self.cancellation.is_stopped() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(number) else { break };
            let start = Instant::now();
            let outcome = self.run(number, job)?;
            if self.cancellation.is_stopped() {
                break;
            }
            let took = start.elapsed();
            let made = keep(number, &outcome, &outcome.report(), took);
            if made.is_err() {
                // The others need not go on to the end to say so.
                self.cancellation.stop();
            }
            locked(kept)[number] = Some(made?);
            let (done, left) = self.note_done(number);
            if progress.is_hidden() {
                console::tell(&format!(
                    "run {done} of {}: {}, {:.1} s{left}",
                    self.jobs.len(),
                    job.what,
                    took.as_secs_f64()
                ));
            }
        }
        Ok(())
    }

    fn run(&self, number: usize, job: &Job) -> anyhow::Result<RunOutcome> {
        let world = Arc::new(World::new(job.scenario.clone()).map_err(bad_input)?);
        let layout = world.layout();
        let watch = Arc::new(Watch::default());
        locked(&self.state).under_way.push(UnderWay {
            job: number,
            end: world.end,
            watch: Arc::clone(&watch),
        });
        let unseen = Progress::hidden(world.end);
        let (outcome, _) = virtual_run::run(VirtualRun {
            world: &world,
            layout: &layout,
            threads: 1,
            pace: Pace::Max,
            watch: &watch,
            cancellation: &self.cancellation,
            progress: &unseen,
            export: None,
        });
        Ok(outcome)
    }

    /// How many are done, and what is left in words.
    fn note_done(&self, number: usize) -> (usize, String) {
        let mut state = locked(&self.state);
        state.under_way.retain(|other| other.job != number);
        state.done += 1;
        state.weight_done += self.weights[number];
        let left = match state.done == self.jobs.len() {
            true => String::new(),
            false => self.left(self.position(&state)),
        };
        (state.done, left)
    }

    /// What is done of the sum of the weights.
    fn position(&self, state: &State) -> f64 {
        let under_way = state.under_way.iter().map(|run| {
            let gone = run.watch.progress().0.min(run.end).0 as f64;
            self.weights[run.job] * gone / run.end.0.max(1) as f64
        });
        state.weight_done + under_way.sum::<f64>()
    }

    /// How long the rest takes at the pace so far; nothing is said before there is one.
    fn left(&self, position: f64) -> String {
        let share = position / self.weights.iter().sum::<f64>();
        if share < 0.02 {
            return String::new();
        }
        let left = self.start.elapsed().as_secs_f64() * (1.0 - share).max(0.0) / share;
        format!(
            "; about {} left",
            SimDuration::from_secs(left.max(1.0).ceil() as u64)
        )
    }

    fn show(&self, progress: &Progress) {
        let state = locked(&self.state);
        let position = self.position(&state);
        let text = format!(
            "{} of {} runs{}",
            state.done,
            self.jobs.len(),
            self.left(position)
        );
        progress.at(SimTime(micros(position)), &text);
    }
}

/// What each of the runs comes to.
pub fn estimates(jobs: &[Job]) -> anyhow::Result<Vec<Estimate>> {
    // Most differ by their seeds alone, and those stand near one another.
    let mut known = Vec::<(&Scenario, Estimate)>::new();
    let mut estimates = Vec::with_capacity(jobs.len());
    for Job { scenario, .. } in jobs {
        let alike = known
            .iter()
            .rev()
            .find(|(other, _)| differs_by_seed_alone(scenario, other));
        let estimate = match alike {
            Some((_, estimate)) => *estimate,
            None => World::new(scenario.clone()).map_err(bad_input)?.estimate(),
        };
        if alike.is_none() {
            known.push((scenario, estimate));
        }
        estimates.push(estimate);
    }
    Ok(estimates)
}

fn differs_by_seed_alone(one: &Scenario, other: &Scenario) -> bool {
    let seed = one.seed;
    *one == Scenario {
        seed,
        ..other.clone()
    }
}

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
