#!/usr/bin/env bash
# Starts the container stack and waits until it is healthy. Running it again changes nothing.
# Usage: scripts/up_stack.sh [--accept-eula] [--new-secrets]
# Settings: docker/.env.sqlserver, made from the example at the first start. --accept-eula writes there that you accept the
# licence of SQL Server.
# Secrets are files in docker/secrets; none is ever overwritten or printed. With --new-secrets, logins of the server whose
# file is not there get a new password. See docs/runbook.md.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${STACK_FOLDER:-$scripts/../docker}
folder=$(cd "$folder" && pwd)
example=$folder/.env.sqlserver.example
# shellcheck source=stack_lib.sh source-path=SCRIPTDIR
. "$scripts/stack_lib.sh"

check_docker() {
  command -v docker >/dev/null 2>&1 || fail 'docker was not found' 'install Docker Engine or Docker Desktop: https://docs.docker.com/get-docker/'
  docker info >/dev/null 2>&1 || fail 'the Docker engine does not answer' 'start it, and see that you may use it: docker info'
  local version
  version=$(docker compose version --short 2>/dev/null) || fail 'Docker Compose v2 was not found' 'docker-compose v1 is not enough; install the plugin docker-compose-plugin'
  case ${version#v} in
    0.* | 1.*) fail "Docker Compose v2 is needed, this is $version" 'install the plugin docker-compose-plugin' ;;
  esac
}

# Changes that one line and no other.
accept_eula() {
  sed 's/^ACCEPT_EULA=.*/ACCEPT_EULA=Y/' "$env_file" >"$env_file.new"
  cat "$env_file.new" >"$env_file"
  rm "$env_file.new"
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

# A port that one of our own containers holds is not taken.
check_port() {
  local name=$1 container=$2 port
  port=$(setting "$name")
  case $port in '' | *[!0-9]*) fail "$name=$port is no port" "correct it in $env_file" ;; esac
  [ "$(docker inspect --format '{{.State.Running}}' "$container" 2>/dev/null)" = true ] && return 0
  ! port_is_taken "$port" || fail "port $port ($name) is taken by another program" "set another one in $env_file"
}

check_ports() {
  [ "$own_server" = no ] || check_port SQLSERVER_PORT dw_sqlserver
  if has_profile dashboards; then
    check_port MONITOR_PORT dw_etl_monitor
    check_port VENDAS_PORT dw_dash_vendas
  fi
}

# Which of these secrets are not there.
missing() {
  local name
  for name in "$@"; do [ -s "$secrets/$name" ] || printf '%s ' "$name"; done
}

# New passwords would not open a server that knows the old ones: with volumes there, nothing that a server knows is made anew,
# unless that is asked for.
check_lost_secrets() {
  local lost
  if [ "$own_server" = no ] && [ -n "$(missing "$administrator")" ]; then
    fail "$secrets/$administrator is not there" 'put the password of the administrator of your server (SQLSERVER_ADMIN_USER) into it'
  fi
  [ -n "$(docker volume ls --quiet --filter label=com.docker.compose.project=dw_stack 2>/dev/null)" ] || return 0
  # shellcheck disable=SC2086
  lost=$(missing "$administrator" $logins)
  case $lost in
    '') ;;
    *"$administrator"*)
      fail "the volumes of the stack are there, and of $secrets these are not: $lost" \
        'new passwords would not open the old server: put the folder back from your copy, or see "Lost secrets" in docs/runbook.md' ;;
    *)
      [ "$new_secrets" = yes ] || fail "the volumes of the stack are there, and of $secrets these are not: $lost" \
        'put them back from your copy; or let the server have new ones: up_stack.sh --new-secrets' ;;
  esac
}

make_secrets() {
  make_secrets_folder
  mkdir -p "$folder/ca"
  [ "$own_server" = no ] || make_passwords "$administrator"
  # shellcheck disable=SC2086
  make_passwords $logins
  # With the hash there, its password is known to somebody.
  [ -s "$secrets/web_password_hash" ] || make_passwords web_password
  [ -e "$secrets/alert_webhook_url" ] || printf '' | write_secret alert_webhook_url
}

# One line for each container that is not what it should be: name and state.
waiting() {
  docker ps --all --filter label=com.docker.compose.project=dw_stack --filter label=com.docker.compose.oneoff=False \
    --format '{{.Names}}|{{.State}}|{{.Status}}' | while IFS='|' read -r name state status; do
    case $state in
      running)
        case $status in
          *'(unhealthy)'*) printf '%s unhealthy\n' "$name" ;;
          *'(health: '*) printf '%s starting\n' "$name" ;;
        esac ;;
      exited) case $status in 'Exited (0)'*) ;; *) printf '%s failed\n' "$name" ;; esac ;;
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

# The server gets the passwords of the files; programs that hold the old ones are made anew by the `up` that follows.
rotate() {
  compose run --rm sql-init --rotate-logins
  compose rm --stop --force sql-init etl etl-monitor dash-vendas sql-backup
}

main() {
  local argument accept=no
  new_secrets=no
  for argument in "$@"; do
    case $argument in
      --accept-eula) accept=yes ;;
      --new-secrets) new_secrets=yes ;;
      *) fail "unknown argument $argument; use --accept-eula, --new-secrets or nothing" ;;
    esac
  done
  check_docker
  make_env
  [ "$accept" = no ] || [ "$(setting ACCEPT_EULA)" = Y ] || accept_eula
  forget_exported_settings
  local file names
  files=()
  IFS=, read -r -a names <<<"$(setting STACK_FILES)"
  for file in "${names[@]}"; do files+=(-f "$folder/$file"); done
  own_server=no
  case ${names[0]} in docker-compose.sqlserver.yml) own_server=yes ;; esac
  if [ "$own_server" = yes ]; then
    check_memory
    [ "$(setting ACCEPT_EULA)" = Y ] || fail 'the licence of SQL Server is not accepted' \
      "read https://go.microsoft.com/fwlink/?LinkId=746388; to accept it: up_stack.sh --accept-eula"
  fi
  check_ports
  check_lost_secrets
  make_secrets
  if [ "$(setting STACK_IMAGES)" = pull ]; then compose pull; else compose build; fi
  # argon2 is our own binary: it reads the password from its input.
  make_hash docker run --rm -i --network none --read-only --cap-drop ALL \
    "$(setting DW_IMAGE_PREFIX)/vendas:$(setting DW_VERSION)" hash-password
  [ "$new_secrets" = no ] || rotate
  compose up --detach --remove-orphans || { waiting >&2; fail 'the stack did not start' 'docker logs NAME says why'; }
  wait_until_healthy
  if has_profile dashboards; then
    printf 'monitor: http://%s:%s/\n' "$(shown_address "$(setting MONITOR_BIND_IP)")" "$(setting MONITOR_PORT)"
    printf 'vendas:  http://%s:%s/\n' "$(shown_address "$(setting VENDAS_BIND_IP)")" "$(setting VENDAS_PORT)"
    [ ! -e "$secrets/web_password" ] || printf 'the password of the dashboards is in %s\n' "$secrets/web_password"
  fi
  [ "$own_server" = no ] || printf 'server:  %s,%s\n' "$(shown_address "$(setting SQLSERVER_BIND_IP)")" "$(setting SQLSERVER_PORT)"
}

main "$@"
exit
