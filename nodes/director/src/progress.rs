//! The progress bar: emulated time, rates, what is in flight, lag. On standard error, and only on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use secnet_model::{SimDuration, SimTime};
use std::time::{Duration, Instant};

pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

/// What the live network knows besides emulated time.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    pub requests: u64,
    pub in_flight: u64,
}

impl Progress {
    pub fn new(end: SimTime) -> Progress {
        Progress::drawn_on(ProgressDrawTarget::stderr_with_hz(5), end)
    }

    /// For runs nobody watches.
    pub fn hidden(end: SimTime) -> Progress {
        Progress::drawn_on(ProgressDrawTarget::hidden(), end)
    }

    fn drawn_on(target: ProgressDrawTarget, end: SimTime) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(end.0.max(1)), target);
        let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress {
            bar,
            start: Instant::now(),
        }
    }

    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar.tick();
    }

    pub fn show(&self, now: SimTime, events: u64, traffic: Option<Traffic>, lag: Option<Duration>) {
        let wall = self.start.elapsed().as_secs_f64().max(1e-3);
        let mut text = format!("{now}  {:.0} × real time", now.as_secs_f64() / wall);
        match traffic {
            Some(Traffic { requests, in_flight }) => {
                text += &format!(
                    "  {:.0} requests/s  {in_flight} in flight",
                    requests as f64 / wall
                );
            }
            None => text += &format!("  {:.2} M events/s", events as f64 / wall / 1e6),
        }
        if let Some(lag) = lag {
            text += &format!("  lag {}", SimDuration(lag.as_micros() as u64));
        }
        self.bar.set_position(now.0);
        self.bar.set_message(text);
    }

    /// Where a task made of several runs has got to.
    pub fn at(&self, position: SimTime, what: &str) {
        self.bar.set_position(position.0);
        self.bar.set_message(what.to_owned());
    }

    /// Whether nobody sees it: standard error is no terminal.
    pub fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
