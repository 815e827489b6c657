"""The test vectors, as interop/vectors/README.md describes them. What is missing, unknown or said twice is an error."""

import functools
import itertools
import json
from pathlib import Path
from typing import NamedTuple, Optional

from connect_wire import Message

PATH = Path(__file__).resolve().parents[2] / "vectors" / "wire-1.json"

VALUES = {
    "clean-end": {},
    "size-too-small": {"size"},
    "data-too-large": {"length", "limit"},
    "unsupported-version": {"version"},
    "truncated": {"missing"},
    "empty-data": {},
}


class Frame(NamedTuple):
    name: str
    message: Message
    header: bytes


class Unsendable(NamedTuple):
    name: str
    data: bytes
    verdict: str
    values: dict


class Stream(NamedTuple):
    name: str
    limit: int
    data: bytes
    messages: list
    verdict: str
    values: dict
    decided_after: Optional[int]
    chunkings: list

    def cuts(self):
        """The pieces, for every way to cut the stream."""
        for chunking in self.chunkings:
            if chunking == "in-two-everywhere":
                for first in range(1, len(self.data)):
                    yield [self.data[:first], self.data[first:]]
            else:
                (lengths,) = fields(chunking, "lengths")
                yield list(pieces(self.data, lengths))


class Vectors(NamedTuple):
    frames: list
    unsendable: list
    streams: list


@functools.lru_cache(maxsize=None)
def load():
    form, frames, unsendable, chunkings, streams = fields(
        json.loads(PATH.read_text(encoding="utf-8")), "format", "frames", "unsendable", "chunkings", "streams"
    )
    if form != "the wire format of Connect, version 1":
        raise ValueError(f"vectors of {form}")
    vectors = Vectors(
        [frame(entry) for entry in frames],
        [refused(entry) for entry in unsendable],
        [stream(entry, chunkings) for entry in streams],
    )
    for kind in vectors:
        names = {entry.name for entry in kind}
        if len(names) != len(kind) or not names:
            raise ValueError("names are not unique, or there are none")
    return vectors


def frame(entry):
    name, recipient, data, header = fields(entry, "name", "recipient", "data", "header")
    return Frame(name, Message(recipient, expanded(data)), piece(header))


def refused(entry):
    name, data, judgement = fields(entry, "name", "data", "verdict")
    return Unsendable(name, expanded(data), *verdict(judgement))


def stream(entry, chunkings):
    entry = dict(entry)
    decided_after = entry.pop("decided_after", None)
    name, limit, data, messages, judgement, cut = fields(
        entry, "name", "limit", "stream", "messages", "verdict", "chunkings"
    )
    judgement = verdict(judgement)
    if (decided_after is None) != (judgement[0] in ("clean-end", "truncated")):
        raise ValueError(f"{name}: decided_after goes with the verdicts of a header")
    messages = [message(entry) for entry in messages]
    return Stream(name, limit, expanded(data), messages, *judgement, decided_after, chunkings[cut])


def message(entry):
    recipient, data = fields(entry, "recipient", "data")
    return Message(recipient, expanded(data))


def verdict(entry):
    values = dict(entry)
    name = values.pop("name")
    if set(values) != set(VALUES[name]):
        raise ValueError(f"{name} with {sorted(values)}")
    return name, values


def expanded(data):
    return b"".join(map(piece, data))


def piece(entry):
    if isinstance(entry, str):
        return bytes.fromhex(entry)
    byte, count = fields(entry, "byte", "count")
    byte = bytes.fromhex(byte)
    if len(byte) != 1:
        raise ValueError(f"{byte!r} is not one byte")
    return byte * count


def pieces(data, lengths):
    """These lengths over and over, up to the end; without any, one piece."""
    begin = 0
    for length in itertools.cycle(lengths or [len(data)]):
        if begin >= len(data):
            return
        yield data[begin : begin + length]
        begin += length


def fields(entry, *names):
    """Exactly these."""
    if set(entry) != set(names):
        raise ValueError(f"{sorted(entry)} are not {sorted(names)}")
    return [entry[name] for name in names]
