"""The wire: PostgreSQL protocol 3.0 as Redshift speaks it, between an unmodified client and the PostgreSQL behind us.

messages.py  bytes <-> values, no I/O        auth.py       the password exchange, no I/O
listener.py  sockets, threads, limits        upstream.py   one connection to PostgreSQL
relay.py     bytes to and fro                execution.py  plans that are ours
session.py   one client's messages           statement.py  what is kept of a statement's text
history.py   the query log                   reply.py      PostgreSQL's answers in Redshift's words
"""
