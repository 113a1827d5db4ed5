"""The small pack of triage's tests."""

from __future__ import annotations

import pytest

from lifeline.rules.pack import Pack, load


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Hold one rule."""
    folder = tmp_path_factory.mktemp("report-pack")
    (folder / "pack.yaml").write_text("format: 1\nname: invented\nversion: 1.0.0\n")
    (folder / "en.yaml").write_text(
        "format: 1\nlanguage: en\nrules:\n  - id: en.plan.any\n    title: A plan\n"
        "    category: plan\n    tier: elevated\n    status: active\n    terms: [a plan]\n"
        "    examples:\n      alert:\n        - a plan\n      ignore:\n        - none\n"
    )
    return load(folder)
