//! A participant's parts. A part owns its state and says of it what the participant has to know; the list of a participant's parts is
//! written once, with [`parts!`](crate::parts!), and deadlines, custody, saving, figures and memory follow from the list.

use crate::figures::Figures;
use crate::{Account, ServiceLevels};
use secnet_engine::{ItemKind, Ledger};
use secnet_model::SimTime;
use secnet_topology::World;

/// What a part says of itself. Each has an answer for a part that has nothing of the kind.
pub trait Part {
    /// When it next has something to do by itself; "never" for nothing.
    #[inline]
    fn next_deadline(&self, _world: &World) -> SimTime {
        SimTime::NEVER
    }

    /// Items in its custody.
    fn held(&self, _kind: ItemKind) -> u64 {
        0
    }

    /// Puts the tables it declares.
    fn figures(&self, _world: &World, _figures: &mut Figures) {}

    /// Adds what it was asked for and has not answered when emulated time has ended, at `at`.
    fn unanswered(&self, _world: &World, _at: SimTime, _levels: &mut ServiceLevels) {}

    /// What it keeps on the heap, in bytes.
    fn memory_bytes(&self) -> usize {
        0
    }
}

/// The account of a participant that consists of these parts: what they hold and counted, and the ledger they write.
pub fn account(parts: &impl Part, ledger: &Ledger, world: &World) -> Account {
    let mut account = Account {
        ledger: ledger.clone(),
        ..Account::default()
    };
    for kind in ItemKind::ALL {
        account.held[*kind as usize] = parts.held(*kind);
    }
    parts.figures(world, &mut account.figures);
    account
}

/// Its own account is kept beside the figures.
impl Part for Ledger {}

/// Declares a participant's state as the list of its parts: a struct of plain data that is itself a [`Part`]. One part may be of a
/// type the participant is generic in.
#[macro_export]
macro_rules! parts {
    (
        $(#[$about:meta])*
        $vis:vis struct $Name:ident $(<$T:ident: $Bound:path>)? {
            $($(#[$part_about:meta])* $part_vis:vis $part:ident : $Part:ty),* $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, ::serde::Serialize, ::serde::Deserialize)]
        $vis struct $Name $(<$T>)? {
            $($(#[$part_about])* $part_vis $part: $Part,)*
        }

        impl $(<$T: $Bound>)? $crate::Part for $Name $(<$T>)? {
            #[inline]
            fn next_deadline(&self, world: &::secnet_topology::World) -> ::secnet_model::SimTime {
                let next = ::secnet_model::SimTime::NEVER;
                $(let next = next.min($crate::Part::next_deadline(&self.$part, world));)*
                next
            }

            fn held(&self, kind: ::secnet_engine::ItemKind) -> u64 {
                0 $(+ $crate::Part::held(&self.$part, kind))*
            }

            fn figures(&self, world: &::secnet_topology::World, figures: &mut $crate::figures::Figures) {
                $($crate::Part::figures(&self.$part, world, figures);)*
            }

            fn unanswered(
                &self,
                world: &::secnet_topology::World,
                at: ::secnet_model::SimTime,
                levels: &mut $crate::ServiceLevels,
            ) {
                $($crate::Part::unanswered(&self.$part, world, at, levels);)*
            }

            fn memory_bytes(&self) -> usize {
                0 $(+ $crate::Part::memory_bytes(&self.$part))*
            }
        }
    };
}
