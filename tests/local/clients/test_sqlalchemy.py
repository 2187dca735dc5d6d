"""SQLAlchemy through sqlalchemy-redshift, unmodified: its commands, reflection of what it made, ORM, pandas."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy_redshift import commands, dialect


@pytest.fixture(params=["redshift_connector", "psycopg2"])
def engine(request, local_server, shared, schema):
    url = local_server["url"].replace("/dev?", f"/{shared}?")
    if request.param == "psycopg2":
        url = url.replace("redshift_connector", "psycopg2").replace("ssl=false", "sslmode=disable")
    made = sa.create_engine(url, poolclass=sa.NullPool)

    @sa.event.listens_for(made, "connect")
    def choose_schema(connection, _):
        cursor = connection.cursor()
        cursor.execute(f"SET search_path TO {schema}")
        connection.commit()

    yield made
    made.dispose()


@pytest.fixture
def sale(engine):
    table = sa.Table(
        "sale",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False, redshift_encode="az64"),
        sa.Column("name", sa.String(20), server_default=sa.text("'none'")),
        sa.Column("at", dialect.TIMESTAMPTZ),
        redshift_diststyle="KEY",
        redshift_distkey="id",
        redshift_interleaved_sortkey=["id", "name"],
    )
    table.create(engine)
    return table


def test_what_was_made_is_reflected(engine, sale, schema):
    found = sa.Table("sale", sa.MetaData(), schema=schema, autoload_with=engine)
    assert [type(column.type) for column in found.columns] == [sa.BIGINT, sa.VARCHAR, dialect.TIMESTAMPTZ]
    assert found.c.name.type.length == 20
    assert [column.name for column in found.primary_key] == ["id"]
    options = sa.inspect(engine).get_table_options("sale", schema=schema)
    assert (options["redshift_diststyle"], options["redshift_distkey"]) == ("KEY", "id")
    assert options["redshift_interleaved_sortkey"] == ("id", "name")


def test_views_are_reflected(engine, sale, schema):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW names AS SELECT name FROM sale")
        late = f"CREATE VIEW late AS SELECT id, name FROM {schema}.sale WITH NO SCHEMA BINDING"
        connection.exec_driver_sql(late)
    inspector = sa.inspect(engine)
    assert set(inspector.get_view_names(schema=schema)) == {"late", "names"}
    assert "SELECT" in inspector.get_view_definition("names", schema=schema).upper()
    columns = inspector.get_columns("late", schema=schema)
    assert [(column["name"], str(column["type"])) for column in columns] == [("id", "BIGINT"), ("name", "VARCHAR(20)")]


def run(connection, command):
    """Run COPY or UNLOAD: redshift_connector sends parameters to the server, and these two take none there."""
    if connection.engine.driver == "psycopg2":
        connection.execute(command)
    else:
        text = command.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        connection.exec_driver_sql(str(text))


def test_copy_and_unload_commands(engine, sale, stage):
    uri = stage.put("rows.csv", 'id,name,at\n1,"a, b",2020-01-01 00:00:00+00\n2,NA,\n')
    copy = commands.CopyCommand(
        sale, data_location=uri, iam_role_arns=stage.role, format=commands.Format.csv, ignore_header=1,
        dangerous_null_delimiter="NA", stat_update=True, comp_update=False, max_error=0, blanks_as_null=True,
    )  # fmt: skip
    unload = commands.UnloadFromSelect(
        select=sa.select(sale.c.id, sale.c.name).where(sale.c.id < 10),
        unload_location=f"{stage.uri}/out_",
        iam_role_arns=stage.role,
        format=commands.Format.csv,
        header=True,
        parallel=False,
        manifest=True,
    )
    with engine.begin() as connection:
        run(connection, copy)
        found = connection.execute(sa.select(sale.c.id, sale.c.name).order_by(sale.c.id)).all()
        assert found == [(1, "a, b"), (2, None)]
        run(connection, unload)
    assert stage.read(f"{stage.uri}/out_000") == b'id,name\n1,"a, b"\n2,\n'
    assert "out_manifest" in stage.names()


def test_materialized_views_and_appends(engine, sale):
    other = sale.to_metadata(sa.MetaData(), name="sale_new")
    other.create(engine)
    view = dialect.CreateMaterializedView("totals", sa.select(sa.func.count(sale.c.id).label("n")))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(other.insert(), [{"id": 7}, {"id": 8}])
        connection.execute(view)
        connection.execute(commands.AlterTableAppendCommand(source=other, target=sale))
        connection.execute(commands.RefreshMaterializedView("totals"))
        assert connection.exec_driver_sql("SELECT n FROM totals").scalar_one() == 2
        connection.execute(dialect.DropMaterializedView("totals"))


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    __table_args__ = {"redshift_diststyle": "ALL"}  # noqa: RUF012 as SQLAlchemy wants it

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, redshift_identity=(1, 1))
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)


def test_the_orm_with_an_identity_column(engine):
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(Customer.__table__.insert().inline(), [{"name": "Ann"}, {"name": "Bob"}])
    with Session(engine) as session:
        found = session.scalars(sa.select(Customer).order_by(Customer.name)).all()
        assert [customer.name for customer in found] == ["Ann", "Bob"]
        assert len({customer.id for customer in found}) == 2
        found[0].name = "Anna"
        session.delete(found[1])
        session.commit()
        assert session.scalars(sa.select(Customer.name)).all() == ["Anna"]


def test_a_returning_is_refused(engine, sale):
    with pytest.raises(sa.exc.DBAPIError, match="RETURNING"), engine.begin() as connection:
        connection.execute(sale.insert().returning(sale.c.id), {"id": 1})


def test_pandas_writes_and_reads(engine, schema):
    frame = pd.DataFrame({"id": [1, 2], "share": [0.5, None], "name": ["it's", "%"], "good": [True, False]})
    frame.to_sql("frames", engine, schema=schema, index=False, method="multi", chunksize=1)
    frame.to_sql("frames", engine, schema=schema, index=False, if_exists="append")
    read = pd.read_sql("SELECT * FROM frames ORDER BY id", engine)
    pd.testing.assert_frame_equal(read.drop_duplicates(ignore_index=True), frame, check_dtype=False)
    assert len(read) == 4
    frame.to_sql("frames", engine, schema=schema, index=False, if_exists="replace")
    assert len(pd.read_sql_query(sa.text("SELECT id FROM frames WHERE id = :id"), engine, params={"id": 1})) == 1
