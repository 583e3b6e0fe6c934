//! The launchers of the document that this program replaces, run by it.

use contract::Snapshot;
use end_to_end::{ContractLaunchers, HEALTHY_WITHIN};

#[test]
fn they_keep_their_ports_over_restarts() {
    let launchers = ContractLaunchers::new();
    let launcher = launchers.launch().start();
    for _ in 0..10 {
        launchers.keep_their_ports(&launcher);
        launchers.map_is_true(&launcher);
        let before = launcher.healthy();
        assert_eq!(launchers.site.home.skinai(["restart"]).code, Some(0));
        let anew = |snapshot: &Snapshot| {
            let mut pairs = snapshot.services.iter().zip(&before.services);
            snapshot.all_healthy() && pairs.all(|(after, before)| after.pid != before.pid)
        };
        launcher.wait(HEALTHY_WITHIN, "all are healthy anew", anew);
    }
    launchers.keep_their_ports(&launcher);
    let log = launchers.site.home.skinai(["logs", "backend", "-n", "1000"]).stdout;
    assert!(!log.contains("WARNING: Specified port"), "{log}");
    launchers.stop(launcher);
}

#[test]
fn they_keep_their_ports_over_relaunches() {
    let launchers = ContractLaunchers::new();
    for _ in 0..10 {
        let launcher = launchers.launch().start();
        launchers.keep_their_ports(&launcher);
        launchers.map_is_true(&launcher);
        launchers.stop(launcher);
    }
}
