internal import NIOCore
internal import Speculation

/// Carries one direction of a connection: reads while there is room, and writes what has arrived. On its event loop
/// only.
final class Transfer {
    private enum Piece {
        case bytes(ByteBuffer)
        /// Nothing comes behind it.
        case end
    }

    private let link: LinkState
    private let direction: LinkState.Direction
    private let source: any Channel
    private let sink: any Channel
    private var lane: Lane<Piece>
    private var alarm: Scheduled<Void>?
    private var isReadingHeld = false
    private var hasEnded = false
    /// Whether nothing more is delivered.
    private(set) var isOver = false
    /// Called when the end has been delivered.
    var whenOver: () -> Void = {}

    init(_ direction: LinkState.Direction, from source: any Channel, to sink: any Channel, over link: LinkState) {
        self.link = link
        self.direction = direction
        self.source = source
        self.sink = sink
        self.lane = Lane(mostHeld: LinkState.mostHeld, isFrozen: link.isFrozen)
    }

    func take(_ bytes: ByteBuffer) {
        guard !self.isOver else { return }
        let count = bytes.readableBytes
        self.lane.add(.bytes(bytes), bytes: count, arrival: self.link.arrival(of: count, self.direction))
        self.deliver()
    }

    /// The source sends nothing more.
    func takeEnd() {
        guard !self.hasEnded, !self.isOver else { return }
        self.hasEnded = true
        self.lane.add(.end, bytes: 0, arrival: self.link.arrival(of: 0, self.direction))
        self.deliver()
    }

    /// Reads again, now or once there is room.
    func readOn() {
        self.isReadingHeld = !self.lane.hasRoom
        if !self.isReadingHeld { self.source.read() }
    }

    func freeze(_ isFrozen: Bool) {
        self.lane.isFrozen = isFrozen
        self.deliver()
    }

    /// Delivers nothing more; what is under way is lost.
    func stop() {
        self.isOver = true
        self.lane.removeAll()
        self.alarm?.cancel()
    }

    /// Writes what has arrived as far as the sink takes it, and sees to the rest when it arrives.
    func deliver() {
        let now = self.link.now
        while self.sink.isWritable, let piece = self.lane.take(now: now) {
            switch piece {
            case .bytes(let bytes): self.sink.write(bytes, promise: nil)
            case .end: self.end()
            }
        }
        self.sink.flush()
        self.setAlarm()
        if self.isReadingHeld, self.lane.hasRoom { self.readOn() }
    }

    private func end() {
        self.isOver = true
        self.sink.flush()
        // One that is closed for good takes nothing either.
        self.sink.close(mode: self.source.isActive ? .output : .all, promise: nil)
        self.whenOver()
    }

    private func setAlarm() {
        self.alarm?.cancel()
        self.alarm = nil
        // What the sink does not take is looked at when it does.
        guard self.sink.isWritable, let arrival = self.lane.nextArrival else { return }
        let deadline = NIODeadline.uptimeNanoseconds(UInt64((arrival * 1e9).rounded(.up)))
        self.alarm = self.sink.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.deliver() }
    }
}
