"""What comes in over the interfaces of a network namespace: the first packet of every connection, once.

    watcher.py

On a node every packet of a pod comes in over the pod's own interface, before any rule of the node has seen it: what a
policy drops is seen, and to whom it was sent. It prints `{"watching": TIME}`, a line of JSON for each pair of addresses
with a protocol and a port that it has not seen before, a line for each name that is asked for, and at its end, which a
SIGTERM brings about, `{"over": PACKETS, "lost": N}`: how many packets it was given, and how many it was not, because
they came too fast.

    {"at": TIME, "from": ADDRESS, "to": ADDRESS, "protocol": "tcp", "port": N}
    {"at": TIME, "from": ADDRESS, "asks": NAME}

IPv4 alone. Needs the right to open a raw socket, and nothing else. Only the standard library.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IPV4 = 0x0800  # of linux/if_ether.h: with it, only what comes in is given
ATTACH_FILTER = 26  # SO_ATTACH_FILTER
PACKET_LEVEL, STATISTICS = 263, 6  # SOL_PACKET, PACKET_STATISTICS
TCP, UDP, DNS_PORT = 6, 17, 53
NAMES = {1: "icmp", TCP: "tcp", UDP: "udp", 132: "sctp"}
SYN, ACK = 0x02, 0x10
ENOUGH = 512  # bytes of a packet
# of connections over TCP just the packet that opens them, of everything else all; the kernel drops what is no use
OPENING = (
    (0x30, 0, 0, 9),  # the protocol
    (0x15, 0, 5, TCP),  # not TCP: take it
    (0xB1, 0, 0, 0),  # where the TCP header begins
    (0x50, 0, 0, 13),  # its flags
    (0x54, 0, 0, SYN | ACK),
    (0x15, 1, 0, SYN),  # opens a connection: take it
    (0x06, 0, 0, 0),
    (0x06, 0, 0, ENOUGH),
)


def say(line: Any) -> None:
    """Print a line of JSON at once."""
    os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def read(packet: bytes) -> dict[str, Any] | None:
    """What a packet says of itself; None where it is none of IPv4."""
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    start, protocol = 4 * (packet[0] & 15), packet[9]
    found: dict[str, Any] = {
        "from": socket.inet_ntoa(packet[12:16]),
        "to": socket.inet_ntoa(packet[16:20]),
        "protocol": NAMES.get(protocol, str(protocol)),
        "port": 0,
    }
    later = struct.unpack("!H", packet[6:8])[0] & 0x1FFF  # a later fragment has no ports
    if protocol in (TCP, UDP) and not later and len(packet) >= start + 4:
        found["port"] = struct.unpack("!H", packet[start + 2 : start + 4])[0]
    return found


def asked(packet: bytes) -> str:
    """The name that a packet asks a DNS server for over UDP (RFC 1035); empty where it asks for none."""
    start = 4 * (packet[0] & 15) + 8
    question = packet[start:]
    if packet[9] != UDP or len(question) < 13 or question[2] & 0x80:
        return ""
    labels, place = [], 12
    while place < len(question) and (length := question[place]):
        labels.append(question[place + 1 : place + 1 + length].decode("ascii", "replace"))
        place += 1 + length
    return ".".join(labels).lower()


def opened() -> socket.socket:
    """A socket that is given what comes in over every interface, from the addresses of IP on."""
    found = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(IPV4))
    code = b"".join(struct.pack("HBBI", *each) for each in OPENING)
    buffer = ctypes.create_string_buffer(code, len(code))
    found.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", len(OPENING), ctypes.addressof(buffer)))
    found.settimeout(0.5)
    return found


class _OverError(Exception):
    """Somebody has told this process to end."""


def _end(*_: object) -> None:
    raise _OverError


def main() -> None:
    """Watch until somebody ends it."""
    signal.signal(signal.SIGTERM, _end)
    seen: set[tuple[Any, ...]] = set()
    packets = 0
    with opened() as packets_in:
        say({"watching": round(time.time(), 3)})
        try:
            while True:
                try:
                    packet = packets_in.recv(ENOUGH)
                except TimeoutError:
                    continue
                packets += 1
                for line in lines(packet):
                    if (key := tuple(line.values())) not in seen:
                        seen.add(key)
                        say({"at": round(time.time(), 3), **line})
        except _OverError:
            _, lost = struct.unpack("II", packets_in.getsockopt(PACKET_LEVEL, STATISTICS, 8))
            say({"over": packets, "lost": lost})


def lines(packet: bytes) -> list[dict[str, Any]]:
    """What is to be told of a packet."""
    found = read(packet)
    if found is None:
        return []
    name = asked(packet) if found["port"] == DNS_PORT else ""
    return [found, {"from": found["from"], "asks": name}] if name else [found]


if __name__ == "__main__":
    main()
