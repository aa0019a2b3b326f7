#!/usr/bin/env bash
# Stops the container stack; volumes and secrets stay. `--purge` deletes the volumes too, after the name was typed.
# Usage: scripts/down_stack.sh [--purge]
set -euo pipefail

folder=${STACK_FOLDER:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../docker" && pwd)}
env_file=$folder/.env.sqlserver

fail() { printf 'error: %s\n' "$1" >&2; exit 1; }

main() {
  local purge=no file names files=()
  case ${1:-} in
    '') ;;
    --purge) purge=yes ;;
    *) fail "unknown argument $1; use --purge or nothing" ;;
  esac
  command -v docker >/dev/null 2>&1 || fail 'docker was not found'
  [ -e "$env_file" ] || fail "$env_file is not there: the stack was never started from here"
  IFS=, read -r -a names <<<"$(sed -n 's/^STACK_FILES=//p' "$env_file" | tail -n 1 | tr -d '\r')"
  for file in "${names[@]}"; do files+=(-f "$folder/$file"); done
  files+=(--profile core --profile dashboards --profile backup --profile dev)
  if [ "$purge" = yes ]; then
    printf 'This deletes the databases, the backups and the audit of dw_stack. Type dw_stack to go on: '
    local typed=
    IFS= read -r typed || true
    [ "$typed" = dw_stack ] || fail 'that is not dw_stack; nothing was deleted'
    docker compose --env-file "$env_file" "${files[@]}" down --volumes
    printf 'deleted; docker/secrets and docker/.env.sqlserver are still there\n'
  else
    docker compose --env-file "$env_file" "${files[@]}" down
    printf 'stopped; the volumes are kept\n'
  fi
}

main "$@"
exit
