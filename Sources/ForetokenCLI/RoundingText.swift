import CommandSupport
import Foretoken
import Speculation

/// What a target found out of how its passes round, in a line for people.
struct RoundingText {
    let text: String

    init(_ rounding: Deployment.Rounding) {
        self.init(
            exact: rounding.exactRows, kinds: rounding.kinds, distance: rounding.distance, price: rounding.price)
    }

    init(_ rounding: Rounding) {
        self.init(
            exact: rounding.exact.map { $0.least...$0.most }, kinds: rounding.kinds, distance: rounding.distance,
            price: rounding.price)
    }

    private init(exact: ClosedRange<Int>?, kinds: [ClosedRange<Int>], distance: Float?, price: Double) {
        func rows(_ widths: ClosedRange<Int>) -> String {
            widths.count == 1 ? count(widths.lowerBound, "row") : "\(widths.lowerBound) to \(widths.upperBound) rows"
        }
        if let exact {
            let costs = price < 0.005 ? "at no cost" : "at \((price * 100).text(0)) % more time"
            self.text = "exact: passes of \(rows(exact)) agree to the last bit, \(costs)"
            return
        }
        guard let distance else {
            self.text = "not exact; which passes agree was not measured within the time for it"
            return
        }
        let agreeing = kinds.map(rows).joined(separator: " | ")
        self.text =
            distance == 0
            ? "not exact: texts side by side may round otherwise; passes of \(agreeing) agree"
            : "not exact: passes of different widths are up to \(Double(distance).shortText) logits apart "
                + "(\(agreeing)); near-ties may fall the other way"
    }
}
