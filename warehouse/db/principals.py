"""Who there is in a cluster: users, groups and roles, by name. They are the cluster's, not one database's.

https://docs.aws.amazon.com/redshift/latest/dg/r_Users.html
https://docs.aws.amazon.com/redshift/latest/dg/r_Groups.html
https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_ROLES.html
"""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.db import sql
from warehouse.schema.grants import Grant

_NAMED = {
    "user": "SELECT 1 FROM pg_catalog.pg_user WHERE usename = :name",
    "group": "SELECT 1 FROM pg_catalog.pg_group WHERE groname = :name",
    "role": "SELECT 1 FROM svv_roles WHERE role_name = :name",
}


def exists(connection: sa.Connection, principal: Grant) -> bool:
    """Is there a user, group or role of this name? PUBLIC always is."""
    asked = _NAMED.get(principal.kind)
    return asked is None or connection.execute(sa.text(asked), {"name": principal.name}).first() is not None


# How each kind is listed, without what the cluster makes itself, and made so that nobody can log in with it.
_KINDS = (
    ("SELECT usename FROM pg_catalog.pg_user WHERE usename <> 'rdsdb'", "CREATE USER {} PASSWORD DISABLE"),
    ("SELECT groname FROM pg_catalog.pg_group", "CREATE GROUP {}"),
    ("SELECT role_name FROM svv_roles WHERE role_name NOT LIKE 'sys:%'", "CREATE ROLE {}"),
)


def bring_over(source: sa.Connection, target: sa.Connection) -> None:
    """Make the users, groups and roles that `target` lacks of those of `source`: by name, without password or rights.

    The caller commits.
    """
    for listed, make in _KINDS:
        known = set(target.execute(sa.text(listed)).scalars())
        for name in sorted(set(source.execute(sa.text(listed)).scalars()) - known):
            target.exec_driver_sql(make.format(sql.name(name)))
