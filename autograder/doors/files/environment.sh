#!/usr/bin/env bash
# Makes the Python environment of the grader in the folder $1. As root, with a network; Debian 12, Ubuntu 22.04 or newer.
set -euo pipefail
target=$1
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive

apt-get update -qq
apt-get install -y -qq --no-install-recommends bubblewrap ca-certificates python3 python3-venv
python=python3
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then # Ubuntu 22.04 has 3.10
  apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv
  python=python3.11
fi

"$python" -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir \
  -r "$here/wanted.txt" -c "$here/constraints.txt"
