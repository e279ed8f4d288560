//! SEC Modifications at the Users: `modifications/<number>/user.rs`. A User calls each hook of [`Modification`] at one named
//! point; a Modification the scenario has switched off is not there, one that is not released yet is asked nothing, and with none
//! of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use secnet_model::{SimTime, UserId};
use secnet_results::Part;
use secnet_results::figures::Figures;
use secnet_topology::World;
use secnet_wire::{Acknowledgement, DccAlert, DeviceAlert, ServiceRequest, ServiceResponse};
use serde::{Deserialize, Serialize};

/// A Modification's part at one User. The value is its state, plain data that is saved with the User's, together with what it
/// worked out from its parameters. What it kept back, the User sends at the time it gave.
pub trait Modification: Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave this User no part in it.
    fn new(world: &World, user: UserId) -> Option<Self>;

    /// A request is ready to be sent, for the first time or again.
    fn submits(&mut self, _now: SimTime, _world: &World, _request: &ServiceRequest) -> Submits {
        Submits::Now
    }

    /// The answer to a web service call has come in.
    fn is_acknowledged(&mut self, _now: SimTime, _world: &World, _acknowledgement: &Acknowledgement) {}

    /// A response to a command, or a reading of a schedule, has come in.
    fn is_answered(&mut self, _now: SimTime, _world: &World, _response: &ServiceResponse) {}

    fn hears_device_alert(&mut self, _now: SimTime, _world: &World, _alert: &DeviceAlert) {}

    fn hears_dcc_alert(&mut self, _now: SimTime, _world: &World, _alert: &DccAlert) {}

    fn memory_bytes(&self) -> usize {
        0
    }

    /// Puts the tables it declares.
    fn figures(&self, _world: &World, _figures: &mut Figures) {}
}

/// When a request goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Submits {
    Now,
    /// It is kept until then, later than now, and its User's patience goes on.
    At(SimTime),
}

/// Declares the modules and [`Modifications`], which asks each in the order of the lines. The first that keeps a request is heard;
/// all hear what comes in.
macro_rules! declare {
    ($($module:ident $Modification:ident)*) => {
        $(pub mod $module {
            mod user;
            pub use user::$Modification;
        })*

        /// Those that are live at some time.
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
        pub struct Modifications {
            any: bool,
            $($module: Option<secnet_topology::modifications::Released<$module::$Modification>>,)*
        }

        #[allow(unused_variables, reason = "there may be none with a part in it")]
        impl Modifications {
            pub fn new(world: &World, user: UserId) -> Modifications {
                $(
                    let part = || <$module::$Modification as Modification>::new(world, user);
                    let $module = secnet_topology::modifications::Released::new(world.releases.$module, part);
                )*
                Modifications { any: false $(|| $module.is_some())*, $($module,)* }
            }

            /// When it may go out; `now` for a request that goes out at once.
            #[inline]
            pub fn submits(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> SimTime {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live)
                        && let Submits::At(later) = it.submits(now, world, request)
                        && later > now
                    {
                        return later;
                    })*
                }
                now
            }

            #[inline]
            pub fn is_acknowledged(&mut self, now: SimTime, world: &World, acknowledgement: &Acknowledgement) {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live) {
                        it.is_acknowledged(now, world, acknowledgement);
                    })*
                }
            }

            #[inline]
            pub fn is_answered(&mut self, now: SimTime, world: &World, response: &ServiceResponse) {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live) {
                        it.is_answered(now, world, response);
                    })*
                }
            }

            #[inline]
            pub fn hears_device_alert(&mut self, now: SimTime, world: &World, alert: &DeviceAlert) {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live) {
                        it.hears_device_alert(now, world, alert);
                    })*
                }
            }

            #[inline]
            pub fn hears_dcc_alert(&mut self, now: SimTime, world: &World, alert: &DccAlert) {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live) {
                        it.hears_dcc_alert(now, world, alert);
                    })*
                }
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                $(if let Some(it) = &mut self.$module {
                    it.go_live(now);
                })*
            }
        }

        #[allow(unused_mut, unused_variables, reason = "there may be none with a part in it")]
        impl Part for Modifications {
            /// When the next one goes live.
            #[inline]
            fn next_deadline(&self, _world: &World) -> SimTime {
                let mut next = SimTime::NEVER;
                $(if let Some(it) = &self.$module {
                    next = next.min(it.next_deadline(|_| SimTime::NEVER));
                })*
                next
            }

            fn figures(&self, world: &World, figures: &mut Figures) {
                $(if let Some(it) = &self.$module {
                    it.part().figures(world, figures);
                })*
            }

            fn memory_bytes(&self) -> usize {
                0 $(+ self.$module.as_ref().map_or(0, |it| it.part().memory_bytes()))*
            }
        }
    };
}

/// Takes of each line its part at the Users, where it has one.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, plan: $Plan:ident)? $(, user: $User:ident)? $(, dsp: $Dsp:ident)? $(, csp: $Csp:ident)?
            $(, premises: $Premises:ident)?
        }
    )*) => {
        declare! { $($($module $User)?)* }
    };
}

include!("../../../../modifications/registry.rs");
