from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lifeline.commands.schema import schema_command
from lifeline.rules.json_schema import PACK, RULE_FILE


@pytest.mark.parametrize(("options", "name"), [([], RULE_FILE), (["--pack"], PACK)])
def test_schema_is_printed_as_it_stands_beside_the_rules(options: list[str], name: str):
    """The copy is made by sending the output there."""
    copy = Path(__file__).parents[3] / "rules" / name

    result = CliRunner().invoke(schema_command, options)

    assert copy.read_text(encoding="utf-8") == result.stdout
