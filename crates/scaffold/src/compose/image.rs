//! A service that is an image: how the stack file would have it with Docker.

use stackfile::{literal, port_variable, service_name};
use toml::Value;

use super::file::{self, ComposeService};
use super::hosts;

/// At which port well-known images listen.
const PORTS: [(&str, u16); 21] = [
    ("caddy", 80),
    ("elasticsearch", 9200),
    ("httpd", 80),
    ("mailhog", 1025),
    ("mailpit", 1025),
    ("mariadb", 3306),
    ("memcached", 11211),
    ("minio", 9000),
    ("mongo", 27017),
    ("mysql", 3306),
    ("nats", 4222),
    ("nginx", 80),
    ("opensearch", 9200),
    ("pgvector", 5432),
    ("postgis", 5432),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("rabbitmq", 5672),
    ("redis", 6379),
    ("timescaledb", 5432),
    ("valkey", 6379),
];

/// The port of a well-known image, whoever publishes it.
fn known_port(image: &str) -> Option<u16> {
    let name = image.rsplit('/').next()?.split([':', '@']).next()?;
    PORTS.iter().find(|(known, _)| *known == name).map(|(_, port)| *port)
}

/// Which image it is, in the first line, and how Docker would run it in the others.
pub(super) fn left_out(
    name: &str,
    image: &str,
    service: &ComposeService,
    target: Option<u16>,
    hosts: &[hosts::Host],
) -> String {
    let port = target.or_else(|| known_port(image));
    let mut words = ["docker", "run", "--rm", "-p"].map(str::to_owned).to_vec();
    words.push(match port {
        Some(port) => format!("{{host}}:{{port}}:{port}"),
        None => "{host}:{port}:PORT".to_owned(),
    });
    let (plain, others) = variables(service, hosts);
    words.extend(plain.into_iter().flat_map(|variable| ["-e".to_owned(), literal(&variable)]));
    let env_files =
        service.env_files().into_iter().flat_map(|path| ["--env-file".to_owned(), literal(&path)]);
    words.extend(env_files);
    let volumes = service.volumes.iter().filter_map(|volume| volume.as_str());
    words.extend(volumes.flat_map(|volume| ["-v".to_owned(), literal(volume)]));
    words.push(literal(image));
    words.extend(service.command.as_ref().map(file::words).unwrap_or_default());
    let is_filled_in = words.iter().any(|word| word.contains("${"));
    let command = Value::from(words);
    let header = service_name(name);
    let mut lines = vec![
        format!("{name}: the image {image}"),
        "  With Docker it would be:".to_owned(),
        format!("  [service.{header}]"),
        format!("  command = {command}"),
        format!("  port = {{ env = \"{}\" }}", port_variable(&header)),
        "  listener = \"any\"".to_owned(),
    ];
    if is_filled_in {
        lines.insert(2, "  (what stands in ${} is for you to fill in: only Compose does)".to_owned());
    }
    if port.is_none() {
        lines.insert(
            2,
            "  (PORT stands for the port at which the image listens, which no file here says)".to_owned(),
        );
    }
    lines.extend(others.into_iter().map(|other| format!("  and of its environment {other}")));
    lines.join("\n")
}

/// The variables that a container gets as they are; the others, with why not.
fn variables(service: &ComposeService, hosts: &[hosts::Host]) -> (Vec<String>, Vec<String>) {
    let (mut plain, mut others) = (service.inherited(), Vec::new());
    for (key, value) in service.environment() {
        let Some(value) = file::plain(&value) else {
            others.push(format!("{key}={}, which Compose fills in", file::one_line(&value)));
            continue;
        };
        if value.contains('\n') {
            others.push(format!("{key}, which has several lines"));
            continue;
        }
        match hosts::at_home(&key, &value, hosts) {
            Ok(home) if home == value => plain.push(format!("{key}={value}")),
            _ => others.push(format!("{key}={value}, which names another service")),
        }
    }
    (plain, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_whoever_publishes_it_and_in_every_version() {
        for (image, port) in [
            ("redis:7-alpine", Some(6379)),
            ("docker.io/library/postgres@sha256:1", Some(5432)),
            ("localhost:5000/me/mysql:8", Some(3306)),
            ("redisinsight", None),
        ] {
            assert_eq!(known_port(image), port, "{image}");
        }
    }
}
