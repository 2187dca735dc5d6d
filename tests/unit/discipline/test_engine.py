"""One set of rules for designs and for changes; waivers need reasons and must be needed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from warehouse.discipline import (
    AddColumn,
    AlterColumn,
    AlterDistribution,
    AlterSortKey,
    Change,
    Config,
    CreateTable,
    DropColumn,
    DropTable,
    Finding,
    RenameTable,
    RunSQL,
    SchemaDesign,
    check,
    hygiene,
    lint,
    refuse,
)
from warehouse.errors import DesignError, DisciplineError, SettingsError
from warehouse.schema import (
    ColumnDesign,
    ForeignKeyDesign,
    TableDesign,
    all_,
    auto,
    compound,
    even,
    key,
    table_options,
    unsorted,
)
from warehouse.schema.facts import TableFacts

BARE = TableDesign("fact_sale", columns=(ColumnDesign("a", "integer"),))
SOUND = TableDesign(
    "fact_sale",
    columns=(ColumnDesign("a", "integer", nullable=False, encode="az64", comment="Number."),),
    primary_key=("a",),
    dist=key("a"),
    sort=unsorted(),
    comment="One row per sale.",
)


def changed(design: TableDesign, **fields: Any) -> TableDesign:
    return TableDesign(**{**{name: getattr(design, name) for name in design.__dataclass_fields__}, **fields})


def codes(findings: list[Finding]) -> list[str]:
    return [one.code for one in findings]


def test_a_bare_table_breaks_every_rule_for_tables() -> None:
    assert codes(check([BARE])) == ["WH001", "WH002", "WH003", "WH004", "WH101", "WH102"]


def test_a_sound_table_breaks_none() -> None:
    assert check([SOUND]) == []


def test_the_message_is_the_houses() -> None:
    assert str(check([BARE])[0]) == (
        'WH001 fact_sale: no distribution is declared. Say dist=key("…") or dist=even(); see "warehouse rule WH001".'
    )


def test_a_rule_cannot_tell_which_gate_asked() -> None:
    assert check([CreateTable(BARE)]) == check([BARE])
    assert check([CreateTable(SOUND)]) == []


def test_an_added_column_meets_the_rules_for_columns() -> None:
    added = AddColumn("fact_sale", "mart", ColumnDesign("b", "character varying(9)"))
    assert [(one.code, one.subject, one.table) for one in check([added])] == [
        ("WH101", "mart.fact_sale.b", "mart.fact_sale"),
        ("WH102", "mart.fact_sale.b", "mart.fact_sale"),
    ]
    assert 'for character varying(9) "lzo" is usual' in str(check([added])[0])
    assert check([AddColumn("t", None, ColumnDesign("b", "integer", encode="az64", comment="B."))]) == []


def test_an_added_column_is_judged_with_what_is_known_of_its_table() -> None:
    added = AddColumn("fact_sale", None, ColumnDesign("b", "integer", comment="B."))
    assert codes(check([added])) == ["WH101"]
    assert check([added], known=SchemaDesign.of([changed(SOUND, encode="auto")])) == []


def test_changes_are_judged_with_those_before_them() -> None:
    changes = [CreateTable(SOUND), AlterSortKey("fact_sale", None, compound("a")), DropColumn("fact_sale", None, "a")]
    assert codes([one for one in check(changes) if one.severity == "error"]) == ["WH213", "WH213"]
    resolved = [changes[0], AlterDistribution("fact_sale", None, even()), *changes[2:]]
    assert codes([one for one in check(resolved) if one.severity == "error"]) == []
    renamed = [CreateTable(SOUND), RenameTable("fact_sale", None, "sold"), DropColumn("sold", None, "a")]
    assert [one.table for one in check(renamed) if one.code == "WH213"] == ["sold"]


def test_waivers_that_could_not_be_asked_are_left_alone() -> None:
    facts = [TableFacts("fact_sale", rows=9_000_000)]
    large = changed(SOUND, dist=all_(), waivers={"WH018": "the planner wants it"})
    assert check([large]) == []
    assert check([large], known=SchemaDesign(facts={"fact_sale": facts[0]})) == []
    assert check([changed(SOUND, waivers={"WH008": "joined with a vendor's table"})]) == []
    assert (
        hygiene([changed(SOUND, waivers={"WH303": "kept for the auditors"})], [TableFacts("fact_sale", unread_days=99)])
        == []
    )


def test_a_link_is_judged_when_both_tables_are_known() -> None:
    buyer = changed(SOUND, name="buyer", dist=even())
    link = ForeignKeyDesign(("a",), "buyer", ("a",))
    sale = changed(
        SOUND, columns=(ColumnDesign("a", "bigint", nullable=False, encode="az64", comment="A."),), foreign_keys=(link,)
    )
    assert codes(check([sale])) == []
    assert codes(check([sale, buyer])) == ["WH015"]
    assert codes(check([sale], known=SchemaDesign.of([buyer]))) == ["WH015"]


def test_the_leading_sort_column_is_advised_to_stay_raw() -> None:
    design = TableDesign.from_table(sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), redshift_sortkey=["a"]))
    (found,) = [one for one in check([design]) if one.code == "WH101"]
    assert 'for integer "raw" is usual' in str(found)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (DropTable("fact_sale", None), "WH201"),
        (DropColumn("fact_sale", None, "a"), "WH202"),
        (AlterColumn("fact_sale", None, "a", frozenset({"nullable"})), "WH209"),
        (RunSQL("SELECT 1; DELETE FROM fact_sale"), "WH402"),
    ],
)
def test_changes_have_rules_too(change: Change, code: str) -> None:
    assert [(one.code, one.table) for one in check([change])] == [(code, "fact_sale")]


def test_a_waiver_holds_back_its_rule_on_its_table_only() -> None:
    waived = changed(SOUND, dist=None, waivers={"WH001": "decided by the vendor"})
    other = changed(SOUND, name="other", dist=None)
    assert [(one.code, one.subject) for one in check([waived, other])] == [("WH001", "other")]


def test_a_tables_waiver_holds_for_its_columns() -> None:
    uncommented = ColumnDesign("a", "integer", nullable=False, encode="az64")
    assert check([changed(SOUND, columns=(uncommented,), waivers={"WH102": "generated names"})]) == []


@pytest.mark.parametrize(
    ("code", "says"), [("WH001", "WH001 is waived, but not broken"), ("WH777", "there is no such rule")]
)
def test_an_unneeded_waiver_is_a_finding(code: str, says: str) -> None:
    (found,) = check([changed(SOUND, waivers={code: "because"})])
    assert (found.code, found.subject, found.severity) == ("WH009", "fact_sale", "error")
    assert says in found.message


def test_an_empty_reason_is_refused() -> None:
    with pytest.raises(DesignError, match="waiver of WH001 gives no reason"):
        changed(SOUND, waivers={"WH001": ""})
    with pytest.raises(DisciplineError, match="waiver of WH001 gives no reason"):
        check([], waivers={"WH001": " "})


def test_a_revisions_waivers_hold_for_all_of_it() -> None:
    subjects = [CreateTable(changed(SOUND, dist=None)), CreateTable(changed(SOUND, name="b", dist=None))]
    assert check(subjects, waivers={"WH001": "imported as they are"}) == []
    assert codes(check([CreateTable(SOUND)], waivers={"WH001": "imported as they are"})) == ["WH009"]


def test_the_tables_waiver_is_asked_first() -> None:
    design = changed(SOUND, dist=None, waivers={"WH001": "decided by the vendor"})
    assert codes(check([design], waivers={"WH001": "all of them"})) == ["WH009"]


def test_tables_of_tools_are_not_ours() -> None:
    metadata = sa.MetaData()
    sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True))
    assert lint(metadata) == []
    assert check([AddColumn("alembic_version", "mart", ColumnDesign("a", "integer"))]) == []


def test_a_configuration_from_plain_data() -> None:
    config = Config.from_mapping({"ignore_tables": ["legacy"], "severity": {"WH004": "warning", "WH102": "off"}})
    assert check([changed(BARE, name="legacy")], config) == []
    assert [(one.code, one.severity) for one in check([BARE], config)] == [
        ("WH001", "error"),
        ("WH002", "error"),
        ("WH003", "error"),
        ("WH004", "warning"),
        ("WH101", "error"),
    ]
    assert "alembic_version" in config.ignore_tables


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"severity": {"WH777": "off"}}, "There is no rule WH777"),
        ({"severity": {"WH001": "loud"}}, "'loud' is no severity"),
        ({"ignored": ["a"]}, "have no ignored"),
        ({"ignore": ["a"]}, "No rule's code begins with a"),
        ({"waivers": [{"rule": "WH001", "table": "a"}]}, "waiver of WH001 gives no reason"),
        ({"waivers": [{"rule": "WH001", "reason": "b"}]}, "waiver of WH001 is for everything"),
        ({"waivers": [{"rule": "WH777", "reason": "b", "table": "a"}]}, "There is no rule WH777"),
        ({"waivers": [{"rule": "WH001", "why": "b", "table": "a"}]}, "A waiver has no why"),
    ],
)
def test_a_wrong_configuration_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Config.from_mapping(options)


def test_refuse_raises_for_errors_and_keeps_all_findings() -> None:
    findings = check([BARE])
    with pytest.raises(DisciplineError) as refused:
        refuse(findings)
    assert refused.value.findings == tuple(findings)
    assert "5 rules are broken" in str(refused.value)
    assert "WH102" not in str(refused.value)


def test_refuse_lets_warnings_pass() -> None:
    findings = [one for one in check([BARE]) if one.severity == "warning"]
    assert findings
    refuse(findings)
    refuse([])


def test_lint_goes_by_table_and_tells_impossible_designs() -> None:
    metadata = sa.MetaData()
    for name in ("zebra", "ant"):
        sa.Table(name, metadata, sa.Column("a", sa.Integer), **table_options(dist=auto()))
    assert list(dict.fromkeys(one.table for one in lint(metadata))) == ["ant", "zebra"]
    sa.Table("bat", metadata, sa.Column("a", sa.Integer, index=True))
    with pytest.raises(DesignError, match="table bat: Redshift has no indexes"):
        lint(metadata)
