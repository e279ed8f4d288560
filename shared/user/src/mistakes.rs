//! Requests sent wrong on purpose: each [`Mistake`] changes the one field its error code is about and leaves the rest right.

use secnet_model::{CommandVariant, DeviceType, Eui64, PremisesId, Role, RoleSet, Srv, WebService};
use secnet_topology::Population;
use secnet_topology::scenario::Mistake;

/// First 24 bits of EUI-64s no emulated device has.
const FOREIGN_PREFIX: u64 = 0x00DB13;

/// The role claimed by mistake: one it does not hold (E1), if possible one that the SRV allows; or one it holds that
/// the SRV does not allow (E2).
pub fn wrong_role(mistake: Mistake, srv: Srv, held: RoleSet) -> Option<Role> {
    let allowed = srv.entry().roles;
    match mistake {
        Mistake::RoleNotHeld => {
            let mut not_held = Role::ALL.into_iter().filter(|role| !held.contains(*role));
            not_held
                .clone()
                .find(|role| allowed.contains(*role))
                .or_else(|| not_held.next())
        }
        Mistake::RoleNotAllowed => held.iter().find(|role| !allowed.contains(*role)),
        Mistake::NotResponsible
        | Mistake::WrongDeviceType
        | Mistake::WrongVariant
        | Mistake::WrongService
        | Mistake::NotLocal
        | Mistake::UnknownDevice => None,
    }
}

/// A variant the SRV is not for (E12), of the same web service where there is one.
pub fn wrong_variant(srv: Srv) -> CommandVariant {
    let entry = srv.entry();
    if entry.is_device_service() && !entry.critical {
        CommandVariant::SignedWan
    } else {
        CommandVariant::NonCriticalWan
    }
}

/// Not the web service the variant belongs to (E13).
pub fn wrong_service(variant: CommandVariant) -> WebService {
    match variant.web_service() {
        WebService::SendCommand => WebService::NonDevice,
        WebService::Transform | WebService::NonDevice => WebService::SendCommand,
    }
}

/// A local delivery that is not available (E17); `None` where it is.
pub fn not_local(srv: Srv) -> Option<CommandVariant> {
    (!srv.entry().allows_local()).then_some(CommandVariant::NonCriticalLocal)
}

/// A device in the premises that the SRV is not for (E11).
pub fn wrong_device_type(srv: Srv, population: &Population, premises: PremisesId) -> Option<DeviceType> {
    const LIKELY: [DeviceType; 5] = [
        DeviceType::Chf,
        DeviceType::Esme,
        DeviceType::Gpf,
        DeviceType::Gsme,
        DeviceType::Ppmid,
    ];
    LIKELY.into_iter().find(|&device_type| {
        !srv.entry().may_target(device_type) && population.has_device(premises, device_type)
    })
}

/// An EUI-64 that is in no inventory (E19).
pub fn unknown_device(draw: u64) -> Eui64 {
    Eui64(FOREIGN_PREFIX << 40 | draw >> 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(number: &str) -> Srv {
        Srv::from_number(number).unwrap()
    }

    const SUPPLIER: RoleSet = RoleSet::EMPTY.with(Role::ImportSupplier).with(Role::GasSupplier);

    #[test]
    fn a_wrong_role_is_either_not_held_or_not_allowed() {
        for srv in Srv::all() {
            let not_held = wrong_role(Mistake::RoleNotHeld, srv, SUPPLIER).unwrap();
            assert!(!SUPPLIER.contains(not_held));
            match wrong_role(Mistake::RoleNotAllowed, srv, SUPPLIER) {
                Some(role) => assert!(SUPPLIER.contains(role) && !srv.entry().roles.contains(role)),
                None => assert!(SUPPLIER.iter().all(|role| srv.entry().roles.contains(role))),
            }
        }
    }

    #[test]
    fn a_wrong_variant_a_wrong_service_and_a_local_delivery_are_what_the_catalogue_forbids() {
        for srv in Srv::all() {
            assert!(!srv.entry().allows_variant(wrong_variant(srv)), "{srv}");
            assert_eq!(not_local(srv).is_none(), srv.entry().allows_local(), "{srv}");
        }
        for variant in CommandVariant::ALL {
            assert_ne!(wrong_service(variant), variant.web_service());
        }
        assert!(not_local(srv("5.1")).is_some_and(CommandVariant::is_local));
    }

    #[test]
    fn an_unknown_device_is_no_device_of_the_population() {
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            assert_eq!(unknown_device(draw).device(), None);
            assert_eq!(unknown_device(draw).user(), None);
        }
    }
}
