import Foundation
public import Speculation

/// What lies between draft and target.
public struct Distance: Equatable, Sendable {
    /// Of one way.
    public var delay: Seconds
    /// Mean of what is added to each way, exponentially distributed.
    public var jitter: Seconds
    /// Bits a second; `nil`: without limit.
    public var bandwidth: Double?

    public init(delay: Seconds, jitter: Seconds = 0, bandwidth: Double? = nil) {
        self.delay = delay
        self.jitter = jitter
        self.bandwidth = bandwidth
    }

    /// Bytes of a message beside its tokens, and of each token: as encoded, about.
    private static let messageBytes = 90.0
    private static let tokenBytes = 7.0

    /// Time of one message's way.
    func seconds(tokens: Int, using random: inout some RandomNumberGenerator) -> Seconds {
        var seconds = self.delay
        if self.jitter > 0 { seconds -= self.jitter * log(1 - Double.random(in: 0..<1, using: &random)) }
        if let bandwidth { seconds += 8 * (Self.messageBytes + Self.tokenBytes * Double(tokens)) / bandwidth }
        return seconds
    }
}
