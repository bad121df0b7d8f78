"""SASL mechanisms of a server, each a generator: it is sent the client's
messages, yields challenges, and returns (name, additional data) of who logged
in; it raises Refused with the condition otherwise."""

import base64
import binascii
import hashlib
import hmac
import os


class Refused(Exception):
    """The argument is the condition of <failure/>."""


class Context:
    """What a mechanism may ask. offers: names of mechanisms; bindings: types
    of channel binding; binding: a function from type to data; tls: the name of
    its version."""

    def __init__(self, options, offers, binding, certificate_name, tls):
        self.options = options
        self.offers = offers
        self.binding = binding
        self.certificate_name = certificate_name
        self.tls = tls

    def password(self, user):
        return self.options.users.get(user)


def start(name, context):
    """The generator of a mechanism, ready for the first message."""
    if name not in context.offers:
        raise Refused('invalid-mechanism')
    if name.startswith('SCRAM-'):
        mechanism = scram(name, context)
    else:
        mechanism = SIMPLE[name](context)
    next(mechanism)
    return mechanism


def encode(data):
    return base64.b64encode(data).decode('ascii')


def decode(text):
    """The payload of a SASL element; None where there is none."""
    text = (text or '').strip()
    if not text:
        return None
    if text == '=':
        return b''
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused('incorrect-encoding')


def plain(context):
    message = yield
    try:
        _, user, password = message.decode('utf-8').split('\0')
    except ValueError:
        raise Refused('malformed-request')
    if context.password(user) != password:
        raise Refused('not-authorized')
    return user, b''


def anonymous(context):
    yield
    return 'guest-' + os.urandom(4).hex(), b''


def external(context):
    yield
    if not context.certificate_name:
        raise Refused('not-authorized')
    return context.certificate_name.partition('@')[0], b''


SIMPLE = {'PLAIN': plain, 'ANONYMOUS': anonymous, 'EXTERNAL': external}


def attributes(text):
    return dict(part.split('=', 1) for part in text.split(',') if '=' in part)


def scram(name, context):
    """RFC 5802, wrong in as many ways as the options ask for."""
    plus = name.endswith('-PLUS')
    kind = {'1': 'sha1', '256': 'sha256', '512': 'sha512'}[
        name.removesuffix('-PLUS').rpartition('-')[2]]
    first = (yield).decode('utf-8')
    flag, _, bare = first.split(',', 2)
    bound = bound_data(flag, plus, context)
    client = attributes(bare)
    user = client['n'].replace('=2C', ',').replace('=3D', '=')
    server_first = challenge(client['r'], kind, context)
    final = (yield on_wire(server_first)).decode('utf-8')
    if context.options.refuse:
        raise Refused(context.options.refuse)
    if context.options.iterations > 10_000_000:
        raise Refused('not-authorized')  # it would take minutes
    sent = attributes(server_first)
    answer = attributes(final)
    gs2 = first[:len(first) - len(bare)].encode()
    if base64.b64decode(answer['c']) != gs2 + bound:
        raise Refused('not-authorized')
    if answer['r'] != sent['r']:
        raise Refused('not-authorized')
    without_proof = final[:final.rindex(',p=')]
    signed = f'{bare},{server_first},{without_proof}'.encode()
    password = context.password(user) or os.urandom(9).hex()
    salted = hashlib.pbkdf2_hmac(kind, password.encode(),
                                 base64.b64decode(sent['s']), int(sent['i']))
    proof = base64.b64decode(answer['p'])
    if not proof_is_right(proof, salted, signed, kind):
        raise Refused('not-authorized')
    return user, signature(salted, signed, kind, context.options.sig)


def bound_data(flag, plus, context):
    """The channel binding data that the flag of the client asks for."""
    if not plus:
        offered = any(name.endswith('-PLUS') for name in context.offers)
        if flag not in ('n', 'y') or flag == 'y' and offered:
            raise Refused('not-authorized')  # RFC 5802, section 6
        return b''
    data = None
    if flag.startswith('p=') and flag[2:] in context.options.cb:
        data = context.binding(flag[2:])
    if data is None:
        raise Refused('not-authorized')
    return data


def on_wire(text):
    """Bytes are base64-encoded later on, a str ('raw:...') is not."""
    return text[4:] if text.startswith('raw:') else text.encode()


def challenge(nonce, kind, context):
    """The server's first message."""
    options = context.options
    if options.challenge is not None:
        return options.challenge.replace('@NONCE@', nonce + 'stub')
    nonce = ('x' * len(nonce) if options.nonce == 'wrong' else nonce)
    if options.nonce != 'same':
        nonce += os.urandom(9).hex()
    text = f'r={nonce},s={encode(os.urandom(12))},i={options.iterations}'
    if options.offer_hash:
        text += ',h=' + offer_hash(kind, context)
    if options.tls_proof:
        text += ',t=' + tls_version(context)
    return text


def offer_hash(kind, context):
    """XEP-0474, section 4.1."""
    text = '\x1e'.join(sorted(context.offers))
    kinds = context.options.cb + context.options.types
    if kinds:
        text += '\x1f' + '\x1e'.join(sorted(kinds))
    if context.options.offer_hash == 'wrong':
        text += 'x'
    return encode(hashlib.new(kind, text.encode()).digest())


def tls_version(context):
    """XEP-0515, section 4.1."""
    if context.options.tls_proof != 'right':
        return context.options.tls_proof
    return {'TLSv1.2': '0303', 'TLSv1.3': '0304'}[context.tls]


def proof_is_right(proof, salted, signed, kind):
    client_key = hmac.digest(salted, b'Client Key', kind)
    stored_key = hashlib.new(kind, client_key).digest()
    mask = hmac.digest(stored_key, signed, kind)
    if len(proof) != len(mask):
        return False
    key = bytes(a ^ b for a, b in zip(proof, mask))
    return hashlib.new(kind, key).digest() == stored_key


def signature(salted, signed, kind, mode):
    """The server's final message."""
    if mode == 'missing':
        return b''
    key = hmac.digest(salted, b'Server Key', kind)
    value = hmac.digest(key, signed, kind)
    if mode == 'wrong':
        value = bytes(len(value))
    if mode == 'error':
        return b'e=other-error'
    return b'v=' + encode(value).encode()
