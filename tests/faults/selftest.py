#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the judge says of records made up, as TAP: each violation is seen, and
nothing else is one."""

import sys

sys.dont_write_bytecode = True  # not into the source tree
import judge  # noqa: E402
from judge import Record  # noqa: E402


def record(number, ident='', origin='', delay=''):
    ident = ident or f'id{number}'
    origin = f"<origin-id xmlns='urn:xmpp:sid:0' id='{origin or ident}'/>"
    return Record(f"<message id='{ident}'><body>line {number} x</body>"
                  f'{origin}{delay}</message>')


def records(*numbers):
    return [record(number) for number in numbers]


def archived(number, ident):
    by = "xmlns='urn:xmpp:sid:0' by='juliet@capulet.lit'"
    return Record(f"<message id='id{number}' to='juliet@capulet.lit/x'>"
                  f'<body>line {number} x</body>'
                  "<stanza-id xmlns='urn:xmpp:sid:0' by='a@b.lit' id='no'/>"
                  f"<stanza-id {by} id='{ident}'/></message>")


STORED = "<delay xmlns='urn:xmpp:delay' from='capulet.lit' stamp='x'/>"
AGAIN = "<delay xmlns='urn:xmpp:delay' from='romeo@montague.lit' stamp='x'/>"
ANY = range(1, 100)
UNKNOWN = ('xsend: stdin:17: unknown outcome: 3 of 20 messages are not '
           'confirmed, from here on')
FULL = ('xsend: stdin:4: not queued: x: No space left on device\n'
        'xsend: message A: unknown outcome, and not queued\n'
        'xsend: stdin:7: neither sent nor queued, from here on')
BOUNCE = 'xsend: stdin:58: a@b.lit: message Aw-1: service-unavailable (gone)'

CASES = [
    ('all there', judge.missing(records(1, 2, 3), range(1, 4)), []),
    ('one lost', judge.missing(records(1, 3, 4), range(1, 8)),
     ['missing: 2, 5-7']),
    ('in order', judge.order(records(1, 2, 5)), []),
    ('an early one', judge.order(records(1, 3, 2)), ['order: 2 behind 3']),
    ('a double is not out of order', judge.order(records(1, 2, 1, 3)), []),
    ('live before stored, on ejabberd alone',
     judge.order_of('ejabberd', [record(2), record(1, delay=STORED)]) +
     judge.order_of('prosody', [record(2), record(1, delay=STORED)]),
     ['order: 1 behind 2']),
    ('sent again before', judge.order_of(
        'ejabberd', [record(2), record(1, delay=AGAIN)]),
     ['order: 1 behind 2']),
    ('a few late ones where a session was resumed, on ejabberd alone',
     judge.order_resumed('ejabberd', records(2, 1, 3), 1) +
     judge.order_resumed('prosody', records(2, 1, 3), 1),
     ['order: 1 behind 2']),
    ('many of them', judge.order_resumed(
        'ejabberd', records(50, *range(1, 22)), 1), ['order: 1-21 late']),
    ('none where none was', judge.order_resumed(
        'ejabberd', records(2, 1), 0), ['order: 1 late']),
    ('a double', judge.doubles(records(1, 2, 2), ()), ['double: 2']),
    ('a double that may be', judge.doubles(records(1, 2, 2), ANY), []),
    ('of other lines', judge.doubles(records(1, 2, 2), [1]), ['double: 2']),
    ('a double with another id',
     judge.doubles([record(1), record(1, 'new', 'id1')], ANY),
     ['double: 1 has another id']),
    ('with another origin-id',
     judge.doubles([record(1), record(1, 'id1', 'new')], ANY),
     ['double: 1 has another id']),
    ('changed', judge.intact(records(1), {1: 'line 1 y'}),
     ["changed: 'line 1 x'"]),
    ('as it was', judge.intact(records(1), {1: 'line 1 x'}), []),
    ('a status', judge.exit_status('xsend', 75, [0]),
     ['xsend: exit status 75']),
    ('a true one', judge.exit_status('xsend', 0, [0]), []),
    ('words', judge.quiet('xsend', 'xsend: no\n'), ['xsend says: xsend: no']),
    ('the first unknown line', judge.first_unconfirmed(UNKNOWN), 17),
    ('none', judge.first_unconfirmed(BOUNCE), None),
    ('the first unread line',
     judge.first_unread('xsend: stdin:9: not read, from here on'), 9),
    ('a refusal', judge.refused(BOUNCE + '\n' + UNKNOWN), {58}),
    ('the line that the cursor has',
     judge.number_of([archived(1, 'a'), archived(2, 'b')], 'b'), 2),
    ('one of another archive', judge.number_of([archived(1, 'a')], 'no'), 0),
    ('what may come again', judge.behind(records(1, 2, 3), 1), {2, 3}),
    ('each process once', judge.once([records(1, 2), records(2, 3)]), []),
    ('one process twice', judge.once([records(1), records(2, 2)]),
     ['double: 2']),
    ('the last ones again',
     judge.last_again(records(1, 2, 3), records(2, 3, 4)), []),
    ('earlier ones', judge.last_again(records(1, 2, 3), records(2, 4)),
     ['again: 2, of 1-3']),
    ('as the archive', judge.compared(records(1, 2), records(1, 2), []), []),
    ('less than that', judge.compared(records(1), records(1, 2), []),
     ['missing: 2']),
    ('more than that', judge.compared(records(1, 2, 3), records(1), [3]),
     ['not in the archive: 2']),
    ('all that is lost is told', judge.told([4, 5, 7, 8], 74, FULL), []),
    ('some of it is not', judge.told([4, 5, 6, 7], 74, FULL),
     ['not told: 5-6']),
    ('it is no failure', judge.told([4], 3, FULL),
     ['xsend: exit status 3']),
    ('nothing is lost', judge.told([], 3, ''), []),
    ('doubles counted', judge.count_doubles(records(1, 2, 2, 1)), 2),
]


def main():
    failed = 0
    print(f'1..{len(CASES)}')
    for number, (name, actual, expected) in enumerate(CASES, 1):
        word = 'ok' if actual == expected else 'not ok'
        failed += actual != expected
        print(f'{word} {number} {name}')
        if actual != expected:
            print(f'# expected {expected!r}\n# actual   {actual!r}')
    return failed


if __name__ == '__main__':
    raise SystemExit(main())
