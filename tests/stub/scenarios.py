"""The words of the command line: what the stub can be asked to do."""

import re
import types

# The moments at which a fault can happen, in their order. 'header', 'features'
# and 'auth' also as plain-, tls- and auth- (before TLS, over TLS, logged in).
PHASES = {
    'tcp': 'connected, nothing sent',
    'header': 'the first stream header is answered, no features yet',
    'plain-header': 'the same, without TLS',
    'tls-header': 'the same, over TLS, before the login',
    'auth-header': 'the same, after the login',
    'features': 'the first features are sent',
    'plain-features': 'the same, without TLS',
    'tls-features': 'the same, over TLS, before the login',
    'auth-features': 'the same, after the login',
    'starttls': '<starttls/> is there and not answered',
    'tls': 'before the TLS handshake, <proceed/> sent',
    'handshake': 'after the TLS handshake',
    'auth': '<auth/> is there and not answered',
    'response': "SCRAM's <response/> is there and not answered",
    'success': '<success/> is sent',
    'bind': 'the bind request is there and not answered',
    'bound': 'the bind request is answered',
    'enable': '<enable/> is there and not answered',
    'enabled': '<enable/> is answered',
    'ready': 'the first stanza after the login is there, not answered',
    'message': 'the first message is there, not acknowledged',
    'presence': 'the first presence is there',
    'r': 'the first <r/> is there and not answered',
    'ack': 'the first <r/> is answered',
    'end': "the client's </stream:stream> is there and not answered",
}

# Faults: what happens, and when unless at= says otherwise. A word with '=' in
# the usage takes a value.
FAULTS = {
    'silent': ('silent', 'ready'),
    'silent-tcp': ('silent', 'tcp'),
    'silent-header': ('silent', 'header'),
    'silent-features': ('silent', 'features'),
    'silent-starttls': ('silent', 'starttls'),
    'silent-tls': ('silent', 'tls'),
    'silent-auth': ('silent', 'auth'),
    'silent-bind': ('silent', 'bind'),
    'silent-end': ('silent', 'end'),
    'close': ('close', 'ready'),
    'close-after-tcp': ('close', 'tcp'),
    'close-after-header': ('close', 'header'),
    'close-in-tls': ('close', 'tls'),
    'close-in-auth': ('close', 'auth'),
    'close-in-bind': ('close', 'bind'),
    'close-after-first-message': ('close', 'message'),
    'close-half-stanza': ('half', 'ready'),
    'end-stream': ('end', 'ready'),
    'stream-error': ('error', 'ready'),
    'wait': ('wait', 'auth'),
    'send': ('file', 'ready'),
    'malformed': ('malformed', 'ready'),
    'doctype': ('doctype', 'ready'),
    'entity': ('entity', 'ready'),
    'comment': ('comment', 'ready'),
    'pi': ('pi', 'ready'),
    'cdata': ('cdata', 'ready'),
    'bad-utf8': ('bad-utf8', 'ready'),
    'nul': ('nul', 'ready'),
    'control': ('control', 'ready'),
    'prefix': ('prefix', 'ready'),
    'text': ('text', 'ready'),
    'big-stanza': ('big-stanza', 'ready'),
    'endless-stanza': ('endless-stanza', 'ready'),
    'trickle': ('trickle', 'ready'),
    'deep': ('deep', 'ready'),
    'many-children': ('many-children', 'ready'),
    'many-attributes': ('many-attributes', 'ready'),
    'long-name': ('long-name', 'ready'),
    'tls-junk': ('junk', 'tls'),
}
VALUED = {'stream-error', 'wait', 'send', 'trickle', 'big-stanza', 'deep',
          'many-children', 'many-attributes', 'long-name'}

# Other scenarios: keys under a name.
NAMED = {
    'ok': {},
    'silent-ack': {'ack': 'never'},
    'ack-too-much': {'ack': 'too-much'},
    'ack-backwards': {'ack': 'backwards'},
    'ack-junk': {'ack': 'junk'},
    'ack-missing': {'ack': 'missing'},
    'no-tls': {'tls': 'none'},
    'plain-before-tls': {'tls': 'optional', 'mechs': ['PLAIN']},
    'inject-after-proceed': {'inject': '<stream:features/>'},
    'starttls-failure': {'starttls': 'failure'},
    'bad-success': {'sig': 'wrong'},
    'success-before-challenge': {'success': 'early'},
    'bad-nonce': {'nonce': 'wrong'},
    'not-authorized': {'refuse': 'not-authorized'},
    'no-sm': {'sm': 'no'},
    'sm-failed': {'sm': 'failed'},
    'bounce': {'bounce': ['all']},
    'ping-no-answer': {'ping': 'silent', 'peer': 'silent'},
    'ping-error': {'ping': 'error'},
    'features-wrong': {'features': 'empty'},
    'close-after-deliver': {'after_deliver': 'close'},
}


def words(text):
    return [word for word in text.split(',') if word]


def one_of(*values):
    def check(text):
        if text not in values:
            raise ValueError('one of ' + ', '.join(values))
        return text
    return check


def script(path):
    """Lines of a pattern and stanzas, a TAB between them."""
    with open(path, encoding='utf-8') as lines:
        parts = [line.rstrip('\n').split('\t') for line in lines]
    return [(re.compile(part[0]), part[1:]) for part in parts]


def milliseconds(text):
    return float(text) / 1000


YES = one_of('yes', 'no')

# key: (default, parser)
KEYS = {
    'tls': ('starttls', one_of('starttls', 'direct', 'none', 'optional')),
    'tls-version': ('', one_of('1.0', '1.1', '1.2', '1.3')),
    'alpn': ('yes', one_of('yes', 'no')),
    'cert': ('good', str),
    'certs': ('', str),
    'client-cert': ('no', one_of('no', 'ask', 'need')),
    'inject': ('', str),
    'starttls': ('proceed', one_of('proceed', 'failure')),
    'header': ('right', one_of('right', 'http', 'no-version', 'no-id',
                               'wrong-namespace', 'wrong-from', 'twice')),
    'features': ('right', one_of('right', 'empty', 'wrong-namespace', 'text',
                                 'no-bind', 'missing', 'nested', 'twice')),
    'pipelining': ('no', YES),
    'session': ('optional', one_of('optional', 'required', 'no')),
    'mechs': (['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'],
              words),
    'cb': ([], words),
    'types': ([], words),
    'hide': ([], words),
    'tls-proof': ('', str),
    'upgrade': ([], words),
    'task': ([], words),
    'task-proof': ('yes', YES),
    'task-salt': (None, str),
    'task-iterations': (4096, int),
    'sasl2': ('no', one_of('no', 'yes', 'only')),
    'fast': ('no', one_of('no', 'yes', 'new', 'refuse', 'forged')),
    'token': ('', str),
    'expiry': ('2099-01-01T00:00:00Z', str),
    'inline-sm': ('no', YES),
    'early': ('take', one_of('take', 'refuse', 'bind-error', 'drop')),
    'password': ('rosaline', str),
    'iterations': (4096, int),
    'sig': ('right', one_of('right', 'wrong', 'missing', 'error')),
    'nonce': ('right', one_of('right', 'wrong', 'same')),
    'challenge': (None, str),
    'offer-hash': ('', one_of('right', 'wrong')),
    'success': ('right', one_of('right', 'early')),
    'auth-condition': (None, str),
    'refuse': (None, str),
    'failure-text': (None, str),
    'resource': (None, str),
    'bind-error': (None, str),
    'bind-jid': (None, str),
    'bind-id': (None, str),
    'bind-from': (None, str),
    'sm': ('yes', one_of('yes', 'no', 'failed', 'silent')),
    'keep-answers': ('no', one_of('no', 'yes')),
    'sm-id': (None, str),
    'location': (None, str),
    'failed-h': (None, str),
    'resumed': (None, str),
    'previd': (None, str),
    'deaf': ('no', YES),
    'ack': ('right', one_of('right', 'never', 'each', 'too-much', 'backwards',
                            'junk', 'missing', 'negative', 'huge',
                            'behind')),
    'ack-delay': (0, milliseconds),
    'ask': ('end', one_of('end', 'each', 'no')),
    'limit': (0, int),
    'enforce': (0, int),
    'drop-after': (0, int),
    'bounce': ([], words),
    'cond': ('service-unavailable', str),
    'bounce-text': ('not here', str),
    'bounce-id': (None, str),
    'bounce-delay': (0, milliseconds),
    'after': ('arrival', one_of('arrival', 'ack', 'ping')),
    'ping': ('answer', one_of('answer', 'error', 'silent')),
    'peer': ('error', one_of('answer', 'error', 'silent')),
    'ping-delay': (0, milliseconds),
    'contact': ([], words),
    'disco': ([], words),
    'rosterver': ('no', YES),
    'answers': ([], script),
    'echo': ('yes', YES),
    'deliver': (0, int),
    'deliver-on': ('presence', one_of('presence', 'bound', 'enabled')),
    'deliver-type': ('chat', str),
    'deliver-gap': (0, milliseconds),
    'after-deliver': ('stay', one_of('stay', 'close', 'end', 'reset')),
    'body': ('line', str),
    'body-bytes': (0, int),
    'stamp': ('no', str),
    'keep': ('no', YES),
    'iq': ([], words),
    'from': ('juliet@capulet.lit/balcony', str),
    'domain': ([], words),
    'how': ('fin', one_of('fin', 'cut', 'reset')),
    'error-text': (None, str),
    'host': ('127.0.0.1:1', str),
    'slow': (None, milliseconds),
    'times': (0, int),
    'life': (600, float),
}


class Options(types.SimpleNamespace):
    """The keys, '-' as '_', and faults: phase -> list of (action, value)."""


def parse(arguments):
    """Options from words; ValueError says what is wrong with them."""
    options = Options(faults={}, at=None)
    for key, (default, _) in KEYS.items():
        setattr(options, attribute(key), default)
    faults = []
    for word in arguments:
        parse_word(word, options, faults)
    for action, phase, value in faults:
        options.faults.setdefault(options.at or phase, []).append(
            (action, value))
    options.users = {'romeo': options.password, 'juliet': 'wherefore'}
    options.domains = {'montague.lit', 'capulet.lit', *options.domain}
    return options


def parse_word(word, options, faults):
    name, equals, value = word.partition('=')
    if name in FAULTS and bool(equals) == (name in VALUED):
        faults.append((*FAULTS[name], value))
    elif name in NAMED and not equals:
        for key, setting in NAMED[name].items():
            setattr(options, key, setting)
    elif name == 'at' and equals:
        options.at = one_of(*PHASES)(value)
    elif name in KEYS and equals:
        try:
            setattr(options, attribute(name), KEYS[name][1](value))
        except ValueError as wrong:
            raise ValueError(f'{word}: {wrong}')
    else:
        raise ValueError(f"unknown scenario or key '{word}'")


def attribute(key):
    return 'from_' if key == 'from' else key.replace('-', '_')
