"""The servers: ours, others, and those written by hand, one row each."""

import os
import shutil
import socket
import string
import subprocess
import time
from pathlib import Path

from kit import program
from kit.process import PATIENCE, Family, pinned
from web import place

OURS, OTHERS, BY_HAND, ALSO = "ours", "others", "by hand", "also"

TLS, PHP = "tls", "php"  # what a run may ask of a server, beside files
ALWAYS, TWO = "always", "two cores"  # further conditions of parts of its command line

CHILDREN = 8  # of php-fpm


class Text(string.Template):
    """@{name} is replaced: in the table below, and in the files of conf/."""

    delimiter = "@"


class Server:
    """`command`: its command line, in which words are replaced, as in `conf`, a file that it reads.
    `parts`: further things to replace, each made of the texts of what a run asks for. `extra`: it
    takes part only when it is named."""

    def __init__(self, name, group, what, command, conf=None, can=(), parts=None, extra=False):
        self.name = name
        self.group = group
        self.what = what
        self.command = command
        self.conf = conf
        self.can = set(can)
        self.parts = parts or {}
        self.extra = extra

    def executable(self):
        """Its file, None if it is not there."""
        name = self.command.split()[0]
        if not name.startswith("@"):
            return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        file = Path(Text(name).substitute(build=program.build_folder()))
        return program.relative(file) if os.access(file, os.X_OK) else None

    def told(self):
        """What it is, and how it is started."""
        command = Text(self.command).safe_substitute(build=program.relative(program.build_folder()))
        return ": ".join(filter(None, [self.name, self.what, " ".join(command.split())]))

    def words(self, values):
        """The command line; writes the file that it reads."""
        if self.conf:
            text = (program.ROOT / "bench/web/conf" / self.conf).read_text(encoding="utf-8")
            values["conf"] = values["folder"] / self.conf
            values["conf"].write_text(Text(text).substitute(values), encoding="utf-8")
        rest = self.command.split()[1:]
        return [self.executable(), *Text(" ".join(rest)).substitute(values).split()]


OUR_PARTS = {
    "more": {TLS: "--tls-cert @{certificate} --tls-key @{key}", PHP: "--php @{php}"},
}


def ours(name, runtime, options, what, extra=False):
    return Server(
        name, OURS, what,
        f"@{{build}}/bin/web-{runtime} {options} --listen 127.0.0.1:@{{port}} --root @{{root}}"
        " --idle-timeout 600 --log-level warning @{more}",
        can=[TLS, PHP], parts=OUR_PARTS, extra=extra,
    )


def nginx(name, what, can=(), http=""):
    return Server(
        name, OTHERS, what, "nginx -p @{folder} -c @{conf}", "nginx.conf", can,
        {
            "listen": {TLS: "ssl", TWO: "reuseport"},
            "http": {
                ALWAYS: http,
                PHP: "upstream php { server unix:@{php}; keepalive @{children}; }",
            },
            "server": {
                TLS: "ssl_certificate @{certificate}; ssl_certificate_key @{key};"
                     " ssl_protocols TLSv1.2 TLSv1.3;",
                PHP: r"location ~ \.php$ { fastcgi_pass php; fastcgi_keep_conn on;"
                     " include /etc/nginx/fastcgi_params;"
                     " fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; }",
            },
        },
    )


def by_hand(name, what, source, options=""):
    return Server(
        name, BY_HAND, what,
        f"@{{build}}/bench/web-{source} --listen @{{port}} --root @{{root}} {options}",
    )


REFERENCE = "nginx"

SERVERS = (
    ours("event", "event", "--loops @{workers}", "a loop for each core"),
    ours("pool", "pool", "", "workers and a queue"),
    ours("thread", "thread", "", "a thread for each connection"),
    ours("processes", "event", "--loops 1 --processes @{workers}",
         "event with a process for each core (SYMPED)", extra=True),
    nginx("nginx", "a worker for each core", [TLS, PHP]),
    nginx("nginx-cache", "the same with open_file_cache, looked at again after a second",
          http="open_file_cache max=4096 inactive=600s; open_file_cache_valid 1s;"),
    Server("lighttpd", OTHERS, "a worker for each core", "lighttpd -D -f @{conf}",
           "lighttpd.conf"),
    Server("h2o", OTHERS, "a thread for each core", "h2o -c @{conf}", "h2o.conf"),
    Server("apache", OTHERS, "event MPM, 256 threads", "apache2 -D FOREGROUND -f @{conf}",
           "apache.conf"),
    by_hand("limit", "a loop around epoll, files in memory (SPED; a process for each core: SYMPED)",
            "limit", "--workers @{workers}"),
    by_hand("threads", "a thread for each connection, files in memory", "threads"),
    by_hand("dispatcher", "one waits, 8 workers serve, files in memory", "pool"),
    by_hand("leader", "leader/follower, 8 workers, files in memory", "leader"),
    by_hand("staged", "a thread for each of four stages, files in memory", "staged"),
)

BY_NAME = {server.name: server for server in SERVERS}


def also(name, command):
    """A server that is not in the table, another build of ours for instance. With @{more} in its
    command it takes part in what ours can."""
    return Server(name, ALSO, "", command, can=[TLS, PHP] if "@{more}" in command else [],
                  parts=OUR_PARTS)


BY_HAND_SOURCES = ("limit", "threads", "pool", "leader", "staged")
SHARED_SOURCES = ("connection", "dispatcher", "documents", "queue", "request", "start")


def build():
    """Compiles those that are written by hand."""
    for name in BY_HAND_SOURCES:
        sources = [f"bench/web/peers/{source}.c" for source in (name, *SHARED_SOURCES)]
        program.c(f"web-{name}", *sources, flags=["-pthread"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _last_lines(file):
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return "; ".join(lines[-2:]) or "it says nothing"


def _wait_for(port, family, log):
    """Until it takes connections. `port`: or the path of a Unix socket."""
    end = time.monotonic() + PATIENCE
    where = ("127.0.0.1", port) if isinstance(port, int) else port
    while True:
        try:
            with socket.socket(socket.AF_UNIX if where is port else socket.AF_INET) as probe:
                probe.connect(where)
            return
        except OSError:
            if family.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"does not start: {_last_lines(log)}") from None
            time.sleep(0.01)


class Running(Family):
    """A started server, at `port`. `asked`: what the run asks of it beside files."""

    def __init__(self, server, where, cpus, workers=1, asked=(), php=None):
        folder = where.new_folder(server.name)
        certificate, key = where.key() if TLS in asked else ("", "")
        self.name = server.name
        self.port = free_port()
        self.tls = TLS in asked
        values = {
            "port": self.port, "root": where.root, "folder": folder, "workers": workers,
            "forks": workers if workers > 1 else 0, "user": place.user(), "group": place.group(),
            "certificate": certificate, "key": key, "php": php, "children": CHILDREN,
        }
        on = {ALWAYS, *asked, *([TWO] if workers > 1 else [])}
        for part, texts in server.parts.items():
            text = " ".join(text for asks, text in texts.items() if asks in on)
            values[part] = Text(text).safe_substitute(values)
        log = folder / "log"
        super().__init__(pinned(server.words(values), cpus), log)
        try:
            _wait_for(self.port, self, log)
        except BaseException:
            self.kill()
            raise


class PhpProcesses(Family):
    """php-fpm, at the Unix socket `path`."""

    def __init__(self, where, cpus):
        folder = where.new_folder("php-fpm")
        self.path = folder / "socket"
        conf = folder / "php-fpm.conf"
        text = (program.ROOT / "bench/web/conf/php-fpm.conf").read_text(encoding="utf-8")
        conf.write_text(Text(text).substitute(folder=folder, php=self.path, children=CHILDREN,
                                              user=place.user(), group=place.group()))
        root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
        log = folder / "log"
        super().__init__(pinned([php_executable(), "-F", "-y", conf, *root], cpus), log)
        try:
            _wait_for(str(self.path), self, log)
        except BaseException:
            self.kill()
            raise


def php_executable():
    """Debian's have their version in the name: the last of them."""
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        raise RuntimeError("there is no php-fpm")
    return found[-1]


def version(server):
    """What one of the others calls itself; nothing of the rest."""
    if server.group != OTHERS:
        return ""
    done = subprocess.run([server.executable(), "-v"], capture_output=True, text=True)
    return (done.stdout + done.stderr).splitlines()[0].strip()
