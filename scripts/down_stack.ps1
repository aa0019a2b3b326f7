# Stops the container stack; volumes and secrets stay. -Purge deletes the volumes too, after the name was typed.
# Usage: scripts\down_stack.ps1 [-Purge]
[CmdletBinding()]
param([switch]$Purge)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Folder = Join-Path (Split-Path -Parent $PSScriptRoot) 'docker'
$EnvFile = Join-Path $Folder '.env.sqlserver'
if (-not (Get-Command docker -ErrorAction SilentlyContinue)) { [Console]::Error.WriteLine('error: docker was not found'); exit 1 }
if (-not (Test-Path $EnvFile)) { [Console]::Error.WriteLine("error: $EnvFile is not there"); exit 1 }
$names = 'docker-compose.sqlserver.yml'
foreach ($line in [IO.File]::ReadAllLines($EnvFile)) {
    if ($line.StartsWith('STACK_FILES=')) { $names = $line.Substring('STACK_FILES='.Length) }
}
$arguments = @()
foreach ($name in $names.Split(',')) { $arguments += @('-f', (Join-Path $Folder $name)) }
foreach ($name in @('core', 'dashboards', 'backup', 'dev')) { $arguments += @('--profile', $name) }
$arguments += 'down'
if ($Purge) {
    $typed = Read-Host 'This deletes the databases, the backups and the audit of dw_stack. Type dw_stack to go on'
    if ($typed -cne 'dw_stack') { [Console]::Error.WriteLine('error: that is not dw_stack; nothing was deleted'); exit 1 }
    $arguments += '--volumes'
}
& docker compose --env-file $EnvFile @arguments
exit $LASTEXITCODE
