"""What has to hold, and whether it does."""

from kit.contest import above, at_least, at_most, below
from web.servers import REFERENCE


def _row(workload, figure, make, reference=REFERENCE, **values):
    """The same figure of some servers: `make` turns its value into a bar."""
    return [(workload, figure, reference, server, make(value)) for server, value in values.items()]


BARS = [
    *_row("hello", "per_cpu", at_least, event=2.3, pool=1.8, thread=1.5),
    *_row("small", "per_cpu", at_least, event=2.2, pool=1.7, thread=1.4),
    *_row("mid", "per_cpu", at_least, event=1.7, pool=1.4, thread=1.2),
    *_row("large", "per_cpu", at_least, event=1.9, pool=1.7, thread=1.7),
    *_row("close", "per_cpu", at_least, event=1.4, pool=1.2, thread=1.0),
    *_row("zipf", "per_cpu", at_least, event=1.9, pool=1.6, thread=1.4),
    *_row("many", "per_cpu", at_least, event=2.2, pool=1.7, thread=1.5),
    *_row("small", "per_cpu", at_least, "limit", event=0.9),
    *_row("zipf", "per_cpu", at_least, "limit", event=0.9),
    *_row("two", "per_cpu", at_least, event=2.0, pool=1.2, thread=1.2),
    *_row("many", "idle_memory", below, event=400, pool=400),
    *_row("many", "beside_idle", above, event=0.95, pool=0.95),
    *_row("one-client", "median", at_most, event=1.2, pool=1.2, thread=1.2),
    *_row("half-load", "late", at_most, event=1.2, pool=1.2, thread=1.2),
    *_row("tls", "per_cpu", at_least, event=1.0, pool=1.0, thread=1.0),
    *_row("handshakes", "per_cpu", at_least, event=1.0, pool=1.0, thread=1.0),
    *_row("php", "rate", at_least, event=0.95, pool=0.95, thread=0.95),
]
