//! Metrics at an HTTP endpoint for Prometheus (`SECNET_METRICS=127.0.0.1:9464`): what each node of a process has done, and
//! how it keeps up. Counts come from the nodes' own books at each status; nothing is measured on the way of a message.

use anyhow::Context;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, Counter, Gauge, Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use secnet_engine::{ItemKind, Ledger, Outcome};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Where metrics are offered, when anywhere.
const ADDRESS: &str = "SECNET_METRICS";

/// What a node has got to, as its status says it.
#[derive(Clone, Debug)]
pub struct NodeReading {
    pub node: String,
    pub emulated_seconds: f64,
    pub lag_seconds: f64,
    /// Since the run began.
    pub events: u64,
    pub waiting: u64,
    /// By neighbour.
    pub in_flight: Vec<(String, u64)>,
    pub ledger: Option<Ledger>,
}

/// On one machine the processes of a run share the address the environment names: each takes the port its number (from 0)
/// lies beyond it. `None` where none is named, or one with port 0, which is any free one.
pub fn metrics_address_of(number: usize) -> anyhow::Result<Option<(&'static str, String)>> {
    let Some(mut address) = address()? else {
        return Ok(None);
    };
    if address.port() > 0 {
        let port = usize::from(address.port()) + number;
        address.set_port(u16::try_from(port).with_context(|| {
            format!("{ADDRESS}={address} leaves no port for process {number}; name a lower one")
        })?);
    }
    Ok(Some((ADDRESS, address.to_string())))
}

fn address() -> anyhow::Result<Option<SocketAddr>> {
    match std::env::var(ADDRESS) {
        Ok(text) if !text.is_empty() => {
            let address = text.parse();
            let problem = || format!("{ADDRESS}={text} is no address and port, as in 127.0.0.1:9464");
            Ok(Some(address.with_context(problem)?))
        }
        _ => Ok(None),
    }
}

pub struct MetricsEndpoint {
    instruments: Instruments,
    /// Keeps the instruments alive.
    _provider: SdkMeterProvider,
    nodes: BTreeMap<String, NodeCounters>,
}

struct Instruments {
    emulated_seconds: Gauge<f64>,
    lag_seconds: Gauge<f64>,
    waiting: Gauge<u64>,
    in_flight: Gauge<u64>,
    events: Counter<u64>,
    items: Counter<u64>,
}

/// A node's counters, bound to its labels, and how far they have been told.
struct NodeCounters {
    events: BoundCounter<u64>,
    events_told: u64,
    closed: BTreeMap<(ItemKind, Outcome), (BoundCounter<u64>, u64)>,
}

impl MetricsEndpoint {
    /// Opens the endpoint where the environment names an address. Within a tokio runtime.
    pub async fn from_environment() -> anyhow::Result<Option<MetricsEndpoint>> {
        let Some(address) = address()? else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot offer metrics at {address} ({ADDRESS})"))?;
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .build()
            .context("cannot set up metrics")?;
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        tokio::spawn(serve(listener, registry));
        Ok(Some(MetricsEndpoint {
            instruments: Instruments::new(&provider.meter("secnet")),
            _provider: provider,
            nodes: BTreeMap::new(),
        }))
    }

    pub fn tell(&mut self, reading: &NodeReading) {
        let node = KeyValue::new("node", reading.node.clone());
        let labels = std::slice::from_ref(&node);
        self.instruments
            .emulated_seconds
            .record(reading.emulated_seconds, labels);
        self.instruments.lag_seconds.record(reading.lag_seconds, labels);
        self.instruments.waiting.record(reading.waiting, labels);
        for (neighbour, in_flight) in &reading.in_flight {
            let neighbour = KeyValue::new("neighbour", neighbour.clone());
            self.instruments
                .in_flight
                .record(*in_flight, &[node.clone(), neighbour]);
        }
        let events = &self.instruments.events;
        let counters = self
            .nodes
            .entry(reading.node.clone())
            .or_insert_with(|| NodeCounters {
                events: events.bind(labels),
                events_told: 0,
                closed: BTreeMap::new(),
            });
        counters
            .events
            .add(reading.events.saturating_sub(counters.events_told));
        counters.events_told = counters.events_told.max(reading.events);
        if let Some(ledger) = &reading.ledger {
            counters.tell_ledger(ledger, &self.instruments.items, &node);
        }
    }
}

impl NodeCounters {
    fn tell_ledger(&mut self, ledger: &Ledger, items: &Counter<u64>, node: &KeyValue) {
        for kind in ItemKind::ALL {
            for outcome in Outcome::ALL {
                let closed = ledger.closed(*kind, *outcome);
                if closed == 0 {
                    continue;
                }
                let (counter, told) = self.closed.entry((*kind, *outcome)).or_insert_with(|| {
                    let labels = [
                        node.clone(),
                        KeyValue::new("kind", kind.name()),
                        KeyValue::new("outcome", outcome.name()),
                    ];
                    (items.bind(&labels), 0)
                });
                counter.add(closed.saturating_sub(*told));
                *told = closed;
            }
        }
    }
}

impl Instruments {
    fn new(meter: &Meter) -> Instruments {
        Instruments {
            emulated_seconds: meter
                .f64_gauge("secnet_emulated_seconds")
                .with_description("Emulated time the node has reached")
                .build(),
            lag_seconds: meter
                .f64_gauge("secnet_lag_seconds")
                .with_description("How far the node fell behind its pace at most")
                .build(),
            waiting: meter
                .u64_gauge("secnet_waiting")
                .with_description("Messages that wait to be handled")
                .build(),
            in_flight: meter
                .u64_gauge("secnet_link_in_flight")
                .with_description("Messages sent on a link and not acknowledged")
                .build(),
            events: meter
                .u64_counter("secnet_events")
                .with_description("Messages and deadlines handled")
                .build(),
            items: meter
                .u64_counter("secnet_items_closed")
                .with_description("Requests, reads and alerts that ended, by outcome")
                .build(),
        }
    }
}

async fn serve(listener: TcpListener, registry: Registry) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let registry = registry.clone();
        tokio::spawn(async move {
            let answer = |request: Request<hyper::body::Incoming>| {
                let registry = registry.clone();
                async move { Ok::<_, std::convert::Infallible>(page(&registry, request.uri().path())) }
            };
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection for metrics ended early");
            }
        });
    }
}

fn page(registry: &Registry, path: &str) -> Response<Full<Bytes>> {
    let (status, text) = if path == "/metrics" {
        match TextEncoder::new().encode_to_string(&registry.gather()) {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    } else {
        (StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned())
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response
}
