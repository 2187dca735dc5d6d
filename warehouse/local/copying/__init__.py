"""COPY and UNLOAD: S3 objects to rows and back.

    sources.py     prefix or manifest to objects, an object to plain bytes (encoding.py: of other encodings)
    options.py     COPY's parameters, settled; which there are is warehouse.redshift.copy_options
    credentials.py the form of the credentials
    target.py      the table and its columns

A format is a module with a function `read(stream, work)` that yields what PostgreSQL's COPY takes; formats.py says
which there are, work.py what they get and give. Two ways lead there:

    fast           blocks of bytes that need no change, or that Arrow changes: (options of PostgreSQL's COPY, bytes)
    record by record   records.Record or failure.Rejected, one by one, through Work.convert: convert.py checks and
                   converts each value under all conversion parameters (dates.py: dates), so that NULLs, load errors and
                   MAXERROR are the same in every format

    text.py        CSV, delimited, fixed width, cut into blocks (blocks.py): as they are (plain.py), changed in columns
                   (vectors.py), or record by record (lines.py)
    columnar.py    Parquet

    load.py        executes COPY: when PostgreSQL refuses what a fast way let through, the file is read again, carefully
    ahead.py       reads and checks while PostgreSQL eats
    unload.py      executes UNLOAD; unload_options.py its parameters
    failure.py     codes and errors, and what was found wrong
    journal.py     the rows of the load views     mover.py     what a session calls
"""
