//! User roles (DUIS; domain notes §1).

use serde::{Deserialize, Serialize};

/// A User Role under the SEC; a User may hold several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Role {
    /// Supplies electricity.
    ImportSupplier,
    /// Buys electricity that is exported.
    ExportSupplier,
    /// Supplies gas.
    GasSupplier,
    /// Runs an electricity distribution network.
    ElectricityDistributor,
    /// Runs a gas network.
    GasTransporter,
    /// Acts for a Supplier by appointment.
    RegisteredSupplierAgent,
    /// Any other, by the consumer's consent.
    OtherUser,
}

impl Role {
    /// In the order of their declaration.
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

    /// The role with an abbreviation such as `IS`.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A set of roles in one byte.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Debug, Serialize, Deserialize)]
pub struct RoleSet(pub u8);

impl RoleSet {
    /// No role.
    pub const EMPTY: RoleSet = RoleSet(0);

    /// These roles and one more.
    pub const fn with(self, role: Role) -> RoleSet {
        RoleSet(self.0 | 1 << role as u8)
    }

    /// Whether the role is among them.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & 1 << role as u8 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those it has, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> RoleSet {
        roles.into_iter().fold(RoleSet::EMPTY, RoleSet::with)
    }
}
