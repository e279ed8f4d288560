//! What it costs to write and read an envelope: `cargo run --release -p secnet-wire --example codec_cost`.
//! Marks: below 100 ns to write, below 150 ns to read one.
#![allow(clippy::print_stdout)]

use secnet_engine::Envelope;
use secnet_model::{
    Address, CommandVariant, DeviceType, PremisesId, RequestId, ResponseCode, Role, SimTime, Srv, UserId,
    WebService,
};
use secnet_wire::frame::{Frame, FrameWriter};
use secnet_wire::{CommandOrigin, DeviceResult, Message, ServiceRequest, ServiceResponse, Timing};
use std::hint::black_box;
use std::time::{Duration, Instant};

const FRAMES: u32 = 1_000;

fn main() {
    let request = |i: u32| RequestId {
        originator: UserId(3),
        target: PremisesId(29_000_000 + i).device(DeviceType::Esme).eui64(),
        counter: 1_000_000 + u64::from(i),
    };
    let Some(srv) = Srv::from_number("4.8.1") else {
        return;
    };
    cost("service request", |i| {
        Message::ServiceRequest(ServiceRequest {
            id: request(i),
            srv,
            variant: CommandVariant::NonCriticalWan,
            service: WebService::SendCommand,
            role: Role::ImportSupplier,
            bytes: 1_800,
            timing: Timing::Now,
        })
    });
    cost("service response", |i| {
        Message::ServiceResponse(ServiceResponse {
            id: request(i),
            srv,
            origin: CommandOrigin::OnDemand,
            code: ResponseCode::I0,
            result: DeviceResult::Success,
            bytes: 900,
            started_at: SimTime(40_000_000_000 + u64::from(i)),
        })
    });
}

fn cost(name: &str, message: impl Fn(u32) -> Message) {
    let envelopes: Vec<_> = (0..600_u32)
        .map(|i| Envelope {
            due: SimTime(43_200_000_000 + u64::from(i)),
            seq: 5_000_000 + u64::from(i),
            from: Address::user(UserId(3)),
            to: Address::DSP,
            message: message(i),
        })
        .collect();
    let (mut writing, mut reading) = (Vec::new(), Vec::new());
    let (mut buffer, mut read) = (Vec::new(), Vec::new());
    for seq in 1..=u64::from(FRAMES) {
        let start = Instant::now();
        let mut writer = FrameWriter::new(buffer);
        for envelope in &envelopes {
            black_box(writer.push(black_box(envelope)).is_ok());
        }
        buffer = writer.finish(1, seq, None);
        writing.push(start.elapsed());

        read.clear();
        let start = Instant::now();
        let decoded = Frame::read(black_box(&buffer)).and_then(|frame| frame.decode_data(&mut read));
        reading.push(start.elapsed());
        assert!(decoded.is_ok() && read == envelopes);
    }
    // The median frame: a machine busy with something else does not count.
    let per_envelope = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_nanos() as f64 / envelopes.len() as f64
    };
    println!(
        "{name}: write {:.0} ns, read {:.0} ns, {} bytes",
        per_envelope(&mut writing),
        per_envelope(&mut reading),
        buffer.len() / envelopes.len()
    );
}
