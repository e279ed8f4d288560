//! What a host is told to do.

use super::{Host, Phase};
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
        if self.phase == Phase::Linking {
            if let Some((every, until)) = message.ready {
                self.party.stay_ready(every, until);
            }
            self.phase = Phase::Running {
                start: message.start,
                pace: message.pace,
            };
            self.ask_for_turn(ctx);
        }
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
        if !matches!(self.phase, Phase::Finished { .. }) {
            self.phase = Phase::Finished { reached_end: false };
        }
        for link in &mut self.links {
            link.lost |= message.lost.contains(&link.hosted.neighbour);
        }
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
        let taken = self.take_request(message.0);
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

impl Host {
    fn take_request(&mut self, request: RequestParams) -> Result<TakenRequest, String> {
        if matches!(self.phase, Phase::Finished { .. }) {
            return Err("the run has ended".to_owned());
        }
        let clock = match self.phase {
            Phase::Running { start, pace } if pace != Pace::Max => pace.limit(start.elapsed()),
            _ => SimTime::ZERO,
        };
        let earliest = self.party.earliest_entry().max(clock);
        if earliest >= self.end {
            return Err(format!(
                "{} has promised the others to send nothing any more; with `--interactive` it would not have",
                self.name
            ));
        }
        self.party
            .change(self.index, |node| node.take_request(request, earliest))
            .unwrap_or_else(|| Err(format!("{} is not here", self.name)))
    }
}
