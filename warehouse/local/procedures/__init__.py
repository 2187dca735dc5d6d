"""Stored procedures: PL/pgSQL as Redshift has it, run by this server, statement by statement.

PostgreSQL could run such bodies itself, but not what Redshift allows in them: COPY and UNLOAD, dynamic SQL in
Redshift's words, COMMIT and TRUNCATE in the middle, NONATOMIC procedures. So a call is interpreted here, and every
statement in it takes the way of a client's own. The text of a body is read in warehouse.local.translate.plpgsql.

variables.py   values, scopes, and putting them into SQL     host.py   what the session provides (wire/calling.py)
values.py      evaluating and assigning                      run.py    executing the statements

Sources: AWS "Creating stored procedures" (stored-procedure-overview), "PL/pgSQL language reference"
(c_pl_pgSQL_reference).
"""

from warehouse.local.procedures.host import Answer, Host, Procedure, Thrown
from warehouse.local.procedures.run import Interpreter, atomic

__all__ = ["Answer", "Host", "Interpreter", "Procedure", "Thrown", "atomic"]
