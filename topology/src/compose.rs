//! A compose file of a scenario's network: a service per process, a network per segment, and the services around them.
//!
//! What `docker-compose` 1.29 and `docker compose` 2 both take: conditions for start-up, limits and profiles, and no
//! `version`, which the later no longer wants. No participant shares a network with one it has no business with; what all of them need (control,
//! collector, Prometheus) joins each segment instead of having one of its own.
//!
//! Not here: what the images are made of (`docker/`), starting anything.

use crate::identities::{CONTROL, DIRECTOR, OPERATOR, identities, identities_of};
use crate::layout::{Layout, NodeKind, ProcessSpec};
use crate::segments::{Bus, CONTROL_PORT, Transport};
use std::fmt::{self, Write};

/// What is not in the layout.
#[derive(Clone, PartialEq, Debug)]
pub struct Compose<'a> {
    /// What the file says of itself in its first lines, without `#`.
    pub heading: &'a str,
    /// The image of secnet, unless `SECNET_IMAGE` names another when the file is used.
    pub image: &'a str,
    /// The scenario's file as the compose file names it: absolute, or relative to the compose file and beginning with a dot.
    pub scenario: &'a str,
    /// Flags for `secnet control` behind the scenario: overrides.
    pub flags: &'a [String],
    /// With a director that attaches and leaves the run in this folder under `/runs`.
    pub director: Option<&'a str>,
    pub bus: Bus,
    /// Where participants have what they prove by who they are.
    pub credentials: CredentialsFrom<'a>,
    /// The part of a network over several machines that is on one of them; all of it on one engine otherwise.
    pub part: Option<Part<'a>>,
}

/// Where participants have passwords and certificates from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CredentialsFrom<'a> {
    /// The control service makes them at its start and puts each into a volume in memory that only its owner shares. Not over
    /// several machines.
    ControlService,
    /// From that folder, where `secnet pki` has put them; as the compose file names it, perhaps by a variable of compose.
    Folder(&'a str),
}

/// One machine's part of a network over several. There a segment is a port of its owner's machine, and keeping segments
/// apart is up to the firewalls between.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Part<'a> {
    pub machines: &'a [Machine],
    /// Which of them.
    pub here: usize,
}

/// A machine of several, and what is on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Machine {
    /// An address or name of its own, as the others reach it.
    pub address: String,
    /// Services; one that ends in `*` stands for all that begin so. A service is on the first machine that names it.
    pub services: Vec<String>,
}

/// Where a container has the credentials it presents.
const CREDENTIALS: &str = "/credentials";

impl Part<'_> {
    fn machine_of(&self, service: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.has(service))
    }

    fn is_here(&self, service: &str) -> bool {
        self.machine_of(service) == self.machines.get(self.here)
    }

    /// Services that are on no machine.
    pub fn without_place(&self, layout: &Layout) -> Vec<String> {
        let processes = layout.processes.iter().map(|process| process.name.as_str());
        let services = [CONTROL, DIRECTOR].into_iter().chain(processes);
        services
            .filter(|s| self.machine_of(s).is_none())
            .map(str::to_owned)
            .collect()
    }

    fn endpoint(&self, transport: Transport, service: &str, port: u16) -> String {
        let address = self.machine_of(service).map_or("", |machine| &machine.address);
        transport.endpoint(address, port)
    }
}

impl Machine {
    fn has(&self, service: &str) -> bool {
        self.services.iter().any(|name| match name.strip_suffix('*') {
            Some(begin) => service.starts_with(begin),
            None => name == service,
        })
    }
}

impl Compose<'_> {
    fn is_here(&self, service: &str) -> bool {
        self.part.is_none_or(|part| part.is_here(service))
    }

    /// Where the control service is.
    fn control(&self) -> String {
        match self.part {
            Some(part) => part.endpoint(self.transport(), CONTROL, CONTROL_PORT),
            None => self.transport().endpoint(CONTROL, CONTROL_PORT),
        }
    }

    fn transport(&self) -> Transport {
        self.bus.transport()
    }

    fn has_credentials(&self) -> bool {
        self.bus != Bus::Open
    }

    /// Whether the control service makes the credentials.
    fn makes_credentials(&self) -> bool {
        self.has_credentials() && self.credentials == CredentialsFrom::ControlService
    }

    /// The volumes that bring somebody its credentials.
    fn volumes_of(&self, identities: &[String], mode: &str) -> Vec<String> {
        if !self.has_credentials() {
            return Vec::new();
        }
        let from = |identity: &String| match self.credentials {
            CredentialsFrom::ControlService => {
                format!("\"credentials-{identity}:{CREDENTIALS}/{identity}{mode}\"")
            }
            CredentialsFrom::Folder(folder) => {
                format!("\"{folder}/{identity}:{CREDENTIALS}/{identity}:ro\"")
            }
        };
        identities.iter().map(from).collect()
    }
}

/// Pinned: known to work with the configuration in `docker/observability`.
const JAEGER: &str = "jaegertracing/jaeger:2.13.0";
const COLLECTOR: &str = "otel/opentelemetry-collector-contrib:0.128.0";
const PROMETHEUS: &str = "prom/prometheus:v3.5.0";

/// Where participants offer their metrics.
pub const METRICS_PORT: u16 = 9464;

/// A process starts with this much memory, and needs the more per premises.
const MEMORY_MIB: u64 = 256;
const MEMORY_DSP_MIB: u64 = 1024;
const MEMORY_PER_PREMISES_BYTES: u64 = 256;

/// Pretty, stable, and the same for the same input.
pub fn render(layout: &Layout, compose: &Compose<'_>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_file(&mut text, layout, compose);
    text
}

fn write_file(out: &mut String, layout: &Layout, compose: &Compose<'_>) -> fmt::Result {
    for line in compose.heading.lines() {
        writeln!(out, "# {line}")?;
    }
    writeln!(out)?;
    write_shared(out, compose)?;
    writeln!(out, "services:")?;
    if compose.is_here(CONTROL) {
        write_control(out, layout, compose)?;
    }
    for (number, process) in layout.processes.iter().enumerate() {
        if compose.is_here(&process.name) {
            write_participant(out, layout, compose, process, METRICS_PORT + number as u16)?;
        }
    }
    if let Some(run) = compose.director.filter(|_| compose.is_here(DIRECTOR)) {
        write_director(out, layout, compose, run)?;
    }
    if compose.part.is_none() {
        write_observability(out, layout)?;
        write_networks(out, layout)?;
    }
    writeln!(out, "\nvolumes:\n  runs: {{}}")?;
    if compose.makes_credentials() {
        for identity in identities(layout) {
            writeln!(out, "  credentials-{identity}: *in-memory")?;
        }
    }
    Ok(())
}

/// What every service of ours has.
fn write_shared(out: &mut String, compose: &Compose<'_>) -> fmt::Result {
    let image = compose.image;
    let network = match compose.part {
        None => {
            "# Nobody passes packets on from one segment to another.\n  sysctls: { net.ipv4.ip_forward: \"0\" }"
        }
        Some(_) => "network_mode: host",
    };
    let credentials = match compose.has_credentials() {
        true => format!("    # Of those who are in the container.\n    SECNET_CREDENTIALS: {CREDENTIALS}\n"),
        false => String::new(),
    };
    let after_control = match compose.is_here(CONTROL) {
        true => "\n  control: { condition: service_healthy }",
        // On another machine: whoever needs it waits for it by itself.
        false => " {}",
    };
    write!(
        out,
        r#"x-secnet: &secnet
  image: ${{SECNET_IMAGE:-{image}}}
  user: "${{SECNET_USER:-65532:65532}}"
  read_only: true
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  {network}
  cpus: 1.0
  pids_limit: 256
  stop_grace_period: 10s
  logging: {{ driver: json-file, options: {{ max-size: 10m }} }}
  environment: &environment
    SECNET_LOG: "${{SECNET_LOG:-warn,secnet=info}}"
    SECNET_METRICS: 0.0.0.0:{METRICS_PORT}
    # Empty: no traces. http://otel-collector:4317 for the profile observability.
    OTEL_EXPORTER_OTLP_ENDPOINT: "${{OTEL_EXPORTER_OTLP_ENDPOINT:-}}"
    OTEL_EXPORTER_OTLP_PROTOCOL: "${{OTEL_EXPORTER_OTLP_PROTOCOL:-grpc}}"
{credentials}
x-health: &health
  interval: "${{SECNET_HEALTH_INTERVAL:-2s}}"
  timeout: 5s
  retries: 5
  start_period: 30s

x-after-control: &after-control{after_control}

"#
    )?;
    if compose.makes_credentials() {
        write!(
            out,
            r#"# Passwords and certificates never reach a disk. The control service makes them, and each has only its own.
x-in-memory: &in-memory
  driver_opts: {{ type: tmpfs, device: tmpfs, o: "size=1m,mode=0777" }}

"#
        )?;
    }
    Ok(())
}

fn write_volumes(out: &mut String, volumes: &[String]) -> fmt::Result {
    if !volumes.is_empty() {
        writeln!(out, "    volumes:")?;
    }
    for volume in volumes {
        writeln!(out, "      - {volume}")?;
    }
    Ok(())
}

fn write_control(out: &mut String, layout: &Layout, compose: &Compose<'_>) -> fmt::Result {
    let mut flags: String = compose
        .flags
        .iter()
        .map(|flag| format!(", {}", quoted(flag)))
        .collect();
    if compose.bus != Bus::default() {
        write!(flags, ", --bus, {}", compose.bus.word())?;
    }
    if compose.makes_credentials() {
        flags.push_str(", --issue");
    }
    if let Some(part) = compose.part {
        write!(flags, ", --listen, {}", quoted(&compose.control()))?;
        for segment in layout.segments() {
            let endpoint = part.endpoint(compose.transport(), &segment.owner(), segment.port());
            write!(
                flags,
                ", --endpoint, {}",
                quoted(&format!("{segment}={endpoint}"))
            )?;
        }
    }
    write!(
        out,
        r#"  # Owns the control segment's router and hands out what is to be run. It joins every segment, so that none has to
  # share a network with another.
  control:
    <<: *secnet
    command: [secnet, control, /scenario.toml{flags}]
    mem_limit: {MEMORY_MIB}m
"#
    )?;
    let mut volumes = vec![quoted(&format!("{}:/scenario.toml:ro", compose.scenario))];
    let own = match compose.makes_credentials() {
        true => identities(layout),
        false => vec![CONTROL.to_owned()],
    };
    volumes.extend(compose.volumes_of(&own, ""));
    write_volumes(out, &volumes)?;
    if compose.part.is_none() {
        let joined = joined("outside", layout);
        write!(
            out,
            r#"    ports:
      - "127.0.0.1:${{SECNET_CONTROL_PORT:-{CONTROL_PORT}}}:{CONTROL_PORT}"
    networks: {joined}
"#
        )?;
    }
    write_health(out, compose, CONTROL)
}

fn write_health(out: &mut String, compose: &Compose<'_>, process: &str) -> fmt::Result {
    let control = quoted(&compose.control());
    writeln!(
        out,
        "    healthcheck: {{ <<: *health, test: [CMD, secnet, health, --control, {control}, --process, {process}] }}"
    )
}

fn write_participant(
    out: &mut String,
    layout: &Layout,
    compose: &Compose<'_>,
    process: &ProcessSpec,
    metrics_port: u16,
) -> fmt::Result {
    let ProcessSpec { name, binary, .. } = process;
    write!(
        out,
        r#"
  {name}:
    <<: *secnet
    command: [{binary}, --control, {}, --process, {name}]
    mem_limit: {}m
    depends_on: *after-control
"#,
        quoted(&compose.control()),
        memory_mib(layout, process)
    )?;
    let own = identities_of(layout, process);
    write_volumes(out, &compose.volumes_of(&own, ":ro"))?;
    if compose.part.is_some() {
        // Ports are the machine's.
        writeln!(
            out,
            "    environment: {{ <<: *environment, SECNET_METRICS: \"0.0.0.0:{metrics_port}\" }}"
        )?;
        return write_health(out, compose, name);
    }
    writeln!(out, "    networks:")?;
    for (number, (segment, owner)) in layout.segments_of(process).into_iter().enumerate() {
        let mut aliases = vec![if owner {
            segment.host()
        } else {
            format!("{name}.{segment}")
        }];
        if number == 0 {
            aliases.push(format!("participants.{segment}"));
        }
        writeln!(out, "      {segment}: {{ aliases: [{}] }}", aliases.join(", "))?;
    }
    write_health(out, compose, name)
}

fn write_director(out: &mut String, layout: &Layout, compose: &Compose<'_>, run: &str) -> fmt::Result {
    write!(
        out,
        r#"
  # Runs the network and leaves the run's folder; its exit code is the run's.
  director:
    <<: *secnet
    command: [secnet, attach, {}, --out, {}, --replace, --speed, "${{SECNET_SPEED:-max}}", "--interactive=${{SECNET_INTERACTIVE:-off}}"]
    mem_limit: 2048m
    stop_grace_period: 60s
"#,
        quoted(&compose.control()),
        quoted(&format!("/runs/{run}"))
    )?;
    let own = [DIRECTOR, OPERATOR].map(str::to_owned);
    let mut volumes = vec!["\"${SECNET_RUNS:-runs}:/runs\"".to_owned()];
    volumes.extend(compose.volumes_of(&own, ":ro"));
    write_volumes(out, &volumes)?;
    if compose.part.is_none() {
        writeln!(out, "    networks: [outside]")?;
    }
    let processes = layout.processes.iter().map(|process| process.name.as_str());
    let services = std::iter::once(CONTROL).chain(processes);
    let here: Vec<&str> = services.filter(|service| compose.is_here(service)).collect();
    if !here.is_empty() {
        writeln!(out, "    depends_on:")?;
    }
    for service in here {
        writeln!(out, "      {service}: {{ condition: service_healthy }}")?;
    }
    Ok(())
}

fn write_observability(out: &mut String, layout: &Layout) -> fmt::Result {
    let joined = joined("observability", layout);
    write!(
        out,
        r#"
  # With the profile observability: traces of failed and slow requests in Jaeger (http://127.0.0.1:16686), metrics in
  # Prometheus (http://127.0.0.1:9090).
  otel-collector:
    image: {COLLECTOR}
    profiles: [observability]
    command: [--config, /etc/secnet/collector.yaml]
    mem_limit: 1024m
    volumes:
      - "${{SECNET_OBSERVABILITY:-./observability}}:/etc/secnet:ro"
    networks: {joined}

  jaeger:
    image: {JAEGER}
    profiles: [observability]
    mem_limit: 2048m
    ports:
      - "127.0.0.1:${{SECNET_JAEGER_PORT:-16686}}:16686"
    networks: [observability]

  prometheus:
    image: {PROMETHEUS}
    profiles: [observability]
    command: [--config.file=/etc/secnet/prometheus.yaml]
    mem_limit: 1024m
    volumes:
      - "${{SECNET_OBSERVABILITY:-./observability}}:/etc/secnet:ro"
    ports:
      - "127.0.0.1:${{SECNET_PROMETHEUS_PORT:-9090}}:9090"
    networks: {joined}
"#
    )
}

fn write_networks(out: &mut String, layout: &Layout) -> fmt::Result {
    writeln!(out, "\nnetworks:")?;
    for segment in layout.segments() {
        writeln!(out, "  {segment}: {{ internal: true }}")?;
    }
    writeln!(
        out,
        "  # Control's way to this machine, and the director's to control."
    )?;
    writeln!(out, "  outside: {{}}\n  observability: {{}}")
}

/// That network and every segment.
fn joined(first: &str, layout: &Layout) -> String {
    let segments: String = layout
        .segments()
        .iter()
        .map(|segment| format!(", {segment}"))
        .collect();
    format!("[{first}{segments}]")
}

fn memory_mib(layout: &Layout, process: &ProcessSpec) -> u64 {
    let of_node = |kind: &NodeKind| match kind {
        NodeKind::Dsp => MEMORY_DSP_MIB,
        NodeKind::Csp(_) | NodeKind::S1sp | NodeKind::User(_) => MEMORY_MIB,
        NodeKind::Premises { first, end, .. } => {
            let premises = u64::from(end.0.saturating_sub(first.0));
            MEMORY_MIB + premises * MEMORY_PER_PREMISES_BYTES / (1 << 20)
        }
    };
    process
        .nodes
        .iter()
        .map(|node| of_node(&layout.kinds[node.index()]))
        .sum()
}

/// As a YAML string that compose does not read variables in.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    format!("\"{escaped}\"")
}
