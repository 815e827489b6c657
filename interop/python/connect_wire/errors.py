"""What can be wrong with bytes, by whose fault it is. `verdict` is the name in WIRE.md, section 4; the values have
the names given there."""


class FormatError(Exception):
    """The peer broke the format. Final: the decoder repeats it."""

    verdict: str


class SizeTooSmall(FormatError):
    verdict = "size-too-small"

    def __init__(self, size):
        super().__init__(f"peer sent a frame of size {size}; the smallest valid size is 5")
        self.size = size


class DataTooLarge(FormatError):
    verdict = "data-too-large"

    def __init__(self, length, limit):
        super().__init__(f"peer announced {length} bytes of data; the receive limit is {limit}")
        self.length = length
        self.limit = limit


class UnsupportedVersion(FormatError):
    verdict = "unsupported-version"

    def __init__(self, version):
        super().__init__(f"peer sent version {version}; only version 1 is supported")
        self.version = version


class Truncated(FormatError):
    verdict = "truncated"

    def __init__(self, missing):
        super().__init__(f"the stream ended inside a frame; {missing} bytes are missing")
        self.missing = missing


class TlsTruncated(Exception):
    """The transport ended without close_notify: somebody may have cut it."""

    verdict = "tls-truncated"

    def __init__(self):
        super().__init__("the stream ended without close_notify: it may have been cut")


class Unsendable(ValueError):
    """The caller's message fits into no frame. Nothing was written."""

    verdict: str


class EmptyData(Unsendable):
    verdict = "empty-data"

    def __init__(self):
        super().__init__("a message carries at least one byte of data")


class TooMuchData(Unsendable):
    verdict = "data-too-large"

    def __init__(self, length, limit):
        super().__init__(f"{length} bytes of data exceed the limit of {limit}")
        self.length = length
        self.limit = limit
