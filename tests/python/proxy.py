"""A small TCP proxy before PostgreSQL: it can be pointed elsewhere, shut, frozen, and it cuts a COMMIT in two."""

import socket
import struct
import threading

# A startup message has no type; this one only asks for encryption, and the startup proper follows.
SSL_REQUEST = 80877103


class Proxy:
    """Listens on a port of its own and passes on what it is told to."""

    def __init__(self, port):
        self.target = port
        self.cuts = 0
        self._lock = threading.Lock()
        self._armed, self._reached, self._then_shut = 0, True, False
        self._open, self._flows = True, threading.Event()
        self._flows.set()
        self._pairs, self._frozen = set(), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_commits(self, count, reached, then_shut=False):
        """Cuts the next COMMITs: after PostgreSQL has done them (`reached`) and before its reply, or before they arrive.

        `then_shut`: with the reply everything is gone, until it is opened again.
        """
        with self._lock:
            self._armed, self._reached, self._then_shut = count, reached, then_shut

    def shut(self):
        """Ends every connection and takes no new one."""
        self._open = False
        for pair in list(self._pairs):
            _end(*pair)

    def open(self):
        self._open = True

    def freeze(self):
        """Passes nothing on and ends nothing: the machine behind it is gone without a goodbye."""
        self._flows.clear()

    def renew(self):
        """New connections work again; those that were frozen stay silent, because nobody remembers them."""
        self._frozen.append(self._flows)
        self._flows = threading.Event()
        self._flows.set()

    def close(self):
        self.shut()
        for flows in (*self._frozen, self._flows):
            flows.set()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                client.close()
                continue
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client):
        while not (flows := self._flows).wait(0.1):
            pass
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.settimeout(None)
        pair = (client, server)
        self._pairs.add(pair)
        cut = threading.Event()
        threading.Thread(target=self._answers, args=(*pair, cut, flows), daemon=True).start()
        try:
            self._requests(client, server, cut, flows)
        except OSError:
            pass
        finally:
            _end(*pair)
            self._pairs.discard(pair)

    def _requests(self, client, server, cut, flows):
        """From the service to PostgreSQL, message by message.

        What is frozen is frozen between statements. Half of one keeps PostgreSQL waiting for its rest, no timeout of its
        sessions running, until TCP finds the other end gone, which here it never is.
        """
        started, between = False, True
        while True:
            head = _exactly(client, 4 if not started else 5)
            size = struct.unpack(">I", head[-4:])[0]
            body = _exactly(client, size - 4)
            if between:
                flows.wait()
            # A statement ends with Sync, or is one Query.
            between = not started or head[:1] in (b"S", b"Q")
            if not started:
                started = struct.unpack(">I", body[:4])[0] != SSL_REQUEST
            elif head[:1] == b"Q" and body.rstrip(b"\0").strip().upper() == b"COMMIT" and self._takes_one():
                if not self._reached:
                    return
                cut.set()
                server.sendall(head + body)
                # The reader of the answers ends the pair when PostgreSQL has answered, which nobody hears.
                while client.recv(65536):
                    pass
                return
            server.sendall(head + body)

    def _takes_one(self):
        with self._lock:
            if self._armed == 0:
                return False
            self._armed -= 1
            self.cuts += 1
            return True

    def _answers(self, client, server, cut, flows):
        """From PostgreSQL to the service, as it comes; the reply to a COMMIT that is cut goes nowhere."""
        try:
            while data := server.recv(65536):
                flows.wait()
                if cut.is_set():
                    if self._then_shut:
                        self.shut()
                    break
                client.sendall(data)
        except OSError:
            pass
        finally:
            _end(client, server)


def _exactly(source, size):
    data = b""
    while len(data) < size:
        part = source.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def _end(*sockets):
    for each in sockets:
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        each.close()
