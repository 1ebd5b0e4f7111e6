import Foundation
import Speculation

extension AcceptanceNetwork {
    /// Cross-entropy, in nats.
    func loss(of sample: NetworkTrainer.Sample) -> Double {
        let logit = self.logit(activations: self.activations(sample.inputs))
        return log1p(exp(sample.accepted ? -logit : logit))
    }

    /// Adds the derivatives of a sample's loss by each parameter.
    func addGradient(of sample: NetworkTrainer.Sample, to gradient: inout [Double]) {
        let activations = self.activations(sample.inputs)
        let error = 1 / (1 + exp(-self.logit(activations: activations))) - (sample.accepted ? 1 : 0)
        gradient[gradient.count - 1] += error
        for unit in activations.indices where activations[unit] > 0 {
            let first = unit * Self.parametersPerUnit
            gradient[first + Self.inputCount + 1] += error * activations[unit]
            let slope = error * self.parameters[first + Self.inputCount + 1]
            for input in 0..<Self.inputCount { gradient[first + input] += slope * sample.inputs[input] }
            gradient[first + Self.inputCount] += slope
        }
    }
}
