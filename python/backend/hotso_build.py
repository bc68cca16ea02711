"""Builds the wheel (PEP 517, and PEP 427 for what is in it): the package's files, and libhotso.so, so that
`pip install ./python` is all there is to do.

libhotso.so is built by make, which needs Go and a C compiler. With HOTSO_LIBRARY set in the environment it is not: the package
then opens that file, when it is used too. This is not setuptools because pip would have to download that first.
"""

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sysconfig
import zipfile

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent


def _project() -> "dict[str, str]":
    """The plain texts of [project]. tomllib is not there before Python 3.11."""
    text = (HERE / "pyproject.toml").read_text().partition("[project]")[2]
    return dict(re.findall(r'^([\w-]+) = "(.*)"$', text, re.MULTILINE))


def _library() -> "bytes | None":
    if os.environ.get("HOTSO_LIBRARY"):
        return None
    subprocess.run(["make", "--silent", "libhotso"], cwd=ROOT, check=True)
    return (ROOT / "build" / "libhotso.so").read_bytes()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None) -> str:
    p = _project()
    tag = "py3-none-" + re.sub(r"[-.]", "_", sysconfig.get_platform())
    info = f"{p['name']}-{p['version']}.dist-info"
    name = f"{p['name']}-{p['version']}-{tag}.whl"
    files = {f"hotso/{f.name}": f.read_bytes() for f in (HERE / "src" / "hotso").iterdir() if f.is_file()}
    if library := _library():
        files["hotso/libhotso.so"] = library
    files[f"{info}/METADATA"] = "\n".join([
        "Metadata-Version: 2.1", f"Name: {p['name']}", f"Version: {p['version']}", f"Summary: {p['description']}",
        f"Requires-Python: {p['requires-python']}", "License: MIT", "Description-Content-Type: text/markdown", "",
        (HERE / "README.md").read_text(),
    ]).encode()  # fmt: skip
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: hotso\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as z:
        for path, data in files.items():
            z.writestr(path, data)
    return name


def build_sdist(sdist_directory, config_settings=None) -> str:
    raise NotImplementedError("hotso is installed from its repository, where libhotso is built: pip install ./python")
