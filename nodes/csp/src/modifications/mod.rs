//! SEC Modifications at a CSP: `modifications/<number>/csp.rs`. A CSP calls each hook of [`Modification`] at one named
//! point; a Modification the scenario has switched off is not there, one that is not released yet is asked nothing, and with none
//! of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use secnet_accounts::{Part, ask_each, modifications};
use secnet_model::{Region, SimTime};
use secnet_topology::World;
use secnet_wire::{DeviceAlert, Freight};

/// A Modification's part at one region's CSP. The value is its state, plain data that is saved with the CSP's, together with
/// what it worked out from its parameters.
pub trait Modification: Part + Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave this CSP no part in it.
    fn new(world: &World, region: Region) -> Option<Self>;

    /// A message at the door of the SM WAN, from either side, before it has cost any airtime.
    fn freight_arrives(&mut self, _now: SimTime, _world: &World, _freight: &Freight) -> Entry {
        Entry::Admit
    }

    /// An alert has come in from the premises of a cell, and would go on to the DSP.
    fn alert_received(&mut self, _now: SimTime, _cell: u32, _alert: &DeviceAlert) -> Onward {
        Onward::Forward
    }

    /// One message it kept whose time has come, for the SM WAN; asked again until there is none.
    fn due(&mut self, _now: SimTime) -> Option<Freight> {
        None
    }
}

/// What becomes of a message at the door of the SM WAN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    Admit,
    /// Kept, and handed back by [`Modification::due`]. A device alert that is kept counts in [`Part::held`]; a command or a response belongs
    /// to an item of its User or the DSP.
    Hold,
    /// As if its cell had no room for it.
    Refuse,
}

/// What becomes of an alert that a CSP has received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Onward {
    Forward,
    /// It ends here: others have told of the same ([`Outcome::Rationed`](secnet_engine::Outcome::Rationed)).
    Ration,
}

/// Declares the modules and [`Modifications`], which asks each in the order of the lines. The first that has something
/// to say is heard.
macro_rules! declare {
    ($($module:ident $Modification:ident)*) => {
        $(pub mod $module {
            mod csp;
            pub use csp::$Modification;
        })*

        modifications! {
            new(world: &World, region: Region) = world(world, region);
            deadline(world, at) = at;
            $($module $Modification)*
        }

        #[allow(unused_variables, reason = "there may be none with a part in it")]
        impl Modifications {
            #[inline]
            pub fn freight_arrives(&mut self, now: SimTime, world: &World, freight: &Freight) -> Entry {
                ask_each!(self: $($module)*, |it| {
                    let said = it.freight_arrives(now, world, freight);
                    if said != Entry::Admit {
                        return said;
                    }
                });
                Entry::Admit
            }

            #[inline]
            pub fn alert_received(&mut self, now: SimTime, cell: u32, alert: &DeviceAlert) -> Onward {
                ask_each!(self: $($module)*, |it| {
                    let said = it.alert_received(now, cell, alert);
                    if said != Onward::Forward {
                        return said;
                    }
                });
                Onward::Forward
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                ask_each!(self: $($module)*, goes_live(now), |_it| ());
            }

            pub fn due(&mut self, now: SimTime) -> Option<Freight> {
                ask_each!(self: $($module)*, |it| {
                    if let Some(freight) = it.due(now) {
                        return Some(freight);
                    }
                });
                None
            }
        }
    };
}

/// Takes of each line its part at the CSPs, where it has one.
macro_rules! registry {
    ($(
        $(#[doc = $doc:literal])*
        $name:literal $module:ident {
            parameters: $Params:ident $(, plan: $Plan:ident)? $(, user: $User:ident)? $(, dsp: $Dsp:ident)? $(, csp: $Csp:ident)?
            $(, premises: $Premises:ident)?
        }
    )*) => {
        declare! { $($($module $Csp)?)* }
    };
}

include!("../../../../modifications/registry.rs");
