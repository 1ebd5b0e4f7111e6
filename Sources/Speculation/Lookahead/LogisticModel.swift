/// Predicts the probability of an event from features, and learns from each outcome.
///
/// Logistic regression by one Newton step for each outcome (an extended Kalman filter; Penny, Roberts, "Dynamic logistic
/// regression", IJCNN 1999). What is known of the weights is kept as a precision, of which a little is forgotten each
/// time in favour of the prior's (Kulhavy, Zarrop, "On a general concept of forgetting", 1993): so a combination of
/// features of which much was heard can still change later, and one of which nothing is heard keeps its weights. Weights
/// are bounded, so that no stream of outcomes drives it away.
public struct LogisticModel: Equatable, Sendable {
    public private(set) var weights: [Double]
    /// Precision of the weights: the inverse of their covariance, row by row.
    private var precision: [Double]
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
        self.precision = Self.precision(prior.variances)
    }

    private static func precision(_ variances: [Double]) -> [Double] {
        let count = variances.count
        return (0..<count * count).map { $0 / count == $0 % count ? 1 / variances[$0 / count] : 0 }
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

    /// Learns whether the event came.
    ///
    /// - Parameter features: finite, as many as weights.
    public mutating func learn(_ features: [Double], _ event: Bool) {
        let count = self.weights.count
        guard features.count == count, features.allSatisfy(\.isFinite) else { return }
        let probability = self.probability(features)
        // How much an outcome here tells of the weights.
        let curvature = max(probability * (1 - probability), 0.01)
        for row in 0..<count {
            for column in 0..<count {
                let place = row * count + column
                self.precision[place] =
                    Self.memory * self.precision[place] + curvature * features[row] * features[column]
            }
            self.precision[row * count + row] += (1 - Self.memory) / self.prior.variances[row]
        }
        let error = (event ? 1 : 0) - probability
        let step = positiveDefiniteSolution(of: self.precision, features.map { $0 * error }, leastPivot: 1e-12)
        guard let step else { return self = LogisticModel(self.prior) }
        for row in 0..<count {
            self.weights[row] = min(max(self.weights[row] + step[row], -Self.mostWeight), Self.mostWeight)
        }
    }
}

/// log(p / (1 - p)), from -12 to 12.
func logit(_ probability: Double) -> Double {
    let bounded = min(max(probability.isNaN ? 0.5 : probability, 6.2e-6), 1 - 6.2e-6)
    return naturalLogarithm(bounded / (1 - bounded))
}
