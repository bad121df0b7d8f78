"""Tokens in place of a password (XEP-0484), for what a real server would not
do with them. A stub remembers those that it gave: user and client's id to
token and mechanism."""

import hmac
import os

import sasl
from xmlcut import SASL2, element

SPACE = 'urn:xmpp:fast:0'
TYPES = {'EXPR': 'tls-exporter', 'UNIQ': 'tls-unique',
         'ENDP': 'tls-server-end-point', 'NONE': None}
NAME = 'HT-SHA-256-'


def mechanisms(options):
    return [NAME + short for short, kind in TYPES.items()
            if kind is None or kind in options.cb]


def offer(session):
    """The inline features."""
    options = session.options
    inner = ''
    if options.inline_sm == 'yes':
        inner += element('sm', xmlns='urn:xmpp:sm:3')
    if options.fast != 'no':
        names = ''.join(element('mechanism', name)
                        for name in mechanisms(options))
        inner += element('fast', names, xmlns=SPACE)
    return element('inline', inner) if inner else ''


def client(node):
    agent = node.find(SASL2 + 'user-agent')
    return None if agent is None else agent.get('id')


def is_used(node):
    return node.find(f'{{{SPACE}}}fast') is not None


def check(session, name, node):
    """Who logs in by a token, and our proof."""
    options = session.options
    user, _, proof = (sasl.decode(node.findtext(SASL2 + 'initial-response'))
                      or b'').partition(b'\0')
    user = user.decode()
    key = user, client(node)
    if options.fast == 'refuse':
        session.log('token refused')
        raise sasl.Refused('credentials-expired')
    kind = TYPES[name.removeprefix(NAME)]
    bound = session.wire.binding(kind) if kind else b''
    for token, mechanism in session.stub.tokens.get(key, []):
        right = hmac.digest(token.encode(), b'Initiator' + bound, 'sha256')
        if mechanism == name and hmac.compare_digest(right, proof):
            break
    else:
        session.log('token unknown')
        raise sasl.Refused('not-authorized')
    void = node.find(f'{{{SPACE}}}fast').get('invalidate')
    session.log('token void' if void else 'token good', name)
    if void:
        session.stub.tokens[key].remove((token, mechanism))
    answer = hmac.digest(token.encode(), b'Responder' + bound, 'sha256')
    return user, bytes(32) if options.fast == 'forged' else answer


def give(session, node, user):
    """The <token/> of <success/>, where one is due."""
    asked = node.find(f'{{{SPACE}}}request-token')
    options = session.options
    if options.fast == 'no' or (asked is None and options.fast != 'new'):
        return ''
    name = node.get('mechanism') if asked is None else asked.get('mechanism')
    if not name.startswith(NAME):
        return ''
    token = options.token or 'secret-token:' + os.urandom(9).hex()
    session.stub.tokens.setdefault((user, client(node)), []).append(
        (token, name))
    session.log('token given', name)
    return element('token', token=token, expiry=options.expiry, xmlns=SPACE)
