public import Speculation

/// What lies between draft and target.
public struct Distance: Equatable, Sendable {
    /// Delay of one way.
    public var delay: Seconds
    /// Each way takes longer by its own draw from the uniform distribution over 0 to this, as over an emulated link.
    public var jitter: Seconds
    /// Bits a second; `nil`: without limit.
    public var bandwidth: Double?

    public init(delay: Seconds, jitter: Seconds = 0, bandwidth: Double? = nil) {
        self.delay = delay
        self.jitter = jitter
        self.bandwidth = bandwidth
    }

    /// Bytes of a message besides its tokens, and of each token: as encoded, about.
    private static let messageBytes = 90.0
    private static let tokenBytes = 7.0

    /// Time of one message's way.
    func seconds(tokens: Int, using random: inout some RandomNumberGenerator) -> Seconds {
        var seconds = self.delay
        if self.jitter > 0 { seconds += Double.random(in: 0..<self.jitter, using: &random) }
        if let bandwidth { seconds += 8 * (Self.messageBytes + Self.tokenBytes * Double(tokens)) / bandwidth }
        return seconds
    }
}
