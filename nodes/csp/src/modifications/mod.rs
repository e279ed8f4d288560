//! SEC Modifications at a CSP: `modifications/<number>/csp.rs`. A CSP calls each hook of [`Modification`] at one named
//! point; a Modification the scenario has switched off is not there, one that is not released yet is asked nothing, and with none
//! of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use crate::freight::Freight;
use secnet_engine::ItemKind;
use secnet_model::{Region, SimTime};
use secnet_results::Part;
use secnet_results::figures::Figures;
use secnet_topology::World;
use serde::{Deserialize, Serialize};

/// A Modification's part at one region's CSP. The value is its state, plain data that is saved with the CSP's, together with
/// what it worked out from its parameters.
pub trait Modification: Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave this CSP no part in it.
    fn new(world: &World, region: Region) -> Option<Self>;

    /// A message at the door of the SM WAN, from either side, before it has cost any airtime.
    fn freight_arrives(&mut self, _now: SimTime, _world: &World, _freight: &Freight) -> Entry {
        Entry::Admit
    }

    /// When [`Modification::due`] has something to do; "never" for nothing.
    fn next_deadline(&self) -> SimTime {
        SimTime::NEVER
    }

    /// One message it kept whose time has come, for the SM WAN; asked again until there is none.
    fn due(&mut self, _now: SimTime) -> Option<Freight> {
        None
    }

    /// Items in its custody: the device alerts it keeps. A command or a response belongs to an item of its User or the DSP.
    fn held(&self, _kind: ItemKind) -> u64 {
        0
    }

    fn memory_bytes(&self) -> usize {
        0
    }

    /// Puts the tables it declares.
    fn figures(&self, _world: &World, _figures: &mut Figures) {}
}

/// What becomes of a message at the door of the SM WAN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    Admit,
    /// Kept, and handed back by [`Modification::due`].
    Hold,
    /// As if its cell had no room for it.
    Refuse,
}

/// Declares the modules and [`Modifications`], which asks each in the order of the lines. The first that has something
/// to say is heard.
macro_rules! declare {
    ($($module:ident $Modification:ident)*) => {
        $(pub mod $module {
            mod csp;
            pub use csp::$Modification;
        })*

        /// Those that are live at some time.
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
        pub struct Modifications {
            any: bool,
            $($module: Option<secnet_topology::modifications::Released<$module::$Modification>>,)*
        }

        #[allow(unused_variables, reason = "there may be none with a part in it")]
        impl Modifications {
            pub fn new(world: &World, region: Region) -> Modifications {
                $(
                    let part = || <$module::$Modification as Modification>::new(world, region);
                    let $module = secnet_topology::modifications::Released::new(world.releases.$module, part);
                )*
                Modifications { any: false $(|| $module.is_some())*, $($module,)* }
            }

            #[inline]
            pub fn freight_arrives(&mut self, now: SimTime, world: &World, freight: &Freight) -> Entry {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live) {
                        let entry = it.freight_arrives(now, world, freight);
                        if entry != Entry::Admit {
                            return entry;
                        }
                    })*
                }
                Entry::Admit
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                $(if let Some(it) = &mut self.$module {
                    it.go_live(now);
                })*
            }

            pub fn due(&mut self, now: SimTime) -> Option<Freight> {
                $(if let Some(it) = self.$module.as_mut().and_then(secnet_topology::modifications::Released::live)
                    && let Some(freight) = it.due(now)
                {
                    return Some(freight);
                })*
                None
            }
        }

        #[allow(unused_mut, unused_variables, reason = "there may be none with a part in it")]
        impl Part for Modifications {
            /// When the next one goes live or has something to do.
            #[inline]
            fn next_deadline(&self, _world: &World) -> SimTime {
                let mut next = SimTime::NEVER;
                $(if let Some(it) = &self.$module {
                    next = next.min(it.next_deadline(Modification::next_deadline));
                })*
                next
            }

            fn held(&self, kind: ItemKind) -> u64 {
                0 $(+ self.$module.as_ref().map_or(0, |it| it.part().held(kind)))*
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
