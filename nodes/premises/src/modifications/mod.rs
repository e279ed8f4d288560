//! SEC Modifications in the premises: `modifications/<number>/premises.rs`. A shard calls each hook of [`Modification`]
//! at one named point; a Modification the scenario has switched off is not there, one that is not released yet is asked
//! nothing, and with none of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use secnet_accounts::{Part, ask_each, modifications};
use secnet_model::SimTime;
use secnet_topology::World;
use secnet_wire::DeviceAlert;

/// A Modification's part in a shard of premises. The value is its state, plain data that is saved with the shard's,
/// together with what it worked out from its parameters.
pub trait Modification: Part + Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave the premises no part in it.
    fn new(world: &World) -> Option<Self>;

    /// A device has raised an alert, which is now at the hub.
    fn alert_raised(&mut self, _now: SimTime, _alert: &DeviceAlert) -> Raised {
        Raised::Send
    }

    /// One kept alert whose time has come, for the SM WAN; asked again until there is none.
    fn due(&mut self, _now: SimTime) -> Option<DeviceAlert> {
        None
    }
}

/// What becomes of an alert at the hub.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raised {
    Send,
    /// Kept, counted in [`Part::held`], and handed back by [`Modification::due`].
    Keep,
    /// It ends here.
    Suppress,
}

/// Declares the modules and [`Modifications`], which asks each in the order of the lines. The first that has something
/// to say is heard.
macro_rules! declare {
    ($($module:ident $Modification:ident)*) => {
        $(pub mod $module {
            mod premises;
            pub use premises::$Modification;
        })*

        modifications! {
            new(world: &World) = world(world);
            deadline(world, at) = at;
            $($module $Modification)*
        }

        impl Modifications {
            #[inline]
            pub fn alert_raised(&mut self, now: SimTime, alert: &DeviceAlert) -> Raised {
                ask_each!(self: $($module)*, |it| {
                    let said = it.alert_raised(now, alert);
                    if said != Raised::Send {
                        return said;
                    }
                });
                Raised::Send
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                ask_each!(self: $($module)*, goes_live(now), |_it| ());
            }

            pub fn due(&mut self, now: SimTime) -> Option<DeviceAlert> {
                ask_each!(self: $($module)*, |it| {
                    if let Some(alert) = it.due(now) {
                        return Some(alert);
                    }
                });
                None
            }
        }
    };
}

/// Takes of each line its part in the premises, where it has one.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, plan: $Plan:ident)? $(, user: $User:ident)? $(, dsp: $Dsp:ident)? $(, csp: $Csp:ident)?
            $(, premises: $Premises:ident)?
        }
    )*) => {
        declare! { $($($module $Premises)?)* }
    };
}

include!("../../../../modifications/registry.rs");
