/// An index into a model's vocabulary.
public typealias Token = UInt32

/// A count of seconds, or an instant of a monotonic clock whose zero means nothing.
///
/// Pure code never reads a clock: instants are arguments.
public typealias Seconds = Double
