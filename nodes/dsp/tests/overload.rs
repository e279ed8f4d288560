//! The finite service process seen from outside: one server, 10 ms each, three may wait.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use rig::{MS, Rig, S, commands, csp, response};

use secnet_wire::{Acknowledgement, Answer, Message, ServiceRequest};

fn answers(rig: &mut Rig, at: u64, request: ServiceRequest) -> Vec<(u64, Answer)> {
    let sent = rig.submit(at, request);
    let answer = |envelope: &rig::Sent| match envelope.message {
        Message::Acknowledgement(Acknowledgement { answer, .. }) => Some((envelope.due.0, answer)),
        _ => None,
    };
    sent.iter().filter_map(answer).collect()
}

const BUSY: Answer = Answer::Busy {
    retry_after_ms: 2_000,
};

#[test]
fn a_request_beyond_the_queue_limit_is_answered_busy_at_once() {
    let mut rig = Rig::new();
    for place in 0..6 {
        let request = rig.reading();
        let expected = match place {
            // One is served, three wait.
            0..4 => (S + 10 * MS * (place + 1) + 40 * MS, Answer::Accepted),
            _ => (S + 40 * MS, BUSY),
        };
        assert_eq!(answers(&mut rig, S, request), [expected], "request {place}");
    }
    assert_eq!(rig.counter("dsp.busy_answers"), 2);
    assert_eq!(rig.counter("dsp.queue_max"), 3);
    assert_eq!(rig.counter("dsp.commands"), 4);
}

#[test]
fn a_place_in_the_queue_is_free_the_moment_the_server_takes_the_next() {
    let mut rig = Rig::new();
    for _ in 0..4 {
        let request = rig.reading();
        answers(&mut rig, S, request);
    }
    let (early, late) = (rig.reading(), rig.reading());
    assert_eq!(answers(&mut rig, S + 10 * MS - 1, early)[0].1, BUSY);
    assert_eq!(
        answers(&mut rig, S + 10 * MS, late),
        [(S + 50 * MS + 40 * MS, Answer::Accepted)]
    );
}

#[test]
fn a_busy_answer_leaves_no_trace_and_the_request_is_accepted_later() {
    let mut rig = Rig::new();
    for _ in 0..4 {
        let request = rig.reading();
        answers(&mut rig, S, request);
    }
    let request = rig.reading();
    assert_eq!(answers(&mut rig, S, request)[0].1, BUSY);
    assert_eq!(
        answers(&mut rig, 3 * S, request),
        [(3 * S + 50 * MS, Answer::Accepted)]
    );
}

#[test]
fn responses_are_never_refused_but_take_places_in_the_queue() {
    let mut rig = Rig::new();
    let mut outstanding = Vec::new();
    for i in 0..10 {
        let request = rig.reading();
        outstanding.push(commands(&rig.submit(i * S, request))[0].1);
    }
    let from = csp(&rig.world, outstanding[0].id.target);
    let at = 50 * S;
    for command in &outstanding {
        let sent = rig.deliver(at, from, response(command));
        assert!(matches!(
            sent[..],
            [rig::Sent {
                message: Message::ServiceResponse(_),
                ..
            }]
        ));
    }
    assert_eq!(rig.counter("dsp.queue_max"), 9);
    let request = rig.reading();
    assert_eq!(answers(&mut rig, at, request)[0].1, BUSY);
    // At 60 ms the seventh answer is taken and three still wait; at 70 ms two do.
    assert_eq!(answers(&mut rig, at + 60 * MS, request)[0].1, BUSY);
    assert_eq!(answers(&mut rig, at + 70 * MS, request)[0].1, Answer::Accepted);
}
