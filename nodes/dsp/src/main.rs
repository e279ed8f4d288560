use secnet_fabric::process::{Program, main as run};
use secnet_topology::NodeKind;

fn main() -> std::process::ExitCode {
    run(Program {
        binary: "dsp",
        about: "The DCC Data Service Provider of a live secnet run",
        build: |world, kind| match kind {
            NodeKind::Dsp => Some(Box::new(secnet_dsp::Dsp::new(world))),
            _ => None,
        },
    })
}
