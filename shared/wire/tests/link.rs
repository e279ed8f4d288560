//! Two link ends over a bus that loses, doubles, delays and reorders, in made-up wall time.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use secnet_engine::{Envelope, Promise};
use secnet_model::{Address, DccAlertCode, Eui64, SimTime};
use secnet_wire::frame::FRAME_BYTES_MAX;
use secnet_wire::{DccAlert, LinkConfig, LinkEnd, LinkError, Message, Received, Tuning};
use std::collections::BTreeMap;

fn config(session: u32) -> LinkConfig {
    LinkConfig {
        run: "demo".into(),
        config_hash: 0xABCD,
        session,
        peer: "peer".into(),
        tuning: Tuning::default(),
    }
}

fn small_window() -> Tuning {
    Tuning {
        window_bytes: FRAME_BYTES_MAX + 1_000,
        window_frames: 8,
        ack_after_frames: 2,
        ..Tuning::default()
    }
}

fn envelope(number: u64) -> Envelope<Message> {
    let alert = DccAlert {
        code: DccAlertCode::N12,
        about: Eui64(number),
        request: 0,
        number,
        raised_at: SimTime(number),
        throttled: None,
    };
    let message = Message::DccAlert(alert);
    Envelope {
        due: SimTime(number),
        seq: number,
        from: Address::DSP,
        to: Address::DSP,
        message,
    }
}

fn promise(covers: u64) -> Promise {
    Promise {
        not_before: SimTime(covers),
        covers,
        wants: SimTime::NEVER,
    }
}

/// What the bus does to frames, in percent and microseconds.
#[derive(Clone, Copy, Debug)]
struct Bus {
    lost: u64,
    doubled: u64,
    delay_min_us: u64,
    delay_spread_us: u64,
}

const GOOD_BUS: Bus = Bus {
    lost: 0,
    doubled: 0,
    delay_min_us: 100,
    delay_spread_us: 0,
};

/// An end with what it has sent and delivered.
struct End {
    link: LinkEnd,
    tuning: Tuning,
    sent: u64,
    promised: Option<Promise>,
    delivered: u64,
    heard: Option<Promise>,
}

impl End {
    fn new(config: LinkConfig) -> End {
        let tuning = config.tuning;
        End {
            link: LinkEnd::new(config),
            tuning,
            sent: 0,
            promised: None,
            delivered: 0,
            heard: None,
        }
    }

    fn send(&mut self, count: u64) {
        for _ in 0..count {
            self.sent += 1;
            self.link.send_envelope(&envelope(self.sent)).unwrap();
        }
    }

    /// A promise that says how many envelopes were sent before it.
    fn promise(&mut self) {
        self.promised = Some(promise(self.sent));
        self.link.set_promise(promise(self.sent));
    }

    fn take(&mut self, bytes: &[u8], now: u64) -> Result<Received, LinkError> {
        let mut envelopes = Vec::new();
        let received = self.link.handle_frame(bytes, now, &mut envelopes)?;
        assert_eq!(received.envelopes, envelopes.len());
        for delivered in envelopes {
            self.delivered += 1;
            assert_eq!(delivered, envelope(self.delivered), "each once, in order");
        }
        if let Some(promise) = received.promise {
            assert!(
                promise.covers <= self.delivered,
                "a promise overtook the envelopes before it"
            );
            assert!(
                self.heard.is_none_or(|before| before.covers <= promise.covers),
                "promises stay in order"
            );
            self.heard = Some(promise);
        }
        Ok(received)
    }
}

struct Pair {
    ends: [End; 2],
    bus: Bus,
    draws: u64,
    now: u64,
    /// (arrives at, tie-break) → (to whom, bytes)
    under_way: BTreeMap<(u64, u64), (usize, Vec<u8>)>,
    frames: u64,
    came_up: [u32; 2],
}

impl Pair {
    fn new(first: LinkConfig, second: LinkConfig, bus: Bus, seed: u64) -> Pair {
        Pair {
            ends: [End::new(first), End::new(second)],
            bus,
            draws: seed,
            now: 1_000,
            under_way: BTreeMap::new(),
            frames: 0,
            came_up: [0; 2],
        }
    }

    fn good(tuning: Tuning) -> Pair {
        let config = LinkConfig { tuning, ..config(1) };
        let mut pair = Pair::new(config.clone(), config, GOOD_BUS, 0);
        pair.run_for(1_000);
        assert!(pair.is_up());
        pair
    }

    fn is_up(&self) -> bool {
        self.ends.iter().all(|end| end.link.is_up())
    }

    /// SplitMix64.
    fn draw(&mut self, below: u64) -> u64 {
        self.draws = self.draws.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.draws;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) % below.max(1)
    }

    fn transmit(&mut self) {
        for from in 0..2 {
            while let Some(bytes) = self.ends[from].link.poll_transmit(self.now).map(<[u8]>::to_vec) {
                assert!(bytes.len() <= FRAME_BYTES_MAX);
                self.put(1 - from, bytes);
            }
            let (stats, tuning) = (self.ends[from].link.stats(), self.ends[from].tuning);
            assert!(
                stats.unacked_bytes <= tuning.window_bytes as u64,
                "credit is never exceeded"
            );
            assert!(
                stats.unacked_frames <= tuning.window_frames as u64,
                "credit is never exceeded"
            );
        }
    }

    fn put(&mut self, to: usize, bytes: Vec<u8>) {
        let copies = 1 + u64::from(self.draw(100) < self.bus.doubled);
        for _ in 0..copies {
            if self.draw(100) >= self.bus.lost {
                let at = self.now + self.bus.delay_min_us + self.draw(self.bus.delay_spread_us + 1);
                self.frames += 1;
                self.under_way.insert((at, self.frames), (to, bytes.clone()));
            }
        }
    }

    /// Runs to the next thing that happens, but not past `until`; false when nothing does before.
    fn step(&mut self, until: u64) -> Result<bool, LinkError> {
        self.transmit();
        let arrival = self.under_way.first_key_value().map(|((at, _), _)| *at);
        let timeouts = self.ends.iter().filter_map(|end| end.link.next_timeout());
        let Some(next) = timeouts.chain(arrival).min().filter(|next| *next <= until) else {
            return Ok(false);
        };
        assert!(
            next > self.now || arrival == Some(next),
            "a time-out that has been dealt with moves on"
        );
        self.now = self.now.max(next);
        if arrival == Some(next)
            && let Some((_, (to, bytes))) = self.under_way.pop_first()
        {
            let received = self.ends[to].take(&bytes, self.now)?;
            self.came_up[to] += u32::from(received.came_up);
        }
        Ok(true)
    }

    fn run_for(&mut self, us: u64) {
        let until = self.now + us;
        while self.step(until).unwrap() {}
        self.now = until;
    }

    /// Runs until nothing more happens.
    fn settle(&mut self) {
        let start = self.now;
        while self.step(u64::MAX).unwrap() {
            assert!(self.now < start + 60_000_000, "a link that works again settles");
        }
    }

    fn assert_all_delivered(&self) {
        for (end, other) in [(&self.ends[0], &self.ends[1]), (&self.ends[1], &self.ends[0])] {
            assert_eq!(other.delivered, end.sent);
            assert_eq!(other.heard, end.promised);
            assert!(end.link.is_drained());
            assert_eq!(end.link.stats().unacked_bytes, 0);
            assert_eq!(end.link.stats().rejected, 0);
            assert_eq!(
                end.link.stats().envelopes_sent,
                other.link.stats().envelopes_received
            );
            assert_eq!(end.link.stats().bytes_sent, other.link.stats().bytes_received);
            assert_eq!(end.link.acked_seq(), other.link.received_seq());
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Send(usize, u64),
    Promise(usize),
    Run(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..2, 1_u64..40).prop_map(|(end, count)| Step::Send(end, count)),
        1 => (0_usize..2, 1_u64..3_000).prop_map(|(end, count)| Step::Send(end, count)),
        3 => (0_usize..2).prop_map(Step::Promise),
        4 => (0_u64..5_000).prop_map(Step::Run),
        1 => (0_u64..1_000_000).prop_map(Step::Run),
    ];
    proptest::collection::vec(step, 1..40)
}

fn bad_bus() -> impl Strategy<Value = Bus> {
    (
        prop_oneof![0_u64..10, 0_u64..60, Just(100)],
        0_u64..30,
        1_u64..50_000,
        0_u64..100_000,
    )
        .prop_map(|(lost, doubled, delay_min_us, delay_spread_us)| Bus {
            lost,
            doubled,
            delay_min_us,
            delay_spread_us,
        })
}

proptest! {
    #[test]
    fn each_envelope_is_delivered_once_in_order_and_before_the_promise_after_it(
        bus in bad_bus(),
        steps in steps(),
        seed in any::<u64>(),
        small in any::<bool>(),
    ) {
        let tuning = if small { small_window() } else { Tuning::default() };
        let config = LinkConfig { tuning, ..config(1) };
        let mut pair = Pair::new(config.clone(), config, bus, seed);
        for step in steps {
            match step {
                Step::Send(end, count) => pair.ends[end].send(count),
                Step::Promise(end) => pair.ends[end].promise(),
                Step::Run(us) => pair.run_for(us),
            }
        }
        // What the bus carries stays late and doubled; from now on it loses nothing.
        pair.bus.lost = 0;
        pair.settle();
        prop_assert!(pair.is_up());
        prop_assert_eq!(pair.came_up, [1, 1]);
        pair.assert_all_delivered();
    }

    #[test]
    fn no_damage_to_frames_makes_an_end_panic(
        seed in any::<u64>(),
        damage in proptest::collection::vec((0_usize..60, any::<u8>()), 1..30),
    ) {
        let mut pair = Pair::new(config(1), config(1), GOOD_BUS, seed);
        pair.run_for(1_000);
        for (at, value) in damage {
            pair.ends[0].send(1);
            pair.ends[0].promise();
            while let Some(bytes) = pair.ends[0].link.poll_transmit(pair.now).map(<[u8]>::to_vec) {
                let mut damaged = bytes.clone();
                let at = at % damaged.len();
                damaged[at] = value;
                for bytes in [damaged, bytes] {
                    let _ = pair.ends[1].link.handle_frame(&bytes, pair.now, &mut Vec::new());
                    while pair.ends[1].link.poll_transmit(pair.now).is_some() {}
                }
            }
            pair.now += 10_000;
        }
    }

    #[test]
    fn a_restarted_peer_is_named_and_nothing_is_delivered_twice(seed in any::<u64>(), before in 1_u64..200) {
        let bus = Bus { lost: 20, doubled: 10, delay_min_us: 100, delay_spread_us: 20_000 };
        let mut pair = Pair::new(config(1), config(1), bus, seed);
        pair.ends[0].send(before);
        pair.ends[1].send(before);
        pair.run_for(500_000);
        let was_up = pair.ends[0].link.is_up();
        pair.ends[1] = End::new(config(2));
        pair.ends[1].send(before);
        let outcome = loop {
            match pair.step(pair.now + 10_000_000) {
                Ok(true) if pair.now < 60_000_000 => {}
                Ok(_) => break None,
                Err(error) => break Some(error),
            }
        };
        if was_up || outcome.is_some() {
            let named = LinkError::PeerRestarted { peer: "peer".into(), before: 1, now: 2 };
            prop_assert_eq!(outcome, Some(named));
        } else {
            // Nothing had been exchanged: the new incarnation takes its place.
            prop_assert!(pair.is_up());
            prop_assert_eq!(pair.ends[0].delivered, before);
        }
    }
}

#[test]
fn nothing_but_hellos_is_sent_before_both_ends_agree() {
    let mut end = End::new(config(1));
    end.send(10);
    assert!(
        end.link.poll_transmit(5).is_some_and(|bytes| bytes.len() < 100),
        "a hello"
    );
    assert_eq!(end.link.poll_transmit(6), None);
    assert_eq!(
        end.link.next_timeout(),
        Some(200_005),
        "hellos are repeated until they are answered"
    );
    assert!(end.link.poll_transmit(200_005).is_some());
}

#[test]
fn an_end_that_starts_late_is_met() {
    let mut pair = Pair::new(
        config(1),
        config(1),
        Bus {
            lost: 100,
            ..GOOD_BUS
        },
        1,
    );
    pair.ends[0].send(5);
    pair.run_for(3_000_000);
    assert!(!pair.is_up());
    pair.bus = GOOD_BUS;
    pair.run_for(300_000);
    assert!(pair.is_up());
    pair.settle();
    pair.assert_all_delivered();
}

#[test]
fn ends_of_different_runs_or_configurations_refuse_each_other() {
    let refused_by_second = |second: LinkConfig| {
        let mut hello = LinkEnd::new(config(1));
        let bytes = hello.poll_transmit(0).unwrap();
        LinkEnd::new(second)
            .handle_frame(bytes, 0, &mut Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused_by_second(LinkConfig {
            run: "other".into(),
            ..config(1)
        }),
        "peer takes part in run demo, this end in other"
    );
    assert_eq!(
        refused_by_second(LinkConfig {
            config_hash: 1,
            ..config(1)
        }),
        "peer was started with another configuration of the link (000000000000abcd, this end 0000000000000001)"
    );
}

#[test]
fn a_quiet_link_says_nothing() {
    let mut pair = Pair::good(Tuning::default());
    pair.settle();
    let frames = pair.frames;
    pair.run_for(60_000_000);
    assert_eq!(pair.frames, frames);
    assert_eq!(pair.ends[0].link.next_timeout(), None);
}

#[test]
fn acknowledgements_ride_on_data_where_there_is_any() {
    let mut pair = Pair::good(Tuning::default());
    for _ in 0..1_000 {
        pair.ends[0].send(1);
        pair.ends[1].send(1);
        pair.run_for(1_000);
    }
    pair.settle();
    pair.assert_all_delivered();
    let acks = pair
        .ends
        .iter()
        .map(|end| end.link.stats().acks_sent)
        .sum::<u64>();
    assert!(acks <= 2, "{acks}");
}

#[test]
fn one_way_traffic_is_acknowledged_by_a_few_bare_frames() {
    let mut pair = Pair::good(Tuning::default());
    for _ in 0..1_000 {
        pair.ends[0].send(1);
        pair.run_for(200);
    }
    pair.settle();
    pair.assert_all_delivered();
    let acks = pair.ends[1].link.stats().acks_sent;
    assert!((1_000 / 16..=1_000 / 16 + 2).contains(&acks), "{acks}");
    assert_eq!(pair.ends[0].link.stats().resends, 0);
}

#[test]
fn without_credit_frames_wait_and_nothing_is_lost() {
    let mut pair = Pair::good(Tuning::default());
    pair.bus.lost = 100;
    while pair.ends[0].link.has_credit() {
        pair.ends[0].send(100);
        pair.ends[0].promise();
        pair.run_for(10);
    }
    pair.ends[0].send(20_000);
    pair.ends[0].promise();
    pair.run_for(1_000_000);
    assert!(pair.ends[0].link.backlog_bytes() > 0);
    assert!(!pair.ends[0].link.has_credit());
    let stats = pair.ends[0].link.stats();
    let in_flight = stats.unacked_envelopes + stats.queued_envelopes;
    assert_eq!(in_flight, pair.ends[0].sent);
    let undelivered = pair.ends[0].link.undelivered(0).unwrap();
    assert!(undelivered.iter().copied().eq((1..=in_flight).map(envelope)));

    pair.bus.lost = 0;
    pair.settle();
    pair.assert_all_delivered();
    assert!(pair.ends[0].link.has_credit());
}

#[test]
fn a_gap_is_filled_long_before_the_time_out() {
    let mut pair = Pair::good(Tuning::default());
    let start = pair.now;
    pair.ends[0].send(1);
    pair.bus.lost = 100;
    pair.transmit();
    pair.bus.lost = 0;
    for _ in 0..3 {
        pair.ends[0].send(1);
        pair.transmit();
    }
    pair.settle();
    pair.assert_all_delivered();
    let stats = pair.ends[0].link.stats();
    assert_eq!((stats.resends, stats.timeouts), (1, 0));
    assert_eq!(pair.ends[1].link.stats().gaps, 3);
    assert!(pair.now - start < 50_000, "took {} us", pair.now - start);
}

#[test]
fn after_a_cut_what_was_lost_follows_the_first_answer_at_once() {
    let mut pair = Pair::good(Tuning::default());
    pair.bus.lost = 100;
    for _ in 0..50 {
        pair.ends[0].send(1);
        pair.transmit();
    }
    pair.run_for(5_000_000);
    pair.bus.lost = 0;
    let healed = pair.now;
    pair.settle();
    pair.assert_all_delivered();
    let longest_wait = Tuning::default().resend_after_max_us;
    assert!(
        pair.now < healed + longest_wait + 100_000,
        "took {} us",
        pair.now - healed
    );
}

#[test]
fn a_peer_that_is_paused_is_asked_again_with_one_frame_at_a_time() {
    let mut pair = Pair::good(Tuning::default());
    pair.bus = Bus {
        delay_min_us: 10_000_000,
        ..GOOD_BUS
    };
    for _ in 0..20 {
        pair.ends[0].send(10);
        pair.transmit();
    }
    let start = pair.now;
    pair.run_for(9_900_000);
    pair.bus = GOOD_BUS;
    pair.settle();
    pair.assert_all_delivered();
    let stats = pair.ends[0].link.stats();
    assert!(stats.resends <= 10 + 20, "{}", stats.resends);
    assert!(pair.now < start + 25_000_000);
}

#[test]
fn frames_that_break_the_protocol_are_refused_and_counted() {
    let mut pair = Pair::good(Tuning::default());
    pair.ends[0].send(1);
    let good = pair.ends[0].link.poll_transmit(pair.now).unwrap().to_vec();
    let now = pair.now;

    let error = pair.ends[1].take(&good[..good.len() - 1], now).unwrap_err();
    assert_eq!(
        error.to_string(),
        "link to peer: envelope 1 of frame 1: ends 1 bytes early"
    );

    let mut far = good.clone();
    far[12..20].copy_from_slice(&200_u64.to_le_bytes());
    let error = pair.ends[1].take(&far, now).unwrap_err();
    assert_eq!(
        error,
        LinkError::BeyondWindow {
            peer: "peer".into(),
            seq: 200,
            end: 128
        }
    );

    let mut early = good.clone();
    early[20..28].copy_from_slice(&9_u64.to_le_bytes());
    let error = pair.ends[1].take(&early, now).unwrap_err();
    assert_eq!(
        error,
        LinkError::AckOfUnsent {
            peer: "peer".into(),
            acked: 9,
            sent: 0
        }
    );

    let mut stranger = good.clone();
    stranger[8] = 7;
    assert_eq!(
        pair.ends[1].take(&stranger, now),
        Ok(Received::default()),
        "meant for another incarnation"
    );

    let stats = pair.ends[1].link.stats();
    assert_eq!((stats.rejected, stats.stale), (3, 1));
    let received = pair.ends[1].take(&good, now).unwrap();
    assert_eq!(received.envelopes, 1, "the link still works");
}
