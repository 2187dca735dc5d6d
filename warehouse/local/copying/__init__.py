"""COPY and UNLOAD: S3 objects to rows and back.

options.py  the parameters, settled        sources.py   prefix or manifest to objects to bytes
target.py   the table and its columns      text.py      CSV and delimited text, in blocks     columnar.py  Parquet
diagnose.py row by row: what was wrong     load.py      executes COPY      unload.py executes UNLOAD
failure.py  codes and errors               mover.py     what a session calls
"""
