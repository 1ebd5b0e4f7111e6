/// Predicts whether the target chooses a drafted token too: a network of two layers on what the draft saw of its
/// distribution, as in DISCO (Mamou, Pereg, Korat, Berchansky, Timor, Wasserblat, Schwartz, arXiv 2405.04304).
///
/// Its inputs are the paper's: the probabilities of the draft's most probable tokens (eight here), the entropy of its
/// distribution, and the token's index in the block. Ours: rectified linear units, their number, and a logistic output.
/// The inputs are bounded, so that the output is a probability whatever a token says.
public struct AcceptanceNetwork: Equatable, Sendable {
    /// Unit by unit of the hidden layer its weights of the inputs, its bias and its weight in the output; then the bias
    /// of the output.
    public var parameters: [Double]

    public static let inputCount = 10
    public static let parametersPerUnit = Self.inputCount + 2
    /// Indices in a block that it tells apart.
    public static let indices = 20

    /// - Precondition: the parameters are those of one unit or more, and the bias of the output.
    public init(parameters: [Double]) {
        precondition(parameters.count > 1 && parameters.count % Self.parametersPerUnit == 1)
        self.parameters = parameters
    }

    public var unitCount: Int { self.parameters.count / Self.parametersPerUnit }

    /// Bounded whatever the token says; what is not a number counts as a guess of no confidence.
    ///
    /// - Parameter index: of the token in its block, from 0.
    public static func inputs(_ token: DraftedToken, index: Int) -> [Double] {
        var inputs = [Double](repeating: 0, count: Self.inputCount)
        for place in 0..<8 where !token.top[place].isNaN { inputs[place] = Double(min(max(token.top[place], 0), 1)) }
        inputs[8] = token.entropy.isNaN ? 12 : Double(min(max(token.entropy, 0), 12))
        inputs[9] = Double(min(max(index, 0), Self.indices - 1))
        return inputs
    }

    /// What the units of the hidden layer give, 0 or more each.
    public func activations(_ inputs: [Double]) -> [Double] {
        var activations = [Double](repeating: 0, count: self.unitCount)
        for unit in activations.indices {
            let first = unit * Self.parametersPerUnit
            var sum = self.parameters[first + Self.inputCount]
            for input in 0..<Self.inputCount { sum += self.parameters[first + input] * inputs[input] }
            activations[unit] = max(0, sum)
        }
        return activations
    }

    /// The logit of the output, from -12 to 12.
    public func logit(activations: [Double]) -> Double {
        var sum = self.parameters[self.parameters.count - 1]
        for unit in activations.indices {
            sum += self.parameters[(unit + 1) * Self.parametersPerUnit - 1] * activations[unit]
        }
        return sum.isNaN ? 0 : min(max(sum, -12), 12)
    }

    /// Never quite 0 or 1.
    ///
    /// - Parameter index: of the token in its block, from 0.
    public func probability(of token: DraftedToken, index: Int) -> Double {
        1 / (1 + exponential(-self.logit(activations: self.activations(Self.inputs(token, index: index)))))
    }
}
