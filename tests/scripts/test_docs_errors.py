"""Every command of docs/errors.md says what the page says it does."""

import re
import subprocess

import pytest

from lockstep_program import PROGRAM, ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text()
BLOCKS = re.findall(r"(?:^    .*\n)+", PAGE, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda text: text.strip().splitlines()[0][2:60])
def test_message_is_the_pages(block, tmp_path):
    lines = [line[4:] for line in block.splitlines()]
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    said = [line for line in lines if not line.startswith("$ ")]
    for name in ("arch-configs", "workloads"):
        (tmp_path / name).symlink_to(ROOT / name)
    script = f'lockstep() {{ {PROGRAM} "$@"; }}\n' + "\n".join(commands)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode in (1, 2, 3, 4)
    assert done.stderr.splitlines() == said
    assert not [path for path in tmp_path.glob("out/**/*") if path.is_file()]
