"""Features, authentication, resource binding."""

import fnmatch
import os
from xml.sax.saxutils import escape

import fast
import sasl
import upgrade
from xmlcut import SASL, SASL2, SM, element

BIND_SPACE = 'urn:ietf:params:xml:ns:xmpp-bind'


class Login:
    """The part of a Session up to its binding."""

    def features(self):
        if self.user:
            return self.limits() + self.session_features()
        inner = self.limits()
        if self.offers_starttls():
            required = ('' if self.options.tls == 'optional'
                        else '<required/>')
            inner += element('starttls', required,
                             xmlns='urn:ietf:params:xml:ns:xmpp-tls')
        if self.options.pipelining == 'yes':
            inner += element('pipelining',
                             xmlns='urn:xmpp:features:pipelining')
        return inner + self.login_features()

    def limits(self):
        if not self.options.limit:
            return ''
        return element('limits', element('max-bytes',
                                         str(self.options.limit)),
                       xmlns='urn:xmpp:stream-limits:0')

    def offers(self, profile):
        """Whether 'sasl' or 'sasl2' is on offer at this stage."""
        if self.stage == 'plain' and self.options.tls == 'starttls':
            return False
        return self.options.sasl2 != ('only' if profile == 'sasl' else 'no')

    def mechanisms(self):
        names = list(self.options.mechs)
        if self.options.cb and self.stage == 'tls':
            names = [f'{name}-PLUS' for name in names
                     if name.startswith('SCRAM-')] + names
        return names

    def seen(self, names):
        """Those that nobody in between takes out (hide=)."""
        return [name for name in names
                if not any(fnmatch.fnmatchcase(name, pattern)
                           for pattern in self.options.hide)]

    def login_features(self):
        names = ''.join(element('mechanism', escape(name))
                        for name in self.seen(self.mechanisms()))
        kinds = self.seen(self.options.cb + self.options.types)
        inner = ''
        if self.offers('sasl'):
            inner += element('mechanisms', names, xmlns=SASL.strip('{}'))
        if self.offers('sasl2'):
            inner += element('authentication', names + fast.offer(self)
                             + upgrade.offer(self),
                             xmlns=SASL2.strip('{}'))
        if inner and kinds and self.stage == 'tls':
            types = ''.join(element('channel-binding', type=kind)
                            for kind in kinds)
            inner += element('sasl-channel-binding', types,
                             xmlns='urn:xmpp:sasl-cb:0')
        return inner

    def session_features(self):
        inner = ''
        if self.options.features != 'no-bind':
            inner += element('bind', xmlns=BIND_SPACE)
        if self.options.session != 'no':
            optional = ('<optional/>' if self.options.session == 'optional'
                        else '')
            inner += element('session', optional,
                             xmlns='urn:ietf:params:xml:ns:xmpp-session')
        if self.options.sm != 'no':
            inner += element('sm', xmlns=SM.strip('{}'))
        if self.options.rosterver == 'yes':
            inner += element('ver', xmlns='urn:xmpp:features:rosterver')
        return inner

    async def authenticate(self, node, sasl2):
        """One attempt; the client may make another after a failure."""
        space = (SASL2 if sasl2 else SASL).strip('{}')
        name = node.get('mechanism', '')
        self.log('auth', name)
        await self.at('auth')
        try:
            self.user, extra = await self.exchange(name, node, space)
        except sasl.Refused as refused:
            await self.auth_failure(refused.args[0], space)
            return
        self.log('auth-ok', self.user)
        await self.followed()
        if sasl2:
            extra = await upgrade.perform(self, node, extra)
        token = fast.give(self, node, self.user) if sasl2 else ''
        await self.auth_success(extra, space, token)

    async def followed(self):
        """What came with the last word of the login, before our answer."""
        if not self.cutter.buffer.strip():
            return
        self.log('pipelined', len(self.cutter.buffer), 'bytes before success')
        if self.options.early == 'refuse':
            self.user = None
            await self.stream_error('not-authorized')
        if self.options.early == 'drop':
            await self.fault('close', '')
        if self.options.early == 'bind-error':
            self.options.bind_error = 'not-authorized'

    async def exchange(self, name, node, space):
        if self.options.auth_condition:
            raise sasl.Refused(self.options.auth_condition)
        if self.options.success == 'early':
            return 'romeo', b''
        if fast.is_used(node):
            return fast.check(self, name, node)
        try:
            mechanism = sasl.start(
                name, self.authentication(self.mechanisms()))
            data = sasl.decode(initial(node))
            if data is None:
                data = await self.challenge(b'', space)
            while True:
                data = await self.challenge(mechanism.send(data), space)
        except StopIteration as done:
            user, extra = done.value
        except (KeyError, ValueError) as wrong:
            self.log('auth-malformed', repr(wrong))
            raise sasl.Refused('malformed-request')
        if self.options.refuse:
            raise sasl.Refused(self.options.refuse)
        return user, extra

    async def challenge(self, data, space):
        """Sends DATA and returns the answer."""
        if isinstance(data, str):
            await self.send(element('challenge', data, xmlns=space))
        else:
            await self.send(element('challenge', sasl.encode(data),
                                    xmlns=space))
        node = (await self.next()).node
        if node.tag == f'{{{space}}}abort':
            raise sasl.Refused('aborted')
        if node.tag != f'{{{space}}}response':
            raise sasl.Refused('malformed-request')
        await self.at('response')
        return sasl.decode(node.text) or b''

    async def auth_failure(self, condition, space):
        self.log('auth-failed', condition)
        inner = element(condition, xmlns=SASL.strip('{}'))
        if self.options.failure_text:
            inner += element('text', escape(self.options.failure_text))
        await self.send(element('failure', inner, xmlns=space))

    async def auth_success(self, extra, space, token):
        stage, self.stage = self.stage, 'auth'
        extra = sasl.encode(extra)
        if space == SASL2.strip('{}'):
            inner = element('additional-data', extra) if extra else ''
            inner += token
            inner += element('authorization-identifier',
                             f'{self.user}@{self.domain}')
            await self.send(element('success', inner, xmlns=space))
            await self.at('success')
            await self.send_features()
            return
        await self.send(element('success', extra, xmlns=space))
        self.stage = stage
        await self.at('success')
        self.stage = 'auth'
        self.cutter.restart()
        await self.open_stream()

    async def bind(self, node, bind):
        """The answer to the bind request."""
        await self.at('bind')
        if self.options.bind_error:
            await self.answer_error(node, self.options.bind_error)
            return
        resource = bind.findtext(f'{{{BIND_SPACE}}}resource')
        resource = self.options.resource or resource or os.urandom(4).hex()
        self.jid = f'{self.user}@{self.domain}/{resource}'
        text = (self.jid if self.options.bind_jid is None
                else self.options.bind_jid)
        self.log('bound', self.jid)
        await self.send(element(
            'iq', element('bind', element('jid', escape(text)),
                          xmlns=BIND_SPACE),
            type='result', id=self.options.bind_id or node.get('id'),
            from_=self.options.bind_from))
        await self.at('bound')
        await self.moment('bound')


def initial(node):
    """The initial response of SASL1 or SASL2."""
    if node.tag.startswith(SASL2):
        return node.findtext(SASL2 + 'initial-response')
    return node.text
