use proptest::prelude::*;

use super::*;

const START: i64 = 1_769_853_600;

fn script(name: &str, kind: Kind, transactional: bool, text: &str) -> Script {
    Script { name: name.to_owned(), kind, transactional, text: text.to_owned() }
}

/// Two one-time scripts, the second without a transaction, and a view.
fn known() -> Vec<Script> {
    vec![
        script("dw/up/0001_star_schema", Kind::OneTime, true, "CREATE TABLE t (a INT)\nGO\nINSERT t VALUES (1)"),
        script("dw/up/0002_options", Kind::OneTime, false, "ALTER DATABASE CURRENT SET RECOVERY SIMPLE"),
        script("dw/views/dim.VW", Kind::Repeatable, true, "CREATE VIEW dim.VW AS SELECT 1 AS a"),
    ]
}

fn record(script: &Script, status: Status) -> Recorded {
    Recorded {
        name: script.name.clone(),
        kind: script.kind,
        hash: script.hash(),
        status,
        started_at: START,
        finished_at: (status != Status::Running).then_some(START + 5),
        version: "0.1.0".to_owned(),
    }
}

fn all(status: Status) -> Vec<Recorded> {
    known().iter().map(|script| record(script, status)).collect()
}

fn names(plan: &Plan<'_>) -> Vec<(String, Reason)> {
    plan.steps.iter().map(|step| (step.script.name.clone(), step.reason)).collect()
}

fn refused(known: &[Script], recorded: &[Recorded]) -> DwError {
    Plan::of(Database::Dw, known, recorded).unwrap_err()
}

#[test]
fn an_empty_database_gets_all_scripts_in_order() {
    let known = known();
    let plan = Plan::of(Database::Dw, &known, &[]).unwrap();
    assert_eq!(names(&plan), known.iter().map(|script| (script.name.clone(), Reason::New)).collect::<Vec<_>>());
    assert_eq!(plan.steps[0].batches.len(), 2);
    assert_eq!(plan.steps[0].hash, known[0].hash());
    assert_eq!(plan.notices, []);
}

#[test]
fn what_is_done_with_the_same_text_is_left_out() {
    let mut recorded = all(Status::Done);
    recorded[0].hash = recorded[0].hash.to_uppercase();
    let known = known();
    let plan = Plan::of(Database::Dw, &known, &recorded).unwrap();
    assert_eq!((plan.steps.len(), plan.notices.len()), (0, 0));
    plan.refuse_pending().unwrap();
}

#[test]
fn an_edited_one_time_script_is_refused() {
    let mut known = known();
    known[0].text.push_str("\n-- a better text");
    assert_eq!(refused(&known, &all(Status::Done)).exit_code(), crate::exit::SCHEMA_MISMATCH);
}

#[test]
fn a_transactional_script_that_did_not_end_runs_again_even_with_a_mended_text() {
    let mut known = known();
    known[0].text.push_str("\n-- mended");
    for status in [Status::Running, Status::Failed] {
        let recorded = [record(&known[0], status)];
        let plan = Plan::of(Database::Dw, &known, &recorded).unwrap();
        assert_eq!(names(&plan)[0], (known[0].name.clone(), Reason::Unfinished));
        assert!(matches!(&plan.notices[..], [Notice::RunsAgain { status: shown, .. }] if *shown == status));
    }
}

#[test]
fn another_script_that_did_not_end_waits_for_an_operator_whatever_its_text() {
    let mut known = known();
    let recorded = [record(&known[0], Status::Done), record(&known[1], Status::Failed)];
    assert_eq!(refused(&known, &recorded).code(), "DW-E0023");
    known[1].text.push_str("\n-- mended");
    assert_eq!(refused(&known, &recorded).code(), "DW-E0023");
    // Repaired: the record is gone.
    assert_eq!(Plan::of(Database::Dw, &known, &recorded[..1]).unwrap().steps[0].script.name, known[1].name);
}

#[test]
fn a_repeatable_script_runs_when_its_text_changed_or_it_did_not_end() {
    let known = known();
    for (status, hash, expected) in [
        (Status::Done, "0".repeat(64), Reason::Changed),
        (Status::Failed, known[2].hash(), Reason::Unfinished),
        (Status::Running, "0".repeat(64), Reason::Unfinished),
    ] {
        let mut recorded = all(Status::Done);
        (recorded[2].status, recorded[2].hash) = (status, hash);
        let plan = Plan::of(Database::Dw, &known, &recorded).unwrap();
        assert_eq!(names(&plan), [(known[2].name.clone(), expected)]);
        assert_eq!(plan.notices, []);
    }
}

#[test]
fn an_unknown_record_is_a_newer_database_or_an_old_view() {
    let known = known();
    let mut recorded = all(Status::Done);
    recorded.push(record(&script("dw/views/dim.VW_OLD", Kind::Repeatable, true, "x"), Status::Done));
    let plan = Plan::of(Database::Dw, &known, &recorded).unwrap();
    assert!(plan.steps.is_empty());
    assert!(matches!(&plan.notices[..], [Notice::UnknownRepeatable { .. }]));
    recorded.push(record(&script("dw/up/0003_more", Kind::OneTime, true, "x"), Status::Done));
    assert_eq!(refused(&known, &recorded).exit_code(), crate::exit::SCHEMA_MISMATCH);
    // Of all reasons this one comes first: the others may follow from it.
    recorded[0].hash.clear();
    assert!(refused(&known, &recorded).to_string().contains("is newer"));
}

#[test]
fn a_hole_in_the_order_is_refused() {
    let known = known();
    for recorded in [
        vec![record(&known[1], Status::Done)],
        vec![record(&known[1], Status::Failed)],
        vec![record(&known[0], Status::Failed), record(&known[1], Status::Done)],
    ] {
        let message = refused(&known, &recorded).to_string();
        assert!(message.contains(&known[0].name) && message.contains(&known[1].name), "{message}");
    }
    // A repeatable script takes part in no order.
    assert_eq!(Plan::of(Database::Dw, &known, &[record(&known[2], Status::Done)]).unwrap().steps.len(), 2);
}

#[test]
fn a_text_that_cannot_be_split_is_refused_before_anything_runs() {
    let mut known = known();
    known[2].text = "CREATE VIEW dim.VW AS\nSELECT 'x AS a".to_owned();
    assert_eq!(refused(&known, &[]).code(), "DW-E0024");
}

#[test]
fn a_bad_list_is_a_defect_of_the_program() {
    let twice = [script("a", Kind::OneTime, true, "x"), script("A", Kind::Repeatable, true, "x")];
    assert_eq!(refused(&twice, &[]).code(), "DW-E0099");
    let long = [script(&"a".repeat(201), Kind::OneTime, true, "x")];
    assert_eq!(refused(&long, &[]).code(), "DW-E0099");
}

#[test]
fn every_message() {
    let mut shown = Vec::new();
    let mut error = |error: DwError| {
        shown.push(format!("error: {error}\nhint: {}\ncode: {}", error.hint(), error.code()));
    };
    let known = known();
    let mut edited = known.clone();
    edited[0].text.push_str("\n-- a better text");
    error(refused(&edited, &all(Status::Done)));
    error(refused(&known, &[record(&known[0], Status::Done), record(&known[1], Status::Failed)]));
    error(refused(&known, &[record(&known[0], Status::Done), record(&known[1], Status::Running)]));
    error(refused(&known, &[record(&known[1], Status::Done)]));
    error(refused(&known, &[record(&script("dw/up/0003_more", Kind::OneTime, true, "x"), Status::Done)]));
    edited[1].text = "SELECT 1\nGO;\n".to_owned();
    error(refused(&edited, &[]));
    for (recorded, first) in [(vec![], 0), (all(Status::Done), 2), (all(Status::Done), 1)] {
        let recorded = &recorded[..recorded.len().saturating_sub(3 - first)];
        error(Plan::of(Database::Dw, &known, recorded).unwrap().refuse_pending().unwrap_err());
    }
    let old = script("dw/views/dim.VW_OLD", Kind::Repeatable, true, "x");
    for recorded in [record(&known[0], Status::Running), record(&known[0], Status::Failed), record(&old, Status::Done)]
    {
        for notice in Plan::of(Database::Dw, &known, &[recorded]).unwrap().notices {
            shown.push(format!("notice: {notice}"));
        }
    }
    insta::assert_snapshot!(shown.join("\n\n"));
}

/// What the executor records when all steps, or the first of them, have ended well.
fn apply(plan: &Plan<'_>, steps: usize, mut recorded: Vec<Recorded>) -> Vec<Recorded> {
    for step in &plan.steps[..steps] {
        recorded.retain(|record| record.name != step.script.name);
        recorded.push(Recorded { hash: step.hash.clone(), ..record(step.script, Status::Done) });
    }
    recorded
}

fn any_status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Running), Just(Status::Done), Just(Status::Failed)]
}

/// Scripts, and for each of them what is recorded: nothing, or a status with the same or another hash.
fn any_database() -> impl Strategy<Value = (Vec<Script>, Vec<Recorded>)> {
    let one = (any::<bool>(), any::<bool>(), "[a-z]{1,3}", prop::option::of((any_status(), any::<bool>())));
    (prop::collection::vec(one, 0..6), prop::option::of(any::<bool>())).prop_map(|(all, unknown)| {
        let kind = |once: bool| if once { Kind::OneTime } else { Kind::Repeatable };
        let mut recorded = Vec::new();
        let mut known = Vec::new();
        for (number, (once, transactional, text, state)) in all.into_iter().enumerate() {
            let script = script(&format!("x/{number:04}"), kind(once), transactional, &text);
            if let Some((status, same)) = state {
                let hash = if same { script.hash() } else { "0".repeat(64) };
                recorded.push(Recorded { hash, ..record(&script, status) });
            }
            known.push(script);
        }
        let unknown = unknown.map(|once| record(&script("x/9999", kind(once), true, "x"), Status::Done));
        recorded.extend(unknown);
        (known, recorded)
    })
}

/// A database that the executor itself left behind: so many one-time scripts are done, views in any state.
fn honest_database() -> impl Strategy<Value = (Vec<Script>, Vec<Recorded>, usize)> {
    let views = prop::collection::vec(prop::option::of((any_status(), any::<bool>())), 0..4);
    (0_usize..5, views).prop_flat_map(|(once, views)| {
        let mut known: Vec<Script> =
            (0..once).map(|n| script(&format!("x/up/{n:04}"), Kind::OneTime, n % 2 == 0, &format!("t{n}"))).collect();
        let mut recorded = Vec::new();
        for (n, state) in views.into_iter().enumerate() {
            let view = script(&format!("x/views/{n}"), Kind::Repeatable, true, &format!("v{n}"));
            if let Some((status, same)) = state {
                let hash = if same { view.hash() } else { String::new() };
                recorded.push(Recorded { hash, ..record(&view, status) });
            }
            known.push(view);
        }
        (0..=once).prop_map(move |done| {
            let mut recorded = recorded.clone();
            recorded.extend(known[..done].iter().map(|script| record(script, Status::Done)));
            (known.clone(), recorded, done)
        })
    })
}

proptest! {
    #[test]
    fn behind_a_plan_there_is_nothing_left_to_do((known, recorded) in any_database()) {
        let Ok(first) = Plan::of(Database::Dw, &known, &recorded) else { return Ok(()) };
        let recorded = apply(&first, first.steps.len(), recorded);
        let second = Plan::of(Database::Dw, &known, &recorded).unwrap();
        prop_assert_eq!(second.steps, vec![]);
        let runs_again = second.notices.iter().filter(|notice| matches!(notice, Notice::RunsAgain { .. })).count();
        prop_assert_eq!(runs_again, 0);
    }

    #[test]
    fn an_interrupted_plan_goes_on_where_it_stopped((known, recorded, done) in honest_database(), part in any::<prop::sample::Index>()) {
        let first = Plan::of(Database::Dw, &known, &recorded).unwrap();
        let once = first.steps.iter().filter(|step| step.script.kind == Kind::OneTime).count();
        prop_assert_eq!(once, known.iter().filter(|script| script.kind == Kind::OneTime).count() - done);
        let part = part.index(first.steps.len() + 1);
        let recorded = apply(&first, part, recorded);
        let rest = Plan::of(Database::Dw, &known, &recorded).unwrap();
        prop_assert_eq!(&rest.steps[..], &first.steps[part..]);
    }

    #[test]
    fn steps_keep_the_order_of_the_list((known, recorded) in any_database()) {
        let Ok(plan) = Plan::of(Database::Dw, &known, &recorded) else { return Ok(()) };
        let steps: Vec<&str> = plan.steps.iter().map(|step| step.script.name.as_str()).collect();
        prop_assert!(steps.is_sorted());
    }
}
