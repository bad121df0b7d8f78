# SPDX-License-Identifier: MIT
"""What a run may look like: the contract of couplet(7), as checks. Each gives a
list of lines, one for each violation."""

import re
import xml.etree.ElementTree as ET

ORIGIN = '{urn:xmpp:sid:0}origin-id'
STANZA_ID = '{urn:xmpp:sid:0}stanza-id'
DELAY = '{urn:xmpp:delay}delay'


class Record:
    """One message that a receiver printed."""

    def __init__(self, line):
        root = ET.fromstring(line)
        self.body = root.findtext('body', '')
        self.id = root.get('id', '')
        origin = root.find(ORIGIN)
        self.origin = '' if origin is None else origin.get('id', '')
        # From offline storage: a delay that a server wrote, and no sender.
        self.stored = any('@' not in delay.get('from', '@')
                          for delay in root.iter(DELAY))
        # By the own account: that of the archive.
        own = root.get('to', '').split('/')[0]
        self.archived = next((el.get('id') for el in root.iter(STANZA_ID)
                              if el.get('by') == own), None)
        match = re.fullmatch(r'line (\d+) .*', self.body)
        self.number = int(match.group(1)) if match else None


def lines_of(records):
    return [record for record in records if record.number is not None]


def missing(records, promised):
    """Those of the promised numbers that did not come."""
    got = {record.number for record in lines_of(records)}
    lost = [number for number in promised if number not in got]
    return [f'missing: {ranges(lost)}'] if lost else []


def order(records):
    """Each line's first time is behind that of the line before it."""
    last, found, seen = 0, [], set()
    for record in lines_of(records):
        if record.number in seen:
            continue
        seen.add(record.number)
        if record.number < last:
            found.append(f'order: {record.number} behind {last}')
        last = max(last, record.number)
    return found[:5]


def order_of(kind, records):
    """The same where the receiver was away for a time: what comes live when it
    is back may overtake on ejabberd what is still being read from storage."""
    if kind != 'ejabberd':
        return order(records)
    return (order([record for record in records if record.stored]) +
            order([record for record in records if not record.stored]))


def order_resumed(kind, records, times):
    """The same where the receiver's session was resumed so often: each time
    ejabberd routes anew what reached it in that moment, and this comes behind
    what follows. That is a few, not many."""
    if kind != 'ejabberd':
        return order(records)
    last, late, seen = 0, [], set()
    for record in lines_of(records):
        if record.number < last and record.number not in seen:
            late.append(record.number)
        seen.add(record.number)
        last = max(last, record.number)
    return [f'order: {ranges(late)} late'] if len(late) > 20 * times else []


def doubles(records, allowed, same_id=True):
    """None but of the allowed numbers, and all to be known by their ids."""
    first, found = {}, []
    for record in lines_of(records):
        before = first.setdefault(record.number, record)
        if before is record:
            continue
        if record.number not in allowed:
            found.append(f'double: {record.number}')
        elif same_id and (before.id != record.id or not record.id or
                          before.origin != record.origin):
            found.append(f'double: {record.number} has another id')
    return found[:5]


def once(parts):
    """No process that received has said the same twice."""
    return [text for part in parts for text in doubles(part, ())][:5]


def number_of(records, archived):
    """The number of the line that the archive has by this id, or 0."""
    return next((r.number for r in lines_of(records)
                 if r.archived == archived), 0)


def behind(records, kept):
    """The numbers that were received, and are not known to have been by who
    remembers up to kept: these may come again."""
    return {r.number for r in lines_of(records) if r.number > kept}


def last_again(before, after):
    """What comes again after a crash is what came last before it."""
    early = [r.number for r in lines_of(before)]
    again = sorted({r.number for r in lines_of(after)} & set(early))
    if again == early[len(early) - len(again):]:
        return []
    return [f'again: {ranges(again)}, of {ranges(early)}']


def compared(records, archive, lost):
    """What was received is what the archive has, but for the numbers that a
    killed server may have delivered and not kept."""
    here = {r.number for r in lines_of(records)}
    there = {r.number for r in lines_of(archive)}
    unknown = sorted(here - there - set(lost))
    found = missing(records, sorted(there))
    if unknown:
        found.append(f'not in the archive: {ranges(unknown)}')
    return found


def told(lost, status, stderr):
    """Lines that are neither sent nor queued: each is named, or behind the
    first that is named so, or among the messages that are named by id."""
    named = {int(n) for n in re.findall(r'stdin:(\d+): not queued', stderr)}
    match = re.search(r'stdin:(\d+): neither sent nor queued', stderr)
    first = match and int(match.group(1))
    by_id = len(re.findall(r'message \S+: .* not queued', stderr))
    rest = [n for n in lost if n not in named and not (first and n >= first)]
    found = [] if len(rest) <= by_id else [f'not told: {ranges(rest)}']
    return found + (exit_status('xsend', status, [74]) if lost else [])


def intact(records, lines):
    """What came is what was sent."""
    return [f'changed: {record.body!r}' for record in lines_of(records)
            if lines.get(record.number) != record.body][:5]


def exit_status(who, status, allowed):
    return [] if status in allowed else [f'{who}: exit status {status}']


def quiet(who, stderr):
    return [f'{who} says: {line}' for line in stderr.splitlines()][:5]


def count_doubles(records):
    numbers = [record.number for record in lines_of(records)]
    return len(numbers) - len(set(numbers))


def first_unconfirmed(stderr):
    """The line from which on xsend -l does not know, or None."""
    match = re.search(r'stdin:(\d+): unknown outcome', stderr)
    return int(match.group(1)) if match else None


def first_unread(stderr):
    """The line from which on xsend -l has read nothing, or None."""
    match = re.search(r'stdin:(\d+): not read', stderr)
    return int(match.group(1)) if match else None


def refused(stderr):
    """The lines that came back, as xsend -l says."""
    return {int(number) for number in
            re.findall(r'stdin:(\d+): \S+: message \S+: ', stderr)}


def ranges(numbers):
    """1-3, 7"""
    parts = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ', '.join(str(a) if a == b else f'{a}-{b}' for a, b in parts)
