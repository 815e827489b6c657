"""TLS over a byte stream (WIRE.md, section 8).

asyncio's own TLS tells nobody whether a stream was cut, and ends both directions with the first close_notify. So this
drives an `SSLObject` over buffers in memory instead.
"""

import ssl
from contextlib import contextmanager

from connect_wire.errors import TlsTruncated
from connect_wire.stream import READ_LEN

ALPN_PROTOCOL = "connect/1"


def client_context(authority, certificate=None, key=None):
    """Trusts servers that the authority in the file `authority` vouches for; shows a certificate if it has one."""
    with _naming(authority):
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=authority)
    return _finished(context, certificate, key)


def server_context(certificate, key, client_authority=None):
    """With `client_authority` lets nobody in but clients with a certificate of that authority."""
    with _naming(client_authority):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_authority)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return _finished(context, certificate, key)


def _finished(context, certificate, key):
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols([ALPN_PROTOCOL])
    if certificate is not None:
        with _naming(certificate, key):
            context.load_cert_chain(certificate, key)
    return context


@contextmanager
def _naming(*files):
    """What Python says of files that cannot be read, or hold no PEM, does not say which."""
    try:
        yield
    except OSError as error:
        raise OSError(f"cannot use {' and '.join(map(str, files))}: {error}") from error


class TlsStream:
    """A stream over `plain`, with its methods. Begin with `handshake`."""

    def __init__(self, plain, context, server_name=None):
        """A client that verifies `server_name`, or without it a server."""
        self.plain = plain
        self.incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self.incoming, self._outgoing, server_side=server_name is None, server_hostname=server_name
        )
        self._decrypted = []  # what `end` has found on its way; an empty one is close_notify

    @property
    def peer(self):
        return self.plain.peer

    @property
    def ssl_object(self):
        """Who the peer is, and what was agreed upon."""
        return self._tls

    async def handshake(self):
        while True:
            try:
                self._tls.do_handshake()
                return
            except ssl.SSLWantReadError:
                pass
            finally:
                self._flush()  # an alert as well
            await self._receive()

    async def read(self):
        while not self._decrypted:
            data = self._decrypt()
            if data is not None:
                return data
            await self._receive()
        # Stays at close_notify.
        return self._decrypted.pop(0) if self._decrypted[0] else b""

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]
        self._flush()

    async def drain(self):
        await self.plain.drain()

    def end(self):
        # OpenSSL looks for the peer's close_notify, and takes offence at anything else it finds there.
        while not self._decrypted or self._decrypted[-1]:
            data = self._decrypt()
            if data is None:
                break
            self._decrypted.append(data)
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # the other direction goes on
        self._flush()
        self.plain.end()

    async def close(self):
        await self.plain.close()

    def abort(self):
        self.plain.abort()

    def _decrypt(self):
        """What is here, or nothing after close_notify, or `None` if more has to come."""
        try:
            return self._tls.read(READ_LEN)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            return b""
        finally:
            self._flush()  # answers to changes of keys, and alerts

    async def _receive(self):
        received = await self.plain.read()
        if not received:
            raise TlsTruncated
        self.incoming.write(received)

    def _flush(self):
        if self._outgoing.pending:
            self.plain.write(self._outgoing.read())
