import socket


def get_free_port(start_port: int = 8000, max_port: int = 9000) -> int:
    """
    Scan from start_port upwards and return the first free TCP port.
    """
    for port in range(start_port, max_port + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError(f"No free ports found in range {start_port}-{max_port}.")


def get_multiple_free_ports(count: int, start_port: int = 8000, max_port: int = 9000) -> list[int]:
    """
    Get multiple free TCP ports starting from start_port.

    Returns:
        List of free port numbers
    """
    free_ports = []
    current_port = start_port

    while len(free_ports) < count and current_port <= max_port:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            try:
                s.bind(("127.0.0.1", current_port))
                free_ports.append(current_port)
            except OSError:
                pass
        current_port += 1

    return free_ports


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """
    Check if a specific port is free.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        try:
            s.bind((host, port))
            return True
        except OSError:
            return False
