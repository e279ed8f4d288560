//! Messages as the DCC counts them, at the DCC User Interface.
//!
//! A *message* is a service request, a pre-command, a signed pre-command or a service response: a read on demand is two, a price change
//! four, a scheduled read one. An acknowledgement that only says that a response will follow (I99) is none, nor is what is turned away
//! at the door (503); alerts are counted apart. No source says how the published figures are counted (domain.md §7.1): assumed.

use secnet_model::Srv;
use secnet_wire::{Answer, ServiceRequest};

crate::figures! {
    /// Messages between Users and the DCC.
    pub struct Messages: "DCC messages" in "dsp" {
        /// Service requests that were served.
        pub service_requests: sum "messages",
        /// Signed pre-commands that were served.
        pub signed_pre_commands: sum "messages",
        /// Pre-commands sent to Users to sign.
        pub pre_commands: sum "messages",
        /// Service responses, refusals among them.
        pub service_responses: sum "messages",
        /// Of all these the ones about reads (SRVs 4.x).
        pub messages_of_reads: sum "messages",
        /// Device alerts sent on to Users.
        pub device_alerts_sent_on: sum "alerts",
        /// DCC alerts sent to Users.
        pub dcc_alerts: sum "alerts",
    }
}

impl Messages {
    /// A request has had its turn.
    #[inline]
    pub fn served(&mut self, request: &ServiceRequest) {
        match request.variant.is_signed() {
            true => self.signed_pre_commands += 1,
            false => self.service_requests += 1,
        }
        self.messages_of_reads += u64::from(is_read(request.srv));
    }

    /// It is answered at the door.
    #[inline]
    pub fn answered(&mut self, srv: Srv, answer: Answer) {
        match answer {
            Answer::Accepted | Answer::Busy { .. } | Answer::Throttled { .. } => {}
            Answer::PreCommand { .. } => {
                self.pre_commands += 1;
                self.messages_of_reads += u64::from(is_read(srv));
            }
            Answer::Done { .. } | Answer::Refused(_) => self.responded(srv),
        }
    }

    /// A service response is sent to its User.
    #[inline]
    pub fn responded(&mut self, srv: Srv) {
        self.service_responses += 1;
        self.messages_of_reads += u64::from(is_read(srv));
    }

    /// All but the alerts.
    pub const fn total(&self) -> u64 {
        self.service_requests + self.signed_pre_commands + self.pre_commands + self.service_responses
    }
}

#[inline]
fn is_read(srv: Srv) -> bool {
    srv.entry().is_read()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{CommandVariant, RequestId, ResponseCode, Role, UserId};
    use secnet_wire::Timing;

    /// What a request and its answers count as; a scheduled read has neither request nor answer at the door.
    fn counted(number: &str, exchanges: &[(CommandVariant, Answer)], responses: u64) -> (u64, u64) {
        let srv = Srv::from_number(number).unwrap();
        let mut messages = Messages::default();
        for (variant, answer) in exchanges {
            messages.served(&ServiceRequest {
                id: RequestId {
                    originator: UserId(0),
                    target: secnet_model::Eui64(1),
                    counter: 1,
                },
                srv,
                role: Role::ImportSupplier,
                variant: *variant,
                service: variant.web_service(),
                timing: Timing::Now,
                bytes: 0,
            });
            messages.answered(srv, *answer);
        }
        (0..responses).for_each(|_| messages.responded(srv));
        (messages.total(), messages.messages_of_reads)
    }

    #[test]
    fn a_read_is_two_messages_a_price_change_four_and_a_scheduled_read_one() {
        let read = [(CommandVariant::NonCriticalWan, Answer::Accepted)];
        assert_eq!(counted("4.1.1", &read, 1), (2, 2));
        assert_eq!(counted("4.6.1", &[], 1), (1, 1));
        let srv = Srv::from_number("1.2.1").unwrap();
        let price = [
            (
                CommandVariant::CriticalPreCommand,
                Answer::PreCommand { srv, bytes: 0 },
            ),
            (CommandVariant::SignedWan, Answer::Accepted),
        ];
        assert_eq!(counted("1.2.1", &price, 1), (4, 0));
        let refused = [(CommandVariant::NonCriticalWan, Answer::Refused(ResponseCode::E4))];
        assert_eq!(counted("4.1.1", &refused, 0), (2, 2));
        let inventory = [(CommandVariant::NonDevice, Answer::Done { bytes: 9 })];
        assert_eq!(counted("8.2", &inventory, 0), (2, 0));
    }
}
