//! Which folder is a run's: one it is told, or the next number in the folder of all the runs of a scenario.

use super::{ASSESSMENT, MANIFEST, RunFolderError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// In a folder of numbered runs, a link to the newest that was written whole.
pub const LATEST: &str = "latest";

/// Where a run is to go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// That folder. One that holds a run is refused.
    New(PathBuf),
    /// That folder, in the place of a run that may be there.
    Replace(PathBuf),
    /// A folder of its own in that one, by the next number.
    Next(PathBuf),
}

impl Place {
    /// The folder somebody names, in the place of what is there where that is asked for; otherwise the next in the series.
    pub fn told(out: Option<&Path>, replace: bool, series: impl FnOnce() -> PathBuf) -> Place {
        match (out, replace) {
            (Some(out), false) => Place::New(out.to_owned()),
            (Some(out), true) => Place::Replace(out.to_owned()),
            (None, _) => Place::Next(series()),
        }
    }

    /// The folder, of a numbered one that of all of them.
    pub fn path(&self) -> &Path {
        match self {
            Place::New(path) | Place::Replace(path) | Place::Next(path) => path,
        }
    }
}

/// Whether a run or an assessment was written to a folder.
pub(super) fn is_occupied(folder: &Path) -> bool {
    [MANIFEST, ASSESSMENT]
        .iter()
        .any(|name| folder.join(name).exists())
}

/// Makes the folder of the next number, which is nobody else's.
pub(super) fn make_next(series: &Path) -> Result<PathBuf, RunFolderError> {
    let failed = |path: &Path, source| RunFolderError::Write {
        path: path.to_owned(),
        source,
    };
    if series.is_symlink() {
        return Err(RunFolderError::Link {
            path: series.to_owned(),
        });
    }
    fs::create_dir_all(series).map_err(|source| failed(series, source))?;
    let taken = numbers(series).map_err(|source| failed(series, source))?;
    let mut number = taken.into_iter().max().map_or(1, |last| last.saturating_add(1));
    loop {
        let path = series.join(number.to_string());
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            // Another run was there first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number = number.saturating_add(1),
            Err(source) => return Err(failed(&path, source)),
        }
    }
}

/// Points the link to a run of a series, if its number is not below that of the one it points to.
pub(super) fn point_latest(run: &Path) -> io::Result<()> {
    let (Some(series), Some(number)) = (run.parent(), run.file_name()) else {
        return Ok(());
    };
    let latest = series.join(LATEST);
    let number_of = |name: &Path| name.to_str().and_then(|name| name.parse::<u64>().ok());
    let there = fs::read_link(&latest).ok();
    if there.as_deref().and_then(number_of) > number_of(Path::new(number)) {
        return Ok(());
    }
    // A file of the user's own by that name is left alone.
    if there.is_none() && latest.exists() {
        return Ok(());
    }
    let part = series.join(format!(".{LATEST}.{}.part", number.to_string_lossy()));
    let _ = fs::remove_file(&part);
    std::os::unix::fs::symlink(number, &part)?;
    fs::rename(part, latest)
}

/// The newest run in a folder of numbered ones; `None` for any other folder.
pub(super) fn newest_of(series: &Path) -> Option<PathBuf> {
    let number = fs::read_link(series.join(LATEST)).ok()?;
    // Not what somebody else put there.
    number.to_str()?.parse::<u64>().ok()?;
    Some(series.join(number))
}

fn numbers(series: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(series)? {
        numbers.extend(
            entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u64>().ok()),
        );
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_from_the_highest_and_the_link_never_back() {
        let series = std::env::temp_dir().join(format!("secnet-series-{}", std::process::id()));
        let _ = fs::remove_dir_all(&series);
        let names: Vec<PathBuf> = (0..2).map(|_| make_next(&series).unwrap()).collect();
        assert_eq!(names, [series.join("1"), series.join("2")]);
        fs::create_dir(series.join("41")).unwrap();
        fs::create_dir(series.join("slow-north")).unwrap();
        assert_eq!(make_next(&series).unwrap(), series.join("42"));
        assert_eq!(newest_of(&series), None);
        for (ended, newest) in [("2", "2"), ("1", "2"), ("42", "42"), ("41", "42")] {
            point_latest(&series.join(ended)).unwrap();
            assert_eq!(newest_of(&series), Some(series.join(newest)), "after {ended}");
        }
        // A link to somewhere else is nobody's run.
        fs::remove_file(series.join(LATEST)).unwrap();
        std::os::unix::fs::symlink("/", series.join(LATEST)).unwrap();
        assert_eq!(newest_of(&series), None);
        fs::remove_dir_all(&series).unwrap();
    }

    #[test]
    fn runs_that_begin_at_once_get_a_number_each() {
        let series = std::env::temp_dir().join(format!("secnet-at-once-{}", std::process::id()));
        let _ = fs::remove_dir_all(&series);
        let begin = || {
            std::thread::spawn({
                let series = series.clone();
                move || make_next(&series).unwrap()
            })
        };
        let begun: Vec<_> = (0..16).map(|_| begin()).collect();
        let mut names: Vec<PathBuf> = begun.into_iter().map(|thread| thread.join().unwrap()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 16);
        fs::remove_dir_all(&series).unwrap();
    }
}
