//! SEC Modifications in the premises: `modifications/<number>/premises.rs`. A shard calls each hook of [`Modification`]
//! at one named point; a Modification the scenario has switched off is not there, one that is not released yet is asked
//! nothing, and with none of them a hook costs one branch.
//!
//! The next one is a type that implements [`Modification`], named in its line of `modifications/registry.rs`.

use secnet_engine::ItemKind;
use secnet_model::SimTime;
use secnet_results::Part;
use secnet_results::figures::Figures;
use secnet_topology::World;
use secnet_topology::modifications::Released;
use secnet_wire::DeviceAlert;
use serde::{Deserialize, Serialize};

/// A Modification's part in a shard of premises. The value is its state, plain data that is saved with the shard's,
/// together with what it worked out from its parameters.
pub trait Modification: Sized {
    /// For a scenario in which it is live at some time; `None` where its parameters leave the premises no part in it.
    fn new(world: &World) -> Option<Self>;

    /// A device has raised an alert, which is now at the hub.
    fn alert_raised(&mut self, _now: SimTime, _alert: &DeviceAlert) -> Raised {
        Raised::Send
    }

    /// When [`Modification::due`] has something to do; "never" for nothing.
    fn next_deadline(&self) -> SimTime {
        SimTime::NEVER
    }

    /// One kept alert whose time has come, for the SM WAN; asked again until there is none.
    fn due(&mut self, _now: SimTime) -> Option<DeviceAlert> {
        None
    }

    /// Items in its custody.
    fn held(&self, _kind: ItemKind) -> u64 {
        0
    }

    fn memory_bytes(&self) -> usize {
        0
    }

    /// Puts its tables.
    fn figures(&self, _figures: &mut Figures) {}
}

/// What becomes of an alert at the hub.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raised {
    Send,
    /// Kept, counted in [`Modification::held`], and handed back by [`Modification::due`].
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

        /// Those that are live at some time.
        #[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
        pub struct Modifications {
            any: bool,
            $($module: Option<Released<$module::$Modification>>,)*
        }

        impl Modifications {
            pub fn new(world: &World) -> Modifications {
                $(
                    let part = || <$module::$Modification as Modification>::new(world);
                    let $module = Released::new(world.releases.$module, part);
                )*
                Modifications { any: false $(|| $module.is_some())*, $($module,)* }
            }

            #[inline]
            pub fn alert_raised(&mut self, now: SimTime, alert: &DeviceAlert) -> Raised {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(Released::live) {
                        let raised = it.alert_raised(now, alert);
                        if raised != Raised::Send {
                            return raised;
                        }
                    })*
                }
                Raised::Send
            }

            /// Those whose release is due go live.
            pub fn go_live(&mut self, now: SimTime) {
                if self.any {
                    $(if let Some(it) = &mut self.$module {
                        it.go_live(now);
                    })*
                }
            }

            pub fn due(&mut self, now: SimTime) -> Option<DeviceAlert> {
                if self.any {
                    $(if let Some(it) = self.$module.as_mut().and_then(Released::live)
                        && let Some(alert) = it.due(now)
                    {
                        return Some(alert);
                    })*
                }
                None
            }
        }

        impl Part for Modifications {
            /// When the next one goes live or has something to do.
            #[inline]
            fn next_deadline(&self, _world: &World) -> SimTime {
                let mut next = SimTime::NEVER;
                if self.any {
                    $(if let Some(it) = &self.$module {
                        next = next.min(it.next_deadline(Modification::next_deadline));
                    })*
                }
                next
            }

            fn held(&self, kind: ItemKind) -> u64 {
                0 $(+ self.$module.as_ref().map_or(0, |it| it.part().held(kind)))*
            }

            fn figures(&self, _world: &World, figures: &mut Figures) {
                $(if let Some(it) = &self.$module {
                    it.part().figures(figures);
                })*
            }

            fn memory_bytes(&self) -> usize {
                0 $(+ self.$module.as_ref().map_or(0, |it| it.part().memory_bytes()))*
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
