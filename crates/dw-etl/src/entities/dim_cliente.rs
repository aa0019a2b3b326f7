//! Customers: `core.customers` to `dim.DIM_CLIENTE`. Not here: the historical aggregates, which a set step writes.

use dw_core::entities;

use crate::entities::{guard, text};
use crate::entity::TransformContext;
use crate::reject::Rejection;

crate::source_row! {
    /// A row of core.customers.
    pub struct Source {
        customer_id: i64 = "c.customer_id" => BigInt,
        full_name: String = "c.full_name" => VarChar(200),
        email: Option<String> = "c.email" => VarChar(200),
        phone: Option<String> = "c.phone" => VarChar(30),
        document_number: Option<String> = "c.document_number" => VarChar(20),
        birth_date: Option<i64> = "c.birth_date" => Date,
        gender: Option<String> = "c.gender" => Char(1),
        customer_type: String = "c.customer_type" => VarChar(20),
        segment: String = "c.segment" => VarChar(20),
        credit_score: Option<i64> = "c.credit_score" => Int,
        value_category: Option<String> = "c.value_category" => VarChar(20),
        address_line: Option<String> = "c.address_line" => VarChar(200),
        district: Option<String> = "c.district" => VarChar(80),
        city: String = "c.city" => VarChar(100),
        state: String = "c.state" => Char(2),
        country: String = "c.country" => VarChar(50),
        zip_code: Option<String> = "c.zip_code" => VarChar(10),
        first_signup_date: i64 = "c.first_signup_date" => Date,
        last_purchase_date: Option<i64> = "c.last_purchase_date" => Date,
        is_active: bool = "c.is_active" => Bit,
        accepts_email_marketing: bool = "c.accepts_email_marketing" => Bit,
        is_vip: bool = "c.is_vip" => Bit,
        updated_at: i64 = "c.updated_at" => DateTime2(0),
        deleted_at: Option<i64> = "c.deleted_at" => DateTime2(0),
    }
}

crate::target_row! {
    /// A staged row of dim.DIM_CLIENTE.
    pub struct Target of entities::DIM_CLIENTE {
        cliente_original_id: i64,
        nome_cliente: String,
        email: Option<String>,
        telefone: Option<String>,
        cpf_cnpj: Option<String>,
        data_nascimento: Option<i64>,
        genero: Option<&'static str>,
        tipo_cliente: &'static str,
        segmento: &'static str,
        score_credito: Option<i64>,
        categoria_valor: Option<String>,
        endereco_completo: Option<String>,
        bairro: Option<String>,
        cidade: String,
        estado: String,
        pais: String,
        cep: Option<String>,
        data_primeiro_cadastro: i64,
        data_ultima_compra: Option<i64>,
        data_ultima_atualizacao: i64,
        eh_ativo: bool,
        aceita_email_marketing: bool,
        eh_cliente_vip: bool,
        excluido_em: Option<i64>,
    }
}

entity! {
    /// Customers.
    DimCliente of entities::DIM_CLIENTE
}

const GENDERS: &[&str] = &["M", "F", "O"];
const TYPES: &[&str] = &["Novo", "Recorrente", "VIP", "Inativo"];
/// The warehouse allows both spellings; new rows get the one of the source.
const SEGMENTS: &[&str] = &["Pessoa Fisica", "Pessoa Juridica"];

/// The rule of a customer.
///
/// # Errors
/// A reserved key, a value outside of its domain.
pub fn rule(source: Source, _context: &TransformContext) -> Result<Target, Rejection> {
    let active = source.is_active && source.deleted_at.is_none();
    let gender =
        text::optional(source.gender).map(|gender| text::domain_or("genero", gender, GENDERS, "O")).transpose()?;
    Ok(Target {
        cliente_original_id: guard::business_key("cliente_original_id", source.customer_id)?,
        nome_cliente: text::or_default(source.full_name, "Cliente sem nome"),
        email: text::optional(source.email).map(|email| email.to_lowercase()),
        telefone: text::optional(source.phone),
        cpf_cnpj: text::optional(source.document_number),
        data_nascimento: source.birth_date,
        genero: gender,
        tipo_cliente: text::domain_or(
            "tipo_cliente",
            source.customer_type,
            TYPES,
            default_type(active, source.is_vip),
        )?,
        segmento: text::domain_or("segmento", source.segment, SEGMENTS, "Pessoa Fisica")?,
        score_credito: source.credit_score.filter(|score| (0..=1_000).contains(score)),
        categoria_valor: text::optional(source.value_category),
        endereco_completo: text::optional(source.address_line),
        bairro: text::optional(source.district),
        cidade: text::or_default(source.city, "N/A"),
        estado: text::state("estado", source.state)?,
        pais: text::or_default(source.country, "Brasil"),
        cep: text::optional(source.zip_code),
        data_primeiro_cadastro: source.first_signup_date,
        data_ultima_compra: source.last_purchase_date,
        data_ultima_atualizacao: guard::millis("data_ultima_atualizacao", source.updated_at)?,
        eh_ativo: active,
        aceita_email_marketing: source.accepts_email_marketing,
        eh_cliente_vip: source.is_vip,
        excluido_em: source.deleted_at,
    })
}

/// The type of a customer whose source says nothing about it.
fn default_type(active: bool, vip: bool) -> &'static str {
    match (active, vip) {
        (false, _) => "Inativo",
        (true, true) => "VIP",
        (true, false) => "Novo",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::samples::{self, STAMP};
    use crate::reject::RejectCode;

    fn source() -> Source {
        Source::read(&samples::row("dim_cliente")).unwrap()
    }

    fn target(source: Source) -> Target {
        rule(source, &samples::context()).unwrap()
    }

    #[test]
    fn a_customer_is_mapped() {
        let target = target(source());
        assert_eq!(target.cliente_original_id, 7);
        assert_eq!(target.nome_cliente, "Ana Souza");
        assert_eq!(target.email.as_deref(), Some("ana@mail.com"), "lower case");
        assert_eq!((target.tipo_cliente, target.segmento), ("Recorrente", "Pessoa Fisica"));
        assert_eq!((target.cidade.as_str(), target.estado.as_str()), ("Sao Paulo", "SP"));
        assert_eq!(target.data_ultima_atualizacao, STAMP * 1_000, "DATETIME is in milliseconds");
        assert_eq!((target.eh_ativo, target.excluido_em), (true, None));
    }

    #[test]
    fn id_zero_is_a_key_and_minus_one_is_not() {
        assert_eq!(target(Source { customer_id: 0, ..source() }).cliente_original_id, 0);
        let reserved = rule(Source { customer_id: -1, ..source() }, &samples::context());
        assert_eq!(reserved.unwrap_err().code, RejectCode::ReservedKey);
    }

    #[test]
    fn a_deleted_customer_is_marked_and_not_active() {
        let target = target(Source { deleted_at: Some(STAMP), ..source() });
        assert_eq!((target.eh_ativo, target.excluido_em), (false, Some(STAMP)));
        assert_eq!(target.tipo_cliente, "Recorrente", "what the source says");
    }

    #[test]
    fn blank_texts_take_the_documented_defaults() {
        let blank = || "  ".to_owned();
        let target = target(Source {
            full_name: blank(),
            email: Some(blank()),
            gender: Some(blank()),
            customer_type: blank(),
            segment: blank(),
            city: blank(),
            country: blank(),
            ..source()
        });
        assert_eq!((target.nome_cliente.as_str(), target.cidade.as_str()), ("Cliente sem nome", "N/A"));
        assert_eq!((target.pais.as_str(), target.email, target.genero), ("Brasil", None, None));
        assert_eq!((target.tipo_cliente, target.segmento), ("Novo", "Pessoa Fisica"));
        assert_eq!([default_type(false, true), default_type(true, true)], ["Inativo", "VIP"]);
    }

    #[test]
    fn an_unknown_value_of_a_domain_is_refused_with_column_and_value() {
        let wrong = [
            Source { customer_type: "Gold".into(), ..source() },
            Source { segment: "Pessoa".into(), ..source() },
            Source { gender: Some("X".into()), ..source() },
            Source { state: "S1".into(), ..source() },
        ];
        for (source, (column, value)) in
            wrong.into_iter().zip([("tipo_cliente", "Gold"), ("segmento", "Pessoa"), ("genero", "X"), ("estado", "S1")])
        {
            let rejection = rule(source, &samples::context()).unwrap_err();
            assert_eq!(rejection.code, RejectCode::Invalid);
            assert!(rejection.reason.contains(column) && rejection.reason.contains(value), "{}", rejection.reason);
        }
        assert_eq!(target(Source { segment: "PESSOA JURÍDICA".into(), ..source() }).segmento, "Pessoa Juridica");
    }

    #[test]
    fn a_text_wider_than_its_column_is_refused_and_never_cut() {
        let widths = [("telefone", 20), ("cpf_cnpj", 18), ("bairro", 50)];
        for (index, (column, width)) in widths.into_iter().enumerate() {
            let with = |text: String| {
                let mut source = source();
                *[&mut source.phone, &mut source.document_number, &mut source.district][index] = Some(text);
                target(source).write()
            };
            assert!(with("á".repeat(width)).is_ok(), "{column}: width counts in Windows-1252 bytes");
            let rejection = with("1".repeat(width + 1)).unwrap_err();
            assert_eq!(rejection.code, RejectCode::TooLong);
            assert!(rejection.reason.contains(column));
        }
        let foreign = target(Source { full_name: "Łukasz".into(), ..source() }).write();
        assert_eq!(foreign.unwrap_err().code, RejectCode::NotEncodable);
    }

    #[test]
    fn a_long_name_and_email_fit_and_a_score_outside_of_its_range_is_unknown() {
        let wide = Source { full_name: "n".repeat(200), email: Some("E".repeat(200)), ..source() };
        assert!(target(wide).write().is_ok());
        assert_eq!(target(Source { credit_score: Some(1_001), ..source() }).score_credito, None);
    }
}
