//! Logs of the processes: to standard error, `SECNET_LOG` says what (`info`, `secnet_dsp=debug`, …).
//!
//! Not here: what is worth logging, and anything about emulated time; state machines log nothing.

use tracing_subscriber::EnvFilter;

/// Sets up logging to standard error once per process; `warn` and above unless `SECNET_LOG` says otherwise.
pub fn init_logs() {
    let filter = EnvFilter::try_from_env("SECNET_LOG").unwrap_or_else(|_| EnvFilter::new("warn,secnet=info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A second set-up in one process (a test) is harmless.
    let _ = subscriber.try_init();
}
