"""What the service offers: the discovery document, whose words stand in `discovery.json`.

https://cds-hooks.hl7.org/STU2/#discovery
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from terminology.findings import vocabulary
from terminology.systems import LOINC

DOCUMENT: Final = Path(__file__).with_name("discovery.json")


@cache
def discovery() -> dict[str, Any]:
    """The discovery document; the results asked for are those that the vocabulary of findings can read."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    codes = sorted(
        {code for finding in vocabulary() if finding.observation for code in finding.observation.loinc}
    )
    tokens = ",".join(f"{LOINC}|{code}" for code in codes)
    prefetch = {
        key: template.replace("{observation_codes}", tokens) for key, template in document["prefetch"].items()
    }
    return {"services": [{**service, "prefetch": prefetch} for service in document["services"]]}
