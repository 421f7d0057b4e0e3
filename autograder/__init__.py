"""The trusted side of the course module: references, known mistakes, sandboxed grading."""

import sys

# jsonschema, which nbformat imports, takes it if it can, and spends 2 s of every command on a grammar of web addresses
# for a check that no notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
