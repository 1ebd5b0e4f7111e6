import Foundation

/// A colour in sRGB, each part from 0 to 255.
struct Colour: Equatable {
    var red: Double
    var green: Double
    var blue: Double

    init(_ code: UInt32) {
        self.red = Double(code >> 16 & 0xFF)
        self.green = Double(code >> 8 & 0xFF)
        self.blue = Double(code & 0xFF)
    }

    var hexadecimal: String {
        let code = UInt32(self.red.rounded()) << 16 | UInt32(self.green.rounded()) << 8 | UInt32(self.blue.rounded())
        return String(format: "#%06x", code)
    }

    /// The relative luminance of WCAG, from 0 to 1.
    var luminance: Double {
        func linear(_ part: Double) -> Double {
            part <= 0.04045 * 255 ? part / 255 / 12.92 : pow((part / 255 + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// What is better read on this colour, dark text or white.
    var text: Colour {
        let onDark = 1.05 / (self.luminance + 0.05)
        let onLight = (self.luminance + 0.05) / (Colour.black.luminance + 0.05)
        return onLight >= onDark ? .black : .card
    }

    func mixed(with other: Colour, share: Double) -> Colour {
        var mixed = self
        mixed.red += (other.red - self.red) * share
        mixed.green += (other.green - self.green) * share
        mixed.blue += (other.blue - self.blue) * share
        return mixed
    }
}

extension Colour {
    static let card = Colour(0xFFFFFF)
    static let border = Colour(0xD0D7DE)
    static let grid = Colour(0xE7EBEF)
    static let axis = Colour(0x8C959F)
    static let faint = Colour(0x656D76)
    static let black = Colour(0x0D1117)
    static let ink = Colour(0x1F2328)
    static let strong = Colour(0xD9480F)
    static let accepted = Colour(0x2A7F9E)
    static let plain = Colour(0x9FB1C4)
    static let missing = Colour(0xF6F8FA)
}

/// Colours between some given ones, from 0 to 1.
struct ColourRamp {
    let stops: [Colour]

    /// ColorBrewer's YlGnBu: readable for the colour-blind, and in print without colours.
    static let sequential = ColourRamp(
        stops: [0xFFFFD9, 0xEDF8B1, 0xC7E9B4, 0x7FCDBB, 0x41B6C4, 0x1D91C0, 0x225EA8, 0x253494].map(Colour.init))

    /// The orange half of ColorBrewer's PuOr and the blue one of its RdBu.
    static let diverging = ColourRamp(
        stops: [0xB35806, 0xE08214, 0xFDB863, 0xFEE0B6, 0xF7F7F7, 0xD1E5F0, 0x92C5DE, 0x4393C3, 0x2166AC]
            .map(Colour.init))

    func colour(at share: Double) -> Colour {
        let place = share.clamped(to: 0...1) * Double(self.stops.count - 1)
        let index = min(Int(place), self.stops.count - 2)
        return self.stops[index].mixed(with: self.stops[index + 1], share: place - Double(index))
    }
}
