#!/usr/bin/python3
"""A peer made with slixmpp, for peers.bats.

usage: peer.py JID PASSWORD PORT CA send TO TYPE BODY
       peer.py JID PASSWORD PORT CA receive N

receive prints 'ready', then FROM<TAB>TYPE<TAB>SUBJECT<TAB>BODY lines.
"""

import inspect
import os
import sys

import slixmpp


class Peer(slixmpp.ClientXMPP):
    def __init__(self, jid, password, ca, action):
        # The SCRAM of some of its versions is refused by every server.
        super().__init__(jid, password, sasl_mech='PLAIN')
        self.ca_certs = ca
        self.action = action
        self.left = int(action[1]) if action[0] == 'receive' else 0
        self.add_event_handler('session_start', self.start)
        self.add_event_handler('message', self.print)
        self.add_event_handler('failed_auth', lambda _: os._exit(77))

    async def start(self, _):
        if self.action[0] == 'send':
            _, to, kind, body = self.action
            self.send_message(mto=to, mbody=body, mtype=kind)
            await self.disconnect(wait=2)
        else:
            self.send_presence()
            print('ready', flush=True)

    def print(self, message):
        print(message['from'].bare, message['type'], message['subject'],
              repr(message['body']), sep='\t', flush=True)
        self.left -= 1
        if self.left == 0:
            self.disconnect()


jid, password, port, ca, *action = sys.argv[1:]
peer = Peer(jid, password, ca, action)
peer.enable_direct_tls = False
# Newer versions take host and port, and leave the loop to us.
if 'host' in inspect.signature(peer.connect).parameters:
    peer.connect('127.0.0.1', int(port))
    peer.loop.run_until_complete(peer.disconnected)
else:
    peer.connect(address=('127.0.0.1', int(port)))
    peer.process(forever=False)
