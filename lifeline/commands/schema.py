"""`lifeline rules schema`: the JSON Schema by which editors complete and underline rule files."""

from __future__ import annotations

import json

import click

from lifeline.rules import json_schema


@click.command("schema")
@click.option("--pack", "of_pack", is_flag=True, help="The schema of pack.yaml instead.")
def schema_command(*, of_pack: bool) -> None:
    """Print the JSON Schema of rule files, for editors such as VS Code."""
    click.echo(text(of_pack=of_pack), nl=False)


def text(*, of_pack: bool) -> str:
    """The schema as it stands in the pack's folder."""
    schema = json_schema.pack() if of_pack else json_schema.rule_file()
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
