#!/bin/sh
# Gives the volumes to the user of the containers and makes the certificate of the server, signed by an authority of its
# own whose key is thrown away: a new certificate is a new authority, and clients read it at their next start.
# Runs at each start; a certificate that lasts for 30 more days is left alone.
# Usage: sql_volume_init all      everything, for a server of the stack
#        sql_volume_init folders  only what containers of ours write, for a server that is somewhere else
# ROOT and OWNER are for tests.
set -eu
what=${1:-all}
root=${ROOT:-}
owner=${OWNER:-10001:10001}
mssql=$root/var/opt/mssql
ca=$root/run/dw-ca

give() {
  for folder in "$@"; do
    mkdir -p "$folder"
    chown -R "$owner" "$folder"
    chmod 0770 "$folder"
  done
}

give "$mssql/backup" "$root/var/lib/etl-alerts"
case $what in
  all) give "$mssql/.system" "$mssql/data" "$mssql/log" "$mssql/secrets" "$mssql/audit" ;;
  folders) echo "folders: ready"; exit 0 ;;
  *) echo "sql_volume_init: $what is neither all nor folders" >&2; exit 2 ;;
esac
mkdir -p "$ca"

key=$mssql/secrets/server.key
certificate=$mssql/secrets/server.pem
if [ -s "$key" ] && [ -s "$certificate" ] && [ -s "$ca/ca.pem" ] &&
  openssl x509 -in "$certificate" -noout -checkend 2592000 >/dev/null &&
  openssl verify -CAfile "$ca/ca.pem" "$certificate" >/dev/null 2>&1; then
  echo "certificate: there and valid"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
days=${CERTIFICATE_DAYS:-825}
openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days "$days" -subj "/CN=dw_stack authority" \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
  -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
openssl req -newkey rsa:3072 -nodes -sha256 -subj "/CN=sqlserver" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
cat >"$work/extensions" <<EXTENSIONS
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:sqlserver, DNS:dw_sqlserver, DNS:localhost, IP:127.0.0.1
EXTENSIONS
openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -sha256 \
  -days "$days" -extfile "$work/extensions" -out "$work/server.pem" 2>/dev/null

cp "$work/server.key" "$key.new"
cp "$work/server.pem" "$certificate.new"
cp "$work/ca.pem" "$ca/ca.pem.new"
chown "$owner" "$key.new" "$certificate.new"
chmod 0400 "$key.new" "$certificate.new"
chmod 0444 "$ca/ca.pem.new"
chmod 0755 "$ca"
mv -f "$key.new" "$key"
mv -f "$certificate.new" "$certificate"
mv -f "$ca/ca.pem.new" "$ca/ca.pem"
echo "certificate: made"
