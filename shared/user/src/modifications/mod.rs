//! SEC Modifications at the Users: `modifications/<number>/user.rs`. A User calls each hook of [`Modification`] at one named
//! point; a Modification the scenario has switched off is not there, one that is not released yet is asked nothing, and with none
//! of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use secnet_accounts::{Part, ask_each, modifications};
use secnet_model::{SimTime, UserId};
use secnet_topology::World;
use secnet_wire::{Acknowledgement, DccAlert, DeviceAlert, ServiceRequest, ServiceResponse};

/// A Modification's part at one User. The value is its state, plain data that is saved with the User's, together with what it
/// worked out from its parameters. What it kept back, the User sends at the time it gave.
pub trait Modification: Part + Sized {
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

        modifications! {
            new(world: &World, user: UserId) = world(world, user);
            // A part at a User does nothing by itself.
            deadline(world, at) = SimTime::NEVER;
            $($module $Modification)*
        }

        #[allow(unused_variables, reason = "there may be none with a part in it")]
        impl Modifications {
            /// When it may go out; `now` for a request that goes out at once.
            #[inline]
            pub fn submits(&mut self, now: SimTime, world: &World, request: &ServiceRequest) -> SimTime {
                ask_each!(self: $($module)*, |it| {
                    if let Submits::At(later) = it.submits(now, world, request)
                        && later > now
                    {
                        return later;
                    }
                });
                now
            }

            #[inline]
            pub fn is_acknowledged(&mut self, now: SimTime, world: &World, acknowledgement: &Acknowledgement) {
                ask_each!(self: $($module)*, |it| it.is_acknowledged(now, world, acknowledgement));
            }

            #[inline]
            pub fn is_answered(&mut self, now: SimTime, world: &World, response: &ServiceResponse) {
                ask_each!(self: $($module)*, |it| it.is_answered(now, world, response));
            }

            #[inline]
            pub fn hears_device_alert(&mut self, now: SimTime, world: &World, alert: &DeviceAlert) {
                ask_each!(self: $($module)*, |it| it.hears_device_alert(now, world, alert));
            }

            #[inline]
            pub fn hears_dcc_alert(&mut self, now: SimTime, world: &World, alert: &DccAlert) {
                ask_each!(self: $($module)*, |it| it.hears_dcc_alert(now, world, alert));
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                ask_each!(self: $($module)*, goes_live(now), |_it| ());
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
