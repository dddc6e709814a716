"""A php-fpm of one's own: not the system's service, with nothing outside one folder."""

import glob
import os
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from drive import PATIENCE, until

CONFIGURATION = """\
[global]
error_log = {folder}/php-fpm.log
daemonize = no
[www]
{user}
listen = {folder}/php-fpm.sock
pm = static
pm.max_children = {children}
pm.max_requests = {requests}
"""


def php_fpm_program():
    """The newest that is installed; None if there is none."""
    return max(glob.glob("/usr/sbin/php-fpm*"), default=None)


def _listens(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextmanager
def php_fpm(folder, children=3, requests=0):
    """Runs it until the end of the block, with so many processes, each of which ends after so many
    requests (0: never). Gives the path of its socket. Started by root, it runs scripts as nobody."""
    user = "user = nobody\ngroup = nogroup" if os.geteuid() == 0 else ""
    configuration = Path(folder, "php-fpm.conf")
    configuration.write_text(
        CONFIGURATION.format(folder=folder, user=user, children=children, requests=requests)
    )
    command = [php_fpm_program(), "--nodaemonize", "--fpm-config", configuration]
    path = f"{folder}/php-fpm.sock"
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(path) or running.poll() is not None, "php-fpm listens")
        if running.poll() is not None:
            raise RuntimeError(f"{command[0]}: exit {running.returncode}")
        yield path
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE)
