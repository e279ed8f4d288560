use crate::rig::{REGION, command, world};
use secnet_engine::{Envelope, Input, Node, Outbox};
use secnet_model::{Address, DeviceType, PremisesId, SimTime};
use secnet_premises::Premises;
use secnet_wire::Message;
use std::time::Instant;

const WINDOWS: u64 = 800;
/// Per window.
const MESSAGES: u64 = 10_000;

#[test]
fn an_idle_premises_costs_less_than_a_byte_and_a_busy_one_less_than_sixteen() {
    let count = 1_000_000;
    let world = world(|scenario| {
        scenario.population.premises = count;
        scenario.premises.alerts_per_premises_per_day = 0.5;
    });
    let mut shard = Premises::new(&world, PremisesId(0), PremisesId(count));
    assert!(
        shard.memory_bytes() < count as usize,
        "{} B idle",
        shard.memory_bytes()
    );
    let mut out = Outbox::new();
    for premises in (0..count).step_by(64).map(PremisesId) {
        let read = Message::Command(command(1, "4.1.1", premises, DeviceType::Esme));
        let (from, to) = (Address::provider(REGION), Address::premises(premises));
        let envelope = Envelope {
            due: SimTime::ZERO,
            seq: 1,
            from,
            to,
            message: read,
        };
        shard.handle(SimTime::ZERO, Input::Message(&envelope), &mut out);
    }
    assert!(
        shard.memory_bytes() < 16 * count as usize,
        "{} B with every block in use",
        shard.memory_bytes()
    );
}

/// Budget: 150 ns per message.
#[test]
#[ignore = "a measurement: run it alone, with --release"]
fn a_command_costs_at_most_150_ns() {
    let count = 1_000_000;
    let world = world(|scenario| scenario.population.premises = count);
    let mut shard = Premises::new(&world, PremisesId(0), PremisesId(count));
    let mut out = Outbox::new();
    let mut read = command(1, "4.1.1", PremisesId(0), DeviceType::Esme);
    let mut window_ns = Vec::new();
    for window in 0..WINDOWS {
        let begun = Instant::now();
        for counter in window * MESSAGES..(window + 1) * MESSAGES {
            let premises = PremisesId((counter.wrapping_mul(2_654_435_761) % u64::from(count)) as u32);
            read.id.counter = counter;
            read.id.target = premises.device(DeviceType::Esme).eui64();
            let now = SimTime(counter * 10);
            let (from, to) = (Address::provider(REGION), Address::premises(premises));
            let envelope = Envelope {
                due: now,
                seq: counter,
                from,
                to,
                message: Message::Command(read),
            };
            shard.handle(now, Input::Message(&envelope), &mut out);
            out.drain();
        }
        window_ns.push(begun.elapsed().as_nanos() as u64);
    }
    // The median of short windows: what other programs take of the processor is not counted.
    window_ns.sort_unstable();
    let each = window_ns[window_ns.len() / 2] / MESSAGES;
    assert!(each <= 150, "{each} ns per command");
}
