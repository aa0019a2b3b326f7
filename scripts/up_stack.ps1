# Starts the container stack and waits until it is healthy; the same as up_stack.sh, for PowerShell 5.1 and 7.
# Usage: scripts\up_stack.ps1 [-AcceptEula] [-NewSecrets]
# Settings: docker\.env.sqlserver. -AcceptEula writes there that you accept the licence of SQL Server. No secret is ever
# overwritten or printed.
# With -NewSecrets, logins of the server whose file is not there get a new password. See docs/runbook.md.
[CmdletBinding()]
param([switch]$AcceptEula, [switch]$NewSecrets)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Folder = Join-Path (Split-Path -Parent $PSScriptRoot) 'docker'
$EnvFile = Join-Path $Folder '.env.sqlserver'
$Example = Join-Path $Folder '.env.sqlserver.example'
$Secrets = Join-Path $Folder 'secrets'
$Administrator = 'mssql_sa_password'
$Logins = @('etl_runner_password', 'etl_monitor_password', 'etl_backup_password', 'etl_restore_password', 'bi_reader_password')
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

function Test-Secret([string]$Name) {
    $file = Get-Item -LiteralPath (Join-Path $Secrets $Name) -ErrorAction SilentlyContinue
    return ($null -ne $file) -and ($file.Length -gt 0)
}

# The file alone says what the settings are, also where somebody has exported a variable of the same name.
function Clear-ExportedSettings {
    foreach ($line in [IO.File]::ReadAllLines($Example)) {
        if ($line -match '^([A-Z][A-Z0-9_]*)=') { Remove-Item -Path "Env:$($Matches[1])" -ErrorAction SilentlyContinue }
    }
}

function Test-Profile([string]$Name) {
    return (Get-Setting 'COMPOSE_PROFILES').Split(',') -ccontains $Name
}

# New passwords would not open a server that knows the old ones: with volumes there, nothing that a server knows is made
# anew, unless that is asked for.
function Assert-Secrets {
    if (-not $OwnServer -and -not (Test-Secret $Administrator)) {
        Stop-With "$Secrets\$Administrator is not there" 'put the password of the administrator of your server (SQLSERVER_ADMIN_USER) into it'
    }
    if (-not (Read-Docker @('volume', 'ls', '--quiet', '--filter', 'label=com.docker.compose.project=dw_stack'))) { return }
    $lost = @(@($Administrator) + $Logins | Where-Object { -not (Test-Secret $_) })
    if ($lost.Count -eq 0) { return }
    $message = "the volumes of the stack are there, and of $Secrets these are not: $($lost -join ' ')"
    if ($lost -contains $Administrator) {
        Stop-With $message 'new passwords would not open the old server: put the folder back from your copy, or see "Lost secrets" in docs/runbook.md'
    }
    if (-not $NewSecrets) { Stop-With $message 'put them back from your copy; or let the server have new ones: up_stack.ps1 -NewSecrets' }
}

# Nobody but the user, the system and administrators gets into the folder.
function Protect-Folder([string]$Path) {
    if ($env:OS -ne 'Windows_NT') { & chmod 700 $Path; return }
    $user = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    & icacls $Path /inheritance:r /grant:r "*${user}:(OI)(CI)F" '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
    if ($LASTEXITCODE -ne 0) { Stop-With "the rights of $Path could not be set" 'see that the folder is on an NTFS disk and yours' }
}

# Whole or not at all. Who calls it has seen that none is there.
function Write-Secret([string]$Name, [string]$Text) {
    $file = Join-Path $Secrets $Name
    [IO.File]::WriteAllText("$file.new", $Text, $Utf8)
    Move-Item -Force -LiteralPath "$file.new" -Destination $file
}

function Initialize-Secrets {
    New-Item -ItemType Directory -Force -Path $Secrets, (Join-Path $Folder 'ca') | Out-Null
    Protect-Folder $Secrets
    $names = $Logins
    if ($OwnServer) { $names = @($Administrator) + $names }
    # With the hash there, its password is known to somebody.
    if (-not (Test-Secret 'web_password_hash')) { $names += 'web_password' }
    foreach ($name in $names) {
        if (-not (Test-Secret $name)) {
            Write-Secret $name (New-Password)
            Write-Output "made secrets/$name"
        }
    }
    if (-not (Test-Path (Join-Path $Secrets 'alert_webhook_url'))) { Write-Secret 'alert_webhook_url' '' }
}

# argon2 is our own binary: it reads the password from its input.
function Initialize-Hash {
    if (Test-Secret 'web_password_hash') { return }
    $image = "$(Get-Setting 'DW_IMAGE_PREFIX')/vendas:$(Get-Setting 'DW_VERSION')"
    $hash = [IO.File]::ReadAllText((Join-Path $Secrets 'web_password')) |
        & docker run --rm -i --network none --read-only --cap-drop ALL $image hash-password
    if ($LASTEXITCODE -ne 0) { Stop-With 'the hash of the password of the dashboards could not be made' '' }
    Write-Secret 'web_password_hash' "$hash"
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
    & docker compose --env-file $EnvFile @Files @Arguments
    if ($LASTEXITCODE -ne 0) { Stop-With "docker compose $($Arguments[0]) failed" 'docker logs NAME says why, where a container failed' }
}

if (-not (Get-Command docker -ErrorAction SilentlyContinue)) {
    Stop-With 'docker was not found' 'install Docker Desktop: https://docs.docker.com/get-docker/'
}
if (-not (Test-Docker @('info'))) { Stop-With 'the Docker engine does not answer' 'start it, and try: docker info' }
$version = Read-Docker @('compose', 'version', '--short')
if (-not $version) { Stop-With 'Docker Compose v2 was not found' 'docker-compose v1 is not enough; update Docker Desktop' }
if ($version -match '^v?[01]\.') { Stop-With "Docker Compose v2 is needed, this is $version" 'update Docker Desktop' }
Initialize-EnvFile
if ($AcceptEula -and (Get-Setting 'ACCEPT_EULA') -cne 'Y') {
    $text = [IO.File]::ReadAllText($EnvFile) -replace '(?m)^ACCEPT_EULA=[^\r\n]*', 'ACCEPT_EULA=Y'
    [IO.File]::WriteAllText($EnvFile, $text, $Utf8)
}
Clear-ExportedSettings
$Files = @()
$names = (Get-Setting 'STACK_FILES').Split(',')
foreach ($name in $names) { $Files += @('-f', (Join-Path $Folder $name)) }
$OwnServer = $names[0] -eq 'docker-compose.sqlserver.yml'
if ($OwnServer) {
    $memory = Read-Docker @('info', '--format', '{{.MemTotal}}')
    if ($memory -match '^\d+$' -and [long]$memory -lt 4000000000) {
        Stop-With "Docker has $([long]([long]$memory / 1000000)) MB of memory, SQL Server needs 4000 MB" 'give it more (Docker Desktop: Settings, Resources)'
    }
    if ((Get-Setting 'ACCEPT_EULA') -cne 'Y') {
        Stop-With 'the licence of SQL Server is not accepted' 'read https://go.microsoft.com/fwlink/?LinkId=746388; to accept it: up_stack.ps1 -AcceptEula'
    }
    Assert-Port 'SQLSERVER_PORT' 'dw_sqlserver'
}
if (Test-Profile 'dashboards') {
    Assert-Port 'MONITOR_PORT' 'dw_etl_monitor'
    Assert-Port 'VENDAS_PORT' 'dw_dash_vendas'
}
Assert-Secrets
Initialize-Secrets
if ((Get-Setting 'STACK_IMAGES') -eq 'pull') { Invoke-Compose @('pull') } else { Invoke-Compose @('build') }
Initialize-Hash
if ($NewSecrets) {
    Invoke-Compose @('run', '--rm', 'sql-init', '--rotate-logins')
    Invoke-Compose @('rm', '--stop', '--force', 'sql-init', 'etl', 'etl-monitor', 'dash-vendas', 'sql-backup')
}
Invoke-Compose @('up', '--detach', '--remove-orphans')

$start = Get-Date
while ($true) {
    $left = @()
    $lines = & docker ps --all --filter label=com.docker.compose.project=dw_stack --filter label=com.docker.compose.oneoff=False --format '{{.Names}}|{{.State}}|{{.Status}}'
    foreach ($line in $lines) {
        $part = $line.Split('|')
        if ($part[1] -eq 'exited') { if (-not $part[2].StartsWith('Exited (0)')) { $left += "$($part[0]) failed" } }
        elseif ($part[1] -ne 'running') { $left += "$($part[0]) $($part[1])" }
        elseif ($part[2].Contains('(unhealthy)')) { $left += "$($part[0]) unhealthy" }
        elseif ($part[2].Contains('(health: ')) { $left += "$($part[0]) starting" }
    }
    if ($left.Count -eq 0) { break }
    $text = $left -join ', '
    if ($text -match ' (unhealthy|failed|dead)') { Stop-With "the stack is not healthy: $text" 'docker logs NAME says why' }
    $seconds = [int]((Get-Date) - $start).TotalSeconds
    if ($seconds -gt [int](Get-Setting 'UP_TIMEOUT_SECONDS')) { Stop-With "not healthy after $seconds s: $text" 'docker logs NAME says why' }
    Write-Output "waiting, $seconds s: $text"
    Start-Sleep -Seconds 5
}
# The name under which a browser on this machine reaches what listens on that address.
function Get-Shown([string]$Name) {
    $address = Get-Setting $Name
    if ($address -eq '' -or $address -eq '0.0.0.0') { return 'localhost' }
    return $address
}
if (Test-Profile 'dashboards') {
    Write-Output "monitor: http://$(Get-Shown 'MONITOR_BIND_IP'):$(Get-Setting 'MONITOR_PORT')/"
    Write-Output "vendas:  http://$(Get-Shown 'VENDAS_BIND_IP'):$(Get-Setting 'VENDAS_PORT')/"
    if (Test-Secret 'web_password') { Write-Output "the password of the dashboards is in $(Join-Path $Secrets 'web_password')" }
}
if ($OwnServer) { Write-Output "server:  $(Get-Shown 'SQLSERVER_BIND_IP'),$(Get-Setting 'SQLSERVER_PORT')" }
