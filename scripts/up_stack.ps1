# Starts the container stack and waits until it is healthy; the same as up_stack.sh, for PowerShell 5.1 and 7.
# Usage: scripts\up_stack.ps1      Settings: docker\.env.sqlserver. No secret is ever overwritten or printed.
[CmdletBinding()]
param()

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Folder = Join-Path (Split-Path -Parent $PSScriptRoot) 'docker'
$EnvFile = Join-Path $Folder '.env.sqlserver'
$Example = Join-Path $Folder '.env.sqlserver.example'
$Secrets = Join-Path $Folder 'secrets'
$Passwords = @('mssql_sa_password', 'etl_runner_password', 'etl_monitor_password', 'etl_backup_password',
    'etl_restore_password', 'bi_reader_password', 'web_password')
$Utf8 = New-Object System.Text.UTF8Encoding($false)

function Stop-With([string]$Message, [string]$Hint) {
    [Console]::Error.WriteLine("error: $Message")
    if ($Hint) { [Console]::Error.WriteLine("  hint: $Hint") }
    exit 1
}

# Runs docker without its output; PowerShell 5.1 makes an error of each line on standard error otherwise.
function Test-Docker([string[]]$Arguments) {
    $ErrorActionPreference = 'Continue'
    & docker @Arguments 2>$null | Out-Null
    return $LASTEXITCODE -eq 0
}

function Read-Docker([string[]]$Arguments) {
    $ErrorActionPreference = 'Continue'
    $text = & docker @Arguments 2>$null
    if ($LASTEXITCODE -ne 0) { return $null }
    return ($text -join "`n")
}

function Get-Setting([string]$Name) {
    $value = ''
    foreach ($line in [IO.File]::ReadAllLines($EnvFile)) {
        if ($line.StartsWith("$Name=")) { $value = $line.Substring($Name.Length + 1) }
    }
    return $value
}

function Initialize-EnvFile {
    if (-not (Test-Path $EnvFile)) {
        Copy-Item $Example $EnvFile
        Write-Output "made $EnvFile"
        return
    }
    $there = [IO.File]::ReadAllText($EnvFile)
    foreach ($line in [IO.File]::ReadAllLines($Example)) {
        if ($line -eq '' -or $line.StartsWith('#')) { continue }
        $name = $line.Split('=')[0]
        if ($there -notmatch "(?m)^$([Regex]::Escape($name))=") {
            if ($there -ne '' -and -not $there.EndsWith("`n")) { $there += "`n" }
            $there += "$line`n"
            [IO.File]::WriteAllText($EnvFile, $there, $Utf8)
            Write-Output "added $name to $EnvFile"
        }
    }
}

# 32 letters and digits of a cryptographic source; a byte that would favour some of them is thrown away.
function New-Password {
    $alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
    $limit = 256 - (256 % $alphabet.Length)
    $source = [Security.Cryptography.RandomNumberGenerator]::Create()
    $byte = New-Object byte[] 1
    do {
        $text = New-Object System.Text.StringBuilder
        while ($text.Length -lt 32) {
            $source.GetBytes($byte)
            if ($byte[0] -lt $limit) { [void]$text.Append($alphabet[$byte[0] % $alphabet.Length]) }
        }
        $password = $text.ToString()
    } until ($password -cmatch '[A-Z]' -and $password -cmatch '[a-z]' -and $password -match '[0-9]')
    $source.Dispose()
    return $password
}

function Initialize-Secrets {
    if (-not (Test-Path (Join-Path $Secrets 'mssql_sa_password')) -and
        (Test-Docker @('volume', 'inspect', 'dw_stack_sqlserver_data'))) {
        Stop-With "the volumes of the stack are there, and $Secrets\mssql_sa_password is not" `
            'new passwords would not open the old server: put the folder back from your copy, or see "lost secrets" in docs/runbook.md'
    }
    New-Item -ItemType Directory -Force -Path $Secrets, (Join-Path $Folder 'ca') | Out-Null
    foreach ($name in $Passwords) {
        $file = Join-Path $Secrets $name
        if (-not (Test-Path $file)) {
            [IO.File]::WriteAllText($file, (New-Password), $Utf8)
            Write-Output "made secrets/$name"
        }
    }
    $webhook = Join-Path $Secrets 'alert_webhook_url'
    if (-not (Test-Path $webhook)) { [IO.File]::WriteAllText($webhook, '', $Utf8) }
}

function Initialize-Hash {
    $file = Join-Path $Secrets 'web_password_hash'
    if (Test-Path $file) { return }
    $image = "$(Get-Setting 'DW_IMAGE_PREFIX')/vendas:$(Get-Setting 'DW_VERSION')"
    $hash = [IO.File]::ReadAllText((Join-Path $Secrets 'web_password')) |
        & docker run --rm -i --network none --read-only --cap-drop ALL $image hash-password
    if ($LASTEXITCODE -ne 0) { Stop-With 'the hash of the password of the dashboards could not be made' '' }
    [IO.File]::WriteAllText($file, "$hash", $Utf8)
}

function Assert-Port([string]$Name, [string]$Container) {
    $port = 0
    if (-not [int]::TryParse((Get-Setting $Name), [ref]$port)) { Stop-With "$Name is no port" "correct it in $EnvFile" }
    if ((Read-Docker @('inspect', '--format', '{{.State.Running}}', $Container)) -eq 'true') { return }
    $client = New-Object System.Net.Sockets.TcpClient
    $taken = $false
    try { $client.Connect('127.0.0.1', $port); $taken = $true } catch { $taken = $false } finally { $client.Close() }
    if ($taken) { Stop-With "port $port ($Name) is taken by another program" "set another one in $EnvFile" }
}

function Invoke-Compose([string[]]$Arguments) {
    & docker compose --env-file $EnvFile @script:Files @Arguments
    if ($LASTEXITCODE -ne 0) { Stop-With "docker compose $($Arguments[0]) failed" '' }
}

if (-not (Get-Command docker -ErrorAction SilentlyContinue)) {
    Stop-With 'docker was not found' 'install Docker Desktop: https://docs.docker.com/get-docker/'
}
if (-not (Test-Docker @('info'))) { Stop-With 'the Docker engine does not answer' 'start it, and try: docker info' }
$version = Read-Docker @('compose', 'version', '--short')
if (-not $version -or $version -match '^v?[01]\.') { Stop-With 'Docker Compose v2 was not found' 'docker-compose v1 is not enough' }
Initialize-EnvFile
$memory = Read-Docker @('info', '--format', '{{.MemTotal}}')
if ($memory -match '^\d+$' -and [long]$memory -lt 4000000000) {
    Stop-With "Docker has $([long]$memory / 1000000) MB of memory, SQL Server needs 4000 MB" 'give it more'
}
$script:Files = @()
$names = (Get-Setting 'STACK_FILES').Split(',')
foreach ($name in $names) { $script:Files += @('-f', (Join-Path $Folder $name)) }
$ownServer = $names[0] -eq 'docker-compose.sqlserver.yml'
if ($ownServer) {
    if ((Get-Setting 'ACCEPT_EULA') -cne 'Y') {
        Stop-With 'the licence of SQL Server is not accepted' "read https://go.microsoft.com/fwlink/?LinkId=746388 and set ACCEPT_EULA=Y in $EnvFile"
    }
    Assert-Port 'SQLSERVER_PORT' 'dw_sqlserver'
}
Assert-Port 'MONITOR_PORT' 'dw_etl_monitor'
Assert-Port 'VENDAS_PORT' 'dw_dash_vendas'
Initialize-Secrets
if ((Get-Setting 'STACK_IMAGES') -eq 'pull') { Invoke-Compose @('pull') } else { Invoke-Compose @('build') }
Initialize-Hash
Invoke-Compose @('up', '--detach', '--remove-orphans')

$start = Get-Date
while ($true) {
    $left = @()
    $lines = & docker compose --env-file $EnvFile @script:Files ps --all --format '{{.Name}}|{{.State}}|{{.Health}}|{{.ExitCode}}'
    foreach ($line in $lines) {
        $part = $line.Split('|')
        if ($part[1] -eq 'exited') { if ($part[3] -ne '0') { $left += "$($part[0]) failed" } }
        elseif ($part[1] -ne 'running') { $left += "$($part[0]) $($part[1])" }
        elseif ($part[2] -ne '' -and $part[2] -ne 'healthy') { $left += "$($part[0]) $($part[2])" }
    }
    if ($left.Count -eq 0) { break }
    $text = $left -join ', '
    if ($text -match ' (unhealthy|failed|dead)') { Stop-With "the stack is not healthy: $text" 'docker logs NAME says why' }
    $seconds = [int]((Get-Date) - $start).TotalSeconds
    if ($seconds -gt [int](Get-Setting 'UP_TIMEOUT_SECONDS')) { Stop-With "not healthy after $seconds s: $text" 'docker logs NAME says why' }
    Write-Output "waiting, $seconds s: $text"
    Start-Sleep -Seconds 5
}
Write-Output "monitor: http://$(Get-Setting 'MONITOR_BIND_IP'):$(Get-Setting 'MONITOR_PORT')/"
Write-Output "vendas:  http://$(Get-Setting 'VENDAS_BIND_IP'):$(Get-Setting 'VENDAS_PORT')/"
if ($ownServer) { Write-Output "server:  $(Get-Setting 'SQLSERVER_BIND_IP'),$(Get-Setting 'SQLSERVER_PORT')" }
Write-Output "the password of the dashboards is in $(Join-Path $Secrets 'web_password')"
