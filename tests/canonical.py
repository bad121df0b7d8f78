#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Records in a form in which equal ones are equal text, made without any code
of couplet's: what tests/roundtrip.bats compares.

usage: canonical.py files FILE...    each file's stanza
       canonical.py tight FILE...    each as XML without the white space between
                                     elements, a prefix for every namespace
       canonical.py lines            stdin: one stanza a line
       canonical.py json             stdin: one JSON object a line, checked,
                                     and written anew in another spelling
       canonical.py fields FILE...   the chief fields of each file's stanza, as
                                     couplet-stanza(5) has them
       canonical.py picked           stdin: the same fields of objects of JSON
       canonical.py generate N       N stanzas, one a line, always the same ones
       canonical.py ids              stdin: one stanza a line; 0 if their ids are
                                     1, 2 and so on, and how many there are
"""

import json
import sys
import xml.etree.ElementTree as ET

CLIENT = 'jabber:client'
DELAY = '{urn:xmpp:delay}delay'
ERRORS = '{urn:ietf:params:xml:ns:xmpp-stanzas}'
XML_LANG = '{http://www.w3.org/XML/1998/namespace}lang'


def wrap(text):
    """A record says jabber:client only where it is not that already."""
    return f"<stream xmlns='{CLIENT}'>{text}</stream>"


def canonical(text):
    """C14N 2.0 with prefixes by number, on one line."""
    line = ET.canonicalize(wrap(text), rewrite_prefixes=True)
    return line.replace('\n', '&#xA;')


def read(path):
    # newline='': a parser, and not open(), is to normalise line ends
    with open(path, encoding='utf-8', newline='') as file:
        return file.read().removesuffix('\n')


def tighten(element):
    blank = ' \t\r\n'
    if len(element):
        if not (element.text or '').strip(blank):
            element.text = None
        for child in element:
            if not (child.tail or '').strip(blank):
                child.tail = None
            tighten(child)


def tight(text):
    root = ET.fromstring(wrap(text))
    tighten(root)
    line = ET.tostring(root[0], encoding='unicode')
    return line.replace('\r', '&#13;').replace('\n', '&#10;')


def no_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f'a key twice: {pairs}')
    return found


def no_constant(name):
    raise ValueError(f'{name} is not JSON')


def parse_json(line):
    bad = [c for c in line if ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0]
    if bad:
        raise ValueError(f'control characters {bad}')
    return json.loads(line, object_pairs_hook=no_duplicates,
                      parse_constant=no_constant)


def lines():
    """stdin by LF alone: str.splitlines() knows ten other ends."""
    data = sys.stdin.buffer.read().decode()
    if data and not data.endswith('\n'):
        raise ValueError('the last line has no end')
    return data.split('\n')[:-1]


# ---- The fields ----

PICKED = ('kind', 'from', 'to', 'id', 'type', 'lang', 'subject', 'body',
          'thread', 'show', 'status', 'priority', 'delay', 'error')
TEXTS = {'message': ('subject', 'body'), 'presence': ('show', 'status')}


def only(stanza, tag, attributes=()):
    """The one child of that name that has nothing but text and these
    attributes; None where there is none, or several."""
    found = [child for child in stanza.findall(tag)
             if not len(child) and set(child.attrib) <= set(attributes)]
    return found[0] if len(found) == 1 else None


def text_of(element):
    return None if element is None else element.text or ''


def condition(stanza):
    """Of the one error without text, with a condition before all else."""
    found = [child for child in stanza.findall('{' + CLIENT + '}error')
             if child.get('type') and len(child) and not child.text
             and not any(inner.tail for inner in child)
             and child[0].tag.startswith(ERRORS)
             and child[0].tag != ERRORS + 'text'
             and all(inner.tag != ERRORS + 'text' for inner in child[2:])]
    return found[0][0].tag.removeprefix(ERRORS) if len(found) == 1 else None


def priority(text):
    if text is None or text != text.strip('+ ') or text.startswith('-0'):
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if -128 <= number <= 127 and str(number) == text else None


def fields(text):
    stanza = ET.fromstring(wrap(text))[0]
    kind = stanza.tag.removeprefix('{' + CLIENT + '}')
    found = {'kind': kind, 'lang': stanza.get(XML_LANG)}
    for name in ('from', 'to', 'id', 'type'):
        found[name] = stanza.get(name)
    for name in TEXTS.get(kind, ()):
        found[name] = text_of(only(stanza, '{' + CLIENT + '}' + name))
    if kind == 'message':
        thread = only(stanza, '{' + CLIENT + '}thread', ['parent'])
        found['thread'] = text_of(thread)
    if kind == 'presence':
        numbers = [n for n in map(priority, map(
            text_of, stanza.findall('{' + CLIENT + '}priority')))
            if n is not None]
        found['priority'] = numbers[0] if len(numbers) == 1 else None
    if kind != 'iq':
        delay = only(stanza, DELAY, ['stamp', 'from'])
        found['delay'] = None if delay is None else delay.get('stamp')
    found['error'] = condition(stanza)
    return found


def picked(line):
    found = parse_json(line)
    found['delay'] = found.get('delay', {}).get('stamp')
    found['error'] = found.get('error', {}).get('condition')
    return found


def print_fields(found):
    print(json.dumps({name: found[name] for name in PICKED
                      if found.get(name) is not None}))


# ---- Many ----

WORDS = ('rose', 'name', 'night &amp; day', 'wherefore', '\u00e9toile',
         '\u73ab\u7470', '\U0001f339', '&lt;b&gt;', '"quoted"', 'back\\slash',
         'tab&#9;', 'line&#10;break', '&#x9b;31m', '{"kind":"iq"}', ' ', "o'er")


def generate(count):
    out = sys.stdout.buffer
    for i in range(1, count + 1):
        text = ' '.join(WORDS[i // n % len(WORDS)] for n in (1, 3, 7, 29))
        kind = i % 5
        if kind < 3:
            line = (f'<message from="u{i % 97}@capulet.lit/r" id="{i}" '
                    f'to="romeo@montague.lit" type="chat"><body>{text}</body>')
            if kind:
                line += f'<thread>{i % 13}</thread>'
            if kind == 2:
                line += ('<x xmlns="urn:capulet:x" n="1"><y>a<z/>b</y></x>'
                         '<active xmlns="http://jabber.org/protocol/chatstates"/>')
            line += '</message>'
        elif kind == 3:
            line = (f'<presence from="u{i % 97}@capulet.lit" id="{i}">'
                    f'<show>away</show><status>{text}</status>'
                    f'<priority>{i % 256 - 128}</priority></presence>')
        else:
            line = (f'<iq from="capulet.lit" id="{i}" type="result">'
                    f'<query xmlns="jabber:iq:roster"><item jid="a@capulet.lit" '
                    f'name="{text.replace(chr(34), "&quot;")}"/></query></iq>')
        out.write(line.encode() + b'\n')


def ids():
    """The ids by their place in the line, as that alone is quick enough."""
    number = 0
    for line in sys.stdin.buffer:
        number += 1
        if b' id="%d" ' % number not in line and b' id="%d">' % number not in line:
            raise ValueError(f'line {number} is {line[:80]}')
    print(number)


def main(what, *args):
    if what == 'files':
        for path in args:
            print(canonical(read(path)))
    elif what == 'tight':
        for path in args:
            print(tight(read(path)))
    elif what == 'lines':
        for line in lines():
            print(canonical(line))
    elif what == 'json':
        for line in lines():
            # the other order, everything escaped, white space where it may be
            turned = dict(reversed(parse_json(line).items()))
            print(json.dumps(turned, separators=(' , ', ' : ')))
    elif what == 'fields':
        for path in args:
            print_fields(fields(read(path)))
    elif what == 'picked':
        for line in lines():
            print_fields(picked(line))
    elif what == 'generate':
        generate(int(args[0]))
    elif what == 'ids':
        ids()
    else:
        sys.exit(64)


if __name__ == '__main__':
    main(*sys.argv[1:])
