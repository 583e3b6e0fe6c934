//! Whose something is, and who may use it: security identifiers and access lists.

#![expect(unsafe_code, reason = "the Windows API has no safe interface for these calls")]

use std::ffi::c_void;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, LocalFree, WIN32_ERROR};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetNamedSecurityInfoW,
    GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT, SE_KERNEL_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetTokenInformation,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES, SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";
const EVERYBODY: &str = "S-1-1-0";
const ACCESS_ALLOWED: u8 = 0;
const ACCESS_DENIED: u8 = 1;
/// SECURITY_MAX_SID_SIZE and the structure before it.
const TOKEN_USER_MAX: usize = 128;

/// Memory that the system gave.
struct Given(*mut c_void);

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: it was given by a function whose result is freed so.
        unsafe { LocalFree(self.0) };
    }
}

/// The security identifier of this user, as `S-1-…`.
pub(crate) fn user() -> io::Result<String> {
    let mut token = null_mut();
    let mut user = [0_u64; TOKEN_USER_MAX / 8];
    let mut length = 0;
    // SAFETY: the handle is closed by its owner, and the buffer is as large as is said and aligned as its content.
    unsafe {
        done(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token))?;
        let token = OwnedHandle::from_raw_handle(token);
        let (buffer, size) = (user.as_mut_ptr().cast(), size_of_val(&user) as u32);
        done(GetTokenInformation(token.as_raw_handle(), TokenUser, buffer, size, &raw mut length))?;
        text_of((*user.as_ptr().cast::<TOKEN_USER>()).User.Sid)
    }
}

/// Whether a pipe or another object belongs to who can do what this user can: this user, administrators, the system.
pub(crate) fn is_own(object: BorrowedHandle<'_>) -> io::Result<bool> {
    let asked = OWNER_SECURITY_INFORMATION;
    let found = Security::read(|owner, list, descriptor| {
        let (object, none) = (object.as_raw_handle(), null_mut());
        // SAFETY: an open handle, and places for what is asked.
        unsafe {
            GetSecurityInfo(object, SE_KERNEL_OBJECT, asked, owner, none, list, none.cast(), descriptor)
        }
    })?;
    Ok(is_trusted(&found.owner, &user()?))
}

fn is_trusted(owner: &str, user: &str) -> bool {
    [user, SYSTEM, ADMINISTRATORS].contains(&owner)
}

/// What is said of an object.
#[derive(Debug)]
pub(super) struct Security {
    pub(super) owner: String,
    /// Who is allowed anything. One that is not understood stands for everybody.
    pub(super) allowed: Vec<String>,
}

impl Security {
    /// Of a file or folder.
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        let (path, asked) = (wide(path), OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION);
        Self::read(|owner, list, descriptor| {
            let (path, none) = (path.as_ptr(), null_mut());
            // SAFETY: the path ends with NUL, and there are places for what is asked.
            unsafe {
                GetNamedSecurityInfoW(path, SE_FILE_OBJECT, asked, owner, none, list, none.cast(), descriptor)
            }
        })
    }

    fn read(
        get: impl FnOnce(*mut PSID, *mut *mut ACL, *mut PSECURITY_DESCRIPTOR) -> WIN32_ERROR,
    ) -> io::Result<Self> {
        let (mut owner, mut list, mut descriptor) = (null_mut(), null_mut(), null_mut());
        code(get(&raw mut owner, &raw mut list, &raw mut descriptor))?;
        let _descriptor = Given(descriptor);
        // SAFETY: both lie in the descriptor.
        unsafe { Ok(Self { owner: text_of(owner)?, allowed: allowed(list)? }) }
    }

    /// Whether nobody is allowed anything but this user and the system.
    pub(super) fn is_private(&self, user: &str) -> bool {
        self.allowed.iter().all(|who| [user, SYSTEM].contains(&who.as_str()))
    }

    /// Whether it belongs to who can do what this user can.
    pub(super) fn is_trusted(&self, user: &str) -> bool {
        is_trusted(&self.owner, user)
    }
}

/// Who is allowed anything by a list.
///
/// # Safety
/// It has to be null, which allows everybody everything, or a list.
unsafe fn allowed(list: *const ACL) -> io::Result<Vec<String>> {
    if list.is_null() {
        return Ok(vec![EVERYBODY.to_owned()]);
    }
    let mut allowed = Vec::new();
    // SAFETY: the list has so many entries, each of the type that its head says.
    unsafe {
        for index in 0..(*list).AceCount {
            let mut entry = null_mut();
            done(GetAce(list, index.into(), &raw mut entry))?;
            match (*entry.cast::<ACE_HEADER>()).AceType {
                ACCESS_ALLOWED => {
                    let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
                    if (*entry).Mask != 0 {
                        allowed.push(text_of((&raw mut (*entry).SidStart).cast())?);
                    }
                }
                ACCESS_DENIED => {}
                _ => allowed.push(EVERYBODY.to_owned()),
            }
        }
    }
    Ok(allowed)
}

/// A security descriptor that lets this user and the system in, and nobody else.
pub struct PrivateAccess(Given);

impl PrivateAccess {
    /// For an object that holds no other: a file, a pipe.
    ///
    /// # Errors
    /// What the system refused.
    pub fn new() -> io::Result<Self> {
        Self::with("")
    }

    /// For a folder, and for what is made in it.
    pub(super) fn inherited() -> io::Result<Self> {
        Self::with("OICI")
    }

    fn with(flags: &str) -> io::Result<Self> {
        let user = user()?;
        // Its owner, a protected list, all rights of files and pipes.
        let text = format!("O:{user}D:P(A;{flags};FA;;;{user})(A;{flags};FA;;;SY)");
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut descriptor = null_mut();
        // SAFETY: the text ends with NUL, and there is a place for what is asked.
        unsafe {
            done(ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                null_mut(),
            ))?;
        }
        Ok(Self(Given(descriptor)))
    }

    /// For what is made with it as SECURITY_ATTRIBUTES; the pointer is good while `make` runs.
    pub fn make<T>(&self, make: impl FnOnce(*mut c_void) -> T) -> T {
        let mut attributes = SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        };
        make((&raw mut attributes).cast())
    }

    /// Gives its list to a file or folder, in the place of what that inherited. What is in a folder keeps its own.
    pub(super) fn set(&self, path: &Path) -> io::Result<()> {
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        // SAFETY: the path ends with NUL, and the descriptor outlives the call.
        done(unsafe { SetFileSecurityW(wide(path).as_ptr(), what, self.0.0) })
    }
}

/// A security identifier as text.
///
/// # Safety
/// It has to be one.
unsafe fn text_of(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: the text ends with NUL, and is freed when it has been read.
    unsafe {
        done(ConvertSidToStringSidW(sid, &raw mut text))?;
        let _text = Given(text.cast());
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        Ok(String::from_utf16_lossy(std::slice::from_raw_parts(text, length)))
    }
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}

/// What a call came to that answers with 0 where it failed.
fn done(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// What a call came to that answers with a code.
fn code(code: WIN32_ERROR) -> io::Result<()> {
    if code == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) }
}
