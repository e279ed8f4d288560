//! Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP). None ends the program behind its own back: a command says what is done,
//! and a command that says nothing ends at once with the exit code of what was stopped.

use crate::console::complain;
use crate::exit::Exit;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What goes on in virtual time has so long after the first signal to end with its books in order.
const STOP_MAX: Duration = Duration::from_millis(1_700);

/// A write that is larger than the shell's `ulimit -f` allows fails like any other, where the signal would end the program.
const FILE_SIZE_EXCEEDED: i32 = 25;

type Deed = Box<dyn FnMut() + Send>;

/// What is done at each signal.
static DEED: Mutex<Option<Deed>> = Mutex::new(None);

/// Takes the signals from here on. Returns when it does, so that it comes before anything that takes time.
pub fn install() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (sender, is_ready) = mpsc::channel();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let listened = Listened::new();
                let failed = listened.as_ref().err().map(ToString::to_string);
                let _ = sender.send(failed);
                let Ok(mut listened) = listened else { return };
                loop {
                    listened.next().await;
                    obey();
                }
            });
        })?;
    match is_ready.recv() {
        Ok(None) => Ok(()),
        Ok(Some(problem)) => Err(anyhow::anyhow!("cannot listen for signals: {problem}")),
        Err(_) => Err(anyhow::anyhow!("the thread for signals has ended")),
    }
}

struct Listened {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    _file_size: Signal,
}

impl Listened {
    fn new() -> std::io::Result<Listened> {
        Ok(Listened {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            _file_size: signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED))?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

fn obey() {
    match DEED.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        Some(deed) => deed(),
        None => end_at_once("stopped by hand"),
    }
}

fn end_at_once(why: &str) {
    complain(why);
    std::process::exit(Exit::Incomplete as i32);
}

/// Does `what` at each signal from now on.
pub fn on_each(what: impl FnMut() + Send + 'static) {
    *DEED.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(what));
}

/// The first stops a live run, which then collects its books; the second ends the program, and its processes with it.
pub fn stop_in_order(mut stop: impl FnMut() + Send + 'static) {
    let mut is_first = true;
    on_each(move || {
        if !std::mem::replace(&mut is_first, false) {
            end_at_once("stopped by hand twice: the books were not collected");
        }
        stop();
    });
}

/// The first stops what goes on in virtual time, so that a run ends with its books in order, if it can do so in time; the second
/// ends the program.
pub fn stop_at_first(mut stop: impl FnMut() + Send + 'static) {
    let mut is_first = true;
    on_each(move || {
        if !std::mem::replace(&mut is_first, false) {
            end_at_once("stopped by hand twice: the results are not written");
        }
        stop();
        let spawned = std::thread::Builder::new().spawn(|| {
            std::thread::sleep(STOP_MAX);
            end_at_once(&format!(
                "stopped by hand, and not at an end {STOP_MAX:?} later: the results are not written"
            ));
        });
        if spawned.is_err() {
            end_at_once("stopped by hand");
        }
    });
}
