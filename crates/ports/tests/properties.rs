//! For arbitrary sets of taken ports and simultaneous allocators.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(any(target_os = "linux", windows))]

mod common;

use std::collections::HashSet;
use std::sync::Barrier;

use common::{Block, HOST, Hold, hindering_holds};
use ports::{Allocator, Leases, Reservation};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use socket2::Socket;

const BLOCK_PORTS: u16 = 16;

fn holds() -> impl Strategy<Value = std::collections::BTreeMap<u16, Hold>> {
    btree_map(0..BLOCK_PORTS, prop::sample::select(hindering_holds()), 0..usize::from(BLOCK_PORTS))
}

fn take(block: &Block, holds: &std::collections::BTreeMap<u16, Hold>) -> Vec<Socket> {
    holds.iter().map(|(&at, hold)| hold.take(block.port(at)).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn alone_it_gives_the_lowest_free_ports_or_refuses(
        holds in holds(),
        except in vec(0..BLOCK_PORTS, 0..4),
        count in 0_usize..8,
    ) {
        let block = Block::new(BLOCK_PORTS);
        let _sockets = take(&block, &holds);
        let except: Vec<u16> = except.into_iter().map(|at| block.port(at)).collect();
        let free: Vec<u16> = (0..BLOCK_PORTS)
            .filter(|at| !holds.contains_key(at))
            .map(|at| block.port(at))
            .filter(|port| !except.contains(port))
            .collect();
        let allocator = Allocator::new(Leases::none());
        match allocator.reserve_first(&vec![HOST; count], block.range, &except) {
            Ok(got) => {
                let got: Vec<_> = got.iter().map(Reservation::port).collect();
                prop_assert_eq!(Some(got.as_slice()), free.get(..count));
            }
            Err(error) => {
                prop_assert!(free.len() < count, "{}", error);
                prop_assert_eq!(error.found, free.len());
            }
        }
    }

    #[test]
    fn at_once_no_two_get_the_same_port_and_none_gets_a_taken_one(
        holds in holds(),
        counts in vec(1_usize..4, 2..6),
        shared in any::<bool>(),
    ) {
        let (block, folder) = (Block::new(BLOCK_PORTS), tempfile::tempdir().unwrap());
        let _sockets = take(&block, &holds);
        let common = Allocator::new(Leases::open(folder.path()).0);
        let start = Barrier::new(counts.len());
        let race = |count: usize| {
            let allocator = match shared {
                true => common.clone(),
                false => Allocator::new(Leases::open(folder.path()).0),
            };
            start.wait();
            let mut got = allocator.reserve_first(&vec![HOST; count], block.range, &[]).unwrap_or_default();
            // A lease alone has to keep the others away too.
            got.iter_mut().for_each(Reservation::release);
            got
        };
        let got: Vec<Reservation> = std::thread::scope(|scope| {
            let race = &race;
            let threads: Vec<_> = counts.iter().map(|&count| scope.spawn(move || race(count))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let ports: HashSet<u16> = got.iter().map(Reservation::port).collect();
        prop_assert_eq!(ports.len(), got.len(), "no port twice");
        prop_assert!(holds.keys().all(|&at| !ports.contains(&block.port(at))), "no taken port");
        let free = usize::from(BLOCK_PORTS) - holds.len();
        if counts.iter().sum::<usize>() <= free {
            prop_assert_eq!(got.len(), counts.iter().sum::<usize>(), "everybody gets what there is");
        }
    }
}
