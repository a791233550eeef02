"""The report: its schema, its three forms, and names that nobody wishes to print."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.printable import markdown_code, printable
from agent.report import AppSpend, Input, ModelSpend, Period, Report, Spend, json_schema
from agent.report_lines import lines
from agent.report_markdown import markdown
from agent.report_table import alone, alone_in_words, usd
from agent.report_text import text
from agent.report_values import a_month
from tests.agent.reports import NAMES, empty, hostile

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("report.txt", text(hostile(), width=100)),
        ("report.md", markdown(hostile())),
        ("report.json", hostile().to_json()),
        ("empty.txt", text(empty(), width=100)),
    ],
)
def test_the_forms_are_as_they_were(name: str, drawn: str) -> None:
    assert drawn == (GOLDEN / name).read_text(encoding="utf-8")


def test_no_name_controls_the_terminal() -> None:
    for width in (40, 80, 200):
        for line in text(hostile(), width=width).splitlines():
            assert all(unicodedata.category(char) not in ("Cc", "Cf") for char in line)
            assert len(line) <= width


def test_colour_is_the_only_difference_on_a_terminal() -> None:
    plain, coloured = text(hostile(), color=False), text(hostile(), color=True)
    assert "\x1b" not in plain
    unescaped = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines())
    assert coloured != plain
    assert unescaped == plain.rstrip("\n")


def test_markdown_tables_keep_their_columns_and_names_mean_nothing() -> None:
    drawn = markdown(hostile())
    for block in drawn.split("\n\n"):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1
    outside_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", drawn)
    for hostile_part in ("<script", "[/foo]", "@here", "https://evil", "<b>", "https://x.y"):
        assert hostile_part not in outside_code


@given(st.text(max_size=200))
def test_any_name_is_one_code_span_of_one_cell(name: str) -> None:
    code = markdown_code(name)
    fence = re.match("`+", code)
    assert fence is not None
    assert code.endswith(fence.group())
    inside = code[len(fence.group()) : -len(fence.group())]
    assert fence.group() not in re.findall("`+", inside)
    assert not re.search(r"(?<!\\)\|", code)
    assert "\n" not in code


@given(st.text(max_size=300), st.integers(min_value=2, max_value=80))
def test_any_name_is_printable_and_short(name: str, limit: int) -> None:
    shown = printable(name, limit)
    assert shown == "(blank)" or len(shown) <= limit
    assert shown.isprintable()
    assert printable(shown, max(limit, len(shown))) == shown


def test_no_name_and_a_blank_name_are_told_apart() -> None:
    assert printable(None) == "(none)"
    assert printable(NAMES["blank"]) == "(blank)"
    assert printable("gpt-4o") == "gpt-4o"


def test_json_keeps_micro_dollars_and_says_not_known() -> None:
    loaded = json.loads(hostile().to_json(), parse_float=Decimal)
    assert loaded["schema"] == "hone.report/1"
    assert loaded["spend"]["by_app"][0]["usd"] == Decimal("12.345679")
    assert loaded["spend"]["by_model"][1]["usd"] is None
    assert loaded["spend"]["by_model"][1]["usd_reason"] == "no price"
    assert loaded["period"]["start"] == "2026-09-01T00:00:00Z"


@given(st.decimals(min_value=0, max_value=Decimal("999999999.999999"), places=6, allow_nan=False))
def test_a_sum_survives_json_to_the_micro_dollar(amount: Decimal) -> None:
    report = Report(period=Period(), input=Input(), spend=Spend(total_usd=amount, price_source="x"))
    assert json.loads(report.to_json(), parse_float=Decimal)["spend"]["total_usd"] == amount


def test_the_report_is_read_back() -> None:
    assert Report.model_validate_json(empty().to_json()) == empty()
    again = Report.model_validate_json(hostile().to_json())
    assert again.to_json() == hostile().to_json()


def test_the_schema_names_every_key_of_the_contract() -> None:
    schema = json_schema()
    assert set(schema["properties"]) >= {"schema", "period", "input", "spend"}
    definitions = schema["$defs"]
    assert set(definitions["Input"]["properties"]) >= {
        "records",
        "calls",
        "duplicates",
        "rejected",
        "rejected_by_reason",
        "formats",
    }
    assert set(definitions["Spend"]["properties"]) >= {
        "total_usd",
        "month_usd",
        "priced_calls",
        "unpriced_calls",
        "price_source",
        "by_model",
        "by_app",
        "tokens",
    }
    assert {each["type"] for each in definitions["Spend"]["properties"]["total_usd"]["anyOf"]} == {"number", "null"}


def test_a_month_is_730_hours_of_the_same_pace() -> None:
    assert a_month(Decimal(24), 24.0) == (Decimal(730), None)
    usd_month, reason = a_month(Decimal(24), 0.05)
    assert usd_month is None
    assert reason is not None
    assert a_month(None, 24.0)[0] is None


@pytest.mark.parametrize(
    ("hours", "calls", "said"),
    [(3.0, 10_000, "extrapolated from 3.0 hours"), (48.0, 12, "extrapolated from 12 calls"), (48.0, 10_000, None)],
)
def test_a_small_stream_says_that_it_is_small(hours: float, calls: int, said: str | None) -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    total = Decimal(1)
    month, _ = a_month(total, hours)
    report = Report(
        period=Period(start=start, end=start + timedelta(hours=hours), hours=hours),
        input=Input(records=calls, calls=calls),
        spend=Spend(total_usd=total, month_usd=month, priced_calls=calls, price_source="x"),
    )
    remarks = "\n".join(lines(report).remarks)
    assert (said in remarks) if said else ("extrapolated" not in remarks)


def test_what_is_not_shown_is_summed() -> None:
    apps = [AppSpend(app=f"app-{n}", calls=10, usd=Decimal(2)) for n in range(15)]
    spend = Spend(total_usd=Decimal(30), priced_calls=150, price_source="x", by_app=apps)
    report = Report(period=Period(), input=Input(calls=150), spend=spend)
    table = next(table for table in lines(report).tables if table.title == "Spend by app")
    assert len(table.rows) == 13
    assert [cell.text for cell in table.rows[-1]] == ["3 more", "30", "", "", "6.00", "20.0 %"]


def test_unknown_spend_is_never_a_zero() -> None:
    model = ModelSpend(model="m", calls=5, usd=None, usd_reason="no price")
    spend = Spend(
        total_usd=None, total_usd_reason="no call could be priced", unpriced_calls=5, price_source="x", by_model=[model]
    )
    drawn = text(Report(period=Period(), input=Input(calls=5), spend=spend))
    assert "Spend is not known: no call could be priced." in drawn
    assert "0.00" not in drawn


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "not known"),
        (Decimal(0), "0.00"),
        (Decimal("1234567.891"), "1,234,567.89"),
        (Decimal("0.5"), "0.50"),
        (Decimal("0.0123"), "0.012"),
        (Decimal("0.0000123"), "0.000012"),
        (Decimal("0.0000001"), "< 0.000001"),
    ],
)
def test_money_is_shown_with_the_decimals_that_say_something(amount: Decimal | None, shown: str) -> None:
    assert usd(amount) == shown


@pytest.mark.parametrize(
    ("amount", "likely", "shown", "said"),
    [
        (Decimal("12.3"), Decimal(10), "12.30", "12.30 USD a month"),
        (Decimal("-0.0157"), Decimal(633), "nothing", "saves nothing"),
        (Decimal("0.0031"), Decimal("0.0042"), "0.0031", "0.0031 USD a month"),
        (Decimal("-52.71"), Decimal("3.46"), "costs 52.71", "costs 52.71 USD a month more"),
        (Decimal(0), None, "nothing", "saves nothing"),
        (None, Decimal(5), "", ""),
    ],
)
def test_what_saves_nothing_alone_is_no_negative_saving(
    amount: Decimal | None, likely: Decimal | None, shown: str, said: str
) -> None:
    assert alone(amount, likely) == shown
    assert alone_in_words(amount, likely) == said
