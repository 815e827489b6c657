//! The file of a Unix socket.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file that a socket has made when it was bound, and that would be in the way of the next run. It is removed when this
/// is dropped, unless something else has taken its place by then.
///
/// To be dropped before the socket, which keeps any other file from getting the same number.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// None if it has gone already.
    identity: Option<Identity>,
}

/// What tells a file from all others.
#[derive(PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl SocketFile {
    /// The file of a socket that was bound just now.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            identity: Identity::of(path).ok(),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.identity.is_some() && self.identity == Identity::of(&self.path).ok() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}
