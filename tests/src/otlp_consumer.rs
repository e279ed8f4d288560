//! An OTLP consumer that shares nothing with what it consumes: `otlp_consumer.py`, on the official Python protobuf.

use crate::python;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

pub struct OtlpConsumer {
    child: Child,
    said: BufReader<ChildStdout>,
    grpc_port: u16,
    http_port: u16,
}

/// A span as it arrived.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct ConsumedSpan {
    pub service: String,
    pub namespace: Option<String>,
    pub trace: String,
    pub span: String,
    /// Empty for a root.
    pub parent: String,
    pub name: String,
    pub begin_ns: u64,
    pub end_ns: u64,
    pub failed: bool,
    pub attributes: BTreeMap<String, String>,
    /// Trace and span.
    pub links: Vec<(String, String)>,
}

impl OtlpConsumer {
    /// `None`, with a word to whoever reads, where its Python packages are missing.
    ///
    /// # Panics
    /// When it does not start and the environment requires it.
    pub fn start() -> Option<OtlpConsumer> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("otlp_consumer.py");
        let mut child = python::command(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = BufReader::new(child.stdout.take()?);
        let mut first = String::new();
        said.read_line(&mut first).unwrap_or_default();
        let mut ports = first.split_whitespace().map_while(|port| port.parse().ok());
        match (ports.next(), ports.next()) {
            (Some(grpc_port), Some(http_port)) => Some(OtlpConsumer {
                child,
                said,
                grpc_port,
                http_port,
            }),
            _ => {
                let _ = child.wait();
                python::missing("the OTLP consumer does not start: opentelemetry-proto, grpcio");
                None
            }
        }
    }

    /// What to put into the environment of a run to have its spans over gRPC.
    pub fn over_grpc(&self) -> [(String, String); 2] {
        environment(self.grpc_port, "grpc")
    }

    pub fn over_http(&self) -> [(String, String); 2] {
        environment(self.http_port, "http/protobuf")
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it in order: everything it was sent, in the order of trace and time.
    pub fn spans(mut self) -> Vec<ConsumedSpan> {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        let mut spans: Vec<ConsumedSpan> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|problem| panic!("{line}: {problem}")))
            .collect();
        spans.sort_by(|a, b| {
            (&a.trace, a.begin_ns, a.end_ns, &a.span).cmp(&(&b.trace, b.begin_ns, b.end_ns, &b.span))
        });
        spans
    }
}

impl Drop for OtlpConsumer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn environment(port: u16, protocol: &str) -> [(String, String); 2] {
    [
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
            format!("http://127.0.0.1:{port}"),
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(), protocol.to_owned()),
    ]
}
