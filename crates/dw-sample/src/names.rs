//! Names of people, companies and goods. Seed 0 gives the literal texts of the contract (`Cliente 0000001`); every other
//! seed gives names of its own, unaccented so that they fit Windows-1252 and the CHECKs. Not here: codes and e-mails,
//! which are the same for every seed.

use crate::money::pick;
use crate::random::{Purpose, below};

const GIVEN: &[&str] = &[
    "Ana", "Antonio", "Beatriz", "Bruno", "Camila", "Carlos", "Carolina", "Daniel", "Debora", "Diego", "Eduardo",
    "Elaine", "Fabio", "Fernanda", "Gabriel", "Gustavo", "Helena", "Henrique", "Isabela", "Joana", "Joao", "Jose",
    "Julia", "Larissa", "Leonardo", "Leticia", "Lucas", "Luiza", "Marcelo", "Marcia", "Maria", "Mariana", "Mateus",
    "Natalia", "Otavio", "Patricia", "Paulo", "Pedro", "Rafael", "Renata", "Ricardo", "Rodrigo", "Sandra", "Simone",
    "Tatiana", "Thiago", "Vanessa", "Vitor",
];

const SURNAMES: &[&str] = &[
    "Almeida",
    "Alves",
    "Andrade",
    "Araujo",
    "Barbosa",
    "Barros",
    "Batista",
    "Borges",
    "Campos",
    "Cardoso",
    "Carvalho",
    "Castro",
    "Costa",
    "Cunha",
    "Dias",
    "Duarte",
    "Fernandes",
    "Ferreira",
    "Freitas",
    "Gomes",
    "Goncalves",
    "Lima",
    "Lopes",
    "Machado",
    "Marques",
    "Martins",
    "Melo",
    "Mendes",
    "Monteiro",
    "Moraes",
    "Moreira",
    "Nascimento",
    "Nunes",
    "Oliveira",
    "Pereira",
    "Pinto",
    "Ramos",
    "Reis",
    "Ribeiro",
    "Rocha",
    "Rodrigues",
    "Santana",
    "Santos",
    "Silva",
    "Soares",
    "Souza",
    "Teixeira",
    "Vieira",
];

const COMPANY_KINDS: &[&str] =
    &["Comercial", "Distribuidora", "Importadora", "Industria", "Atacado", "Casa", "Grupo", "Armazem"];

const QUALITIES: &[&str] =
    &["Basico", "Classico", "Compacto", "Essencial", "Leve", "Moderno", "Plus", "Premium", "Pro", "Urbano"];

/// One list of goods for each category of the base sample, in the order of `n % 8`.
const GOODS: &[&[&str]] = &[
    &["Fone", "Caixa de Som", "Televisor", "Camera", "Relogio Digital"],
    &["Jogo de Panelas", "Luminaria", "Tapete", "Cortina", "Aspirador"],
    &["Camiseta", "Calca", "Vestido", "Jaqueta", "Tenis"],
    &["Bola", "Bicicleta", "Halter", "Mochila", "Barraca"],
    &["Perfume", "Creme", "Batom", "Shampoo", "Secador"],
    &["Romance", "Manual", "Atlas", "Dicionario", "Biografia"],
    &["Teclado", "Monitor", "Roteador", "Impressora", "Notebook"],
    &["Quebra-cabeca", "Boneca", "Carrinho", "Jogo de Tabuleiro", "Pelucia"],
];

/// The name of the person at `position`; `literal` is what seed 0 says.
pub(crate) fn person(seed: u64, position: i64, literal: String) -> String {
    if seed == 0 {
        return literal;
    }
    let given = pick(GIVEN, below(seed, Purpose::GivenName, position, 1 << 20));
    let first = pick(SURNAMES, below(seed, Purpose::Surname, position, 1 << 20));
    let second = pick(SURNAMES, below(seed, Purpose::Surname, -1 - position, 1 << 20));
    format!("{given} {first} {second}")
}

/// The name of the company at `position`; `literal` is what seed 0 says.
pub(crate) fn company(seed: u64, position: i64, literal: String) -> String {
    if seed == 0 {
        return literal;
    }
    let kind = pick(COMPANY_KINDS, below(seed, Purpose::Company, position, 1 << 20));
    let family = pick(SURNAMES, below(seed, Purpose::Company, -1 - position, 1 << 20));
    format!("{kind} {family} {position}")
}

/// The name of the product at `position` in the category `category` (0 to 7); `literal` is what seed 0 says.
pub(crate) fn product(seed: u64, position: i64, category: i64, literal: String) -> String {
    if seed == 0 {
        return literal;
    }
    let goods = usize::try_from(category).ok().and_then(|at| GOODS.get(at)).copied().unwrap_or(&["Produto"]);
    let noun = pick(goods, below(seed, Purpose::Product, position, 1 << 20));
    let quality = pick(QUALITIES, below(seed, Purpose::Product, -1 - position, 1 << 20));
    format!("{noun} {quality} {position}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_0_is_literal_and_other_seeds_have_names_of_their_own() {
        assert_eq!(person(0, 1, "Cliente 0000001".to_owned()), "Cliente 0000001");
        let names: Vec<String> = (1..100).map(|seed| person(seed, 1, String::new())).collect();
        assert!(names.iter().any(|name| name != &names[0]));
        assert_eq!(person(9, 4, String::new()), person(9, 4, String::new()));
        assert_ne!(company(5, 1, String::new()), company(5, 2, String::new()));
        assert_ne!(product(5, 1, 1, String::new()), product(5, 2, 1, String::new()));
    }
}
