//! Trials in a child process, which here is this test program itself.

use crate::support::{runtime, small};
use serving::trial::{Trial, child};
use serving::{LoadError, LoadOptions, Reason};
use std::io::Read;
use std::time::{Duration, Instant};

/// Not a test of its own: what the child runs. Without bytes on standard input there is nothing to try.
#[test]
fn child_side() {
    if std::env::args().any(|arg| arg == "--nocapture") && std::env::args().any(|arg| arg == "trial::child_side") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).expect("standard input");
        let (code, said) = child(&runtime(), &bytes);
        print!("{said}");
        std::process::exit(i32::from(code));
    }
}

fn trial(bytes: &[u8], limit: Duration) -> Result<(), LoadError> {
    let args = ["--exact", "trial::child_side", "--nocapture"].map(Into::into).into();
    Trial { program: std::env::current_exe().expect("our own path"), args, limit }.run(bytes)
}

#[test]
fn a_good_model_passes() {
    assert_eq!(trial(&small("double"), Duration::from_secs(20)), Ok(()));
}

#[test]
fn a_refusal_is_passed_on() {
    let refused = trial(b"PK\x03\x04", Duration::from_secs(20));
    assert!(matches!(&refused, Err(LoadError::Runtime(message)) if message.contains("ZIP")), "{refused:?}");
}

/// One flipped bit makes the loop's trip count an empty tensor: a well-formed file, at which the runtime reads a null pointer.
#[test]
fn a_model_that_crashes_the_runtime_crashes_the_child_alone() {
    let mut bytes = small("slow");
    bytes[239] ^= 0x40;
    let refused = trial(&bytes, Duration::from_secs(20));
    assert!(matches!(&refused, Err(LoadError::Rejected(refused)) if refused.reason == Reason::Crashed), "{refused:?}");
}

/// With a trial set, loading such a file is an error like any other, and loading a good one works as before.
#[test]
fn loading_tries_first() {
    let args = ["--exact", "trial::child_side", "--nocapture"].map(Into::into).into();
    let runtime = runtime().with_trial(Trial {
        program: std::env::current_exe().expect("our own path"),
        args,
        limit: Duration::from_secs(20),
    });
    let mut bytes = small("slow");
    assert!(runtime.load(&bytes, LoadOptions::default()).is_ok());
    let again = Instant::now();
    assert!(runtime.load(&bytes, LoadOptions::default()).is_ok());
    assert!(again.elapsed() < Duration::from_secs(5));
    bytes[239] ^= 0x40;
    assert!(
        matches!(runtime.load(&bytes, LoadOptions::default()), Err(LoadError::Rejected(refused)) if refused.reason == Reason::Crashed)
    );
}

#[test]
fn a_trial_has_an_end() {
    let refused = trial(&small("double"), Duration::ZERO);
    assert!(
        matches!(&refused, Err(LoadError::Rejected(refused)) if refused.reason == Reason::Crashed && refused.message.contains("0 s")),
        "{refused:?}"
    );
}
