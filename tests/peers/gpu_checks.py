"""The checks of `cargo xtask gpu` on the CPU: every training that they compare runs, and equals itself.

CI has no GPU; this keeps the checks in step with the options of `fm train`.
"""

import os
import subprocess
import sys
import tempfile

CHECKS = "benches/gpu/measure.py"

with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, CHECKS, "--fm", os.environ["FM"], "--device", "cpu", "--out", folder]
    sys.exit(subprocess.run([*command, "--part", "objectives"]).returncode)
