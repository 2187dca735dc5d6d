"""What holds a load back: limits on its statements and on how much of a table it may rewrite.

https://docs.aws.amazon.com/redshift/latest/dg/r_statement_timeout.html
https://docs.aws.amazon.com/redshift/latest/dg/r_query_group.html
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.db import sql
from warehouse.errors import SettingsError


@dataclass(frozen=True)
class Guards:
    """Limits of one run.

    statement_timeout  seconds after which the warehouse cancels a statement, waiting for a lock included; 0 for never
    query_group        label of the statements in the query log, by which WLM routes them too
    most_rewritten     the share (0 to 1) of the table's rows that a run may replace or delete; None for any
    """

    statement_timeout: float = 0.0
    query_group: str = ""
    most_rewritten: float | None = None

    def __post_init__(self) -> None:
        if self.statement_timeout < 0:
            raise SettingsError(
                f"statement_timeout is {self.statement_timeout}.", next_step="Say seconds, or 0 for no limit."
            )
        if self.most_rewritten is not None and not 0 <= self.most_rewritten <= 1:
            raise SettingsError(f"most_rewritten is {self.most_rewritten}.", next_step="Say a share between 0 and 1.")

    def settings(self) -> tuple[tuple[str, str], ...]:
        """(SET, RESET) for each of the session's settings that are changed for the run."""
        changed = []
        if self.statement_timeout:
            milliseconds = max(1, round(self.statement_timeout * 1000))
            changed.append((f"SET statement_timeout TO {milliseconds}", "SET statement_timeout TO 0"))
        if self.query_group:
            changed.append((f"SET query_group TO {sql.literal(self.query_group)}", "RESET query_group"))
        return tuple(changed)
