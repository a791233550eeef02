"""The collector's configuration: its filters keep what Hone reads, in an encoding that Hone reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agent.demo import traffic
from collectors.formats.otlp_protobuf import protobuf_records
from collectors.parse import Parser
from collectors.source import Record
from tests.deploy.tools import DEPLOY

SAMPLES = Path(__file__).parents[1] / "data" / "formats" / "read"
START = 1_795_392_000.0
CLAUSE = re.compile(r'attributes\["([^"]+)"\] == nil')


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "otel-collector.yaml").read_text())
    return found


def kept_by() -> set[str]:
    """Attributes of which a span must have one."""
    (condition,) = configuration()["processors"]["filter/genai"]["traces"]["span"]
    assert CLAUSE.sub("", condition).replace("and", "").strip() == "", "a condition that this test does not understand"
    return set(CLAUSE.findall(condition))


def test_everything_in_the_pipeline_is_configured() -> None:
    whole = configuration()
    pipelines = whole["service"]["pipelines"]
    assert set(pipelines) == {"traces", "logs"}
    for pipeline in pipelines.values():
        for kind in ("receivers", "processors", "exporters"):
            assert pipeline[kind] and set(pipeline[kind]) == set(whole[kind])


def spans(value: object) -> Iterator[dict[str, Any]]:
    """Every OTLP span in a sample, with what it came in."""
    if isinstance(value, dict):
        for resource in value.get("resourceSpans", ()):
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    alone = {"scope": scope.get("scope", {}), "spans": [span]}
                    yield {"resourceSpans": [{"resource": resource.get("resource", {}), "scopeSpans": [alone]}]}
        for inner in value.values():
            yield from spans(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from spans(inner)


def names(alone: dict[str, Any]) -> set[str]:
    (span,) = alone["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return {attribute["key"] for attribute in span.get("attributes", ())}


def test_the_filter_keeps_every_span_that_hone_reads_a_call_from() -> None:
    calls = 0
    for path in sorted(SAMPLES.glob("*.json")):
        for alone in spans(json.loads(path.read_text())):
            record = Record(0, json.dumps(alone).encode(), START)
            if Parser().parse(record, "otlp_spans", 0).calls:
                calls += 1
                assert names(alone) & kept_by(), path.name
    assert calls > 20


def test_the_filter_keeps_every_span_of_the_demo() -> None:
    found = [
        set(span.attributes)
        for record in traffic(7, start=START, hours=12, protobuf=True)
        if record.topic == "otlp_spans"
        for span in protobuf_records(record.value) or ()
    ]
    assert len(found) > 10
    assert all(span & kept_by() for span in found)


def test_the_filter_keeps_none_of_a_web_servers_attributes() -> None:
    assert not kept_by() & {"http.request.method", "url.path", "server.address", "db.system.name", "error.type"}


def log_records(value: object) -> Iterator[dict[str, Any]]:
    """Every OTLP log record in a sample, with what it came in."""
    if isinstance(value, dict):
        for resource in value.get("resourceLogs", ()):
            for scope in resource["scopeLogs"]:
                for record in scope["logRecords"]:
                    alone = {"scope": scope.get("scope", {}), "logRecords": [record]}
                    yield {"resourceLogs": [{"resource": resource.get("resource", {}), "scopeLogs": [alone]}]}
        for inner in value.values():
            yield from log_records(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from log_records(inner)


def test_the_filter_keeps_every_log_record_that_hone_reads_something_from() -> None:
    (condition,) = configuration()["processors"]["filter/genai"]["logs"]["log_record"]
    found = re.findall(r'not IsMatch\((event_name|attributes\["([^"]+)"\]), "([^"]+)"\)', condition)
    assert condition.count("IsMatch") == len(found), "a condition that this test does not understand"
    assert found[0][0] == "event_name"
    # As OTTL reads the string between the quotes.
    begins = [re.compile(pattern.replace("\\\\", "\\")) for _, _, pattern in found]
    read = 0
    for path in sorted(SAMPLES.glob("*.json")):
        for alone in log_records(json.loads(path.read_text())):
            parsed = Parser().parse(Record(0, json.dumps(alone).encode(), START), "otlp_logs", 0)
            if parsed.calls or parsed.fragments:
                read += 1
                (one,) = alone["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
                attributes = {each["key"]: each["value"].get("stringValue") for each in one.get("attributes", ())}
                names_of = [one.get("eventName"), *(attributes.get(attribute) for _, attribute, _ in found[1:])]
                assert any(map(re.Pattern.match, begins, (name or "" for name in names_of))), path.name
    assert read > 10


def test_what_the_exporter_writes_is_read() -> None:
    exporter = configuration()["exporters"]["kafka"]
    assert {exporter[signal]["encoding"] for signal in ("traces", "logs")} == {"otlp_proto"}
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="chat m")
    span.attributes.add(key="gen_ai.operation.name").value.string_value = "chat"
    found = protobuf_records(request.SerializeToString()) or []
    assert [one.attributes for one in found] == [{"gen_ai.operation.name": "chat"}]
