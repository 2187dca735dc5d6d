"""The runners of the public suites themselves, on pages of our own: what a statement is, and which class it gets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = """# A page

```
create table t (a int, b varchar(20)) distkey(a);
insert into t values (1, 'one; two'), (2, null);
```

```
select a, b -- both; of them
from t order by a;

 a |    b
---+----------
 1 | one; two
 2 |
(2 rows)

select sum(a) from t
where a > 0

sum
-----
 4
```

+ In a list:

  ```
  dev=# alter table t alter column a set not null;
  ERROR: ALTER COLUMN SET NOT NULL is not supported
  dev=# select a from not_there;
  dev=# create model m;
  dev=# select 1 from;
  dev=# copy t from '<where>';
  dev=# select sysdate;
  ```

## Syntax

```
SELECT something FROM somewhere
```
"""


def test_each_statement_gets_its_class(tmp_path: Path) -> None:
    (tmp_path / "doc_source").mkdir()
    (tmp_path / "doc_source" / "a_page.md").write_text(PAGE)
    failures = tmp_path / "failures.md"
    done = subprocess.run(
        [sys.executable, str(FOLDER / "aws_examples.py"), str(tmp_path), "--failures", str(failures)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = dict(line.split(" | ")[:2] for line in done.stdout.splitlines()[2:])
    assert {name.strip("| "): int(count) for name, count in counts.items()} == {
        "same": 1,
        "ran": 3,
        "refused": 1,
        "differs": 1,
        "not emulated": 1,
        "no objects": 1,
        "failed": 1,
        "(templates, left alone)": 2,
    }
    told = failures.read_text()
    assert "page: [['4']]; here: [['3']]" in told
    assert "select 1 from" in told and "not_there" in told
