//! GPUs by NVIDIA's management library (NVML), which comes with the driver. It is loaded at run time; where it is not there, or
//! does not start, there are no GPUs. The names and layouts are those of `nvml.h`, which keeps them for good.

use libloading::Library;
use std::ffi::c_void;

/// One GPU at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gpu {
    /// Share of the last sampling period in which it ran something.
    pub busy: f64,
    /// Share of its memory that is in use.
    pub memory: f64,
}

/// The library, started.
pub struct Gpus(Library);

#[repr(C)]
#[derive(Default)]
struct Utilization {
    gpu: u32,
    memory: u32,
}

#[repr(C)]
#[derive(Default)]
struct Memory {
    total: u64,
    free: u64,
    used: u64,
}

/// Anything else that NVML returns is an error.
const SUCCESS: i32 = 0;

type Init = unsafe extern "C" fn() -> i32;
type Count = unsafe extern "C" fn(*mut u32) -> i32;
type Handle = unsafe extern "C" fn(u32, *mut *mut c_void) -> i32;
type Rates = unsafe extern "C" fn(*mut c_void, *mut Utilization) -> i32;
type Held = unsafe extern "C" fn(*mut c_void, *mut Memory) -> i32;

impl Gpus {
    /// `None` where there is no library, or it does not start (no driver, no GPU).
    pub fn find() -> Option<Gpus> {
        // SAFETY: the driver's own library; its initialisers are made to be run in any program.
        let library = unsafe { Library::new("libnvidia-ml.so.1") }.ok()?;
        // SAFETY: the symbol has this signature in every version of nvml.h, and takes nothing.
        let started = unsafe { library.get::<Init>("nvmlInit_v2").ok()?() };
        (started == SUCCESS).then_some(Gpus(library))
    }

    /// All of them, now. One that does not answer is left out.
    pub fn look(&self) -> Vec<Gpu> {
        let mut count = 0;
        // SAFETY: the signature is that of nvml.h, and `count` outlives the call.
        let told = unsafe { self.0.get::<Count>("nvmlDeviceGetCount_v2").map(|ask| ask(&mut count)) };
        if !matches!(told, Ok(SUCCESS)) {
            return Vec::new();
        }
        (0..count).filter_map(|index| self.one(index)).collect()
    }

    fn one(&self, index: u32) -> Option<Gpu> {
        let mut device = std::ptr::null_mut();
        let (mut rates, mut held) = (Utilization::default(), Memory::default());
        // SAFETY: the signature is that of nvml.h, and `device` outlives the call.
        if unsafe { self.0.get::<Handle>("nvmlDeviceGetHandleByIndex_v2").ok()?(index, &mut device) } != SUCCESS {
            return None;
        }
        // SAFETY: signatures and layouts are those of nvml.h, the library has just said that `device` is one, and what is written to
        // outlives the calls.
        let told = unsafe {
            (
                self.0.get::<Rates>("nvmlDeviceGetUtilizationRates").ok()?(device, &mut rates),
                self.0.get::<Held>("nvmlDeviceGetMemoryInfo").ok()?(device, &mut held),
            )
        };
        if told != (SUCCESS, SUCCESS) || held.total == 0 {
            return None;
        }
        Some(Gpu { busy: f64::from(rates.gpu) / 100.0, memory: held.used as f64 / held.total as f64 })
    }
}
