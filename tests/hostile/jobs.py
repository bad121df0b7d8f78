"""What our programs do while something fails under them, and how it is seen
that nothing was lost."""

import os
import re

import run

ERRORS = ('ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'ENOSPC+')

def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8',
              opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(text)


class Job:
    """words: the command; stub: of the stub; good: its status when nothing
    fails; statuses: what it may end with when something does."""

    password = 'rosaline'
    statuses = {0, 71}
    errors = ERRORS
    stub = ()
    stdin = ''
    env = {}
    start = None  # a folder to begin with, as HOME
    files = {}  # in it, as text
    beside = {}  # beside the stub, '@/' of its words
    good = 0
    tls = False
    again = None  # a command behind it, in which nothing fails
    then = {0, 1}  # and its statuses

    def __init__(self, name, words, **more):
        self.name, self.words = name, words.split()
        for key, value in more.items():
            setattr(self, key, value)

    async def prepare(self, folder):
        self.place = f'{folder}/stub'
        for name, text in self.beside.items():
            write(f'{self.place}/{name}', text)
        words = [word.replace('@/', f'{self.place}/') for word in self.stub]
        self.played = run.start(self.place,
                                words + ([] if self.tls else ['no-tls']))
        self.port = self.played.port
        if self.files:
            self.start = f'{folder}/start'
        for name, text in self.files.items():
            write(f'{self.start}/{name}', text)

    def security(self):
        return ['--tls', 'none'] if not self.tls else \
            ['--ca-file', self.played.certificate('ca.pem')]

    def judge(self, trial):
        """What is wrong with it, beyond status and stderr."""
        return []


def came(trial, text):
    """How often the stub was sent this in the run."""
    return sum(' recv message ' in line and text in line
               for line in trial.log())


def waiting(trial, text):
    """How often it is in a file of the queue."""
    found = 0
    for folder, _, names in os.walk(os.path.join(trial.folder, '.local')):
        for name in names:
            if os.path.basename(folder) in ('waiting', 'failed'):
                found += text in run.read(folder, name)
    return found


class Send(Job):
    """0 needs that the stub has it; what is not sent is said to be so."""

    count = 1

    def judge(self, trial):
        if trial.status == 0 and came(trial, trial.mark) != self.count:
            yield f'{came(trial, trial.mark)} of {self.count} messages came'


class Receive(Job):
    """What the stub is told to be done with was printed."""

    def judge(self, trial):
        lines = trial.out.count(b'\n')
        if trial.status == 0 and lines != 1:
            yield f'{lines} records'


class Queue(Job):
    """What is said to wait does."""

    def judge(self, trial):
        if trial.status in (0, 3) and not waiting(trial, trial.mark):
            yield 'it does not wait'


class QueueRun(Job):
    """What waited was sent, or waits still."""

    all_sent = True

    def judge(self, trial):
        for text in self.bodies:
            sent, left = came(trial, text), waiting(trial, text)
            if not sent and not left:
                yield f'{text} is lost'
            if trial.status == 0 and self.all_sent and not sent:
                yield f'{text} was not sent'
            if sent > 1:
                yield f'{text} was sent twice'


class Resume(Job):
    """What one run has not printed the next one does."""

    bodies = ()

    def judge(self, trial):
        both = trial.out + trial.again.out
        for text in self.bodies:
            if not re.search(rb'\t%s(\n|$)' % text.encode(), both):
                yield f'{text} is lost'


class Unsent(Job):
    """What was not confirmed is in the file, or it is said that it is not, if
    any of it was read at all."""

    def judge(self, trial):
        path = os.path.join(trial.folder, 'rest')
        there = (os.path.exists(path)
                 and trial.mark in run.read(trial.folder, 'rest'))
        if there or '--unsent' in trial.text():
            return
        if trial.log() and not re.search('stdin:1: (not read|out of memory)',
                                         trial.text()):
            yield 'it is not in the file'


class Answer(Job):
    """0 needs the answer on stdout."""

    wanted = b''

    def judge(self, trial):
        if trial.status == 0 and not re.search(self.wanted, trial.out):
            yield f'stdout is {trial.out!r:.200}'


CONFIG = """default: home
accounts:
  home:
    jid: romeo@montague.lit
    password: rosaline
aliases:
  juliet: juliet@capulet.lit
  all: [juliet]
formats:
  log: '%f %b'
"""

# Three that wait.
QUEUED = {
    '.local/state/couplet/queue-romeo@montague.lit/waiting/'
    f'179594483410923{n}-808e81e5763b.0':
    '<entry xmlns="urn:couplet:queue:1" account="romeo@montague.lit" '
    'queued="2026-11-29T09:33:54Z"/>\n<message xmlns="jabber:client" '
    f'id="id{n}" to="juliet@capulet.lit" type="chat"><body>{body}</body>'
    '</message>\n'
    for n, body in enumerate(('first', 'second', 'third'))}

MAM = 'urn:xmpp:mam:2'
CURSOR = {'.local/state/couplet/cursor-romeo@montague.lit':
          'couplet-cursor 1 2026-01-01T00:00:00.000Z\ni0\n'}
FIN = (f"<iq type='result' id='@ID@'><fin xmlns='{MAM}' complete='true'><set "
       "xmlns='http://jabber.org/protocol/rsm'><last>i%s</last></set></fin>"
       '</iq>')


def archived(n):
    """A message of the archive."""
    return (f"<message><result xmlns='{MAM}' queryid='@QUERYID@' id='i{n}'>"
            "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:"
            f"delay' stamp='2026-11-28T10:00:0{n}Z'/><message xmlns='jabber:"
            "client' from='juliet@capulet.lit/x' to='romeo@montague.lit' "
            f"type='chat'><body>one{n}</body></message></forwarded></result>"
            '</message>')


ANSWERS = '\n'.join((
    '\t'.join((f'{MAM}.*<after>i2<', FIN % 2)),
    '\t'.join((f'{MAM}.*<after>i1<', archived(2), FIN % 2)),
    '\t'.join((MAM, archived(1), archived(2), FIN % 2)), ''))

BLOCKING = 'urn:xmpp:blocking'
BLOCKED = '\n'.join((
    f"<blocklist\t<iq type='result' id='@ID@'><blocklist xmlns='{BLOCKING}'>"
    "<item jid='tybalt@capulet.lit'/></blocklist></iq>",
    f"<block \t<iq type='result' id='@ID@'/>", ''))

ALLOC = [
    Send('send', 'xsend -C /dev/null -m @MARK@ --bounce-wait 0 '
         'juliet@capulet.lit'),
    Send('send-lines', 'xsend -C /dev/null -l --bounce-wait 2 --retry 60 '
         'juliet@capulet.lit', stdin='@MARK@ 1\n@MARK@ 2\n@MARK@ 3\n', count=3),
    Send('send-stanzas', 'xsend -C /dev/null -x --bounce-wait 2',
         stdin='<message to="juliet@capulet.lit" type="chat"><body>@MARK@'
         '</body><x xmlns="urn:x" a="b">c</x></message>\n'
         '{"kind":"message","to":"juliet@capulet.lit",'
         '"body":"@MARK@"}\n', count=2),
    # It and its copy are more than there is room for in the slab.
    Send('send-large', 'xsend -C /dev/null -x --bounce-wait 2',
         stdin='<message to="juliet@capulet.lit" type="chat"><body>@MARK@'
         '</body><x xmlns="urn:x"%s><y z="1"/></x></message>\n'
         % ''.join(f' a{n}="{n:0500}"' for n in range(100))),
    Receive('receive', 'xrecv -C /dev/null -o text -c 1 --no-reconnect',
            stub=('deliver=1',)),
    Receive('receive-json', 'xrecv -C /dev/null -j -c 1 --no-reconnect',
            stub=('deliver=1',)),
    Answer('contacts', 'xroster -C /dev/null',
           stub=('contact=juliet@capulet.lit,nurse@capulet.lit',),
           wanted=b'^juliet@capulet.lit\t.*\nnurse@'),
    Answer('ask', 'xiq -C /dev/null montague.lit', stdin='<query xmlns="'
           'http://jabber.org/protocol/disco#info"/>', wanted=b'<feature '),
    Answer('look', 'xinfo -C /dev/null', wanted=b'montague.lit'),
    Answer('walk', 'xdisco -C /dev/null --info montague.lit',
           stub=('disco=urn:x',), wanted=b'urn:x'),
    Answer('ping', 'xping -C /dev/null -c 1 montague.lit',
           stub=('ping=answer',), wanted=b'^montague.lit'),
    Answer('blocked', 'xblock -C /dev/null', beside={'answers': BLOCKED},
           stub=('answers=@/answers',), wanted=b'^tybalt@capulet.lit\n'),
    Answer('block', 'xblock -C /dev/null add', beside={'answers': BLOCKED},
           stub=('answers=@/answers',),
           stdin='tybalt@capulet.lit\n{"jid":"paris@verona.lit"}\n'
           '<item jid="prince@verona.lit"/>\n'),
    Answer('watch', 'xpresence -C /dev/null -1',
           stub=('contact=juliet@capulet.lit',)),
    Send('config', 'xsend -a home --bounce-wait 0 -m @MARK@ all',
         files={'.config/couplet/config.yaml': CONFIG}, password=None),
    Queue('queue', 'xsend -C /dev/null --queue -m @MARK@ juliet@capulet.lit',
          stub=('close-after-tcp',), good=3, statuses={3, 71}),
    QueueRun('queue-run', 'xqueue run -C /dev/null --bounce-wait 0',
             files=QUEUED, bodies=('first', 'second', 'third')),
    Resume('cursor', 'xrecv -C /dev/null -o text --since last -c 2 -W 60',
           again='xrecv -C /dev/null -o text --since last --idle 1',
           files=CURSOR, beside={'answers': ANSWERS}, bodies=('one1', 'one2'),
           stub=('answers=@/answers', f'disco={MAM}')),
    *(Resume(name, f'xrecv -C /dev/null -o text {options} -c 1 -W 60',
             again=f'xrecv -C /dev/null -o text {options} --idle 1',
             stub=('deliver=1', 'sm-id=x'), bodies=('line 1',))
      for name, options in (('dedup', '--dedup seen'),
                            ('spool', '--spool spool'),
                            ('durable', '--durable one'))),
    Unsent('unsent', 'xsend -C /dev/null -l --unsent rest --log-file log '
           'juliet@capulet.lit', stdin='@MARK@\n@MARK@\n', good=75,
           stub=('close', 'at=message'), statuses={71, 75}),
]

DISK = {71, 74}
QUIET = ' -C /dev/null --bounce-wait 0 '
CALLS = [
    # Nobody answers: what cannot be sent waits.
    Queue('queue', 'xsend -C /dev/null --queue -m @MARK@ juliet@capulet.lit',
          stub=('close-after-tcp',), good=3, statuses={3, 75} | DISK),
    # Those before it go along.
    Queue('queue-behind', 'xsend -C /dev/null --queue -l juliet@capulet.lit',
          stdin='@MARK@\n@MARK@\n', stub=('close-after-tcp',), files=QUEUED,
          good=3, statuses={2, 3, 75} | DISK),
    QueueRun('queue-run', 'xqueue run' + QUIET, files=QUEUED,
             bodies=('first', 'second', 'third'),
             statuses={0, 1, 2, 75} | DISK),
    QueueRun('queue-along', f'xsend{QUIET}--queue -m @MARK@ nurse@capulet.lit',
             files=QUEUED, bodies=('first', 'second', 'third'), all_sent=False,
             statuses={0, 1, 2, 3, 75} | DISK),
    Resume('cursor', 'xrecv -C /dev/null -o text --since last -c 2 -W 60',
           again='xrecv -C /dev/null -o text --since last --idle 1',
           files=CURSOR, beside={'answers': ANSWERS}, bodies=('one1', 'one2'),
           stub=('answers=@/answers', f'disco={MAM}'),
           statuses={0, 1} | DISK),
    Resume('dedup', 'xrecv -C /dev/null -o text --dedup seen -c 1 -W 60',
           again='xrecv -C /dev/null -o text --dedup seen --idle 1',
           stub=('deliver=1',), bodies=('line 1',), statuses={0} | DISK),
    Resume('spool', 'xrecv -C /dev/null -o text --spool spool -c 1 -W 60',
           again='xrecv -C /dev/null -o text --spool spool --idle 1',
           stub=('deliver=1',), bodies=('line 1',), statuses={0} | DISK),
    Resume('durable', 'xrecv -C /dev/null -o text --durable one -c 1 -W 60',
           again='xrecv -C /dev/null -o text --durable one --idle 1',
           stub=('deliver=1', 'sm-id=x'), bodies=('line 1',),
           statuses={0} | DISK),
    Send('token', f'xsend{QUIET}-m @MARK@ juliet@capulet.lit', tls=True,
         again=f'xsend{QUIET}-m @MARK@ juliet@capulet.lit',
         stub=('sasl2=yes', 'fast=yes'), statuses={0} | DISK),
    Send('config', 'xsend -a home --bounce-wait 0 -m @MARK@ juliet@capulet.lit',
         files={'.config/couplet/config.yaml': CONFIG}, password=None,
         statuses={0, 66, 78} | DISK),
    Send('secret', f'xsend{QUIET}--password-file secret -m @MARK@ '
         'juliet@capulet.lit', files={'secret': 'rosaline\n'}, password=None,
         statuses={0, 66, 78} | DISK),
    Answer('contacts', 'xroster -C /dev/null', again='xroster -C /dev/null',
           stub=('contact=juliet@capulet.lit', 'rosterver=yes'),
           wanted=b'^juliet@capulet.lit\t', statuses={0} | DISK),
    Unsent('unsent', 'xsend -C /dev/null -l --unsent rest --log-file log '
           'juliet@capulet.lit', stdin='@MARK@\n@MARK@\n', good=75,
           stub=('close', 'at=message'), statuses={2, 74, 75} | DISK),
]

JOBS = {'alloc': ALLOC, 'calls': CALLS}
