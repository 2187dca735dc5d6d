"""TICKIT, the sample database of AWS's documentation: its seven tables, and rows for those of which none are given.

A folder with `venue.txt`, `category.txt`, `date.txt`, `event.txt`, `users.txt`, `listing.txt`, `sales.txt` (AWS's own
files, "|" between fields) may be given; what is not in it is generated, and what a page prints from a generated table
is then not compared. Source: AWS Developer Guide, c_sampledb.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import served

LIKES = ("sports", "theatre", "concerts", "jazz", "classical", "opera", "rock", "vegas", "broadway", "musicals")
DDL = {
    "users": "userid INTEGER NOT NULL DISTKEY SORTKEY, username CHAR(8), firstname VARCHAR(30), lastname VARCHAR(30), "
    "city VARCHAR(30), state CHAR(2), email VARCHAR(100), phone CHAR(14), "
    + ", ".join(f"like{one} BOOLEAN" for one in LIKES),
    "venue": "venueid SMALLINT NOT NULL DISTKEY SORTKEY, venuename VARCHAR(100), venuecity VARCHAR(30), "
    "venuestate CHAR(2), venueseats INTEGER",
    "category": "catid SMALLINT NOT NULL DISTKEY SORTKEY, catgroup VARCHAR(10), catname VARCHAR(10), "
    "catdesc VARCHAR(50)",
    "date": "dateid SMALLINT NOT NULL DISTKEY SORTKEY, caldate DATE NOT NULL, day CHARACTER(3) NOT NULL, "
    "week SMALLINT NOT NULL, month CHARACTER(5) NOT NULL, qtr CHARACTER(5) NOT NULL, year SMALLINT NOT NULL, "
    "holiday BOOLEAN DEFAULT ('N')",
    "event": "eventid INTEGER NOT NULL DISTKEY, venueid SMALLINT NOT NULL, catid SMALLINT NOT NULL, "
    "dateid SMALLINT NOT NULL SORTKEY, eventname VARCHAR(200), starttime TIMESTAMP",
    "listing": "listid INTEGER NOT NULL DISTKEY, sellerid INTEGER NOT NULL, eventid INTEGER NOT NULL, "
    "dateid SMALLINT NOT NULL SORTKEY, numtickets SMALLINT NOT NULL, priceperticket DECIMAL(8,2), "
    "totalprice DECIMAL(8,2), listtime TIMESTAMP",
    "sales": "salesid INTEGER NOT NULL, listid INTEGER NOT NULL DISTKEY, sellerid INTEGER NOT NULL, "
    "buyerid INTEGER NOT NULL, eventid INTEGER NOT NULL, dateid SMALLINT NOT NULL SORTKEY, qtysold SMALLINT NOT NULL, "
    "pricepaid DECIMAL(8,2), commission DECIMAL(8,2), saletime TIMESTAMP",
}
START, ROWS = dt.datetime(2008, 1, 1), 500


def load(connection: psycopg.Connection[Any], server: dict[str, Any], given: Path | None) -> set[str]:
    """Make the tables and COPY their rows from the server's S3 endpoint; returns the names of the generated ones."""
    generated = set()
    for table, columns in DDL.items():
        connection.execute(f"CREATE TABLE {table} ({columns})".encode())
        path = given / f"{table}.txt" if given else None
        if path and path.exists():
            data = path.read_bytes()
        else:
            lines = ("|".join("" if value is None else str(value) for value in row) for row in _rows(table))
            data = "\n".join(lines).encode()
            generated.add(table)
        uri = f"s3://tickit/{table}.txt"
        served.put(server, uri, data)
        connection.execute(f"COPY {table} FROM '{uri}' IAM_ROLE '{server['iam_role']}' DELIMITER '|'".encode())
    return generated


def _rows(table: str) -> Iterator[list[Any]]:
    seeded = random.Random(table)
    if table == "date":
        for day in range(365):
            at = START + dt.timedelta(days=day)
            quarter = str((at.month + 2) // 3)
            yield [
                1827 + day,
                at.date(),
                at.strftime("%a").upper()[:2],
                at.isocalendar().week,
                at.strftime("%b").upper(),
                quarter,
                at.year,
                day == 0,
            ]
        return
    for n in range(1, ROWS + 1):
        at = START + dt.timedelta(minutes=seeded.randrange(365 * 24 * 60))
        yield _row(table, n, at, seeded)


def _row(table: str, n: int, at: dt.datetime, seeded: random.Random) -> list[Any]:
    day, one = 1827 + (at - START).days, seeded.randint
    match table:
        case "users":
            name = f"{seeded.choice('ABCDE')}na{n}"
            place = seeded.choice([("Kent", "WA"), ("San Diego", "CA"), ("Troy", "NY"), ("Austin", "TX")])
            likes = [seeded.choice([True, False, None]) for _ in LIKES]
            return [n, f"U{n:07d}", name, f"Last{n % 50}", *place, f"{name}@example.com", f"({n:03d}) 555-0100", *likes]
        case "venue":
            return [n, f"Venue {n}", seeded.choice(["Boston", "Chicago"]), seeded.choice(["MA", "IL"]), n * 100]
        case "category":
            return [n, seeded.choice(["Shows", "Sports", "Concerts"]), f"Cat{n}", f"Category {n}"]
        case "event":
            return [n, one(1, 200), one(1, 11), day, f"Event {n}", at]
        case "listing":
            price, count = one(20, 400), one(1, 30)
            return [n, one(1, ROWS), one(1, ROWS), day, count, price, price * count, at]
        case _:
            paid = one(20, 5000)
            people = [one(1, ROWS), one(1, ROWS), one(1, ROWS), one(1, ROWS)]
            return [n, *people, day, one(1, 8), paid, f"{paid * 0.15:.2f}", at]
