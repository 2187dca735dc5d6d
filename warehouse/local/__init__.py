"""The embedded Redshift: a real server that keeps the keys, accepts what Redshift accepts, refuses what it refuses.

control.py   start, stop, status, reset        server.py     what runs in the server's process
place.py     where it listens and keeps state
wire/        the protocol                      translate/    Redshift's SQL to plans
catalog/     the designs and the views         copying/      COPY and UNLOAD
postgres.py  the PostgreSQL behind it          s3.py         the S3 endpoint

It never imports SQLAlchemy or warehouse.schema: a server that knew its client's ORM would agree with itself.
"""

from warehouse.local.control import reset, start, status, stop

__all__ = ["reset", "start", "status", "stop"]
