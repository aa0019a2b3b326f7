//! The connection breaks inside of a commit, before the server has it or after it has carried it out: nobody can tell from the
//! error, so that the counters of the batch are asked.

use dw_testkit::on_sql_server;
use dw_testkit::proxy::{Only, Then};

use crate::scene::{Scene, ended_clearly, ending, request, rule};

/// The request that asks what became of a batch.
const ASKED: &str = "SELECT batch_count FROM audit.etl_run_entity";

#[on_sql_server]
async fn a_cut_inside_of_any_commit_neither_loses_nor_repeats_a_batch() {
    let scene = Scene::new(0.01, 150).await;
    let options = scene.options();
    let mut asked = [0, 0];
    let mut lost = [0, 0];
    for (kind, committed) in [(0, true), (1, false)] {
        for number in 0.. {
            scene.empty().await;
            let before = scene.proxy.counts();
            // Every fifth commit, so that those of batches and of the trail are met.
            let then = if committed { Then::CutAnswer(ending(number)) } else { Then::CutBefore(ending(number)) };
            let wanted = 1 + 5 * u64::try_from(number).unwrap();
            scene.proxy.rule(rule(Only::All, request("COMMIT TRANSACTION", wanted), then));
            scene.proxy.rule(rule(Only::All, request(ASKED, 1), Then::Note));
            let outcome = scene.run_on(&scene.engine(), &options).await;
            let fired = scene.proxy.counts().fired - before.fired;
            scene.proxy.clear();
            if scene.proxy.counts().cut == before.cut {
                // A load has no more commits.
                assert_eq!(outcome.unwrap().exit_code, 0);
                assert!(number > 8, "a load has more than 40 commits, not {wanted}");
                break;
            }
            let whole = ended_clearly(&outcome);
            println!("commit {wanted}, committed: {committed}, asked: {}, whole: {whole}", fired == 2);
            if fired == 2 {
                // A batch: the run finds out and goes on.
                assert!(whole, "{outcome:#?}");
                asked[kind] += 1;
            }
            if !whole {
                lost[kind] += 1;
                scene.run(&options).await;
            }
            scene.assert_whole().await;
        }
    }
    println!("[committed, not committed]: {asked:?} runs asked and went on, {lost:?} ended with an error");
    assert!(asked[0] > 2 && asked[1] > 2, "{asked:?}");
}
