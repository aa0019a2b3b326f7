#!/usr/bin/env bash
# What the shell scripts of the stack share: settings, secrets, messages. It is sourced and does nothing by itself.
# Whoever sources it sets `folder` (of .env.sqlserver and secrets) and `example` (the settings that are known).
set -euo pipefail
set -f

: "${folder:?}" "${example:?}"
env_file=$folder/.env.sqlserver
secrets=$folder/secrets
# The password of the administrator, and those of the logins that `init` makes.
# shellcheck disable=SC2034
administrator=mssql_sa_password
# shellcheck disable=SC2034
logins='etl_runner_password etl_monitor_password etl_backup_password etl_restore_password bi_reader_password'

fail() {
  printf 'error: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  hint: %s\n' "$2" >&2
  exit 1
}

# The value of a setting, verbatim; the last line of a name counts.
setting() {
  sed -n "s/^$1=//p" "$env_file" | tail -n 1 | tr -d '\r'
}

# Whether one of the profiles is chosen.
has_profile() {
  local name
  for name in "$@"; do
    case ,$(setting COMPOSE_PROFILES), in *,"$name",*) return 0 ;; esac
  done
  return 1
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

# The file alone says what the settings are, also where somebody has exported a variable of the same name.
forget_exported_settings() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in [A-Z]*=*) unset "${line%%=*}" ;; esac
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

# Nobody else gets into the folder. The files in it are readable, because a container reads them as another user.
make_secrets_folder() {
  mkdir -p "$secrets"
  chmod 700 "$secrets"
}

# Puts what stands on standard input into a secret, in one step.
write_secret() {
  (umask 022 && cat >"$secrets/$1.new") && mv "$secrets/$1.new" "$secrets/$1"
}

# Makes the passwords of these names that are not there; none is ever overwritten or printed.
make_passwords() {
  local name
  for name in "$@"; do
    if [ ! -s "$secrets/$name" ]; then
      random_password | write_secret "$name"
      printf 'made secrets/%s\n' "$name"
    fi
  done
}

# Makes the hash of the password of the dashboards by the command of the arguments, which reads it from its input.
make_hash() {
  [ ! -s "$secrets/web_password_hash" ] || return 0
  "$@" <"$secrets/web_password" | write_secret web_password_hash || rm -f "$secrets/web_password_hash.new"
  [ -s "$secrets/web_password_hash" ] || fail 'the hash of the password of the dashboards could not be made'
}

port_is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The name under which a browser on this machine reaches what listens on that address.
shown_address() {
  case $1 in 0.0.0.0 | '') printf localhost ;; *) printf '%s' "$1" ;; esac
}
