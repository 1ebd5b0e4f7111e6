import CommandSupport

extension Array {
    /// Begins with the element at `offset`, and comes back to those before it.
    func rotated(by offset: Int) -> [Element] {
        guard !self.isEmpty else { return self }
        let first = offset % self.count
        return Array(self[first...] + self[..<first])
    }
}
