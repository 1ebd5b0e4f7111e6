/// Steps down a noisy gradient, each parameter at a rate of its own (Kingma, Ba, arXiv 1412.6980).
struct Adam: Sendable {
    private var means: [Double]
    private var squares: [Double]
    private var meanDecay = 1.0
    private var squareDecay = 1.0

    private static let rate = 1e-3
    private static let meanMemory = 0.9
    private static let squareMemory = 0.999

    init(count: Int) {
        self.means = [Double](repeating: 0, count: count)
        self.squares = self.means
    }

    /// - Parameter scale: what the gradient is multiplied with first.
    mutating func step(_ parameters: inout [Double], _ gradient: [Double], scale: Double) {
        self.meanDecay *= Self.meanMemory
        self.squareDecay *= Self.squareMemory
        for index in parameters.indices {
            let slope = gradient[index] * scale
            self.means[index] += (slope - self.means[index]) * (1 - Self.meanMemory)
            self.squares[index] += (slope * slope - self.squares[index]) * (1 - Self.squareMemory)
            let mean = self.means[index] / (1 - self.meanDecay)
            let square = self.squares[index] / (1 - self.squareDecay)
            parameters[index] -= Self.rate * mean / (square.squareRoot() + 1e-8)
        }
    }
}
