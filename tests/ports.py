"""Ports for servers that must be told theirs before they start."""

import socket


def free_port() -> int:
    """A port of loopback that nobody gets by chance, from now on until this process ends.

    It stays bound here, without listening: so the system gives it to no other server and to no outgoing connection,
    while a server that asks for it by its number gets it, and gets it again when it is started again. (All servers
    allow this, by SO_REUSEADDR, since else they could not start again for a minute.)
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    port: int = kept.getsockname()[1]
    kept.detach()
    return port
