//! A network's containers on the engine of this machine: started from a compose file, looked at, disturbed, taken down.
//!
//! All of it by the engine's own programs: they know where the engine is and how to talk to it.
//!
//! Not here: the compose file (`secnet-topology`), the run (the director).

use anyhow::{Context, anyhow, bail, ensure};
use secnet_results::run_folder::{COMPOSE, LOGS};
use secnet_topology::Transport;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A reachable engine, and which program brings up compose files.
#[derive(Clone, Debug)]
pub struct Engine {
    compose: Vec<&'static str>,
}

impl Engine {
    /// `Err` says what is missing and how to mend it.
    pub fn find() -> anyhow::Result<Engine> {
        let engine = run(docker(&["version", "--format", "{{.Server.Version}}"]));
        engine
            .context("no Docker engine answers; install and start one, or join the group that may use it")?;
        for compose in [&["docker", "compose"][..], &["docker-compose"]] {
            let found = Command::new(compose[0])
                .args(&compose[1..])
                .arg("version")
                .output();
            if found.is_ok_and(|output| output.status.success()) {
                return Ok(Engine {
                    compose: compose.to_vec(),
                });
            }
        }
        bail!("there is an engine, but neither `docker compose` nor `docker-compose`; install one of them")
    }

    /// The program for compose files, whichever there is.
    pub fn compose(&self) -> Command {
        let mut command = Command::new(self.compose[0]);
        command.args(&self.compose[1..]);
        command
    }

    pub fn has_image(&self, image: &str) -> bool {
        run(docker(&["image", "inspect", image])).is_ok()
    }

    /// Brings a network up: `text` is its compose file, written into `folder` beside the scenario it names.
    pub fn up(&self, text: &str, folder: &Path) -> anyhow::Result<Containers> {
        let folder = std::path::absolute(folder)?;
        let file = folder.join(COMPOSE);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unix_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        // Free now, and chosen anew by the next: the engine says so if somebody else was faster.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let containers = Containers {
            engine: self.clone(),
            file,
            project: format!("secnet-{}-{unix_ms}-{number}", std::process::id()),
            port,
        };
        let up = containers.compose(&["up", "-d", "--quiet-pull"]);
        if let Err(error) = up {
            let logs = folder.join(LOGS);
            let _ = containers.store_logs(&logs);
            return Err(error.context(format!(
                "the network's containers do not come up; their logs are in {}",
                logs.display()
            )));
        }
        Ok(containers)
    }
}

/// Containers that are up. Dropped, they are taken down with their networks.
#[derive(Debug)]
pub struct Containers {
    engine: Engine,
    file: PathBuf,
    project: String,
    port: u16,
}

/// One of them, as the engine sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    pub id: String,
    /// The process's name.
    pub service: String,
    /// `Up 3 seconds (healthy)`, `Exited (0) 2 seconds ago` …
    pub state: String,
}

/// A container's place on a network it was cut from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    id: String,
    network: String,
    address: String,
    aliases: Vec<String>,
}

impl Containers {
    /// Where the control service is reached from this machine.
    pub fn control(&self, transport: Transport) -> String {
        transport.endpoint("127.0.0.1", self.port)
    }

    /// What the engine calls the project, and begins the name of each of its networks with.
    pub fn project(&self) -> &str {
        &self.project
    }

    pub fn list(&self) -> anyhow::Result<Vec<Container>> {
        containers_of(&self.project)
    }

    pub fn of(&self, service: &str) -> anyhow::Result<Container> {
        let containers = self.list()?;
        let found = containers.iter().find(|container| container.service == service);
        found.cloned().ok_or_else(|| {
            let there: Vec<&str> = containers.iter().map(|c| c.service.as_str()).collect();
            anyhow!("no container runs {service}; there are {}", there.join(", "))
        })
    }

    /// Every process of it stands still and keeps its connections.
    pub fn pause(&self, service: &str) -> anyhow::Result<()> {
        run(docker(&["pause", &self.of(service)?.id])).map(drop)
    }

    pub fn resume(&self, service: &str) -> anyhow::Result<()> {
        run(docker(&["unpause", &self.of(service)?.id])).map(drop)
    }

    pub fn kill(&self, service: &str) -> anyhow::Result<()> {
        run(docker(&["kill", &self.of(service)?.id])).map(drop)
    }

    /// Takes it off every network it is on. `join` puts it back.
    pub fn cut(&self, service: &str) -> anyhow::Result<Vec<Place>> {
        let id = self.of(service)?.id;
        let format = "{{range $n, $e := .NetworkSettings.Networks}}{{$n}}\t{{$e.IPAddress}}\t{{range $e.Aliases}}{{.}} {{end}}\n{{end}}";
        let listed = run(docker(&["inspect", "--format", format, &id]))?;
        let mut places = Vec::new();
        for line in listed.lines().filter(|line| !line.is_empty()) {
            let mut parts = line.split('\t');
            let (Some(network), Some(address)) = (parts.next(), parts.next()) else {
                bail!("the engine says of {service}'s networks: {line}");
            };
            let aliases = parts.next().unwrap_or_default().split_whitespace();
            run(docker(&["network", "disconnect", network, &id]))?;
            places.push(Place {
                id: id.clone(),
                network: network.to_owned(),
                address: address.to_owned(),
                aliases: aliases.map(str::to_owned).collect(),
            });
        }
        Ok(places)
    }

    /// Puts a container back where it was, under the names it had. It must get its old address, as its router listens
    /// there and its connections begin there: the engine gives the lowest that is free.
    pub fn join(&self, places: &[Place]) -> anyhow::Result<()> {
        for place in places {
            let mut arguments = vec!["network", "connect"];
            for alias in &place.aliases {
                arguments.extend(["--alias", alias]);
            }
            arguments.extend([place.network.as_str(), &place.id]);
            run(docker(&arguments))?;
            let format = format!(
                "{{{{(index .NetworkSettings.Networks \"{}\").IPAddress}}}}",
                place.network
            );
            let address = run(docker(&["inspect", "--format", &format, &place.id]))?;
            ensure!(
                address.trim() == place.address,
                "back on {} the engine gave it {}, before it had {}: nobody will find it",
                place.network,
                address.trim(),
                place.address
            );
        }
        Ok(())
    }

    /// One file per service.
    pub fn store_logs(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for container in self.list()? {
            let file = folder.join(format!("{}.log", container.service));
            let log =
                std::fs::File::create(&file).with_context(|| format!("cannot write {}", file.display()))?;
            // What the container wrote to either stream.
            let mut logs = docker(&["logs", &container.id]);
            logs.stdout(log.try_clone()?).stderr(log).status()?;
        }
        Ok(())
    }

    fn compose(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.engine.compose();
        command.arg("-f").arg(&self.file);
        command.args(["-p", &self.project]).args(arguments);
        command.env("SECNET_CONTROL_PORT", self.port.to_string());
        run(command)
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        let down = || self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "2"]);
        // The engine may still be busy with a container that it has said is gone, and keeps its network then.
        let result = down().or_else(|_| down()).or_else(|_| down());
        if let Err(error) = result {
            tracing::error!("the network's containers may be left behind: {error:#}");
        }
    }
}

/// Containers of a project, ended ones too.
pub fn containers_of(project: &str) -> anyhow::Result<Vec<Container>> {
    let filter = format!("label=com.docker.compose.project={project}");
    let format = "{{.ID}}\t{{.Label \"com.docker.compose.service\"}}\t{{.Status}}";
    let listed = run(docker(&["ps", "--all", "--filter", &filter, "--format", format]))?;
    let containers = listed.lines().filter_map(|line| {
        let mut parts = line.split('\t').map(str::to_owned);
        Some(Container {
            id: parts.next()?,
            service: parts.next()?,
            state: parts.next()?,
        })
    });
    Ok(containers.collect())
}

fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// Its standard output; `Err` quotes what it said.
fn run(mut command: Command) -> anyhow::Result<String> {
    use std::os::unix::process::CommandExt;
    // A Ctrl-C in the terminal is the director's to handle.
    command.stdin(Stdio::null()).process_group(0);
    let program = command.get_program().to_string_lossy().into_owned();
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .with_context(|| format!("cannot start `{program}`"))?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&stderr);
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    let last: Vec<&str> = last.into_iter().rev().collect();
    Err(anyhow!("{program}: {}", last.join("\n")))
}
