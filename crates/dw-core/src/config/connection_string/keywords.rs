//! The keywords of connection strings: what each one means here, and why some are refused or have no effect.
//! Not here: how a text is cut into pairs (`tokens`), and how values are read (the parent module).

/// What a keyword means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Host, and perhaps port.
    Server,
    /// The port alone, which some ODBC drivers know.
    Port,
    /// The database.
    Database,
    /// The login.
    User,
    /// Its password.
    Password,
    /// Whether the connection is encrypted.
    Encrypt,
    /// Whether a certificate that cannot be verified is accepted.
    TrustServerCertificate,
    /// The name that the server's certificate must bear.
    HostnameInCertificate,
    /// The file of the certificate that is trusted.
    ServerCertificate,
    /// Whether readers say that they only read.
    ApplicationIntent,
    /// Seconds to connect.
    ConnectTimeout,
    /// Seconds of a statement.
    CommandTimeout,
    /// A login of the operating system, which this build has not.
    Integrated,
    /// The kind of login.
    Authentication,
    /// The network protocol.
    Network,
    /// Accepted only as long as it is off; the reason says what is missing.
    MustBeOff(&'static str),
    /// Accepted and without effect; the reason says why.
    Ignored(&'static str),
    /// Never accepted; the reason says what to do instead.
    Refused(&'static str),
}

/// One keyword with its other spellings. Letter case, blanks and underscores make no difference.
#[derive(Debug)]
pub(super) struct Keyword {
    /// As messages write it.
    pub name: &'static str,
    /// Other names of the same.
    pub synonyms: &'static [&'static str],
    /// What it means.
    pub meaning: Meaning,
}

const fn keyword(name: &'static str, synonyms: &'static [&'static str], meaning: Meaning) -> Keyword {
    Keyword { name, synonyms, meaning }
}

const POOL: &str = "`sqlserver.max_connections` sizes the pool";
const RETRY: &str = "`sqlserver.retries` and `sqlserver.wait_seconds` say how often and how long";
const DRIVER: &str = "the driver is compiled in";
const SESSION: &str = "each session sets what it needs";
const LOG: &str = "the log has the statements with `-vvv`";
const KERBEROS: &str = "only Kerberos uses it";
const FILE: &str = "everything must stand in the string itself: `SERVER=host,port;UID=..;PWD=..`";
const ATTACH: &str = "databases are created by `init`";
const ALWAYS_ENCRYPTED: &str = "Always Encrypted is not supported";
const MIRROR: &str = "mirrors are not followed; name the listener of an availability group";

/// Keywords of `SqlClient` and of the ODBC drivers for SQL Server.
pub(super) static KEYWORDS: &[Keyword] = &[
    keyword("Server", &["Data Source", "Address", "Addr", "Network Address"], Meaning::Server),
    keyword("Port", &[], Meaning::Port),
    keyword("Database", &["Initial Catalog"], Meaning::Database),
    keyword("User ID", &["UID", "User"], Meaning::User),
    keyword("Password", &["PWD"], Meaning::Password),
    keyword("Encrypt", &[], Meaning::Encrypt),
    keyword("TrustServerCertificate", &[], Meaning::TrustServerCertificate),
    keyword("HostNameInCertificate", &[], Meaning::HostnameInCertificate),
    keyword("ServerCertificate", &[], Meaning::ServerCertificate),
    keyword("ApplicationIntent", &[], Meaning::ApplicationIntent),
    keyword("Connect Timeout", &["Connection Timeout", "Timeout", "LoginTimeout"], Meaning::ConnectTimeout),
    keyword("Command Timeout", &[], Meaning::CommandTimeout),
    keyword("Integrated Security", &["Trusted_Connection"], Meaning::Integrated),
    keyword("Authentication", &[], Meaning::Authentication),
    keyword("Network Library", &["Network", "Net"], Meaning::Network),
    // What would change the meaning of the connection cannot be passed over in silence.
    keyword("Column Encryption Setting", &["ColumnEncryption"], Meaning::MustBeOff(ALWAYS_ENCRYPTED)),
    keyword("Context Connection", &[], Meaning::MustBeOff("the program does not run inside the server")),
    keyword("User Instance", &[], Meaning::MustBeOff("instances of a user are not supported")),
    keyword("AttachDBFilename", &["Extended Properties", "Initial File Name"], Meaning::Refused(ATTACH)),
    keyword("DSN", &[], Meaning::Refused(FILE)),
    keyword("FileDSN", &[], Meaning::Refused(FILE)),
    keyword("SaveFile", &[], Meaning::Refused("nothing is written from it")),
    keyword("ClientCertificate", &[], Meaning::Refused("certificates of clients are not supported")),
    keyword("ClientKey", &[], Meaning::Refused("certificates of clients are not supported")),
    keyword("KeyStoreAuthentication", &[], Meaning::Refused(ALWAYS_ENCRYPTED)),
    keyword("KeyStorePrincipalId", &[], Meaning::Refused(ALWAYS_ENCRYPTED)),
    keyword("KeyStoreSecret", &[], Meaning::Refused(ALWAYS_ENCRYPTED)),
    keyword("Enclave Attestation Url", &[], Meaning::Refused(ALWAYS_ENCRYPTED)),
    keyword("Attestation Protocol", &[], Meaning::Refused(ALWAYS_ENCRYPTED)),
    // What makes no difference here.
    keyword("Application Name", &["App"], Meaning::Ignored("each binary announces its own name")),
    keyword("Workstation ID", &["WSID"], Meaning::Ignored("the host announces its own name")),
    keyword("Pooling", &[], Meaning::Ignored(POOL)),
    keyword("Min Pool Size", &[], Meaning::Ignored(POOL)),
    keyword("Max Pool Size", &[], Meaning::Ignored(POOL)),
    keyword("Load Balance Timeout", &["Connection Lifetime"], Meaning::Ignored(POOL)),
    keyword("Pool Blocking Period", &[], Meaning::Ignored(POOL)),
    keyword("Connection Reset", &[], Meaning::Ignored(POOL)),
    keyword("ConnectRetryCount", &[], Meaning::Ignored(RETRY)),
    keyword("ConnectRetryInterval", &[], Meaning::Ignored(RETRY)),
    keyword("RetryExec", &[], Meaning::Ignored(RETRY)),
    keyword("MultiSubnetFailover", &[], Meaning::Ignored("each address of the name is tried without it")),
    keyword("TransparentNetworkIPResolution", &[], Meaning::Ignored("each address of the name is tried without it")),
    keyword("IPAddressPreference", &[], Meaning::Ignored("the order of the name service is kept")),
    keyword("MultipleActiveResultSets", &["MARS_Connection"], Meaning::Ignored("a connection runs one statement")),
    keyword("Packet Size", &[], Meaning::Ignored("the driver chooses it")),
    keyword("Persist Security Info", &[], Meaning::Ignored("a password is never shown")),
    keyword("Failover Partner", &[], Meaning::Ignored(MIRROR)),
    keyword("Failover Partner SPN", &[], Meaning::Ignored(KERBEROS)),
    keyword("Server SPN", &[], Meaning::Ignored(KERBEROS)),
    keyword("Enlist", &[], Meaning::Ignored("there are no distributed transactions")),
    keyword("Transaction Binding", &[], Meaning::Ignored("there are no distributed transactions")),
    keyword("Asynchronous Processing", &["Async"], Meaning::Ignored("all statements are asynchronous")),
    keyword("Type System Version", &[], Meaning::Ignored(DRIVER)),
    keyword("Replication", &[], Meaning::Ignored("the programs take no part in replication")),
    keyword("Current Language", &["Language"], Meaning::Ignored(SESSION)),
    keyword("Driver", &[], Meaning::Ignored(DRIVER)),
    keyword("TDS_Version", &[], Meaning::Ignored(DRIVER)),
    keyword("ClientCharset", &[], Meaning::Ignored(DRIVER)),
    keyword("Description", &[], Meaning::Ignored("it is a remark")),
    keyword("AnsiNPW", &[], Meaning::Ignored(SESSION)),
    keyword("QuotedId", &[], Meaning::Ignored(SESSION)),
    keyword("AutoTranslate", &[], Meaning::Ignored(DRIVER)),
    keyword("Regional", &[], Meaning::Ignored(DRIVER)),
    keyword("UseFMTONLY", &[], Meaning::Ignored(DRIVER)),
    keyword("LongAsMax", &[], Meaning::Ignored(DRIVER)),
    keyword("GetDataExtensions", &[], Meaning::Ignored(DRIVER)),
    keyword("VectorTypeSupport", &[], Meaning::Ignored(DRIVER)),
    keyword("KeepAlive", &[], Meaning::Ignored("the operating system decides")),
    keyword("KeepAliveInterval", &[], Meaning::Ignored("the operating system decides")),
    keyword("QueryLog_On", &[], Meaning::Ignored(LOG)),
    keyword("QueryLogFile", &[], Meaning::Ignored(LOG)),
    keyword("QueryLogTime", &[], Meaning::Ignored(LOG)),
    keyword("StatsLog_On", &[], Meaning::Ignored(LOG)),
    keyword("StatsLogFile", &[], Meaning::Ignored(LOG)),
];

/// The keyword of a word as it was typed, and the spelling that the word is.
pub(super) fn find(word: &str) -> Option<(&'static Keyword, &'static str)> {
    let word = bare(word);
    KEYWORDS.iter().find_map(|keyword| {
        spellings(keyword).find(|spelling| bare(spelling) == word).map(|spelling| (keyword, spelling))
    })
}

/// All spellings of all keywords, for a suggestion.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYWORDS.iter().flat_map(spellings)
}

fn spellings(keyword: &'static Keyword) -> impl Iterator<Item = &'static str> {
    std::iter::once(keyword.name).chain(keyword.synonyms.iter().copied())
}

/// `SqlClient` knows most keywords with and without blanks, ODBC some with underscores.
fn bare(word: &str) -> String {
    word.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}
