/// Predicts the probability of an event from features, and learns from each outcome.
///
/// Logistic regression whose weights are tracked by an extended Kalman filter: one Newton step for each outcome, with
/// the covariance of the weights as its metric, widened a little each time so that old outcomes fade (Penny, Roberts,
/// "Dynamic logistic regression", IJCNN 1999). Weights are bounded, so that no stream of outcomes drives it away.
public struct LogisticModel: Equatable, Sendable {
    public private(set) var weights: [Double]
    /// Of the weights, row by row.
    private var covariance: [Double]
    private let prior: Prior

    /// Where the model begins, and what it returns to should arithmetic fail.
    public struct Prior: Equatable, Sendable {
        public var weights: [Double]
        /// How far each weight may be from its true value: variances.
        public var variances: [Double]

        public init(weights: [Double], variances: [Double]) {
            precondition(weights.count == variances.count)
            self.weights = weights
            self.variances = variances
        }
    }

    /// Weight of an outcome one outcome later.
    private static let memory = 0.999
    /// Largest weight, either way.
    private static let mostWeight = 20.0

    public init(_ prior: Prior) {
        self.prior = prior
        self.weights = prior.weights
        self.covariance = Self.covariance(prior.variances)
    }

    private static func covariance(_ variances: [Double]) -> [Double] {
        let count = variances.count
        return (0..<count * count).map { $0 / count == $0 % count ? variances[$0 / count] : 0 }
    }

    /// The logit of the event's probability, from -12 to 12.
    public func logit(_ features: [Double]) -> Double {
        var sum = 0.0
        for index in 0..<self.weights.count { sum += self.weights[index] * features[index] }
        return sum.isFinite ? min(max(sum, -12), 12) : 0
    }

    /// The event's probability, never quite 0 or 1.
    public func probability(_ features: [Double]) -> Double {
        1 / (1 + exponential(-self.logit(features)))
    }

    /// Takes whether the event came.
    ///
    /// - Parameter features: finite, as many as weights.
    public mutating func learn(_ features: [Double], _ event: Bool) {
        let count = self.weights.count
        guard features.count == count, features.allSatisfy(\.isFinite) else { return }
        let probability = self.probability(features)
        // How much an outcome here tells of the weights.
        let curvature = max(probability * (1 - probability), 0.01)
        var spread = [Double](repeating: 0, count: count)
        var variance = 0.0
        for row in 0..<count {
            for column in 0..<count { spread[row] += self.covariance[row * count + column] * features[column] }
            variance += spread[row] * features[row]
        }
        let damping = 1 / (1 + curvature * variance)
        let error = (event ? 1 : 0) - probability
        for row in 0..<count {
            let weight = self.weights[row] + spread[row] * error * damping
            self.weights[row] = min(max(weight, -Self.mostWeight), Self.mostWeight)
            for column in 0..<count {
                self.covariance[row * count + column] -= curvature * damping * spread[row] * spread[column]
            }
        }
        self.widen()
        if !self.weights.allSatisfy(\.isFinite) || !self.covariance.allSatisfy(\.isFinite) {
            self = LogisticModel(self.prior)
        }
    }

    /// Lets old outcomes fade, but no variance beyond the prior's: a direction of which nothing is heard keeps its
    /// weight.
    private mutating func widen() {
        let count = self.weights.count
        var factors = [Double](repeating: 1, count: count)
        for index in 0..<count {
            let variance = self.covariance[index * count + index]
            // Rounding has eaten the matrix.
            if variance <= 0 { return self.covariance = Self.covariance(self.prior.variances) }
            if variance < Self.memory * self.prior.variances[index] { factors[index] = Self.widening }
        }
        for row in 0..<count {
            for column in 0..<count { self.covariance[row * count + column] *= factors[row] * factors[column] }
        }
    }

    private static let widening = (1 / Self.memory).squareRoot()
}

/// log(p / (1 - p)), from -12 to 12.
func logit(_ probability: Double) -> Double {
    let bounded = min(max(probability.isNaN ? 0.5 : probability, 6.2e-6), 1 - 6.2e-6)
    return naturalLogarithm(bounded / (1 - bounded))
}
