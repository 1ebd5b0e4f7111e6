// Tells the thread sanitizer of Swift's Mutex, where a thread had to wait for it.
//
// On Linux a Mutex that is free is taken by an atomic operation in our own, instrumented code; one that is not is taken
// in libswiftSynchronization, which is not instrumented, so that whatever it guards would be reported. This function is
// loaded before that of the library, calls it, and says what it did. Letting go is in our own code always.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"

typedef __attribute__((swiftcall)) void Lock(uint32_t thread, __attribute__((swift_context)) void *mutex);

extern void __tsan_acquire(void *address) __attribute__((weak));
Lock lock_slow __asm__(LOCK_SLOW);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    static Lock *original;
    if (!original) original = (Lock *)dlsym(RTLD_NEXT, LOCK_SLOW);
    original(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}
