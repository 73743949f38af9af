"""Whatever is sent, the answer is one that the document describes, and never a server error.

Schemathesis asks the service over a socket: the examples of the document, the edges of every schema, drawn requests
that are as they must be and that are not, and feedback along the links from predictions; with every check it has.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from serving.endpoints import ENDPOINTS
from tests.serving.conftest import Shop, on_a_socket

CONFIGURATION = Path(__file__).parent / "data" / "schemathesis.toml"
QUICK = settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def asked_everything(shop: Shop, folder: Path, examples: int) -> str:
    """What Schemathesis says at its end; it found nothing."""
    shutil.copy(CONFIGURATION, folder)
    program = Path(sys.executable).parent / "schemathesis"
    with on_a_socket(shop) as url:
        asked = subprocess.run(
            [program, "run", f"{url}/docs.json", "-H", f"Authorization: Bearer {shop.token}", "--checks", "all",
             "--seed", "20", "--max-examples", str(examples), "--generation-database", "none", "--no-color",
             "--request-timeout", "60"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert asked.returncode == 0, asked.stdout[-20_000:] + asked.stderr[-2_000:]
    return asked.stdout


@pytest.mark.parametrize("examples", [8, pytest.param(60, marks=pytest.mark.long)])
@pytest.mark.fault(
    "bodies", "bodies made from the API's own document, right and wrong (Schemathesis)", "a documented answer"
)
def test_every_answer_is_a_documented_one(shop: Shop, tmp_path: Path, examples: int) -> None:
    said = asked_everything(shop, tmp_path, examples)
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in said
    told = {each["prediction_id"] for each in shop.runtime.predictions.outcomes()}
    assert any(shop.runtime.predictions.known(each) for each in told), "no link led from a prediction to its feedback"


@pytest.mark.fault("bodies", "any bytes at all", "a documented answer")
def test_any_bytes_are_answered(shop: Shop) -> None:
    @seed(20)
    @QUICK
    @given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
    def check(content: bytes) -> None:
        for endpoint in ENDPOINTS:
            if endpoint.body:
                answer = shop.post(endpoint.path, content=content)
                assert answer.status_code == 400
                assert answer.json()["errors"]

    check()
