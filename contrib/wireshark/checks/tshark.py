"""What tshark makes of a capture, with the dissector and nothing else of the user's configuration."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

DISSECTOR = Path(__file__).resolve().parents[1] / "connect.lua"

# Seconds.
TIMEOUT = 120

FIELDS = {
    "stream": "tcp.stream",
    "port": "tcp.srcport",
    "tcp_len": "tcp.len",
    "protocols": "frame.protocols",
    "size": "connect.size",
    "version": "connect.version",
    "recipient": "connect.recipient",
    "data_len": "connect.data_len",
    "data": "connect.data",
    "bad_size": "connect.bad_size",
    "bad_version": "connect.bad_version",
    "out_of_step": "connect.out_of_step",
}


class Packet(NamedTuple):
    stream: int
    from_port: int
    tcp_len: int
    is_connect: bool
    sizes: list
    versions: list
    messages: list  # recipient and data
    faults: set  # names of the fields of experts

    @classmethod
    def of_line(cls, line):
        values = dict(zip(FIELDS, line.split("\t")))

        def numbers(name):
            return [int(value, 0) for value in values[name].split(",") if value]

        data = [bytes.fromhex(digits) for digits in values["data"].split(",") if digits]
        if [len(one) for one in data] != numbers("data_len"):
            raise AssertionError(f"connect.data_len is not the length of connect.data: {line[:200]}")
        return cls(
            int(values["stream"]),
            int(values["port"]),
            int(values["tcp_len"]),
            "connect" in values["protocols"].split(":"),
            numbers("size"),
            numbers("version"),
            list(zip(numbers("recipient"), data)),
            {name for name in ("bad_size", "bad_version", "out_of_step") if values[name]},
        )


def packets(capture, *options, keep=None):
    """All TCP packets, in order."""
    fields = [option for field in FIELDS.values() for option in ("-e", field)]
    output = tshark("-r", capture, *options, "-Y", keep or "tcp", "-T", "fields", "-E", "occurrence=a", *fields)
    return [Packet.of_line(line) for line in output.splitlines()]


def tshark(*arguments, is_growing=False):
    """Its output. Whatever it says beside that is an error: so are mistakes in the dissector reported. But a capture
    that is still growing may end within a packet."""
    with tempfile.TemporaryDirectory() as folder:
        # No preferences and no plugins of whoever runs this.
        environment = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder)
        done = subprocess.run(
            ["tshark", "-n", "-X", f"lua_script:{DISSECTOR}", *map(str, arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=TIMEOUT,
        )
    complaints = [line for line in done.stderr.splitlines() if line and "as user" not in line]
    if is_growing and all("in the middle of a packet" in line for line in complaints):
        return done.stdout
    if done.returncode != 0 or complaints or "Lua Error" in done.stdout:
        raise AssertionError(f"tshark: status {done.returncode}\n{done.stderr}\n{done.stdout[-2000:]}")
    return done.stdout


class Direction(NamedTuple):
    """What the dissector says of one direction of one stream."""

    messages: list
    fault: str  # the first
    value: int  # the field that is at fault
    fault_at: int  # bytes of TCP after which it was told
    silent_behind: bool  # whether every packet behind it is marked, and nothing else is said of it


def directions(all_packets):
    """By stream and port of the sender."""
    found = {}
    for packet in all_packets:
        found.setdefault((packet.stream, packet.from_port), []).append(packet)
    return {key: direction(own) for key, own in found.items()}


def direction(own):
    messages, fault, value, fault_at, silent_behind = [], None, None, None, True
    seen = 0
    for packet in own:
        seen += packet.tcp_len
        if fault is None:
            messages += packet.messages
            if packet.faults:
                (fault,) = packet.faults
                value = {"bad_size": packet.sizes, "bad_version": packet.versions}[fault][-1]
                fault_at = seen
        elif packet.tcp_len:
            silent_behind = silent_behind and packet.faults == {"out_of_step"} and not packet.messages
    return Direction(messages, fault, value, fault_at, silent_behind)
