"""Stanzas and their acknowledgement (XEP-0198), once somebody is logged in."""

import asyncio
from collections import deque
from xml.sax.saxutils import escape

from xmlcut import BIND, CLIENT, SM, element, error, local

SPACE = {'ping': 'urn:xmpp:ping', 'version': 'jabber:iq:version',
         'time': 'urn:xmpp:time', 'roster': 'jabber:iq:roster',
         'disco': 'http://jabber.org/protocol/disco#info',
         'items': 'http://jabber.org/protocol/disco#items',
         'session': 'urn:ietf:params:xml:ns:xmpp-session',
         'unknown': 'urn:stub:unknown'}
TAGS = {'ping': 'ping', 'time': 'time'}
FEATURES = ['ping', 'disco', 'items', 'roster']
KINDS = {'recipient-unavailable': 'wait', 'resource-constraint': 'wait',
         'remote-server-timeout': 'wait', 'not-acceptable': 'modify',
         'jid-malformed': 'modify', 'bad-request': 'modify',
         'policy-violation': 'modify', 'forbidden': 'auth',
         'not-authorized': 'auth', 'subscription-required': 'auth'}
BATCH = 50


class Stanzas:
    """The part of a Session from its binding on."""

    def reset_stanzas(self):
        self.got = {'message': 0, 'presence': 0, 'iq': 0}
        self.sm = False
        self.deaf = False      # what comes is for nobody
        self.handled = 0
        self.out = 0           # stanzas sent since <enabled/>
        self.acked = 0         # the h that the client said last
        self.behind = True     # ack=behind: the first one is
        self.unacked = deque()  # the number of a delivered message, or None
        self.delivered = 0
        self.bounces = []
        self.delivering = False

    async def logged_in(self, item):
        tag = item.node.tag
        kind = local(item.node)
        if self.deaf:
            return
        if tag.startswith(SM):
            await self.management(kind, item.node)
        elif kind in self.got and tag.startswith(CLIENT):
            await self.stanza(kind, item)
        else:
            await self.stream_error('unsupported-stanza-type')

    async def stanza(self, kind, item):
        limit = self.options.enforce
        if limit and len(item.raw.encode()) > limit:
            await self.stream_error('policy-violation')
        bind = item.node.find(BIND + 'bind')
        if bind is not None and not self.jid:
            await self.bind(item.node, bind)
            return
        if not self.jid:
            await self.stream_error('not-authorized')
        self.got[kind] += 1
        if item.node.find(f'{{{SPACE["session"]}}}session') is None:
            await self.at('ready')
        if self.sm:
            self.handled += 1
        if not (kind == 'iq' and await self.scripted(item)):
            await getattr(self, 'on_' + kind)(item.node)
        if self.sm and self.options.ack == 'each':
            await self.send_ack()

    async def send_stanza(self, text, number=None):
        if self.sm:
            self.out += 1
            self.unacked.append(number)
        await self.send(text)

    async def answer(self, node, inner=''):
        await self.send_stanza(element(
            'iq', inner, type='result', id=node.get('id'), to=self.jid,
            from_=node.get('to')))

    async def answer_error(self, node, condition):
        await self.send_stanza(element(
            'iq', error(condition, kind=KINDS.get(condition, 'cancel')),
            type='error', id=node.get('id'), to=self.jid,
            from_=node.get('to')))

    # Messages

    async def on_message(self, node):
        await self.at('message')
        if self.got['message'] == self.options.drop_after:
            await self.fault('close', '')
        if self.is_bounced(node):
            self.bounces.append(node)
            await self.flush('arrival')

    def is_bounced(self, node):
        to = node.get('to', '')
        wanted = self.options.bounce
        return (node.get('type') != 'error'
                and ('all' in wanted or to in wanted
                     or to.partition('/')[0] in wanted))

    async def flush(self, moment):
        """Sends the bounces that were kept for this moment."""
        if self.options.after != moment:
            return
        bounces, self.bounces = self.bounces, []
        for node in bounces:
            if self.options.bounce_delay:
                self.later(self.bounce_later(node))
            else:
                await self.bounce(node)

    async def bounce_later(self, node):
        await asyncio.sleep(self.options.bounce_delay)
        await self.bounce(node)

    async def bounce(self, node):
        condition = self.options.cond
        inner = error(condition, self.options.bounce_text,
                      KINDS.get(condition, 'cancel'))
        await self.send_stanza(element(
            'message', inner, type='error', from_=node.get('to'), to=self.jid,
            id=self.options.bounce_id or node.get('id')))

    # Presence, and what is delivered after it

    async def on_presence(self, node):
        await self.at('presence')
        kind = node.get('type')
        if kind is None and node.get('to') is None:
            if self.options.echo == 'yes':
                await self.send_stanza(
                    element('presence', from_=self.jid, to=self.jid))
            if int(node.findtext(CLIENT + 'priority') or 0) >= 0:
                await self.moment('presence')

    async def moment(self, name):
        """The moment to send what the client shall get, maybe."""
        if name != self.options.deliver_on or self.delivering:
            return
        self.delivering = True
        for kind in self.options.iq:
            await self.ask(kind)
        if self.options.deliver:
            self.later(self.deliver())

    async def ask(self, kind):
        name = TAGS.get(kind, 'query')
        inner = element(name, xmlns=SPACE[kind])
        await self.send_stanza(element(
            'iq', inner, type='get', id='stub-' + kind,
            from_=self.options.from_, to=self.jid))

    async def deliver(self):
        options = self.options
        if options.keep == 'yes':
            numbers = self.stub.mailbox
        else:
            numbers = deque(range(1, options.deliver + 1))
        single = options.deliver_gap or options.ask == 'each'
        while numbers:
            await self.deliver_some(numbers, 1 if single else BATCH)
            if options.ask == 'each':
                await self.ask_ack()
            await asyncio.sleep(options.deliver_gap)
        if options.ask == 'end':
            await self.ask_ack()
        self.log('delivered', self.delivered)
        if options.after_deliver == 'end':
            await self.send('</stream:stream>')
            self.said_end = True
        elif options.after_deliver != 'stay':
            self.finish('reset' if options.after_deliver == 'reset'
                        else options.how)

    async def deliver_some(self, numbers, most):
        texts = []
        while numbers and len(texts) < most:
            number = numbers.popleft()
            self.log('deliver', f'd{number}')
            texts.append(self.numbered(number))
            self.delivered += 1
            if self.sm:
                self.out += 1
                self.unacked.append(number)
        await self.wire.send(''.join(texts).encode())

    def numbered(self, number):
        options = self.options
        body = f'{options.body} {number}'
        inner = element('body', escape(body.ljust(options.body_bytes, 'x')))
        if options.stamp != 'no':
            stamp = ('2026-01-02T03:04:05Z' if options.stamp == 'yes'
                     else options.stamp)
            inner += element('delay', xmlns='urn:xmpp:delay', stamp=stamp,
                             from_=self.domain)
        return element('message', inner, from_=options.from_, to=self.jid,
                       id=f'd{number}', type=options.deliver_type)

    async def ask_ack(self):
        if self.sm:
            await self.send(element('r', xmlns=SM.strip('{}')))

    def put_back(self):
        """What was delivered and not acknowledged waits for the next."""
        left = [number for number in self.unacked if number is not None]
        if self.options.keep == 'yes':
            self.stub.mailbox.extendleft(reversed(left))

    def acked_text(self):
        left = sum(number is not None for number in self.unacked)
        return (f'h={self.acked} of {self.out} delivered={self.delivered} '
                f'unacked={left}')

    # IQs

    async def scripted(self, item):
        """Whether the stanza is one that answers= has an answer to."""
        for pattern, stanzas in self.options.answers:
            if pattern.search(item.raw):
                for text in stanzas:
                    for mark, value in (('@ID@', item.node.get('id')),
                                        ('@TO@', item.node.get('to')),
                                        ('@QUERYID@', self.queryid(item.node)),
                                        ('@JID@', self.jid)):
                        text = text.replace(mark, escape(value or ''))
                    await self.send_stanza(text)
                return True
        return False

    @staticmethod
    def queryid(node):
        """Of the payload (XEP-0313)."""
        payload = next(iter(node), None)
        return None if payload is None else payload.get('queryid')

    async def on_iq(self, node):
        payload = next(iter(node), None)
        kind = node.get('type')
        if kind in ('result', 'error'):
            self.log('answer', node.get('id'), kind, condition(node))
        elif payload is None or kind not in ('get', 'set'):
            await self.answer_error(node, 'bad-request')
        elif payload.tag == f'{{{SPACE["ping"]}}}ping':
            await self.on_ping(node)
        elif node.get('to') in (None, self.domain, self.bare()):
            await self.server_iq(node, payload.tag.partition('}')[0][1:])
        else:
            await self.answer_error(node, 'service-unavailable')

    def bare(self):
        return f'{self.user}@{self.domain}'

    async def on_ping(self, node):
        own = node.get('to') in (None, self.domain, self.bare())
        mode = self.options.ping if own else self.options.peer
        if mode == 'silent':
            return
        if self.options.ping_delay:
            self.later(self.pong(node, mode))
        else:
            await self.pong(node, mode)

    async def pong(self, node, mode):
        await asyncio.sleep(self.options.ping_delay)
        if mode == 'answer':
            await self.answer(node)
        else:
            await self.answer_error(node, 'service-unavailable')
        await self.flush('ping')

    async def server_iq(self, node, space):
        if space == SPACE['disco']:
            await self.answer(node, self.disco_info(node))
        elif space == SPACE['items']:
            await self.answer(node, element('query', xmlns=space))
        elif space == SPACE['session']:
            await self.answer(node)
        elif space == SPACE['roster']:
            items = ''.join(element('item', jid=jid, subscription='both')
                            for jid in self.options.contact)
            await self.answer(node, element('query', items, xmlns=space)
                              if node.get('type') == 'get' else '')
        else:
            await self.answer_error(node, 'service-unavailable')

    def disco_info(self, node):
        if node.get('to') == self.domain:
            inner = element('identity', category='server', type='im')
        else:
            inner = element('identity', category='account', type='registered')
        names = [SPACE[key] for key in FEATURES] + self.options.disco
        inner += ''.join(element('feature', var=name) for name in names)
        return element('query', inner, xmlns=SPACE['disco'])

    # XEP-0198

    async def management(self, kind, node):
        if kind == 'enable':
            await self.enable()
        elif kind == 'resume':
            await self.resume(node)
        elif kind == 'r' and self.sm:
            await self.at('r')
            await self.on_r()
        elif kind == 'a' and self.sm:
            await self.on_a(node)
        elif self.options.sm != 'no' and kind in ('r', 'a'):
            self.log('ignored', kind)  # as Prosody does
        else:
            await self.stream_error('unsupported-stanza-type')

    async def enable(self):
        await self.at('enable')
        if self.options.sm == 'failed':
            await self.send(self.failed('internal-server-error'))
        elif self.options.sm == 'no':
            await self.stream_error('unsupported-stanza-type')
        elif self.options.sm == 'yes' and (self.sm or not self.jid):
            await self.send(self.failed('unexpected-request'))
        elif self.options.sm == 'yes':
            self.sm = True
            await self.send(self.enabled())
            await self.at('enabled')
            await self.moment('enabled')

    async def resume(self, node):
        """Refused, or a lie: this connection has nothing of the last one."""
        if self.options.resumed is None:
            await self.send(self.failed('item-not-found',
                                        self.options.failed_h))
            return
        self.jid = f'{self.user}@{self.domain}/resumed'
        self.sm = True
        self.deaf = self.options.deaf == 'yes'
        await self.send(element(
            'resumed', h=self.options.resumed, xmlns=SM.strip('{}'),
            previd=self.options.previd or node.get('previd')))

    def enabled(self):
        """With an id that is good for nothing, where one is asked for."""
        resume = {}
        if self.options.sm_id:
            resume = {'id': self.options.sm_id, 'resume': 'true'}
        if self.options.location is not None:
            resume['location'] = self.options.location
        return element('enabled', xmlns=SM.strip('{}'), **resume)

    def failed(self, name, h=None):
        space = 'urn:ietf:params:xml:ns:xmpp-stanzas'
        far = {} if h is None else {'h': h}
        return element('failed', element(name, xmlns=space), **far,
                       xmlns=SM.strip('{}'))

    async def on_r(self):
        if self.options.ack_delay:
            self.later(self.ack_later(self.handled))
        else:
            await self.send_ack()

    async def ack_later(self, handled):
        await asyncio.sleep(self.options.ack_delay)
        await self.send_ack(handled)

    async def send_ack(self, handled=None):
        handled = self.handled if handled is None else handled
        values = {'never': [], 'too-much': [handled + 1],
                  'backwards': [handled, max(handled - 1, 0)],
                  'junk': ['many'], 'missing': [None], 'negative': [-1],
                  'behind': [handled - 1 if self.behind else handled],
                  'huge': [2 ** 32]}.get(self.options.ack, [handled])
        self.behind = False
        await self.send(''.join(element('a', xmlns=SM.strip('{}'), h=value)
                                for value in values))
        if values:
            await self.at('ack')
            await self.flush('ack')

    async def on_a(self, node):
        try:
            h = int(node.get('h'))
        except (TypeError, ValueError):
            self.log('ack-malformed', node.get('h'))
            await self.stream_error('bad-format')
        if not self.acked <= h <= self.out:
            self.log('ack-wrong', h, 'of', self.out, 'before', self.acked)
            await self.stream_error('undefined-condition')
        for _ in range(h - self.acked):
            self.unacked.popleft()
        self.acked = h
        self.log('ack', self.acked_text())


def condition(node):
    """The name of the condition in a stanza error, else ''."""
    found = node.find(CLIENT + 'error')
    return local(found[0]) if found is not None and len(found) else ''
