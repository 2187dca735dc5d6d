"""Who there is in a cluster: users, groups and roles, by name. They are the cluster's, not one database's.

https://docs.aws.amazon.com/redshift/latest/dg/r_Users.html
https://docs.aws.amazon.com/redshift/latest/dg/r_Groups.html
https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_ROLES.html
"""

from __future__ import annotations

import sqlalchemy as sa

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
