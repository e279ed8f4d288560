//! A service request as a User sends it, before the premises is chosen: role, variant, web service, device types.
//! Worked out once per workload and SRV.

use crate::desk::Desk;
use crate::mistakes;
use secnet_accounts::ServiceMode;
use secnet_model::{CommandVariant, DeviceType, FutureDating, Role, RoleSet, Srv, WebService};
use secnet_topology::scenario::Mistake;

/// A device type the request may go to, and the role in which the User deals with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub device_type: DeviceType,
    pub role: Role,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The DCC itself.
    Dcc(Role),
    /// The first of these the premises has: to be sent the command, or asked about (8.2, 8.3).
    Device(Vec<Candidate>),
    /// A schedule (SRVs 5.1–5.3) for one of these SRVs and the device it reads.
    Schedule(Vec<(Srv, Vec<Candidate>)>),
}

/// As what a request is sent, and where to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posted {
    pub variant: CommandVariant,
    pub service: WebService,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestForm {
    pub srv: Srv,
    posted: Posted,
    /// To a SMETS1 device, for which there is nothing to sign.
    posted_for_smets1: Posted,
    pub mode: ServiceMode,
    pub subject: Subject,
    /// A role claimed by mistake in place of the fitting one.
    pub claimed_role: Option<Role>,
}

/// Why a workload's request cannot be sent at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsendable {
    /// The User deals with no device the SRV is for, in no role the SRV allows.
    NoTarget,
    /// The premises is no longer the User's, as it has learnt.
    Lost,
    /// The mistake is none with this SRV and User.
    MistakeNotPossible,
}

/// What a workload asks of all its requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    pub target: Option<DeviceType>,
    pub future_dated: bool,
    pub mistake: Option<Mistake>,
}

impl Posted {
    fn new(srv: Srv, mistake: Option<Mistake>, is_smets1: bool) -> Result<Posted, Unsendable> {
        let entry = srv.entry();
        let right = if !entry.is_device_service() {
            CommandVariant::NonDevice
        } else if entry.critical && !is_smets1 {
            CommandVariant::CriticalPreCommand
        } else {
            CommandVariant::NonCriticalWan
        };
        let variant = match mistake {
            // What is wrong for every SRV there.
            Some(Mistake::WrongVariant) if is_smets1 => CommandVariant::SignedWan,
            Some(Mistake::WrongVariant) => mistakes::wrong_variant(srv),
            Some(Mistake::NotLocal) => mistakes::not_local(srv).ok_or(Unsendable::MistakeNotPossible)?,
            Some(_) | None => right,
        };
        let service = match mistake {
            Some(Mistake::WrongService) => mistakes::wrong_service(variant),
            Some(_) | None => variant.web_service(),
        };
        Ok(Posted { variant, service })
    }
}

impl RequestForm {
    pub fn new<D: Desk>(srv: Srv, held: RoleSet, wishes: Wishes) -> Result<RequestForm, Unsendable> {
        let entry = srv.entry();
        let subject = subject_of::<D>(srv, held, wishes).ok_or(Unsendable::NoTarget)?;
        let mut claimed_role = None;
        match wishes.mistake {
            Some(mistake @ (Mistake::RoleNotHeld | Mistake::RoleNotAllowed)) => {
                let role = mistakes::wrong_role(mistake, srv, held).ok_or(Unsendable::MistakeNotPossible)?;
                claimed_role = Some(role);
            }
            Some(Mistake::NotResponsible | Mistake::WrongDeviceType)
                if matches!(subject, Subject::Dcc(_)) =>
            {
                return Err(Unsendable::MistakeNotPossible);
            }
            Some(_) | None => {}
        }
        let mode = if !entry.is_device_service() {
            ServiceMode::NonDevice
        } else if wishes.future_dated && entry.future_dated != FutureDating::NotAllowed {
            ServiceMode::FutureDated
        } else {
            ServiceMode::OnDemand
        };
        Ok(RequestForm {
            srv,
            posted: Posted::new(srv, wishes.mistake, false)?,
            posted_for_smets1: Posted::new(srv, wishes.mistake, true)?,
            mode,
            subject,
            claimed_role,
        })
    }

    /// As what it is sent to a device of that kind.
    pub const fn posted(&self, is_smets1: bool) -> Posted {
        match is_smets1 {
            true => self.posted_for_smets1,
            false => self.posted,
        }
    }

    pub fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        let (devices, schedules): (&[Candidate], &[(Srv, Vec<Candidate>)]) = match &self.subject {
            Subject::Dcc(_) => (&[], &[]),
            Subject::Device(candidates) => (candidates, &[]),
            Subject::Schedule(choices) => (&[], choices),
        };
        devices
            .iter()
            .chain(schedules.iter().flat_map(|(_, candidates)| candidates))
            .copied()
    }
}

fn subject_of<D: Desk>(srv: Srv, held: RoleSet, wishes: Wishes) -> Option<Subject> {
    if srv.entry().is_about_a_device() {
        let candidates = candidates::<D>(srv, held, wishes);
        return (!candidates.is_empty()).then_some(Subject::Device(candidates));
    }
    if !srv.entry().is_about_schedules() {
        return fitting_role(srv, &Role::ALL, held, wishes.mistake).map(Subject::Dcc);
    }
    let choices: Vec<_> = D::SCHEDULES
        .iter()
        .filter_map(|number| Srv::from_number(number))
        .map(|scheduled| (scheduled, candidates::<D>(scheduled, held, wishes)))
        .filter(|(_, candidates)| !candidates.is_empty())
        .collect();
    (!choices.is_empty()).then_some(Subject::Schedule(choices))
}

/// The device types to try, in order: the one asked for where the SRV allows it, or all the catalogue names; a gas
/// proxy before the gas meter it mirrors, because the meter sleeps (domain.md §3).
fn candidates<D: Desk>(srv: Srv, held: RoleSet, wishes: Wishes) -> Vec<Candidate> {
    let entry = srv.entry();
    let mut device_types: Vec<DeviceType> = match wishes.target {
        Some(target) if entry.may_target(target) || !entry.is_device_service() => vec![target],
        // Whoever deals with gas alone asks about the proxy.
        _ if !entry.is_device_service()
            && D::roles_for(DeviceType::Esme)
                .iter()
                .any(|role| held.contains(*role)) =>
        {
            vec![DeviceType::Esme]
        }
        _ if !entry.is_device_service() => vec![DeviceType::Gpf],
        _ => entry.targets.to_vec(),
    };
    let place = |device_type: DeviceType| device_types.iter().position(|d| *d == device_type);
    if let (Some(gsme), Some(gpf)) = (place(DeviceType::Gsme), place(DeviceType::Gpf))
        && gsme < gpf
    {
        device_types.swap(gsme, gpf);
    }
    device_types
        .into_iter()
        .filter_map(|device_type| {
            let role = fitting_role(srv, D::roles_for(device_type), held, wishes.mistake)?;
            Some(Candidate { device_type, role })
        })
        .collect()
}

/// The first role that is held and allowed; one that is only held where the role is to be wrong anyway.
fn fitting_role(srv: Srv, preferred: &[Role], held: RoleSet, mistake: Option<Mistake>) -> Option<Role> {
    let mut roles = preferred.iter().copied().filter(|role| held.contains(*role));
    let fitting = roles.clone().find(|role| srv.entry().roles.contains(*role));
    match mistake {
        Some(Mistake::RoleNotHeld | Mistake::RoleNotAllowed) => fitting.or_else(|| roles.next()),
        _ => fitting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{DnoDesk, OtherUserDesk, SupplierDesk};

    const SUPPLIER_ROLES: RoleSet = RoleSet::EMPTY
        .with(Role::ImportSupplier)
        .with(Role::ExportSupplier)
        .with(Role::GasSupplier);
    const DNO_ROLES: RoleSet = RoleSet::EMPTY.with(Role::ElectricityDistributor);
    const OTHER_ROLES: RoleSet = RoleSet::EMPTY.with(Role::OtherUser);

    fn srv(number: &str) -> Srv {
        Srv::from_number(number).unwrap()
    }

    fn form<D: Desk>(number: &str, held: RoleSet, wishes: Wishes) -> Result<RequestForm, Unsendable> {
        RequestForm::new::<D>(srv(number), held, wishes)
    }

    #[test]
    fn variants_and_web_services_follow_from_the_catalogue() {
        let rows = [
            ("4.1.1", CommandVariant::NonCriticalWan, WebService::SendCommand),
            ("1.1.1", CommandVariant::CriticalPreCommand, WebService::Transform),
            ("8.2", CommandVariant::NonDevice, WebService::NonDevice),
            ("12.1", CommandVariant::NonDevice, WebService::NonDevice),
            ("5.1", CommandVariant::NonDevice, WebService::NonDevice),
        ];
        for (number, variant, service) in rows {
            let form = form::<SupplierDesk>(number, SUPPLIER_ROLES, Wishes::default()).unwrap();
            assert_eq!(form.posted(false), Posted { variant, service }, "{number}");
            let expected = match variant {
                CommandVariant::CriticalPreCommand => CommandVariant::NonCriticalWan,
                other => other,
            };
            let smets1 = form.posted(true);
            assert_eq!(
                (smets1.variant, smets1.service),
                (expected, expected.web_service())
            );
        }
    }

    #[test]
    fn the_role_fits_the_fuel_and_a_proxy_comes_before_the_sleeping_meter() {
        let on = |device_type, role| Candidate { device_type, role };
        type FormOf = fn(&str, RoleSet, Wishes) -> Result<RequestForm, Unsendable>;
        type Row<'a> = (&'a str, FormOf, RoleSet, Option<DeviceType>, Vec<Candidate>);
        let rows: [Row<'_>; 8] = [
            (
                "4.1.1",
                form::<SupplierDesk>,
                SUPPLIER_ROLES,
                None,
                vec![
                    on(DeviceType::Esme, Role::ImportSupplier),
                    on(DeviceType::Gpf, Role::GasSupplier),
                    on(DeviceType::Gsme, Role::GasSupplier),
                ],
            ),
            (
                "4.1.1",
                form::<SupplierDesk>,
                SUPPLIER_ROLES,
                Some(DeviceType::Gsme),
                vec![on(DeviceType::Gsme, Role::GasSupplier)],
            ),
            (
                "4.6.2",
                form::<SupplierDesk>,
                SUPPLIER_ROLES,
                None,
                vec![on(DeviceType::Esme, Role::ExportSupplier)],
            ),
            (
                "4.1.1",
                form::<DnoDesk>,
                DNO_ROLES,
                None,
                vec![on(DeviceType::Esme, Role::ElectricityDistributor)],
            ),
            (
                "4.17",
                form::<OtherUserDesk>,
                OTHER_ROLES,
                Some(DeviceType::Gpf),
                vec![on(DeviceType::Gpf, Role::OtherUser)],
            ),
            (
                "4.17",
                form::<OtherUserDesk>,
                OTHER_ROLES,
                Some(DeviceType::Gsme),
                vec![
                    on(DeviceType::Esme, Role::OtherUser),
                    on(DeviceType::Gpf, Role::OtherUser),
                ],
            ),
            ("4.1.4", form::<SupplierDesk>, SUPPLIER_ROLES, None, {
                vec![
                    on(DeviceType::Gpf, Role::GasSupplier),
                    on(DeviceType::Gsme, Role::GasSupplier),
                ]
            }),
            (
                "6.30",
                form::<SupplierDesk>,
                SUPPLIER_ROLES,
                None,
                vec![on(DeviceType::Chf, Role::ImportSupplier)],
            ),
        ];
        for (number, form_of, held, target, expected) in rows {
            let form = form_of(
                number,
                held,
                Wishes {
                    target,
                    ..Wishes::default()
                },
            )
            .unwrap();
            assert_eq!(form.subject, Subject::Device(expected), "{number}");
        }
        assert_eq!(
            form::<DnoDesk>("2.2", DNO_ROLES, Wishes::default()),
            Err(Unsendable::NoTarget)
        );
    }

    #[test]
    fn each_mistake_changes_the_field_it_is_about_and_no_other() {
        let right = form::<SupplierDesk>("4.1.1", SUPPLIER_ROLES, Wishes::default()).unwrap();
        let wrong = |mistake| {
            form::<SupplierDesk>(
                "4.1.1",
                SUPPLIER_ROLES,
                Wishes {
                    mistake: Some(mistake),
                    ..Wishes::default()
                },
            )
        };
        let distributor = Some(Role::ElectricityDistributor);
        assert_eq!(
            wrong(Mistake::RoleNotHeld),
            Ok(RequestForm {
                claimed_role: distributor,
                ..right.clone()
            })
        );
        let exporter = Some(Role::ExportSupplier);
        assert_eq!(
            wrong(Mistake::RoleNotAllowed),
            Ok(RequestForm {
                claimed_role: exporter,
                ..right.clone()
            })
        );
        for (mistake, variant, service) in [
            (
                Mistake::WrongVariant,
                CommandVariant::SignedWan,
                WebService::SendCommand,
            ),
            (
                Mistake::WrongService,
                CommandVariant::NonCriticalWan,
                WebService::NonDevice,
            ),
        ] {
            let posted = Posted { variant, service };
            assert_eq!(
                wrong(mistake),
                Ok(RequestForm {
                    posted,
                    posted_for_smets1: posted,
                    ..right.clone()
                })
            );
        }
        for chosen_with_the_target in [
            Mistake::NotResponsible,
            Mistake::WrongDeviceType,
            Mistake::UnknownDevice,
        ] {
            assert_eq!(wrong(chosen_with_the_target), Ok(right.clone()));
        }
        assert_eq!(
            wrong(Mistake::NotLocal),
            Err(Unsendable::MistakeNotPossible),
            "4.1.1 is available locally"
        );
        let not_local = Wishes {
            mistake: Some(Mistake::NotLocal),
            ..Wishes::default()
        };
        let local = form::<SupplierDesk>("8.2", SUPPLIER_ROLES, not_local).unwrap();
        assert_eq!(
            (local.posted(false).variant, local.posted(false).service),
            (CommandVariant::NonCriticalLocal, WebService::NonDevice)
        );
    }

    #[test]
    fn only_what_the_catalogue_lets_be_future_dated_is() {
        let mode = |number| {
            let wishes = Wishes {
                future_dated: true,
                ..Wishes::default()
            };
            form::<SupplierDesk>(number, SUPPLIER_ROLES, wishes).unwrap().mode
        };
        assert_eq!(mode("4.6.1"), ServiceMode::FutureDated);
        assert_eq!(mode("1.1.1"), ServiceMode::FutureDated);
        assert_eq!(mode("7.4"), ServiceMode::OnDemand);
        assert_eq!(mode("8.2"), ServiceMode::NonDevice);
    }
}
