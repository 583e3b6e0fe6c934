//! Who listens, on every system.

use std::net::TcpListener;

use ports::{holders, listener, listeners_of, listening_at};

#[test]
fn whose_a_listener_is_is_told_while_it_listens() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    // Wine tells whose a socket is once its process has used it.
    socket.ttl().unwrap();
    let (address, own) = (socket.local_addr().unwrap(), std::process::id());
    assert_eq!(listener(address).unwrap().pid, Some(own));
    assert_eq!(holders(address.port())[0].pid, Some(own));
    assert!(listeners_of(&[own]).unwrap().addresses.contains(&address));
    assert_eq!(listening_at(address).unwrap().len(), 1);
    drop(socket);
    assert_eq!(listener(address), None);
    assert_eq!(listening_at(address).unwrap(), []);
}
