//! What nobody means well, as query strings.

use dw_web::query::link;

/// Values that break programs.
pub const VALUES: [&str; 30] = [
    "' OR 1=1 --",
    "\"; DROP TABLE \"fact.FACT_VENDAS\"; --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "%00",
    "%",
    "%zz",
    "%f0%9f",
    "\u{0}",
    "99999999999999999999",
    "-1",
    "0",
    "1e309",
    "NaN",
    "9999-12-31",
    "0000-00-00",
    "31/02/2026",
    "2026-01-01",
    "-999999-01-01",
    "7d",
    "tudo",
    "dia",
    "SP",
    "Vendedor 2",
    "../../etc/passwd",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "é\u{301}\u{202e}",
    "a\r\nSet-Cookie: x=1",
    "",
];

/// A small generator, so that a failure comes again.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// A query string of some of these keys.
pub fn query(random: &mut Random, keys: &[&str]) -> String {
    let mut query = String::new();
    for _ in 0..random.below(6) {
        let key = keys[random.below(keys.len())];
        if random.below(4) == 0 {
            let junk: String = (0..random.below(30))
                .map(|_| char::from(u8::try_from(33 + random.below(94)).unwrap()))
                .filter(|c| !"\"<>`{}|\\^#?".contains(*c))
                .collect();
            query.push_str(&format!("{key}={junk}&"));
        } else {
            let pair = link("", [(key, VALUES[random.below(VALUES.len())])].into_iter());
            query.push_str(&pair[1..]);
            query.push('&');
        }
    }
    query
}
