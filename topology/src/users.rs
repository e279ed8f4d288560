//! The scenario's Users: who they are, what they are called as a group, which program plays them.

use secnet_model::{RoleSet, UserId};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserEntry {
    pub id: UserId,
    pub name: String,
    pub kind: UserKind,
    pub roles: RoleSet,
    pub suspended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum UserKind {
    Supplier,
    Dno,
    OtherUser,
}

impl UserEntry {
    /// Whether a workload's or schedule's `from` means this User: `suppliers`, `dnos`, `other_users`, or its name.
    pub fn is_meant_by(&self, from: &str) -> bool {
        from == self.name || from == self.kind.group()
    }
}

impl UserKind {
    pub const ALL: [UserKind; 3] = [UserKind::Supplier, UserKind::Dno, UserKind::OtherUser];

    /// How a scenario names all Users of the kind.
    pub const fn group(self) -> &'static str {
        match self {
            UserKind::Supplier => "suppliers",
            UserKind::Dno => "dnos",
            UserKind::OtherUser => "other_users",
        }
    }

    /// The program that plays such a User; also what its nodes' names begin with.
    pub const fn binary(self) -> &'static str {
        match self {
            UserKind::Supplier => "supplier",
            UserKind::Dno => "dno",
            UserKind::OtherUser => "other-user",
        }
    }
}
