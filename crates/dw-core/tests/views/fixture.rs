//! A small warehouse made by hand. Dates that matter to a rule are relative to today, so that the tests do not age.

use chrono::{Months, NaiveDate, Utc};
use dw_core::catalog::dims::{DIM_CLIENTE, DIM_DATA, DIM_DESCONTO, DIM_EQUIPE, DIM_PRODUTO, DIM_REGIAO, DIM_VENDEDOR};
use dw_core::catalog::facts::{FACT_METAS, FACT_VENDAS};
use dw_core::dialect::Dialect;
use dw_core::embedded::{EmbeddedEngine, SqliteDialect};
use dw_core::engine::{Engine, Session};
use dw_core::error::Database;
use dw_core::migrate;
use dw_core::schema::{Column, DefaultValue, Table};
use dw_core::time;
use dw_core::value::Value;

/// A warehouse in a folder that goes away with it.
pub struct Dw {
    session: Box<dyn Session>,
    rows_made: i64,
    _folder: tempfile::TempDir,
}

/// Inserts a row: `put!(dw, DIM_CLIENTE, { cliente_id: 1, nome_cliente: "Ana" })`.
macro_rules! put {
    ($dw:expr, $table:expr, { $($column:ident: $value:expr),* $(,)? }) => {
        $dw.insert(&$table, &[$((stringify!($column), dw_core::value::Value::from($value))),*]).await
    };
}
pub(crate) use put;

impl Dw {
    /// An empty warehouse: tables, views, the members -1 and the control rows.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = EmbeddedEngine::new(folder.path());
        let mut session = engine.create(Database::Dw).await.unwrap();
        migrate::migrate(&mut *session, Database::Dw).await.unwrap();
        Self { session, rows_made: 0, _folder: folder }
    }

    /// The warehouse of this file.
    pub async fn new() -> Self {
        let mut dw = Self::empty().await;
        dw.execute("BEGIN").await;
        calendar(&mut dw).await;
        customers(&mut dw).await;
        products(&mut dw).await;
        regions(&mut dw).await;
        teams(&mut dw).await;
        sellers(&mut dw).await;
        campaigns(&mut dw).await;
        sales(&mut dw).await;
        targets(&mut dw).await;
        dw.execute("COMMIT").await;
        dw
    }

    /// Runs a statement with two-part names.
    pub async fn execute(&mut self, sql: &str) {
        self.session.execute(&SqliteDialect.translate(sql), &[]).await.unwrap();
    }

    /// The rows of a query with two-part names, a row a text: `1|Ana|NULL`.
    pub async fn rows(&mut self, sql: &str) -> Vec<String> {
        let batch = self.session.query(&SqliteDialect.translate(sql), &[]).await.unwrap();
        batch
            .rows()
            .map(|row| {
                let shown: Vec<String> = row
                    .iter()
                    .map(|value| match value {
                        Value::Null => "NULL".to_owned(),
                        Value::Int(number) => number.to_string(),
                        Value::Text(text) => text.clone(),
                        Value::Seconds(number) | Value::Millis(number) => number.to_string(),
                    })
                    .collect();
                shown.join("|")
            })
            .collect()
    }

    /// The one number that a query answers.
    pub async fn number(&mut self, sql: &str) -> i64 {
        self.rows(sql).await[0].parse().unwrap()
    }

    /// Inserts a row; mandatory columns that are not given get a legal value that says nothing.
    pub async fn insert(&mut self, table: &Table, values: &[(&str, Value)]) {
        self.rows_made += 1;
        let key = values.iter().find(|(name, _)| table.primary_key == [*name]).map(|(_, value)| value.clone());
        let mut names = Vec::new();
        let mut params = Vec::new();
        for (name, _) in values {
            assert!(table.column(name).is_some(), "no column {name} in {}", table.name);
        }
        for column in table.columns {
            let given = values.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
            let original = column.name.ends_with("_original_id").then(|| key.clone()).flatten();
            let mandatory = !column.nullable && !column.identity && column.default == DefaultValue::None;
            let filler = mandatory.then(|| filler(table, column, self.rows_made));
            if let Some(value) = given.or(original).or(filler) {
                names.push(column.name);
                params.push(value);
            }
        }
        let marks: Vec<String> = (1..=names.len()).map(|n| format!("@P{n}")).collect();
        let target = SqliteDialect.table(table.schema, table.name);
        let sql = format!("INSERT INTO {target} ({}) VALUES ({})", names.join(", "), marks.join(", "));
        self.session.execute(&sql, &params).await.unwrap_or_else(|error| panic!("{}: {error}", table.name));
    }
}

fn filler(table: &Table, column: &Column, number: i64) -> Value {
    match column.name {
        "tipo_cliente" => "Novo".into(),
        "segmento" => "Pessoa Fisica".into(),
        "estado" => "SP".into(),
        "tipo_desconto" => "Cupom".into(),
        "metodo_desconto" => "Percentual".into(),
        "aplica_em" => "Pedido Total".into(),
        "nivel_aplicacao" => "Item".into(),
        "status_pedido" => "Entregue".into(),
        "quantidade_vendida" => 1.into(),
        _ if column.ty.is_text() && table.is_key_column(column.name) => format!("{}-{number}", column.name).into(),
        _ if column.ty.is_text() => column.name.into(),
        _ => 0.into(),
    }
}

/// Today in UTC.
pub fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// The day number of a date that lies `months` months and `days` days before today.
pub fn before_today(months: u32, days: i64) -> i64 {
    let month = today().checked_sub_months(Months::new(months)).unwrap();
    time::from_date(month) - days
}

/// Milliseconds of a moment `seconds` from now.
pub fn millis_from_now(seconds: i64) -> i64 {
    (time::now() + seconds) * 1_000
}

const DAY: i64 = time::DAY;

/// The days that the rows below use, and the member -1.
async fn calendar(dw: &mut Dw) {
    put!(dw, DIM_DATA, { data_id: -1, data_completa: -25_567, ano: 1900, trimestre: 1, mes: 1, dia: 1 });
    let days = [
        (2024, 2, 28),
        (2024, 2, 29),
        (2026, 1, 1),
        (2026, 1, 5),
        (2026, 1, 15),
        (2026, 2, 1),
        (2026, 2, 10),
        (2026, 2, 28),
        (2026, 4, 30),
        (2026, 5, 30),
        (2026, 12, 31),
    ];
    for (year, month, day) in days {
        day_row(dw, year, month, day).await;
    }
}

async fn day_row(dw: &mut Dw, year: i32, month: u32, day: u32) {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let holiday = (month, day) == (1, 1);
    let leap = date.leap_year();
    let weekday: i64 = chrono::Datelike::weekday(&date).number_from_sunday().into();
    put!(dw, DIM_DATA, {
        data_id: i64::from(year) * 10_000 + i64::from(month) * 100 + i64::from(day),
        data_completa: time::from_date(date),
        ano: year,
        trimestre: i64::from(month.div_ceil(3)),
        mes: i64::from(month),
        dia: i64::from(day),
        dia_da_semana: weekday,
        nome_mes: format!("mes {month}"),
        nome_dia_semana: format!("dia {weekday}"),
        semana_do_ano: 7,
        dia_do_ano: i64::from(chrono::Datelike::ordinal(&date)),
        eh_fim_de_semana: weekday == 1 || weekday == 7,
        eh_feriado: holiday,
        nome_feriado: holiday.then_some("Ano Novo"),
        eh_ano_bissexto: leap,
    });
}

/// 1 active, 2 deleted, 3 inferred, 4 inactive.
async fn customers(dw: &mut Dw) {
    put!(dw, DIM_CLIENTE, {
        cliente_id: 1, nome_cliente: "Ana", email: "ana@mail.com", tipo_cliente: "VIP", cidade: "Campinas",
        data_primeiro_cadastro: 19_000, data_ultima_compra: before_today(0, 10), total_compras_historico: 5,
        valor_total_gasto_historico: 123_456, ticket_medio_historico: 24_691, eh_cliente_vip: 1,
    });
    put!(dw, DIM_CLIENTE, { cliente_id: 2, nome_cliente: "Bia", cidade: "Santos", excluido_em: 1_700_000_000 });
    put!(dw, DIM_CLIENTE, { cliente_id: 3, nome_cliente: "Nao informado", estado: "NA", eh_inferido: 1 });
    put!(dw, DIM_CLIENTE, { cliente_id: 4, nome_cliente: "Caio", eh_ativo: 0 });
}

/// 1 to 5 active, 6 deleted, 7 inferred, 8 discontinued.
async fn products(dw: &mut Dw) {
    put!(dw, DIM_PRODUTO, {
        produto_id: 1, nome_produto: "Notebook", codigo_sku: "NB-1", categoria: "Informatica", subcategoria: "Portateis",
        marca: "Acme", nome_fornecedor: "Casa Norte", preco_custo: 200_000, preco_sugerido: 300_000, altura_cm: 1_050,
        largura_cm: 2_000, profundidade_cm: 505, peso_kg: 1_250, avaliacao_media: 45, total_avaliacoes: 100, estoque_minimo: 5,
    });
    put!(dw, DIM_PRODUTO, {
        produto_id: 2, nome_produto: "Parafuso", preco_custo: 1, preco_sugerido: 9_999_999_998_i64, altura_cm: 1,
        avaliacao_media: 44, total_avaliacoes: 99,
    });
    put!(dw, DIM_PRODUTO, { produto_id: 3, nome_produto: "Brinde", preco_custo: 500, preco_sugerido: 0 });
    put!(dw, DIM_PRODUTO, { produto_id: 4, nome_produto: "Abaixo", preco_custo: 801, preco_sugerido: 800 });
    put!(dw, DIM_PRODUTO, { produto_id: 5, nome_produto: "Acima", preco_custo: 799, preco_sugerido: 800 });
    put!(dw, DIM_PRODUTO, { produto_id: 6, nome_produto: "Velho", categoria: "Casa", excluido_em: 1_700_000_000 });
    put!(dw, DIM_PRODUTO, { produto_id: 7, nome_produto: "Nao informado", eh_inferido: 1 });
    put!(dw, DIM_PRODUTO, { produto_id: 8, nome_produto: "Fora", situacao: "Descontinuado" });
}

/// 1 complete, 2 sparse, 3 deleted, 4 inferred, 5 inactive.
async fn regions(dw: &mut Dw) {
    put!(dw, DIM_REGIAO, {
        regiao_id: 1, pais: "Brasil", regiao_pais: "Sudeste", cidade: "Sao Paulo", nome_estado: "Sao Paulo", ddd: "11",
        tipo_municipio: "Capital", populacao_estimada: 12_000_000, idh: 805,
    });
    put!(dw, DIM_REGIAO, { regiao_id: 2, pais: "Brasil", cidade: "Campinas" });
    put!(dw, DIM_REGIAO, { regiao_id: 3, pais: "Brasil", estado: "RJ", cidade: "Rio", excluido_em: 1_700_000_000 });
    put!(dw, DIM_REGIAO, { regiao_id: 4, pais: "Nao informado", estado: "NA", cidade: "#44", eh_inferido: 1 });
    put!(dw, DIM_REGIAO, { regiao_id: 5, pais: "Brasil", estado: "MG", cidade: "Uba", eh_ativo: 0 });
}

/// 1, 2, 3 and 8 active, 4 suspended, 5 deleted, 6 inferred, 7 being formed.
async fn teams(dw: &mut Dw) {
    put!(dw, DIM_EQUIPE, {
        equipe_id: 1, nome_equipe: "Alpha", tipo_equipe: "Field Sales", regional: "Sudeste", meta_mensal_equipe: 50_000_000,
        qtd_membros_atual: 3, qtd_membros_ideal: 5, lider_equipe_id: 1, nome_lider: "Lia", data_criacao: before_today(7, 0),
    });
    put!(dw, DIM_EQUIPE, {
        equipe_id: 2, nome_equipe: "Beta", tipo_equipe: "Vendas Diretas", regional: "Sudeste", meta_mensal_equipe: 30_000_000,
        qtd_membros_atual: 10, qtd_membros_ideal: 10,
    });
    put!(dw, DIM_EQUIPE, { equipe_id: 3, nome_equipe: "Gama", tipo_equipe: "Inside Sales", qtd_membros_atual: 0 });
    put!(dw, DIM_EQUIPE, { equipe_id: 4, nome_equipe: "Delta", situacao: "Suspensa", eh_ativa: 0, meta_mensal_equipe: 7 });
    put!(dw, DIM_EQUIPE, { equipe_id: 5, nome_equipe: "Fim", meta_mensal_equipe: 99_000_000, excluido_em: 1_700_000_000 });
    put!(dw, DIM_EQUIPE, { equipe_id: 6, nome_equipe: "#66", meta_mensal_equipe: 99_000_000, eh_inferido: 1 });
    put!(dw, DIM_EQUIPE, { equipe_id: 7, nome_equipe: "Nova", situacao: "Em Formação", tipo_equipe: "Key Accounts" });
    put!(dw, DIM_EQUIPE, {
        equipe_id: 8, nome_equipe: "Eco", tipo_equipe: "E-commerce", regional: "Sul", meta_mensal_equipe: 30_000_000,
        qtd_membros_atual: 7,
    });
}

/// 1 to 4 a chain of managers, 5 left, 6 deleted, 7 inferred, 8 in an inferred team.
async fn sellers(dw: &mut Dw) {
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 1, nome_vendedor: "Lia", cargo: "Lider Comercial", equipe_id: 1, eh_lider: 1, meta_mensal_base: 10_000_000,
        data_contratacao: before_today(96, 1), nivel_senioridade: "Junior", estado_atuacao: "SP", cidade_atuacao: "Sao Paulo",
    });
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 2, nome_vendedor: "Rui", cargo: "Consultor", equipe_id: 1, gerente_id: 1, nome_gerente: "Lia",
        meta_mensal_base: 5_000_001, data_contratacao: before_today(96, -2),
    });
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 3, nome_vendedor: "Eva", cargo: "Consultor", equipe_id: 1, gerente_id: 2, data_contratacao: before_today(36, 0),
    });
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 4, nome_vendedor: "Tom", cargo: "Consultor", equipe_id: 2, gerente_id: 3, meta_mensal_base: 20_000,
        data_contratacao: before_today(8, 0),
    });
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 5, nome_vendedor: "Ivo", equipe_id: 1, situacao: "Desligado", eh_ativo: 0, meta_mensal_base: 77,
        data_contratacao: before_today(60, 0),
    });
    put!(dw, DIM_VENDEDOR, { vendedor_id: 6, nome_vendedor: "Leo", equipe_id: 1, excluido_em: 1_700_000_000 });
    put!(dw, DIM_VENDEDOR, { vendedor_id: 7, nome_vendedor: "Nao informado", equipe_id: 1, eh_inferido: 1 });
    put!(dw, DIM_VENDEDOR, {
        vendedor_id: 8, nome_vendedor: "Noa", cargo: "Consultor", equipe_id: 6, gerente_id: -1, meta_mensal_base: 10_000,
        data_contratacao: before_today(0, 0),
    });
}

/// 1 without end, 2 past, 3 to come, 4 paused and past, 5 deleted, 6 inferred, 7 until in three days.
async fn campaigns(dw: &mut Dw) {
    let past = millis_from_now(-9 * DAY);
    put!(dw, DIM_DESCONTO, { desconto_id: 1, codigo_desconto: "SEMPRE", nome_campanha: "Sempre", data_inicio_validade: past });
    put!(dw, DIM_DESCONTO, {
        desconto_id: 2, codigo_desconto: "PASSADA", data_inicio_validade: past, data_fim_validade: millis_from_now(-DAY),
    });
    put!(dw, DIM_DESCONTO, { desconto_id: 3, codigo_desconto: "FUTURA", data_inicio_validade: millis_from_now(DAY) });
    put!(dw, DIM_DESCONTO, {
        desconto_id: 4, codigo_desconto: "PAUSADA", situacao: "Pausado", eh_ativo: 0, data_inicio_validade: past,
        data_fim_validade: millis_from_now(-DAY),
    });
    put!(dw, DIM_DESCONTO, { desconto_id: 5, codigo_desconto: "FORA", data_inicio_validade: past, excluido_em: 1_700_000_000 });
    put!(dw, DIM_DESCONTO, {
        desconto_id: 6, codigo_desconto: "#66", tipo_desconto: "Fidelidade", metodo_desconto: "Brinde",
        data_inicio_validade: past, eh_inferido: 1,
    });
    put!(dw, DIM_DESCONTO, {
        desconto_id: 7, codigo_desconto: "ATUAL", data_inicio_validade: past, data_fim_validade: millis_from_now(3 * DAY),
        total_usos_realizados: 8, total_receita_gerada: 100, total_desconto_concedido: 99, tipo_desconto: "Cashback",
        metodo_desconto: "Frete Grátis", origem_campanha: "App",
    });
}

/// Line, order, day, customer, product, region, seller, quantity, net, cost, status.
type Sale = (i64, &'static str, i64, i64, i64, i64, Option<i64>, i64, i64, i64, &'static str);

/// January is worth 101,599.99 net of Cancelado and deleted lines, February 280.00.
async fn sales(dw: &mut Dw) {
    let sales: [Sale; 10] = [
        (1, "A", 20_260_105, 1, 1, 1, Some(1), 2, 100_000, 60_000, "Entregue"),
        (2, "A", 20_260_105, 1, 4, 1, Some(1), 1, 50_000, 60_000, "Entregue"),
        (3, "B", 20_260_115, 1, 1, 2, Some(2), 1, 9_999_999, 1, "Pago"),
        (4, "C", 20_260_115, 3, -1, -1, Some(-1), 3, 7_000, 0, "Pendente"),
        (5, "D", 20_260_115, 1, 5, 4, Some(5), 1, 3_000, 0, "Enviado"),
        (6, "E", 20_260_115, 1, 1, 1, Some(1), 4, 999_900, 0, "Cancelado"),
        (7, "F", 20_260_115, 1, 1, 1, Some(1), 5, 888_800, 0, "Entregue"),
        (8, "G", 20_260_210, 2, 6, 3, Some(7), 2, 4_000, 0, "Devolvido"),
        (9, "H", 20_260_210, 1, 1, 1, Some(3), 1, 12_000, 0, "Pago"),
        (10, "I", 20_260_210, 1, 1, 1, Some(4), 1, 12_000, 0, "Pago"),
    ];
    for (line, order, day, customer, product, region, seller, quantity, net, cost, status) in sales {
        put!(dw, FACT_VENDAS, {
            venda_id: line, numero_pedido: order, data_id: day, cliente_id: customer, produto_id: product, regiao_id: region,
            vendedor_id: seller, quantidade_vendida: quantity, valor_total_bruto: net, valor_total_liquido: net,
            custo_total: cost, status_pedido: status, data_inclusao: 1_000, data_atualizacao: line * 1_000,
        });
    }
    dw.execute("UPDATE fact.FACT_VENDAS SET excluido_em = 1700000000 WHERE venda_id = 7").await;
    dw.execute("UPDATE fact.FACT_VENDAS SET quantidade_devolvida = 1, valor_devolvido = 2000 WHERE venda_id = 8").await;
}

/// Seller 1 beats January by half, 2 misses it by a cent, 4 sells nothing in January and exactly 120 % in February.
async fn targets(dw: &mut Dw) {
    let targets = [
        (1, 1, 20_260_101, 100_000, "Mensal"),
        (2, 2, 20_260_101, 10_000_000, "Mensal"),
        (3, 4, 20_260_101, 20_000, "Mensal"),
        (4, 3, 20_260_101, 999_900, "Trimestral"),
        (5, 1, 20_260_201, 50_000, "Mensal"),
        (6, 4, 20_260_201, 10_000, "Mensal"),
        (7, 8, 20_260_201, 10_000, "Mensal"),
    ];
    for (target, seller, month, amount, period) in targets {
        put!(dw, FACT_METAS, {
            meta_id: target, vendedor_id: seller, data_id: month, valor_meta: amount, tipo_periodo: period,
            data_inclusao: 1_000, data_ultima_atualizacao: 5_500,
        });
    }
    dw.execute("UPDATE fact.FACT_METAS SET excluido_em = 1700000000 WHERE meta_id = 5").await;
    dw.execute(
        "UPDATE fact.FACT_METAS SET valor_realizado = 12000, percentual_atingido = 12000, gap_meta = 2000, meta_batida = 1, \
         meta_superada = 1, ranking_periodo = 1, quartil_performance = 'Q1' WHERE meta_id = 6",
    )
    .await;
}
