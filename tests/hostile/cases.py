"""Servers that lie, break off or flood, and what our programs say to it.

A row: words of the stub (../stub/README; '@/' is the row's folder), status,
stderr, and the rest by name. stderr is all of it, the stub's address as '@' and
without the program's name, or an expression that is found in it."""

import re
from dataclasses import dataclass, field

SEND = 'xsend -m hi --bounce-wait 0 juliet@capulet.lit'


@dataclass
class Row:
    stub: str
    status: int
    err: object
    run: str = SEND
    out: object = ''
    log: dict = field(default_factory=dict)  # expression: how often
    files: dict = field(default_factory=dict)  # beside it
    stdin: str = ''
    password: str = 'rosaline'


ATTEMPT = r' c\d+ auth '
CONNECTION = r' connected '


def each(status, text, rows, words='', **more):
    """A row for each 'WORDS|REST', where text has % for the rest."""
    return [Row(f'{word} {words}'.strip(), status, text.replace('%', rest),
                **more)
            for word, rest in (row.split('|', 1) for row in rows)]


# --- who logs in ----------------------------------------------------------

REFUSED = '@: romeo@montague.lit: login refused: '
LOGIN = [
    Row('ok', 77, '@: the password has a character that RFC 4013 does not '
        'allow', password='\u0627x', log={ATTEMPT: 0}),
    # One attempt, whatever else is offered.
    Row('ok cb=tls-exporter', 77, REFUSED + 'not-authorized',
        password='wrong', log={ATTEMPT: 1, CONNECTION: 1}),
    *(Row(f'refuse={name}', status, REFUSED + name, log={ATTEMPT: 1})
      for name, status in (('account-disabled', 77),
                           ('credentials-expired', 77),
                           ('not-authorized', 77),
                           ('temporary-auth-failure', 75),
                           ('malformed-request', 76))),
    Row('auth-condition=account-disabled failure-text=unpaid', 77,
        REFUSED + 'account-disabled (unpaid)'),
    Row('auth-condition=made-up', 77, REFUSED + 'made-up'),
    *(Row(f'mechs={names}', 69,
          f'@: no usable way to log in; the server offers: {said}',
          log={ATTEMPT: 0})
      for names, said in (('X-RIDDLE,DIGEST-MD5', 'DIGEST-MD5 X-RIDDLE'),
                          ('EXTERNAL', 'EXTERNAL'),
                          ('ANONYMOUS', 'ANONYMOUS'))),
    Row('mechs=', 69, '@: the server offers no way to log in'),
    Row('no-tls mechs=PLAIN', 69, '@: no usable way to log in; the server '
        'offers: PLAIN (PLAIN is used over verified TLS only)',
        run=SEND + ' --tls none', log={ATTEMPT: 0}),
    # Offered before TLS and after it: TLS comes first.
    Row('plain-before-tls', 0, '', log={
        ATTEMPT: 1, r'(?s) c1 auth .* c1 tls ': 0}),
    # Channel binding: what the server names, else none; older TLS, too.
    *(Row(words, 0, re.compile(
        f'logging in by SCRAM-SHA-512-PLUS, bound by {kind}\n'),
        run=SEND + ' -vv')
      for words, kind in (
          ('cb=tls-server-end-point', 'tls-server-end-point'),
          ('cb=tls-exporter,tls-server-end-point', 'tls-exporter'),
          ('cb=tls-exporter tls-version=1.2', 'tls-exporter'),
          ('cb=tls-server-end-point tls-version=1.2', 'tls-server-end-point'),
          ('cb=tls-unique,tls-server-end-point tls-version=1.2',
           'tls-unique'))),
    # The resource: the one asked for, or the server's.
    Row('ok', 0, re.compile('online as romeo@montague.lit/orchard at '),
        run=SEND + ' -v -u romeo@montague.lit/orchard',
        log={' bound romeo@montague.lit/orchard\n': 1}),
    Row('resource=tomb', 0, re.compile('online as romeo@montague.lit/tomb at '),
        run=SEND + ' -v -u romeo@montague.lit/orchard'),
]

# --- SASL -----------------------------------------------------------------

NONCE = "SCRAM: the server's nonce does not extend ours"
ITERATIONS = 'SCRAM: the server asks for % iterations, allowed are 4096 to ' \
    '1000000'
NO_PROOF = {' recv response ': 0, ' bound ': 0}


def scram(words):
    """What a server says that does not know the password, or wants what it
    may not."""
    return [
        Row(f'bad-success {words}', 76, "@: SCRAM: the server's signature is "
            'wrong: it does not know the password', log={' bound ': 0}),
        Row(f'sig=missing {words}', 76,
            "@: SCRAM: the server's signature is missing", log={' bound ': 0}),
        Row(f'sig=error {words}', 77, '@: SCRAM: other-error'),
        Row(f'success-before-challenge {words}', 76,
            '@: SCRAM: the server ended the exchange too early',
            log={' bound ': 0, ' recv response ': 0}),
        *each(76, '@: ' + NONCE, ('bad-nonce|', 'nonce=same|'), words,
              log=NO_PROOF),
        *each(76, '@: ' + ITERATIONS,
              (f'iterations={n}|{n}' for n in (
                  -4096, 0, 1, 1000, 4095, 1000001, 1000000000)),
              words, log=NO_PROOF),
        *each(76, '@: %', (
            "challenge=raw:@@@@|the server's <challenge/> is not base64",
            'challenge=m=x,r=y,s=QSXCR,i=4096|SCRAM: the server demands an '
            'unknown extension',
            "challenge=hello|SCRAM: the server's first message is malformed",
            "challenge=|SCRAM: the server's first message is malformed",
            "challenge=r=@NONCE@,s=QSXCRQ==|SCRAM: the server's first message "
            'is malformed',
            "challenge=r=@NONCE@,s=,i=4096|SCRAM: the server's salt is "
            'malformed',
            "challenge=r=@NONCE@,s=@@,i=4096|SCRAM: the server's salt is "
            'malformed',
            f'challenge=r=@NONCE@,s={"QSXC" * 20000},i=4096|'
            "the server's SASL data is over 16384 bytes",
        ), words, log=NO_PROOF),
        *each(76, '@: ' + ITERATIONS,
              (f'challenge=r=@NONCE@,s=QSXCRQ==,i={n}|{n}' for n in (
                  '', '4096x', '99999999999999999999')),
              words, log=NO_PROOF),
    ]


def sends(text, at, words='', name='xml'):
    """Words of a stub that sends this at that moment."""
    return {'stub': f'send=@/{name} at={at} {words}'.strip(),
            'files': {name: text}}


SASL_NS = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
SASL2_NS = "xmlns='urn:xmpp:sasl:2'"
ANSWER = ' waiting for the server to answer the login'
SASL = [
    *scram('sasl2=no'),
    *scram('sasl2=only'),
    Row('iterations=4096', 0, ''),
    Row('sasl2=only auth-condition=account-disabled failure-text=unpaid', 77,
        REFUSED + 'account-disabled (unpaid)'),
    Row('sasl2=only refuse=temporary-auth-failure', 75,
        REFUSED + 'temporary-auth-failure'),
    Row('sasl2=only mechs=X-RIDDLE', 69,
        '@: no usable way to log in; the server offers: X-RIDDLE'),
    # More than a password: what it is.
    Row(**sends(f"<continue {SASL2_NS}><additional-data>eA=="
                '</additional-data><tasks><task>HOTP-EXAMPLE</task></tasks>'
                '</continue>', 'auth', 'sasl2=only'), status=77,
        err='@: romeo@montague.lit: the server wants more than a login: '
        'HOTP-EXAMPLE'),
    # PLAIN proves nothing, but what is not expected ends it.
    Row(**sends(f'<challenge {SASL_NS}>cj0=</challenge>', 'auth',
                'mechs=PLAIN'), status=76,
        err='@: PLAIN: unexpected challenge'),
    # Twice: the second is none of the new stream's.
    Row(**sends(f'<success {SASL_NS}>dj0=</success>', 'auth',
                'mechs=PLAIN'), status=76, err='@: the server speaks no XMPP: '
        'its first element is <success/>'),
    # That of the other profile.
    Row(**sends(f'<success {SASL2_NS}/>', 'auth'), status=76,
        err='@: unexpected <success/>' + ANSWER),
    Row(**sends(f'<challenge {SASL_NS}/>', 'response'), status=76,
        err="@: SCRAM: the server's signature is missing"),
    Row(**sends(f'<success {SASL_NS}/>', 'tls-features'), status=76,
        err='@: SCRAM: the server ended the exchange too early'),
    Row(**sends(f'<failure {SASL_NS}/>', 'auth'), status=77,
        err=REFUSED + 'undefined-condition'),
    Row(**sends(f'<whatever {SASL_NS}/>', 'auth'), status=76,
        err='@: unexpected <whatever/>' + ANSWER),
]

# --- the order of things --------------------------------------------------

SM = "xmlns='urn:xmpp:sm:3'"
TLS_NS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
BIND_NS = "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
BOUND = (f"<iq type='result' id='bind'><bind {BIND_NS}><jid>"
         'romeo@montague.lit/x</jid></bind></iq>')
ORDER = [
    Row('bind-error=conflict', 75,
        '@: romeo@montague.lit: bind refused: conflict'),
    Row('bind-error=resource-constraint', 75,
        '@: romeo@montague.lit: bind refused: resource-constraint'),
    Row('bind-error=bad-request', 76,
        '@: romeo@montague.lit: bind refused: bad-request'),
    *each(76, '@: %', (
        'bind-jid=|the server bound no resource',
        'bind-jid=romeo@montague.lit|the server bound no resource',
        "bind-jid=/x|'/x' has an empty domain",
        "bind-jid=@x/|'@x/' has an empty localpart",
        "bind-jid=romeo@montague.lit/\u009b2J|'romeo@montague.lit/\\xc2\\x9b2J"
        "' has a character that a resource must not have",
        'features=no-bind|the server does not offer to bind a resource')),
    Row('bind-id=other', 76,
        '@: the server answered the bind with another stanza'),
    # Who we are is for the server to say (RFC 6120 7.6.1), and nobody else
    # reaches a client that has no address.
    Row('bind-from=juliet@capulet.lit', 0, ''),
    Row('bind-jid=juliet@capulet.lit/x', 0, ''),
    Row('features=nested', 69, '@: the server offers no TLS'),
    Row('features=nested no-tls', 69, '@: the server offers no way to log in',
        run=SEND + ' --tls none'),
    Row('features=twice', 76,
        '@: unexpected <features/> waiting for the server to start TLS'),
    Row('features=twice no-tls', 76, '@: unexpected <features/>' + ANSWER,
        run=SEND + ' --tls none'),
    # What has not been asked for.
    Row(**sends(f'<proceed {TLS_NS}/>', 'plain-header'), status=76,
        err="@: unexpected <proceed/> waiting for the server's stream "
        'features'),
    Row(**sends(f'<proceed {TLS_NS}/>', 'tls-features'), status=76,
        err='@: unexpected <proceed/>' + ANSWER),
    Row(**sends(BOUND, 'tls-features'), status=76,
        err='@: unexpected <iq/>' + ANSWER),
    Row(**sends(f"<resumed {SM} h='0' previd='x'/>", 'bind'), status=76,
        err='@: unexpected <resumed/> waiting for the server to bind a '
        'resource'),
    Row(**sends(f"<enabled {SM} id='x' resume='true'/>", 'bind'), status=76,
        err='@: unexpected <enabled/> waiting for the server to bind a '
        'resource'),
    Row(**sends(f"<enabled {SM} id='x' resume='true'/>" * 3, 'ready'),
        status=0, err=''),
    Row(**sends(f"<resumed {SM} h='1' previd='x'/>", 'ready'), status=0,
        err=''),
    Row(**sends("<stream:features xmlns:stream='http://etherx.jabber.org/"
                "streams'/>", 'ready'), status=0, err=''),
    # The proof that a stanza has arrived is the server's, and is not there.
    Row(**sends(f"<failed {SM}/>", 'ready', 'silent-ack ping=silent'),
        status=124, err='timed out (-W)\n-m: unknown outcome: 1 of 1 message '
        'is not confirmed, from here on', run=SEND + ' -W 3'),
    # STARTTLS refused, injected into, answered with junk.
    Row('starttls-failure', 69, '@: the server refused STARTTLS'),
    *(Row(words, 76, '@: bytes in clear after <proceed/>: somebody in between '
          'tampers with the connection',
          log={ATTEMPT: 0, ' c1 tls ': 0})
      for words in ('inject-after-proceed', "'inject= '")),
    # Which of the two it is depends on how the bytes arrive.
    Row('tls-junk', 76, re.compile(r': (montague.lit: does not speak TLS here|'
                                   'bytes in clear after <proceed/>: .*)$')),
]

# --- features, headers, XML -----------------------------------------------

NOT_XMPP = '@: the server sent what is not XMPP: '
XML = [
    Row('features=empty', 69, '@: the server offers no TLS'),
    Row('features=wrong-namespace', 76, '@: unexpected <features/> waiting '
        "for the server's stream features"),
    Row('features=text', 76, NOT_XMPP + 'text outside of an element'),
    Row('header=no-version', 76, '@: the server does not speak XMPP 1.0'),
    Row('header=wrong-namespace', 76, '@: the server speaks no XMPP: its first '
        'element is <stream/>'),
    Row('header=twice', 76, NOT_XMPP + 'XML or text declaration not at start '
        'of entity'),
    # No id: odd, but harmless over verified TLS.
    Row('header=no-id', 0, ''),
    Row('header=http', 76, NOT_XMPP + 'not well-formed (invalid token)'),
    Row(**sends(bytes(4096), 'tcp'), status=76,
        err=NOT_XMPP + 'not well-formed (invalid token)'),
    Row(**sends('<html><body>', 'tcp'), status=76,
        err='@: the server speaks no XMPP: its first element is <html/>'),
    Row(**sends('<!DOCTYPE html><html>', 'tcp'), status=76,
        err=NOT_XMPP + 'a DOCTYPE is not allowed'),
    Row(**sends('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'tcp'), status=76,
        err=NOT_XMPP + 'syntax error'),
    # In clear and over TLS.
    *(row for phase in ('plain-header', 'tls-features', 'bind')
      for row in each(76, NOT_XMPP + '%', (
          'malformed|mismatched tag',
          'doctype|a DOCTYPE or declaration is not allowed',
          'comment|a comment is not allowed',
          'pi|a processing instruction is not allowed',
          'bad-utf8|not well-formed (invalid token)',
          'nul|not well-formed (invalid token)',
          'control|reference to invalid character number',
          'entity|undefined entity',
          'prefix|unbound prefix'), f'at={phase}')),
    *each(76, '@: unexpected <message/> waiting for the server to %', (
        'at=features|start TLS', 'at=tls-features|answer the login'), 'cdata'),
]

FLOODS = ('big-stanza=10000000|1048576 bytes',
          'big-stanza=1048577|1048576 bytes',
          'endless-stanza|1048576 bytes',
          'deep=61|60 elements within each other',
          'deep=10000|60 elements within each other',
          'many-attributes=1001|1000 attributes in one element',
          'many-attributes=1000000|1000 attributes in one element',
          'long-name=2000000|1048576 bytes')
# This one takes two seconds of a processor.
CHILDREN = 'many-children=20100|20000 elements'
FLOOD = [
    *each(76, NOT_XMPP + 'more than %', (CHILDREN,), 'at=tls-features'),
    *(row for phase in ('plain-header', 'tls-features')
      for row in each(76, NOT_XMPP + 'more than %', FLOODS, f'at={phase}')),
]

# --- errors, silence, the end ---------------------------------------------

ENDED = '@: the server ended the stream: '
WAITS = (
    ('silent-tcp', "waiting for the server's stream header"),
    ('silent-header', "waiting for the server's stream features"),
    ('silent-starttls', 'waiting for the server to start TLS'),
    ('silent-tls', 'in the TLS handshake'),
    ('silent-auth', 'waiting for the server to answer the login'),
    ('silent-bind', 'waiting for the server to bind a resource'))
GONE = (
    ('close-after-header', "waiting for the server's stream features"),
    ('close-in-tls', 'in the TLS handshake'),
    ('close-in-auth', 'waiting for the server to answer the login'),
    ('close-in-bind', 'waiting for the server to bind a resource'))
LEFT = r'^@: %s: (connection lost: )?(montague\.lit: )?(the server closed ' \
    r'the connection|Connection reset by peer|Broken pipe)$'
LOGIN_PHASES = ('tcp', 'plain-header', 'plain-features', 'starttls',
                'tls-header', 'tls-features', 'auth', 'response',
                'auth-header', 'auth-features', 'bind')
END = [
    *(Row("stream-error=system-shutdown 'error-text=see you' "
          f'at={phase}', 75, ENDED + 'system-shutdown (see you)')
      for phase in LOGIN_PHASES[1:]),
    *(Row(f'stream-error={name} at=tls-features', status, ENDED + name)
      for name, status in (('host-unknown', 69), ('conflict', 75),
                           ('policy-violation', 76))),
    # Said over TLS it is followed: the stub names a port where nobody listens.
    Row('stream-error=see-other-host at=tls-features', 75,
        '127.0.0.1:1: Connection refused'),
    # Nothing said before TLS is acted on (RFC 6120 5.4.2.1, 4.9.3.19).
    Row('stream-error=see-other-host at=plain-features host=127.0.0.1:9', 75,
        ENDED + 'see-other-host', log={CONNECTION: 1}),
    *(Row(f'stream-error=see-other-host host=self at={phase}', 75,
          ENDED + 'see-other-host',
          log={CONNECTION: 6})
      for phase in ('tls-features', 'auth', 'bind')),
    *(Row(word, 75, f'@: timed out {phase}', run=SEND + ' --connect-timeout 6')
      for word, phase in WAITS),
    # A byte a second.
    Row('slow=1000', 75, re.compile('^@: timed out '),
        run=SEND + ' --connect-timeout 6'),
    *(Row(f'{word} how={how}', 75, re.compile(LEFT % phase))
      for how in ('fin', 'reset') for word, phase in GONE),
    Row('close-after-tcp', 75, "@: waiting for the server's stream header: "
        'the server closed the connection'),
    Row('end-stream at=tls-features', 75, '@: waiting for the server to answer '
        'the login: the server ended the stream'),
    Row('close-half-stanza at=tls-features', 75, '@: waiting for the server to '
        'answer the login: the server closed the connection'),
]

# --- once logged in -------------------------------------------------------

LOST = '\n-m: unknown outcome: 1 of 1 message is not confirmed, from here on'
RECV = 'xrecv -o text'
IQ = 'xiq -W 60 capulet.lit'
ASKED = "<x xmlns='urn:x'/>"
UNANSWERED = ('\nrecord 1: capulet.lit: unknown outcome: the session ended '
              'before the answer')
JULIET = 'juliet@capulet.lit/balcony'


def online(status, text, rows, words=''):
    """Of those that send, receive and ask."""
    return (each(status, text + LOST, rows, f'{words} at=message')
            + each(status, text, rows, f'{words} at=presence',
                   run=RECV + ' --no-reconnect')
            + each(status, text + UNANSWERED, rows, f'{words} at=ready',
                   run=IQ, stdin=ASKED))


ONLINE = [
    *online(76, 'the server sent what is not XMPP: more than %', FLOODS),
    *each(76, 'the server sent what is not XMPP: more than %', (CHILDREN,),
          'at=presence', run=RECV),
    *online(76, 'the server sent what is not XMPP: %', (
        'malformed|mismatched tag',
        'doctype|a DOCTYPE or declaration is not allowed',
        'comment|a comment is not allowed',
        'pi|a processing instruction is not allowed',
        'bad-utf8|not well-formed (invalid token)',
        'nul|not well-formed (invalid token)',
        'control|reference to invalid character number',
        'entity|undefined entity',
        'prefix|unbound prefix',
        'text|text outside of an element')),
    *online(75, 'the server ended the stream: %', (
        'stream-error=system-shutdown|system-shutdown',)),
    *online(76, 'the server ended the stream: %', (
        'stream-error=policy-violation|policy-violation',)),
    # A byte a second, without an end.
    Row('trickle=1000 at=message', 124, 'timed out (-W)' + LOST,
        run=SEND + ' -W 4'),
    Row('trickle=1000 at=presence', 124, 'timed out (-W) after 0 of 1 '
        'record', run=RECV + ' -c 1 -W 4'),
    Row('trickle=1000', 124, 'timed out (-W)' + UNANSWERED,
        run='xiq -W 4 capulet.lit', stdin=ASKED),
]

# --- acknowledgements -----------------------------------------------------

NO_NUMBER = 'the server sent an acknowledgement without a number' + LOST
AGAIN = SEND + ' --retry 60'
BREAK = 'close at=r how=reset times=1 sm-id=x '
H = [
    Row('ack-too-much', 76, 'the server acknowledges more than was sent '
        '(h=2 of 1)' + LOST),
    Row('ack=huge', 76, NO_NUMBER),
    *(Row(lie, 76, NO_NUMBER)
      for lie in ('ack-junk', 'ack-missing', 'ack=negative')),
    Row(**sends(f"<a {SM} h='4294967295'/>", 'message'), status=76,
        err='the server takes back an acknowledgement (h=4294967295 after 0)'
        + LOST),
    Row(**sends(f"<a {SM} h=' 1'/>", 'message'), status=76, err=NO_NUMBER),
    Row(**sends(f"<a {SM} h='1x'/>", 'message'), status=76, err=NO_NUMBER),
    Row(**sends(f"<a {SM} h='0'/>" * 1000, 'message'), status=0, err=''),
    Row(**sends(f"<r {SM}/>" * 1000, 'message'), status=0, err=''),
    # A receiver has sent its presence alone.
    Row(**sends(f"<a {SM} h='7'/>", 'presence'), status=76,
        err='the server acknowledges more than was sent (h=7 of 2)', run=RECV),
    Row(**sends(f"<a {SM}/>", 'presence'), status=76,
        err=NO_NUMBER.removesuffix(LOST), run=RECV),
    # Of a stream that is resumed, and of one that is not.
    Row(BREAK + 'resumed=1', 0, '', run=AGAIN),
    Row(BREAK + 'resumed=0', 0, '', run=AGAIN),
    *each(76, '@: %' + LOST, (
        'resumed=2|the server acknowledges more than was sent (h=2 of 1)',
        'resumed=4294967295|the server takes back an acknowledgement '
        '(h=4294967295 after 0)',
        'resumed=many|the server sent an acknowledgement without a number',
        'resumed=1 previd=y|the server resumed another stream',
        'failed-h=2|the server acknowledges more than was sent (h=2 of 1)',
        'failed-h=many|the server sent an acknowledgement without a number'),
        BREAK, run=AGAIN),
]

# --- what others write ----------------------------------------------------

CSI = '\u009b31m'
ODD = "&#x9b;31m&#x7f;&#9;&#10;&#13;\u202e\ufeff\u2028"


def message(body, sender=JULIET, more=''):
    return (f"<message from='{sender}' type='chat' to='romeo@montague.lit'>"
            f'<body>{body}</body>{more}</message>')


# What of it is printed: in text, and in JSON.
SHOWN = '\\xc2\\x9b31m\\x7f\\t\\n\\r\u202e\ufeff\u2028'
JSON = SHOWN.replace('\\xc2\\x9b', '\\u009b').replace('\\x7f', '\\u007f')


def receives(stanzas, run, out, err='', status=0):
    return Row(**sends(stanzas, 'presence'), run=run, status=status, err=err,
               out=out + '\n')


def record(sender, body):
    return ('{"kind":"message","from":"%s","to":"romeo@montague.lit",'
            '"type":"chat","lang":"en","body":"%s"}' % (sender, body))


def answers(pattern, stanza):
    return {'stub': 'answers=@/xml', 'files': {'xml': f'{pattern}\t{stanza}\n'}}


CONDITION = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"
ITEMS = 'http://jabber.org/protocol/disco#items'
ONE = ' -c 1'
TEXT = [
    receives(message(ODD), RECV + ONE, f'{JULIET}\t{SHOWN}'),
    receives(message(ODD), 'xrecv -j' + ONE, record(JULIET, JSON)),
    receives(message(ODD), 'xrecv -F %b' + ONE, SHOWN),
    # Addresses are printed as they came: to answer one that is none fails.
    *(receives(message('hi', before + ODD + after), RECV + ONE,
               f'{before}{SHOWN}{after}\thi')
      for before, after in (('juliet@capulet.lit/', ''), ('', '@capulet.lit'),
                            ('x@', '.lit'))),
    receives(message('hi', f'x@y/{ODD}'), 'xrecv -j' + ONE,
             record(f'x@y/{JSON}', 'hi')),
    *(receives(message('hi', sender), RECV + ONE, f'{sender}\thi')
      for sender in ('', '@@', 'x' * 5000)),
    Row(f"bounce 'bounce-text=two\nlines{CSI}'", 1, 'juliet@capulet.lit: '
        'message i: service-unavailable (two\\x0alines\\xc2\\x9b31m)',
        run='xsend --id i -m hi juliet@capulet.lit'),
    Row(f"stream-error=conflict 'error-text=two\nlines{CSI}' at=message", 75,
        'the server ended the stream: conflict (two\\x0alines\\xc2\\x9b31m)'
        + LOST),
    Row(f"stream-error=see-other-host 'host={CSI}' at=auth", 68,
        '\\xc2\\x9b31m: no such domain'),
    # What is no name is none that is offered.
    Row(f'mechs=X{CSI}', 69, '@: the server offers no way to log in'),
    Row(**answers(
        'disco#items', f"<iq type='result' id='@ID@' from='@TO@'><query "
        f"xmlns='{ITEMS}'><item jid='a.capulet.lit' name='{ODD}'/><item "
        f"jid='{ODD}' name='x'/><item jid='c.capulet.lit' node='{ODD}'/>"
        '</query></iq>'), status=0, err='', out=(
            f'capulet.lit\t\titem\ta.capulet.lit\t\t{SHOWN}\n'
            f'capulet.lit\t\titem\t{SHOWN}\t\tx\n'
            f'capulet.lit\t\titem\tc.capulet.lit\t{SHOWN}\t\n'),
        run='xdisco -W 60 --items capulet.lit'),
    Row(**answers(
        'urn:x', "<iq type='error' id='@ID@' from='@TO@'><error type='cancel'>"
        f"<item-not-found {CONDITION}/><text {CONDITION}>{ODD}</text></error>"
        '</iq>'), status=1, err='record 1: capulet.lit: item-not-found ('
        + SHOWN.replace('\\t\\n\\r', '\\x09\\x0a\\x0d') + ')',
        out=re.compile('>&#155;31m&#127;\t&#10;&#13;\u202e\ufeff\u2028</text>'),
        run=IQ, stdin=ASKED),
]

TABLES = {'login': LOGIN, 'sasl': SASL, 'order': ORDER, 'xml': XML,
          'flood': FLOOD, 'end': END, 'online': ONLINE, 'h': H, 'text': TEXT}
