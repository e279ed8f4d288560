//! What a host is told to do.

use super::Host;
use actix::{ActorContext, Context, Handler};
use secnet_engine::Pace;
use secnet_model::{SimDuration, SimTime};
use secnet_topology::live_requests::TakenRequest;
use secnet_topology::scenario::RequestParams;
use std::time::Instant;

/// Starts emulated time.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub struct Start {
    pub start: Instant,
    pub pace: Pace,
    /// For a User that takes requests from outside: how far ahead it may promise, and until when.
    pub ready: Option<(SimDuration, SimTime)>,
}

impl Handler<Start> for Host {
    type Result = ();

    fn handle(&mut self, message: Start, ctx: &mut Context<Host>) {
        let start = message.start.saturating_duration_since(self.origin);
        self.seat.start(start, message.pace, message.ready);
        self.ask_for_turn(ctx);
    }
}

/// Ends the run where it is: nothing more is handled, what is under way is counted. The neighbours named are gone.
#[derive(actix::Message, Clone)]
#[rtype(result = "()")]
pub struct Halt {
    pub lost: Vec<String>,
}

impl Handler<Halt> for Host {
    type Result = ();

    fn handle(&mut self, message: Halt, ctx: &mut Context<Host>) {
        self.seat.halt(&message.lost);
        self.ask_for_turn(ctx);
    }
}

/// Gives a User a request from outside.
#[derive(actix::Message)]
#[rtype(result = "Result<TakenRequest, String>")]
pub struct TakeRequest(pub RequestParams);

impl Handler<TakeRequest> for Host {
    type Result = actix::MessageResult<TakeRequest>;

    fn handle(&mut self, message: TakeRequest, ctx: &mut Context<Host>) -> Self::Result {
        let taken = self.seat.take_request(message.0, self.origin.elapsed());
        self.ask_for_turn(ctx);
        actix::MessageResult(taken)
    }
}

#[derive(actix::Message)]
#[rtype(result = "()")]
pub struct Leave;

impl Handler<Leave> for Host {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut Context<Host>) {
        ctx.stop();
    }
}
