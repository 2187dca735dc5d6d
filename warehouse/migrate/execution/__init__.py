"""How migrations run: what is done, what is left, who may, and who is waited for.

fingerprint.py  what a revision says, as one number: comments and layout do not count
history.py      the table beside alembic_version: which revisions ran, and how far one has come
steps.py        a revision as numbered statements, each in a transaction or alone as Redshift demands
guard.py        questions asked before anything runs
mutex.py        one migration at a time, without advisory locks
watch.py        says what takes long, and on whom a statement waits
"""
