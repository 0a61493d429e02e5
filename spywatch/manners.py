"""How requests are made: what an operator can set of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from spywatch.guard import AllowedHosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How requests are made; durations in seconds.

    Attributes:
        total_timeout: for one call, redirects included, waiting for turns not.
        connections: requests at once, and connections open, to all hosts together.
        host_concurrency: requests at once to one host.
        host_delay: pause between two starts at one host.
        host_delay_max: how far slow answers, "too many requests" and a crawl-delay can stretch it.
        host_patience: how much time all the pauses of one host may take; afterwards it is left alone.
        allowed_private_hosts: the guard's exceptions.
    """

    user_agent: str
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 60.0
    max_redirects: int = 10
    connections: int = 32
    host_concurrency: int = 2
    host_delay: float = 1.0
    host_delay_max: float = 30.0
    host_patience: float = 1_800.0
    allowed_private_hosts: AllowedHosts = field(default_factory=AllowedHosts)
