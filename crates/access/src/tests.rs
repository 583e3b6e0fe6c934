use super::*;

const SECRET: &str = "0123456789abcdef";

fn door() -> (tempfile::TempDir, Door) {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::of_launch(SECRET, folder.path().to_owned(), 8001);
    (folder, door)
}

fn code_of(entrance: &OneTimeEntrance) -> &str {
    entrance.address.split_once("code=").unwrap().1.split('#').next().unwrap()
}

#[test]
fn a_code_opens_once() {
    let (_folder, door) = door();
    let entrance = door.make_entrance("http://127.0.0.1:8001/?a=1#there").unwrap();
    let code = code_of(&entrance);
    assert_eq!(entrance.address, format!("http://127.0.0.1:8001/?a=1&code={code}#there"));
    assert!(!code.contains(SECRET));
    let page = std::fs::read_to_string(&entrance.file).unwrap();
    assert!(page.contains(&entrance.address.replace('&', "&amp;")), "{page}");
    // As a process that replaces another one has it.
    let other = door.clone();
    assert!(door.take(code));
    assert!(!door.take(code) && !other.take(code));
    assert!(!entrance.file.exists());
}

#[test]
fn of_many_who_take_a_code_at_once_one_gets_in() {
    let (_folder, door) = door();
    let entrance = door.make_entrance("http://127.0.0.1:8001/").unwrap();
    let got_in: usize = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..8).map(|_| scope.spawn(|| usize::from(door.take(code_of(&entrance))))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(got_in, 1);
}

#[test]
fn codes_and_cookies_are_good_for_one_service_port_and_launch() {
    let (folder, door) = door();
    let (other_folder, _) = self::door();
    let path = folder.path().to_owned();
    for stranger in [
        Door::of_launch(SECRET, path.clone(), 8002),
        Door::of_launch(SECRET, other_folder.path().to_owned(), 8001),
        Door::of_launch("another", path.clone(), 8001),
        Door::alone(SECRET, "ui", 8001),
    ] {
        assert!(!stranger.is_cookie(&door.cookie()));
        assert!(!stranger.take(code_of(&door.make_entrance("http://127.0.0.1:8001/").unwrap())));
    }
    assert!(Door::of_launch(SECRET, path, 8001).is_cookie(&door.cookie()), "after a restart of the service");
    assert_ne!(Door::alone(SECRET, "ui", 1).cookie(), Door::alone(SECRET, "admin", 1).cookie());
}

#[test]
fn a_code_that_was_forged_is_refused() {
    let (_folder, door) = door();
    let entrance = door.make_entrance("http://127.0.0.1:8001/").unwrap();
    let code = code_of(&entrance);
    let [made, id, seal] = code.split('-').collect::<Vec<_>>()[..] else { panic!("{code}") };
    let later = made.parse::<u64>().unwrap() + 1;
    let cookie = door.cookie();
    for forged in [
        String::new(),
        "-".to_owned(),
        format!("{made}-{id}-"),
        format!("{made}-{id}-{}", &seal[2..]),
        format!("{later}-{id}-{seal}"),
        format!("{made}-{id}-{cookie}"),
        format!("{made}-../{id}-{seal}"),
    ] {
        assert!(!door.take(&forged), "{forged}");
    }
    assert!(door.take(code));
}

#[test]
fn a_code_is_good_for_a_minute() {
    let (_folder, door) = door();
    let code_made = |ago: u64| {
        let id = "x".repeat(ID_LENGTH);
        std::fs::write(door.identity.join(&id).with_extension("html"), "").unwrap();
        let signed = format!("{}-{id}", seconds(SystemTime::now()) - ago);
        format!("{signed}-{}", hex(door.mac("code", &signed)))
    };
    assert!(door.take(&code_made(50)));
    assert!(!door.take(&code_made(62)));
    // What was not taken is removed by the next.
    let old = door.identity.join("old.html");
    let file = std::fs::File::create(&old).unwrap();
    file.set_modified(SystemTime::now() - CODE_LIFE * 2).unwrap();
    door.make_entrance("http://127.0.0.1:8001/").unwrap();
    assert!(!old.exists());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, door) = door();
    let entrance = door.make_entrance("http://127.0.0.1:8001/?\"><script>").unwrap();
    assert_eq!(std::fs::metadata(&entrance.file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!std::fs::read_to_string(&entrance.file).unwrap().contains("\"><script>"));
    let name = entrance.file.file_stem().unwrap().to_str().unwrap();
    assert!(!name.contains(code_of(&entrance)), "the command line that names the file says no code");
}

#[test]
fn a_pass_is_good_for_a_minute_and_for_the_port_that_it_was_made_for() {
    let (_folder, door) = door();
    let given = pass(SECRET, 8001);
    assert!(door.is_pass(&given) && !given.contains(SECRET));
    assert!(!door.is_pass(&pass(SECRET, 8000)), "somebody listened there in its place");
    assert!(!door.is_pass(&pass("another", 8001)));
    // In a container it listens at another port than the one that its address names.
    assert!(Door::alone(SECRET, "backend", 8001).is_pass(&pass(SECRET, 80)));
    let signed = format!("{}-8001", seconds(SystemTime::now()) - 62);
    let old = format!("{signed}-{}", hex(mac(SECRET, &["pass".as_ref(), signed.as_ref()])));
    for bad in [old.as_str(), &given[1..], &door.cookie(), SECRET, ""] {
        assert!(!door.is_pass(bad), "{bad}");
    }
}

#[test]
fn a_service_s_own_secret_is_its_own_and_lasts() {
    let secret = secret_of_service(SECRET, "stack", "web");
    assert_eq!(secret, secret_of_service(SECRET, "stack", "web"));
    for other in [secret_of_service(SECRET, "stack", "api"), secret_of_service(SECRET, "other", "web")] {
        assert_ne!(secret, other);
    }
    assert!(secret.len() == 64 && !secret.contains(SECRET));
}
