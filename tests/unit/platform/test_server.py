"""The socket that the server listens on."""

import socket
from pathlib import Path

from landwaiter.platform.server import _listening
from landwaiter.platform.settings import Settings


def test_answers_are_sent_without_waiting_for_acknowledgements(tmp_path: Path) -> None:
    with (
        _listening(Settings(data=tmp_path, port=0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), "each connection inherits it"
