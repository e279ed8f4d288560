//! Parse & Correlate: the User compares the pre-command with its own request, signs it and sends it back
//! under the same request id (domain.md §2.1).

use secnet_engine::draw::Stream;
use secnet_model::SimDuration;
use secnet_topology::scenario::UserParams;

pub const SIGNING_TIME: Stream = Stream::named("user-signing-time");

/// How long comparing and signing take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SigningTime {
    pub min: SimDuration,
    pub mean: SimDuration,
}

impl SigningTime {
    pub fn new(params: &UserParams) -> SigningTime {
        SigningTime {
            min: params.signing_time_min.as_duration(),
            mean: params.signing_time_mean.as_duration(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload;
    use crate::testing::{Harness, world_with};
    use secnet_engine::ItemKind;
    use secnet_engine::Outcome;
    use secnet_model::WebService;
    use secnet_model::{CommandVariant, ResponseCode, Srv};
    use secnet_wire::{Answer, DeviceResult, ServiceRequest};

    const SIGNING: &str = "[user]\nsigning_time_min = \"50ms\"\nsigning_time_mean = \"50ms\"";

    fn price_update() -> (Harness, ServiceRequest) {
        let mut harness = Harness::supplier(&world_with("1.2.1", 0.001, SIGNING));
        let request = harness.next_request();
        assert_eq!(
            (request.variant, request.service),
            (CommandVariant::CriticalPreCommand, WebService::Transform)
        );
        (harness, request)
    }

    #[test]
    fn a_matching_pre_command_is_signed_and_sent_under_the_same_request_id() {
        let (mut harness, request) = price_update();
        harness.acknowledge(
            request,
            Answer::PreCommand {
                srv: request.srv,
                bytes: 300,
            },
        );
        let received_at = harness.now;
        let signed = harness.next_request();
        assert_eq!(harness.now, received_at + SimDuration::from_millis(50));
        let expected = ServiceRequest {
            variant: CommandVariant::SignedWan,
            service: WebService::SendCommand,
            bytes: payload::signed_pre_command(300),
            ..request
        };
        assert_eq!(signed, expected);
        harness.acknowledge(signed, Answer::Accepted);
        harness.respond(harness.now, signed, ResponseCode::I0, DeviceResult::Success);
        assert_eq!(harness.closed(Outcome::Completed), 1);
        let (_, level) = harness
            .account()
            .service
            .iter()
            .next()
            .map(|(k, l)| (k, l.clone()))
            .unwrap();
        assert_eq!(level.attempts, 1, "signing is no second attempt");
    }

    #[test]
    fn a_pre_command_for_something_else_is_not_signed() {
        let (mut harness, request) = price_update();
        let another = Srv::from_number("7.2").unwrap();
        harness.acknowledge(
            request,
            Answer::PreCommand {
                srv: another,
                bytes: 300,
            },
        );
        assert_eq!(harness.closed(Outcome::PreCommandMismatch), 1);
        assert_eq!(harness.account().counters()["user.pre_commands_signed"], 0);
    }

    #[test]
    fn a_pre_command_received_twice_is_signed_once() {
        let (mut harness, request) = price_update();
        let pre_command = Answer::PreCommand {
            srv: request.srv,
            bytes: 300,
        };
        harness.acknowledge(request, pre_command);
        harness.acknowledge(request, pre_command);
        let signed = harness.next_request();
        harness.acknowledge(signed, pre_command);
        assert_eq!(harness.account().counters()["user.duplicate_answers"], 2);
        assert_eq!(harness.account().held[ItemKind::ServiceRequest as usize], 1);
        assert_eq!(harness.account().counters()["user.pre_commands_signed"], 1);
    }

    #[test]
    fn a_signed_pre_command_refused_for_overload_is_sent_again_signed() {
        let (mut harness, request) = price_update();
        harness.acknowledge(
            request,
            Answer::PreCommand {
                srv: request.srv,
                bytes: 300,
            },
        );
        let signed = harness.next_request();
        harness.acknowledge(signed, Answer::Busy { retry_after_ms: 0 });
        assert_eq!(harness.next_request(), signed);
    }
}
