//! A hundred connections cut at random bytes of a load.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use dw_testkit::on_sql_server;

use crate::scene::{Scene, ended_clearly, ending};

const CUTS: u64 = 100;
/// So many runs with cuts meet a warehouse before one that nobody disturbs makes it whole.
const RUNS_A_ROUND: usize = 5;

/// Small and good enough: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// `DW_TEST_SEED=random` tries other bytes.
fn seed() -> u64 {
    match std::env::var("DW_TEST_SEED").as_deref() {
        Ok("random") => u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos()) | 1,
        Ok(text) => text.parse().unwrap(),
        Err(_) => 20_260_101,
    }
}

#[on_sql_server]
async fn a_hundred_cuts_lose_nothing_and_repeat_nothing() {
    let seed = seed();
    println!("DW_TEST_SEED={seed}");
    let mut random = Random(seed);
    let scene = Scene::new(0.01, 100).await;
    let whole = scene.traffic.to_server + scene.traffic.to_client;
    let options = scene.options();
    let began = Instant::now();
    let (mut cuts, mut runs, mut rounds, mut healed) = (0, 0, 0, 0);
    while cuts < CUTS {
        scene.empty().await;
        rounds += 1;
        // One engine a round: what a cut leaves in its pool must not harm the next run.
        let engine = scene.engine();
        for here in 0..RUNS_A_ROUND {
            let before = scene.proxy.counts().cut;
            // One to three cuts a run; the later runs of a round have less to load.
            let limit = if here == 0 { whole } else { whole / 4 };
            let bytes: Vec<u64> = (0..=runs % 3).map(|_| random.below(limit)).collect();
            println!("run {runs} of round {rounds}: {bytes:?} of {whole} bytes, {:?}", ending(runs));
            for byte in bytes {
                scene.proxy.cut_after(byte, ending(runs));
            }
            let outcome = scene.run_on(&engine, &options).await;
            scene.proxy.clear();
            let here = scene.proxy.counts().cut - before;
            if here == 0 {
                // So little was left to load that it never came so far.
                assert!(ended_clearly(&outcome), "{outcome:#?}");
                break;
            }
            cuts += here;
            runs += 1;
            scene.assert_no_lock().await;
            if ended_clearly(&outcome) {
                healed += 1;
            } else {
                println!("  {}", said(&outcome));
            }
        }
        assert_eq!(scene.run_on(&engine, &options).await.unwrap().exit_code, 0);
        scene.assert_whole().await;
    }
    println!(
        "{cuts} cuts in {runs} runs of {rounds} rounds: {healed} runs went on by themselves, {} ended with an error; {:?}",
        runs - healed,
        began.elapsed()
    );
    assert!(healed > 0 && runs > healed);
}

/// The errors of a run, for the output of a test.
fn said(outcome: &dw_core::error::DwResult<dw_etl::report::RunReport>) -> String {
    match outcome {
        Err(error) => format!("{} exit {}: {error}", error.code(), error.exit_code()),
        Ok(report) => {
            let errors: Vec<String> = report
                .entities
                .iter()
                .filter_map(|entity| {
                    Some(format!("{}: {} {}", entity.entity, entity.error_code?, entity.error.as_ref()?))
                })
                .collect();
            format!("exit {}: {}", report.exit_code, errors.join(" | "))
        }
    }
}
