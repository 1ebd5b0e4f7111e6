internal import CZeroMQ
internal import Executors

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// File descriptors that end a `zmq_poll`: at once, or at an instant that is finer than its milliseconds.
///
/// `@unchecked Sendable`: the descriptors never change, and any thread may write to one; `armed` belongs to the
/// thread that polls.
final class Alarm: @unchecked Sendable {
    #if os(Linux)
        private let bell = czeromq_eventfd()
        private let timer = czeromq_timerfd()
        /// The instant that the timer is set to.
        private var armed: Double?

        init() {
            precondition(self.bell >= 0 && self.timer >= 0, "no file descriptor is left for a loop")
        }

        deinit {
            close(self.bell)
            close(self.timer)
        }

        var items: [zmq_pollitem_t] { [self.bell, self.timer].map(Self.item) }

        /// Ends the current or the next poll. From any thread.
        func ring() {
            var one: UInt64 = 1
            // Fails only when the counter is full, and then it rings anyway.
            while write(self.bell, &one, 8) < 0, errno == EINTR {}
        }

        /// Sees to it that a poll ends at `instant`.
        ///
        /// - Returns: the milliseconds to poll for; -1: for ever.
        func set(for instant: Double?) -> Int {
            guard instant != self.armed else { return -1 }
            self.armed = instant
            // A day at most, so that no instant overflows; at least a nanosecond, since 0 means never.
            let seconds = instant.map { max(1e-9, min($0, monotonicSeconds() + 86_400)) } ?? 0
            let whole = seconds.rounded(.down)
            _ = czeromq_timerfd_set(self.timer, Int(whole), Int((seconds - whole) * 1e9))
            return -1
        }

        /// Silences the item of this index.
        func clear(_ index: Int) {
            var count: UInt64 = 0
            while read(index == 0 ? self.bell : self.timer, &count, 8) < 0, errno == EINTR {}
            if index == 1 { self.armed = nil }
        }
    #else
        private let pipe: (read: CInt, write: CInt)

        init() {
            var ends: [CInt] = [-1, -1]
            precondition(Darwin.pipe(&ends) == 0, "no file descriptor is left for a loop")
            for end in ends {
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
            self.pipe = (ends[0], ends[1])
        }

        deinit {
            close(self.pipe.read)
            close(self.pipe.write)
        }

        var items: [zmq_pollitem_t] { [Self.item(self.pipe.read)] }

        /// Ends the current or the next poll. From any thread.
        func ring() {
            var one: UInt8 = 1
            // Fails only when the pipe is full, and then it rings anyway.
            while write(self.pipe.write, &one, 1) < 0, errno == EINTR {}
        }

        /// The milliseconds to poll for, so that the poll ends not before `instant`; -1: for ever.
        func set(for instant: Double?) -> Int {
            guard let instant else { return -1 }
            return Int((max(0, min(instant - monotonicSeconds(), 86_400)) * 1000).rounded(.up))
        }

        /// Silences the item of this index.
        func clear(_ index: Int) {
            var bytes = [UInt8](repeating: 0, count: 64)
            while true {
                let count = read(self.pipe.read, &bytes, bytes.count)
                guard count == bytes.count || (count < 0 && errno == EINTR) else { return }
            }
        }
    #endif

    private static func item(_ file: CInt) -> zmq_pollitem_t {
        zmq_pollitem_t(socket: nil, fd: file, events: CShort(ZMQ_POLLIN), revents: 0)
    }
}
