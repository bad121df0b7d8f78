"""Tasks by which a server gets another hash of the password (XEP-0480)."""

import hashlib
import os

import sasl
from xmlcut import SASL2, element

SPACE = 'urn:xmpp:sasl:upgrade:0'
SCRAM = 'urn:xmpp:scram-upgrade:0'
HASHES = {'UPGR-SCRAM-SHA-256': 'sha256', 'UPGR-SCRAM-SHA-512': 'sha512'}


def offer(session):
    return ''.join(element('upgrade', name, xmlns=SPACE)
                   for name in session.options.upgrade)


def asked(node):
    return [child.text for child in node.findall(f'{{{SPACE}}}upgrade')]


async def perform(session, node, extra):
    """What goes on between the authentication and <success/>; what the
    mechanism has to say then."""
    options = session.options
    names = options.task or asked(node)
    if not names:
        return extra
    session.log('upgrade asked', *asked(node))
    if options.task_proof == 'no':
        extra = b''
    data = element('additional-data', sasl.encode(extra)) if extra else ''
    tasks = ''.join(element('task', name) for name in names)
    await session.send(element('continue', data + element('tasks', tasks),
                               xmlns=SASL2.strip('{}')))
    answer = (await session.next()).node
    if answer.tag != SASL2 + 'next' or answer.get('task') not in names:
        raise sasl.Refused('malformed-request')
    salt = os.urandom(12)
    text = (sasl.encode(salt) if options.task_salt is None
            else options.task_salt)
    await session.send(element(
        'task-data', element('salt', text, xmlns=SCRAM,
                             iterations=str(options.task_iterations)),
        xmlns=SASL2.strip('{}')))
    answer = (await session.next()).node
    given = sasl.decode(answer.findtext(f'{{{SCRAM}}}hash'))
    name = names[0]
    expected = hashlib.pbkdf2_hmac(
        HASHES[name], session.options.users[session.user].encode(), salt,
        options.task_iterations)
    session.log('upgraded', name, 'right' if given == expected else 'wrong')
    return b''
