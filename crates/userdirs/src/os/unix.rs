//! Unix. Owners and permissions, of a file and of all that lies on the way to it.

use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions, set_permissions, symlink_metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{AccessFlags, Gid, Group, Uid, User, access, geteuid};

use crate::trust::Untrusted;

const EVERYBODY_WRITES: u32 = 0o002;
const GROUP_WRITES: u32 = 0o020;
const STICKY: u32 = 0o1000;
const ACCESS_LIST: &str = "system.posix_acl_access";
/// As many as the kernel follows.
const LINKS_MAX: usize = 40;

/// See [`crate::trust::found`].
pub(crate) fn found(path: &Path) -> Result<(), Untrusted> {
    walk(path, &Owners::of_process())
}

/// See [`crate::trust::named`].
pub(crate) fn named(path: &Path) -> Result<(), Untrusted> {
    // A pipe is made by who named it: a shell's `<(…)` and `/dev/stdin` lie in folders of the kernel's.
    match path.metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => Ok(()),
        _ => walk(path, &Owners::Anybody),
    }
}

/// See [`crate::trust::is_own`].
pub(crate) fn is_own(uid: u32) -> bool {
    Owners::of_process().include(Uid::from_raw(uid), true)
}

/// The home folder that the user database has for this user.
pub(crate) fn home_of_user() -> Option<PathBuf> {
    User::from_uid(geteuid()).ok().flatten().map(|user| user.dir)
}

/// Whether a folder, or the one that it is to be made in, belongs to who called sudo.
pub(crate) fn is_callers(path: &Path) -> bool {
    let owner = path.ancestors().find_map(|path| Some(Uid::from_raw(path.metadata().ok()?.uid())));
    caller().is_some_and(|caller| !caller.is_root() && owner == Some(caller))
}

/// Who called sudo, where this user is root.
fn caller() -> Option<Uid> {
    let caller = std::env::var("SUDO_UID").ok().filter(|_| geteuid().is_root())?;
    caller.parse().ok().map(Uid::from_raw)
}

/// The name of this user's own folder in one that is shared.
pub(crate) fn own_name(program: &str) -> String {
    format!("{program}-{}", geteuid())
}

/// Whether this user may make something in a folder.
pub(crate) fn can_write(folder: &Path) -> bool {
    folder.is_dir() && access(folder, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
}

/// Makes a folder, and those above it that are missing, for this user alone.
pub(crate) fn make_folders(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes sure that a folder belongs to this user and that nobody else can enter it.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let metadata = symlink_metadata(path)?;
    if !metadata.is_dir() || metadata.uid() != geteuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("{} is not a folder of this user; remove it or set XDG_RUNTIME_DIR", path.display()),
        ));
    }
    if metadata.mode() & 0o077 != 0 {
        set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// See [`crate::make_file_private`]. A file that is private is not opened: that would end the locks that this process
/// has on it (fcntl(2)).
pub(crate) fn make_file_private(path: &Path) -> io::Result<()> {
    if symlink_metadata(path).is_ok_and(|found| found.mode() & 0o077 == 0) {
        return Ok(());
    }
    let file = private_file().append(true).create(true).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Options that make a file which only its user can read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    // A pipe in its place keeps nobody waiting.
    options.mode(0o600).custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
    options
}

/// Who may own what is trusted.
enum Owners {
    Anybody,
    These {
        own: Vec<Uid>,
        /// Whom the kernel shows in place of everybody that a user namespace leaves out.
        outside: fn() -> Option<Uid>,
    },
}

impl Owners {
    fn of_process() -> Self {
        let me = geteuid();
        let mut own = vec![me, Uid::from_raw(0)];
        own.extend(caller());
        Self::These { own, outside }
    }

    /// `shared`: in a folder where everybody may make something.
    fn include(&self, owner: Uid, shared: bool) -> bool {
        match self {
            Self::Anybody => true,
            Self::These { own, outside } => own.contains(&owner) || (outside() == Some(owner) && !shared),
        }
    }

    /// Whether all who may write what members of a group may are trusted.
    fn include_members(&self, gid: Gid, path: &Path) -> bool {
        let Self::These { own, .. } = self else { return true };
        if has_access_list(path) {
            return false;
        }
        gid.as_raw() == 0
            || Group::from_gid(gid).ok().flatten().is_some_and(|group| {
                let users = own.iter().filter_map(|uid| User::from_uid(*uid).ok().flatten());
                users.into_iter().any(|user| is_private(&group, &user))
            })
    }
}

/// Whether a list says who else may write: it shows as a right of the group (acl(5)).
fn has_access_list(path: &Path) -> bool {
    rustix::fs::lgetxattr_query(path, ACCESS_LIST).is_ok_and(|length| length > 0)
}

/// Whether a group was made for one user alone, as most systems do. Whose primary group it is besides, the user
/// database does not say without listing everybody; the name says whose it is meant to be.
fn is_private(group: &Group, user: &User) -> bool {
    user.gid == group.gid && user.name == group.name && group.mem.iter().all(|member| *member == user.name)
}

/// In a container that maps only some users, the system's own folders belong to none of them.
fn outside() -> Option<Uid> {
    let read = |file: &str| std::fs::read_to_string(file).ok();
    let uid: u32 = read("/proc/sys/kernel/overflowuid")?.trim().parse().ok()?;
    let map = read("/proc/self/uid_map")?;
    let covers = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().ok());
        let (Some(Some(first)), Some(count)) = (numbers.next(), numbers.nth(1).flatten()) else {
            return false;
        };
        (first..first.saturating_add(count)).contains(&uid)
    };
    (!map.lines().any(covers)).then(|| Uid::from_raw(uid))
}

/// Follows a path as the kernel does, and looks at everything on the way.
fn walk(wanted: &Path, owners: &Owners) -> Result<(), Untrusted> {
    let whole = std::path::absolute(wanted).unwrap_or_else(|_| wanted.to_owned());
    let mut ahead = steps(&whole);
    let mut at = PathBuf::from("/");
    let mut shared = false;
    let mut links = 0;
    while let Some(step) = ahead.pop() {
        let next = match step.to_str() {
            Some("/") => PathBuf::from("/"),
            Some("..") => at.parent().unwrap_or(&at).to_owned(),
            _ => at.join(&step),
        };
        // What does not exist, or cannot be reached, is not used either.
        let Ok(found) = symlink_metadata(&next) else { return Ok(()) };
        let owner = Uid::from_raw(found.uid());
        // A link in a folder where everybody may make something leads where its owner wants.
        let is_planted = found.is_symlink() && shared && !is_own(found.uid());
        if is_planted || !owners.include(owner, shared) {
            return Err(Untrusted::NotYours { wanted: wanted.to_owned(), path: next, owner: name_of(owner) });
        }
        if found.is_symlink() {
            let (Ok(target), true) = (std::fs::read_link(&next), links < LINKS_MAX) else { return Ok(()) };
            links += 1;
            ahead.extend(steps(&target));
            continue;
        }
        let writes = |who: u32| (found.is_dir() || found.is_file()) && found.mode() & who != 0;
        let everybody = writes(EVERYBODY_WRITES);
        let group = Gid::from_raw(found.gid());
        let others = everybody || writes(GROUP_WRITES) && !owners.include_members(group, &next);
        // In a sticky folder others may make something, but not replace what is somebody else's.
        shared = others && found.is_dir() && found.mode() & STICKY != 0;
        if others && !shared {
            let wanted = wanted.to_owned();
            return Err(if everybody {
                Untrusted::WritableByAll { wanted, path: next }
            } else {
                Untrusted::WritableByGroup { wanted, path: next, group: name_of_group(group) }
            });
        }
        at = next;
    }
    Ok(())
}

/// The steps of a path, the first one last.
fn steps(path: &Path) -> Vec<OsString> {
    let step = |part: Component<'_>| part.as_os_str().to_owned();
    path.components().filter(|part| *part != Component::CurDir).map(step).rev().collect()
}

fn name_of(uid: Uid) -> String {
    let user = User::from_uid(uid).ok().flatten();
    user.map_or_else(|| format!("user {uid}"), |user| user.name)
}

fn name_of_group(gid: Gid) -> String {
    let group = Group::from_gid(gid).ok().flatten();
    group.map_or_else(|| gid.to_string(), |group| group.name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A user that nothing belongs to.
    const SOMEBODY: u32 = 4_000_000;

    fn owners(own: &[u32], outside: fn() -> Option<Uid>) -> Owners {
        Owners::These { own: own.iter().copied().map(Uid::from_raw).collect(), outside }
    }

    fn me() -> u32 {
        geteuid().as_raw()
    }

    fn set_mode(path: &Path, mode: u32) {
        set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn folder_with_file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "").unwrap();
        (folder, path)
    }

    #[test]
    fn what_belongs_to_nobody_else_is_trusted_also_where_the_end_is_missing() {
        let (_folder, path) = folder_with_file();
        assert_eq!(found(&path), Ok(()));
        assert_eq!(found(&path.with_file_name("missing")), Ok(()));
        assert_eq!(found(&path.with_file_name("missing/too")), Ok(()));
    }

    #[test]
    fn what_belongs_to_somebody_else_is_named_with_its_owner() {
        let (_folder, path) = folder_with_file();
        let error = walk(&path, &owners(&[SOMEBODY], || None)).unwrap_err();
        assert!(matches!(&error, Untrusted::NotYours { path, .. } if path == Path::new("/")), "{error}");
        assert_eq!(walk(&path, &owners(&[me(), 0], || None)), Ok(()));
    }

    #[test]
    fn a_folder_or_file_that_everybody_may_write_is_not_trusted_unless_it_is_sticky() {
        let (_folder, path) = folder_with_file();
        let parent = path.parent().unwrap().parent().unwrap();
        set_mode(parent, 0o777);
        let untrusted = |at: &Path| Untrusted::WritableByAll { wanted: path.clone(), path: at.to_owned() };
        assert_eq!((found(&path), named(&path)), (Err(untrusted(parent)), Err(untrusted(parent))));
        set_mode(parent, 0o1777);
        assert_eq!(found(&path), Ok(()));
        set_mode(&path, 0o666);
        assert_eq!(found(&path), Err(untrusted(&path)));
        assert_eq!(named(&path), Err(untrusted(&path)));
        set_mode(&path, 0o660);
        assert_eq!((found(&path), named(&path)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_group_is_private_if_it_is_named_after_its_only_user() {
        let group = |name: &str, gid: u32, members: &[&str]| Group {
            name: name.to_owned(),
            passwd: c"".to_owned(),
            gid: Gid::from_raw(gid),
            mem: members.iter().map(|&member| member.to_owned()).collect(),
        };
        let mut user = User::from_uid(Uid::from_raw(0)).unwrap().unwrap();
        (user.name, user.gid) = ("anna".to_owned(), Gid::from_raw(1000));
        assert!(is_private(&group("anna", 1000, &[]), &user));
        assert!(is_private(&group("anna", 1000, &["anna"]), &user));
        assert!(!is_private(&group("anna", 1000, &["anna", "eve"]), &user), "eve is in it as well");
        assert!(!is_private(&group("users", 1000, &[]), &user), "many have it as their primary one");
        assert!(!is_private(&group("anna", 1001, &["anna"]), &user), "it is not hers");
    }

    #[test]
    fn what_a_group_may_write_is_trusted_if_nobody_else_is_in_it() {
        let (_folder, path) = folder_with_file();
        // Whoever runs this may be in a group that others are in too: root can choose.
        let is_root = me() == 0;
        let gid = if is_root { SOMEBODY } else { std::fs::metadata(&path).unwrap().gid() };
        let group = Gid::from_raw(gid);
        let is_trusted = Owners::of_process().include_members(group, &path);
        for at in [&path, path.parent().unwrap()] {
            if is_root {
                set_mode(at, 0o775);
                assert_eq!(found(&path), Ok(()), "root's");
                std::os::unix::fs::chown(at, None, Some(gid)).unwrap();
            }
            set_mode(at, 0o775);
            let wanted = Untrusted::WritableByGroup {
                wanted: path.clone(),
                path: at.to_owned(),
                group: name_of_group(group),
            };
            assert_eq!(found(&path), if is_trusted { Ok(()) } else { Err(wanted) });
            assert_eq!(named(&path), Ok(()), "who named it knows their group");
            set_mode(at, 0o755);
            assert_eq!(found(&path), Ok(()));
        }
    }

    #[test]
    fn what_a_list_lets_another_user_write_is_not_trusted() {
        let (_folder, path) = folder_with_file();
        // acl(5): the owner, a user by name, the group, the most that these two may, everybody.
        let entries = [(1, 6, 0), (2, 6, SOMEBODY), (4, 4, 0), (16, 6, 0), (32, 4, 0)];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            let id = if tag == 2 { id } else { u32::MAX };
            list.extend([tag, 0, rights, 0]);
            list.extend(id.to_le_bytes());
        }
        assert_eq!(found(&path), Ok(()));
        let set = rustix::fs::setxattr(&path, ACCESS_LIST, &list, rustix::fs::XattrFlags::empty());
        match set {
            Ok(()) => {
                assert!(matches!(found(&path), Err(Untrusted::WritableByGroup { .. })));
                assert_eq!(named(&path), Ok(()), "who named it knows the list");
            }
            Err(error) => assert_eq!(error, rustix::io::Errno::OPNOTSUPP, "the file system has no lists"),
        }
        set_mode(&path, 0o644);
        assert_eq!(found(&path), Ok(()), "as the message says it is mended");
    }

    #[test]
    fn links_are_followed_to_what_they_hide() {
        let (folder, path) = folder_with_file();
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        symlink(path.parent().unwrap(), &first).unwrap();
        symlink("a/../first", &second).unwrap();
        assert_eq!(found(&second.join("file")), Ok(()));
        set_mode(&path, 0o666);
        assert!(found(&second.join("file")).is_err());
        let ring = folder.path().join("ring");
        symlink("ring", &ring).unwrap();
        assert_eq!(found(&ring), Ok(()), "nothing is there to be used");
    }

    #[test]
    fn in_a_container_without_root_only_what_nobody_else_can_have_made_passes_for_roots() {
        // As if root were left out and shown like everybody else who is.
        let outside = owners(&[SOMEBODY], || Some(Uid::from_raw(0)));
        assert_eq!(walk(Path::new("/usr/bin"), &outside), Ok(()));
        // Here this user takes the place of another one who is left out.
        let (folder, path) = folder_with_file();
        set_mode(folder.path(), 0o1777);
        let root = if me() == 0 { SOMEBODY } else { 0 };
        let error = walk(&path, &owners(&[root], || Some(geteuid()))).unwrap_err();
        assert!(matches!(&error, Untrusted::NotYours { path, .. } if path != Path::new("/")), "{error}");
    }
}
