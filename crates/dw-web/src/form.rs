//! Fields of a GET form of filters, as every dashboard has them. They work without a script.

use maud::{Markup, html};

use crate::page::THEME;
use crate::query::{Choice, Query};

/// The colours go along with a form.
pub fn theme_field(query: &Query) -> Markup {
    html! { @if let Some(theme) = query.last(THEME) { input type="hidden" name=(THEME) value=(theme); } }
}

/// A list of which several can be chosen: boxes behind a button, without a script.
pub fn multi(name: &str, label: &str, values: &[String], chosen: &[String]) -> Markup {
    let text = match chosen {
        [] => "Todos".to_owned(),
        [one] => one.clone(),
        many => format!("{} escolhidos", many.len()),
    };
    html! {
        div.field {
            span.label aria-hidden="true" { (label) }
            details.multi {
                summary { span.visually-hidden { (label) ": " } (text) }
                fieldset {
                    legend { (label) }
                    @for (at, value) in values.iter().enumerate() {
                        label.check for={ (name) "-" (at) } {
                            input type="checkbox" id={ (name) "-" (at) } name=(name) value=(value) checked[chosen.contains(value)];
                            (value)
                        }
                    }
                }
            }
        }
    }
}

/// One of a fixed set of words.
pub fn select<T: Choice>(name: &str, label: &str, chosen: T) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @for (value, word, text) in T::ALL { option value=(word) selected[*value == chosen] { (text) } }
            }
        }
    }
}

/// One of some values, or all.
pub fn one_of(name: &str, label: &str, all: &str, values: &[String], chosen: Option<&str>) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                option value="" selected[chosen.is_none()] { (all) }
                @for value in values { option value=(value) selected[chosen == Some(value.as_str())] { (value) } }
            }
        }
    }
}

/// A text, with suggestions.
pub fn text(name: &str, label: &str, value: Option<&str>, hints: &[String]) -> Markup {
    let list = (!hints.is_empty()).then(|| format!("{name}-lista"));
    html! {
        div.field {
            label for=(name) { (label) }
            input type="search" id=(name) name=(name) value=(value.unwrap_or_default()) list=[list.as_deref()] placeholder="Todos" autocomplete="off" maxlength="128";
            @if let Some(list) = &list { datalist id=(list) { @for hint in hints { option value=(hint) {} } } }
        }
    }
}

/// A date.
pub fn date(name: &str, label: &str, value: Option<&str>) -> Markup {
    html! {
        div.field { label for=(name) { (label) } input type="date" id=(name) name=(name) value=(value.unwrap_or_default()); }
    }
}
