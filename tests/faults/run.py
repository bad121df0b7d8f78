#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One run against a running server, with faults.

usage: run.py SCENARIO DIR SEED [LINES] [--plan]
       run.py --list     a line 'SCENARIO SM MAM' for each that the tools can do

DIR is what tests/servers/start was given; BIN is the folder of the tools. It
prints one line, 'ok SERVER SCENARIO SEED ...', or 'FAILED ...' with what was
done and each violation, and exits with 0 or 1. --plan tells what was done in
any case.
"""

import asyncio
import os
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # not into the source tree
import catchup  # noqa: E402,F401 its scenarios
import handed  # noqa: E402,F401
import interrupted  # noqa: E402,F401
import persistent  # noqa: E402,F401
import queued  # noqa: E402,F401
import steady  # noqa: E402,F401
from actors import Failure, Place  # noqa: E402
from judge import count_doubles, lines_of  # noqa: E402
from scenarios import SCENARIOS, Run, known  # noqa: E402


async def perform(run, function):
    await run.place.settle()
    try:
        await function(run)
    except Failure as failure:
        run.find([f'no end: {failure}'])
    finally:
        await run.place.leave()


def report(run, name, seed, seconds, plan):
    word = 'FAILED' if run.found else 'ok'
    print(f'{word} {run.place.kind} {name} {seed}: {len(run.lines)} lines, '
          f'{len(lines_of(run.records))} received, '
          f'{count_doubles(run.records)} doubles, {seconds:.1f} s')
    for text in run.plan if run.found or plan else ():
        print(f'    plan: {text}')
    for text in run.found:
        print(f'    {text}')


def one(name, server, seed, count, plan):
    function = known(name)[0]
    rng = random.Random(f'{name} {seed}')
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='faults.') as home:
        run = Run(Place(home, server), rng,
                  int(count or rng.randint(100, 500)))
        asyncio.run(perform(run, function))
    report(run, name, seed, time.monotonic() - began, plan)
    return 1 if run.found else 0


def has(tool, option):
    with os.popen(f"'{os.environ['BIN']}/{tool}' --help") as file:
        return option in file.read().split()


def list_all():
    for name, (_, server, needs, listed, possible) in SCENARIOS.items():
        if listed and possible() and all(has(*n.split()) for n in needs):
            print(name, server['sm'], server['mam'])
    return 0


def main():
    words = [word for word in sys.argv[1:] if word != '--plan']
    if words == ['--list']:
        sys.exit(list_all())
    if len(words) not in (3, 4):
        sys.exit('usage: run.py SCENARIO DIR SEED [LINES] [--plan]')
    try:
        sys.exit(one(*words[:3], ''.join(words[3:]),
                     len(words) + 1 < len(sys.argv)))
    except Failure as failure:
        sys.exit(f'run.py: {failure}')


if __name__ == '__main__':
    main()
