#!/bin/bash
# Starts SQL Server in its container. The password of sa is needed once, for the setup; afterwards no environment has it.
set -euo pipefail
folder=${MSSQL_FOLDER:-/var/opt/mssql}
if [ ! -e "$folder/data/master.mdf" ]; then
  MSSQL_SA_PASSWORD=$(cat "${MSSQL_SA_PASSWORD_FILE:-/run/secrets/mssql_sa_password}")
  export MSSQL_SA_PASSWORD
fi
exec "${SQLSERVR:-/opt/mssql/bin/sqlservr}"
