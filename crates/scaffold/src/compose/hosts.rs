//! Where values name services of the file as hosts, and where these are here.

use stackfile::service_name;

/// A service of the file as others see it.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) name: String,
    /// It is a service of the stack file.
    pub(super) runs: bool,
    /// The port at which it listens within its container.
    pub(super) target: Option<u16>,
}

/// A place in a value that names a service.
#[derive(Debug, PartialEq, Eq)]
struct Mention {
    start: usize,
    end: usize,
    port: Option<u16>,
}

impl Host {
    /// The port of this service that a value names.
    pub(super) fn port_in(key: &str, value: &str, name: &str) -> Option<u16> {
        mentions(key, value, name).into_iter().find_map(|mention| mention.port)
    }

    /// The value with this service where it is here; why there is none.
    fn at_home(&self, key: &str, value: &str) -> Result<String, String> {
        let mut home = value.to_owned();
        for Mention { start, end, port } in mentions(key, value, &self.name).into_iter().rev() {
            if !self.runs {
                return Err(format!("{} is left out", self.name));
            }
            let name = service_name(&self.name);
            let address = match (port, self.target) {
                (Some(port), Some(target)) if port == target => format!("{{{name}.host}}:{{{name}.port}}"),
                (None, Some(_)) if value == self.name => format!("{{{name}.host}}"),
                _ => return Err(format!("it is not known which port of {} that is", self.name)),
            };
            home.replace_range(start..end, &address);
        }
        Ok(home)
    }
}

/// A variable's value in which the services of the file are where these are here; why there is none.
pub(super) fn at_home(key: &str, value: &str, hosts: &[Host]) -> Result<String, String> {
    hosts.iter().try_fold(value.to_owned(), |value, host| host.at_home(key, &value))
}

/// A port that a variable of its own tells, beside the one with the host: `API_PORT` and `API_HOST`.
pub(super) fn port_beside_host(
    key: &str,
    value: &str,
    environment: &[(String, String)],
    hosts: &[Host],
) -> Option<String> {
    let prefix = key.strip_suffix("PORT")?;
    let is_beside = |other: &str| other.strip_prefix(prefix).is_some_and(|rest| HOSTS.contains(&rest));
    let (_, name) = environment.iter().find(|(other, _)| is_beside(other))?;
    let target: u16 = value.parse().ok()?;
    hosts.iter().find(|host| host.name == *name && host.runs && host.target == Some(target))?;
    Some(format!("{{{}.port}}", service_name(name)))
}

/// How names of variables end that tell a host.
const HOSTS: [&str; 6] = ["HOST", "HOSTNAME", "HOSTS", "SERVER", "ADDR", "ADDRESS"];

/// Where a value names a service as a host. A word that could be anything is one only where the variable's name says so.
fn mentions(key: &str, value: &str, name: &str) -> Vec<Mention> {
    let found = value.match_indices(name).filter_map(|(start, _)| {
        let (before, after) = (&value[..start], &value[start + name.len()..]);
        let digits: String =
            after.strip_prefix(':').unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        let named = digits.parse().ok();
        let is_host = if before.ends_with("//") {
            begins_host(after) && !is_user(after)
        } else if before.ends_with('@') {
            begins_host(after)
        } else if value == name {
            says_host(key)
        } else if before.to_lowercase().ends_with("host=") {
            after.is_empty() || after.starts_with([' ', ';', '&'])
        } else {
            let begins = before.is_empty() || before.ends_with([',', '(', ' ', '=']);
            let ends = |rest: &str| rest.is_empty() || rest.starts_with(['/', ',', ')', ' ', '?', ';']);
            // `redis:16` may be a version.
            let is_port = digits.len() > 2 || digits == "80";
            begins && is_port && ends(&after[1 + digits.len()..])
        };
        let is_http = before.ends_with("http://") && !after.starts_with(':');
        let port = named.or_else(|| is_http.then_some(80));
        let length = name.len() + if digits.is_empty() { 0 } else { digits.len() + 1 };
        is_host.then_some(Mention { start, end: start + length, port })
    });
    found.collect()
}

fn begins_host(after: &str) -> bool {
    after.is_empty() || after.starts_with([':', '/', '?', ',', '#'])
}

/// Whether what goes on like this is a user with a password, before the host.
fn is_user(after: &str) -> bool {
    after.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn says_host(key: &str) -> bool {
    let key = key.to_uppercase();
    HOSTS.iter().any(|ending| key.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_host_where_an_address_names_it() {
        for (key, value, home) in [
            ("URL", "http://api:8000/x", "http://{api.host}:{api.port}/x"),
            ("URL", "postgres://api:api@api:8000/api", "postgres://api:api@{api.host}:{api.port}/api"),
            ("NODES", "api:8000,api:8000", "{api.host}:{api.port},{api.host}:{api.port}"),
            ("DSN", "u@tcp(api:8000)/x", "u@tcp({api.host}:{api.port})/x"),
            ("API_HOST", "api", "{api.host}"),
            ("NAME", "api", "api"),
            ("IMAGE", "api:16", "api:16"),
            ("URL", "http://api.example.com:8000", "http://api.example.com:8000"),
            ("URL", "http://my-api:8000/api", "http://my-api:8000/api"),
        ] {
            let hosts = |runs| [Host { name: "api".to_owned(), runs, target: Some(8000) }];
            assert_eq!(at_home(key, value, &hosts(true)), Ok(home.to_owned()));
            let left_out =
                if home == value { Ok(value.to_owned()) } else { Err("api is left out".to_owned()) };
            assert_eq!(at_home(key, value, &hosts(false)), left_out);
        }
        for (value, target) in
            [("http://api:9000", Some(8000)), ("http://api", Some(8000)), ("host=api port=1", None)]
        {
            let error = at_home("URL", value, &[Host { name: "api".to_owned(), runs: true, target }]);
            assert_eq!(error, Err("it is not known which port of api that is".to_owned()), "{value}");
        }
    }
}
