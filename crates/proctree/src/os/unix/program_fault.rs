//! Why the kernel would refuse to run a program, or its interpreter would (execve(2)).

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use contract::ProgramFault;
use elf::ElfStream;
use elf::abi::{EM_386, EM_AARCH64, EM_ARM, EM_X86_64, PT_INTERP};
use elf::endian::AnyEndian;
use elf::to_str::e_machine_to_human_str;

use crate::find_program;

/// How much of its beginning the kernel reads.
const BEGINNING: u64 = 256;

/// Why a file that was named or found cannot be run, if it is known before.
pub(crate) fn not_executable(file: &Path) -> Option<ProgramFault> {
    let metadata = file.metadata().ok()?;
    if metadata.is_dir() {
        return Some(ProgramFault::Folder);
    }
    Some(if nothing_runs_at(file) { ProgramFault::NothingRunsThere } else { ProgramFault::NotExecutable })
}

#[cfg(target_os = "linux")]
fn nothing_runs_at(file: &Path) -> bool {
    use nix::sys::statvfs::{FsFlags, statvfs};
    statvfs(file).is_ok_and(|system| system.flags().contains(FsFlags::ST_NOEXEC))
}

/// Nothing tells.
#[cfg(not(target_os = "linux"))]
fn nothing_runs_at(_file: &Path) -> bool {
    false
}

/// Why an executable file cannot run in `cwd`, with what it lacks.
pub(crate) fn fault(
    program: &Path,
    path: Option<&OsStr>,
    cwd: Option<&Path>,
) -> Option<(ProgramFault, String)> {
    let mut file = File::open(program).ok()?;
    let mut beginning = Vec::new();
    file.by_ref().take(BEGINNING).read_to_end(&mut beginning).ok()?;
    let missing = |program: &OsStr| {
        let is_missing = find_program(program, path, cwd).is_err();
        is_missing.then(|| (ProgramFault::NoInterpreter, program.to_string_lossy().into_owned()))
    };
    if beginning.starts_with(b"\x7fELF") {
        return missing(&loader(file)?);
    }
    let Some(line) = beginning.strip_prefix(b"#!") else {
        // What is no text may be run by means that only the kernel knows (binfmt_misc).
        let is_text = !beginning.contains(&0);
        return is_text.then(|| (ProgramFault::NoInterpreterLine, String::new()));
    };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.ends_with(b"\r") {
        return Some((ProgramFault::WindowsLineEnds, String::new()));
    }
    let mut words =
        line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(OsStr::from_bytes);
    let Some(interpreter) = words.next() else {
        return Some((ProgramFault::NoInterpreterLine, String::new()));
    };
    // The kernel does not look along the path.
    let named = Path::new(interpreter).components().count() > 1;
    let file = if named { interpreter.to_owned() } else { Path::new(".").join(interpreter).into() };
    missing(&file).or_else(|| missing(named_to_env(interpreter, words)?))
}

/// The program that `env` is to run, where that is plain to see: env(1).
fn named_to_env<'a>(interpreter: &OsStr, words: impl Iterator<Item = &'a OsStr>) -> Option<&'a OsStr> {
    let is_env = Path::new(interpreter).file_name() == Some(OsStr::new("env"));
    let is_no_variable = |word: &&OsStr| *word != "-S" && !word.as_bytes().contains(&b'=');
    let mut words = words.filter(is_no_variable);
    words.next().filter(|word| is_env && !word.as_bytes().starts_with(b"-"))
}

/// What a program asks to be loaded by.
fn loader(file: File) -> Option<OsString> {
    let mut elf = ElfStream::<AnyEndian, _>::open_stream(file).ok()?;
    let segment = *elf.segments().iter().find(|segment| segment.p_type == PT_INTERP)?;
    let name = elf.segment_data(&segment).ok()?;
    Some(OsString::from_vec(name.strip_suffix(b"\0").unwrap_or(name).to_vec()))
}

/// The kind of processor that a program was made for, where it is another one than this. An emulator may run it
/// all the same (binfmt_misc): only the kernel knows.
pub(crate) fn other_machine(program: &Path) -> Option<String> {
    let (own, machine) = (machine(Path::new("/proc/self/exe"))?, machine(program)?);
    let runs = own == machine || matches!((own, machine), (EM_X86_64, EM_386) | (EM_AARCH64, EM_ARM));
    let name = e_machine_to_human_str(machine).map(str::to_owned);
    (!runs).then(|| name.unwrap_or_else(|| format!("machine {machine}")))
}

fn machine(program: &Path) -> Option<u16> {
    let mut file = File::open(program).ok()?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic).ok()?;
    (magic == *b"\x7fELF").then_some(ElfStream::<AnyEndian, _>::open_stream(file).ok()?.ehdr.e_machine)
}

/// Whether the kernel has no way to run the file (ENOEXEC of execve(2)).
pub(crate) fn is_no_program(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOEXEC)
}
