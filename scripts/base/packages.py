"""Says which Debian package an import wants, in one line."""

from __future__ import annotations

import importlib
import sys

CANNOT_READ = 3  # exit code
PACKAGES = {"google": "python3-protobuf"}  # module -> package, where it is not python3-<module>


def missing(error: ImportError) -> str:
    """'numpy is missing: apt install python3-numpy', or what else hinders the import."""
    module = (error.name or "").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or not module or module == "scripts":
        return f"cannot import {error.name or 'a module'}: {error}"
    return f"{module} is missing: apt install {PACKAGES.get(module, f'python3-{module}')}"


def need(*modules: str) -> None:
    """Ends a command with one line when it cannot import one of them."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            print(f"error: {missing(error)}", file=sys.stderr)
            sys.exit(CANNOT_READ)
