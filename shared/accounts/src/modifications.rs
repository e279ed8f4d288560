//! What the SEC Modifications with a part in one kind of participant have in common, whichever kind it is: they are there from their
//! release on, and what they hold and count is their participant's.
//!
//! A participant's own `modifications` module says which hooks there are; [`modifications!`](crate::modifications!) makes its
//! `Modifications`, and [`ask_each!`](crate::ask_each!) is what its hooks are written with.

/// Declares `Modifications`: the parts that are live at some time, each in the module and of the type named. `new` has the signature
/// of the participant's `Modification::new`, is given the world by this name, and hands on these arguments. With none of them a deadline costs one branch; `deadline` says when a part that has
/// something to do at `at` can do it.
#[macro_export]
macro_rules! modifications {
    (
        new $signature:tt = $world:ident $arguments:tt;
        deadline($of:ident, $at:ident) = $deadline:expr;
        $($module:ident $Part:ident)*
    ) => {
        /// Those that are live at some time.
        #[derive(Clone, PartialEq, Debug, Default, ::serde::Serialize, ::serde::Deserialize)]
        pub struct Modifications {
            any: bool,
            $($module: Option<::secnet_topology::modifications::Released<$module::$Part>>,)*
        }

        #[allow(unused_variables, reason = "there may be none with a part in it")]
        impl Modifications {
            pub fn new $signature -> Modifications {
                $(
                    let part = || <$module::$Part as Modification>::new $arguments;
                    let $module = ::secnet_topology::modifications::Released::new($world.releases.$module, part);
                )*
                Modifications { any: false $(|| $module.is_some())*, $($module,)* }
            }
        }

        #[allow(unused_mut, unused_variables, reason = "there may be none with a part in it")]
        impl $crate::Part for Modifications {
            /// When the next one goes live or has something to do.
            #[inline]
            fn next_deadline(&self, $of: &::secnet_topology::World) -> ::secnet_model::SimTime {
                let mut next = ::secnet_model::SimTime::NEVER;
                if self.any {
                    $(if let Some(it) = &self.$module {
                        next = next.min(it.next_deadline(|part| {
                            let $at = $crate::Part::next_deadline(part, $of);
                            $deadline
                        }));
                    })*
                }
                next
            }

            fn held(&self, kind: ::secnet_engine::ItemKind) -> u64 {
                0 $(+ self.$module.as_ref().map_or(0, |it| $crate::Part::held(it.part(), kind)))*
            }

            fn figures(&self, world: &::secnet_topology::World, figures: &mut $crate::figures::Figures) {
                $(if let Some(it) = &self.$module {
                    $crate::Part::figures(it.part(), world, figures);
                })*
            }

            fn memory_bytes(&self) -> usize {
                0 $(+ self.$module.as_ref().map_or(0, |it| $crate::Part::memory_bytes(it.part())))*
            }
        }
    };
}

/// In a method of `Modifications`: does the same with each part that is live, in the order of the registry; with `goes_live(now)`,
/// with each whose release is due, which is live from then on. With none of them it costs one branch.
#[macro_export]
macro_rules! ask_each {
    ($modifications:ident: $($module:ident)*, |$it:ident| $asked:expr) => {
        if $modifications.any {
            $(if let Some($it) = $modifications
                .$module
                .as_mut()
                .and_then(::secnet_topology::modifications::Released::live)
            {
                $asked
            })*
        }
    };
    ($modifications:ident: $($module:ident)*, goes_live($now:expr), |$it:ident| $asked:expr) => {
        if $modifications.any {
            $(if let Some($it) = $modifications.$module.as_mut().and_then(|it| it.go_live($now)) {
                $asked
            })*
        }
    };
}
