#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A flag that threads can wait for.
///
/// `@unchecked Sendable`: `flag` is read and written with the mutex held; the pointers never change, and what they
/// point to is made for use by many threads.
final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var flag = false

    init() {
        pthread_mutex_init(self.mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(self.condition, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(self.condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(self.condition)
        pthread_mutex_destroy(self.mutex)
        self.condition.deallocate()
        self.mutex.deallocate()
    }

    /// Raises the flag, and wakes everyone who waits for it.
    func set() {
        pthread_mutex_lock(self.mutex)
        self.flag = true
        pthread_cond_broadcast(self.condition)
        pthread_mutex_unlock(self.mutex)
    }

    /// Waits until the flag is up.
    func wait() {
        pthread_mutex_lock(self.mutex)
        while !self.flag { pthread_cond_wait(self.condition, self.mutex) }
        pthread_mutex_unlock(self.mutex)
    }

    /// Waits until the flag is up, or `instant` of the monotonic clock is past (`nil`: for ever); takes the flag down.
    func take(until instant: Double?) {
        pthread_mutex_lock(self.mutex)
        while !self.flag {
            guard let instant else {
                pthread_cond_wait(self.condition, self.mutex)
                continue
            }
            // A day at most, so that no instant overflows; the caller looks again.
            let left = min(instant - monotonicSeconds(), 86_400)
            guard left > 0 else { break }
            if self.wait(seconds: left) == ETIMEDOUT { break }
        }
        self.flag = false
        pthread_mutex_unlock(self.mutex)
    }

    private func wait(seconds: Double) -> CInt {
        #if canImport(Darwin)
            var time = timespec(seconds: seconds)
            return pthread_cond_timedwait_relative_np(self.condition, self.mutex, &time)
        #else
            var time = timespec(seconds: monotonicSeconds() + seconds)
            return pthread_cond_timedwait(self.condition, self.mutex, &time)
        #endif
    }
}

extension timespec {
    fileprivate init(seconds: Double) {
        let whole = seconds.rounded(.down)
        self.init(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    }
}
