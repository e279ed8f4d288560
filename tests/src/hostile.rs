//! A client that wishes a run ill: how it would get in, and what it would say.

use secnet_fabric::Launch;
use secnet_results::run_folder::LAUNCH;
use secnet_wire::Keys;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zenoh::Session;

/// A session that is let in is there within milliseconds.
const SESSION_MAX_MS: u64 = 1_500;

/// How somebody would get in.
#[derive(Clone, Debug)]
pub enum Way {
    Nothing,
    Password {
        identity: String,
        password: String,
    },
    /// The certificate in that folder.
    Certificate(PathBuf),
}

/// A client's session, if there is one to be had.
pub async fn session(endpoint: &str, way: Way) -> Option<Session> {
    let mut config = zenoh::Config::default();
    let mut set = |key: &str, value: String| config.insert_json5(key, &value).unwrap();
    set("mode", "\"client\"".to_owned());
    set("connect/endpoints", format!("[\"{endpoint}\"]"));
    set("connect/timeout_ms", SESSION_MAX_MS.to_string());
    set("connect/exit_on_failure", "true".to_owned());
    set("scouting/multicast/enabled", "false".to_owned());
    match way {
        Way::Nothing => {}
        Way::Password { identity, password } => {
            set("transport/auth/usrpwd/user", format!("\"{identity}\""));
            set("transport/auth/usrpwd/password", format!("\"{password}\""));
        }
        Way::Certificate(place) => {
            let file = |name: &str| format!("\"{}\"", place.join(name).display());
            set("transport/link/tls/root_ca_certificate", file("ca.pem"));
            set("transport/link/tls/connect_certificate", file("cert.pem"));
            set("transport/link/tls/connect_private_key", file("key.pem"));
            set("transport/link/tls/enable_mtls", "true".to_owned());
        }
    }
    zenoh::open(config).await.ok()
}

/// What the run's folder tells whoever may read it.
pub struct Stolen {
    pub launch: Launch,
    pub keys: Keys,
}

impl Stolen {
    /// `None` when no live run goes on there.
    pub fn of(run: &Path) -> Option<Stolen> {
        let launch = Launch::load(&run.join(LAUNCH)).ok()?;
        let keys = Keys::new(&launch.run).ok()?;
        Some(Stolen { launch, keys })
    }

    /// Where the credentials of that identity are, for that part of the bus.
    pub fn place(&self, identity: &str, part: &str) -> PathBuf {
        let folder = self.launch.credentials.clone().unwrap_or_default();
        folder.join(identity).join(part)
    }

    /// How that identity gets in; as a stranger where it has nothing.
    pub fn way(&self, identity: &str, part: &str) -> Way {
        let place = self.place(identity, part);
        if self.launch.endpoints.control.starts_with("quic/") {
            return Way::Certificate(place);
        }
        match fs::read_to_string(place.join("password")) {
            Ok(password) => Way::Password {
                identity: identity.to_owned(),
                password,
            },
            Err(_) => Way::Nothing,
        }
    }

    pub async fn enter(&self, endpoint: &str, identity: &str, part: &str) -> Option<Session> {
        session(endpoint, self.way(identity, part)).await
    }
}

/// A Supplier says what is others' to say, and says nonsense as fast as it can where it may speak. How often; `None` when it is not let in.
pub async fn flood(stolen: &Stolen, span: Duration) -> Option<u64> {
    let Stolen { launch, keys } = stolen;
    let gateway = stolen
        .enter(&launch.endpoints.gateway, "supplier-ovo", "gateway")
        .await?;
    let control = stolen
        .enter(&launch.endpoints.control, "supplier-ovo", "control")
        .await?;
    let nonsense = vec![0xA5_u8; 2_000];
    let gateway_keys = [
        keys.link("supplier-ovo", "dsp").unwrap(),
        keys.link("supplier-british-gas", "dsp").unwrap(),
        keys.link("dsp", "supplier-british-gas").unwrap(),
    ];
    let control_keys = [
        keys.command(),
        keys.status("dsp").unwrap(),
        keys.result("supplier-british-gas").unwrap(),
        keys.status("supplier-ovo").unwrap(),
        "secnet/**".to_owned(),
    ];
    let (since, mut put) = (Instant::now(), 0);
    while since.elapsed() < span {
        for key in &gateway_keys {
            gateway.put(key, nonsense.clone()).await.ok()?;
        }
        for key in &control_keys {
            control.put(key, nonsense.clone()).await.ok()?;
        }
        put += gateway_keys.len() as u64 + control_keys.len() as u64;
    }
    Some(put)
}
