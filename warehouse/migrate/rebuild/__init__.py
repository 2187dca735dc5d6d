"""Building a table anew, for what Redshift cannot change in place.

    check   the data fits: no duplicate keys, no nulls where none may be, no value that a new type would change
    create  the new table beside the old one, without keys
    copy    the rows, with an explicit column list, in a statement of its own
    swap    in one transaction: lock the old table, compare counts and contents, take the old one's place by renames,
            and carry over keys, comments, owner, grants, foreign keys of other tables and dependent views

Until the swap nothing of the old table changes, and the swap happens whole or not at all. A run that is killed goes on
where it stopped; when the table was written to meanwhile, the swap is refused, or, in a later run, the rows are copied
again under the lock.

conversions.py  how a value gets from one type to another, and whether it survives
plan.py         what will be done, as a value that can be printed
contents.py     counts and sums by which two tables are compared
carry.py        what hangs on the old table: statements before and after the swap
run.py          doing it
"""
