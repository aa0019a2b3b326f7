//! Why an entity failed: the class of its stored message, with what to do about it, for page and alert. Pure.
//!
//! A message that this product stored begins with the stable code of its error (`DW-E0021: ..`), which decides. Only the text
//! of older rows, and of rows that another program wrote, is read for words; the first rule that matches counts.
//! Names and actions are in Portuguese, because that is what people read on the page. Not here: the errors themselves
//! (`dw-core`).

use serde::Serialize;

/// A class of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// A failed row without a message.
    SemMensagem,
    /// The control row is missing or switched off.
    ConfigControle,
    /// A setting or a command line is wrong.
    Configuracao,
    /// A CHECK refused a row.
    ConstraintCheck,
    /// A FOREIGN KEY refused a row.
    ConstraintFk,
    /// A unique key refused a row.
    ConstraintUnique,
    /// NOT NULL refused a row.
    ConstraintNulo,
    /// A text was longer than its column.
    Truncamento,
    /// A number did not fit its column.
    Aritmetica,
    /// A key of the source has no row in its dimension.
    ChaveNaoResolvida,
    /// The login lacks a permission.
    Permissao,
    /// A table or column is missing.
    ObjetoAusente,
    /// The schema is of another version.
    Esquema,
    /// No answer in time.
    Timeout,
    /// The driver is missing.
    Driver,
    /// The server cannot be reached, or the connection broke.
    Conexao,
    /// The login was refused.
    Autenticacao,
    /// A value could not be converted.
    Conversao,
    /// The victim of a deadlock.
    Deadlock,
    /// Another process writes, or holds the lock.
    Bloqueio,
    /// An entity that this one needs failed.
    Dependencia,
    /// The disk is full, or a file cannot be written.
    Disco,
    /// A file is damaged.
    Corrompido,
    /// The process ended without closing the run.
    Interrompido,
    /// Somebody moved the watermark.
    Watermark,
    /// Rows that swap a unique value could not be parked back.
    ValoresTrocados,
    /// Anything else.
    Outros,
}

/// A failure, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its class.
    pub class: FailureClass,
    /// The class as it is stored and filtered by: `constraint_unique`.
    pub name: &'static str,
    /// What happened, for people.
    pub reason: &'static str,
    /// What to do.
    pub action: &'static str,
    /// The stable code, where the message has one.
    pub code: Option<String>,
    /// The constraint or object that the message names.
    pub object: Option<String>,
    /// The first 140 characters of the message on one line, without its code.
    pub signature: String,
}

/// The width of a signature.
const SIGNATURE: usize = 140;

use FailureClass::{
    Aritmetica, Autenticacao, Bloqueio, ChaveNaoResolvida, Conexao, ConfigControle, Configuracao, ConstraintCheck,
    ConstraintFk, ConstraintNulo, ConstraintUnique, Conversao, Corrompido, Deadlock, Dependencia, Disco, Driver,
    Esquema, Interrompido, ObjetoAusente, Outros, Permissao, SemMensagem, Timeout, Truncamento, ValoresTrocados,
    Watermark,
};

impl FailureClass {
    /// All classes.
    pub const ALL: [Self; 27] = [
        SemMensagem,
        ConfigControle,
        Configuracao,
        ConstraintCheck,
        ConstraintFk,
        ConstraintUnique,
        ConstraintNulo,
        Truncamento,
        Aritmetica,
        ChaveNaoResolvida,
        Permissao,
        ObjetoAusente,
        Esquema,
        Timeout,
        Driver,
        Conexao,
        Autenticacao,
        Conversao,
        Deadlock,
        Bloqueio,
        Dependencia,
        Disco,
        Corrompido,
        Interrompido,
        Watermark,
        ValoresTrocados,
        Outros,
    ];

    /// Name, reason and action.
    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            SemMensagem => {
                ("sem_mensagem", "Falha sem mensagem gravada", "Veja o log do processo no horário da execução")
            }
            ConfigControle => (
                "config_controle",
                "A entidade não tem linha ativa em ctl.etl_control",
                "Execute `init`, que cria as linhas que faltam, ou reative a entidade (is_active = 1)",
            ),
            Configuracao => (
                "configuracao",
                "Uma opção ou configuração está errada",
                "Confira a mensagem: ela diz o arquivo, a linha ou a variável; `etl config` mostra todas",
            ),
            ConstraintCheck => (
                "constraint_check",
                "Um valor viola uma regra CHECK",
                "Corrija a linha na origem; se ela é válida, relate: a regra deveria tê-la rejeitado",
            ),
            ConstraintFk => (
                "constraint_fk",
                "Uma chave não existe na tabela referenciada",
                "Carregue antes a dimensão; veja também a quarentena da entidade",
            ),
            ConstraintUnique => (
                "constraint_unique",
                "Dois registros têm o mesmo valor único",
                "Procure a duplicidade na origem pelo valor da mensagem e corrija",
            ),
            ConstraintNulo => {
                ("constraint_nulo", "Falta um valor obrigatório", "Preencha o campo na origem e execute de novo")
            }
            Truncamento => (
                "truncamento",
                "Um texto é maior que a coluna",
                "Encurte o texto na origem; nenhum texto é cortado em silêncio",
            ),
            Aritmetica => (
                "aritmetica",
                "Um número não cabe na coluna",
                "Corrija o valor na origem; procure valores fora do comum",
            ),
            ChaveNaoResolvida => (
                "chave_nao_resolvida",
                "Uma chave da origem não foi encontrada na dimensão",
                "Execute a dimensão e depois o fato",
            ),
            Permissao => (
                "permissao",
                "O login não tem permissão",
                "Execute `init --repair dw/grants` e depois `init`, ou use o login previsto para o comando",
            ),
            ObjetoAusente => (
                "objeto_ausente",
                "Uma tabela, coluna ou banco não existe",
                "Execute `init`, que cria o que falta e mantém os dados",
            ),
            Esquema => {
                ("esquema", "O esquema é de outra versão do programa", "Execute `init` com a mesma versão dos binários")
            }
            Timeout => (
                "timeout",
                "O banco não respondeu a tempo",
                "Veja o que o servidor está fazendo; se for normal, aumente `sqlserver.timeout_seconds`",
            ),
            Driver => (
                "driver",
                "O driver ODBC não foi encontrado",
                "Só linhas do sistema anterior: aqui o driver faz parte do programa",
            ),
            Conexao => (
                "conexao",
                "O servidor não pôde ser alcançado, ou a conexão caiu",
                "Confira se o servidor está no ar, o endereço, a porta e a rede; a próxima execução continua do último lote",
            ),
            Autenticacao => {
                ("autenticacao", "O login foi recusado", "Confira usuário e senha; a senha pode ter sido trocada")
            }
            Conversao => (
                "conversao",
                "Um valor não pôde ser convertido",
                "Procure o valor na origem: tipo ou formato inesperado",
            ),
            Deadlock => (
                "deadlock",
                "Vítima de um deadlock",
                "Costuma passar sozinho; se voltar, veja o que mais grava ao mesmo tempo",
            ),
            Bloqueio => (
                "bloqueio",
                "Outro processo estava usando a entidade ou o banco",
                "Espere o outro processo terminar; `etl status` diz quem é",
            ),
            Dependencia => (
                "dependencia",
                "Uma entidade da qual esta depende falhou",
                "Corrija a outra entidade; esta roda de novo na próxima execução",
            ),
            Disco => (
                "disco",
                "O disco está cheio, ou um arquivo não pôde ser gravado",
                "Libere espaço e execute de novo: o lote foi desfeito e nada se perdeu",
            ),
            Corrompido => (
                "corrompido",
                "O arquivo do banco está danificado",
                "Restaure o arquivo de um backup; o DW também pode ser refeito com `init` e `etl`",
            ),
            Interrompido => (
                "interrompido",
                "O processo terminou sem fechar a execução",
                "Veja por que ele terminou (reinício, memória, sinal); a próxima execução continua do último lote",
            ),
            Watermark => (
                "watermark",
                "O watermark foi alterado por fora durante a execução",
                "Garanta que só o `etl` altere ctl.etl_control e execute de novo",
            ),
            ValoresTrocados => (
                "valores_trocados",
                "Registros disputam o mesmo valor único",
                "Dê valores distintos aos registros na origem e execute de novo",
            ),
            Outros => ("outros", "Falha não classificada", "Veja a mensagem completa e o log"),
        }
    }

    /// The class as it is stored and filtered by.
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// What happened, for people.
    pub fn reason(self) -> &'static str {
        self.texts().1
    }

    /// What to do.
    pub fn action(self) -> &'static str {
        self.texts().2
    }
}

/// A stored message with the stable code of its error before it.
pub fn with_code(code: Option<&str>, message: &str) -> String {
    match code {
        Some(code) if !message.starts_with("DW-E") => format!("{code}: {message}"),
        _ => message.to_owned(),
    }
}

/// The code that a stored message begins with, and the rest.
pub fn split_code(message: &str) -> (Option<&str>, &str) {
    let is_code = |code: &str| {
        code.len() == 8 && code.starts_with("DW-E") && code.bytes().skip(4).all(|byte| byte.is_ascii_digit())
    };
    match message.split_once(": ") {
        Some((code, rest)) if is_code(code) => (Some(code), rest),
        _ => (None, message),
    }
}

/// Explains the stored message of a failed entity.
pub fn explain(message: Option<&str>) -> Failure {
    let message = message.map(str::trim).filter(|message| !message.is_empty());
    let (code, text) = message.map_or((None, ""), split_code);
    let class = match (message, code) {
        (None, _) => SemMensagem,
        (Some(_), Some(code)) => of_code(code, text),
        (Some(text), None) => of_text(text),
    };
    let line: Vec<&str> = text.split_whitespace().collect();
    Failure {
        class,
        name: class.name(),
        reason: class.reason(),
        action: class.action(),
        code: code.map(str::to_owned),
        object: object(text),
        signature: line.join(" ").chars().take(SIGNATURE).collect(),
    }
}

/// The class of a code; the text decides only within what the code says.
fn of_code(code: &str, text: &str) -> FailureClass {
    let within = |classes: &[FailureClass], other: FailureClass| {
        let found = of_text(text);
        if classes.contains(&found) { found } else { other }
    };
    match code {
        "DW-E0001" | "DW-E0002" | "DW-E0024" => within(&[ConfigControle], Configuracao),
        "DW-E0010" => ObjetoAusente,
        "DW-E0011" => within(&[Disco], Conexao),
        "DW-E0012" | "DW-E0030" | "DW-E0034" => Bloqueio,
        "DW-E0013" | "DW-E0040" => Disco,
        "DW-E0014" => Corrompido,
        "DW-E0015" => within(&[Autenticacao], Conexao),
        "DW-E0016" => Timeout,
        "DW-E0017" => Permissao,
        "DW-E0018" => Conexao,
        "DW-E0020" => within(&[ConfigControle, ObjetoAusente], Esquema),
        "DW-E0021" => within(&[ConstraintFk, ConstraintUnique, ConstraintNulo], ConstraintCheck),
        "DW-E0022" => within(&[Deadlock, Truncamento, Aritmetica, Conversao, Timeout, ObjetoAusente, Disco], Outros),
        "DW-E0023" => Esquema,
        "DW-E0031" => Watermark,
        "DW-E0032" => ValoresTrocados,
        "DW-E0033" => Dependencia,
        _ => Outros,
    }
}

/// Words of a message and the class that they tell, in this order.
const WORDS: &[(&[&str], FailureClass)] = &[
    (&["interrupted: process"], Interrompido),
    (&["etl_control", "control row", "switched off"], ConfigControle),
    (&["deadlock", "1205"], Deadlock),
    (&["check constraint", "ck_"], ConstraintCheck),
    (&["foreign key", "fk_"], ConstraintFk),
    (&["unique constraint", "unique index", "duplicate key", "uq_", "uk_", "ux_"], ConstraintUnique),
    (&["cannot insert the value null", "not null constraint", "may not be null"], ConstraintNulo),
    (&["would be truncated", "right truncation", "too long for"], Truncamento),
    (&["arithmetic overflow", "out of range", "numeric overflow"], Aritmetica),
    (&["lookup", "nao encontrad", "não encontrad", "not found in dim", "unresolved"], ChaveNaoResolvida),
    (&["permission", "permiss"], Permissao),
    (&["invalid object", "invalid column", "no such table", "no such column", "cannot open database"], ObjetoAusente),
    (&["hyt00", "timeout", "timed out", "did not answer within"], Timeout),
    (&["im002", "data source name not found"], Driver),
    (&["28000", "login failed", "refused the login", "authentication"], Autenticacao),
    (
        &[
            "08001",
            "08s01",
            "communication link",
            "cannot be reached",
            "connection refused",
            "connection reset",
            "connection",
        ],
        Conexao,
    ),
    (&["disk", "no space"], Disco),
    (&["conversion", "cast", "typeerror", "invalid literal"], Conversao),
];

fn of_text(text: &str) -> FailureClass {
    let text = text.to_lowercase();
    let has = |word: &&str| match *word {
        // A bare number must stand alone.
        "1205" => text.split(|c: char| !c.is_ascii_digit()).any(|number| number == "1205"),
        word if word.ends_with('_') => begins_a_name(&text, word),
        word => text.contains(word),
    };
    WORDS.iter().find(|(words, _)| words.iter().any(has)).map_or(Outros, |(_, class)| *class)
}

/// True when a name of the text begins with the prefix.
fn begins_a_name(text: &str, prefix: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_name(c)).any(|name| name.starts_with(prefix) && name.len() > prefix.len())
}

/// The constraint that a message names, else what it quotes.
fn object(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let constraint = text.split(|c| !is_name(c)).find(|name| {
        let upper = name.to_uppercase();
        ["CK_", "FK_", "UQ_", "UK_", "UX_", "PK_"].iter().any(|prefix| upper.starts_with(prefix) && name.len() > 3)
    });
    let quoted = || {
        ['\'', '"'].into_iter().find_map(|quote| {
            let mut parts = text.split(quote);
            let name = parts.nth(1)?;
            let is_closed = parts.next().is_some();
            (is_closed && !name.is_empty() && name.len() <= 128 && !name.contains(char::is_whitespace)).then_some(name)
        })
    };
    constraint.or_else(quoted).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stable_code_decides_and_the_text_only_within_it() {
        let class = |text: &str| explain(Some(text)).class;
        // A password in a name, a timeout in a path: the code knows better.
        assert_eq!(class("DW-E0013: the disk of DW_ECOMMERCE at `timeout/permission.db` is full"), Disco);
        assert_eq!(class("DW-E0021: UNIQUE constraint failed: dim.DIM_PRODUTO.codigo_sku"), ConstraintUnique);
        assert_eq!(class("DW-E0021: CHECK constraint failed: CK_FACT_METAS_quartil"), ConstraintCheck);
        assert_eq!(class("DW-E0015: DW at `x` cannot be reached: Login failed for user 'etl'"), Autenticacao);
        assert_eq!(class("DW-E0015: DW at `x` cannot be reached: connection reset by peer"), Conexao);
        assert_eq!(class("DW-E0020: dim_cliente has no row in ctl.etl_control"), ConfigControle);
        assert_eq!(class("DW-E0022: Transaction was deadlocked on lock resources (1205)"), Deadlock);
        assert_eq!(
            class("DW-E0033: not run, because fact_vendas failed and fact_descontos needs its rows"),
            Dependencia
        );
        assert_eq!(class("DW-E9999: of a newer version"), Outros);
    }

    #[test]
    fn rows_of_the_reference_are_read_by_their_words() {
        let class = |text: &str| explain(Some(text)).class;
        assert_eq!(explain(None).class, SemMensagem);
        assert_eq!(explain(Some("  ")).class, SemMensagem);
        // What the reference put under `outros` (defect D15).
        assert_eq!(class("ValueError: lookup de cliente_original_id=7 nao encontrado"), ChaveNaoResolvida);
        assert_eq!(
            class("DataError: String or binary data would be truncated in table 'dim.DIM_VENDEDOR'"),
            Truncamento
        );
        assert_eq!(class("DataError: Arithmetic overflow error converting numeric to data type numeric"), Aritmetica);
        assert_eq!(class("IntegrityError: Cannot insert the value NULL into column 'x'"), ConstraintNulo);
        assert_eq!(class("OperationalError: ('08S01', 'Communication link failure')"), Conexao);
        assert_eq!(class("ProgrammingError: Invalid object name 'dim.X'"), ObjetoAusente);
        assert_eq!(class("InterfaceError: ('28000', \"Login failed for user 'x'\")"), Autenticacao);
        assert_eq!(
            class("interrupted: process 7 on host ended without closing the run; last sign of life x"),
            Interrompido
        );
        assert_eq!(class("something else"), Outros);
    }

    #[test]
    fn the_constraint_is_found_in_any_quotes() {
        let object = |text: &str| explain(Some(text)).object;
        assert_eq!(
            object("Violation of UNIQUE KEY constraint 'UK_DIM_EQUIPE_nome'. Cannot insert duplicate key"),
            Some("UK_DIM_EQUIPE_nome".to_owned())
        );
        assert_eq!(object("conflicted with the CHECK constraint \"CK_X\""), Some("CK_X".to_owned()));
        assert_eq!(object("Invalid object name 'dim.X'."), Some("dim.X".to_owned()));
        assert_eq!(object("it's broken"), None);
    }

    #[test]
    fn every_class_has_a_name_of_its_own_and_an_action() {
        let mut names: Vec<&str> = FailureClass::ALL.iter().map(|class| class.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FailureClass::ALL.len());
        assert!(FailureClass::ALL.iter().all(|class| class.action().len() > 20 && class.reason().len() > 10));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,400}", code in prop::option::of(0_u32..100)) {
            let stored = with_code(code.map(|code| format!("DW-E{code:04}")).as_deref(), &text);
            let failure = explain(Some(&stored));
            prop_assert!(failure.signature.chars().count() <= SIGNATURE);
            if let (Some(code), false) = (code, text.starts_with("DW-E")) {
                prop_assert_eq!(failure.code, (!stored.trim().is_empty()).then(|| format!("DW-E{code:04}")).filter(|_| split_code(stored.trim()).0.is_some()));
            }
        }
    }
}
