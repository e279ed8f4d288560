//! What a Defaulting Party may lose, and who has lost it (SEC M8.6, as `seeds/004` quotes it).

use crate::services::SrvRules;
use secnet_model::{Role, SimTime, Srv, UserId};
use secnet_topology::World;
use serde::{Deserialize, Serialize};

/// A right under SEC M8.6, which is withdrawn by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Right {
    /// (d) Core Communication Services and Local Command Services in the Other User role.
    ServicesAsOtherUser,
    /// (e) The same in any other role.
    Services,
    /// (f) Elective Communication Services. No service request variant of the catalogue is one.
    ElectiveServices,
    /// (g) Initiating the enrolment of smart metering systems.
    Enrolment,
    /// (h) All other Services.
    OtherServices,
}

/// From when on each User is without each right; "never" for those it keeps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Rights {
    by_user: Vec<Withdrawn>,
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Withdrawn {
    first: SimTime,
    from: [SimTime; Right::ALL.len()],
}

impl Right {
    /// In the order of SEC M8.6.
    pub const ALL: [Right; 5] = [
        Right::ServicesAsOtherUser,
        Right::Services,
        Right::ElectiveServices,
        Right::Enrolment,
        Right::OtherServices,
    ];

    /// The right a request is made under. Which service request variants initiate enrolment is assumed ([`SrvRules::enrols`]).
    pub fn of(srv: Srv, role: Role) -> Right {
        if SrvRules::of(srv).enrols {
            Right::Enrolment
        } else if !srv.entry().is_device_service() {
            Right::OtherServices
        } else if role == Role::OtherUser {
            Right::ServicesAsOtherUser
        } else {
            Right::Services
        }
    }
}

impl Rights {
    pub(super) fn new(world: &World) -> Rights {
        let withdrawn = |user: &secnet_topology::UserEntry| {
            let from = match user.suspended {
                true => SimTime::ZERO,
                false => world.timeline.defaults_at(user.id),
            };
            Withdrawn {
                first: from,
                from: [from; Right::ALL.len()],
            }
        };
        Rights {
            by_user: world.users.iter().map(withdrawn).collect(),
        }
    }

    /// Whether the User has the right its request is made under.
    #[inline]
    pub(super) fn has(&self, user: UserId, srv: Srv, role: Role, at: SimTime) -> bool {
        match self.by_user.get(user.index()) {
            Some(withdrawn) if withdrawn.first <= at => withdrawn.from[Right::of(srv, role) as usize] > at,
            _ => true,
        }
    }

    pub(super) fn withdraw(&mut self, user: UserId, right: Right, from: SimTime) {
        if let Some(withdrawn) = self.by_user.get_mut(user.index()) {
            let of_right = &mut withdrawn.from[right as usize];
            *of_right = from.min(*of_right);
            withdrawn.first = from.min(withdrawn.first);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.by_user.capacity() * size_of::<Withdrawn>()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn each_right_is_withdrawn_by_itself_and_takes_the_requests_made_under_it() {
        let text = "name = \"x\"\nhorizon = \"1d\"\npopulation.premises = 10\n\
                    suppliers = [{ name = \"A\", share = 1.0 }]\n";
        let world = World::new(secnet_topology::parse("x.toml", text, &[]).unwrap()).unwrap();
        let user = UserId(0);
        let requests = [
            ("4.1.1", Role::OtherUser),
            ("4.1.1", Role::ImportSupplier),
            ("8.1.1", Role::ImportSupplier),
            ("12.2", Role::ImportSupplier),
            ("5.1", Role::OtherUser),
        ];
        let mut rights = Rights::new(&world);
        let allowed = |rights: &Rights, at: u64| {
            requests.map(|(srv, role)| rights.has(user, Srv::from_number(srv).unwrap(), role, SimTime(at)))
        };
        for (step, right) in (1..).zip(Right::ALL) {
            rights.withdraw(user, right, SimTime(step));
        }
        assert_eq!(allowed(&rights, 0), [true, true, true, true, true]);
        assert_eq!(allowed(&rights, 1), [false, true, true, true, true]);
        assert_eq!(allowed(&rights, 2), [false, false, true, true, true]);
        assert_eq!(
            allowed(&rights, 3),
            [false, false, true, true, true],
            "nothing is elective"
        );
        assert_eq!(allowed(&rights, 4), [false, false, false, false, true]);
        assert_eq!(allowed(&rights, 5), [false; 5]);
    }
}
