# SPDX-License-Identifier: MIT
"""What scenarios have in common. A scenario does something to the tools and
checks what the contract promises of it; SCENARIOS has them by name, with the
settings of the server and the options of tools that they need. They are in
steady.py, interrupted.py, persistent.py, catchup.py, handed.py and queued.py.

All of a plan is drawn from the run's random numbers before it begins, so that
a seed has the same faults at the same moments each time.
"""

import asyncio
import signal

import judge
from actors import Failure, mark, within

SCENARIOS = {}


def scenario(sm='yes', mam='no', needs=(), listed=True,
             possible=lambda: True):
    """For a server with these settings, tools with these options, and where
    it is possible. One that is not listed is run by its name alone."""
    def add(function):
        SCENARIOS[function.__name__.replace('_', '-')] = (
            function, {'sm': sm, 'mam': mam}, needs, listed, possible)
        return function
    return add


class Run:
    """One run: its numbers, its lines, what was found."""

    def __init__(self, place, rng, count):
        self.place = place
        self.rng = rng
        self.lines = {
            n: f'line {n} ' + 'x' * rng.randint(0, 200)
            for n in range(1, count + 1)}
        self.seconds = count * rng.uniform(0.003, 0.006)
        # Lines acknowledged by a server that was killed, and of these how
        # many are known not to have gone with it.
        self.served = self.passed_on = 0
        self.plan = []
        self.found = []
        self.records = []

    def shorten(self, most):
        """For what takes longer for each line."""
        self.seconds *= min(most / len(self.lines), 1)
        self.lines = {n: self.lines[n] for n in self.lines if n <= most}

    def note(self, text):
        self.plan.append(text)

    def find(self, violations):
        self.found += violations

    def moments(self, count):
        """So many moments of the time in which lines are fed, in order."""
        times = sorted(self.rng.uniform(0, self.seconds)
                       for _ in range(count))
        return [time - before for before, time in zip([0] + times, times)]

    def from_line(self, first):
        return [(n, text) for n, text in self.lines.items() if n >= first]

    def arrived(self):
        """All lines did, but for those that a killed server had to itself."""
        if self.served:
            had = judge.missing(self.records, range(1, self.served + 1))
            self.note(f'of 1-{self.served}, which the killed server had: {had}')
        self.find(judge.missing(self.records, [
            n for n in self.lines if not self.passed_on < n <= self.served]))

    def texts(self, first=1):
        return [text for _, text in self.from_line(first)]


async def finish(run, receiver, body='the end'):
    """Nothing more will come: a mark behind all that the server has."""
    await within(run.place.proxies['romeo'].quiet(), 'the proxy is not quiet')
    await mark(run.place, body)
    await receiver.expect(body)


async def stop(run, receiver):
    await finish(run, receiver)
    status = await receiver.end(signal.SIGTERM)
    run.records = receiver.records
    run.find(judge.exit_status('xrecv', status, [-signal.SIGTERM]))
    run.find(judge.quiet('xrecv', receiver.complained()))


async def sending(run, sender, moments, act):
    """All is sent, and at each of these moments something is done; gives the
    sender's status."""
    task = asyncio.create_task(sender.run(run.texts(), run.seconds))
    for wait in moments:
        await asyncio.sleep(wait)
        await act()
    return await task


def confirmed(run, sender, status):
    """The sender has nothing to tell."""
    run.find(judge.exit_status('xsend', status, [0]))
    run.find(judge.quiet('xsend', sender.said()))


def refused(run, sender, status):
    """The lines that came back, which the sender's status knows of."""
    lines = judge.refused(sender.said())
    run.note(f'refused: {judge.ranges(sorted(lines))}')
    run.find(judge.exit_status('xsend', status, [2 if lines else 0]))
    return lines


def arrived(run, twice, order=None):
    """Each line came as it was, and twice only these; order is what was found
    of it, where that is not the order of the lines."""
    run.find(judge.missing(run.records, run.lines))
    run.find(judge.order(run.records) if order is None else order)
    run.find(judge.doubles(run.records, twice))
    run.find(judge.intact(run.records, run.lines))


def known(name):
    if name not in SCENARIOS:
        raise Failure(f"no scenario '{name}'")
    return SCENARIOS[name]
