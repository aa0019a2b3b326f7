#!/usr/bin/env bash
# Starts the container stack and waits until it is healthy. Running it again changes nothing.
# Usage: scripts/up_stack.sh        Settings: docker/.env.sqlserver, made from the example at the first start.
# Secrets are files in docker/secrets; none is ever overwritten or printed. See docs/runbook.md.
set -euo pipefail
set -f

folder=${STACK_FOLDER:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../docker" && pwd)}
env_file=$folder/.env.sqlserver
example=$folder/.env.sqlserver.example
secrets=$folder/secrets
passwords='mssql_sa_password etl_runner_password etl_monitor_password etl_backup_password etl_restore_password bi_reader_password web_password'

fail() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  hint: %s\n' "$2" >&2
  exit 1
}

# The value of a setting, verbatim; the last line of a name counts.
setting() {
  sed -n "s/^$1=//p" "$env_file" | tail -n 1 | tr -d '\r'
}

check_docker() {
  command -v docker >/dev/null 2>&1 || fail 'docker was not found' 'install Docker Engine or Docker Desktop: https://docs.docker.com/get-docker/'
  docker info >/dev/null 2>&1 || fail 'the Docker engine does not answer' 'start it, and see that you may use it: docker info'
  local version
  version=$(docker compose version --short 2>/dev/null) || fail 'Docker Compose v2 was not found' 'docker-compose v1 is not enough; install the plugin docker-compose-plugin'
  case ${version#v} in
    0.* | 1.*) fail "Docker Compose v2 is needed, this is $version" 'install the plugin docker-compose-plugin' ;;
  esac
}

check_memory() {
  local bytes
  bytes=$(docker info --format '{{.MemTotal}}' 2>/dev/null) || bytes=
  case $bytes in '' | *[!0-9]*) return 0 ;; esac
  local least=4000000000
  if [ "$bytes" -lt "$least" ]; then
    fail "Docker has $((bytes / 1000000)) MB of memory, SQL Server needs 4000 MB" 'give it more (Docker Desktop: Settings, Resources)'
  fi
}

# Adds settings that are new in the example. Lines that are there stay as they are, unknown ones and comments too.
make_env() {
  if [ ! -e "$env_file" ]; then
    cp "$example" "$env_file"
    chmod 600 "$env_file"
    printf 'made %s\n' "$env_file"
    return
  fi
  local line name
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '' | '#'*) continue ;; esac
    name=${line%%=*}
    if ! grep -q "^$name=" "$env_file"; then
      [ -z "$(tail -c 1 "$env_file")" ] || printf '\n' >>"$env_file"
      printf '%s\n' "$line" >>"$env_file"
      printf 'added %s to %s\n' "$name" "$env_file"
    fi
  done <"$example"
}

# 32 letters and digits of the system's cryptographic source, with each class that a password policy may want.
random_password() {
  local text
  while :; do
    text=$(head -c 512 /dev/urandom | LC_ALL=C tr -dc 'A-HJ-NP-Za-km-z2-9' | head -c 32)
    case $text in *[A-Z]*) case $text in *[a-z]*) case $text in *[0-9]*) [ "${#text}" = 32 ] && break ;; esac ;; esac ;; esac
  done
  printf '%s' "$text"
}

make_secrets() {
  local name
  if [ ! -e "$secrets/mssql_sa_password" ] && docker volume inspect dw_stack_sqlserver_data >/dev/null 2>&1; then
    fail "the volumes of the stack are there, and $secrets/mssql_sa_password is not" \
      'new passwords would not open the old server: put the folder back from your copy, or see "lost secrets" in docs/runbook.md'
  fi
  mkdir -p "$secrets" "$folder/ca"
  # Nobody else gets into the folder. The files are readable, because a container reads them as another user.
  chmod 700 "$secrets"
  for name in $passwords; do
    if [ ! -s "$secrets/$name" ]; then
      (umask 022 && random_password >"$secrets/$name.new" && mv "$secrets/$name.new" "$secrets/$name")
      printf 'made secrets/%s\n' "$name"
    fi
  done
  [ -e "$secrets/alert_webhook_url" ] || : >"$secrets/alert_webhook_url"
}

# argon2 is made by our own binary, which reads the password from its input.
make_hash() {
  if [ ! -s "$secrets/web_password_hash" ]; then
    local image
    image=$(setting DW_IMAGE_PREFIX)/vendas:$(setting DW_VERSION)
    docker run --rm -i --network none --read-only --cap-drop ALL "$image" hash-password <"$secrets/web_password" >"$secrets/web_password_hash.new" ||
      fail 'the hash of the password of the dashboards could not be made'
    mv "$secrets/web_password_hash.new" "$secrets/web_password_hash"
  fi
}

port_is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port that one of our own containers holds is not taken.
check_port() {
  local name=$1 container=$2 port
  port=$(setting "$name")
  case $port in '' | *[!0-9]*) fail "$name=$port is no port" "correct it in $env_file" ;; esac
  [ "$(docker inspect --format '{{.State.Running}}' "$container" 2>/dev/null)" = true ] && return 0
  ! port_is_taken "$port" || fail "port $port ($name) is taken by another program" "set another one in $env_file"
}

# One line for each container that is not what it should be: name and state.
waiting() {
  compose ps --all --format '{{.Name}} {{.State}} {{.Health}} {{.ExitCode}}' | while read -r name state health code; do
    # An empty health leaves the exit code in its place.
    case $health in [0-9]*) code=$health health= ;; esac
    case $state in
      running) case $health in '' | healthy) ;; *) printf '%s %s\n' "$name" "$health" ;; esac ;;
      exited) [ "${code:-0}" = 0 ] || printf '%s failed\n' "$name" ;;
      *) printf '%s %s\n' "$name" "$state" ;;
    esac
  done
}

wait_until_healthy() {
  local left seconds=0 timeout
  timeout=$(setting UP_TIMEOUT_SECONDS)
  while :; do
    left=$(waiting)
    [ -n "$left" ] || break
    case $left in
      *' unhealthy'* | *' failed'* | *' dead'*) printf '%s\n' "$left" >&2; fail 'the stack is not healthy' 'docker logs NAME says why' ;;
    esac
    [ "$seconds" -lt "${timeout:-900}" ] || { printf '%s\n' "$left" >&2; fail "not healthy after $timeout s" 'docker logs NAME says why'; }
    printf 'waiting, %s s: %s\n' "$seconds" "$(printf '%s' "$left" | tr '\n' ',')"
    sleep "${UP_PAUSE_SECONDS:-5}"
    seconds=$((seconds + 5))
  done
}

compose() { docker compose --env-file "$env_file" "${files[@]}" "$@"; }

main() {
  check_docker
  make_env
  check_memory
  local file
  files=()
  IFS=, read -r -a names <<<"$(setting STACK_FILES)"
  for file in "${names[@]}"; do files+=(-f "$folder/$file"); done
  own_server=no
  case ${names[0]} in docker-compose.sqlserver.yml) own_server=yes ;; esac
  if [ "$own_server" = yes ] && [ "$(setting ACCEPT_EULA)" != Y ]; then
    fail 'the licence of SQL Server is not accepted' "read https://go.microsoft.com/fwlink/?LinkId=746388 and set ACCEPT_EULA=Y in $env_file"
  fi
  [ "$own_server" = no ] || check_port SQLSERVER_PORT dw_sqlserver
  check_port MONITOR_PORT dw_etl_monitor
  check_port VENDAS_PORT dw_dash_vendas
  make_secrets
  if [ "$(setting STACK_IMAGES)" = pull ]; then compose pull; else compose build; fi
  make_hash
  compose up --detach --remove-orphans
  wait_until_healthy
  printf 'monitor: http://%s:%s/\n' "$(setting MONITOR_BIND_IP)" "$(setting MONITOR_PORT)"
  printf 'vendas:  http://%s:%s/\n' "$(setting VENDAS_BIND_IP)" "$(setting VENDAS_PORT)"
  [ "$own_server" = no ] || printf 'server:  %s,%s\n' "$(setting SQLSERVER_BIND_IP)" "$(setting SQLSERVER_PORT)"
  printf 'the password of the dashboards is in %s\n' "$secrets/web_password"
}

main "$@"
exit
