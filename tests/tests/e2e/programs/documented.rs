//! Every row of `docs/servers.md`, as it stands there.

use std::fs;
use std::path::Path;

use end_to_end::Site;

use super::web;

/// The first cell of each row, and the lines of a stack file in it: what stands in backquotes and sets a key.
fn rows() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/servers.md");
    let text = fs::read_to_string(path).expect("the repository has it");
    let row = |line: &str| {
        let (name, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        let lines: Vec<&str> = rest.split('`').filter(|quoted| quoted.contains(" = ")).collect();
        (!lines.is_empty()).then(|| (name.to_owned(), lines.join("\n")))
    };
    text.lines().filter_map(row).collect()
}

#[track_caller]
pub(super) fn row(name: &str) -> String {
    rows().into_iter().find(|(its, _)| its == name).expect("a row of docs/servers.md").1
}

/// A test for each row that serves the site, and one that none is left out.
macro_rules! rows_that_serve {
    ($($test:ident: $name:literal => $says:literal,)*) => {
        $(
            #[test]
            fn $test() {
                let site = Site::new("app");
                web::lives(&site, &row($name), || web::says(&site, $says));
            }
        )*

        #[test]
        fn every_row_is_tried() {
            let tried = [$($name,)* "PostgreSQL"];
            for (name, _) in rows() {
                assert!(tried.contains(&name.as_str()), "no test for {name}");
            }
        }
    };
}

rows_that_serve! {
    uvicorn: "uvicorn" => "hello",
    uvicorn_with_a_socket: "uvicorn, socket" => "hello",
    uvicorn_that_reloads: "uvicorn, reload" => "hello",
    uvicorn_that_reloads_with_a_socket: "uvicorn, reload, socket" => "hello",
    gunicorn: "gunicorn" => "hello",
    gunicorn_with_a_socket: "gunicorn, socket" => "hello",
    gunicorn_behind_a_shell: "gunicorn, shell" => "hello",
    gunicorn_behind_a_shell_with_a_socket: "gunicorn, shell, socket" => "hello",
    hypercorn: "hypercorn" => "hello",
    hypercorn_with_a_socket: "hypercorn, socket" => "hello",
    granian: "granian" => "hello",
    streamlit: "Streamlit" => "Streamlit",
    flask: "Flask" => "hello",
    flask_that_reloads: "Flask, debug" => "hello",
    django: "Django" => "hello",
    node: "Node" => "hello",
    node_with_a_debugger: "Node, debugger" => "hello",
    node_with_a_socket: "Node, socket" => "hello",
    npm: "npm" => "hello",
    vite: "Vite" => "hello",
    next: "Next" => "hello",
    esbuild: "esbuild" => "hello",
}
