//! The form of the filters. It is a GET form, so that a view has an address that can be shared.

use dw_core::time::format_date;
use maud::{Markup, html};

use super::Question;
use super::filters::{Compare, Grain, Preset};
use crate::form::{multi, select, theme_field};
use crate::page::THEME;
use crate::query::Choice;

/// Links of the named periods, and the form.
pub(super) fn form(question: &Question, path: &str) -> Markup {
    let (filters, lists, query) = (&question.filters, &question.lists, &question.query);
    html! {
        nav.presets aria-label="Período" {
            @for (preset, word, label) in Preset::ALL {
                a href=(query.link(path, &[("periodo", word), ("de", ""), ("ate", ""), ("pagina", "")])) aria-current=[(filters.preset == Some(*preset)).then_some("true")] { (label) }
            }
        }
        form.filters method="get" action=(path) aria-label="Filtros" {
            (theme_field(query))
            div.field { label for="de" { "De" } input type="date" id="de" name="de" value=(format_date(filters.from)) min=[lists.bounds.map(|b| format_date(b.0))] max=[lists.bounds.map(|b| format_date(b.1))]; }
            div.field { label for="ate" { "Até" } input type="date" id="ate" name="ate" value=(format_date(filters.to)) min=[lists.bounds.map(|b| format_date(b.0))] max=[lists.bounds.map(|b| format_date(b.1))]; }
            (multi("regiao", "Região", &lists.regioes, &filters.regioes))
            (multi("estado", "Estado", &lists.estados, &filters.estados))
            (multi("categoria", "Categoria", &lists.categorias, &filters.categorias))
            (multi("equipe", "Equipe", &lists.equipes, &filters.equipes))
            div.field {
                label for="vendedor" { "Vendedor" }
                input type="search" id="vendedor" name="vendedor" list="vendedores" value=(filters.vendedores.first().map_or("", String::as_str)) placeholder="Todos" autocomplete="off";
                datalist id="vendedores" { @for seller in &lists.vendedores { option value=(seller) {} } }
            }
            (multi("status", "Status", &lists.status, &filters.status))
            (select::<Grain>("granularidade", "Granularidade", filters.grain))
            (select::<Compare>("comparar", "Comparar com", filters.compare))
            button type="submit" { "Aplicar" }
            @if filters.is_narrowed() || filters.preset != Some(Preset::Days90) {
                a.button.plain href=(match query.last(THEME) { Some(theme) => crate::query::link(path, [(THEME, theme)].into_iter()), None => path.to_owned() }) { "Limpar" }
            }
        }
    }
}
