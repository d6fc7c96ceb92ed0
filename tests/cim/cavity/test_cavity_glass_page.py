"""The Python of ``docs/cavity_glass.md`` runs as it stands."""

import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "cavity_glass.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_blocks_run_in_order(run_blocks: Any) -> None:
    names, _ = run_blocks(BLOCKS)
    assert dict(names["run"].sizes)["replica"] == 24
    assert float(names["run"]["excess_energy"][-1].mean()) < float(names["twin"]["excess_energy"][-1].mean())
