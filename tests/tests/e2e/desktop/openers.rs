//! Programs of the user's that do not open what the panel has them open.

use end_to_end::browser::Browser;
use end_to_end::{Desktop, Home, PortBlock, Programs};

use super::app::{click, healthy, stack};
use super::interaction::{gone, says};

#[tokio::test]
async fn what_is_not_opened_is_said_beside_what_was_clicked_with_what_to_do() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    let file = home.write_stack(&stack(&ports));
    home.write_script("xdg-open", "exit 3");
    // What else a machine may have.
    for opener in ["gio", "gnome-open", "kde-open", "kde-open5", "kde-open6"] {
        home.write_script(opener, "exit 1");
    }
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    let snapshot = healthy(&home, "default");
    let (row, foot) = ("[data-service=ui] .below [role=alert]", ".panel > .held [role=alert]");

    click(&panel, "[data-service=ui] [data-action=open]").await;
    let address = snapshot.service("ui").unwrap().url.clone().unwrap();
    for part in [address.as_str(), "xdg-open: exit status: 3", "default program"] {
        says(&panel, row, part).await;
    }
    click(&panel, "[data-service=ui] [data-action=dismiss-problem]").await;
    gone(&panel, row).await;
    click(&panel, "[data-service=ui] [data-action=details]").await;
    click(&panel, "[data-service=ui] [data-action=open-folder]").await;
    says(&panel, row, snapshot.service("ui").unwrap().folder.as_ref().unwrap()).await;

    click(&panel, "[data-action=log-folder]").await;
    says(&panel, foot, home.state().join("default").to_str().unwrap()).await;
    click(&panel, "[data-action=more]").await;
    click(&panel, "[data-action=stack-file]").await;
    says(&panel, foot, file.to_str().unwrap()).await;

    click(&panel, "[data-service=backend] [data-action=logs]").await;
    click(&panel, "[data-log=save]").await;
    click(&panel, "[data-log=open-saved]").await;
    says(&panel, "[data-service=backend] .view [role=alert]", "Downloads").await;
    panel.close().await;
}
