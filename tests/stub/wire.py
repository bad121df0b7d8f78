"""One connection as bytes: plain or TLS, in memory, so that every byte and
every moment of silence is ours to decide."""

import asyncio
import ctypes
import hashlib
import socket
import ssl
import struct

CHUNK = 65536
DRAIN = 120  # seconds


class Wire:
    """Reads and writes a non-blocking socket, which it owns."""

    def __init__(self, sock, record=None):
        self.sock = sock
        self.loop = asyncio.get_running_loop()
        self.tls = None
        self.inward = self.outward = None
        self.certificate = None
        self.clean = True
        self.slow = None
        self.record = record
        self.lock = asyncio.Lock()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def receive(self):
        """What the client sent; b'' at the end."""
        data = await self._receive()
        if self.record:
            self.record('recv', data)
        return data

    async def _receive(self):
        if not self.tls:
            return await self._from_socket()
        while True:
            try:
                return self.tls.read(CHUNK)
            except ssl.SSLWantReadError:
                data = await self._from_socket()
                if not data:
                    self.clean = False
                    return b''
                self.inward.write(data)
                await self._flush()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b''

    async def _from_socket(self):
        return await self.loop.sock_recv(self.sock, CHUNK)

    async def send(self, data):
        async with self.lock:
            if self.record:
                self.record('sent', data)
            if self.slow is None:
                await self._send(data)
                return
            for at in range(len(data)):
                await self._send(data[at:at + 1])
                await asyncio.sleep(self.slow)

    async def _send(self, data):
        if not self.tls:
            await self.loop.sock_sendall(self.sock, data)
            return
        for at in range(0, len(data), CHUNK):
            self.tls.write(data[at:at + CHUNK])
            await self._flush()

    async def _flush(self):
        data = self.outward.read()
        if data:
            await self.loop.sock_sendall(self.sock, data)

    async def start_tls(self, context, certificate):
        """Shakes hands as the server. CERTIFICATE is the PEM file shown."""
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.certificate = certificate
        tls = context.wrap_bio(self.inward, self.outward, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._from_socket()
                if not data:
                    raise ConnectionError('closed in the TLS handshake')
                self.inward.write(data)
            except ssl.SSLError:
                await self._flush()
                raise
        await self._flush()
        self.tls = tls

    def binding(self, kind):
        """The channel binding data of this connection, or None."""
        if not self.tls:
            return None
        if kind == 'tls-server-end-point':
            with open(self.certificate, encoding='ascii') as file:
                pem = file.read()
            # All of our certificates are signed with SHA-256 (RFC 5929, 4.1).
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
        if kind == 'tls-exporter':
            return exported(self.tls)
        if kind == 'tls-unique':
            return self.tls.get_channel_binding(kind)
        return None

    async def close(self, how='fin'):
        """how: fin (TLS closed too), cut (without close_notify), reset."""
        if how == 'reset':
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack('ii', 1, 0))
        elif self.tls and how == 'fin':
            try:
                self.tls.unwrap()
            except (ssl.SSLError, ValueError):
                pass
            try:
                await self._flush()
            except OSError:
                pass
        if how != 'reset':
            await self._drain()
        self.sock.close()

    async def _drain(self):
        """To close with unread bytes would be a reset (RFC 2525, 2.17)."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(DRAIN):
                while await self._from_socket():
                    pass
        except (OSError, TimeoutError):
            pass


def exported(tls):
    """RFC 9266. Python has no call for it: its object begins with the
    reference count, the type, the socket and then OpenSSL's SSL pointer."""
    library = ctypes.CDLL('libssl.so.3')
    pointer = ctypes.c_void_p.from_address(id(tls._sslobj) + 24)
    out = ctypes.create_string_buffer(32)
    label = b'EXPORTER-Channel-Binding'
    call = library.SSL_export_keying_material
    call.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t,
                     ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                     ctypes.c_size_t, ctypes.c_int]
    done = call(pointer, out, 32, label, len(label), b'', 0, 1)
    return out.raw if done == 1 else None
