//! What std would bring along: memory, and the end of a panic. Both come from C.

#![allow(
    unsafe_code,
    reason = "an allocator vouches for the memory that it hands out"
)]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;
use core::panic::PanicInfo;
use core::ptr;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    safe fn abort() -> !;
}

/// What every `malloc` keeps to: the alignment of two pointers, which no type of the core exceeds.
const MALLOC_ALIGNMENT: usize = 2 * align_of::<usize>();

struct Malloc;

#[global_allocator]
static MEMORY: Malloc = Malloc;

// SAFETY: `malloc` gives memory of at least that size, which nobody else has, or null, and does not panic. What asks for
// more alignment than it gives gets null. `free` gets what `malloc` gave.
unsafe impl GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > MALLOC_ALIGNMENT {
            return ptr::null_mut();
        }
        // SAFETY: any size will do, and the caller has ruled out 0.
        unsafe { malloc(layout.size()) }.cast()
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: the caller has it from `alloc`.
        unsafe { free(memory.cast()) }
    }
}

/// No byte from the network can bring this about; only C that does not keep to the header.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    abort()
}
