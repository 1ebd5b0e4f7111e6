import Speculation

/// Brings inputs to mean 0 and deviation 1, for training only.
struct InputScaling: Sendable {
    private var means: [Double]
    private var deviations: [Double]

    init(_ tokens: [JudgedToken]) {
        let count = Double(tokens.count)
        let zero = [Double](repeating: 0, count: AcceptanceNetwork.inputCount)
        var (sums, squares) = (zero, zero)
        for token in tokens {
            for (index, input) in AcceptanceNetwork.inputs(token.token, index: token.index).enumerated() {
                sums[index] += input
                squares[index] += input * input
            }
        }
        self.means = sums.map { $0 / count }
        self.deviations = zip(squares, self.means).map { square, mean in
            let deviation = max(0, square / count - mean * mean).squareRoot()
            // From an input that never varies, nothing is learned.
            return deviation > 1e-9 ? deviation : 1
        }
    }

    func sample(_ token: JudgedToken) -> NetworkTrainer.Sample {
        var inputs = AcceptanceNetwork.inputs(token.token, index: token.index)
        for index in inputs.indices { inputs[index] = (inputs[index] - self.means[index]) / self.deviations[index] }
        return NetworkTrainer.Sample(inputs: inputs, accepted: token.accepted)
    }

    /// The network that takes inputs as they are, and gives the same.
    func folded(into network: AcceptanceNetwork) -> AcceptanceNetwork {
        var network = network
        for unit in 0..<network.unitCount {
            let first = unit * AcceptanceNetwork.parametersPerUnit
            for input in self.means.indices {
                network.parameters[first + input] /= self.deviations[input]
                network.parameters[first + AcceptanceNetwork.inputCount] -=
                    network.parameters[first + input] * self.means[input]
            }
        }
        return network
    }
}
