internal import Speculation

/// One direction of the link: tells when what is sent now arrives.
///
/// A value without sockets and clock.
struct Wire: Sendable {
    private var random: SplitMix64
    /// When the last bit of what was sent before has left.
    private var freeAt: Seconds = -.infinity

    init(seed: UInt64) {
        self.random = SplitMix64(seed: seed)
    }

    /// Sends some bytes behind all that was sent before.
    ///
    /// Takes one draw whatever the settings are, so that changing these does not shift the draws that follow.
    mutating func arrival(of bytes: Int, now: Seconds, _ settings: LinkSettings) -> Seconds {
        let draw = self.random.nextUnit()
        self.freeAt = max(now, self.freeAt) + (settings.bandwidth.map { Double(bytes) * 8 / $0 } ?? 0)
        return self.freeAt + settings.delay + settings.jitter * draw
    }
}
