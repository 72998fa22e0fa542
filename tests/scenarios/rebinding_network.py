"""A network of its own, with a name server that rebinds, for one program: run under `unshare --mount --net`.

The name rebinds.example has the public address PUBLIC when it is first asked for, and this machine's own ever after;
a web server stands at each. Arguments: where `ip` is, a folder, then the program. `log.json` in the folder tells what
was asked and answered.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

PUBLIC = "93.184.216.34"
PRIVATE = "127.0.0.1"
NAME = "rebinds.example"
A_RECORD = 1


def serve_names(server: socket.socket, log: list[str]) -> None:
    """Answer for NAME (RFC 1035): no record but A, whose address is another after the first question for it."""
    while True:
        query, client = server.recvfrom(4096)
        labels = []
        at = 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        end = at + 5
        is_known = ".".join(labels) == NAME
        has_answer = is_known and struct.unpack(">H", query[at + 1 : at + 3])[0] == A_RECORD
        head = query[:2] + struct.pack(">HHHHH", 0x8180 if is_known else 0x8183, 1, int(has_answer), 0, 0)
        answer = b""
        if has_answer:
            address = PRIVATE if log else PUBLIC
            log.append(address)
            answer = b"\xc0\x0c" + struct.pack(">HHIH", A_RECORD, 1, 0, 4) + socket.inet_aton(address)
        server.sendto(head + query[12:end] + answer, client)


def serve_pages(server: socket.socket, log: list[str], address: str) -> None:
    """Say which address this is, to whoever connects."""
    while True:
        connection, _ = server.accept()
        log.append(address)
        with connection:
            connection.recv(65536)
            body = address.encode()
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )


def main(ip: str, folder: str, *command: str) -> int:
    subprocess.run([ip, "link", "set", "lo", "up"], check=True)
    subprocess.run([ip, "address", "add", PUBLIC + "/32", "dev", "lo"], check=True)
    settings = Path(folder, "resolv.conf")
    settings.write_text(f"nameserver {PRIVATE}\n", "utf-8")
    subprocess.run(["mount", "--bind", settings, "/etc/resolv.conf"], check=True)
    answered: list[str] = []
    connected: list[str] = []
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((PRIVATE, 53))
    threading.Thread(target=serve_names, args=(names, answered), daemon=True).start()
    for address in (PUBLIC, PRIVATE):
        pages = socket.create_server((address, 80))
        threading.Thread(target=serve_pages, args=(pages, connected, address), daemon=True).start()
    done = subprocess.run(command, check=False)
    Path(folder, "log.json").write_text(json.dumps([answered, connected]), "utf-8")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
