//! User roles (DUIS; domain notes §1).

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Role {
    ImportSupplier,
    ExportSupplier,
    GasSupplier,
    ElectricityDistributor,
    GasTransporter,
    RegisteredSupplierAgent,
    OtherUser,
}

impl Role {
    pub const ALL: [Role; 7] = [
        Role::ImportSupplier,
        Role::ExportSupplier,
        Role::GasSupplier,
        Role::ElectricityDistributor,
        Role::GasTransporter,
        Role::RegisteredSupplierAgent,
        Role::OtherUser,
    ];

    /// The abbreviation of `data/srv.csv`.
    pub const fn code(self) -> &'static str {
        match self {
            Role::ImportSupplier => "IS",
            Role::ExportSupplier => "ES",
            Role::GasSupplier => "GS",
            Role::ElectricityDistributor => "ED",
            Role::GasTransporter => "GT",
            Role::RegisteredSupplierAgent => "RSA",
            Role::OtherUser => "OU",
        }
    }

    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A set of roles in one byte.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Debug, Serialize, Deserialize)]
pub struct RoleSet(pub u8);

impl RoleSet {
    pub const EMPTY: RoleSet = RoleSet(0);

    pub const fn with(self, role: Role) -> RoleSet {
        RoleSet(self.0 | 1 << role as u8)
    }

    pub const fn contains(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> RoleSet {
        roles.into_iter().fold(RoleSet::EMPTY, RoleSet::with)
    }
}
