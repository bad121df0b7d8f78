#!/usr/bin/python3
"""Runs in which one allocation, or one system call on our own files, fails:
each ends with an error that says so or does what it was to do; nothing is lost
and nothing is said to be done that was not.

usage: fail.py FOLDER alloc|calls STEP SEED

Of what can fail, the first and then each STEP-th does, one in each run; STEP 1
is all. The servers are stubs of this process, without TLS where allocations
fail. fail_alloc.c and fail_calls.c do the failing."""

import asyncio
import itertools
import os
import random
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # not into the source tree
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import jobs  # noqa: E402
import run  # noqa: E402

AT_ONCE = 8
WATCHDOG = 300
MARKS = itertools.count()
SHIMS = os.path.join(os.environ['BUILD'], 'tests/bin')


class Run:
    """One run of a job, and what became of it."""

    def __init__(self, job, folder, mark):
        self.job, self.folder, self.mark = job, folder, mark
        self.words = job.words
        self.out = self.err = b''
        self.status = None

    def text(self):
        return self.err.decode('utf-8', 'backslashreplace')

    def log(self):
        """Of the stub, about this run, which has its mark as its resource;
        an account of the configuration has not."""
        lines = run.read(self.job.place, 'stub.log').splitlines()
        if '-a' in self.words:
            return lines
        own = {line.split()[1] for line in lines
               if line.endswith(f'/{self.mark}') and ' bound ' in line}
        return [line for line in lines if line.split()[1] in own]


async def execute(trial, env):
    """Runs the job's command to its end, or for too long."""
    job, folder = trial.job, trial.folder
    words = [word.replace('@MARK@', trial.mark) for word in trial.words]
    process = await asyncio.create_subprocess_exec(
        os.path.join(run.BIN, words[0]),
        *([] if '-a' in words else ['-u', f'romeo@montague.lit/{trial.mark}']),
        '-H', f'127.0.0.1:{job.port}', '--connect-timeout', '60',
        *job.security(), *words[1:], cwd=folder,
        env={**run.environment(folder, job.password), **job.env, **env},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    stdin = job.stdin.replace('@MARK@', trial.mark).encode()
    try:
        trial.out, trial.err = await asyncio.wait_for(
            process.communicate(stdin), WATCHDOG)
        trial.status = process.returncode
    except TimeoutError:
        # It may be the whole machine that stood still.
        trial.status = process.returncode
        if trial.status is None:
            process.kill()
        trial.out, trial.err = await process.communicate()


def fresh(job, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if job.start:
        shutil.copytree(job.start, folder, symlinks=True, dirs_exist_ok=True)


async def follow(trial):
    """The run behind it, in which nothing fails."""
    if trial.job.again:
        trial.again = Run(trial.job, trial.folder, trial.mark + 'n')
        trial.again.words = trial.job.again.split()
        await execute(trial.again, {})


def complaints(trial):
    text, name = trial.text(), trial.job.words[0]
    if trial.status is None:
        yield 'it did not end'
    elif trial.status < 0:
        yield f'it died of signal {-trial.status}'
    elif trial.status not in trial.job.statuses:
        yield f'status {trial.status}'
    if trial.status and not text:
        yield 'it did not say why'
    if text and re.search('(?m)^(?!%s: )' % name, text.removesuffix('\n')):
        yield 'stderr is not clean'
    if trial.job.again and trial.again.status not in trial.job.then:
        yield (f'the next run: {trial.again.status}, '
               f'{trial.again.text()!r:.300}')
    yield from trial.job.judge(trial)


async def attempt(job, folder, number, env):
    fresh(job, folder)
    trial = Run(job, folder, f'mark{next(MARKS)}m')
    await execute(trial, {**env, 'FAIL_AT': str(number)})
    await follow(trial)
    wrong = list(complaints(trial))
    if wrong:
        print(f'# {job.name}, {env.get("FAIL_AS", "")} {number}: '
              f'{", ".join(wrong)}\n#   status {trial.status}, '
              f'{trial.text()!r:.600}', flush=True)
    return trial.status, not wrong


async def worker(job, folder, numbers, env, counts):
    bad = 0
    while numbers:
        status, good = await attempt(job, folder, numbers.pop(), env)
        counts[status] = counts.get(status, 0) + 1
        bad += not good
    return bad


async def how_many(job, folder, env):
    """In a run in which nothing fails, which has to be good."""
    fresh(job, folder)
    trial = Run(job, folder, f'mark{next(MARKS)}m')
    count = os.path.join(folder, '..', 'count')
    await execute(trial, {**env, 'FAIL_COUNT': count})
    await follow(trial)
    if trial.status != job.good or list(complaints(trial)):
        sys.exit(f'fail.py: {job.name}: as it is: {list(complaints(trial))} '
                 f'{trial.status} {trial.text()}')
    return int(run.read(folder, '../count'))


async def play(job, kind, folder, step, seed):
    folder = f'{folder}/{job.name}'
    os.makedirs(folder)
    await job.prepare(folder)
    bad, counts, tried = 0, {}, 0
    for error in job.errors if kind == 'calls' else ('',):
        # By its name, as the list is cut at each space.
        env = {'LD_PRELOAD': f'fail_{kind}.so', 'LD_LIBRARY_PATH': SHIMS,
               **({'FAIL_AS': error} if error else {})}
        count = await how_many(job, f'{folder}/0', env)
        first = random.Random(f'{seed}-{job.name}-{error}').randrange(step)
        numbers = list(range(1 + first, count + 1, step))
        tried += len(numbers)
        bad += sum(await asyncio.gather(*(
            worker(job, f'{folder}/{n}', numbers, env, counts)
            for n in range(AT_ONCE))))
    ends = ', '.join(f'{status}: {n}' for status, n in
                     sorted(counts.items(), key=str))
    print(f'# {job.name}: {tried} failed {kind}, {bad} bad; how they ended: '
          f'{ends}', flush=True)
    await run.finish(job.played)
    return bad


def complain(loop, context):
    """Who ended early has not read its stdin."""
    if not isinstance(context.get('exception'), BrokenPipeError):
        loop.default_exception_handler(context)


async def main():
    asyncio.get_running_loop().set_exception_handler(complain)
    folder, kind, step, seed = sys.argv[1:]
    folder = os.path.abspath(folder)
    bad = 0
    for job in jobs.JOBS[kind]:
        if os.environ.get("ONLY", job.name) != job.name:
            continue
        bad += await play(job, kind, folder, int(step), seed)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(asyncio.run(main()))
