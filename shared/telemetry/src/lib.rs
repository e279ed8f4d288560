//! What a run tells while it goes on: logs, spans to an OTLP endpoint, metrics for Prometheus.
//!
//! Not here: what is worth telling, and anything about emulated time; state machines log nothing and export nothing. Nothing
//! here may hold a run up: what cannot be told in time is dropped and counted.

mod log_limit;
mod logs;
mod metrics;
mod span_export;

pub use logs::{Logs, init_logs};
pub use metrics::{MetricsEndpoint, NodeReading, metrics_address_of};
pub use span_export::{ExportCounts, SpanExport, check_environment};

/// Where spans go; `OTEL_EXPORTER_OTLP_PROTOCOL` says how: `grpc` or `http/protobuf`.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// Whether the environment names an OTLP endpoint.
fn has_endpoint() -> bool {
    ENDPOINTS
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
