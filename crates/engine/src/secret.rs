//! The secret of the user: one for each, kept until it is rotated.

use std::io::{self, Read, Write};
use std::path::Path;

const FILE: &str = "token";
const LENGTH: usize = 32;

/// The user's secret, in the folder of the product's data; made where there is none yet.
///
/// # Errors
/// If it cannot be read or written, or the folder is not to be trusted.
pub fn token(folder: &Path) -> io::Result<String> {
    userdirs::private_folder(folder)?;
    let path = folder.join(FILE);
    if let Some(token) = read(&path)? {
        return Ok(token);
    }
    // Put in place only if nothing is there: two first launches that cross agree on one secret.
    let (token, file) = new_token(folder)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(token),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => read(&path)?
            .ok_or_else(|| io::Error::other(format!("{} is not a token; remove it", path.display()))),
        Err(failed) => Err(failed.error),
    }
}

/// Replaces the user's secret. What runs keeps the old one until it is launched again.
///
/// # Errors
/// If it cannot be written, or the folder is not to be trusted.
pub fn rotate_token(folder: &Path) -> io::Result<()> {
    userdirs::private_folder(folder)?;
    new_token(folder)?.1.persist(folder.join(FILE))?;
    Ok(())
}

/// A new secret, written to a file beside its place: nobody ever reads half of it.
fn new_token(folder: &Path) -> io::Result<(String, tempfile::NamedTempFile)> {
    let token = random_hex::<LENGTH>();
    let mut file = tempfile::Builder::new().prefix(FILE).tempfile_in(folder)?;
    file.write_all(token.as_bytes())?;
    file.as_file().sync_all()?;
    Ok((token, file))
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let mut text = String::new();
    match userdirs::private_file().read(true).open(path) {
        Ok(file) => file.take(4096).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = text.trim();
    let whole = text.len() >= LENGTH && text.chars().all(|c| c.is_ascii_alphanumeric());
    if whole {
        Ok(Some(text.to_owned()))
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is not a token; remove it", path.display()),
        ))
    }
}

/// `N` random bytes from the system, as hexadecimal digits.
pub(crate) fn random_hex<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap_or_else(|error| unreachable!("the system has no randomness: {error}"));
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_kept_and_two_first_launches_agree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skinai");
        let tokens: Vec<String> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| token(&path).unwrap())).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(tokens.iter().all(|token| *token == tokens[0] && token.len() == 64), "{tokens:?}");
        assert_eq!(token(&path).unwrap(), tokens[0]);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
    }

    #[test]
    fn a_rotated_token_is_another_one_and_a_broken_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let first = token(folder.path()).unwrap();
        rotate_token(folder.path()).unwrap();
        assert_ne!(token(folder.path()).unwrap(), first);
        std::fs::write(folder.path().join(FILE), "x").unwrap();
        rotate_token(folder.path()).unwrap();
        assert_eq!(token(folder.path()).unwrap().len(), first.len());
    }

    #[test]
    fn a_broken_token_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "x").unwrap();
        let error = token(folder.path()).unwrap_err().to_string();
        assert!(error.contains("token"), "{error}");
    }
}
