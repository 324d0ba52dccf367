"""The installed PySide6 does not lose references to None: 6.12.0 does before Python 3.12, and dies after some 5,000 calls.

The check runs in a process of its own, because its failure may be a crash.
"""

import subprocess
import sys

CALLS = 200
SOURCE = f"""
import sys
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel()
label.setText("warm")
before = sys.getrefcount(None)
for _ in range({CALLS}):
    label.setText("x")
    label.setEnabled(True)
    label.parent()
print(before - sys.getrefcount(None))
"""


def test_calls_that_return_none_keep_its_references() -> None:
    done = subprocess.run([sys.executable, "-c", SOURCE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < CALLS / 2
