internal import CZeroMQ
internal import Executors

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How a socket loop sleeps: one `zmq_poll` over the alarm and the sockets.
///
/// `@unchecked Sendable`: all but `wake()` happens on the loop's thread, which `SocketLoop` checks; `wake()` touches
/// the alarm alone, which never changes. After the loop's end, a short-lived thread of the loop takes the place of
/// the thread, with the lock of the loop's queue between the two.
final class Poller: Waiter, @unchecked Sendable {
    private struct Watched {
        let number: Int
        let socket: UnsafeMutableRawPointer
        var interest: SocketLoop.Interest
        let body: () -> Void
    }

    private let alarm = Alarm()
    private var watched: [Watched] = []
    private var added = 0
    /// The alarm's items, then one for each watched socket; rebuilt when that has changed.
    private var items: [zmq_pollitem_t] = []
    private var changed = true
    private var finished = false

    /// - Parameter monitor: of the socket; watched under the same number.
    func add(
        _ socket: UnsafeMutableRawPointer, monitor: UnsafeMutableRawPointer?, _ interest: SocketLoop.Interest,
        _ body: @escaping () -> Void
    ) -> Int {
        self.added += 1
        guard !self.finished else { return self.added }
        self.watched.append(Watched(number: self.added, socket: socket, interest: interest, body: body))
        if let monitor {
            self.watched.append(Watched(number: self.added, socket: monitor, interest: .readable, body: body))
        }
        self.changed = true
        return self.added
    }

    func change(_ number: Int, to interest: SocketLoop.Interest) {
        guard let index = self.watched.firstIndex(where: { $0.number == number }) else { return }
        self.watched[index].interest = interest
        self.changed = true
    }

    func remove(_ number: Int) {
        self.watched.removeAll { $0.number == number }
        self.changed = true
    }

    func wait(until instant: Double?) {
        let milliseconds = self.alarm.set(for: instant)
        _ = self.poll(milliseconds: milliseconds)
    }

    func poll() -> Bool {
        self.poll(milliseconds: 0)
    }

    private func poll(milliseconds: Int) -> Bool {
        if self.changed { self.rebuild() }
        let ready = self.items.withUnsafeMutableBufferPointer {
            zmq_poll($0.baseAddress, CInt($0.count), milliseconds)
        }
        if ready >= 0 { return ready > 0 }
        let error = ZeroMQError(last: "zmq_poll")
        precondition(error.code == EINTR, "a socket was closed while its loop watched it (\(error))")
        for index in self.items.indices { self.items[index].revents = 0 }
        return false
    }

    func dispatch() {
        guard !self.changed else { return }
        let sockets = self.alarm.items.count
        for index in 0..<sockets where self.items[index].revents != 0 { self.alarm.clear(index) }
        // A call may add and remove sockets: so the list of before the calls, less what was removed meanwhile.
        let (watched, ready) = (self.watched, self.items)
        for (index, one) in watched.enumerated() where ready[sockets + index].revents != 0 {
            guard !self.changed || self.watched.contains(where: { $0.number == one.number }) else { continue }
            one.body()
        }
    }

    func finish() {
        self.finished = true
        let watched = self.watched
        self.watched = []
        self.changed = true
        withExtendedLifetime(watched) {}
    }

    func wake() {
        self.alarm.ring()
    }

    private func rebuild() {
        self.items = self.alarm.items
        for one in self.watched {
            let events = one.interest == .readable ? ZMQ_POLLIN : ZMQ_POLLIN | ZMQ_POLLOUT
            self.items.append(zmq_pollitem_t(socket: one.socket, fd: 0, events: CShort(events), revents: 0))
        }
        self.changed = false
    }
}
