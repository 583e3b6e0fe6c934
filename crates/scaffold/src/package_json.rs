//! The scripts of a `package.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use stackfile::DraftService;

use crate::files;
use crate::fixed_port::FixedPort;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PackageJson {
    scripts: BTreeMap<String, String>,
}

impl PackageJson {
    fn of(folder: &Path) -> Option<Self> {
        serde_json::from_str(&files::read(&folder.join("package.json"))?).ok()
    }
}

/// The scripts that run a server while one works, the first that there is.
const SCRIPTS: [&str; 5] = ["dev", "start", "serve", "develop", "preview"];

/// Tools that are told their port by arguments, and which; others read `PORT`.
const TOOLS: [(&str, &str); 17] = [
    ("vite", "--host {host} --port {port} --strictPort"),
    ("vite dev", "--host {host} --port {port} --strictPort"),
    ("vite preview", "--host {host} --port {port} --strictPort"),
    ("next dev", "--hostname {host} --port {port}"),
    ("next start", "--hostname {host} --port {port}"),
    ("nuxt dev", "--host {host} --port {port}"),
    ("nuxi dev", "--host {host} --port {port}"),
    ("astro dev", "--host {host} --port {port}"),
    ("react-router dev", "--host {host} --port {port}"),
    ("remix vite:dev", "--host {host} --port {port}"),
    ("vue-cli-service serve", "--host {host} --port {port}"),
    ("ng serve", "--host {host} --port {port}"),
    ("webpack serve", "--host {host} --port {port}"),
    ("webpack-dev-server", "--host {host} --port {port}"),
    ("parcel", "--host {host} --port {port}"),
    ("http-server", "-a {host} -p {port}"),
    ("serve", "-l tcp://{host}:{port}"),
];

/// Tools that watch and serve nothing.
const WITHOUT_PORT: [&str; 5] = ["tsc", "tailwindcss", "jest", "vitest", "rollup"];

/// The service that the scripts of a folder make, if there is one; the others are for a person.
pub(crate) fn service(folder: &Path) -> Option<DraftService> {
    let package = PackageJson::of(folder)?;
    let name = SCRIPTS.into_iter().find(|name| package.scripts.contains_key(*name))?;
    let script = package.scripts[name].trim();
    let manager = manager(folder);
    let mut command = vec![manager.to_owned(), "run".to_owned(), name.to_owned()];
    // What is appended to a script goes to the last of its commands.
    let last = script.rsplit(['&', ';', '|']).next().unwrap_or_default().trim();
    let begins = |tool: &str| last == tool || last.starts_with(&format!("{tool} "));
    let arguments = TOOLS.iter().filter(|(tool, _)| begins(tool)).max_by_key(|(tool, _)| tool.len());
    let is_vite_build = begins("vite build");
    if let Some((_, arguments)) = arguments.filter(|_| !is_vite_build) {
        command.extend((manager == "npm").then(|| "--".to_owned()));
        command.extend(arguments.split(' ').map(str::to_owned));
    }
    let mut service = DraftService::new("web", command);
    service = service.with_comment(format!("The script \"{name}\" of package.json: {script}"));
    let others: Vec<&str> =
        package.scripts.keys().map(String::as_str).filter(|other| *other != name).collect();
    if !others.is_empty() {
        service = service.with_comment(format!("Its other scripts: {}", others.join(", ")));
    }
    if WITHOUT_PORT.into_iter().any(begins) {
        return Some(service);
    }
    match (arguments, FixedPort::find(script)) {
        (None, None) => service = service.with_comment("It has to listen at the port that PORT tells it."),
        (None, Some(fixed)) => {
            service = service.with_comment(format!(
                "It has to listen at the port that PORT tells it: in package.json, {}.",
                fixed.remedy("$PORT")
            ));
        }
        // Of two ports most tools take the last.
        (Some(_), Some(fixed)) => {
            service = service.with_comment(format!(
                "Its script has `{}` too: take that out if it does not listen where it is told.",
                fixed.text
            ));
        }
        (Some(_), None) => {}
    }
    Some(service.with_port("PORT").with("open", "/"))
}

/// What has to be done before a service of a script runs: its packages are not there.
pub(crate) fn step(service: &DraftService, folder: &Path) -> Option<String> {
    let manager = *service.command().first()?;
    let cwd = service.get("cwd").and_then(|cwd| cwd.as_str()).unwrap_or_default();
    let has_packages =
        folder.join(cwd).ancestors().take(3).any(|folder| folder.join("node_modules").is_dir());
    let place = if matches!(cwd, "" | ".") { String::new() } else { format!(" in {cwd}") };
    (MANAGERS.contains(&manager) && !has_packages).then(|| format!("`{manager} install`{place}"))
}

/// What has to be done in a script that a service runs, if it has a port: nobody can be told another one.
pub(crate) fn step_of_port(service: &DraftService, folder: &Path) -> Option<String> {
    // Further words tell it its port.
    let [manager, "run", name] = service.command()[..] else { return None };
    if !MANAGERS.contains(&manager) || service.get("port").is_none() {
        return None;
    }
    let cwd = service.get("cwd").and_then(|cwd| cwd.as_str()).unwrap_or_default();
    let fixed = FixedPort::find(PackageJson::of(&folder.join(cwd))?.scripts.get(name)?)?;
    let file = Path::new(cwd).join("package.json");
    Some(format!("in the script \"{name}\" of {}, {}", file.display(), fixed.remedy("$PORT")))
}

const MANAGERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];

/// The program that installed the packages, by what it left.
fn manager(folder: &Path) -> &'static str {
    let lock_files =
        [("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun")];
    // In a workspace the file is at its root.
    let folders = || folder.ancestors().take(3);
    let found = folders().flat_map(|folder| lock_files.map(|(file, manager)| (folder.join(file), manager)));
    found.into_iter().find(|(file, _)| file.is_file()).map_or("npm", |(_, manager)| manager)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn command_of(scripts: &str, lock_file: &str) -> Option<(String, bool)> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), format!(r#"{{ "scripts": {scripts} }}"#)).unwrap();
        fs::write(folder.path().join(lock_file), "").unwrap();
        let service = service(folder.path())?;
        Some((service.command().join(" "), service.get("port").is_some()))
    }

    #[test]
    fn a_script_is_told_its_port_as_its_tool_wants_it() {
        for (scripts, lock_file, command, has_port) in [
            (r#"{"dev": "vite"}"#, "x", "npm run dev -- --host {host} --port {port} --strictPort", true),
            (
                r#"{"dev": "tsc -b && vite --open"}"#,
                "yarn.lock",
                "yarn run dev --host {host} --port {port} --strictPort",
                true,
            ),
            (
                r#"{"build": "vite build", "start": "next dev"}"#,
                "pnpm-lock.yaml",
                "pnpm run start --hostname {host} --port {port}",
                true,
            ),
            (r#"{"dev": "node server.js", "start": "vite"}"#, "x", "npm run dev", true),
            (r#"{"dev": "viteless"}"#, "bun.lock", "bun run dev", true),
            (r#"{"dev": "tsc --watch"}"#, "x", "npm run dev", false),
        ] {
            assert_eq!(command_of(scripts, lock_file), Some((command.to_owned(), has_port)), "{scripts}");
        }
        assert_eq!(command_of(r#"{"build": "tsc"}"#, "x"), None);
    }
}
