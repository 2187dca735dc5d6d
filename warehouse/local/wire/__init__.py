"""The wire: PostgreSQL protocol 3.0 as Redshift speaks it, between an unmodified client and the PostgreSQL behind us.

messages.py  bytes <-> values, no I/O        auth.py     the md5 password exchange, no I/O
upstream.py  one connection to PostgreSQL    session.py  one client: what is passed on, what is worked out here
listener.py  sockets, threads, limits        reply.py    PostgreSQL's answers in Redshift's words
"""
