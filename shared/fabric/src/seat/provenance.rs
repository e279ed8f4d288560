//! Whether what comes over a link can come over it: from an address on the link's other side, to one on this side, and a User's request
//! under its own id.
//!
//! A process that says otherwise speaks for somebody else. Its frames are well-formed, so the run ends and names it.

use secnet_engine::{Envelope, Network, NodeIndex};
use secnet_model::address::Participant;
use secnet_wire::Message;

pub(super) fn check(
    network: &Network,
    own: NodeIndex,
    neighbour: NodeIndex,
    envelope: &Envelope<Message>,
) -> Result<(), String> {
    let name = |node: NodeIndex| network.name(node);
    let at = |address| network.directory.node(address);
    let Envelope { from, to, .. } = envelope;
    if at(*from) != Some(neighbour) {
        let neighbour = name(neighbour);
        return Err(format!(
            "{neighbour} sent what is from {from:?}, which is not its address"
        ));
    }
    if at(*to) != Some(own) {
        let (neighbour, own) = (name(neighbour), name(own));
        return Err(format!("{neighbour} sent {own} what is for {to:?}"));
    }
    if let Message::ServiceRequest(request) = &envelope.message
        && Participant::User(request.id.originator) != from.participant()
    {
        let (neighbour, id) = (name(neighbour), request.id);
        return Err(format!(
            "{neighbour} sent a request under another User's id, {id}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secnet_model::{
        Address, CommandVariant, DeviceType, PremisesId, RequestId, Role, SimTime, Srv, UserId, WebService,
    };
    use secnet_topology::World;
    use secnet_wire::{ServiceRequest, Timing};

    fn request(from: Address, to: Address, originator: UserId) -> Envelope<Message> {
        let request = ServiceRequest {
            id: RequestId {
                originator,
                target: PremisesId(3).device(DeviceType::Esme).eui64(),
                counter: 1,
            },
            srv: Srv::from_number("4.1.1").unwrap(),
            variant: CommandVariant::NonCriticalWan,
            service: WebService::SendCommand,
            role: Role::ImportSupplier,
            bytes: 1_800,
            timing: Timing::Now,
        };
        Envelope {
            due: SimTime::ZERO,
            seq: 0,
            from,
            to,
            message: Message::ServiceRequest(request),
        }
    }

    #[test]
    fn nobody_speaks_for_another() {
        let text = include_str!("../../../../topology/demo.toml");
        let scenario = secnet_topology::parse("demo.toml", text, &[]).unwrap();
        let network = World::new(scenario).unwrap().layout().network;
        let node = |name: &str| NodeIndex(network.nodes.iter().position(|n| n == name).unwrap() as u16);
        let (dsp, first) = (node("dsp"), network.directory.users[0]);
        let (one, other) = (UserId(0), UserId(1));
        let said = |from, to, originator| {
            let envelope = request(from, to, originator);
            check(&network, dsp, first, &envelope).err().unwrap_or_default()
        };
        assert_eq!(said(Address::user(one), Address::DSP, one), "");
        let name = network.name(first);
        let another = said(Address::user(other), Address::DSP, other);
        assert!(
            another.starts_with(&format!("{name} sent what is from")),
            "{another}"
        );
        let past = said(Address::user(one), Address::premises(PremisesId(3)), one);
        assert!(
            past.starts_with(&format!("{name} sent dsp what is for")),
            "{past}"
        );
        let id = said(Address::user(one), Address::DSP, other);
        assert!(id.contains("under another User's id"), "{id}");
    }
}
