//! SEC Modifications in the DSP: `modifications/<number>/dsp.rs`. The DSP calls each hook of [`Modification`] at one named point; a
//! Modification the scenario has switched off is not there, one that is not released yet is asked nothing, and with none of
//! them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use crate::future_dated::Held;
use crate::records::{Records, Right};
use crate::schedules::ScheduledRead;
use crate::service_process::{Capacity, ServiceProcess};
use secnet_accounts::{Part, ask_each, modifications};
use secnet_engine::Outcome;
use secnet_model::{Address, DccAlertCode, RequestId, SimTime, Srv, UserId};
use secnet_topology::World;
use secnet_topology::modifications::Released;
use secnet_wire::{DccAlert, DeviceAlert, DeviceResponse, ServiceRequest, Undeliverable};
use serde::{Deserialize, Serialize};

/// A Modification's part in the DSP. The value is its state, plain data that is saved with the DSP's, together with
/// what it worked out from its parameters.
pub trait Modification: Part + Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave the DSP no part in it.
    fn new(world: &World) -> Option<Self>;

    /// It goes live in the middle of a run: what the service process has taken on until now is still served as it was to be.
    fn goes_live(&mut self, _now: SimTime, _service_process: &ServiceProcess) {}

    /// A service request at the DSP's door, before it has cost anything.
    fn request_arrives(&mut self, _now: SimTime, _world: &World, _request: &ServiceRequest) -> Ingress {
        Ingress::Admit
    }

    /// Something wants to be served.
    fn takes_turn(&mut self, _now: SimTime, _capacity: Capacity, _work: &Work) -> Turn {
        Turn::InOrderOfArrival
    }

    /// A request that passed access control and is to become a command to a device.
    fn command_accepted(&mut self, _now: SimTime, _world: &World, _request: &ServiceRequest) -> Scrutiny {
        Scrutiny::Pass
    }

    /// A device alert at the DSP's door, before it has cost anything.
    fn alert_arrives(&mut self, _now: SimTime, _alert: &DeviceAlert) -> Northbound {
        Northbound::Forward
    }

    /// The DSP raises an alert of its own to a User.
    fn dcc_alert_raised(&mut self, _user: UserId, _alert: &DccAlert) -> Northbound {
        Northbound::Forward
    }

    /// One thing whose time has come; asked again until there is none.
    fn due(&mut self, _now: SimTime, _world: &World, _records: &Records, _capacity: Capacity) -> Option<Due> {
        None
    }
}

/// What becomes of a request at the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ingress {
    Admit,
    /// Answered at once, without a place in the queue.
    Throttle {
        retry_after_ms: u32,
    },
}

/// What the service process serves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Work {
    Request {
        from: Address,
        request: ServiceRequest,
    },
    /// From quarantine.
    Released(ServiceRequest),
    FutureDated {
        execute_at: SimTime,
        held: Held,
    },
    Scheduled(ScheduledRead),
    Response(DeviceResponse),
    Undeliverable(Undeliverable),
    Alert(DeviceAlert),
}

/// When something is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// As the service process has it.
    InOrderOfArrival,
    /// A server takes it now and has served it then.
    ServedAt(SimTime),
    /// Kept, and handed back by [`Due::Serve`].
    Waits,
    /// A request for which there is no place.
    Refused,
}

/// What becomes of a request that passed access control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scrutiny {
    Pass,
    /// Kept, and handed back by [`Due::Release`] or [`Due::Delete`]; the User is told with this alert.
    Quarantine(DccAlertCode),
}

/// What becomes of an alert on its way to its recipient.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Northbound {
    Forward,
    /// It ends here.
    Close(Outcome),
    /// Kept, counted in [`Part::held`], and handed back by [`Due::Forward`] or [`Due::ForwardDcc`].
    Hold,
}

/// What a Modification kept and now hands back, or does by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A server takes it now and has served it at that time.
    Serve { work: Work, served: SimTime },
    /// A request goes on from where it was quarantined.
    Release(ServiceRequest),
    /// A request ends in quarantine.
    Delete { id: RequestId, srv: Srv },
    /// An alert goes on from the DSP's door.
    Forward(DeviceAlert),
    /// An alert of the DSP's own goes on to its User.
    ForwardDcc(UserId, DccAlert),
    /// A User loses a right (SEC M8.6).
    Withdraw(UserId, Right),
}

/// Declares the modules and [`Modifications`], which asks each in the order of the lines. The first that has something
/// to say is heard.
macro_rules! declare {
    ($($module:ident $Modification:ident)*) => {
        $(pub mod $module {
            mod dsp;
            pub use dsp::$Modification;
        })*

        modifications! {
            new(world: &World) = world(world);
            // What they do, they do while the DSP is not out.
            deadline(world, at) = world.timeline.dsp_servers().opens(at);
            $($module $Modification)*
        }

        impl Modifications {
            #[inline]
            pub fn request_arrives(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Ingress {
                ask_each!(self: $($module)*, |it| {
                    let said = it.request_arrives(now, world, request);
                    if said != Ingress::Admit {
                        return said;
                    }
                });
                Ingress::Admit
            }

            /// `work` is only asked for where some Modification is on.
            #[inline]
            pub fn takes_turn(&mut self, now: SimTime, capacity: Capacity, work: impl FnOnce() -> Work) -> Turn {
                if self.any {
                    let work = work();
                    ask_each!(self: $($module)*, |it| {
                        let said = it.takes_turn(now, capacity, &work);
                        if said != Turn::InOrderOfArrival {
                            return said;
                        }
                    });
                }
                Turn::InOrderOfArrival
            }

            #[inline]
            pub fn command_accepted(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> Scrutiny {
                ask_each!(self: $($module)*, |it| {
                    let said = it.command_accepted(now, world, request);
                    if said != Scrutiny::Pass {
                        return said;
                    }
                });
                Scrutiny::Pass
            }

            #[inline]
            pub fn alert_arrives(&mut self, now: SimTime, alert: &DeviceAlert) -> Northbound {
                ask_each!(self: $($module)*, |it| {
                    let said = it.alert_arrives(now, alert);
                    if said != Northbound::Forward {
                        return said;
                    }
                });
                Northbound::Forward
            }

            #[inline]
            pub fn dcc_alert_raised(&mut self, user: UserId, alert: &DccAlert) -> Northbound {
                ask_each!(self: $($module)*, |it| {
                    let said = it.dcc_alert_raised(user, alert);
                    if said != Northbound::Forward {
                        return said;
                    }
                });
                Northbound::Forward
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime, service_process: &ServiceProcess) {
                ask_each!(self: $($module)*, goes_live(now), |it| it.goes_live(now, service_process));
            }

            pub fn due(
                &mut self,
                now: SimTime,
                world: &World,
                records: &Records,
                capacity: Capacity,
            ) -> Option<Due> {
                ask_each!(self: $($module)*, |it| {
                    if let Some(due) = it.due(now, world, records, capacity) {
                        return Some(due);
                    }
                });
                None
            }
        }
    };
}

/// Takes of each line its part in the DSP, where it has one.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, plan: $Plan:ident)? $(, user: $User:ident)? $(, dsp: $Dsp:ident)? $(, csp: $Csp:ident)?
            $(, premises: $Premises:ident)?
        }
    )*) => {
        declare! { $($($module $Dsp)?)* }
    };
}

include!("../../../../modifications/registry.rs");

impl Modifications {
    /// Whether requests are looked at for traffic management (SECMP0067).
    pub fn manages_traffic(&self) -> bool {
        self.secmp0067.as_ref().is_some_and(Released::is_live)
    }
}
