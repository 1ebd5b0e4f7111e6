public import Speculation

/// Settles with how many threads a model computes, while it is loaded.
///
/// - Parameter seconds: times a pass of so many rows, at most 16, with so many threads; infinite where it fails.
public typealias ThreadChooser = @Sendable (_ seconds: (_ rows: Int, _ threads: Int) -> Seconds) -> Int
