//! The actor that hosts one node of a live run: its seat on the wall clock, with a mailbox.
//!
//! It hands on what the bus brings and the director orders, gives the seat its turns, and wakes it when it asks to be.

mod answers;
mod orders;

pub use answers::{AskLedger, AskReport, AskRequests, AskStatus, TakeTraces};
pub use orders::{Halt, Leave, Start, TakeRequest};

use crate::bus::Frame;
use crate::seat::{Seat, Wake};
use actix::{Actor, AsyncContext, Context, Handler, SpawnHandle};
use std::time::{Duration, Instant};

/// Frames a mailbox holds; more are dropped by the bus side and sent again by the link.
const MAILBOX_FRAMES: usize = 8_192;
/// No alarm is set for sooner.
const ALARM_MIN: Duration = Duration::from_micros(200);

pub struct Host {
    seat: Seat,
    /// The seat's clock reads how long ago this was.
    origin: Instant,
    turn_pending: bool,
    alarm: Option<(Instant, SpawnHandle)>,
}

impl Host {
    pub fn new(seat: Seat) -> Host {
        Host {
            seat,
            origin: Instant::now(),
            turn_pending: false,
            alarm: None,
        }
    }

    fn ask_for_turn(&mut self, ctx: &mut Context<Host>) {
        if !self.turn_pending {
            self.turn_pending = true;
            ctx.notify(Turn);
        }
    }

    fn set_alarm(&mut self, at: Instant, ctx: &mut Context<Host>) {
        if let Some((set, handle)) = self.alarm {
            if set <= at && set > Instant::now() {
                return;
            }
            ctx.cancel_future(handle);
        }
        let wait = at.saturating_duration_since(Instant::now()).max(ALARM_MIN);
        let handle = ctx.run_later(wait, |host, ctx| {
            host.alarm = None;
            host.ask_for_turn(ctx);
        });
        self.alarm = Some((at, handle));
    }
}

impl Actor for Host {
    type Context = Context<Host>;

    fn started(&mut self, ctx: &mut Context<Host>) {
        ctx.set_mailbox_capacity(MAILBOX_FRAMES);
        self.ask_for_turn(ctx);
    }
}

#[derive(actix::Message)]
#[rtype(result = "()")]
struct Turn;

impl Handler<Turn> for Host {
    type Result = ();

    fn handle(&mut self, _: Turn, ctx: &mut Context<Host>) {
        self.turn_pending = false;
        match self.seat.turn(self.origin.elapsed()) {
            Wake::AtOnce => self.ask_for_turn(ctx),
            Wake::At(at) => self.set_alarm(self.origin + at, ctx),
            Wake::WhenTold => {}
        }
    }
}

impl Handler<Frame> for Host {
    type Result = ();

    fn handle(&mut self, frame: Frame, ctx: &mut Context<Host>) {
        let now = self.origin.elapsed();
        self.seat.take_frame(frame.link, &frame.bytes, now);
        self.ask_for_turn(ctx);
    }
}
