//! Raw messages per second between two processes over the kind of link live runs have: a client's session to a router's
//! over TCP on the loopback interface, one put per message, the payload one encoded envelope.
//!
//! Not here: the link protocol. Congestion control is Block, so that what is put arrives; what arrived is counted.

use crate::bench::Effort;
use crate::console;
use anyhow::{Context, anyhow, ensure};
use secnet_engine::Envelope;
use secnet_fabric::Rights;
use secnet_fabric::session::{self, Attachment};
use secnet_model::{
    Address, CommandVariant, DeviceType, PremisesId, RequestId, Role, SimTime, Srv, UserId, WebService,
};
use secnet_wire::codec::{self, ENVELOPE_BYTES_MAX};
use secnet_wire::{Message, ServiceRequest, Timing};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use zenoh::Wait;
use zenoh::qos::{CongestionControl, Priority};

const KEY: &str = "secnet/bench/raw";
/// Before the measurement: the subscriber must be known to the publisher, and both ends be warm.
const WARM_UP: Duration = Duration::from_millis(700);
const MEASURED: Duration = Duration::from_secs(4);
const MEASURED_QUICK: Duration = Duration::from_secs(1);
/// Puts between looks at the clock.
const STRIDE: u64 = 256;
const READY: &str = "ready";

/// The first octet of each message.
const NOT_COUNTED: u8 = 0;
const COUNTED: u8 = 1;
const LAST: u8 = 2;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Sent at once, as the fabric does, or batched by the bus.
    pub express: bool,
    pub messages_per_second: f64,
    pub payload_bytes: usize,
    pub sent: u64,
    pub received: u64,
}

/// What the receiving process says on its standard output.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Receipt {
    received: u64,
    /// From the first counted message to the last.
    seconds: f64,
}

pub fn measure(effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let measured = match effort {
        Effort::Quick => MEASURED_QUICK,
        Effort::Full => MEASURED,
    };
    [true, false]
        .into_iter()
        .map(|express| send(express, measured))
        .collect()
}

/// The sending process: a client.
fn send(express: bool, measured: Duration) -> anyhow::Result<Figure> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let endpoint = format!("tcp/127.0.0.1:{port}");
    let mut receiver = Command::new(std::env::current_exe()?)
        .args(["bench", "--raw-bus-receiver", &endpoint])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the receiving process")?;
    let result = send_to(&mut receiver, &endpoint, express, measured);
    if result.is_err() {
        let _ = receiver.kill();
    }
    let _ = receiver.wait();
    result
}

fn send_to(
    receiver: &mut std::process::Child,
    endpoint: &str,
    express: bool,
    measured: Duration,
) -> anyhow::Result<Figure> {
    let mut said = BufReader::new(receiver.stdout.take().context("no pipe to the receiver")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    ensure!(line.trim() == READY, "the receiving process did not come up");

    let runtime = runtime()?;
    let (session, publisher) = runtime.block_on(async {
        let session = session::open(&Attachment::client("raw bus", endpoint, None)?)
            .await
            .context("cannot open a session")?;
        let publisher = session
            .declare_publisher(KEY)
            .congestion_control(CongestionControl::Block)
            .priority(Priority::Data)
            .express(express)
            .await
            .map_err(|error| anyhow!("cannot publish: {error}"))?;
        anyhow::Ok((session, publisher))
    })?;
    let mut message = sample_message()?;
    let mut put = |kind: u8, count: u64| -> anyhow::Result<()> {
        message[0] = kind;
        for _ in 0..count {
            let put = publisher.put(message.as_slice()).wait();
            put.map_err(|error| anyhow!("cannot put: {error}"))?;
        }
        Ok(())
    };
    let mut put_for = |kind: u8, time: Duration| -> anyhow::Result<u64> {
        let (start, mut sent) = (Instant::now(), 0);
        while start.elapsed() < time {
            put(kind, STRIDE)?;
            sent += STRIDE;
        }
        Ok(sent)
    };
    put_for(NOT_COUNTED, WARM_UP)?;
    let sent = put_for(COUNTED, measured)?;
    put(LAST, 1)?;

    line.clear();
    said.read_to_string(&mut line)?;
    let receipt: Receipt = serde_json::from_str(&line).context("the receiving process did not report")?;
    runtime.block_on(async {
        drop(publisher);
        session.close().await.map_err(|error| anyhow!("{error}"))
    })?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    ensure!(
        receipt.received == sent,
        "of {sent} messages {} arrived",
        receipt.received
    );
    Ok(Figure {
        express,
        messages_per_second: receipt.received as f64 / receipt.seconds,
        payload_bytes: message.len(),
        sent,
        received: receipt.received,
    })
}

/// The receiving process: a router. Counts what comes and reports when the last has come.
pub fn receive(endpoint: &str) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let received = Arc::new(AtomicU64::new(0));
    let first: Arc<OnceLock<Instant>> = Arc::default();
    let (done, last) = std::sync::mpsc::channel();
    let counting = (Arc::clone(&received), Arc::clone(&first));
    let session = runtime.block_on(async {
        let session = session::open(&Attachment::router("raw bus", endpoint, None, Rights::default())?)
            .await
            .context("cannot open a session")?;
        let subscribed = session.declare_subscriber(KEY).callback(move |sample| {
            let (received, first) = &counting;
            let payload = sample.payload().to_bytes();
            match payload.first() {
                Some(&COUNTED) if received.fetch_add(1, Ordering::Relaxed) == 0 => {
                    let _ = first.set(Instant::now());
                }
                Some(&LAST) => {
                    let _ = done.send(Instant::now());
                }
                _ => {}
            }
        });
        subscribed
            .background()
            .await
            .map_err(|error| anyhow!("cannot subscribe: {error}"))?;
        anyhow::Ok(session)
    })?;
    console::print(&format!("{READY}\n"));
    let last = last
        .recv_timeout(Duration::from_secs(60))
        .context("the sending process fell silent")?;
    let first = first.get().copied().unwrap_or(last);
    let receipt = Receipt {
        received: received.load(Ordering::Relaxed),
        seconds: last.duration_since(first).as_secs_f64(),
    };
    console::print(&serde_json::to_string(&receipt)?);
    runtime
        .block_on(async { session.close().await })
        .map_err(|error| anyhow!("{error}"))?;
    runtime.shutdown_timeout(Duration::from_millis(500));
    Ok(())
}

/// Zenoh needs a multi-thread one.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// An octet to tell messages apart by, and an encoded envelope.
fn sample_message() -> anyhow::Result<Vec<u8>> {
    let request = ServiceRequest {
        id: RequestId {
            originator: UserId(3),
            target: PremisesId(29_000_000).device(DeviceType::Esme).eui64(),
            counter: 1_000_000,
        },
        srv: Srv::from_number("4.1.1").context("SRV 4.1.1 is in the catalogue")?,
        variant: CommandVariant::NonCriticalWan,
        service: WebService::SendCommand,
        role: Role::ImportSupplier,
        bytes: 1_800,
        timing: Timing::Now,
    };
    let envelope = Envelope {
        due: SimTime(43_200_000_000),
        seq: 5_000_000,
        from: Address::user(UserId(3)),
        to: Address::DSP,
        message: Message::ServiceRequest(request),
    };
    let mut message = vec![NOT_COUNTED];
    message.extend(codec::encode_value(
        "a sample envelope",
        &envelope,
        ENVELOPE_BYTES_MAX,
    )?);
    Ok(message)
}
