"""One client of the stub: the protocol of a correct, minimal server, with the
faults of the options in it."""

import asyncio
import os
import ssl
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import hostile
import sasl
from login import Login
from stanzas import Stanzas
from wire import Wire
from xmlcut import SASL, SASL2, TLS, Cutter, element, local

STREAM = 'http://etherx.jabber.org/streams'
LOGGED = 300  # of what we send; what we get is logged in full


class Over(Exception):
    """The connection is to be closed; the argument says how: fin, ..."""


class Session(Login, Stanzas):
    def __init__(self, stub, sock, number):
        self.stub = stub
        self.number = number
        times = stub.options.times
        past = times and number > times
        self.options = stub.healthy if past else stub.options
        self.domain = 'montague.lit'
        self.stage = 'plain'
        self.user = self.jid = None
        self.ended = self.said_end = False
        self.verdict = 'reset'
        self.server_name = None
        self.happened = set()
        self.tasks = []
        self.cutter = Cutter()
        self.wire = Wire(sock, stub.recorder(number))
        self.wire.slow = self.options.slow
        self.reset_stanzas()

    def log(self, *text):
        self.stub.log(f'c{self.number}', *text)

    async def run(self):
        how = 'fin'
        try:
            await self.converse()
        except Over as over:
            how = over.args[0]
        except asyncio.CancelledError:
            how = self.verdict
        except ET.ParseError as wrong:
            self.log('malformed', wrong)
            await self.try_error('not-well-formed')
        except ssl.SSLError as wrong:
            self.log('tls-error', wrong.reason)
        except OSError as wrong:
            self.log('lost', wrong)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.put_back()
        self.summary(how)
        await self.wire.close(how)

    def summary(self, how):
        counts = ' '.join(f'{kind}s={self.got[kind]}' for kind in self.got)
        clean = 'stream' if self.ended else 'no-stream-end'
        self.log('end', clean, how, counts, self.acked_text())

    async def try_error(self, condition):
        try:
            await self.stream_error(condition)
        except (Over, OSError, ssl.SSLError):
            pass

    # Reading and writing

    async def next(self):
        """The next Item; Over when the client has gone."""
        while True:
            item = self.cutter.next()
            if item:
                if item.kind == 'end':
                    await self.stream_end()
                self.log('recv', local(item.node), one_line(item.raw))
                return item
            data = await self.wire.receive()
            if not data:
                self.log('eof' if self.wire.clean else 'eof-without-notify')
                raise Over('fin')
            self.cutter.feed(data)

    async def stream_end(self):
        self.log('recv end')
        self.ended = True
        await self.at('end')
        if not self.said_end:
            await self.send('</stream:stream>')
        raise Over('fin')

    async def send(self, text):
        if text:
            self.log('sent', one_line(text[:LOGGED]))
            await self.wire.send(text.encode())

    def later(self, coroutine):
        """Runs beside the main line, until the connection ends."""
        task = asyncio.create_task(self.guarded(coroutine))
        # It may have ended before it began.
        task.add_done_callback(lambda _: coroutine.close())
        self.tasks.append(task)

    async def guarded(self, coroutine):
        try:
            await coroutine
        except Over as over:
            self.finish(over.args[0])
        except (OSError, ssl.SSLError):
            pass

    def finish(self, how):
        """Ends the connection from beside the main line."""
        self.verdict = how
        self.task.cancel()

    # Faults

    async def at(self, phase):
        """A moment has come: what is to happen then happens, once."""
        for name in (phase, f'{self.stage}-{phase}'):
            if name in self.options.faults and name not in self.happened:
                self.happened.add(name)
                for action, value in self.options.faults[name]:
                    self.log('fault', action, value[:40], 'at', name)
                    await self.fault(action, value)

    async def fault(self, action, value):
        if action == 'silent':
            await self.fall_silent()
        elif action == 'close':
            raise Over(self.options.how)
        elif action == 'end':
            await self.end()
        elif action == 'wait':
            await asyncio.sleep(float(value) / 1000)
        elif action == 'error':
            await self.stream_error(value)
        elif action == 'endless-stanza':
            await self.endless()
        elif action == 'trickle':
            await self.trickle(float(value) / 1000)
        elif action == 'file':
            with open(value, 'rb') as file:
                await self.wire.send(file.read())
        else:
            await self.wire.send(hostile.MAKERS[action](value))
            if action == 'half':
                raise Over(self.options.how)

    async def fall_silent(self):
        """Takes what comes and says nothing."""
        data = b'-'
        while data:
            data = await self.wire.receive()
            self.log('ignored', len(data))
        raise Over('fin')

    async def endless(self):
        await self.wire.send(b"<message id='bad'><body>")
        sent = 0
        while True:
            await self.wire.send(b'x' * 65536)
            sent += 65536
            if sent % (1 << 20) == 0:
                self.log('endless', sent)

    async def trickle(self, pause):
        """A stanza without an end, and not in a hurry."""
        await self.wire.send(b"<message id='bad'><body>")
        while True:
            await self.wire.send(b'x')
            await asyncio.sleep(pause)

    async def end(self):
        """Our half of closing the stream; the client answers."""
        self.said_end = True
        await self.send('</stream:stream>')
        while True:
            await self.next()

    async def stream_error(self, condition):
        space = 'urn:ietf:params:xml:ns:xmpp-streams'
        value = self.options.host if condition == 'see-other-host' else ''
        if value == 'self':
            value = f'127.0.0.1:{self.stub.port}'
        inner = element(condition, escape(value), xmlns=space)
        if self.options.error_text:
            inner += element('text', escape(self.options.error_text),
                             xmlns=space)
        await self.send(element('stream:error', inner) + '</stream:stream>')
        raise Over(self.options.how)

    # The way to a session

    async def converse(self):
        await self.at('tcp')
        if self.options.tls == 'direct':
            await self.handshake()
        await self.open_stream()
        while not self.user:
            await self.before_login((await self.next()))
        while True:
            await self.logged_in(await self.next())

    async def before_login(self, item):
        node = item.node
        if node.tag == TLS + 'starttls' and self.offers_starttls():
            await self.starttls()
        elif node.tag == SASL + 'auth' and self.offers('sasl'):
            await self.authenticate(node, sasl2=False)
        elif node.tag == SASL2 + 'authenticate' and self.offers('sasl2'):
            await self.authenticate(node, sasl2=True)
        else:
            await self.stream_error('not-authorized')

    async def open_stream(self, features=True):
        """Takes a stream header, answers it, offers what there is."""
        item = await self.next()
        self.domain = item.node.get('to') or self.domain
        await self.send_header()
        if item.node.tag != f'{{{STREAM}}}stream':
            await self.stream_error('invalid-namespace')
        if self.domain not in self.options.domains:
            await self.stream_error('host-unknown')
        await self.at('header')
        if features:
            await self.send_features()

    async def send_header(self):
        mode = self.options.header
        if mode == 'http':
            await self.send('HTTP/1.1 400 Bad Request\r\n\r\n')
            raise Over('fin')
        space = 'urn:stub' if mode == 'wrong-namespace' else STREAM
        header = element(
            'stream:stream', '-', xmlns='jabber:client',
            xmlns__stream=space,
            from_='verona.lit' if mode == 'wrong-from' else self.domain,
            id=None if mode == 'no-id' else os.urandom(6).hex(),
            version=None if mode == 'no-version' else '1.0', xml__lang='en')
        header = "<?xml version='1.0'?>" + header.partition('>')[0] + '>'
        await self.send(header * (2 if mode == 'twice' else 1))

    async def send_features(self):
        mode = self.options.features
        if mode == 'missing':
            return
        if mode == 'text':
            await self.send('no features today')
        inner = '' if mode == 'empty' else self.features()
        if mode == 'wrong-namespace':
            await self.send(element('features', inner, xmlns='urn:stub'))
        else:
            if mode == 'nested':
                inner = element('stream:features', inner)
            text = element('stream:features', inner)
            await self.send(text * (2 if mode == 'twice' else 1))
        await self.at('features')

    # TLS

    def offers_starttls(self):
        return (self.stage == 'plain'
                and self.options.tls in ('starttls', 'optional'))

    async def starttls(self):
        await self.at('starttls')
        space = TLS.strip('{}')
        if self.options.starttls == 'failure':
            await self.send(element('failure', xmlns=space)
                            + '</stream:stream>')
            raise Over(self.options.how)
        await self.send(element('proceed', xmlns=space) + self.options.inject)
        if self.cutter.buffer.strip():
            self.log('pipelined', len(self.cutter.buffer), 'bytes before TLS')
        await self.handshake()
        await self.open_stream()

    async def handshake(self):
        await self.at('tls')
        context, certificate = self.stub.tls(self)
        await self.wire.start_tls(context, certificate)
        tls = self.wire.tls
        self.log('tls', tls.version(), f'cipher={tls.cipher()[0]}',
                 f'sni={self.server_name}',
                 f'alpn={tls.selected_alpn_protocol()}',
                 f'client={self.certificate_name()}')
        self.stage = 'tls'
        self.cutter = Cutter()
        await self.at('handshake')

    def certificate_name(self):
        """The common name of the client's certificate, or None."""
        certificate = self.wire.tls and self.wire.tls.getpeercert()
        for relative in (certificate or {}).get('subject', ()):
            for key, value in relative:
                if key == 'commonName':
                    return value
        return None

    def authentication(self, offers):
        return sasl.Context(self.options, offers, self.wire.binding,
                            self.certificate_name(),
                            self.wire.tls and self.wire.tls.version())


def one_line(text):
    return (text.replace('\\', '\\\\').replace('\n', '\\n')
            .replace('\r', '\\r').replace('\0', '\\0'))
