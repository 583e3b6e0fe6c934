//! Tooltips: windows of the system's own, which the webview is to take away with what they belong to.

use end_to_end::browser::Browser;
use end_to_end::{Desktop, Home, PortBlock, Programs, SOON, eventually, eventually_some};

use super::app::pointer::Pointer;
use super::app::{PANEL, click, healthy, stack};

#[tokio::test]
async fn a_tooltip_goes_with_what_it_belongs_to() {
    let (home, ports) = (Home::new(), PortBlock::lock());
    home.write_stack(&stack(&ports));
    let desktop = Desktop::start(&home);
    let panel = Browser::webkit(&desktop, ports.spare(), &Programs::app(), &[]).await;
    healthy(&home, "default");
    let window = eventually_some(SOON, "the panel is shown", || desktop.windows(PANEL).pop());
    let pointer = Pointer { desktop: &desktop, panel: &panel, window };
    click(&panel, "[data-action=dismiss-welcome]").await;

    // None of these changes is made with the pointer: it rests where it is.
    let view = "document.querySelector('[data-action=happened]').click()";
    let service = "document.querySelector('[data-service=ui]').remove()";
    let words = "document.querySelector('[data-action=more]').title = 'Others'";
    let more = ("[data-action=more]", words);
    for (css, change) in
        [more, ("[data-service=ui] [data-action=copy]", service), ("[data-action=settings]", view)]
    {
        pointer.move_to(css).await;
        eventually(SOON, &format!("a tooltip at {css}"), || tooltips(&desktop) == 1);
        panel.execute(change, vec![]).await.unwrap();
        eventually(SOON, &format!("it goes with {css}"), || tooltips(&desktop) == 0);
    }
    // There is a next one.
    pointer.move_to("[data-action=back]").await;
    eventually(SOON, "another tooltip", || tooltips(&desktop) == 1);
    panel.close().await;
}

/// How many tooltips are on the screen.
fn tooltips(desktop: &Desktop<'_>) -> usize {
    let windows = desktop.run(&["xdotool", "search", "--onlyvisible", "--class", "skin-ai-assistant"]).stdout;
    let is_tooltip = |window: &&str| {
        desktop.run(&["xprop", "-id", window, "_NET_WM_WINDOW_TYPE"]).stdout.contains("TOOLTIP")
    };
    windows.lines().filter(is_tooltip).count()
}
