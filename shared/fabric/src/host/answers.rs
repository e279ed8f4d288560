//! What a host says of its node when it is asked.

use super::Host;
use crate::report::{NodeReport, NodeStatus};
use actix::{Context, Handler};
use secnet_accounts::Account;
use secnet_engine::Ledger;
use secnet_engine::trace::TraceBook;
use secnet_topology::live_requests::TakenRequest;

#[derive(actix::Message)]
#[rtype(result = "NodeStatus")]
pub struct AskStatus;

impl Handler<AskStatus> for Host {
    type Result = actix::MessageResult<AskStatus>;

    fn handle(&mut self, _: AskStatus, _: &mut Context<Host>) -> Self::Result {
        actix::MessageResult(self.seat.status())
    }
}

/// The ledger of the node's account as it stands.
#[derive(actix::Message)]
#[rtype(result = "Ledger")]
pub struct AskLedger;

impl Handler<AskLedger> for Host {
    type Result = actix::MessageResult<AskLedger>;

    fn handle(&mut self, _: AskLedger, _: &mut Context<Host>) -> Self::Result {
        actix::MessageResult(self.seat.ledger())
    }
}

/// The node's account as it stands, and the report of its host.
#[derive(actix::Message)]
#[rtype(result = "(NodeReport, Account)")]
pub struct AskReport;

impl Handler<AskReport> for Host {
    type Result = actix::MessageResult<AskReport>;

    fn handle(&mut self, _: AskReport, _: &mut Context<Host>) -> Self::Result {
        actix::MessageResult((self.seat.report(), self.seat.account()))
    }
}

/// What the node told of sampled items, once it is settled. Given away: asked again, there is nothing.
#[derive(actix::Message)]
#[rtype(result = "TraceBook")]
pub struct TakeTraces;

impl Handler<TakeTraces> for Host {
    type Result = actix::MessageResult<TakeTraces>;

    fn handle(&mut self, _: TakeTraces, _: &mut Context<Host>) -> Self::Result {
        actix::MessageResult(self.seat.take_traces())
    }
}

/// The requests taken from outside and what became of them.
#[derive(actix::Message)]
#[rtype(result = "Vec<TakenRequest>")]
pub struct AskRequests;

impl Handler<AskRequests> for Host {
    type Result = actix::MessageResult<AskRequests>;

    fn handle(&mut self, _: AskRequests, _: &mut Context<Host>) -> Self::Result {
        actix::MessageResult(self.seat.requests_taken())
    }
}
