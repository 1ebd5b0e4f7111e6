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
}

extension Colour {
    static let card = Colour(0xFFFFFF)
    static let border = Colour(0xD0D7DE)
    static let grid = Colour(0xE7EBEF)
    static let axis = Colour(0x8C959F)
    static let faint = Colour(0x656D76)
    static let ink = Colour(0x1F2328)
    static let strong = Colour(0xD9480F)
}
