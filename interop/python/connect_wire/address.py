"""HOST:PORT, as programs take and print it. The host of IPv6 stands in brackets: [::1]:7000."""


def address(text):
    """Host, without brackets, and port. Raises `ValueError`."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"the host of {text} has to stand in brackets")
    if not (colon and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"{text} does not end with a port")
    return host, int(port)


def written(host, port):
    """The other way round."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
