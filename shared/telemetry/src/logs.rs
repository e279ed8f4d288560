//! Logs of the processes: to standard error, `SECNET_LOG` says what (`info`, `secnet_dsp=debug`, …). Where the environment
//! names an OTLP endpoint, the processes' own spans go there, with what was logged within them.

use crate::log_limit::LogLimit;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, filter};

/// Lives as long as what is logged is to be told.
#[derive(Debug, Default)]
pub struct Logs {
    provider: Option<SdkTracerProvider>,
}

/// What is logged unless `SECNET_LOG` says otherwise.
const PROCESSES: &str = "warn,secnet=info";
/// A command that is let in nowhere says so itself, once; zenoh would at every try.
const COMMANDS: &str = "warn,secnet=info,zenoh_transport::unicast::establishment::open=off";

/// Sets up logging once per process; `warn` and above unless `SECNET_LOG` says otherwise.
pub fn init_logs() -> Logs {
    init(None, COMMANDS)
}

impl Logs {
    /// As [`init_logs`], and the process's own spans to the OTLP endpoint the environment names, as those of `service`. Within
    /// a tokio runtime that outlives them.
    pub fn init_process(service: &str) -> Logs {
        let exporter = super::has_endpoint().then(|| SpanExporter::builder().build());
        // A wrong endpoint is reported by the span export, which every process with nodes has.
        let provider = exporter.and_then(Result::ok).map(|exporter| {
            SdkTracerProvider::builder()
                .with_batch_exporter(exporter)
                .with_resource(
                    Resource::builder_empty()
                        .with_service_name(service.to_owned())
                        .build(),
                )
                .build()
        });
        init(provider, PROCESSES)
    }

    /// Tells what has not been told yet.
    pub fn finish(self) {
        if let Some(provider) = self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::debug!(%error, "the process's own spans were not all exported");
        }
    }
}

fn init(provider: Option<SdkTracerProvider>, usual: &str) -> Logs {
    let filter = EnvFilter::try_from_env("SECNET_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        // It would panic where standard error is full.
        .log_internal_errors(false)
        .with_filter(filter.and(LogLimit::default()));
    let to_endpoint = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("secnet-process"))
            .with_filter(filter::filter_fn(|metadata| {
                metadata.target().starts_with("secnet") && *metadata.level() <= Level::INFO
            }))
    });
    // A second set-up in one process (a test) is harmless.
    let _ = tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_endpoint)
        .try_init();
    Logs { provider }
}
