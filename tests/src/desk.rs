//! A folder of a test's own, in which the program is called.

use crate::programs::program;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// Gone in the end.
pub struct Desk {
    pub folder: PathBuf,
}

impl Desk {
    /// With these files in it, by name.
    pub fn with(files: &[(&str, &str)]) -> Desk {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("secnet-desk-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let desk = Desk { folder };
        files.iter().for_each(|(name, text)| desk.write(name, text));
        desk
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(program("secnet"));
        command.current_dir(&self.folder);
        command
    }

    pub fn secnet(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.read(file)).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
