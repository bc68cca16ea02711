"""Puts libhotso.so into the package, so that `pip install ./python` is all there is to do.

It is built by make, which needs Go and a C compiler. With HOTSO_LIBRARY set in the environment
nothing is built: the package then opens that file, when it is used too.
"""

import os
import pathlib
import shutil
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

ROOT = pathlib.Path(__file__).resolve().parent.parent


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        if os.environ.get("HOTSO_LIBRARY") or self.editable_mode:
            return
        subprocess.run(["make", "--silent", "libhotso"], cwd=ROOT, check=True)
        shutil.copy(ROOT / "build" / "libhotso.so", pathlib.Path(self.build_lib) / "hotso")


class BinaryDistribution(Distribution):
    """A wheel with machine code in it is for one platform."""

    def has_ext_modules(self) -> bool:
        return True


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=BinaryDistribution)
