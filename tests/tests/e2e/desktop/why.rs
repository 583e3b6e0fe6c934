//! What tray and panel say of why something is as it is: in plain words, where it is, and once.

use end_to_end::browser::Browser;
use end_to_end::{Desktop, HEALTHY_WITHIN, Home, PortBlock, Programs, SOON, StackFile, eventually_some};
use serde_json::{Value, json};

use super::app::{self, click, clipboard, healthy, stack, stack_that_can_lose_a_port};
use super::commands::{focused_row, stolen_port, thief};
use super::interaction::{gone, says, shows};

/// What is read in all of these places.
async fn read(panel: &Browser, css: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(arguments[0])].map((part) => part.innerText)";
    serde_json::from_value(panel.execute(script, vec![json!(css)]).await.unwrap()).unwrap()
}

/// A picture of the panel, where somebody wants one.
fn keep(desktop: &Desktop<'_>, name: &str) {
    let window = || desktop.windows("Skin AI Assistant$").pop().expect("the panel is shown");
    if let Some(folder) = app::pictures() {
        desktop.picture_of(&window(), &folder.join(name));
    }
}

async fn title(panel: &Browser, css: &str) -> Value {
    panel.execute("return document.querySelector(arguments[0]).title", vec![json!(css)]).await.unwrap()
}

#[tokio::test]
async fn who_needs_what_has_failed_says_so_and_leads_there_and_the_failure_says_how_often_it_was_tried() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let stack = StackFile::new(&ports).service("db", &["--exit", "3"], "label = \"Database\"").service(
        "web",
        &[],
        "needs = [\"db\"]",
    );
    home.write_stack(stack.text());
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let row = |service: &str, rest: &str| format!("[data-service={service}] {rest}");
    let failed = "Failed: exited with code 3, given up after 5 starts in ";
    says(&panel, &row("db", "[data-field=last_exit]"), failed).await;
    let waits = "Waiting for Database, which has failed (exited with code 3)";
    says(&panel, &row("web", "[data-field=needs-failed]"), waits).await;
    says(&panel, &row("web", "[data-field=state]"), "Waiting").await;
    let icon = desktop.tray().await.icon().await;
    let headline = "Fixtures: Database failed; web waits for it";
    icon.wait_menu(HEALTHY_WITHIN, headline, |menu| menu.labels().first() == Some(&headline)).await;

    click(&panel, &row("web", "[data-action=jump-to-need]")).await;
    assert_eq!(focused_row(&panel).await, "db");
    click(&panel, &row("db", "[data-action=details]")).await;
    says(&panel, &row("db", "dd:has([data-field=restarts])"), "4 since ").await;
    let state = read(&panel, &row("db", "[data-field=health]")).await;
    assert_eq!(state, [""; 0], "the box above says it");
    keep(&desktop, "why-failed.png");

    click(&panel, "[data-action=happened]").await;
    says(&panel, "[data-happened=list]", "Database failed: exited with code 3, given up after 5").await;
    let said = read(&panel, "[data-happened=list] li p").await;
    let ends = said.iter().filter(|said| said.contains("exited with code 3")).count();
    assert_eq!(ends, 5, "of the last end, the failure tells: {said:?}");
    keep(&desktop, "why-happened.png");
    panel.close().await;
}

#[tokio::test]
async fn a_conflict_is_told_once_where_it_can_be_solved() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack_that_can_lose_a_port(&home, &ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let (lost, thief) = stolen_port(&home);
    click(&panel, "[data-service=ui] [data-action=start]").await;
    let box_says = format!("Port taken: {lost} by python3 ({})", thief.pid());
    says(&panel, "[data-service=ui] [data-field=conflict]", &box_says).await;
    says(&panel, "[data-field=stack]", "User UI lost its port").await;
    click(&panel, "[data-service=ui] [data-action=details]").await;
    shows(&panel, "[data-service=ui] [data-field=restarts]").await;
    // What was asked for has been answered by now.
    shows(&panel, "[data-service=ui] .conflict [data-action=reallocate][aria-disabled=false]").await;
    let row = read(&panel, "[data-service=ui]").await.remove(0);
    let holder = format!("python3 ({})", thief.pid());
    assert_eq!(row.matches(&holder).count(), 2, "who it is, and the button that ends it: {row}");
    assert_eq!(read(&panel, "[role=alert]").await, [""; 0]);
    let moves = "[data-service=ui] .conflict [data-action=reallocate]";
    assert_eq!(title(&panel, moves).await, json!("Moves User UI to another free port"));
    keep(&desktop, "why-conflict.png");
    panel.close().await;
}

#[tokio::test]
async fn a_port_that_changed_over_a_launch_is_told_in_the_row_and_with_its_reason_in_what_happened() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let folder = home.path().join("shop");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("skinai.toml");
    std::fs::write(&file, stack(&ports)).unwrap();
    let desktop = Desktop::start(&home);
    let arguments = ["--stack", file.to_str().unwrap()];
    let mut first = desktop.launch_app(&[&["--hidden"][..], &arguments].concat());
    let before = healthy(&home, "shop").service("ui").unwrap().port.unwrap();
    assert!(desktop.launch_app(&["--quit"]).wait(SOON).success());
    assert!(first.wait(HEALTHY_WITHIN).success());

    let thief = thief(&home, before);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &arguments).await;
    let after = healthy(&home, "shop").service("ui").unwrap().port.unwrap();
    says(
        &panel,
        "[data-service=ui] [data-field=moved-from]",
        &format!("Moved from port {before} to {after}"),
    )
    .await;
    keep(&desktop, "why-moved.png");
    click(&panel, "[data-action=happened]").await;
    let because = format!("port {before} is used by python3 ({})", thief.pid());
    let told = format!("User UI moved from {before} to {after}: {because}");
    says(&panel, "[data-happened=list]", &told).await;
    panel.close().await;
}

#[tokio::test]
async fn lists_of_stacks_name_each_once_and_a_refusal_shows_what_to_type_as_code() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let folder = home.path().join("beta");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("skinai.toml");
    std::fs::write(&file, "name = \"Beta Shop\"\n[service.web]\ncomand = [\"true\"]\n").unwrap();
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    assert!(desktop.launch_app(&["--stack", file.to_str().unwrap()]).wait(SOON).success());
    says(&panel, "[data-field=refused]", "unknown key comand").await;
    says(&panel, "[data-field=refused] code", "comand").await;
    says(&panel, "[data-action=stacks]", "Beta Shop").await;
    click(&panel, "[data-action=stacks]").await;
    says(&panel, "[data-stack=beta]", "Beta Shop").await;
    assert_eq!(read(&panel, "[data-recent]").await, [""; 0], "it is in the list above");
    says(&panel, "[data-action=stack-at-login]", "Start Beta Shop at login").await;
    keep(&desktop, "why-refused.png");
    click(&panel, "[data-action=stack-at-login]").await;
    click(&panel, "[data-action=stacks]").await;
    click(&panel, "[data-action=end-stack]").await;
    says(&panel, "[data-field=stack]", "The services have ended").await;
    click(&panel, "[data-action=stacks]").await;
    says(&panel, "[data-recent]", "beta/skinai.toml").await;
    click(&panel, "[data-stack=default]").await;
    gone(&panel, "[data-field=refused]").await;

    click(&panel, "[data-action=settings]").await;
    let launches = format!("Launches: Skin AI Assistant, {}", file.display());
    says(&panel, "[data-field=at-login]", &launches).await;
    keep(&desktop, "why-at-login.png");
    click(&panel, "[data-action=back]").await;

    // What is copied for others is about all stacks.
    assert!(desktop.launch_app(&["--stack", file.to_str().unwrap()]).wait(SOON).success());
    says(&panel, "[data-field=refused]", "unknown key comand").await;
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=about]").await;
    click(&panel, "[data-action=copy-diagnostics]").await;
    let copied = eventually_some(HEALTHY_WITHIN, "the diagnostics are on the clipboard", || {
        clipboard::text(desktop.display()).filter(|text| text.contains("skinai doctor"))
    });
    for part in ["stack: Beta Shop\n", "trouble: ", "stack: Skin AI Assistant\n", "backend: healthy, "] {
        assert!(copied.contains(part), "{part} is not in {copied}");
    }
    panel.close().await;
}
