#!/usr/bin/env bash
# The whole stack without containers: the same binaries with the same commands, environments, health checks and order as
# in docker/services.yml, which is read here, as processes of this machine. It stays until SIGTERM or Ctrl-C.
# Usage: scripts/stack_local.sh [FOLDER OF THE BINARIES]        (default target/release; `just stack` builds them)
# STACK_FOLDER (default dw-stack) gets settings, secrets, data, backups and logs. STACK_FILES in its .env.sqlserver says where
# the databases are: docker-compose.sqlserver.yml means the embedded engine here, docker-compose.external.yml a server
# that is there. Lines of its local.env (NAME=value) are laid over every environment.
# Functions that a trap calls look unreachable to shellcheck, and `${` is meant as it stands.
# shellcheck disable=SC2016,SC2317
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
docker=$(cd "$scripts/../docker" && pwd)
mkdir -p "${STACK_FOLDER:-dw-stack}"
folder=$(cd "${STACK_FOLDER:-dw-stack}" && pwd)
example=$docker/.env.sqlserver.example
# shellcheck source=stack_lib.sh source-path=SCRIPTDIR
. "$scripts/stack_lib.sh"
# Every process gets a group of its own, so that Ctrl-C reaches this script alone, which then asks each of them once.
set -m

logs=$folder/logs
running=$folder/running
# How long everything may take to stop.
stop_seconds=10
names=()
pids=()

# The lines below a key of a YAML file on standard input, up to the next key that is not deeper.
block() {
  awk -v key="$1" '
    function indent(line) { match(line, /[^ ]/); return RSTART - 1 }
    /^ *(#|$)/ { next }
    found && indent($0) <= depth { exit }
    found { print }
    !found { line = $0; sub(/^ +/, "", line); if (line == key || index(line, key " ") == 1) { found = 1; depth = indent($0) } }'
}

# Puts the settings into `${NAME:-default}`.
expand() {
  local text=$1 whole='' variable value
  while [[ $text == *'${'*'}'* ]]; do
    whole+=${text%%'${'*}
    text=${text#*'${'}
    variable=${text%%'}'*}
    text=${text#*'}'}
    value=$(setting "${variable%%:-*}")
    whole+=${value:-${variable#*:-}}
  done
  printf '%s' "$whole$text"
}

# The items of a list such as `command: ["run", "--every"]` among the lines on standard input, one a line.
items() {
  local list item
  list=$(sed -n "s/^ *$1: *\\[\\(.*\\)\\] *\$/\\1/p" | head -n 1)
  while [ -n "$list" ]; do
    item=${list%%,*}
    case $list in *,*) list=${list#*,} ;; *) list= ;; esac
    item=${item# }
    item=${item#\"}
    expand "${item%\"}"
    printf '\n'
  done
}

service() { block "$1:" <"$docker/services.yml"; }

# NAME=value of the lines `NAME: value` on standard input.
assignments() {
  local line value
  while IFS= read -r line; do
    line=${line#"${line%%[! ]*}"}
    case $line in DW_*': '*) ;; *) continue ;; esac
    value=${line#*: }
    value=${value#\"}
    printf '%s=%s\n' "${line%%:*}" "$(expand "${value%\"}")"
  done
}

# What the containers of a service get, and then what is different on this machine.
environment_of() {
  local file part
  block x-engine: <"$docker/services.yml" | assignments
  service "$1" | block environment: | assignments
  if [ "$engine" = sqlserver ]; then
    for file in "${files[@]}"; do
      for part in x-client x-babelfish; do block "$part:" <"$docker/$file" | assignments; done
      block "$1:" <"$docker/$file" | block environment: | assignments
    done
  else
    printf 'DW_ENGINE=embedded\nDW_DATA_DIR=%s\nDW_BACKUP_DIRECTORY=%s\n' "$folder/data" "$folder/backups"
  fi
  printf 'DW_ALERTS_STATE_FILE=%s\n' "$folder/alerts.json"
  printf 'DW_MONITOR_ADDRESS=%s\nDW_MONITOR_PORT=%s\n' "$(setting MONITOR_BIND_IP)" "$(setting MONITOR_PORT)"
  printf 'DW_VENDAS_ADDRESS=%s\nDW_VENDAS_PORT=%s\n' "$(setting VENDAS_BIND_IP)" "$(setting VENDAS_PORT)"
  # Many of them on many machines would need it; one does not.
  printf 'DW_BACKUP_JITTER_SECONDS=0\n'
  [ ! -e "$folder/local.env" ] || sed -n '/^[A-Z]/p' "$folder/local.env"
}

# Fills `environment`: of each name the last value, with the folders of this machine.
read_environment() {
  local line
  environment=("PATH=$PATH" "HOME=${HOME:-$folder}")
  while IFS= read -r line; do
    line=${line//\/run\/secrets\//$secrets/}
    environment+=("${line//\/run\/dw-ca\//$folder/ca/}")
  done < <(environment_of "$1" | awk -F= '{ if (!($1 in value)) order[++count] = $1; value[$1] = $0 }
    END { for (at = 1; at <= count; at++) print value[order[at]] }')
}

read_list() {
  local item
  list=()
  while IFS= read -r item; do list+=("$item"); done
}

binary_of() {
  case $1 in
    sql-init | dev-sample | dev-waves) printf init ;;
    etl) printf etl ;;
    etl-monitor) printf monitor ;;
    dash-vendas) printf vendas ;;
    sql-backup) printf backup ;;
  esac
}

# Starts a service. Its environment is this one and no other, and no secret is in it.
start() {
  local list environment
  read_environment "$1"
  read_list < <(service "$1" | items command)
  (cd "$folder" && exec env -i "${environment[@]}" "$binaries/$(binary_of "$1")" ${list[@]+"${list[@]}"}) \
    >"$logs/$1.log" 2>&1 </dev/null &
  names+=("$1")
  pids+=("$!")
  printf '%s\n' "$!" >"$running/$1.pid"
}

# A service that ends: what follows waits for it.
run() {
  local code=0
  printf 'running %s\n' "$1"
  start "$1"
  wait "${pids[${#pids[@]} - 1]}" || code=$?
  rm -f "$running/$1.pid"
  unset "pids[${#pids[@]}-1]" "names[${#names[@]}-1]"
  [ "$code" = 0 ] || { tail -n 20 "$logs/$1.log" >&2; fail "$1 ended with $code" "$logs/$1.log has all of it"; }
}

is_alive() { kill -0 "$1" 2>/dev/null; }

# Asks everything to stop, and waits. What does not stop is ended, which is an error.
stop() {
  local code=$1 at left seconds=0
  trap '' INT TERM HUP
  # Whoever reads this may be gone; that keeps nothing from being stopped.
  printf 'stopping\n' 2>/dev/null || true
  for at in ${pids[@]+"${!pids[@]}"}; do kill -TERM "${pids[$at]}" 2>/dev/null || true; done
  while [ "$seconds" -lt $((stop_seconds * 10)) ]; do
    left=
    for at in ${pids[@]+"${!pids[@]}"}; do ! is_alive "${pids[$at]}" || left="$left ${names[$at]}"; done
    [ -n "$left" ] || break
    sleep 0.1
    seconds=$((seconds + 1))
  done
  for at in ${pids[@]+"${!pids[@]}"}; do
    if is_alive "${pids[$at]}"; then
      kill -KILL "${pids[$at]}" 2>/dev/null || true
      printf 'error: %s did not stop within %s s\n' "${names[$at]}" "$stop_seconds" >&2 || true
      code=1
    elif ! wait "${pids[$at]}"; then
      printf 'error: %s did not end well; see %s\n' "${names[$at]}" "$logs/${names[$at]}.log" >&2 || true
      code=1
    fi
    rm -f "$running/${names[$at]}.pid"
  done
  [ "$code" != 0 ] || printf 'stopped\n' 2>/dev/null || true
  trap - EXIT
  exit "$code"
}

# Whatever has ended by itself, which nothing of this should.
check_alive() {
  local at
  for at in ${pids[@]+"${!pids[@]}"}; do
    if ! is_alive "${pids[$at]}"; then
      tail -n 20 "$logs/${names[$at]}.log" >&2
      fail "${names[$at]} has ended by itself" "$logs/${names[$at]}.log has all of it"
    fi
  done
}

# A pause that a signal ends.
pause() { sleep "$1" & wait "$!" || true; }

is_healthy() {
  local list environment check
  read_list < <(service "$1" | block healthcheck: | items test)
  [ "${#list[@]}" -gt 1 ] || return 0
  read_environment "$1"
  check=("${list[@]:2}")
  (cd "$folder" && exec env -i "${environment[@]}" "$binaries/$(binary_of "$1")" ${check[@]+"${check[@]}"}) \
    >"$logs/$1.health.log" 2>&1 </dev/null
}

wait_until_healthy() {
  local left name start=$SECONDS timeout
  timeout=$(setting UP_TIMEOUT_SECONDS)
  while :; do
    check_alive
    left=
    for name in "${names[@]}"; do is_healthy "$name" || left="$left $name"; done
    # Health is being able to work; that the first cycle is over is asked besides.
    case " ${names[*]} " in *' etl '*) grep -q '"command":"run"' "$logs/etl.log" || left="$left first-cycle" ;; esac
    [ -n "$left" ] || return 0
    [ $((SECONDS - start)) -lt "${timeout:-900}" ] || fail "not healthy after $timeout s:$left" "see $logs"
    printf 'waiting, %s s:%s\n' "$((SECONDS - start))" "$left"
    pause "${UP_PAUSE_SECONDS:-2}"
  done
}

check_port() {
  local port
  port=$(setting "$1")
  case $port in '' | *[!0-9]*) fail "$1=$port is no port" "correct it in $env_file" ;; esac
  ! port_is_taken "$port" || fail "port $port ($1) is taken by another program" "set another one in $env_file"
}

check_running() {
  local name
  for name in sql-init dev-sample dev-waves etl etl-monitor dash-vendas sql-backup; do
    if [ -s "$running/$name.pid" ] && is_alive "$(cat "$running/$name.pid")"; then
      fail "$name of $folder is running already" 'stop the stack that runs there first'
    fi
  done
}

main() {
  binaries=$(cd "${1:-$scripts/../target/release}" && pwd)
  local name
  for name in init etl monitor vendas backup; do
    [ -x "$binaries/$name" ] || fail "$binaries/$name is not there" 'cargo build --release --bins -p dw-bin'
  done
  mkdir -p "$logs" "$running" "$folder/ca" "$folder/backups"
  if [ ! -e "$env_file" ]; then
    # For trying: with sample data and waves.
    sed 's/^COMPOSE_PROFILES=.*/COMPOSE_PROFILES=core,dashboards,backup,dev/' "$example" >"$env_file"
    chmod 600 "$env_file"
    printf 'made %s\n' "$env_file"
  fi
  make_env
  forget_exported_settings
  IFS=, read -r -a files <<<"$(setting STACK_FILES)"
  engine=sqlserver
  case ${files[0]} in docker-compose.sqlserver.yml) engine=embedded ;; esac
  check_running
  ! has_profile dashboards || { check_port MONITOR_PORT; check_port VENDAS_PORT; }
  make_secrets_folder
  if [ "$engine" = sqlserver ]; then
    [ -s "$secrets/$administrator" ] || fail "$secrets/$administrator is not there" 'put the password of the administrator of your server into it'
  else
    make_passwords "$administrator"
  fi
  # shellcheck disable=SC2086
  make_passwords $logins
  [ -s "$secrets/web_password_hash" ] || make_passwords web_password
  make_hash "$binaries/vendas" hash-password

  trap '' PIPE
  trap 'stop 0' INT TERM HUP
  trap 'stop 1' EXIT
  run sql-init
  is_healthy sql-init || fail 'init --check is not content' "see $logs/sql-init.health.log"
  ! has_profile dev || run dev-sample
  ! has_profile core dev || start etl
  if has_profile dashboards; then
    start etl-monitor
    start dash-vendas
  fi
  ! has_profile backup || start sql-backup
  ! has_profile dev || start dev-waves
  wait_until_healthy
  if has_profile dashboards; then
    printf 'monitor: http://%s:%s/\n' "$(shown_address "$(setting MONITOR_BIND_IP)")" "$(setting MONITOR_PORT)"
    printf 'vendas:  http://%s:%s/\n' "$(shown_address "$(setting VENDAS_BIND_IP)")" "$(setting VENDAS_PORT)"
    [ ! -e "$secrets/web_password" ] || printf 'the password of the dashboards is in %s\n' "$secrets/web_password"
  fi
  printf 'ready; Ctrl-C stops it\n'
  while :; do
    check_alive
    pause 1
  done
}

main "$@"
exit
