"""Facts about Amazon Redshift as data, the AWS page beside each. Standard library only.

types.py         column types: spellings, arguments, limits, what may be a key
encodings.py     which encoding may compress which type
keys.py          limits of distribution keys, sort keys and names
copy_options.py  a row per option of COPY
privileges.py    what may be granted on a table or view
words.py         reserved words and system columns
refusals.py      what PostgreSQL has and Redshift refuses
"""
