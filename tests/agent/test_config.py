"""Configuration: precedence, every fault at once, and secrets that never show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import ConfigError, Settings, load
from agent.config.faults import known_keys
from agent.config.toml_lines import lines_of
from collectors.mapping_settings import MappingSettings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "hone.example.toml"
SECRET = "hunter2-correct-horse"


def faults(path: Path | None, env: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load(path, env)
    assert refused.value.message.count("\n") == len(refused.value.faults)
    return [str(fault) for fault in refused.value.faults]


def written(folder: Path, text: str) -> Path:
    path = folder / "hone.toml"
    path.write_text(text)
    return path


def test_without_anything_the_defaults_hold() -> None:
    settings = load(None, {"HOME": "/home/ada"})
    assert settings.store.url == "sqlite:////home/ada/.local/share/hone/hone.db"
    assert settings.http.host == "127.0.0.1"
    assert settings.source.kafka is None
    assert load(None, {"XDG_DATA_HOME": "/data"}).store.url == "sqlite:////data/hone/hone.db"


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[source.kafka]\nbootstrap_servers = "a:1"\ntopics = ["t"]\n[http]\nport = 1\nhost = "::1"\n'
    )
    env = {"HONE_HTTP__PORT": "2", "HONE_SOURCE__KAFKA__TOPICS": "x, y", "HONE_SOURCE__KAFKA__START": "end"}
    settings = load(path, env)
    assert (settings.http.port, settings.http.host) == (2, "::1")
    assert settings.source.kafka is not None
    assert settings.source.kafka.bootstrap_servers == ("a:1",)
    assert settings.source.kafka.topics == ("x", "y")
    assert settings.source.kafka.start == "end"


def test_the_file_can_be_named_by_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "[http]\nport = 77\n")
    assert load(None, {"HONE_CONFIG": str(path)}).http.port == 77


def test_json_in_the_environment_is_a_table() -> None:
    env = {"HONE_PRICES__OVERRIDES": '{"my.model": {"input": 0.3, "output": 1.2}}', "HONE_PRICES__ALIASES__A": "gpt-4o"}
    prices = load(None, env).prices
    assert str(prices.overrides["my.model"].input) == "0.3"
    assert prices.aliases == {"a": "gpt-4o"}


def test_settings_are_frozen() -> None:
    settings = load(None, {})
    with pytest.raises(ValueError, match="frozen"):
        setattr(settings.http, "port", 1)  # noqa: B010  (an assignment is what a type checker refuses already)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"""\
[source.kafka]
bootstrap_server = "a:9092"
topics = ["t"]

[source.kafka.security]
sasl_plain_password = "{SECRET}"
sasl_mechanis = "PLAIN"

[store]
url = "postgresql://hone:{SECRET}@db/hone"
text = "everything"

[stor]
x = 1

[http]
port = "{SECRET}"

[prices.overrides."my.model"]
input = -1
""",
    )
    env = {"HONE_INGEST__BATCH_RECORDS": "0", "HONE_HTP__PORT": "1", "HONE_HTTP__HOSTT": "x", "HONE_LOG": "loud"}
    said = faults(path, env)
    at = f"{path}:"
    assert said == [
        f"{at}6: source.kafka.security.sasl_plain_password: does not belong in this file; "
        "use HONE_SOURCE__KAFKA__SECURITY__SASL_PLAIN_PASSWORD or the key sasl_plain_password_file",
        f"{at}10: store.url: a password does not belong in this file; use HONE_STORE__URL or the key password_file",
        f"{at}2: source.kafka.bootstrap_server: unknown key; did you mean 'source.kafka.bootstrap_servers'?",
        f"{at}11: store.text: should be 'full', 'redacted' or 'hashes'",
        "HONE_INGEST__BATCH_RECORDS: should be greater than or equal to 1",
        f"{at}20: prices.overrides.my.model.input: should be greater than or equal to 0",
        f"{at}19: prices.overrides.my.model.output: is required",
        f"{at}17: http.port: should be a valid integer, unable to parse string as an integer",
        "HONE_HTTP__HOSTT: unknown key; did you mean HONE_HTTP__HOST?",
        "HONE_LOG: should be a table",
        f"{at}13: stor: unknown key; did you mean 'store'?",
        "HONE_HTP__PORT: unknown key; did you mean HONE_HTTP?",
        f"{at}7: source.kafka.security.sasl_mechanis: unknown Kafka security setting 'sasl_mechanis'; "
        "did you mean 'sasl_mechanism'?",
    ]
    assert SECRET not in "\n".join(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [1", "is not TOML"),
        ("x = 1\nx = 2", "is not TOML"),
        ("[source.kafka]\nbootstrap_servers='a'\ntopics='t'\n[source.files]\npaths='f'", "not both"),
        ("[source.kafka]\nbootstrap_servers='a'", "give topics, a pattern, or both"),
        ("[source.files]\npaths=[]", "source.files.paths: is empty"),
        ("[source]\nkafka = 3", "source.kafka: should be a table"),
        ("port = 3", "did you mean 'http.port'?"),
        ("[store]\nurl = 'mysql://h/d'", "should be sqlite:///path/to/hone.db or postgresql://"),
        ("[store]\npassword_file = '/nowhere/to/be/found'", "cannot be read (No such file or directory)"),
        ("[store]\nurl = 'postgresql://h/d?password=x'", "behind the question mark"),
    ],
)
def test_a_fault_is_explained(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(faults(written(tmp_path, text), {}))


def test_a_file_that_is_not_there_does_not_hide_other_faults(tmp_path: Path) -> None:
    said = faults(tmp_path / "none.toml", {"HONE_HTTP__PORT": "x"})
    assert said[0] == f"{tmp_path / 'none.toml'}: cannot be read (No such file or directory)"
    assert said[1].startswith("HONE_HTTP__PORT: ")


def test_what_kubernetes_adds_for_a_service_is_no_setting() -> None:
    env = {
        "HONE_PORT": "tcp://10.0.0.1:9464",
        "HONE_SERVICE_HOST": "10.0.0.1",
        "HONE_SERVICE_PORT": "9464",
        "HONE_SERVICE_PORT_METRICS": "9464",
        "HONE_PORT_9464_TCP_ADDR": "10.0.0.1",
        "HONE_PORT_9464_TCP": "tcp://10.0.0.1:9464",
    }
    assert load(None, env).http.port == 9464
    assert faults(None, {"HONE_HTTP_PORT": "1"}) == ["HONE_HTTP_PORT: unknown key; did you mean HONE_HTTP__PORT?"]


def test_secrets_come_from_the_environment_or_a_file_and_never_show(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    text = f'[store]\nurl = "postgresql://hone@db/hone"\npassword_file = "{secret}"\n[privacy]\nuser_salt_file = "{secret}"\n'
    settings = load(written(tmp_path, text), {})
    assert settings.store.password is not None
    assert settings.store.password.get_secret_value() == SECRET
    assert settings.privacy.user_salt.get_secret_value() == SECRET
    assert settings.store.database_url == f"postgresql://hone:{SECRET}@db/hone"
    assert SECRET not in _shown(settings)

    other = load(written(tmp_path, text), {"HONE_STORE__PASSWORD": "p@:/ss"})
    assert other.store.database_url == "postgresql://hone:p%40%3A%2Fss@db/hone"


def test_a_password_in_the_url_of_the_environment_is_taken_out_of_sight() -> None:
    settings = load(None, {"HONE_STORE__URL": f"postgresql://hone:{SECRET}%40@db:5433/hone?sslmode=require"})
    assert settings.store.url == "postgresql://hone@db:5433/hone?sslmode=require"
    assert settings.store.database_url == f"postgresql://hone:{SECRET}%40@db:5433/hone?sslmode=require"
    assert SECRET not in _shown(settings)


def test_kafka_secrets_never_show() -> None:
    env = {
        "HONE_SOURCE__KAFKA__BOOTSTRAP_SERVERS": "a:1",
        "HONE_SOURCE__KAFKA__TOPICS": "t",
        "HONE_SOURCE__KAFKA__SECURITY__SASL_PLAIN_PASSWORD": SECRET,
    }
    settings = load(None, env)
    assert settings.source.kafka is not None
    assert settings.source.kafka.security["sasl_plain_password"] == SECRET
    assert SECRET not in _shown(settings)


def _shown(settings: Settings) -> str:
    return f"{settings!r}{settings}{settings.store!r}{settings.source!r}"


def test_the_example_has_every_setting_at_its_default(tmp_path: Path) -> None:
    assert load(EXAMPLE, {}).source.kafka is not None
    uncommented = re.sub(r"(?m)^# (?=[\[a-z_\"][^ ]* ?= |\[)", "", EXAMPLE.read_text())
    tree = tomllib.loads(uncommented)
    for keys in known_keys():
        names = [keys, (*keys[:-1], f"{keys[-1]}_file")]
        assert any(_has(tree, each) for each in names), f"{'.'.join(keys)} is not in the example"
    del tree["source"]["files"]
    defaults = load(None, {"HOME": "/h"})
    for name in ("ingest", "sample", "http", "log"):
        assert type(getattr(defaults, name))(**tree[name]) == getattr(defaults, name)
    assert type(defaults.store.retention_days)(**tree["store"]["retention_days"]) == defaults.store.retention_days


def _has(tree: object, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(tree, dict) or key not in tree:
            return False
        tree = tree[key]
    return True


@given(st.text(max_size=300))
def test_finding_lines_never_fails(text: str) -> None:
    for line in lines_of(text).values():
        assert 1 <= line <= len(text.splitlines())


def test_lines_are_those_of_the_keys() -> None:
    text = 'a = """\n[no]\nb = 1\n"""\n[t."x.y"]\nc.d = 1\n"e f" = 2\n'
    assert lines_of(text) == {
        ("a",): 1,
        ("t", "x.y"): 5,
        ("t", "x.y", "c"): 6,
        ("t", "x.y", "c", "d"): 6,
        ("t", "x.y", "e f"): 7,
    }


def test_the_command_names_all_faults_and_ends_with_2(tmp_path: Path) -> None:
    path = written(tmp_path, "[http]\nport = 70000\nprot = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "agent", "check", "--config", str(path)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: 2 faults in the configuration:\n")
    assert f"{path}:3: http.prot: unknown key; did you mean 'http.port'?" in done.stderr
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_faults_of_logs_of_ones_own_name_file_and_key_all_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
[formats.mine]
when = "$.kind == chat"
modell = "$.m"
messages = "$.req.messages[0"
input_tokens = "$.in"
cache_read_tokens = "$.cached"
[formats.openai]
model = "$.x"
[formats."My Own"]
model = "$.x"
[formats.empty]
app = "x"
""",
    )
    at = f"{path}:"
    assert sorted(faults(path, {})) == sorted(
        [
            f"{at}2: formats.mine.when: what stands behind == is neither a 'word' nor a number, true or false",
            f"{at}3: formats.mine.modell: unknown key; did you mean 'formats.mine.model'?",
            f"{at}4: formats.mine.messages: not a path from character 15 on",
            f"{at}1: formats.mine.input_includes_cache: is required beside cache counters: "
            "true when input_tokens counts cached tokens too",
            f"{at}7: formats.openai: is the name of a format that is read already",
            f"{at}9: formats.My Own: should be a name of small letters, digits, - and _, beginning with a letter",
            f"{at}11: formats.empty: names neither a model nor messages nor tokens",
        ]
    )


def test_the_example_shows_every_field_of_a_log_of_ones_own() -> None:
    uncommented = re.sub(r"(?m)^# (?=[\[a-z_\"][^ ]* ?= |\[)", "", EXAMPLE.read_text())
    table = tomllib.loads(uncommented)["formats"]["mine"]
    assert set(table) == set(MappingSettings.model_fields)
    MappingSettings.model_validate(table)


def test_the_table_in_the_readme_is_a_format() -> None:
    readme = (EXAMPLE.parents[1] / "README.md").read_text()
    found = re.findall(r"(?s)```toml\n(\[formats\..*?)```", readme)
    assert found
    for text in found:
        for table in tomllib.loads(text)["formats"].values():
            MappingSettings.model_validate(table)
