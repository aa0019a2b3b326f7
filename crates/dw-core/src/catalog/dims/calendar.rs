//! The calendar.

use crate::schema::{Check, Column, Index, Table, Unique};
use crate::sql_type::SqlType::{Bit, Date, Int, VarChar};

/// `dim.DIM_DATA`.
pub static DIM_DATA: Table = Table {
    schema: "dim",
    name: "DIM_DATA",
    columns: &[
        Column::new("data_id", Int),
        Column::new("data_completa", Date),
        Column::new("ano", Int),
        Column::new("trimestre", Int),
        Column::new("mes", Int),
        Column::new("dia", Int),
        Column::new("semana_do_ano", Int),
        Column::new("dia_da_semana", Int),
        Column::new("nome_mes", VarChar(20)),
        Column::new("nome_mes_abrev", VarChar(3)),
        Column::new("nome_dia_semana", VarChar(20)),
        Column::new("nome_dia_semana_abrev", VarChar(3)),
        Column::new("eh_fim_de_semana", Bit),
        Column::new("eh_feriado", Bit),
        Column::new("nome_feriado", VarChar(50)).null(),
        Column::new("dia_do_ano", Int),
        Column::new("eh_ano_bissexto", Bit),
        Column::new("periodo_mes", VarChar(7)),
        Column::new("periodo_trimestre", VarChar(7)),
    ],
    primary_key_name: "PK_DIM_DATA",
    primary_key: &["data_id"],
    uniques: &[Unique { name: "UK_DIM_DATA_data_completa", columns: &["data_completa"] }],
    checks: &[
        Check { name: "CK_DIM_DATA_trimestre", condition: "trimestre BETWEEN 1 AND 4" },
        Check { name: "CK_DIM_DATA_mes", condition: "mes BETWEEN 1 AND 12" },
        Check { name: "CK_DIM_DATA_dia", condition: "dia BETWEEN 1 AND 31" },
    ],
    foreign_keys: &[],
    indexes: &[
        Index {
            name: "IX_DIM_DATA_ano_mes",
            columns: &["ano", "mes"],
            include: &["data_completa"],
            filter: None,
            unique: false,
        },
        Index {
            name: "IX_DIM_DATA_ano_trimestre",
            columns: &["ano", "trimestre"],
            include: &[],
            filter: None,
            unique: false,
        },
    ],
};
