//! Passwords for everybody, and a small certificate authority for each part of the bus, which signs once and forgets its key.

use crate::credentials::{AUTHORITY, CERTIFICATE, GUESTS, PASSWORD, PRIVATE_KEY};
use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use secnet_topology::Layout;
use secnet_topology::identities::{Membership, memberships, parts};
use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A clock that is behind this one's must not refuse what was just signed.
const CLOCKS_APART: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// What a router on this machine is reached by, whatever else it is called.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "::1", "localhost"];

/// What is asked of the authorities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// Other names and addresses that routers are reached by: those of their machines. For the certificates.
    pub names: Vec<String>,
    pub valid_days: u32,
}

impl Default for Wish {
    fn default() -> Wish {
        Wish {
            names: Vec::new(),
            valid_days: 365,
        }
    }
}

/// Writes into `folder`, for each identity of the network and each part of the bus it has a place on, `folder/IDENTITY/PART/` with
/// an authority's certificate, its own, its private key and its password; for routers also who their guests are. Those that are
/// there are written over.
///
/// The folder itself is open to its owner alone. What is in it is readable, so that a container's user can read the one
/// identity that is mounted into it.
pub fn issue(layout: &Layout, folder: &Path, wish: &Wish) -> anyhow::Result<()> {
    make_private(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let members = memberships(layout);
    for part in parts(layout) {
        let authority = Authority::new(&part, wish)?;
        let mut guests = String::new();
        let of_part = || members.iter().filter(|member| member.part == part);
        for member in of_part() {
            let password = password()?;
            // Writing to a string cannot fail.
            let _ = writeln!(guests, "{}:{password}", member.identity);
            let (certificate, key) = authority.sign(member, wish)?;
            let place = place_of(member, folder);
            fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
            write(&place.join(AUTHORITY), &authority.certificate)?;
            write(&place.join(CERTIFICATE), &certificate)?;
            write(&place.join(PRIVATE_KEY), &key)?;
            write(&place.join(PASSWORD), &password)?;
        }
        for router in of_part().filter(|member| member.runs_router()) {
            write(&place_of(router, folder).join(GUESTS), &guests)?;
        }
    }
    Ok(())
}

/// Every file that [`issue`] writes.
pub fn files(layout: &Layout, folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for member in memberships(layout) {
        let place = place_of(&member, folder);
        files.extend([AUTHORITY, CERTIFICATE, PRIVATE_KEY, PASSWORD].map(|name| place.join(name)));
        if member.runs_router() {
            files.push(place.join(GUESTS));
        }
    }
    files
}

fn place_of(member: &Membership, folder: &Path) -> PathBuf {
    folder.join(&member.identity).join(&member.part)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// 256 bits that nobody can guess.
fn password() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::getrandom(&mut bytes).context("the machine has no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn make_private(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().recursive(false).mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// PEM.
    certificate: String,
}

impl Authority {
    fn new(part: &str, wish: &Wish) -> anyhow::Result<Authority> {
        let mut about = about(&format!("secnet {part} authority"), Vec::new(), wish)?;
        about.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        about.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        Ok(Authority {
            certificate: about.self_signed(&key)?.pem(),
            issuer: Issuer::new(about, key),
        })
    }

    /// Certificate and private key, as PEM. Only who runs the router may pass for it.
    fn sign(&self, membership: &Membership, wish: &Wish) -> anyhow::Result<(String, String)> {
        let names = match membership.runs_router() {
            true => {
                let loopback = LOOPBACK.map(str::to_owned);
                [&membership.router_names[..], &loopback, &wish.names].concat()
            }
            false => Vec::new(),
        };
        let mut about = about(&membership.identity, names, wish)?;
        about.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if membership.runs_router() {
            about
                .extended_key_usages
                .push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        let key = KeyPair::generate()?;
        let certificate = about.signed_by(&key, &self.issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

fn about(common_name: &str, names: Vec<String>, wish: &Wish) -> anyhow::Result<CertificateParams> {
    let mut about = CertificateParams::new(names).context("a name of the routers")?;
    about.distinguished_name = rcgen::DistinguishedName::new();
    about.distinguished_name.push(DnType::CommonName, common_name);
    let now = SystemTime::now();
    about.not_before = (now - CLOCKS_APART).into();
    about.not_after = (now + DAY * wish.valid_days).into();
    Ok(about)
}
