"""Messages between the grader and its fork server, over a socket that no answer can reach."""

from __future__ import annotations

import socket
import struct

_LENGTH = struct.Struct(">Q")


def send(channel: socket.socket, message: bytes) -> None:
    """Send one message.

    Raises:
        OSError: The other side has gone.
    """
    channel.sendall(_LENGTH.pack(len(message)) + message)


def receive(channel: socket.socket, longest: int) -> bytes:
    """Return the next message.

    Raises:
        OSError: The other side has gone, is silent for longer than the channel's timeout, or sends
            more than ``longest`` bytes.
    """
    (length,) = _LENGTH.unpack(_read(channel, _LENGTH.size))
    if length > longest:
        raise OSError(f"a message of {length} bytes, longer than {longest}")
    return _read(channel, length)


def _read(channel: socket.socket, length: int) -> bytes:
    content = bytearray()
    while len(content) < length:
        part = channel.recv(min(length - len(content), 2**16))
        if not part:
            raise ConnectionError("the other side has gone")
        content += part
    return bytes(content)
