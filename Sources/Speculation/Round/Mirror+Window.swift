extension Mirror {
    /// How far to run ahead of the verdict.
    public struct Window: Equatable, Sendable {
        /// Most draft tokens behind the history; 0 for one block at a time.
        public var tokens: Int
        /// Whether the draft has nothing else to do, so that its time costs nothing while the target is at work.
        public var isIdle: Bool
        /// Most draft tokens of a block behind those in flight.
        public var block: Int

        public init(tokens: Int, isIdle: Bool = true, block: Int = LookaheadRule.mostTokens) {
            self.tokens = tokens
            self.isIdle = isIdle
            self.block = block
        }

        public static let synchronous = Window(tokens: 0)

        /// The window within a bound.
        ///
        /// - Parameter most: draft tokens that may be in flight; `nil`: no bound.
        public func bounded(by most: Int?) -> Window {
            guard let most, most < self.tokens else { return self }
            return most > 0 ? Window(tokens: most, isIdle: self.isIdle, block: self.block) : .synchronous
        }
    }
}
