//! By what a participant proves on the bus who it is: a password where nobody can tap it, a certificate elsewhere.

use anyhow::{Context, bail};
use clap::Args;
use secnet_topology::identities::{CONTROL, DIRECTOR, OPERATOR, user_identity};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Shared with the part's router.
pub const PASSWORD: &str = "password";
/// A router's: who may come, with their passwords; `IDENTITY:PASSWORD` on each line.
pub const GUESTS: &str = "guests";
/// The certificate of the authority that a part of the bus trusts.
pub const AUTHORITY: &str = "ca.pem";
/// The participant's own.
pub const CERTIFICATE: &str = "cert.pem";
pub const PRIVATE_KEY: &str = "key.pem";

/// Where a program's credentials are.
#[derive(Args, Clone, Debug, Default)]
pub struct CredentialsArguments {
    /// The folder with passwords and certificates of whoever this is, as `secnet pki` makes it; none where the bus is open to all. The
    /// folder of a run on this machine names its own.
    #[arg(long, value_name = "DIR", env = "SECNET_CREDENTIALS")]
    pub credentials: Option<PathBuf>,
}

/// Somebody's credentials for each part of the bus it has a place on: `FOLDER/IDENTITY/PART/{password,ca.pem,cert.pem,key.pem}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    folder: PathBuf,
    identity: String,
}

impl Credentials {
    /// Those of an identity, in a folder that perhaps holds others' too.
    pub fn of(identity: &str, folder: &Path) -> Credentials {
        Credentials {
            folder: folder.to_path_buf(),
            identity: identity.to_owned(),
        }
    }

    pub fn of_director(folder: &Path) -> Credentials {
        Credentials::of(DIRECTOR, folder)
    }

    pub fn of_operator(folder: &Path) -> Credentials {
        Credentials::of(OPERATOR, folder)
    }

    /// Those of the User that a node plays.
    pub fn of_user(node: &str, folder: &Path) -> Credentials {
        Credentials::of(&user_identity(node), folder)
    }

    /// Those of whoever comes first in the folder and has a place on the control plane: enough to ask what is run.
    pub fn of_anybody(folder: &Path) -> Credentials {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let able = names.filter(|name| name != CONTROL && folder.join(name).join(CONTROL).is_dir());
        let first = able.min();
        Credentials::of(first.as_deref().unwrap_or(OPERATOR), folder)
    }

    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What is presented on a part of the bus, `control` or a segment; an error if there is nothing.
    pub fn on(&self, part: &str) -> anyhow::Result<Presented> {
        let place = self.folder.join(&self.identity).join(part);
        for file in [PASSWORD, AUTHORITY, CERTIFICATE, PRIVATE_KEY].map(|name| place.join(name)) {
            if let Err(error) = std::fs::File::open(&file) {
                bail!(
                    "{} has no credentials for {part}: {}: {error}; `secnet pki` makes them",
                    self.identity,
                    file.display()
                );
            }
        }
        Ok(Presented {
            identity: self.identity.clone(),
            place,
        })
    }
}

/// What one identity presents on one part of the bus.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presented {
    identity: String,
    place: PathBuf,
}

impl Presented {
    /// As zenoh's configuration has it.
    pub(crate) fn certificates(&self) -> Value {
        let [authority, certificate, key] =
            [AUTHORITY, CERTIFICATE, PRIVATE_KEY].map(|name| self.place.join(name));
        json!({
            "root_ca_certificate": authority,
            "listen_private_key": key,
            "listen_certificate": certificate,
            "connect_private_key": key,
            "connect_certificate": certificate,
            "enable_mtls": true,
            "verify_name_on_connect": true,
        })
    }

    /// As zenoh's configuration has it: a client's own password, a router's guests.
    pub(crate) fn password(&self, is_router: bool) -> anyhow::Result<Value> {
        if is_router {
            return Ok(json!({ "dictionary_file": self.place.join(GUESTS) }));
        }
        let file = self.place.join(PASSWORD);
        let password = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        Ok(json!({ "user": self.identity, "password": password.trim() }))
    }
}
