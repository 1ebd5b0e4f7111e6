public import Speculation

/// Trains an `AcceptanceNetwork` on judged tokens: cross-entropy, `Adam` on small batches, until the loss of
/// other tokens has not fallen for some epochs.
///
/// A value without clock and I/O: the same tokens and the same seed give the same network.
public struct NetworkTrainer: Sendable {
    /// The network with the least validation loss so far.
    public var best: AcceptanceNetwork { self.scaling.folded(into: self.bestNetwork) }
    public private(set) var bestLoss = Double.infinity
    public private(set) var epochs = 0

    private let training: [Sample]
    private let validation: [Sample]
    private let scaling: InputScaling
    /// On scaled inputs, as all here but `best`.
    private var network: AcceptanceNetwork
    private var bestNetwork: AcceptanceNetwork
    private var bestEpoch = 0
    private var adam: Adam
    private var random: SplitMix64

    public static let mostEpochs = 60
    /// Epochs without a smaller validation loss, after which training is over.
    private static let patience = 6
    private static let batch = 128

    struct Sample: Sendable {
        var inputs: [Double]
        var accepted: Bool
    }

    /// - Parameters:
    ///   - training: at least one.
    ///   - validation: at least one.
    ///   - units: of the hidden layer.
    public init(training: [JudgedToken], validation: [JudgedToken], units: Int = 32, seed: UInt64 = 1) {
        precondition(!training.isEmpty && !validation.isEmpty && units > 0)
        let scaling = InputScaling(training)
        self.scaling = scaling
        self.training = training.map { scaling.sample($0) }
        self.validation = validation.map { scaling.sample($0) }
        self.random = SplitMix64(seed: seed)
        self.network = Self.begin(units: units, using: &self.random)
        self.bestNetwork = self.network
        self.adam = Adam(count: self.network.parameters.count)
    }

    public var isOver: Bool {
        self.epochs >= Self.mostEpochs || self.epochs - self.bestEpoch >= Self.patience
    }

    /// Goes once over all training tokens, in an order of its own.
    public mutating func runEpoch() {
        let order = self.training.indices.shuffled(using: &self.random)
        var gradient = [Double](repeating: 0, count: self.network.parameters.count)
        for first in stride(from: 0, to: order.count, by: Self.batch) {
            let batch = order[first..<min(first + Self.batch, order.count)]
            for index in gradient.indices { gradient[index] = 0 }
            for index in batch { self.network.addGradient(of: self.training[index], to: &gradient) }
            self.adam.step(&self.network.parameters, gradient, scale: 1 / Double(batch.count))
        }
        self.epochs += 1
        let loss = self.validation.reduce(0) { $0 + self.network.loss(of: $1) } / Double(self.validation.count)
        if loss < self.bestLoss {
            (self.bestLoss, self.bestNetwork, self.bestEpoch) = (loss, self.network, self.epochs)
        }
    }

    /// Weights so wide that signals keep their size (He, Zhang, Ren, Sun, arXiv 1502.01852); no biases.
    private static func begin(units: Int, using random: inout SplitMix64) -> AcceptanceNetwork {
        let inputs = AcceptanceNetwork.inputCount
        var parameters: [Double] = []
        func weight(_ fanIn: Int) -> Double {
            (2 * random.nextUnit() - 1) * (6 / Double(fanIn)).squareRoot()
        }
        for _ in 0..<units {
            for _ in 0..<inputs { parameters.append(weight(inputs)) }
            parameters += [0, weight(units)]
        }
        return AcceptanceNetwork(parameters: parameters + [0])
    }
}
