//! Spans of sampled items to an OTLP endpoint, from a thread of their own.
//!
//! Whoever drives nodes offers what they tell and goes on at once; when the endpoint is down, slow or gone, spans are dropped
//! and counted.

use anyhow::Context;
use opentelemetry::trace::{Link, SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _, SpanLinks};
use secnet_engine::{NodeIndex, Span};
use secnet_results::traces::{SpanRecord, participant};
use secnet_topology::{Layout, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Batches that wait for the endpoint; more are dropped.
const BATCHES_WAITING: usize = 1_024;
/// Spans of one batch at most.
const BATCH_SPANS: usize = 512;
/// How long the endpoint may take for a batch.
const BATCH_PATIENCE: Duration = Duration::from_secs(5);
/// How long a run that has ended waits for what is still to be exported.
const FINISH_PATIENCE: Duration = Duration::from_secs(10);

/// What became of the spans offered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExportCounts {
    pub exported: u64,
    pub dropped: u64,
}

#[derive(Debug, Default)]
struct Counts {
    offered: AtomicU64,
    exported: AtomicU64,
}

/// The way to the endpoint. Clones share it.
#[derive(Clone, Debug)]
pub struct SpanExport {
    sender: mpsc::Sender<Batch>,
    counts: Arc<Counts>,
    thread: Arc<JoinHandle<()>>,
}

#[derive(Debug)]
struct Batch {
    spans: Vec<(NodeIndex, Span)>,
    /// How far the teller was behind its pace.
    lag: Duration,
}

impl SpanExport {
    /// `None` where the environment names no endpoint.
    pub fn from_environment(world: &Arc<World>, layout: &Layout) -> anyhow::Result<Option<SpanExport>> {
        if !super::has_endpoint() {
            return Ok(None);
        }
        let (sender, batches) = mpsc::channel(BATCHES_WAITING);
        let counts = Arc::new(Counts::default());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let exporter = Exporter {
            world: Arc::clone(world),
            layout: layout.clone(),
            by_participant: BTreeMap::new(),
            counts: Arc::clone(&counts),
            scope: InstrumentationScope::builder("secnet")
                .with_version(env!("CARGO_PKG_VERSION"))
                .build(),
            complained: false,
        };
        // A wrong protocol or endpoint is told at once, not span by span.
        probe(&runtime)?;
        let thread = std::thread::Builder::new()
            .name("span-export".to_owned())
            .spawn(move || runtime.block_on(exporter.run(batches)))?;
        Ok(Some(SpanExport {
            sender,
            counts,
            thread: Arc::new(thread),
        }))
    }

    /// Never waits.
    pub fn offer(&self, spans: &[(NodeIndex, Span)], lag: Duration) {
        for chunk in spans.chunks(BATCH_SPANS) {
            self.counts
                .offered
                .fetch_add(chunk.len() as u64, Ordering::Relaxed);
            let batch = Batch {
                spans: chunk.to_vec(),
                lag,
            };
            if let Err(TrySendError::Full(_) | TrySendError::Closed(_)) = self.sender.try_send(batch) {
                tracing::debug!(spans = chunk.len(), "dropped spans: the endpoint is too slow");
            }
        }
    }

    /// As [`offer`](SpanExport::offer), but waits where there is no room: for a run that has ended.
    pub fn offer_patiently(&self, spans: &[(NodeIndex, Span)]) {
        let start = Instant::now();
        for chunk in spans.chunks(BATCH_SPANS) {
            while self.sender.capacity() == 0 && start.elapsed() < FINISH_PATIENCE {
                std::thread::sleep(Duration::from_millis(2));
            }
            self.offer(chunk, Duration::ZERO);
        }
    }

    /// Waits, not for ever, for what is still to be exported. Whatever was not is dropped.
    pub fn finish(self) -> ExportCounts {
        let SpanExport {
            sender,
            counts,
            thread,
        } = self;
        drop(sender);
        let start = Instant::now();
        while !thread.is_finished() && start.elapsed() < FINISH_PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        let exported = counts.exported.load(Ordering::Relaxed);
        ExportCounts {
            exported,
            dropped: counts.offered.load(Ordering::Relaxed) - exported,
        }
    }
}

/// Whether the OTLP endpoint the environment names, if any, can be one.
pub fn check_environment() -> anyhow::Result<()> {
    super::metrics_address_of(0)?;
    if !super::has_endpoint() {
        return Ok(());
    }
    probe(
        &tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?,
    )
}

fn probe(runtime: &tokio::runtime::Runtime) -> anyhow::Result<()> {
    let _inside = runtime.enter();
    let exporter = SpanExporter::builder().build();
    exporter.context("the OTLP endpoint the environment names cannot be used")?;
    Ok(())
}

struct Exporter {
    world: Arc<World>,
    layout: Layout,
    /// Each participant is a service of its own.
    by_participant: BTreeMap<String, SpanExporter>,
    counts: Arc<Counts>,
    scope: InstrumentationScope,
    complained: bool,
}

impl Exporter {
    async fn run(mut self, mut batches: mpsc::Receiver<Batch>) {
        while let Some(batch) = batches.recv().await {
            let mut by_participant: BTreeMap<String, Vec<SpanData>> = BTreeMap::new();
            for (node, span) in &batch.spans {
                let data = self.data(*node, span, batch.lag);
                by_participant
                    .entry(participant(&self.layout, *node))
                    .or_default()
                    .push(data);
            }
            for (participant, spans) in by_participant {
                self.export(&participant, spans).await;
            }
        }
    }

    async fn export(&mut self, participant: &str, spans: Vec<SpanData>) {
        let count = spans.len() as u64;
        if !self.by_participant.contains_key(participant) {
            let Ok(mut exporter) = SpanExporter::builder().build() else {
                return;
            };
            exporter.set_resource(&resource(participant, &self.world));
            self.by_participant.insert(participant.to_owned(), exporter);
        }
        let Some(exporter) = self.by_participant.get(participant) else {
            return;
        };
        let result = tokio::time::timeout(BATCH_PATIENCE, exporter.export(spans)).await;
        let problem = match result {
            Ok(Ok(())) => {
                self.counts.exported.fetch_add(count, Ordering::Relaxed);
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {BATCH_PATIENCE:?}"),
        };
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!(problem, "spans are dropped: the OTLP endpoint does not take them");
        }
    }

    fn data(&self, node: NodeIndex, span: &Span, lag: Duration) -> SpanData {
        let record = SpanRecord::new(&self.world, &self.layout, node, span);
        let at = |us: u64| {
            SystemTime::UNIX_EPOCH
                + Duration::from_secs(self.world.calendar.epoch_unix_seconds)
                + Duration::from_micros(us)
        };
        let mut attributes: Vec<KeyValue> = record
            .attributes
            .named()
            .into_iter()
            .map(|(name, value)| KeyValue::new(name, value))
            .collect();
        if !lag.is_zero() {
            attributes.push(KeyValue::new("secnet.wall_lag_s", lag.as_secs_f64()));
        }
        let mut links = SpanLinks::default();
        links.links.extend(
            record
                .link
                .map(|link| Link::new(context(link.trace.0, link.span.0), Vec::new(), 0)),
        );
        let bytes = |id: Option<secnet_engine::trace::SpanId>| id.map_or(0, |id| id.0).to_be_bytes();
        SpanData {
            span_context: context(record.trace.0, record.span.0),
            parent_span_id: opentelemetry::trace::SpanId::from_bytes(bytes(record.parent)),
            parent_span_is_remote: false,
            span_kind: if record.is_root() {
                SpanKind::Client
            } else {
                SpanKind::Internal
            },
            name: record.name.into(),
            start_time: at(record.begin_us),
            end_time: at(record.end_us),
            attributes,
            dropped_attributes_count: 0,
            events: Default::default(),
            links,
            status: if record.failed {
                Status::error(
                    record
                        .attributes
                        .outcome
                        .or(record.attributes.response_code)
                        .unwrap_or_default(),
                )
            } else {
                Status::Unset
            },
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn context(trace: u128, span: u64) -> SpanContext {
    SpanContext::new(
        opentelemetry::trace::TraceId::from_bytes(trace.to_be_bytes()),
        opentelemetry::trace::SpanId::from_bytes(span.to_be_bytes()),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}

fn resource(participant: &str, world: &World) -> Resource {
    Resource::builder_empty()
        .with_service_name(participant.to_owned())
        .with_attributes([
            KeyValue::new("service.namespace", "secnet"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("secnet.scenario", world.scenario.name.clone()),
            KeyValue::new("secnet.seed", world.scenario.seed.to_string()),
        ])
        .build()
}
