from __future__ import annotations

import json

import msgspec
import pytest

from alerts.contract import decode_alert, encode, envelope

WISH = "I want to die"


def test_alert_survives_the_way(case):
    """What was encoded decodes to the same."""
    alert = case.alert(case.say(WISH))

    assert alert == decode_alert(encode(envelope(alert))).data


def test_unknown_fields_are_kept_out_of_the_way(case):
    """A newer sender's fields do not stop an older reader."""
    record = json.loads(case.record(case.say(WISH)))
    record["newer"] = {"deep": [1]}
    record["data"]["newer"] = "x"
    record["data"]["matches"][0]["newer"] = None

    assert "c-1" == decode_alert(json.dumps(record).encode()).data.case_id


@pytest.mark.parametrize(("field", "value"), [("id", "x"), ("subject", "x")])
def test_envelope_that_contradicts_its_data_is_no_alert(case, field: str, value: str):
    """Nobody should act on another case than the one described."""
    record = json.loads(case.record(case.say(WISH)))
    record[field] = value

    with pytest.raises(msgspec.DecodeError):
        decode_alert(json.dumps(record).encode())


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"\xff\xfe", b'{"x":' + b"[" * 100_000, b'{"id":"\xed\xa0\x80"}', b"{}"],
    ids=["empty", "null", "list", "not UTF-8", "deep", "surrogate", "fields missing"],
)
def test_what_is_no_alert_raises_one_kind_of_error(data: bytes):
    """A consumer needs to catch one error, whatever lands on the topic."""
    with pytest.raises(msgspec.DecodeError):
        decode_alert(data)


@pytest.mark.parametrize("kind", ["opened", "escalated", "updated"])
def test_type_tells_the_kind(case, kind: str):
    """Brokers can route by the type alone."""
    alert = msgspec.structs.replace(case.alert(case.say(WISH)), kind=kind)

    assert f"lifeline.alert.{kind}" == envelope(alert).type
