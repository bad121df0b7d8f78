"""Cuts what a client sends into header, first-level elements and end."""

import xml.etree.ElementTree as ET
from collections import namedtuple
from xml.sax.saxutils import escape, quoteattr

# kind: header, element or end; node: an Element; raw: its text as it came.
Item = namedtuple('Item', 'kind node raw')

CLIENT = '{jabber:client}'
SASL = '{urn:ietf:params:xml:ns:xmpp-sasl}'
SASL2 = '{urn:xmpp:sasl:2}'
TLS = '{urn:ietf:params:xml:ns:xmpp-tls}'
SM = '{urn:xmpp:sm:3}'
BIND = '{urn:ietf:params:xml:ns:xmpp-bind}'


class Cutter:
    def __init__(self):
        self.buffer = bytearray()
        self.scanned = 0
        self.restart()

    def restart(self):
        """A new stream begins; what is in the buffer belongs to it."""
        self.parser = ET.XMLPullParser(('start', 'end'))
        self.depth = 0
        self.root = None
        self.raw = bytearray()

    def feed(self, data):
        self.buffer += data

    def next(self):
        """The next Item or None. Raises ET.ParseError."""
        # A client that speaks TLS may never say '>'.
        if not self.depth and not self.raw and \
                self.buffer.lstrip()[:1] not in (b'', b'<'):
            raise ET.ParseError('no stream header')
        while True:
            # Never past one '>': a new stream may follow it at once.
            end = self.buffer.find(b'>', self.scanned) + 1
            if end == 0:
                self.scanned = len(self.buffer)
                return None
            piece = bytes(self.buffer[:end])
            del self.buffer[:end]
            self.scanned = 0
            item = self._take(piece)
            if item:
                return item

    def _take(self, piece):
        if not self.raw and self.depth < 2:
            piece = piece.lstrip()
        self.raw += piece
        self.parser.feed(piece)
        if hasattr(self.parser, 'flush'):
            self.parser.flush()
        kind = node = None
        for event, node in self.parser.read_events():
            kind = self._event(event, node) or kind
        if not kind:
            return None
        raw = self.raw.decode('utf-8', 'replace').strip()
        self.raw = bytearray()
        return Item(kind, node, raw)

    def _event(self, event, node):
        if event == 'start':
            self.depth += 1
            if self.depth == 1:
                self.root = node
                return 'header'
            return None
        self.depth -= 1
        if self.depth == 1:
            del self.root[:]
            return 'element'
        return 'end' if self.depth == 0 else None


def local(node):
    """The tag without its namespace."""
    return node.tag.rpartition('}')[2]


def element(name, children='', **attributes):
    """XML text. None drops an attribute; 'from_' is 'from', 'xml__lang'
    is 'xml:lang'."""
    text = '<' + name
    for key, value in attributes.items():
        if value is not None:
            name_ = key.rstrip('_').replace('__', ':')
            text += f' {name_}={quoteattr(str(value))}'
    return f'{text}>{children}</{name}>' if children else text + '/>'


def error(condition, text=None, kind='cancel'):
    """A stanza error."""
    space = 'urn:ietf:params:xml:ns:xmpp-stanzas'
    inner = element(condition, xmlns=space)
    if text:
        inner += element('text', escape(text), xmlns=space)
    return element('error', inner, type=kind)
