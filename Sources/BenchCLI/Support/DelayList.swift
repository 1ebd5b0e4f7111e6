import ArgumentParser

/// One-way delays in commas, as users write them.
enum DelayList {
    /// - Parameter keepsRepeats: whether a delay may come again; otherwise each stands once.
    /// - Returns: milliseconds, in the order in which they come.
    /// - Throws: `ValidationError`, as one line.
    static func parse(_ text: String, keepsRepeats: Bool = false) throws -> [Double] {
        var delays: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let delay = Double(part), (0...60_000).contains(delay) else {
                throw ValidationError("\"\(part)\" is not a delay: write milliseconds from 0 to 60000, as in 0,5,20")
            }
            if keepsRepeats || !delays.contains(delay) { delays.append(delay) }
        }
        return delays
    }
}
