#!/usr/bin/env bash
# Checks the contracts with the buf CLI: format, lint, and breaking changes against main.
# Usage: proto/lint.sh [BUF]   BUF: the buf binary (npm package @bufbuild/buf); default: buf on the PATH.
set -euo pipefail
buf=${1:-buf}
cd "$(dirname "$0")"

"$buf" format --diff --exit-code --exclude-path google
"$buf" lint

# On a branch compare with where it left main; on main itself with the commit before.
if ! base=$(git merge-base HEAD main 2>/dev/null) || [ "$base" = "$(git rev-parse HEAD)" ]; then
    base=$(git rev-parse --verify --quiet HEAD~1 || true)
fi
if [ -z "$base" ] || [ -z "$(git ls-tree "$base" buf.yaml)" ]; then
    echo "breaking: no earlier contracts to compare with"
    exit 0
fi
# A copy of the old folder: works in worktrees and shallow clones, where a git input does not.
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
git -C "$(git rev-parse --show-toplevel)" archive "$base" proto | tar -x -C "$old"
"$buf" breaking --against "$old/proto"
echo "breaking: none against $base"
