//! Services with more than one port, and ports with a common variable.

use end_to_end::{Home, Launch, PortBlock, StackFile, http};

#[test]
fn services_with_a_common_variable_have_their_own_port_in_it_and_are_known_to_others_by_their_names() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports)
        .service("web-site", &[], "handoff = \"socket\"")
        .service("api", &[], "")
        .service("other", &[], "");
    let text = stack.text().replace("\"WEB_SITE_PORT\"", "\"PORT\"").replace("\"API_PORT\"", "\"PORT\"");
    let launcher = Launch::stack(&home, &text).env("PORT", ports.spare().to_string()).start();
    let snapshot = launcher.healthy();
    let port = |name: &str| snapshot.service(name).unwrap().port.unwrap();
    let told =
        |name: &str, variable: &str| http::get(port(name), &format!("/env?{variable}")).unwrap().text();
    for (own, other, others_variable) in
        [("web-site", "api", "API_PORT"), ("api", "web-site", "WEB_SITE_PORT")]
    {
        assert_eq!(told(own, "PORT"), port(own).to_string());
        assert_eq!(told(own, others_variable), port(other).to_string());
        assert_eq!(told("other", others_variable), port(other).to_string());
    }
    let variables = home.skinai(["env", "--format", "dotenv"]).stdout;
    assert!(variables.contains(&format!("\nWEB_SITE_PORT={}\n", port("web-site"))), "{variables}");
    assert!(!variables.contains("\nPORT="), "{variables}");
    let said = launcher.stderr();
    assert!(
        said.contains("PORT is set and sets no port") && said.contains("WEB_SITE_PORT or API_PORT"),
        "{said}"
    );
}
