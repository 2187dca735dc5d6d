"""When a transaction of a load is tried again, and how long it waits before.

Redshift answers two writers that got in each other's way with an error (1023, a row conflict, a deadlock), and S3 and
the network have bad moments. The cure is the same: roll back and run the whole unit again, a little later. What may be
tried again is said by the error itself (`.retryable`); what was staged stays staged.

https://docs.aws.amazon.com/redshift/latest/dg/c_serial_isolation.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tenacity import (
    AttemptManager,
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from warehouse.errors import SettingsError, WarehouseError


@dataclass(frozen=True)
class Retry:
    """How often a transaction is tried. The wait before the n-th try is random, up to `first_wait` * 2^(n-2) seconds,
    never more than `longest_wait`: two loads that collided once should not do so again.
    """

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_wait < 0 or self.longest_wait < 0:
            raise SettingsError(
                f"{self} cannot be kept.", next_step="Say at least one attempt, and waits of 0 seconds or more."
            )


# Once, whatever happens.
ONCE = Retry(attempts=1)


def tries(retry: Retry, waiting: Callable[[int], None]) -> Iterator[AttemptManager]:
    """A context manager for each try; the last error is raised as it is. `waiting` hears the number of the failed try
    before each wait."""

    def tell(state: RetryCallState) -> None:
        waiting(state.attempt_number)

    yield from Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, WarehouseError) and error.retryable),
        stop=stop_after_attempt(retry.attempts),
        wait=wait_random_exponential(multiplier=retry.first_wait, max=retry.longest_wait),
        before_sleep=tell,
        reraise=True,
    )
