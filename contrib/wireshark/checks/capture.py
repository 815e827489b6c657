"""Writes captures: TCP over IPv4 in the file format pcap, each packet put together by hand."""

import struct

# The packets begin with an IPv4 header.
LINKTYPE_RAW = 101

FIN, SYN, PSH, ACK = 1, 2, 8, 16

CLIENT = bytes([10, 0, 0, 1])
SERVER = bytes([10, 0, 0, 2])


class Capture:
    def __init__(self, path):
        self._file = open(path, "wb")
        self._file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x40000, LINKTYPE_RAW))
        self._microseconds = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def packet(self, data):
        self._microseconds += 10
        when = divmod(self._microseconds, 1_000_000)
        self._file.write(struct.pack("<IIII", *when, len(data), len(data)) + data)


class Conversation:
    """One TCP connection, from SYN to FIN, in which every segment arrives once and in order."""

    # What fits beside the headers into an IPv4 packet.
    LONGEST_SEGMENT = 65535 - 40

    def __init__(self, capture, client_port, server_port):
        self._capture = capture
        self._ports = {True: (client_port, server_port), False: (server_port, client_port)}
        self._next = {True: 1000, False: 2000}
        self._segment(True, SYN)
        self._segment(False, SYN | ACK)
        self._segment(True, ACK)

    def send(self, from_client, data):
        """One segment, or several if it is too long for one."""
        for begin in range(0, len(data), self.LONGEST_SEGMENT):
            self._segment(from_client, PSH | ACK, data[begin : begin + self.LONGEST_SEGMENT])

    def close(self):
        self._segment(True, FIN | ACK)
        self._segment(False, FIN | ACK)
        self._segment(True, ACK)

    def _segment(self, from_client, flags, data=b""):
        source, destination = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
        acknowledged = self._next[not from_client] if flags & ACK else 0
        header = struct.pack(
            ">HHIIBBHHH", *self._ports[from_client], self._next[from_client], acknowledged, 5 << 4, flags, 65535, 0, 0
        )
        pseudo = source + destination + struct.pack(">BBH", 0, 6, len(header) + len(data))
        header = header[:16] + struct.pack(">H", checksum(pseudo + header + data)) + header[18:]
        self._next[from_client] += len(data) + bool(flags & (SYN | FIN))

        length = 20 + len(header) + len(data)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, length, 0, 0x4000, 64, 6, 0) + source + destination
        ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
        self._capture.packet(ip + header + data)


def checksum(data):
    """Of RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
