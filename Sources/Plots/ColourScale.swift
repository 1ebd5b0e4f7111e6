import Foundation

/// What colour a number has.
struct ColourScale {
    private let ramp: ColourRamp
    private let isRatio: Bool
    /// What the ramp begins and ends with; logarithms where ratios count.
    private let low: Double
    private let high: Double
    /// The least and the largest value.
    private let least: Double
    private let largest: Double
    private let middle: Double?

    init(_ colouring: HeatMap.Colouring, _ values: [Double]) {
        self.isRatio = colouring == .ratios
        let places = values.compactMap { [isRatio] in Self.place($0, isRatio: isRatio) }
        self.least = places.min() ?? 0
        self.largest = places.max() ?? 1
        switch colouring {
        case .sequential: self.middle = nil
        case .diverging(let around): self.middle = around.isDrawable ? around : 0
        case .ratios: self.middle = 0
        }
        if let middle = self.middle {
            let reach = max(middle - self.least, self.largest - middle)
            self.ramp = .diverging
            (self.low, self.high) = (middle - reach, middle + reach)
        } else {
            self.ramp = .sequential
            (self.low, self.high) = (self.least, self.largest)
        }
    }

    func colour(_ value: Double) -> Colour {
        guard let place = Self.place(value, isRatio: self.isRatio) else { return self.ramp.stops[0] }
        return self.colour(place: place)
    }

    /// The colours from the least to the largest value.
    var legendColours: [Colour] {
        (0...16).map { self.colour(place: self.least + Double($0) / 16 * (self.largest - self.least)) }
    }

    /// What to write beneath those colours, with its place from 0 to 1: both ends, and the middle where it has room.
    func marks(_ text: (Double) -> String) -> [(share: Double, text: String)] {
        func value(_ place: Double) -> Double { self.isRatio ? exp(place) : place }
        guard self.largest > self.least else { return [(0.5, text(value(self.least)))] }
        let ends = [(share: 0.0, text: text(value(self.least))), (share: 1.0, text: text(value(self.largest)))]
        guard let middle = self.middle else { return ends }
        let share = (middle - self.least) / (self.largest - self.least)
        return (0.25...0.75).contains(share) ? ends + [(share, Numbers.plain([value(middle)])[0])] : ends
    }

    private func colour(place: Double) -> Colour {
        self.ramp.colour(at: self.high > self.low ? (place - self.low) / (self.high - self.low) : 0.5)
    }

    /// Where ratios count, 0 and below have no place.
    private static func place(_ value: Double, isRatio: Bool) -> Double? {
        isRatio ? (value > 0 ? log(value) : nil) : value
    }
}
