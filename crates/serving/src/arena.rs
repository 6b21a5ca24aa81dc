//! A bound on the memory that models may take for intermediate results: one shared arena with a limit.
//!
//! Without it, a model that asks for 40 GB gets them promised by the system, and the process is killed when it writes to them.

use ort::AsPointer;
use ort::environment::Environment;
use ort::memory::MemoryInfo;
use ort::sys;
use std::ptr;

/// Registers the shared arena. Sessions use it when they are built with `with_env_allocators`.
pub fn limit(environment: &Environment, bytes: usize) -> Result<(), String> {
    let api = ort::api();
    let keys = [c"max_mem".as_ptr(), c"arena_extend_strategy".as_ptr()];
    // 1: the arena grows by what is asked for, not to the next power of two.
    let values = [bytes.max(1 << 20), 1];
    let info = MemoryInfo::default();
    let mut config: *mut sys::OrtArenaCfg = ptr::null_mut();
    // SAFETY: keys, values and the memory description outlive the calls; the configuration is released once, after its use.
    unsafe {
        ort::Error::result_from_status((api.CreateArenaCfgV2)(keys.as_ptr(), values.as_ptr(), keys.len(), &mut config))
            .map_err(|error| error.to_string())?;
        let status = (api.CreateAndRegisterAllocator)(environment.ptr().cast_mut(), info.ptr(), config);
        let registered = ort::Error::result_from_status(status);
        (api.ReleaseArenaCfg)(config);
        registered.map_err(|error| error.to_string())
    }
}
